"""Wide runs under every interleaving of collectors, crashes and redeliveries; and what goes wrong when a step is left out.

No sweeper helps here: what the protocol promises, it keeps by itself.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from fanin.adapters.memory_deliveries import MemoryDeliveries
from fanin.adapters.memory_journals import MemoryJournals
from fanin.adapters.memory_runs import MemoryRuns
from fanin.adapters.sequential import Sequential
from fanin.definitions.compiler import compile_documents
from fanin.domain.arrival import Arrival
from fanin.domain.completion import Status
from fanin.domain.condition import Verdict, evaluate
from fanin.domain.decision import slot_verdicts
from fanin.domain.journal import Contents, Said, tallies
from fanin.domain.plan import Plan
from fanin.domain.run import Run, RunState, Transition
from fanin.domain.segment import Segment, read_segment
from fanin.domain.thresholds import is_to_be_looked_at
from fanin.ports import Batch, JournalId, Merged, Refused, ReleaseWrite
from fanin.use_cases.decide_run import Decided
from fanin.use_cases.look_into_journal import LookIntoJournal
from fanin.use_cases.read_journal import ReadJournal
from fanin.use_cases.record_arrivals import Recorded
from fanin.use_cases.record_in_journal import RecordInJournal
from tests.unit.use_cases.interleavings import NOW_MS, RUN, Build, Explorer, Message, State, the_run
from tests.unit.use_cases.test_counted import counted

pytestmark = pytest.mark.unit

TOLD_SO = frozenset({Recorded.LATE, Recorded.DUPLICATE, Recorded.KEPT, Recorded.REOPENED, Recorded.RELEASED, Recorded.FAILED})


class Violation(AssertionError):  # noqa: N818 not an error of ours: what the search looks for
    """An end that the protocol must not have."""


@dataclass(frozen=True)
class Scenario:
    """A definition, the batches that are delivered, and how many crashes may happen."""

    count: object
    deliveries: Sequence[str]
    crashes: int = 1
    failures: object = None
    on_failure: str = "wait"
    partitions: int = 1
    concurrent: int = 2
    page_segments: int = 10

    def plan(self) -> Plan:
        (compiled,), problems = compile_documents(
            [("join", counted(self.count, self.failures, onFailure=self.on_failure))], allowed_accounts=None, allowed_buses=None
        )
        assert not problems
        return replace(compiled.to_plan(1), journal=self.partitions)


def message(name: str) -> Message:
    """`a` has succeeded, `A` has failed; a digit says N, and a later digit says it later when it is smaller."""

    def tell(contents: Contents) -> None:
        if name.isdigit():
            contents.say(0, Said(NOW_MS - int(name), "", int(name)))
        else:
            status = Status.FAILED if name.isupper() else Status.SUCCEEDED
            contents.count(0, Arrival(status, NOW_MS, name.lower(), None))

    return tell


# Each word is a batch of messages.
SCENARIOS = {
    "two": Scenario(2, ["a", "b"]),
    "two and a repeat": Scenario(2, ["a", "b", "a"]),
    "two at once and one": Scenario(3, ["ab", "c"]),
    "three": Scenario(3, ["a", "b", "c"], crashes=0, concurrent=3),
    "two crashes": Scenario(2, ["a", "b"], crashes=2),
    "one of two again": Scenario(2, ["ab", "b"], crashes=0),
    "two pages": Scenario(2, ["a", "b"], page_segments=1),
    "two partitions": Scenario(3, ["ab", "ac"], partitions=2),
    "late": Scenario(1, ["a", "b"]),
    "later": Scenario(2, ["a", "b", "c"], crashes=0, concurrent=3),
    "repeats, then two": Scenario(3, ["a", "a", "a", "b", "c"], crashes=0),
    "failed early": Scenario(5, ["A", "B"], failures=1, on_failure="fail"),
    "a failure that is redriven": Scenario(2, ["A", "b", "a"]),
    "tolerated": Scenario(2, ["A", "b"], failures=1),
    "one failure too many": Scenario(3, ["A", "B", "c"], failures=1, on_failure="fail"),
    "failed, and redriven": Scenario(2, ["A", "a", "b"], crashes=0, on_failure="fail", concurrent=3),
    "announced first": Scenario("announced", ["2", "a", "b"]),
    "announced last": Scenario("announced", ["a", "b", "2"]),
    "announced lower": Scenario("announced", ["9", "a", "1"]),
    "announced lower while somebody looks": Scenario("announced", ["9a", "b", "2"], crashes=0, concurrent=3),
    "announced while three look": Scenario("announced", ["a", "2", "b"], crashes=0, concurrent=3),
}


def explored(scenario: Scenario, build: Build | None = None) -> int:
    """How many ends there are; Violation for the first that there must not be."""
    plan = scenario.plan()
    batches = [tuple(batch) for batch in scenario.deliveries]
    explorer = Explorer(
        plan,
        {name: message(name) for batch in batches for name in batch},
        build or Build(),
        page_segments=scenario.page_segments,
        concurrent=scenario.concurrent,
    )
    ends = 0
    for end in explorer.states(explorer.begin(batches, scenario.crashes)):
        check(plan, explorer, end)
        ends += 1
    return ends


def check(plan: Plan, explorer: Explorer, end: State) -> None:
    """Every message was acknowledged; the run is what all of them make it; none of them is neither in the release nor late."""
    everything = Contents()
    for tell in explorer.messages.values():
        tell(everything)
    run = the_run(end)
    _require(run is not None and {name for name, _ in end.acked} == explorer.messages.keys(), "a message was lost", end)
    assert run is not None
    verdict = evaluate(plan.condition, slot_verdicts(plan, {}, None, tallies(plan, everything)))
    if run.state is RunState.OPEN:
        _require(verdict is Verdict.POSSIBLE, "the decision was lost", end)
        return
    frozen = frozen_contents(plan, run, end)
    found = evaluate(plan.condition, slot_verdicts(plan, {}, None, tallies(plan, frozen)))
    _require(found is {RunState.SATISFIED: Verdict.SATISFIED, RunState.FAILED: Verdict.IMPOSSIBLE}[run.state], "a wrong decision", end)
    closed = [delivery for delivery in end.table.deliveries if delivery.name.startswith("DLV#") and f"#{run.attempt:04d}#" in delivery.name]
    _require(len(closed) == (run.state is RunState.SATISFIED), "released more or less than once", end)
    for name, tell in explorer.messages.items():
        contents = Contents()
        tell(contents)
        outcomes = {recorded for acked, recorded in end.acked if acked == name}
        _require(frozen.has(contents) or bool(outcomes & TOLD_SO), f"{name} is neither in the release nor late", end)


def frozen_contents(plan: Plan, run: Run, end: State) -> Contents:
    read = ReadJournal(MemoryJournals(end.table), MemoryDeliveries(end.table), Sequential())
    return read.frozen(JournalId(RUN, plan.version, run.attempt, plan.journal))


def _require(holds: bool, what: str, end: State) -> None:
    if not holds:
        raise Violation(f"{what}: {the_run(end)}, {end.acked}")


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_release_is_lost_doubled_or_wrong(name: str) -> None:
    assert explored(SCENARIOS[name]) > 0


class HintFirst:
    """Adds to the hint before the segment is there."""

    def __init__(self, journals: Any) -> None:
        self._journals, self._held = journals, list[tuple[JournalId, Segment]]()

    def append(self, journal: JournalId, segment: Segment) -> None:
        if journal.frozen_rev is not None:
            self._journals.append(journal, segment)
        self._held.append((journal, segment))

    def add(self, journal: JournalId, batch: Batch, **said: Any) -> Any:
        answer = self._journals.add(journal, batch, **said)
        for held in self._held:
            self._journals.append(*held)
        self._held.clear()
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journals, name)


class OneTooMany(MemoryJournals):
    """Says that one arrival more is missing than is."""

    def postpone_look(self, run: Run, next_look: int, next_bad: int) -> Merged | Refused:
        return MemoryJournals.postpone_look(self, run, next_look + 1, next_bad)


class WholeItem(MemoryJournals):
    """Puts the whole item where two thresholds were to be set."""

    def postpone_look(self, run: Run, next_look: int, next_bad: int) -> Merged | Refused:
        found = self.table.runs[run.id]
        if found.state is not RunState.OPEN:
            return Refused(found)
        self.table.runs[run.id] = run._replace(hint=run.hint._replace(next_look=next_look, next_bad=next_bad, claimed_until_ms=None))
        return Merged(self.table.runs[run.id])


class ThresholdsKept(MemoryJournals):
    """An announcement leaves the thresholds as they are."""

    def add(self, journal: JournalId, batch: Batch, **said: Any) -> Merged | Refused:
        before = self.table.runs.get(journal.run)
        answer = MemoryJournals.add(self, journal, batch, **said)
        if before is None or isinstance(answer, Refused):
            return answer
        hint = answer.run.hint._replace(next_look=before.hint.next_look, next_bad=before.hint.next_bad)
        return self._put(answer.run._replace(hint=hint))


class NeedIgnored(MemoryJournals):
    """Sets the thresholds although somebody has lowered the need since."""

    def postpone_look(self, run: Run, next_look: int, next_bad: int) -> Merged | Refused:
        found = self.table.runs[run.id]
        return MemoryJournals.postpone_look(self, run._replace(hint=run.hint._replace(need=found.hint.need)), next_look, next_bad)


class NamedAfterTheFirst(MemoryJournals):
    """Names a segment after the first message in it."""

    def append(self, journal: JournalId, segment: Segment) -> None:
        contents = Contents()
        read_segment(segment.data, contents)
        first = min(contents.succeeded[0])
        MemoryJournals.append(self, journal, Segment(first.hex().ljust(22, "0"), segment.data))


class NoBadHint(MemoryJournals):
    """Does not count failures."""

    def add(self, journal: JournalId, batch: Batch, **said: Any) -> Merged | Refused:
        return MemoryJournals.add(self, journal, batch._replace(failures=0), **said)


class NoRev(MemoryRuns):
    """Closes a run whatever was added since it was read."""

    def close(self, run: Run, event: Transition, write: ReleaseWrite, now_ms: int) -> bool:
        return MemoryRuns.close(self, run._replace(rev=self.table.runs[run.id].rev), event, write, now_ms)


class HintReadAfter(LookIntoJournal):
    """Takes the hint from after the journal was read."""

    def _postpone(self, plan: Plan, run: Run, contents: Contents) -> Any:
        return LookIntoJournal._postpone(self, plan, self.runs.read(run.id) or run, contents)


class RevReadAfter(LookIntoJournal):
    """Takes the rev from after the journal was read."""

    def _close(self, run: Run, *said: Any) -> Any:
        return LookIntoJournal._close(self, run._replace(rev=(self.runs.read(run.id) or run).rev), *said)


class LookOnCrossing(LookIntoJournal):
    """Looks only if this very addition reached the threshold."""

    def after_adding(self, plan: Plan, added: Run) -> Decided:
        before = added.hint._replace(arrivals=added.hint.arrivals - 1)
        return Decided.WAITING if is_to_be_looked_at(plan, before) else LookIntoJournal.after_adding(self, plan, added)


class Impatient(LookIntoJournal):
    """Acknowledges because somebody else looks."""

    def after_adding(self, plan: Plan, added: Run) -> Decided:
        if is_to_be_looked_at(plan, added.hint) and (added.hint.claimed_until_ms or 0) > self.clock.now_ms():
            return Decided.WAITING
        return LookIntoJournal.after_adding(self, plan, added)


class NotLate(RecordInJournal):
    """Takes a refused addition to a closed run for recorded."""

    def _refused(self, plan: Plan, run: Run, contents: Contents, attempt: int) -> Recorded | None:
        return RecordInJournal._refused(self, plan, run, contents, attempt) if run.state is RunState.OPEN else Recorded.WAITING


class NobodyHelps(RecordInJournal):
    """Acknowledges when somebody closes the run."""

    def _refused(self, plan: Plan, run: Run, contents: Contents, attempt: int) -> Recorded | None:
        return Recorded.WAITING if run.hint.closing else RecordInJournal._refused(self, plan, run, contents, attempt)


# Looked into once, whole, and without a finding: a minute of work, too long for every day.
LATER_STILL = Scenario(2, ["a", "b", "c", "d"], crashes=0, concurrent=3)
LEFT_OUT = {
    "the hint before the segment": ("three", Build(around_journals=HintFirst)),
    "the hint read after the journal": ("announced first", Build(look=HintReadAfter)),
    "the rev read after the journal": ("later", Build(look=RevReadAfter)),
    "no rev in the transaction": ("later", Build(runs=NoRev)),
    "a look only on crossing the threshold": ("two", Build(look=LookOnCrossing)),
    "one missing too many": ("two and a repeat", Build(journals=OneTooMany)),
    "the whole item put": ("repeats, then two", Build(journals=WholeItem)),
    "a lowered number with the threshold kept": ("announced lower", Build(journals=ThresholdsKept)),
    "a threshold whatever the need": ("announced lower while somebody looks", Build(journals=NeedIgnored)),
    "a segment named after its first message": ("one of two again", Build(journals=NamedAfterTheFirst)),
    "a waiter that acknowledges early": ("two and a repeat", Build(look=Impatient)),
    "no late path on refusal": ("late", Build(record=NotLate)),
    "nobody helps to close": ("later still", Build(record=NobodyHelps)),
    "failures not counted": ("failed early", Build(journals=NoBadHint)),
}


@pytest.mark.parametrize("step", LEFT_OUT)
def test_a_step_left_out_is_found(step: str) -> None:
    scenario, build = LEFT_OUT[step]
    with pytest.raises(Violation):
        explored({**SCENARIOS, "later still": LATER_STILL}[scenario], build)


@pytest.mark.parametrize("seed", range(40))
def test_larger_runs_end_rightly_too(seed: int) -> None:
    # Too many interleavings to look into each: these are drawn. The seed is in the test's name.
    randomness = random.Random(seed)
    names, number = "abcdefgh", randomness.randint(2, 8)
    words = [name.upper() if randomness.random() < 0.3 else name for name in names[:number]]
    words += [name.lower() for name in words if name.isupper()] + randomness.choices(words, k=randomness.randint(0, 6))
    announced = randomness.random() < 0.4
    words += [str(number), "9"] if announced else []
    randomness.shuffle(words)
    batches = []
    while words:
        size = randomness.randint(1, 3)
        batches.append("".join(words[:size]))
        del words[:size]
    scenario = Scenario("announced" if announced else number, batches, crashes=3, failures=randomness.choice([None, 1]), concurrent=3)
    plan = scenario.plan()
    messages = {name: message(name) for batch in batches for name in batch}
    explorer = Explorer(plan, messages, page_segments=randomness.choice([2, 10]), concurrent=3)
    for _ in range(5):
        check(plan, explorer, explorer.walk(explorer.begin([tuple(batch) for batch in batches], scenario.crashes), randomness))
