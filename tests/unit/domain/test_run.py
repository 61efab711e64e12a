"""The states of a run: one table, and an illegal transition changes nothing and says why."""

from __future__ import annotations

from itertools import product

import pytest

from fanin.domain.errors import RejectedError
from fanin.domain.run import RunState, Transition, transition

pytestmark = pytest.mark.unit

LEGAL = {
    (RunState.OPEN, Transition.SATISFY): RunState.SATISFIED,
    (RunState.OPEN, Transition.FAIL): RunState.FAILED,
    (RunState.OPEN, Transition.EXPIRE): RunState.EXPIRED,
    (RunState.OPEN, Transition.CANCEL): RunState.CANCELLED,
    (RunState.SATISFIED, Transition.ACKNOWLEDGE): RunState.ACKNOWLEDGED,
    (RunState.SATISFIED, Transition.REOPEN): RunState.OPEN,
    (RunState.ACKNOWLEDGED, Transition.REOPEN): RunState.OPEN,
    (RunState.FAILED, Transition.REOPEN): RunState.OPEN,
}


@pytest.mark.parametrize(("state", "event"), list(product(RunState, Transition)))
def test_the_table_says_what_may_happen_to_a_run(state: RunState, event: Transition) -> None:
    if (state, event) in LEGAL:
        assert transition(state, event) is LEGAL[state, event]
        return
    with pytest.raises(RejectedError, match=f"illegal-transition: a run that is {state.value} cannot {event.value}"):
        transition(state, event)


def test_only_reopening_leads_back_to_open_and_nothing_out_of_what_expired_or_was_cancelled() -> None:
    assert {event for (_, event), after in LEGAL.items() if after is RunState.OPEN} == {Transition.REOPEN}
    assert not {RunState.EXPIRED, RunState.CANCELLED} & {state for state, _ in LEGAL}


def test_stored_names_do_not_change() -> None:
    assert [state.value for state in RunState] == ["OPEN", "SATISFIED", "ACKNOWLEDGED", "FAILED", "EXPIRED", "CANCELLED"]
