"""What may come into the arrivals queue and can never be accepted: kept in quarantine with its code, and nothing else is disturbed.

Cases "Completions", each in the one batch with completions that count.
"""

from __future__ import annotations

from typing import Any

import pytest

from local.landscape import DAILY_CLOSE, HUB, PREDECESSOR
from tests.e2e.events import body, changed, completion, event, without
from tests.e2e.watching import Kept
from tests.e2e.world import BY_DATE, World, definition, hub_machine, to

pytestmark = pytest.mark.e2e

MACHINE, OTHER_MACHINE = hub_machine("bad"), hub_machine("bad-other")
DATE = "2026-05-01"
GOOD = completion(MACHINE, "good", businessDate="2026-05-02")
EXPRESS = "arn:aws:states:us-east-1:111111111111:express:bad:x:y"
DAY_MS = 86_400_000


def keyed(value: Any) -> str:
    return body(completion(MACHINE, "keyed", businessDate=value))


def stopped(later_ms: int) -> str:
    return body(changed(GOOD, {"stopDate": GOOD["detail"]["stopDate"] + later_ms}))


BAD: dict[str, tuple[str, str]] = {
    "no JSON": ("businessDate=2026-05-01", "json-malformed"),
    "an array": ("[]", "event-not-an-object"),
    "a string": ('"x"', "event-not-an-object"),
    "nested 100,000 deep": ("[" * 100_000, "json-too-deep"),
    "a body of 1 MB": (body(changed(GOOD, {"input": "x" * 999_000})), "json-too-large"),
    "half a surrogate pair": (body(GOOD).replace("2026-05-02", r"\ud83d"), "json-lone-surrogate"),
    "NaN outside of a string": (body(GOOD).replace('"good"', "NaN", 1), "json-number-not-finite"),
    "no detail": (body({name: value for name, value in GOOD.items() if name != "detail"}), "event-without-detail"),
    "a detail that is a string": (body({**GOOD, "detail": body(GOOD["detail"])}), "event-without-detail"),
    "no account": (body({**GOOD, "account": None}), "event-malformed"),
    "an account of 11 digits": (body({**GOOD, "account": HUB[1:]}), "event-malformed"),
    "a time without a zone": (body({**GOOD, "time": "2026-05-01T00:00:00"}), "event-malformed"),
    "no state machine": (body(without(GOOD, "stateMachineArn")), "event-malformed"),
    "no execution": (body(without(GOOD, "executionArn")), "event-malformed"),
    "an execution of another state machine": (body(changed(GOOD, {"stateMachineArn": OTHER_MACHINE})), "arn-mismatch"),
    "no ARN": (body(changed(GOOD, {"executionArn": "bad:good"})), "arn-invalid"),
    "an ARN of 2,000 characters": (body(completion(MACHINE, "x" * 2000, businessDate=DATE)), "arn-invalid"),
    "forwarded from another account": (body({**GOOD, "account": PREDECESSOR}), "account-mismatch"),
    "forwarded from another Region": (body({**GOOD, "region": "eu-west-1"}), "region-mismatch"),
    "an Express execution": (body(changed(GOOD, {"executionArn": EXPRESS})), "express-execution"),
    "the source aws-states": (body({**GOOD, "source": "aws-states"}), "source-unknown"),
    "the source AWS.states": (body({**GOOD, "source": "AWS.states"}), "source-unknown"),
    "another detail-type": (body({**GOOD, "detail-type": "Something Else"}), "source-unknown"),
    "an unknown status": (body(changed(GOOD, {"status": "EVAPORATED"})), "status-unknown"),
    "a stop time that is a string": (body(changed(GOOD, {"stopDate": "yesterday"})), "event-malformed"),
    "an input that is an object": (body(changed(GOOD, {"input": {"businessDate": DATE}})), "event-malformed"),
    "stopped 21 days ago": (stopped(-21 * DAY_MS), "completion-too-old"),
    "stopped two hours from now": (stopped(7_200_000), "completion-in-the-future"),
    "no key": (body(completion(MACHINE, "keyed", other="x")), "key-absent"),
    "an empty key": (keyed(""), "key-empty"),
    "a key that is an object": (keyed({"d": DATE}), "key-not-a-string"),
    "a key that is an array": (keyed([DATE]), "key-not-a-string"),
    "a key of 257 bytes": (keyed("x" * 257), "key-too-long"),
    "an input that is no JSON": (body(changed(GOOD, {"input": "{"})), "input-not-json"),
    "a receipt without a jti": (body(event("fanin.successor", "Fan-in Receipt", {"v": 1}, HUB)), "event-malformed"),
    "a recheck of nothing": (body({"v": 1, "recheck": {}}), "event-malformed"),
}


@pytest.fixture(scope="module")
def quarantined(world: World) -> dict[str, tuple[str, Kept]]:
    """What was sent and what was kept of it, by case; between the bad messages two good ones for one run."""
    world.apply(definition("bad", {"a": MACHINE, "b": OTHER_MACHINE}, to(DAILY_CLOSE), key=BY_DATE))
    bodies = [text for text, _ in BAD.values()]
    half = len(bodies) // 2
    good = [body(completion(machine, "fine", businessDate=DATE)) for machine in (MACHINE, OTHER_MACHINE)]
    ids = world.send_arrivals(*bodies[:half], good[0], *bodies[half:], good[1])
    del ids[-1], ids[half]
    return {name: (message, world.arrivals_quarantine.wait_for(message)) for name, message in zip(BAD, ids, strict=True)}


@pytest.mark.parametrize("case", BAD)
def test_it_is_kept_as_it_came_with_its_code(quarantined: dict[str, tuple[str, Kept]], case: str) -> None:
    _, kept = quarantined[case]
    assert (kept.code, kept.body) == (BAD[case][1], BAD[case][0])
    assert kept.reason


def test_good_messages_of_the_same_batches_count(world: World, quarantined: dict[str, tuple[str, Kept]]) -> None:
    run = world.wait_for_state("bad", DATE, "ACKNOWLEDGED")
    assert run["arrived"] == 2
    world.settle()
    # And of those that were refused none opened a run.
    assert [one["key"] for one in world.runs("bad")] == [DATE]


def test_every_refusal_is_counted(world: World, quarantined: dict[str, tuple[str, Kept]]) -> None:
    world.wait_for_count("fanin-collector", "MessagesQuarantined", len(BAD))
