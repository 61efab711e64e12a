"""The canned events of events/: each is what its name says, and none has gone stale with the code."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fanin.domain.completion import Completion, Status
from fanin.domain.errors import RejectedError
from fanin.domain.receipt import Receipt
from fanin.signing.claims import delivery_jti
from fanin.signing.trust import parse_trust
from fanin.signing.verification import VerificationError, verify_text
from fanin.sources.departure import parse_departure
from fanin.sources.kind import Ignored
from fanin.sources.message import OtherEvent, Recheck, parse_message
from tests.template.templates import HUB, ROOT, SUCCESSOR, template

EVENTS = ROOT / "events"
FILES = sorted(path.relative_to(EVENTS).as_posix() for path in EVENTS.glob("*/*.json"))
NOW = datetime(2027, 1, 4, 6, 30, tzinfo=UTC)
AUDIENCE = "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"


@cache
def now_module() -> ModuleType:
    """events/now.py is a script, so it is not on the path."""
    spec = importlib.util.spec_from_file_location("events_now", EVENTS / "now.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def written(name: str) -> Any:
    return json.loads((EVENTS / name).read_text(encoding="utf-8"))


def body(name: str, now: datetime = NOW) -> str:
    (record,) = now_module().stamped((EVENTS / name).read_text(encoding="utf-8"), now)["Records"]
    text: str = record["body"]
    return text


def verified(name: str, now: datetime = NOW) -> str:
    trust = parse_trust((EVENTS / "starter" / "trust.json").read_text(encoding="utf-8"))
    return verify_text(body(name, now), trust, AUDIENCE, int(now.timestamp())).claims.sub


def test_every_function_has_events() -> None:
    assert {Path(name).parts[0] for name in FILES} == {"collector", "forwarder", "sweeper", "operator", "viewer", "starter"}


def test_every_event_is_explained() -> None:
    explained = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    assert [name for name in FILES if f"`{name}`" not in explained] == []


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("succeeded", Status.SUCCEEDED),
        ("succeeded-other-account", Status.SUCCEEDED),
        ("failed", Status.FAILED),
        ("timed-out", Status.TIMED_OUT),
        ("aborted", Status.ABORTED),
        ("not-wanted", Status.SUCCEEDED),
        ("ecs-stopped", Status.SUCCEEDED),
        ("ecs-exit-code", Status.FAILED),
        ("ecs-failed-to-start", Status.FAILED),
        ("ecs-stopped-by-user", Status.ABORTED),
        ("glue-succeeded", Status.SUCCEEDED),
        ("glue-timeout", Status.TIMED_OUT),
        ("batch-succeeded", Status.SUCCEEDED),
        ("batch-failed", Status.FAILED),
        ("codebuild-succeeded", Status.SUCCEEDED),
        ("codebuild-stopped", Status.ABORTED),
        ("lambda-success", Status.SUCCEEDED),
        ("lambda-failure", Status.FAILED),
        ("join-released", Status.SUCCEEDED),
    ],
)
def test_a_completion_says_how_its_execution_ended_just_now(name: str, status: Status) -> None:
    completion = parse_message(body(f"collector/{name}.json"))
    assert isinstance(completion, Completion)
    assert (completion.status, completion.stopped_at_ms or completion.reported_at_ms) == (status, int(NOW.timestamp() * 1000) - 2_000)


def test_an_input_that_was_not_included_is_to_be_asked_for() -> None:
    completion = parse_message(body("collector/input-not-included.json"))
    assert isinstance(completion, Completion)
    assert (completion.input, completion.input_included, completion.output_included) == (None, False, False)


def test_what_is_not_recorded_says_why() -> None:
    for name in ("running", "ecs-running"):
        running = parse_message(body(f"collector/{name}.json"))
        assert isinstance(running, Completion)
        assert running.status is Status.RUNNING
    assert parse_message(body("collector/batch-array-child.json")) == Ignored("part-of-a-job")
    assert isinstance(parse_message(body("collector/s3-object-created.json")), OtherEvent)
    for name, code in (("malformed", "json-malformed"), ("another-accounts-arn", "account-mismatch")):
        with pytest.raises(RejectedError) as refused:
            parse_message(body(f"collector/{name}.json"))
        assert refused.value.code == code


def test_the_release_its_departure_and_its_receipt_are_of_one_delivery() -> None:
    receipt = parse_message(body("collector/receipt.json"))
    recheck = parse_message(body("collector/recheck.json"))
    departure = parse_departure(body("forwarder/departure.json"))
    assert isinstance(receipt, Receipt)
    assert isinstance(recheck, Recheck)
    assert verified("starter/release.json") == receipt.sub == "daily-close/1/released/2026-03-31"
    assert receipt.jti == delivery_jti(receipt.iss, AUDIENCE, receipt.sub, receipt.target)
    assert (departure.run, departure.name) == (recheck.run, f"DLV#0001#{receipt.jti}")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("forged", "release-kid-unknown"),
        ("tampered", "release-digest"),
        ("another-account", "release-account"),
        ("unsigned", "release-unsigned"),
    ],
)
def test_a_dishonest_release_is_refused_for_what_its_name_says(name: str, code: str) -> None:
    with pytest.raises(VerificationError) as refused:
        verified(f"starter/{name}.json")
    assert refused.value.code == code


def test_a_departure_that_names_no_delivery_is_refused() -> None:
    with pytest.raises(RejectedError):
        parse_departure(body("forwarder/malformed.json"))


def test_values_for_local_invocation_are_of_variables_that_the_functions_have() -> None:
    values = written("env.json")
    for_all = values.pop("Parameters").keys()
    for name, for_one in values.items():
        stack = template(SUCCESSOR if name == "StarterFunction" else HUB)
        assert for_all | for_one.keys() <= stack.properties(name)["Environment"]["Variables"].keys()
