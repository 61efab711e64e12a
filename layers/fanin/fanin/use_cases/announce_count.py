"""Announce a count: somebody says how often a counted predecessor completes for a key. It may come before the first completion, or after.

The announcement is recorded in the run's journal like an arrival: under the version that the run opened with, or the current one. Anybody
whose completions may count for the join may say how many there will be, and so may the hub's own account; nobody else.
"""

from __future__ import annotations

from fanin.composed import composed
from fanin.definitions.keying import given_key
from fanin.domain.announcement import Announcement
from fanin.domain.errors import RejectedError, RetryableError
from fanin.domain.journal import Contents, Said
from fanin.domain.plan import Plan
from fanin.domain.run import Run, RunId
from fanin.ports import Head, Plans
from fanin.use_cases.hub import Hub
from fanin.use_cases.record_arrivals import Recorded
from fanin.use_cases.record_in_journal import RecordInJournal


@composed
class AnnounceCount:
    """Takes announcements."""

    plans: Plans
    record_in_journal: RecordInJournal
    hub: Hub

    def __call__(self, said: Announcement) -> Recorded:
        """Record an announcement; RejectedError `count-not-wanted` or `count-not-trusted` when no version of the join takes it."""
        head = self.plans.head(said.join)
        plans = [] if head is None else self._wanting(head, said)
        if head is None or not plans:
            raise RejectedError("count-not-wanted", "no join of that name has a predecessor of that name whose count is announced")
        trusting = [plan for plan in plans if said.account in self._accounts(plan)]
        if not trusting:
            raise RejectedError("count-not-trusted", f"the account {said.account} may not say how many executions there are")
        newest = trusting[-1]
        recorded, run = self._record(newest, said, may_open=newest.version == head.version and not head.deleted)
        if recorded is not Recorded.OTHER_VERSION or run is None:
            return recorded
        return self._in_version(head, trusting, run, said)

    def _in_version(self, head: Head, plans: list[Plan], run: Run, said: Announcement) -> Recorded:
        """Record it under the version that the run is held to."""
        if run.plan_version > head.version:
            self.plans.refresh(head.join)
            raise RetryableError("plan-stale", f"the run of {head.join} has a newer plan version than the one that could be read")
        plan = next((plan for plan in plans if plan.version == run.plan_version), None)
        if plan is None:
            raise RejectedError("count-not-wanted", f"version {run.plan_version} of {head.join} does not take an announced count")
        return self._record(plan, said, may_open=False)[0]

    def _record(self, plan: Plan, said: Announcement, *, may_open: bool) -> tuple[Recorded, Run | None]:
        contents = Contents()
        contents.say(_slot(plan, said), Said(said.at_ms, "", said.count))
        return self.record_in_journal(plan, RunId(plan.join, given_key(plan, said.key)), contents, may_open=may_open)

    def _wanting(self, head: Head, said: Announcement) -> list[Plan]:
        found = (self.plans.plan(head.join, version) for version in head.versions)
        return [plan for plan in found if plan is not None and _slot(plan, said) >= 0]

    def _accounts(self, plan: Plan) -> set[str]:
        return {self.hub.bus_arn.split(":")[4], *(one.source.account for one in plan.predecessors if one.source.account)}


def _slot(plan: Plan, said: Announcement) -> int:
    """The slot whose count is announced, or -1."""
    for slot, one in enumerate(plan.predecessors):
        if one.name == said.predecessor and one.counted is not None and one.counted.number is None and one.counted.source is None:
            return slot
    return -1
