"""Conditions: three-valued, monotone, and never a guess."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.domain.condition import AtLeast, Condition, Slot, Verdict, all_of, evaluate

pytestmark = pytest.mark.unit

SLOTS = 5
LEAVES: st.SearchStrategy[Condition] = st.builds(Slot, st.integers(0, SLOTS - 1))


def nodes(children: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(children, min_size=1, max_size=4).map(tuple)
    return several.flatmap(lambda few: st.builds(AtLeast, st.integers(1, len(few)), st.just(few)))


CONDITIONS = st.recursive(LEAVES, nodes, max_leaves=12)
VERDICTS = st.fixed_dictionaries({slot: st.sampled_from(Verdict) for slot in range(SLOTS)})


def in_the_end(condition: Condition, ready: frozenset[int]) -> bool:
    """The condition on slots that are all decided, by the definition of "at least"."""
    if isinstance(condition, Slot):
        return condition.number in ready
    return sum(in_the_end(child, ready) for child in condition.children) >= condition.count


def every_end(verdicts: dict[int, Verdict]) -> list[frozenset[int]]:
    """The ready slots in each way in which what is still possible may turn out."""
    choices = [(False, True) if verdict is Verdict.POSSIBLE else (verdict is Verdict.SATISFIED,) for verdict in verdicts.values()]
    return [frozenset(slot for slot, ready in zip(verdicts, ends, strict=True) if ready) for ends in product(*choices)]


@given(CONDITIONS, VERDICTS)
def test_the_verdict_is_what_every_end_agrees_on(condition: Condition, verdicts: dict[int, Verdict]) -> None:
    ends = {in_the_end(condition, ready) for ready in every_end(verdicts)}
    expected = Verdict.POSSIBLE if len(ends) == 2 else Verdict.SATISFIED if ends == {True} else Verdict.IMPOSSIBLE
    assert evaluate(condition, verdicts) is expected


@given(CONDITIONS, VERDICTS, st.integers(0, SLOTS - 1))
def test_a_slot_that_gets_better_never_makes_the_verdict_worse(condition: Condition, verdicts: dict[int, Verdict], slot: int) -> None:
    better = {**verdicts, slot: Verdict(min(verdicts[slot] + 1, Verdict.SATISFIED))}
    assert evaluate(condition, better) >= evaluate(condition, verdicts)


@pytest.mark.parametrize("slots", [1, 2, 8, 64])
def test_all_is_satisfied_by_all_and_by_nothing_less(slots: int) -> None:
    ready = dict.fromkeys(range(slots), Verdict.SATISFIED)
    assert evaluate(all_of(slots), ready) is Verdict.SATISFIED
    for missing in range(slots):
        assert evaluate(all_of(slots), {slot: verdict for slot, verdict in ready.items() if slot != missing}) is Verdict.POSSIBLE
        assert evaluate(all_of(slots), {**ready, missing: Verdict.IMPOSSIBLE}) is Verdict.IMPOSSIBLE


def test_a_slot_that_nothing_is_known_of_is_possible() -> None:
    assert evaluate(Slot(0), {}) is Verdict.POSSIBLE
