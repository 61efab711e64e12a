"""verify: the steps as they are told; every way to fail is tested with fanin.signing."""

import json
from pathlib import Path

import pytest

from fanin.signing.verification_failure import STEPS
from tests.unit.cli.hub import run
from tests.unit.signing.keys import STRANGERS_KEY
from tests.unit.signing.releases import AUDIENCE, ISSUER, NOW_EPOCH_S, SECRET_OUTPUT, TARGET, TRUST, body_with_claims, honest_body

pytestmark = pytest.mark.unit

STEP_IDS = [step for step, _ in STEPS]
NOON = "2026-03-31T19:00:00Z"


@pytest.fixture
def trust(tmp_path: Path) -> str:
    file = tmp_path / "trust.json"
    file.write_text(TRUST.text(), encoding="utf-8")
    return str(file)


def verified(body: str, trust: str, *options: str, at: str = str(NOW_EPOCH_S)) -> tuple[int, str]:
    result = run("verify", "-", "--trust", trust, "--audience", AUDIENCE, "--at", at, *options, typed=body)
    assert result.stderr == ""
    return result.exit_code, result.stdout


def test_a_right_release_passes_every_step(trust: str) -> None:
    exit_code, told = verified(honest_body(), trust)
    lines = told.splitlines()
    assert exit_code == 0
    assert [line.split()[:2] for line in lines[: len(STEPS)]] == [["✓", step] for step in STEP_IDS]
    assert f"issuer     {ISSUER}" in lines
    assert f"target     {TARGET}" in lines
    assert "expires    2026-04-01 20:00:00.000+00:00" in lines


def test_the_event_may_be_a_file_and_the_time_iso_8601(trust: str, tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    event.write_text(honest_body(), encoding="utf-8")
    result = run("verify", str(event), "--trust", trust, "--audience", AUDIENCE, "--at", NOON)
    assert (result.exit_code, result.stderr) == (0, "")


def test_the_one_message_of_a_batch_is_its_event(trust: str) -> None:
    batch = json.dumps({"Records": [{"messageId": "m-1", "body": honest_body(), "eventSource": "aws:sqs"}]})
    assert verified(batch, trust) == verified(honest_body(), trust)
    assert verified(json.dumps({"Records": [{"body": honest_body()}] * 2}), trust)[0] == 1


def test_a_key_that_is_not_pinned_may_be_the_hubs_new_one(trust: str) -> None:
    body = honest_body(key=STRANGERS_KEY)
    assert verified(body, trust)[1].splitlines()[-1].endswith("a new key that is not pinned here yet, or somebody is trying something.")


def test_a_refused_release_says_which_step_refused_it_and_why(trust: str) -> None:
    exit_code, told = verified(honest_body().replace('"planVersion":3', '"planVersion":4'), trust)
    lines = told.splitlines()
    at = STEP_IDS.index("digest")
    assert exit_code == 1
    assert [line[:1] for line in lines[: at + 1]] == ["✓"] * at + ["✗"]
    assert lines[at + 1].strip() == "release-digest: the data are not the data that were signed."
    assert lines[at + 2] == "· subject    not reached"
    assert lines[-1] == "Refused at the step digest: release-digest; a starter raises an alarm, for no honest hub sends this."


def test_what_time_did_is_no_reason_for_an_alarm(trust: str) -> None:
    _, told = verified(honest_body(), trust, at="2026-04-02T19:00:00+00:00")
    assert told.splitlines()[-1] == "Refused at the step time: release-expired."


@pytest.mark.parametrize(
    ("body", "step", "code"),
    [
        ("", "event", "release-malformed"),
        ("x" * 800_000, "caps", "release-too-large"),
        ("[" * 100_000, "caps", "release-too-deep"),
        (honest_body(key=STRANGERS_KEY), "key", "release-kid-unknown"),
        (body_with_claims({"aud": "arn:other"}), "audience", "release-audience"),
    ],
)
def test_as_json_the_step_and_code_are_told(trust: str, body: str, step: str, code: str) -> None:
    exit_code, told = verified(body, trust, "--json")
    answer = json.loads(told)
    assert (exit_code, answer["ok"], answer["step"], answer["code"], answer["release"]) == (1, False, step, code, None)
    at = STEP_IDS.index(step)
    assert [one["passed"] for one in answer["steps"]] == [True] * at + [False] + [None] * (len(STEPS) - at - 1)


def test_as_json_a_right_release_is_told_without_its_payload(trust: str) -> None:
    exit_code, told = verified(honest_body(), trust, "--json")
    release = json.loads(told)["release"]
    assert exit_code == 0
    assert (release["join"], release["key"], release["attempt"], release["outcome"]) == ("daily-close", "2026-03-31", 1, "released")
    assert "do not log me" not in told
    assert "do not log me" in SECRET_OUTPUT


def test_bytes_that_are_not_utf8_are_refused_like_a_starter_does(trust: str) -> None:
    result = run("verify", "-", "--trust", trust, "--audience", AUDIENCE, typed=b'{"\xff')
    assert (result.exit_code, "release-not-utf8" in result.stdout) == (1, True)


@pytest.mark.parametrize("at", ["yesterday", "2026-03-31T19:00:00", "-1", "1" * 13])
def test_a_time_that_is_none_is_wrong_use(trust: str, at: str) -> None:
    result = run("verify", "-", "--trust", trust, "--audience", AUDIENCE, f"--at={at}", typed=honest_body())
    assert (result.exit_code, result.stdout, "--at" in result.stderr) == (2, "", True)


def test_a_trust_document_that_is_wrong_is_wrong_use(tmp_path: Path) -> None:
    wrong = tmp_path / "trust.json"
    wrong.write_text("{}", encoding="utf-8")
    result = run("verify", "-", "--trust", str(wrong), "--audience", AUDIENCE, typed=honest_body())
    assert (result.exit_code, result.stderr.startswith(f"fanin: trust-members: {wrong}: ")) == (2, True)


def test_an_event_that_is_no_file_is_wrong_use(trust: str, tmp_path: Path) -> None:
    result = run("verify", str(tmp_path / "missing"), "--trust", trust, "--audience", AUDIENCE)
    assert (result.exit_code, result.stderr.split(": ")[1]) == (2, "file-missing")


def test_what_a_forger_writes_cannot_act_on_the_terminal(trust: str) -> None:
    sub = "daily-close/1/released/\x1b[31m\u202e"
    _, told = verified(body_with_claims({"sub": sub}, data={**json.loads(honest_body())["detail"]["data"], "key": sub[23:]}), trust)
    assert not set(told) & {"\x1b", "\u202e"}
