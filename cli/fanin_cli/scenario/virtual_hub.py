"""The hub in virtual time: the use cases that the functions run, over the in-memory adapters. Nothing here decides anything.

What is not the hub is played: nobody verifies the signature, each successor sends its receipt a second after the release, and sources
say only what events never do, arguments of Glue jobs and tags, when they are asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fanin.adapters.memory_bus import MemoryBus
from fanin.adapters.memory_clock import MemoryClock
from fanin.adapters.memory_deliveries import MemoryDeliveries
from fanin.adapters.memory_due_index import MemoryDueIndex
from fanin.adapters.memory_executions import MemoryExecutions
from fanin.adapters.memory_expectations import MemoryExpectations
from fanin.adapters.memory_journals import MemoryJournals
from fanin.adapters.memory_plans import MemoryPlans
from fanin.adapters.memory_runs import MemoryRuns
from fanin.adapters.memory_streams import MemoryStreams
from fanin.adapters.memory_table import MemoryTable
from fanin.adapters.sequential import Sequential
from fanin.definitions.problems import where
from fanin.domain.completion import Completion
from fanin.domain.delivery import DeliveryId, DeliveryKind
from fanin.domain.run import RunState
from fanin.sources.queue_event import QueuedMessage
from fanin.use_cases.acknowledge_delivery import AcknowledgeDelivery
from fanin.use_cases.announce_count import AnnounceCount
from fanin.use_cases.apply_definitions import ApplyDefinitions
from fanin.use_cases.collect_batch import CollectBatch
from fanin.use_cases.complete_report import CompleteReport
from fanin.use_cases.decide_run import DecideRun
from fanin.use_cases.find_releases import FindReleases
from fanin.use_cases.hub import Hub
from fanin.use_cases.offer_arrivals import OfferArrivals
from fanin.use_cases.open_expected import OpenExpected
from fanin.use_cases.quarantine_message import QuarantineMessage
from fanin.use_cases.recheck_run import RecheckRun
from fanin.use_cases.record_after_closing import RecordAfterClosing
from fanin.use_cases.record_arrivals import RecordArrivals
from fanin.use_cases.record_in_stream import RecordInStream
from fanin.use_cases.send_delivery import SendDelivery, Sent
from fanin.use_cases.sweep_due import SweepDue
from fanin.use_cases.wide_runs import wide_runs
from fanin_cli.failures import CommandError, ExitCode
from fanin_cli.scenario.events import HUB_ACCOUNT, HUB_REGION, receipt, told_back
from fanin_cli.scenario.occurrence import Occurrence, told_by
from fanin_cli.scenario.script import Apply
from fanin_cli.scenario.virtual_queue import VirtualQueue

RECEIPT_AFTER_MS = 1000
_NEVER_MS = 1 << 62
_HUB = Hub(f"urn:fanin:aws:{HUB_REGION}:{HUB_ACCOUNT}:scenario", f"arn:aws:events:{HUB_REGION}:{HUB_ACCOUNT}:event-bus/scenario")


@dataclass(frozen=True, slots=True)
class UnverifiedSigner:
    """The `Signer` port where nobody verifies: a signature of the right form."""

    def kid(self) -> str:
        """See the port."""
        return "0" * 43

    def sign(self, message: bytes) -> bytes:  # noqa: ARG002 nobody looks
        """See the port."""
        return b"\x01" * 64

    def public_jwk(self) -> Mapping[str, str]:
        """See the port."""
        return {}


@dataclass(slots=True)
class SeenQuarantine:
    """The `Quarantine` port: a rejected report is something that happened. A message's id is its execution's, `#`, and a number."""

    occurrences: list[Occurrence] = field(default_factory=list)

    def keep(self, body: str, *, code: str, reason: str, message_id: str, now_ms: int) -> None:  # noqa: ARG002 the port's signature
        """See the port."""
        self.occurrences.append(Occurrence("rejected", message_id.rpartition("#")[0], now_ms, {"code": code}))


class VirtualHub:
    """A hub that was just deployed, at the moment that the clock shows."""

    def __init__(self, clock: MemoryClock) -> None:
        self.clock, self.table, self.queue = clock, MemoryTable(epoch="scenario"), VirtualQueue(clock)
        self._quarantine = SeenQuarantine()
        self._runs, self._streams = MemoryRuns(self.table), MemoryStreams(self.table)
        self._deliveries, self._due = MemoryDeliveries(self.table), MemoryDueIndex(self.table)
        self._plans, self._expectations = MemoryPlans(self.table), MemoryExpectations(self.table)
        self._executions = MemoryExecutions()
        self._send = SendDelivery(self._deliveries, MemoryBus(), UnverifiedSigner(), clock, _HUB)
        self._sweep = SweepDue(self._due, self.queue, self.queue, clock)
        self._collect = self._collector()

    def apply(self, definitions: Apply) -> None:
        """Apply definitions that were found right; CommandError `definition-refused` when they do not fit those that are applied."""
        documents = [(one.label, one.document) for one in definitions.documents if isinstance(one.document, dict)]
        for labelled in self._operator(documents)(documents)[1]:
            problem = labelled.problem
            told = f"{labelled.label}: {where(problem.path)}: {problem.message}"
            raise CommandError("definition-refused", told, problem.hint, ExitCode.BAD)

    def delete(self, join: str) -> None:
        """Delete a join; one that is not there stays so."""
        self._operator(()).withdraw_if_there(join)

    def collect(self, batch: Sequence[QueuedMessage]) -> list[str]:
        """Let the collector take a batch; what became of it, outcome by outcome. An error that is not a rejection is a defect."""
        collected = self._collect(batch)
        for error in collected.failed.values():
            raise error
        rejected = [error.code for error in collected.rejected.values()]
        return sorted(collected.outcomes.elements()) + rejected

    def forward(self, delivery_id: DeliveryId) -> Occurrence | None:
        """Let the forwarder send a delivery, and the successor answer; what a notice told."""
        sent, *_ = self._send(delivery_id)
        delivery = self.table.deliveries[delivery_id]
        if sent is not Sent.SENT:
            return None
        if delivery.kind is DeliveryKind.NOTICE:
            if any(route.startswith("join:") for route in self.table.routes):
                self.queue.ask(told_back(delivery, self.clock.at_ms), 0)
            return told_by(delivery, self.table)
        self.queue.ask(receipt(delivery, _HUB.issuer, self.clock.at_ms + RECEIPT_AFTER_MS), RECEIPT_AFTER_MS)
        return None

    def sources_know(self, completions: Sequence[Completion]) -> None:
        """What sources say of executions when they are asked from now on."""
        self._executions.known.update({one.execution_arn: one for one in completions})

    def sweep(self) -> None:
        """Let the sweeper wake what is due."""
        self._sweep()

    def rejected(self) -> list[Occurrence]:
        """The reports rejected since this was last asked."""
        found, self._quarantine.occurrences = self._quarantine.occurrences, []
        return found

    def next_due_ms(self) -> int | None:
        """When the first thing in the table is due."""
        found = (self._due.due(partition, _NEVER_MS, 1) for partition in range(self._due.partitions))
        return min((items[0].due_at_ms for items in found if items), default=None)

    def is_settled(self) -> bool:
        """Whether time alone changes nothing any more: streams wait for arrivals only."""
        return not any(self._unsettled())

    def _unsettled(self) -> Iterator[bool]:
        yield bool(self.queue.heap)
        yield any(run.state is RunState.OPEN for run in self.table.runs.values())
        yield any(delivery.due_at_ms is not None for delivery in self.table.deliveries.values())

    def _operator(self, documents: Sequence[tuple[str, Mapping[str, object]]]) -> ApplyDefinitions:
        """The operator of a stack that may reach all that these definitions name."""
        return ApplyDefinitions(
            self._plans,
            self._runs,
            self._streams,
            self._expectations,
            self.clock,
            allowed_accounts=None,
            allowed_buses=frozenset(arn for _, document in documents for arn in _arns(document)),
            plan_cache_s=0,
        )

    def _collector(self) -> CollectBatch:
        clock, runs, streams, queue = self.clock, self._runs, self._streams, self.queue
        journals, deliveries = MemoryJournals(self.table), self._deliveries
        wide = wide_runs(runs, journals, deliveries, queue, queue, clock, _HUB, Sequential(), clock.advance)
        decide_run = DecideRun(runs, queue, queue, clock, _HUB, wide.look_into_journal)
        record_in_stream = RecordInStream(streams, runs, queue, clock, _HUB)
        record_arrivals = RecordArrivals(runs, decide_run, RecordAfterClosing(runs, deliveries, queue, clock, _HUB), clock)
        find_releases = FindReleases(runs, deliveries, record_arrivals)
        return CollectBatch(
            plans=self._plans,
            quarantine=QuarantineMessage(self._quarantine, clock),
            complete_report=CompleteReport(self._executions, clock),
            offer_arrivals=OfferArrivals(self._plans, runs, streams, record_arrivals, record_in_stream, wide.record_in_journal),
            announce_count=AnnounceCount(self._plans, wide.record_in_journal, _HUB),
            acknowledge_delivery=AcknowledgeDelivery(runs, self._deliveries, queue, clock, _HUB),
            recheck_run=RecheckRun(self._plans, runs, streams, decide_run, record_in_stream, clock, find_releases=find_releases),
            open_expected=OpenExpected(self._plans, runs, self._expectations, decide_run, clock),
            hub=_HUB,
        )


def _arns(value: object) -> Iterator[str]:
    """Every ARN in a document."""
    if isinstance(value, str) and value.startswith("arn:"):
        yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from _arns(child)
