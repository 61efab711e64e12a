"""Conditions agree with brute force: satisfied means under every future, impossible means under none."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.domain.condition import AtLeast, Condition, Slot, Verdict, all_of, evaluate

pytestmark = pytest.mark.unit

SLOTS = 5


def _groups(children: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return st.lists(children, min_size=1, max_size=4).flatmap(lambda of: st.builds(AtLeast, st.integers(1, len(of)), st.just(tuple(of))))


CONDITIONS: st.SearchStrategy[Condition] = st.recursive(st.builds(Slot, st.integers(0, SLOTS - 1)), _groups, max_leaves=10)
VERDICTS = st.dictionaries(st.integers(0, SLOTS - 1), st.sampled_from(Verdict))


def holds(condition: Condition, ready: dict[int, bool]) -> bool:
    if isinstance(condition, Slot):
        return ready[condition.number]
    return sum(holds(child, ready) for child in condition.children) >= condition.count


@given(CONDITIONS, VERDICTS)
def test_the_verdict_is_what_all_futures_have_in_common(condition: Condition, verdicts: dict[int, Verdict]) -> None:
    certain = {Verdict.SATISFIED: (True,), Verdict.IMPOSSIBLE: (False,), Verdict.POSSIBLE: (True, False)}
    choices = [certain[verdicts.get(slot, Verdict.POSSIBLE)] for slot in range(SLOTS)]
    outcomes = {holds(condition, dict(enumerate(future))) for future in product(*choices)}
    expected = {frozenset({True}): Verdict.SATISFIED, frozenset({False}): Verdict.IMPOSSIBLE}.get(frozenset(outcomes), Verdict.POSSIBLE)
    assert evaluate(condition, verdicts) is expected


@given(CONDITIONS, VERDICTS, st.integers(0, SLOTS - 1))
def test_a_slot_that_becomes_ready_never_makes_it_worse(condition: Condition, verdicts: dict[int, Verdict], slot: int) -> None:
    assert evaluate(condition, {**verdicts, slot: Verdict.SATISFIED}) >= evaluate(condition, verdicts)


def test_all_any_and_a_quorum() -> None:
    two_ready = {0: Verdict.SATISFIED, 1: Verdict.SATISFIED}
    assert evaluate(all_of(3), two_ready) is Verdict.POSSIBLE
    assert evaluate(AtLeast(2, all_of(3).children), two_ready) is Verdict.SATISFIED
    assert evaluate(AtLeast(1, all_of(3).children), {}) is Verdict.POSSIBLE
    assert evaluate(all_of(3), {**two_ready, 2: Verdict.IMPOSSIBLE}) is Verdict.IMPOSSIBLE
    assert evaluate(AtLeast(2, all_of(3).children), {0: Verdict.IMPOSSIBLE, 1: Verdict.IMPOSSIBLE}) is Verdict.IMPOSSIBLE
