"""Expectations against what happened: each expectation gets an occurrence of its own, as many as can; what is left over is compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fanin_cli.scenario.occurrence import Occurrence
from fanin_cli.scenario.script import Expected

Fact = str | int | frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which an occurrence is not as expected; moments are epoch milliseconds, in `at`, `after` and `before`."""

    field: str
    expected: Fact
    found: Fact


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an expectation; `found` is None when there is nothing like it."""

    expected: Expected
    found: Occurrence | None
    differences: tuple[Difference, ...] = ()

    @property
    def is_met(self) -> bool:
        """Whether it is as expected."""
        return self.found is not None and not self.differences


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on every expectation, in their order, and what happened although nobody expected it."""

    verdicts: tuple[Verdict, ...]
    unexpected: tuple[Occurrence, ...]

    @property
    def is_met(self) -> bool:
        """Whether everything is as expected, and nothing else happened."""
        return not self.unexpected and all(verdict.is_met for verdict in self.verdicts)


def compare(expected: Sequence[Expected], occurrences: Sequence[Occurrence], open_at_end: Sequence[Occurrence]) -> Comparison:
    """Compare; what is open at the end counts only where it is expected."""
    candidates = [*occurrences, *open_at_end]
    exact = _matched(expected, candidates)
    near = _paired(expected, candidates, exact)
    verdicts = []
    for number, one in enumerate(expected):
        found = exact.get(number, near.get(number))
        differences = () if found is None else tuple(differences_of(one, candidates[found]))
        verdicts.append(Verdict(one, None if found is None else candidates[found], differences))
    taken = {*exact.values(), *near.values()}
    return Comparison(tuple(verdicts), tuple(one for number, one in enumerate(occurrences) if number not in taken))


def differences_of(expected: Expected, found: Occurrence) -> Iterator[Difference]:
    """Everything in which an occurrence of the right kind and subject is not as expected."""
    for name, value in expected.facts.items():
        if found.facts.get(name) != value:
            yield Difference(name, value, found.facts.get(name))
    if expected.at_ms is not None and found.at_ms != expected.at_ms:
        yield Difference("at", expected.at_ms, found.at_ms)
    if expected.from_ms is not None and found.at_ms < expected.from_ms:
        yield Difference("after", expected.from_ms, found.at_ms)
    if expected.until_ms is not None and found.at_ms > expected.until_ms:
        yield Difference("before", expected.until_ms, found.at_ms)


def _alike(expected: Expected, found: Occurrence) -> bool:
    return (expected.kind, expected.subject) == (found.kind, found.subject)


def _matched(expected: Sequence[Expected], candidates: Sequence[Occurrence]) -> dict[int, int]:
    """A greatest matching: an expectation that says little takes nothing from one that says more (augmenting paths)."""
    owners: dict[int, int] = {}

    def place(number: int, seen: set[int]) -> bool:
        for index, found in enumerate(candidates):
            if index in seen or not _alike(expected[number], found) or any(differences_of(expected[number], found)):
                continue
            seen.add(index)
            if index not in owners or place(owners[index], seen):
                owners[index] = number
                return True
        return False

    for number in range(len(expected)):
        place(number, set())
    return {number: index for index, number in owners.items()}


def _paired(expected: Sequence[Expected], candidates: Sequence[Occurrence], exact: dict[int, int]) -> dict[int, int]:
    """What was expected otherwise, paired with what happened instead: those that differ least first."""
    taken = set(exact.values())
    pairs = sorted(
        (len(list(differences_of(one, found))), number, index)
        for number, one in enumerate(expected)
        if number not in exact
        for index, found in enumerate(candidates)
        if index not in taken and _alike(one, found)
    )
    near: dict[int, int] = {}
    for _, number, index in pairs:
        if number not in near and index not in near.values():
            near[number] = index
    return near
