"""Open expected runs: when a window begins, its run is opened, so that "nothing has arrived at all" is seen and can miss a deadline.

The expectation of a join is one item that is due when its next window begins. Opening is idempotent and comes before the expectation moves
on, so a crash in between opens the same run again, which changes nothing.
"""

from __future__ import annotations

from enum import Enum

from fanin.composed import composed
from fanin.domain.errors import RetryableError
from fanin.domain.plan import Plan
from fanin.domain.run import Expectation, RunId
from fanin.ports import Clock, Expectations, Head, Plans, Runs
from fanin.use_cases.decide_run import DecideRun
from fanin.use_cases.expecting import next_expectation

MAX_WINDOWS = 50  # after a long outage the rest is opened by the next sweeps


class Expected(Enum):
    """What became of an expectation."""

    OPENED = "expected-opened"
    NOTHING = "expected-nothing"


@composed
class OpenExpected:
    """Opens the windows of a join that have begun."""

    plans: Plans
    runs: Runs
    expectations: Expectations
    decide_run: DecideRun
    clock: Clock

    def __call__(self, join: str) -> Expected:
        """Open what has begun, and expect the next window."""
        outcome = Expected.NOTHING
        for _ in range(MAX_WINDOWS):
            expectation = self.expectations.read(join)
            if expectation is None or expectation.opens_ms > self.clock.now_ms():
                break
            head = self._head(expectation)
            plan = None if head is None else self._plan(head, expectation)
            if plan is not None and self._open(plan, expectation):
                outcome = Expected.OPENED
            following = None if head is None else self._following(head, plan, expectation)
            # Lost to another collector or to the operator: what they wrote is looked at next.
            self.expectations.save(join, expectation, following)
        return outcome

    def _head(self, expectation: Expectation) -> Head | None:
        """What is current of the join, unless it is deleted; RetryableError when only something older can be read."""
        head = self.plans.head(expectation.join)
        if head is not None and head.version < expectation.version:
            self.plans.refresh(expectation.join)
            head = self.plans.head(expectation.join)
        if head is not None and head.version < expectation.version:
            raise RetryableError("plan-stale", f"{expectation.join} expects a run of a newer version than the one that could be read")
        return None if head is None or head.deleted else head

    def _plan(self, head: Head, expectation: Expectation) -> Plan | None:
        """The plan that was current when the window began, as far as it is the one that expected it."""
        if expectation.version != head.version and expectation.opens_ms > head.applied_at_ms:
            return None
        plan = self.plans.plan(head.join, expectation.version)
        return plan if plan is not None and plan.timing.expected else None

    def _following(self, head: Head, plan: Plan | None, expectation: Expectation) -> Expectation | None:
        """The next window of the plan that opened this one while that was current, then those of the current plan."""
        following = None if plan is None else next_expectation(plan, expectation.opens_ms)
        if expectation.version == head.version or (following is not None and following.opens_ms <= head.applied_at_ms):
            return following
        current = self.plans.plan(head.join, head.version)
        return None if current is None else next_expectation(current, head.applied_at_ms)

    def _open(self, plan: Plan, expectation: Expectation) -> bool:
        # Opened when its window did, however late that is noticed: durations count from there.
        run_id, opens_ms = RunId(plan.join, expectation.key), expectation.opens_ms
        opened = self.runs.open(run_id, plan.version, now_ms=opens_ms, due_at_ms=opens_ms)
        run = self.runs.read(run_id)
        if run is not None and run.plan_version == plan.version:
            self.decide_run(plan, run, woken=True)
        return opened
