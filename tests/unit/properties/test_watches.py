"""Watches over random sources: whatever a list shows late, in any order, page by page, with crashes: in the end all is handed over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.watch import LOOK_BACK_MS, OVERLAP_MS, ListedPage, Trouble, Watch, begun, interrupted, new_watch, routed, turned, untold
from fanin.use_cases.ask_sources import PAGES_A_SOURCE

pytestmark = pytest.mark.unit

BEGIN_MS = 1_774_983_600_000
MINUTE_MS = 60_000
LEDGER = Source(SourceKind.STEP_FUNCTIONS, "arn:aws:states:us-east-1:111111111111:stateMachine:ledger")


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution; times in minutes after the source was first watched, which may be before."""

    name: str
    start: int
    minutes: int

    def shown(self, then_ms: int) -> tuple[int, int | None] | None:
        """Its start and stop, as a list tells them of a moment; None when it had not begun."""
        start_ms = BEGIN_MS + self.start * MINUTE_MS
        stop_ms = start_ms + self.minutes * MINUTE_MS
        return None if start_ms > then_ms else (start_ms, stop_ms if stop_ms <= then_ms else None)


def by_start(start_ms: int, stop_ms: int | None) -> int:
    return start_ms


def by_stop(start_ms: int, stop_ms: int | None) -> int:
    return start_ms if stop_ms is None else stop_ms


@dataclass(slots=True)
class Listed:
    """A source's list, newest first, in an order, so many a page; a token is the place of the last one that was shown."""

    executions: list[Execution]
    order: Callable[[int, int | None], int]
    page_size: int

    def page(self, watch: Watch, then_ms: int) -> ListedPage:
        shown = [(one, *times) for one in self.executions if (times := one.shown(then_ms)) is not None]
        placed = sorted(((self.order(start, stop), one.name, start, stop) for one, start, stop in shown), reverse=True)
        token = None if watch.passing is None or watch.passing.page is None else watch.passing.page
        left = [row for row in placed if token is None or f"{row[0]:015d} {row[1]}" < token]
        page = left[: self.page_size]
        running = [start for _, _, start, stop in page if stop is None]
        over = not left[self.page_size :] or (page[-1][3] is not None and page[-1][3] < watch.listed_from_ms)
        ended = tuple(completion(name, start, stop) for _, name, start, stop in page if stop is not None)
        return ListedPage(ended, min(running, default=None), None if over else f"{page[-1][0]:015d} {page[-1][1]}")


def completion(name: str, start_ms: int, stop_ms: int) -> Completion:
    return Completion(LEDGER, "1", "r", name, f"arn:{name}", Status.SUCCEEDED, stop_ms, start_ms, stop_ms, None, False, None, False)


@dataclass(slots=True)
class Sweeper:
    """Asks page by page; what it hands over is counted."""

    listed: Listed
    watch: Watch
    handed: Counter[str] = field(default_factory=Counter)

    def ask(self, now_ms: int, lag_ms: int, step: str) -> None:
        under_way = begun(self.watch, now_ms)
        if step == "throttled":
            self.watch = untold(under_way, Trouble.UNAVAILABLE, now_ms)
            return
        if step == "token expired":
            self.watch = interrupted(under_way, now_ms)
            return
        turn = turned(under_way, self.listed.page(under_way, now_ms - lag_ms), now_ms)
        self.handed.update(one.execution_id for one in turn.news)
        if step != "crashed before saving":
            self.watch = turn.watch

    def finish(self, now_ms: int) -> None:
        """Sweeps without trouble, until a whole pass was made that began after everything had settled."""
        for _ in range(2):
            for _ in range(1_000):
                self.ask(now_ms, 0, "well")
                if self.watch.passing is None:
                    break


executions = st.lists(
    st.tuples(st.integers(-3 * 1_440, 400) | st.integers(-30, 300), st.integers(1, 2 * 1_440) | st.integers(1, 30)), min_size=1, max_size=40
).map(lambda found: [Execution(f"e{number:02d}", start, minutes) for number, (start, minutes) in enumerate(found)])
steps = st.lists(
    st.tuples(
        st.integers(0, 3) | st.integers(0, 45),
        st.integers(0, OVERLAP_MS - MINUTE_MS),
        st.sampled_from(["well"] * 6 + ["throttled", "token expired", "crashed before saving"]),
    ),
    max_size=40,
)


@given(executions, steps, st.sampled_from([by_start, by_stop]), st.integers(1, 7))
def test_everything_that_ends_after_a_source_is_watched_is_handed_over(
    found: list[Execution], taken: list[tuple[int, int, str]], order: Callable[[int, int | None], int], page_size: int
) -> None:
    sweeper = Sweeper(Listed(found, order, page_size), routed(new_watch(LEDGER, BEGIN_MS), BEGIN_MS, BEGIN_MS))
    now_ms = BEGIN_MS
    for minutes, lag_ms, step in taken:
        now_ms += minutes * MINUTE_MS
        for _ in range(PAGES_A_SOURCE):
            sweeper.ask(now_ms, lag_ms, step)
            if step != "well" or sweeper.watch.passing is None:
                break
    now_ms += 5 * 1_440 * MINUTE_MS
    sweeper.finish(now_ms)
    ended = {one.name for one in found if one.start * MINUTE_MS > -LOOK_BACK_MS and one.start + one.minutes >= 0}
    assert set(sweeper.handed) >= ended
    assert set(sweeper.handed) == ended
    if all(step == "well" for _, _, step in taken):
        assert set(sweeper.handed.values()) <= {1}
