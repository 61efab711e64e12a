"""Complete a report: ask the source for what an event left out, where that matters, and refuse what is too old or from the future."""

from __future__ import annotations

from collections.abc import Sequence

from fanin.composed import composed
from fanin.domain.completion import Completion, Status
from fanin.domain.errors import RejectedError
from fanin.domain.plan import KeyKind, KeyRule, Plan
from fanin.domain.window import WindowBy
from fanin.ports import Clock, Executions

OLDEST_MS = 20 * 86_400_000  # with re-sends for 25 days at most, safely inside the life of execution names (DESIGN §6)
FUTURE_MS = 3_600_000


@composed
class CompleteReport:
    """Fills in a completion for the plans that will see it."""

    executions: Executions
    clock: Clock

    def __call__(self, completion: Completion, plans: Sequence[Plan]) -> tuple[Completion, int]:
        """The completion, as complete as its source allows, and its stop time in epoch milliseconds.

        Where the source cannot be asked the report's own time stands in for a missing stop time.
        """
        if _lacks(completion, plans):
            completion = self.executions.describe(completion) or completion
        stopped_at_ms = completion.reported_at_ms if completion.stopped_at_ms is None else completion.stopped_at_ms
        age_ms = self.clock.now_ms() - stopped_at_ms
        if age_ms > OLDEST_MS:
            raise RejectedError("completion-too-old", "the execution stopped more than 20 days ago; start what waits for it by hand")
        if age_ms < -FUTURE_MS:
            raise RejectedError("completion-in-the-future", "the execution's stop time is more than an hour ahead of the hub's clock")
        return completion, stopped_at_ms


def _lacks(completion: Completion, plans: Sequence[Plan]) -> bool:
    if any(_lacks_key(completion, plan.key_rule(slot)) for plan in plans for slot in plan.slots_of(completion.source)):
        return True
    if completion.status is Status.RUNNING:
        return False
    projects = completion.status is Status.SUCCEEDED and any(_uses_output(plan, completion) for plan in plans)
    return completion.stopped_at_ms is None or (projects and not completion.output_included)


def _lacks_key(completion: Completion, rule: KeyRule) -> bool:
    """Whether the source may say what a key is read from, and has not yet."""
    match rule.kind:
        case KeyKind.INPUT:
            return not completion.input_included
        case KeyKind.OUTPUT:
            return completion.status is not Status.RUNNING and not completion.output_included
        case KeyKind.DETAIL:
            return completion.detail is None
        case KeyKind.TAG:
            return completion.tags is None
        case KeyKind.WINDOW:
            by_start = rule.window is not None and rule.window.by is WindowBy.START
            return by_start and completion.started_at_ms is None
        case _:
            return False


def _uses_output(plan: Plan, completion: Completion) -> bool:
    """Whether a plan sends a success's output on, or counts by it."""
    if plan.projects_outputs or not plan.counts_by_outputs:
        return plan.projects_outputs
    return any(plan.counted_from(slot) for slot in plan.slots_of(completion.source))
