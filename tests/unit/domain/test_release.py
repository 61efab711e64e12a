"""What a release says, and what becomes of outputs that are too large to be said."""

from __future__ import annotations

import hashlib

import pytest

from fanin.domain.arrival import Arrival
from fanin.domain.completion import Source, SourceKind, Status
from fanin.domain.condition import all_of
from fanin.domain.outcome import Outcome
from fanin.domain.plan import KeyKind, KeyRule, Plan, Predecessor, Successor
from fanin.domain.release import Frozen, Output, kept_output, release_data
from fanin.domain.run import RunId

pytestmark = pytest.mark.unit

BUS = "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"
MACHINES = {name: f"arn:aws:states:us-east-1:111111111111:stateMachine:{name}" for name in ("ledger", "positions")}
PLAN = Plan(
    join="daily-close",
    version=3,
    digest="d",
    description="",
    key=KeyRule(KeyKind.INPUT, "d"),
    predecessors=tuple(Predecessor(name, Source(SourceKind.STEP_FUNCTIONS, arn)) for name, arn in MACHINES.items()),
    condition=all_of(2),
    successors=(Successor("daily-close", BUS),),
)
FROZEN = Frozen(
    run=RunId("daily-close", "2026-03-31"),
    attempt=1,
    outcome=Outcome.RELEASED,
    reason="satisfied",
    released_at_ms=1_774_983_600_000,
    slots={0: Arrival(Status.SUCCEEDED, 20, "close", 10).encode(), 1: Arrival(Status.SUCCEEDED, 21, "close", None).encode()},
)


def test_a_release_names_the_run_and_every_execution() -> None:
    assert release_data(PLAN, FROZEN, Successor("daily-close", BUS), {0: Output("{}", 2, None)}) == {
        "v": 1,
        "join": "daily-close",
        "key": "2026-03-31",
        "attempt": 1,
        "outcome": "released",
        "reason": "satisfied",
        "releasedAt": 1_774_983_600_000,
        "planVersion": 3,
        "predecessors": {
            "ledger": {
                "executionArn": "arn:aws:states:us-east-1:111111111111:execution:ledger:close",
                "status": "SUCCEEDED",
                "startedAt": 10,
                "stoppedAt": 20,
            },
            "positions": {
                "executionArn": "arn:aws:states:us-east-1:111111111111:execution:positions:close",
                "status": "SUCCEEDED",
                "startedAt": None,
                "stoppedAt": 21,
            },
        },
    }


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (Output("{}", 2, None), {"output": "{}", "outputDetails": {"included": True, "bytes": 2}}),
        (Output(None, 300_000, "ab"), {"outputDetails": {"included": False, "bytes": 300_000, "sha256": "ab"}}),
        (Output(None, None, None), {"outputDetails": {"included": False}}),
        (None, {}),
    ],
    ids=["whole", "over the limit", "left out by AWS", "not kept"],
)
def test_an_output_goes_along_where_the_successor_asked_for_it(output: Output | None, said: dict[str, object]) -> None:
    outputs = {} if output is None else {0: output}
    data = release_data(PLAN, FROZEN, Successor("daily-close", BUS, outputs=True), outputs)
    predecessors = data["predecessors"]
    assert isinstance(predecessors, dict)
    ledger = predecessors["ledger"]
    assert isinstance(ledger, dict)
    assert {name: value for name, value in ledger.items() if name.startswith("output")} == said


def test_an_output_is_kept_whole_or_not_at_all() -> None:
    text = "é" * 10
    assert kept_output(text, 20) == Output(text, 20, None)
    assert kept_output(text, 19) == Output(None, 20, hashlib.sha256(text.encode()).hexdigest())
    assert kept_output("", 20) == Output("", 0, None)
    assert kept_output(None, 20) == Output(None, None, None)
