"""Collect a batch of messages from the arrivals queue: match joins, record arrivals, decide; take receipts and rechecks.

Arrivals of one batch for one run become one write, and the runs of a batch are written side by side. Every message gets its own verdict
(done, quarantined, or given back to the queue), and one message's trouble never fails another run's messages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import NamedTuple

from fanin.composed import composed
from fanin.domain.announcement import Announcement
from fanin.domain.arrival import arrival_of
from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.errors import RejectedError, RetryableError
from fanin.domain.plan import Plan
from fanin.domain.receipt import Receipt
from fanin.domain.run import RunId
from fanin.ports import Parallel, Plans
from fanin.sources.kind import Ignored
from fanin.sources.message import Expect, OtherEvent, Recheck, parse_message
from fanin.sources.queue_event import QueuedMessage
from fanin.use_cases.acknowledge_delivery import AcknowledgeDelivery
from fanin.use_cases.announce_count import AnnounceCount
from fanin.use_cases.complete_report import CompleteReport
from fanin.use_cases.hub import Hub
from fanin.use_cases.in_turn import in_turn
from fanin.use_cases.match_joins import Interest, Matched, interest_of, match_join
from fanin.use_cases.offer_arrivals import NOT_HERE, Arriving, OfferArrivals
from fanin.use_cases.open_expected import OpenExpected
from fanin.use_cases.quarantine_message import QuarantineMessage
from fanin.use_cases.recheck_run import RecheckRun
from fanin.use_cases.record_arrivals import Recorded


@dataclass(slots=True)
class Collected:
    """What became of a batch: outcomes counted by name, the messages to give back, and what went wrong with each of those."""

    outcomes: Counter[str] = field(default_factory=Counter)
    rejected: dict[str, RejectedError] = field(default_factory=dict)
    failed: dict[str, Exception] = field(default_factory=dict)

    def add(self, other: Collected) -> None:
        """Take in what became of a part of the batch."""
        for outcome, number in other.outcomes.items():
            self.outcomes[outcome] += number
        self.rejected.update(other.rejected)
        self.failed.update(other.failed)


class _Job(NamedTuple):
    """Work for some messages, and what it touches: jobs that touch the same are done one after the other."""

    touches: object
    messages: Sequence[str]
    work: Callable[[Collected], None]


class _Wanted(NamedTuple):
    """Who wants such reports, the plans among them that believe their source, and why that is not known of another join."""

    joins: Sequence[Interest]
    believing: Sequence[Plan]
    refusal: RejectedError | None


@dataclass(slots=True)
class _Understood:
    """What the messages of a batch come to; who wants a source is found out once for all of them."""

    arriving: list[Arriving] = field(default_factory=list)
    jobs: list[_Job] = field(default_factory=list)
    collected: Collected = field(default_factory=Collected)
    wanted: dict[tuple[Source, Status], _Wanted] = field(default_factory=dict)


@composed
class CollectBatch:
    """The collector's work."""

    plans: Plans
    quarantine: QuarantineMessage
    complete_report: CompleteReport
    offer_arrivals: OfferArrivals
    announce_count: AnnounceCount
    acknowledge_delivery: AcknowledgeDelivery
    recheck_run: RecheckRun
    open_expected: OpenExpected
    hub: Hub
    parallel: Parallel = in_turn

    def __call__(self, messages: Sequence[QueuedMessage]) -> Collected:
        """Take a batch; never raises for a message: what failed is in the answer."""
        batch = _Understood()
        collected = batch.collected
        for message in messages:
            self._guarded(collected, [message.id], partial(self._understand, message, batch))
        recording = [
            _Job(group[0].offers[0].run, [one.message for one in group], partial(self._record, group)) for group in _grouped(batch.arriving)
        ]
        for done in self.parallel([partial(self._work, lane) for lane in _lanes([*batch.jobs, *recording])]):
            collected.add(done)
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

    def _work(self, lane: Sequence[_Job]) -> Collected:
        collected = Collected()
        for job in lane:
            self._guarded(collected, job.messages, partial(job.work, collected))
        return collected

    def _understand(self, message: QueuedMessage, batch: _Understood) -> None:
        said = parse_message(message.body)
        match said:
            case Completion():
                self._check_hub(said)
                self._match(message, said, batch)
            case OtherEvent():
                self._match_event(message, said, batch)
            case Announcement():
                batch.jobs.append(_job(message, RunId(said.join, said.key), partial(self.announce_count, said)))
            case Receipt():
                batch.jobs.append(_job(message, said.sub, partial(self.acknowledge_delivery, said)))
            case Recheck(run):
                batch.jobs.append(_job(message, run, partial(self.recheck_run, run)))
            case Expect(join):
                batch.jobs.append(_job(message, join, partial(self.open_expected, join)))
            case Ignored(why):
                batch.collected.outcomes[why] += 1

    def _check_hub(self, completion: Completion) -> None:
        """Joins' releases are told by this hub, and by nobody else."""
        if completion.source.kind is not SourceKind.JOIN:
            return
        _, _, _, region, account, _ = self.hub.bus_arn.split(":", 5)
        if (completion.account, completion.region) != (account, region):
            raise RejectedError("account-mismatch", "a notice of a release is not from the hub's own account and Region")

    def _match_event(self, message: QueuedMessage, other: OtherEvent, batch: _Understood) -> None:
        from fanin.use_cases.match_events import event_completions  # noqa: PLC0415 a cold start without such events does not pay for patterns

        completions, refusals = event_completions(self.plans, other)
        if refusals:
            batch.collected.rejected[message.id] = refusals[0]
        elif not completions:
            batch.collected.outcomes["not-wanted"] += 1
        for completion in completions:
            self._guarded(batch.collected, [message.id], partial(self._match, message, completion, batch))

    def _match(self, message: QueuedMessage, completion: Completion, batch: _Understood) -> None:
        wanted = self._wanted(completion.source, completion.status, batch)
        if wanted.refusal is not None:
            batch.collected.rejected[message.id] = wanted.refusal
        elif not wanted.joins:
            batch.collected.outcomes["not-wanted"] += 1
        if not wanted.joins:
            return
        if not wanted.believing:
            raise RejectedError("source-unanchored", "anybody can put such an event, and no definition accepts that with trust: account")
        completion, stopped_at_ms = self.complete_report(completion, wanted.believing)
        arrival = arrival_of(completion, stopped_at_ms)
        for matched in [match_join(join, completion) for join in wanted.joins]:
            if matched.offers:
                batch.arriving.append(Arriving(message.id, arrival, completion, matched.offers, matched.refusal))
            elif matched.refusal is not None:
                batch.collected.rejected[message.id] = matched.refusal

    def _wanted(self, source: Source, status: Status, batch: _Understood) -> _Wanted:
        """Who wants such reports; a join that is not whole is no other's trouble."""
        known = batch.wanted.get((source, status))
        if known is not None:
            return known
        joins: list[Interest] = []
        refusal = None
        for head in [head for join in self.plans.joins_of(source) if (head := self.plans.head(join)) is not None]:
            try:
                interest = interest_of(self.plans, head, source, status)
            except RejectedError as error:
                refusal = error
            else:
                joins += [interest] if interest is not None else []
        batch.wanted[source, status] = known = _Wanted(joins, [plan for join in joins for plan in join.plans], refusal)
        return known

    def _record(self, group: Sequence[Arriving], collected: Collected) -> None:
        recorded = self.offer_arrivals(group)
        if recorded is not Recorded.STALE:
            _count(group, recorded, collected)
            return
        self.plans.refresh(group[0].offers[0].run.join)
        for one in group:
            self._guarded(collected, [one.message], partial(self._record_again, one, collected))

    def _record_again(self, one: Arriving, collected: Collected) -> None:
        """Match under the versions that are live now; if that is not enough, under every one that ever was: a run says its own."""
        join = one.offers[0].run.join
        head = self.plans.head(join)
        if head is None:
            raise RetryableError("plan-stale", f"the head of {join} could not be read")
        for live in (head.live, tuple(range(1, head.version))):
            interest = interest_of(self.plans, head._replace(live=live), one.completion.source, one.completion.status)
            matched = match_join(interest, one.completion) if interest is not None else Matched((), None)
            again = one._replace(offers=matched.offers, refusal=matched.refusal)
            recorded = self.offer_arrivals([again]) if again.offers else Recorded.NOT_OPEN
            if recorded is not Recorded.STALE:
                _count([again], recorded, collected)
                return
        raise RetryableError("plan-stale", f"the run of {join} has a newer plan version than the one that could be read")


def _lanes(jobs: Sequence[_Job]) -> list[list[_Job]]:
    """Jobs by what they touch, in their order: one run's would only be in each other's way."""
    lanes: dict[object, list[_Job]] = {}
    for job in jobs:
        lanes.setdefault(job.touches, []).append(job)
    return list(lanes.values())


def _job(message: QueuedMessage, touches: object, work: Callable[[], Enum]) -> _Job:
    """The work that a single message is, counted by its outcome."""

    def count(collected: Collected) -> None:
        collected.outcomes[work().value] += 1

    return _Job(touches, [message.id], count)


def _count(group: Sequence[Arriving], recorded: Recorded, collected: Collected) -> None:
    if recorded is Recorded.RELEASED:
        # One run was released, whatever the number of messages that were for it.
        collected.outcomes[Recorded.WAITING.value] += len(group) - 1
        collected.outcomes[recorded.value] += 1
    else:
        collected.outcomes[recorded.value] += len(group)
    if recorded in NOT_HERE:
        collected.rejected.update({one.message: one.refusal for one in group if one.refusal is not None})


def _grouped(arriving: Sequence[Arriving]) -> list[list[Arriving]]:
    """Arrivals that become one write: of one run, offered once and under the same versions. Streams take one completion at a time."""
    groups: dict[object, list[Arriving]] = {}
    for number, one in enumerate(arriving):
        offer = one.offers[0]
        alone = len(one.offers) > 1 or offer.is_stream
        versions = [plan.version for plan in offer.others]
        same = (offer.run, offer.may_open, offer.current.version, offer.plan.version, *versions)
        groups.setdefault(number if alone else same, []).append(one)
    return list(groups.values())
