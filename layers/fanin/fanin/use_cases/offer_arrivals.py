"""Offer arrivals to the runs of a join, those of older versions first, and record each where it belongs.

A run, or a begun generation of a stream, is held to the version it opened with and says so itself. An arrival is recorded under that
version's plan, in the run which that plan's key names, or not there at all: then the next offer is asked. Nothing is lost because a
collector knew of a definition too late or too early.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fanin.composed import composed
from fanin.definitions.count_finding import counts_found
from fanin.definitions.keying import slot_key
from fanin.domain.arrival import Arrival, watermark
from fanin.domain.completion import Completion
from fanin.domain.errors import RejectedError, RetryableError
from fanin.domain.journal import Contents, Said
from fanin.domain.plan import KeyKind, Plan
from fanin.domain.release import kept_output
from fanin.domain.run import STREAM_KEY, Run, RunId, Stream
from fanin.ports import Plans, Runs, Streams
from fanin.use_cases.decide_run import MAX_ROUNDS
from fanin.use_cases.match_joins import Offer
from fanin.use_cases.record_arrivals import RecordArrivals, Recorded
from fanin.use_cases.record_in_journal import RecordInJournal
from fanin.use_cases.record_in_stream import RecordInStream, moved_to

KEPT_OUTPUT_BYTES = 170_000  # an item holds 400 KB, a release's data 180 KB
KEPT_OUTPUT_BYTES_WIDE = 16_000  # of up to a thousand predecessors, all of which are in memory when a release is frozen

NOT_HERE = frozenset({Recorded.NOT_OPEN, Recorded.OTHER_VERSION})


class Arriving(NamedTuple):
    """One completion on its way into the runs that one join offers; `refusal` is why the current version has no key for it."""

    message: str
    arrival: Arrival
    completion: Completion
    offers: tuple[Offer, ...]
    refusal: RejectedError | None = None


@composed
class OfferArrivals:
    """Finds the run of a group of arrivals that share their offers."""

    plans: Plans
    runs: Runs
    streams: Streams
    record_arrivals: RecordArrivals
    record_in_stream: RecordInStream
    record_in_journal: RecordInJournal

    def __call__(self, group: Sequence[Arriving]) -> Recorded:
        """Record a group in the first run that takes it; STALE when a run is held to a version that was not offered.

        RejectedError `key-held-by-version` when the key is in use by a version that would give these executions another one, `plan-missing`
        when it is in use by one that is not stored.
        """
        recorded = Recorded.NOT_OPEN
        for offer in group[0].offers:
            recorded = self._to_stream(group[0], offer) if offer.is_stream else self._to_run(group, offer)
            if recorded not in NOT_HERE:
                break
        return recorded

    def _to_run(self, group: Sequence[Arriving], offer: Offer) -> Recorded:
        recorded, run = self._record(group, offer, offer.plan, may_open=offer.may_open)
        if recorded is not Recorded.OTHER_VERSION or run is None:
            return recorded
        plan = offer.under(run.plan_version)
        if plan is None:
            return self._held(group, offer, run.plan_version)
        return self._record(group, offer, plan, may_open=False)[0]

    def _record(self, group: Sequence[Arriving], offer: Offer, plan: Plan, *, may_open: bool) -> tuple[Recorded, Run | None]:
        if plan.is_wide:
            return self.record_in_journal(plan, offer.run, self._contents(group, offer, plan), may_open=may_open)
        return self.record_arrivals(plan, offer.run, self._slots(group, offer, plan), may_open=may_open)

    def _to_stream(self, one: Arriving, offer: Offer) -> Recorded:
        plan = offer.plan
        for _ in range(MAX_ROUNDS):
            ((slot, arrival),) = self._slots([one], offer, plan).items()
            may_begin = offer.may_open and plan is offer.plan
            recorded, stream = self.record_in_stream(plan, offer.current, slot, arrival, may_open=may_begin)
            if recorded not in NOT_HERE or stream is None:
                return recorded
            if self._is_consumed(one, stream):
                return Recorded.DUPLICATE
            if recorded is Recorded.NOT_OPEN:
                return recorded
            following = self._followed_by(stream, offer)
            if following is not None:
                # Whoever moves it, it has moved: look again under the plan that it is held to now.
                self.streams.move(stream, following)
                plan = offer.plan
                continue
            older = offer.plan if stream.plan_version == offer.plan.version else offer.under(stream.plan_version)
            if older is None:
                return self._held([one], offer, stream.plan_version)
            plan = older
        raise RetryableError("stream-contended", f"the stream of {offer.run.join} moved {MAX_ROUNDS} times while it was offered an arrival")

    def _followed_by(self, stream: Stream, offer: Offer) -> Stream | None:
        """A generation in which nothing has arrived is held to the current plan at once; None when this one is not to be moved."""
        before = self.plans.plan(stream.join, stream.plan_version)
        if stream.slots or before is None or offer.plan.version != offer.current.version or stream.plan_version >= offer.plan.version:
            return None
        return moved_to(offer.current, stream, before)

    def _is_consumed(self, one: Arriving, stream: Stream) -> bool:
        """Whether a release of the stream has had this completion: it is then no news to any other version either."""
        plan = self.plans.plan(stream.join, stream.plan_version)
        mark = watermark(one.arrival.encode())
        return plan is not None and any(mark <= stream.consumed.get(slot, "") for slot in plan.slots_of(one.completion.source))

    def _held(self, group: Sequence[Arriving], offer: Offer, version: int) -> Recorded:
        """What a run means for arrivals when it is held to a version that is not among those they were offered under."""
        if version > offer.current.version:
            return Recorded.STALE
        plan = self.plans.plan(offer.run.join, version)
        if plan is None:
            raise RejectedError(
                "plan-missing", f"version {version} of {offer.run.join} holds this key and is not stored; restore the table"
            )
        wanted = [one.completion for one in group if plan.wants(one.completion.source, one.completion.status)]
        if not wanted:
            return Recorded.OTHER_VERSION
        if len(group) > 1 or _names(plan, wanted[0], offer):
            return Recorded.STALE
        if offer.may_open:
            raise RejectedError("key-held-by-version", f"version {version} of {offer.run.join} uses this key for other executions")
        return Recorded.OTHER_VERSION

    def _slots(self, group: Sequence[Arriving], offer: Offer, plan: Plan) -> dict[int, str]:
        """The group's arrivals by slot of a plan, with their outputs kept first: a decision may follow the write at once."""
        run = RunId(plan.join, STREAM_KEY) if offer.is_stream else offer.run
        slots: dict[int, str] = {}
        for one in group:
            encoded = one.arrival.encode()
            for slot in plan.slots_of(one.completion.source):
                if plan.projects_outputs and one.arrival.succeeded:
                    self.runs.keep_output(run, plan.version, slot, encoded, kept_output(one.completion.output, KEPT_OUTPUT_BYTES))
                slots[slot] = max(slots.get(slot, ""), encoded)
        return slots

    def _contents(self, group: Sequence[Arriving], offer: Offer, plan: Plan) -> Contents:
        """The group's arrivals as what a journal says of them: counted, or by slot with their outputs kept, and the counts they tell."""
        contents = Contents()
        for one in group:
            for slot in plan.slots_of(one.completion.source):
                if plan.predecessors[slot].counted is not None:
                    contents.count(slot, one.arrival)
                    continue
                encoded = one.arrival.encode()
                if plan.projects_outputs and one.arrival.succeeded:
                    output = kept_output(one.completion.output, KEPT_OUTPUT_BYTES_WIDE)
                    self.runs.keep_output(offer.run, plan.version, slot, encoded, output)
                contents.arrive(slot, encoded)
            for slot, count in counts_found(plan, one.completion).items():
                contents.say(slot, Said(one.arrival.stopped_at_ms, one.arrival.execution_id, count))
        return contents


def _names(plan: Plan, completion: Completion, offer: Offer) -> bool:
    """Whether a plan gives a completion to the very run that was offered."""
    try:
        key = slot_key(plan, plan.slots_of(completion.source)[0], completion)
    except RejectedError:
        return False
    return (key, plan.key.kind is KeyKind.LATEST) == (offer.run.key, offer.is_stream)
