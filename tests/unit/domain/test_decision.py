"""Deciding: a release when the condition holds on what succeeded, else what is missing."""

from __future__ import annotations

import pytest

from fanin.domain.arrival import Arrival
from fanin.domain.completion import Source, SourceKind, Status
from fanin.domain.condition import AtLeast, Slot, all_of
from fanin.domain.decision import Release, Wait, decide
from fanin.domain.plan import KeyKind, KeyRule, Plan, Predecessor, Successor

pytestmark = pytest.mark.unit

NAMES = ("ledger", "positions", "risk")


def plan(condition: AtLeast) -> Plan:
    predecessors = tuple(Predecessor(name, Source(SourceKind.STEP_FUNCTIONS, f"arn:{name}")) for name in NAMES)
    return Plan("j", 1, "d", "", KeyRule(KeyKind.LATEST), predecessors, condition, (Successor("t", "arn:aws:events:r:1:event-bus/b"),))


def slots(**statuses: Status) -> dict[int, str]:
    return {NAMES.index(name): Arrival(status, 1, "x", None).encode() for name, status in statuses.items()}


def test_all_ready_is_a_release() -> None:
    ready = slots(ledger=Status.SUCCEEDED, positions=Status.SUCCEEDED, risk=Status.SUCCEEDED)
    assert decide(plan(all_of(3)), ready) == Release("satisfied")


def test_nothing_yet_waits_for_everything_in_the_plans_order() -> None:
    assert decide(plan(all_of(3)), {}) == Wait(NAMES)


@pytest.mark.parametrize("status", [Status.FAILED, Status.TIMED_OUT, Status.ABORTED, Status.RUNNING])
def test_what_did_not_succeed_is_waited_for(status: Status) -> None:
    arrived = slots(ledger=Status.SUCCEEDED, positions=status, risk=Status.SUCCEEDED)
    assert decide(plan(all_of(3)), arrived) == Wait(("positions",))


def test_part_is_enough_where_the_condition_says_so() -> None:
    either = plan(AtLeast(2, (Slot(0), AtLeast(1, (Slot(1), Slot(2))))))
    assert decide(either, slots(ledger=Status.SUCCEEDED, risk=Status.SUCCEEDED)) == Release("satisfied")
    assert decide(either, slots(positions=Status.SUCCEEDED, risk=Status.SUCCEEDED)) == Wait(("ledger",))
