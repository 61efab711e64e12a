"""Watches: what is remembered of asking one source which of its executions have ended. Pure: time and answers come in.

A source is asked in passes over its list, newest first, a page at a time; a pass that was interrupted goes on where it stopped. Two
cursors say how far back a pass goes and what of it is news:

- `since_ms`: whatever ended before was handed over, or was not wanted yet. It moves on when a pass is complete, to a little before the
  pass began: lists are eventually consistent, so passes overlap, and what was handed over in the overlap is remembered by digest.
- `listed_from_ms`: whatever started before had ended before `since_ms`. A list may be in the order of starts, so a pass goes back to the
  oldest start that the pass before it saw running, and no further.

Saving comes after handing over: a crash in between hands over again, which changes nothing.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from fanin.domain.completion import Completion, Source

ASKED_EVERY_MS = 50_000  # of a source that something waits for: at every sweep, whose minute is never exact
IDLE_EVERY_MS = 900_000  # of one that nothing waits for
OVERLAP_MS = 900_000  # a clock that is ten minutes ahead, and a list that lags five behind
LOOK_BACK_MS = 7 * 86_400_000  # how long an execution may have been running when its source is asked for the first time
OLDEST_MS = 20 * 86_400_000 - 3_600_000  # the collector refuses completions that are older than 20 days
MAX_REMEMBERED = 200  # digests: keeps the item under 4 KB
_DIGEST_BYTES = 6


class Trouble(StrEnum):
    """Why a source was not asked, or gave no answer."""

    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass under way: when it began, which page comes next, the oldest start it saw running, and what of it is news or was."""

    began_ms: int
    page: str | None = None
    running_since_ms: int | None = None
    met: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watch:
    """What is remembered of one source. `rev` counts the writes; times are epoch milliseconds.

    `routed`: a definition names it, so it is asked now and then even when nothing waits for it; `wanted_until_ms`: until when something
    does; `remembered`: digests of the reports that need not be handed over (or looked up) again, with when they ended. `passed_at_ms` is
    when a pass was last complete, since the cursor was last set; `due_at_ms` is None while the source is not asked at all, and nobody
    is asked before `not_before_ms`.
    """

    source: Source
    since_ms: int
    listed_from_ms: int
    rev: int = 0
    routed: bool = False
    wanted_until_ms: int = 0
    remembered: Mapping[str, int] = field(default_factory=dict)
    passing: Pass | None = None
    passed_at_ms: int | None = None
    trouble: Trouble | None = None
    failures: int = 0
    not_before_ms: int = 0
    due_at_ms: int | None = None

    def is_due(self, now_ms: int) -> bool:
        """Whether the source is to be asked now."""
        return self.due_at_ms is not None and max(self.due_at_ms, self.not_before_ms) <= now_ms


class ListedPage(NamedTuple):
    """One page of a source's list: what has ended, the oldest start of what has not, and the page that follows.

    `following` is None at the end of the list and where nothing that follows could be of interest. `again` are digests of what was not
    even looked up, since it is remembered; `looked_up` says that each of `ended` had to be.
    """

    ended: tuple[Completion, ...]
    running_since_ms: int | None = None
    following: str | None = None
    again: tuple[str, ...] = ()
    looked_up: bool = False


class Turn(NamedTuple):
    """What one page brought: the reports to hand over, then the watch to save."""

    news: tuple[Completion, ...]
    watch: Watch


def new_watch(source: Source, now_ms: int) -> Watch:
    """A watch on a source that was never asked: only what ends from now on is news."""
    return Watch(source, now_ms, now_ms - LOOK_BACK_MS)


def routed(watch: Watch, now_ms: int, known_at_ms: int) -> Watch:
    """A definition names the source from now on, and every collector knows of it at `known_at_ms`: not asked before.

    What was handed over before may have met collectors that did not know, so it is handed over again.
    """
    current = watch if watch.due_at_ms is not None else replace(new_watch(watch.source, now_ms), rev=watch.rev)
    due_at_ms = _earlier(current.due_at_ms, known_at_ms)
    return replace(current, routed=True, remembered={}, passing=None, not_before_ms=known_at_ms, due_at_ms=due_at_ms)


def retired(watch: Watch) -> Watch:
    """No definition names the source any more; runs that are open may still wait for it."""
    return replace(watch, routed=False)


def wanted(watch: Watch, now_ms: int, until_ms: int) -> Watch:
    """Something waits for the source until then; asked at once, unless it is asked already or does not answer."""
    troubled = watch.trouble is not None and watch.due_at_ms is not None
    due_at_ms = watch.due_at_ms if troubled or is_wanted(watch, now_ms) else _earlier(watch.due_at_ms, now_ms)
    return replace(watch, wanted_until_ms=max(watch.wanted_until_ms, until_ms), due_at_ms=due_at_ms)


def is_wanted(watch: Watch, now_ms: int) -> bool:
    """Whether something waits for the source now."""
    return watch.due_at_ms is not None and watch.wanted_until_ms > now_ms


def caught_up_from(watch: Watch, since_ms: int, known_at_ms: int) -> Watch:
    """Ask again from a moment in the past, when every collector knows of it; what was handed over since then is handed over again."""
    since = min(watch.since_ms, since_ms)
    listed_from_ms = min(watch.listed_from_ms, since - LOOK_BACK_MS)
    set_back = replace(watch, since_ms=since, listed_from_ms=listed_from_ms, remembered={}, passing=None, passed_at_ms=None)
    return replace(set_back, failures=0, not_before_ms=known_at_ms, due_at_ms=known_at_ms)


def begun(watch: Watch, now_ms: int) -> Watch:
    """The watch with a pass under way: the one that was interrupted, or a new one."""
    if watch.passing is not None:
        return watch
    since_ms = max(watch.since_ms, now_ms - OLDEST_MS)
    return replace(watch, since_ms=since_ms, passing=Pass(now_ms))


def turned(watch: Watch, page: ListedPage, now_ms: int) -> Turn:
    """Take a page of the pass under way: the news on it, and the watch after they are handed over."""
    under_way = watch.passing or Pass(now_ms)
    met, news = dict(under_way.met), []
    met.update({digest: watch.remembered.get(digest, watch.since_ms) for digest in page.again})
    for completion in page.ended:
        digest, ended_ms = report_digest(completion), ended_at_ms(completion)
        if ended_ms >= watch.since_ms and digest not in watch.remembered and digest not in met:
            news.append(completion)
        if ended_ms >= watch.since_ms or page.looked_up:
            met[digest] = ended_ms
    running_ms = _earlier(under_way.running_since_ms, page.running_since_ms)
    passing = replace(under_way, page=page.following, running_since_ms=running_ms, met=_newest(met))
    answered = replace(watch, passing=passing, trouble=None, failures=0)
    return Turn(tuple(news), replace(answered, due_at_ms=now_ms) if page.following is not None else _passed(answered, passing, now_ms))


def interrupted(watch: Watch, now_ms: int) -> Watch:
    """The page that was to follow is not known any more: the pass begins anew."""
    return replace(watch, passing=None, due_at_ms=now_ms)


def untold(watch: Watch, trouble: Trouble, now_ms: int) -> Watch:
    """The source gave no answer: ask later, and ever later while it goes on; one that may not be asked, now and then."""
    failures = watch.failures + 1
    wait_ms = IDLE_EVERY_MS if trouble is Trouble.REFUSED else min(IDLE_EVERY_MS, ASKED_EVERY_MS << min(failures, 8))
    asked = watch.routed or is_wanted(watch, now_ms)
    return replace(watch, trouble=trouble, failures=failures, due_at_ms=now_ms + wait_ms if asked else None)


def rebased(after: Watch, before: Watch, found: Watch, now_ms: int) -> Watch | None:
    """`after`, worked out on `before`, on top of `found`, where somebody only wanted the source meanwhile; else None: begin again."""
    same = replace(found, rev=before.rev, wanted_until_ms=before.wanted_until_ms, due_at_ms=before.due_at_ms) == before
    if not same or found.wanted_until_ms <= before.wanted_until_ms:
        return None
    merged = replace(after, wanted_until_ms=found.wanted_until_ms)
    unfinished = merged.passing is not None or merged.trouble is not None
    return replace(merged, due_at_ms=(merged.due_at_ms or now_ms) if unfinished else _next_due_ms(merged, now_ms))


def report_digest(completion: Completion) -> str:
    """Names what a report says, as the arrivals of one execution are told apart: by execution and status."""
    return digest_of(completion.execution_id, completion.status.value)


def digest_of(execution_id: str, status: str) -> str:
    """The digest of a report, eight characters."""
    said = f"{execution_id} {status}".encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(hashlib.blake2b(said, digest_size=_DIGEST_BYTES).digest()).decode()


def ended_at_ms(completion: Completion) -> int:
    """When an execution ended, as far as its report says."""
    return completion.reported_at_ms if completion.stopped_at_ms is None else completion.stopped_at_ms


def _passed(watch: Watch, passing: Pass, now_ms: int) -> Watch:
    """The pass is complete: the cursors move to a little before it began.

    Where more ended in the overlap than can be remembered, the overlap is shorter: a busy source is not handed over for ever.
    """
    since_ms = max(watch.since_ms, passing.began_ms - OVERLAP_MS)
    remembered = _newest({**{one: at for one, at in watch.remembered.items() if at >= since_ms}, **passing.met})
    if len(remembered) == MAX_REMEMBERED:
        since_ms = max(since_ms, min(remembered.values()))
    passed = replace(
        watch,
        since_ms=since_ms,
        listed_from_ms=min(passing.began_ms - OVERLAP_MS, *filter(None, (passing.running_since_ms,)), since_ms),
        remembered=remembered,
        passing=None,
        passed_at_ms=now_ms,
    )
    return replace(passed, due_at_ms=_next_due_ms(passed, now_ms))


def _next_due_ms(watch: Watch, now_ms: int) -> int | None:
    if watch.wanted_until_ms > now_ms:
        return now_ms + ASKED_EVERY_MS
    return now_ms + IDLE_EVERY_MS if watch.routed else None


def _newest(ended: Mapping[str, int]) -> dict[str, int]:
    if len(ended) <= MAX_REMEMBERED:
        return dict(ended)
    return dict(sorted(ended.items(), key=lambda one: (one[1], one[0]), reverse=True)[:MAX_REMEMBERED])


def _earlier(one: int | None, other: int | None) -> int | None:
    return min((at for at in (one, other) if at is not None), default=None)
