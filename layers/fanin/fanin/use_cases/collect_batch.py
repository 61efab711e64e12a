"""Collect a batch of messages from the arrivals queue: match joins, record arrivals, decide; take receipts and rechecks.

Arrivals of one batch for one run become one write. Every message gets its own verdict (done, quarantined, or given back to the
queue), and one message's trouble never fails another run's messages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from fanin.domain.arrival import Arrival, arrival_of
from fanin.domain.completion import Completion
from fanin.domain.errors import RejectedError, RetryableError
from fanin.domain.plan import Plan
from fanin.domain.receipt import Receipt
from fanin.domain.release import Output, kept_output
from fanin.domain.run import STREAM_KEY, RunId, Stream
from fanin.ports import Plans, Runs, Streams
from fanin.sources.message import Ignored, Recheck, parse_message
from fanin.sources.queue_event import QueuedMessage
from fanin.use_cases.acknowledge_delivery import AcknowledgeDelivery
from fanin.use_cases.complete_report import CompleteReport
from fanin.use_cases.match_joins import Matched, Offer, match_join
from fanin.use_cases.quarantine_message import QuarantineMessage
from fanin.use_cases.recheck_run import RecheckRun
from fanin.use_cases.record_arrivals import RecordArrivals, Recorded
from fanin.use_cases.record_in_stream import RecordInStream, moved_to

KEPT_OUTPUT_BYTES = 170_000  # an item holds 400 KB, a release's data 180 KB


@dataclass(slots=True)
class Collected:
    """What became of a batch: outcomes counted by name, the messages to give back, and what went wrong with each of those."""

    outcomes: Counter[str] = field(default_factory=Counter)
    rejected: dict[str, RejectedError] = field(default_factory=dict)
    failed: dict[str, Exception] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Arriving:
    """One completion on its way into the runs that one join offers."""

    message: str
    arrival: Arrival
    output: Output | None
    completion: Completion
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class CollectBatch:
    """The collector's work."""

    plans: Plans
    runs: Runs
    streams: Streams
    quarantine: QuarantineMessage
    complete_report: CompleteReport
    record_arrivals: RecordArrivals
    record_in_stream: RecordInStream
    acknowledge_delivery: AcknowledgeDelivery
    recheck_run: RecheckRun

    def __call__(self, messages: Sequence[QueuedMessage]) -> Collected:
        """Take a batch; never raises for a message: what failed is in the answer."""
        collected = Collected()
        arriving: list[_Arriving] = []
        for message in messages:
            self._guarded(collected, [message.id], partial(self._understand, message, arriving, collected))
        for group in _grouped(arriving):
            self._guarded(collected, [one.message for one in group], partial(self._record, group, collected))
        for message in messages:
            if message.id in collected.rejected and message.id not in collected.failed:
                self._guarded(collected, [message.id], partial(self.quarantine, message, collected.rejected[message.id]))
        return collected

    def _guarded(self, collected: Collected, ids: Sequence[str], work: Callable[[], None]) -> None:
        try:
            work()
        except RejectedError as error:
            collected.rejected.update(dict.fromkeys(ids, error))
        except Exception as error:  # noqa: BLE001 the per-record edge: whatever it was, the queue redelivers and the handler logs it once
            collected.failed.update(dict.fromkeys(ids, error))

    def _understand(self, message: QueuedMessage, arriving: list[_Arriving], collected: Collected) -> None:
        said = parse_message(message.body)
        match said:
            case Completion():
                arriving.extend(self._match(message, said, collected))
            case Receipt():
                collected.outcomes[self.acknowledge_delivery(said).value] += 1
            case Recheck(run):
                collected.outcomes[self.recheck_run(run).value] += 1
            case Ignored(why):
                collected.outcomes[why] += 1

    def _match(self, message: QueuedMessage, completion: Completion, collected: Collected) -> list[_Arriving]:
        heads = [head for join in self.plans.joins_of(completion.source) if (head := self.plans.head(join)) is not None]
        wanting = [plan for head in heads for version in head.versions if (plan := self._wanting(head.join, version, completion))]
        if not wanting:
            collected.outcomes["not-wanted"] += 1
            return []
        completion, stopped_at_ms = self.complete_report(completion, wanting)
        arrival = arrival_of(completion, stopped_at_ms)
        output = kept_output(completion.output, KEPT_OUTPUT_BYTES) if arrival.succeeded else None
        matched = [match_join(self.plans, head, completion) for head in heads]
        self._note_refusals(message, matched, collected)
        return [_Arriving(message.id, arrival, output, completion, one.offers) for one in matched if one.offers]

    def _wanting(self, join: str, version: int, completion: Completion) -> Plan | None:
        plan = self.plans.plan(join, version)
        return plan if plan is not None and plan.slots_of(completion.source) else None

    @staticmethod
    def _note_refusals(message: QueuedMessage, matched: Sequence[Matched], collected: Collected) -> None:
        for one in matched:
            if one.refusal is not None:
                collected.rejected[message.id] = one.refusal

    def _record(self, group: Sequence[_Arriving], collected: Collected) -> None:
        recorded = self._offer_in_order(group)
        if recorded is not Recorded.STALE:
            collected.outcomes[recorded.value] += len(group)
            return
        join = group[0].offers[0].run.join
        self.plans.refresh(join)
        head = self.plans.head(join)
        for one in group:
            offers = match_join(self.plans, head, one.completion).offers if head is not None else ()
            recorded = self._offer_in_order([replace(one, offers=offers)]) if offers else Recorded.OTHER_VERSION
            if recorded is Recorded.STALE:
                raise RetryableError("plan-stale", f"the run of {join} has a newer plan version than the one that could be read")
            collected.outcomes[recorded.value] += 1

    def _offer_in_order(self, group: Sequence[_Arriving]) -> Recorded:
        recorded = Recorded.NOT_OPEN
        for offer in group[0].offers:
            recorded = self._offer_to_stream(group[0], offer) if offer.is_stream else self._offer_to_run(group, offer)
            if recorded is not Recorded.NOT_OPEN:
                break
        return recorded

    def _offer_to_run(self, group: Sequence[_Arriving], offer: Offer) -> Recorded:
        recorded, run = self.record_arrivals(offer.plan, offer.run, self._slots(group, offer, offer.plan), may_open=offer.may_open)
        if recorded is not Recorded.OTHER_VERSION or run is None:
            return recorded
        plan = offer.under(run.plan_version)
        if plan is None:
            return _held_to(run.plan_version, offer)
        return self.record_arrivals(plan, offer.run, self._slots(group, offer, plan), may_open=False)[0]

    def _offer_to_stream(self, one: _Arriving, offer: Offer) -> Recorded:
        recorded, stream = self._into_stream(one, offer, offer.plan, may_open=offer.may_open)
        if recorded is Recorded.OTHER_VERSION and stream is not None and self._moved(stream, offer):
            recorded, stream = self._into_stream(one, offer, offer.plan, may_open=False)
        if recorded is not Recorded.OTHER_VERSION or stream is None:
            return recorded
        plan = offer.under(stream.plan_version)
        return self._into_stream(one, offer, plan, may_open=False)[0] if plan is not None else _held_to(stream.plan_version, offer)

    def _into_stream(self, one: _Arriving, offer: Offer, plan: Plan, *, may_open: bool) -> tuple[Recorded, Stream | None]:
        ((slot, arrival),) = self._slots([one], offer, plan).items()
        return self.record_in_stream(plan, offer.current, slot, arrival, may_open=may_open)

    def _moved(self, stream: Stream, offer: Offer) -> bool:
        """A generation in which nothing has arrived is held to the current plan at once."""
        before = self.plans.plan(stream.join, stream.plan_version)
        if stream.slots or before is None or offer.plan.version != offer.current.version or stream.plan_version > offer.plan.version:
            return False
        return self.streams.move(stream, moved_to(offer.current, stream, before))

    def _slots(self, group: Sequence[_Arriving], offer: Offer, plan: Plan) -> dict[int, str]:
        """The group's arrivals by slot of a plan, with their outputs kept first: a decision may follow the write at once."""
        slots: dict[int, str] = {}
        for one in group:
            encoded = one.arrival.encode()
            for slot in plan.slots_of(one.completion.source):
                if plan.projects_outputs and one.output is not None:
                    self.runs.keep_output(RunId(plan.join, STREAM_KEY) if offer.is_stream else offer.run, slot, encoded, one.output)
                slots[slot] = max(slots.get(slot, ""), encoded)
        return slots


def _held_to(version: int, offer: Offer) -> Recorded:
    """A run of a version that does not want this completion here; a version newer than the known current one is news to us."""
    return Recorded.STALE if version > offer.current.version else Recorded.OTHER_VERSION


def _grouped(arriving: Sequence[_Arriving]) -> list[list[_Arriving]]:
    """Arrivals that become one write: of one run, offered once and under one plan. Streams take one completion at a time."""
    groups: dict[object, list[_Arriving]] = {}
    for number, one in enumerate(arriving):
        offer = one.offers[0]
        alone = len(one.offers) > 1 or offer.is_stream
        groups.setdefault(number if alone else (offer.run, offer.plan.version, len(offer.others)), []).append(one)
    return list(groups.values())
