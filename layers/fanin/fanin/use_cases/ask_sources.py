"""Ask sources which of their executions have ended, and hand over what nobody reported: what an event loses, this finds.

By source and not by run: the watch that has been due longest comes first, each for a few pages at most, inside the time and the share of
API quotas that a sweep may take. A source that fails is asked later and delays no other. Nothing here is remembered before it was handed
over, so a crash at any point only repeats, and a repeat changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fanin.composed import composed
from fanin.domain.asking import Budget, Observed, look_up_spacing_s
from fanin.domain.errors import RetryableError
from fanin.domain.watch import Trouble, Watch, begun, interrupted, rebased, turned, untold
from fanin.ports import Clock, DueWatch, Findings, Listings, Unlisted, Watches

PAGES_A_SOURCE = 5  # in one sweep; a longer list goes on in the next one
_ROUNDS = 4


@dataclass(slots=True)
class Asked:
    """What became of the sources that were due: how many were asked, by how many pages, and what they told.

    `behind` are those that there was no time or no quota left for, or whose list is not read to its end: the next sweep goes on there.
    """

    sources: int = 0
    pages: int = 0
    found: int = 0
    refused: list[str] = field(default_factory=list)
    behind: int = 0
    failed: dict[str, Exception] = field(default_factory=dict)


@composed
class AskSources:
    """The part of the sweeper that asks; `sweep_ms` is how long it may go on beginning to ask."""

    watches: Watches
    listings: Listings
    findings: Findings
    clock: Clock
    observed: Observed
    sweep_ms: int

    def __call__(self, due: Sequence[DueWatch]) -> Asked:
        """Ask the sources that are due; never raises for one of them."""
        asked, budget, stop_ms = Asked(), Budget(), self.clock.now_ms() + self.sweep_ms
        for one in sorted(due, key=lambda watch: (watch.due_at_ms, watch.route)):
            if self.clock.now_ms() >= stop_ms:
                asked.behind += 1
                continue
            try:
                self._ask(one.route, budget, asked, stop_ms)
            except Exception as error:  # noqa: BLE001 the per-source edge: it stays due, and the handler logs it once
                asked.failed[one.route] = error
        return asked

    def _ask(self, route: str, budget: Budget, asked: Asked, stop_ms: int) -> None:
        watch = self.watches.read(route)
        if watch is None or not watch.is_due(self.clock.now_ms()):
            return
        if not self.observed.covers(watch.source):
            asked.refused.append(route)
            self._save(watch, untold(watch, Trouble.REFUSED, self.clock.now_ms()))
            return
        for number in range(PAGES_A_SOURCE):
            if (number and self.clock.now_ms() >= stop_ms) or not budget.allows_page(watch.source):
                break
            asked.sources += number == 0
            following = self._page(watch, budget, asked)
            if following is None:
                return
            watch = following
        asked.behind += 1

    def _page(self, watch: Watch, budget: Budget, asked: Asked) -> Watch | None:
        """The watch after one page of its source, when there is another to read at once."""
        under_way = begun(watch, self.clock.now_ms())
        try:
            page = self.listings.page(under_way)
        except RetryableError as error:
            asked.failed[watch.source.route] = error
            self._save(watch, untold(under_way, Trouble.UNAVAILABLE, self.clock.now_ms()))
            return None
        asked.pages += 1
        now_ms = self.clock.now_ms()
        if page is Unlisted.MAY_NOT_ASK:
            asked.refused.append(watch.source.route)
            self._save(watch, untold(under_way, Trouble.REFUSED, now_ms))
            return None
        if page is Unlisted.PAGE_UNKNOWN:
            return self._save(watch, interrupted(under_way, now_ms))
        turn = turned(under_way, page, now_ms)
        if turn.news and not budget.allows_news(watch.source, len(turn.news)):
            asked.behind += 1
            return None
        if turn.news:
            self.findings.hand_over(turn.news, look_up_spacing_s(watch.source))
            asked.found += len(turn.news)
        saved = self._save(watch, turn.watch)
        return None if saved is None or saved.passing is None else saved

    def _save(self, before: Watch, after: Watch) -> Watch | None:
        """The watch as saved; None when somebody else changed what it was worked out on: they, or the next sweep, go on from theirs."""
        found = before
        for _ in range(_ROUNDS):
            if self.watches.save(found, after):
                return replace(after, rev=found.rev + 1)
            again = self.watches.read(before.source.route)
            merged = None if again is None else rebased(after, before, again, self.clock.now_ms())
            if again is None or merged is None:
                return None
            found, after = again, merged
        return None
