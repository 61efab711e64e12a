"""What records and decides wide runs, put together: the same for the composition root, the command line and the tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fanin.composed import composed
from fanin.domain.plan import Plan
from fanin.ports import Clock, Deliveries, Journals, Parallel, Pause, Rechecks, Runs, Wakeups
from fanin.use_cases.hub import Hub
from fanin.use_cases.look_into_journal import LookIntoJournal
from fanin.use_cases.look_up_failures import look_up_nothing
from fanin.use_cases.read_journal import ReadJournal
from fanin.use_cases.record_after_closing_in_journal import RecordAfterClosingInJournal
from fanin.use_cases.record_in_journal import RecordInJournal
from fanin.use_cases.want_sources import want_nothing


@composed
class WideRuns:
    """The two of them."""

    look_into_journal: LookIntoJournal
    record_in_journal: RecordInJournal


def wide_runs(  # noqa: PLR0913, PLR0917 every port that they need
    runs: Runs,
    journals: Journals,
    deliveries: Deliveries,
    wakeups: Wakeups,
    rechecks: Rechecks,
    clock: Clock,
    hub: Hub,
    parallel: Parallel,
    pause: Pause,
    want: Callable[[Plan, Sequence[str], int], None] = want_nothing,
    look_up: Callable[[Plan, Mapping[int, str]], None] = look_up_nothing,
) -> WideRuns:
    """Both, over the same ports."""
    read_journal = ReadJournal(journals, deliveries, parallel)
    look = LookIntoJournal(runs, journals, read_journal, wakeups, rechecks, clock, hub, parallel, pause, want, look_up)
    after_closing = RecordAfterClosingInJournal(runs, journals, read_journal, deliveries, wakeups, clock, hub, parallel)
    return WideRuns(look, RecordInJournal(runs, journals, look, after_closing, clock, parallel))
