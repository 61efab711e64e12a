"""Occurrences: what can be expected of a run, as it was seen from outside or at the end. Times are epoch milliseconds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from fanin.adapters.memory_deliveries import MemoryDeliveries
from fanin.adapters.memory_journals import MemoryJournals
from fanin.adapters.memory_table import MemoryTable
from fanin.adapters.sequential import Sequential
from fanin.domain.condition import Verdict
from fanin.domain.decision import slot_verdicts
from fanin.domain.delivery import Delivery, DeliveryKind
from fanin.domain.journal import Contents, tallies
from fanin.domain.plan import KeyKind, Plan
from fanin.domain.run import STREAM_KEY, Run, RunId, RunState, Stream
from fanin.ports import JournalId
from fanin.use_cases import noticing
from fanin.use_cases.decide_run import moments_of
from fanin.use_cases.read_journal import ReadJournal
from fanin_cli.scenario.script import Facts

KINDS = {
    noticing.RELEASED: "released",
    noticing.FAILED: "failed",
    noticing.EXPIRED: "expired",
    noticing.DEADLINE_MISSED: "alerted",
    noticing.LATE_ARRIVAL: "late",
    noticing.REOPENED: "reopened",
}
_NUMBER = re.compile(r"[0-9]+$")


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something of a kind that expectations can name; `subject` is the join, or the execution of a rejected report."""

    kind: str
    subject: str
    at_ms: int
    facts: Facts


def told_by(notice: Delivery, table: MemoryTable) -> Occurrence | None:
    """What a notice that is on its way tells, with the run as it is now; None for a notice that nothing is expected of."""
    detail = json.loads(notice.payload)
    kind = KINDS.get(detail["transition"])
    run = table.runs.get(notice.id.run)
    if kind is None or run is None:
        return None
    facts = {**_run_facts(run, table), "attempt": notice.attempt}
    match kind:
        case "released" | "failed":
            facts |= {"reason": detail["reason"], "targets": _targets(notice, table)}
        case "alerted":
            number = _NUMBER.search(detail["reason"])
            facts |= {"deadline": int(number.group())} if number else {}
        case "late":
            facts |= {"predecessors": frozenset(detail["predecessors"])}
    return Occurrence(kind, run.id.join, detail["at"], facts)


def still_open(table: MemoryTable, now_ms: int) -> Iterator[Occurrence]:
    """The runs that are open, and the streams in which something has arrived."""
    streams = [_as_run(stream) for stream in table.streams.values() if stream.slots]
    for run in (*table.runs.values(), *streams):
        if run.state is RunState.OPEN:
            plan = table.plans[run.id.join, run.plan_version]
            moments = None if run.id.key == STREAM_KEY else moments_of(plan, run, now_ms)
            contents = _contents(plan, run, table)
            verdicts = slot_verdicts(plan, contents.named, moments, tallies(plan, contents))
            missing = (one.name for slot, one in enumerate(plan.predecessors) if verdicts.get(slot) is not Verdict.SATISFIED)
            yield Occurrence("open", run.id.join, now_ms, {**_run_facts(run, table), "missing": frozenset(missing)})


def _run_facts(run: Run, table: MemoryTable) -> dict[str, str | int | frozenset[str]]:
    plan = table.plans[run.id.join, run.plan_version]
    contents = _contents(plan, run, table)
    counted = {slot for groups in (contents.succeeded, contents.failed) for slot, group in groups.items() if group}
    return {
        "key": _key(run.id, plan),
        "attempt": run.attempt,
        "version": run.plan_version,
        "predecessors": frozenset(plan.predecessors[slot].name for slot in contents.named.keys() | counted),
    }


def _contents(plan: Plan, run: Run, table: MemoryTable) -> Contents:
    """What has arrived: in the run's item, or in its journal, or what a decision on that froze."""
    if not plan.is_wide:
        return Contents(named=dict(run.slots))
    read = ReadJournal(MemoryJournals(table), MemoryDeliveries(table), Sequential())
    journal = JournalId(run.id, plan.version, run.attempt, plan.journal)
    return read(journal) if run.state is RunState.OPEN else read.frozen(journal)


def _key(run: RunId, plan: Plan) -> str:
    """The key; of a join without keys the number of the release, since the epoch before it is the table's."""
    return run.key.rpartition(".")[2].lstrip("0") if plan.key.kind is KeyKind.LATEST else run.key


def _targets(notice: Delivery, table: MemoryTable) -> frozenset[str]:
    return frozenset(
        one.target
        for one in table.deliveries.values()
        if one.id.run == notice.id.run and one.kind is DeliveryKind.RELEASE and one.attempt == notice.attempt
    )


def _as_run(stream: Stream) -> Run:
    return Run(RunId(stream.join, STREAM_KEY), RunState.OPEN, stream.plan_version, 1, stream.rev, stream.opened_at_ms, stream.slots)
