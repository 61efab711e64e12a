"""Keyed joins, whatever their definition and history: duplication changes nothing, order where DESIGN says so, and keys never mix."""

from __future__ import annotations

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from fanin.domain.run import RunState
from tests.unit.properties.from_scratch import evaluated
from tests.unit.properties.histories import END_MS, KEYS, TOLD, Delivery, definitions, histories, played
from tests.unit.use_cases.joins_in_time import HOUR_MS

pytestmark = pytest.mark.unit

EXAMPLES = settings(max_examples=60, deadline=None)
ORDERLESS = definitions(failures=("wait", "ignore"), kinds=("all", "atLeast"), after_release=("ignore", "report"), timed=False)
# Runs that fail early and have more to come: the next attempts are where the rules are.
FAILING = definitions(failures=("fail", "ignore", "wait"), kinds=("all", "atLeast"), deadlines=("fail",))


@settings(max_examples=200, deadline=None)
@given(st.one_of(definitions(), FAILING), st.one_of(histories(), histories(keys=KEYS[:1])))
def test_what_happens_is_what_an_evaluation_from_scratch_of_the_accepted_order_says(
    document: dict[str, object], history: list[Delivery]
) -> None:
    found = played(document, history)
    end_ms = max(END_MS, END_MS - HOUR_MS + sum(one.wait_s for one in history) * 1000) + HOUR_MS
    expected = evaluated(document, history, end_ms)
    closings = sorted((one for run in expected.values() for one in run.closings), key=lambda one: (one.at_ms, one.key, one.attempt))
    note(f"{document}")
    assert list(found.closings) == closings
    assert found.states == {key: run.state for key, run in sorted(expected.items())}
    for key, run in expected.items():
        assert found.arrivals[key] == {name: f"{one.execution} {TOLD[one.status]}" for name, one in sorted(run.arrivals().items())}


@EXAMPLES
@given(definitions(), histories(), st.data())
def test_a_report_that_comes_again_changes_nothing(document: dict[str, object], history: list[Delivery], data: st.DataObject) -> None:
    repeated = list(history)
    for _ in range(data.draw(st.integers(1, 8), label="repeats")):
        source = data.draw(st.integers(0, len(repeated) - 1), label="which")
        at = data.draw(st.integers(source + 1, len(repeated)), label="where")
        one = repeated[source]
        repeated.insert(at, Delivery(0, one.predecessor, one.key, one.execution, one.status, one.at))
    assert played(document, repeated) == played(document, history)


@EXAMPLES
@given(definitions(), histories())
def test_keys_that_are_interleaved_never_mix(document: dict[str, object], history: list[Delivery]) -> None:
    together = played(document, history)
    for key in KEYS:
        alone: list[Delivery] = []
        waited_s = 0
        for one in history:
            waited_s += one.wait_s
            if one.key == key:
                alone.append(Delivery(waited_s, one.predecessor, one.key, one.execution, one.status, one.at))
                waited_s = 0
        assert played(document, alone) == together.of(key)


@EXAMPLES
@given(ORDERLESS, histories(), st.randoms(use_true_random=False), st.sampled_from([0, 1, 60]))
def test_order_changes_neither_which_keys_are_released_nor_what_the_others_have(
    document: dict[str, object], history: list[Delivery], random: object, wait_s: int
) -> None:
    shuffled = [Delivery(wait_s, one.predecessor, one.key, one.execution, one.status, one.at) for one in history]
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a subclass of Random that it does not export
    one, other = played(document, history), played(document, shuffled)
    assert {closing.key for closing in one.closings} == {closing.key for closing in other.closings}
    assert one.states == other.states
    waiting = [key for key, state in one.states.items() if state is RunState.OPEN]
    assert {key: one.arrivals[key] for key in waiting} == {key: other.arrivals[key] for key in waiting}
