"""Windows at work: which one an instant lies in, when it opens, which follows; and the day that wall times of a run mean.

A cron window begins when the expression fires by the clock on the wall, and lasts until it fires next. What daylight saving does to
such a wall time is decided where it is for all others, in `fanin.domain.wall_time`: skipped times fire together when the gap ends,
repeated ones fire once. The cron library is imported when the first cron window is met: cold starts without one do not pay for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from fanin.domain.errors import RejectedError
from fanin.domain.plan import KeyRule, Plan
from fanin.domain.wall_time import instant_ms, local
from fanin.domain.window import CronWindow, Window

_MINUTE = timedelta(minutes=1)
_EXTENDED_CHARS, _BASIC_CHARS = len("2026-03-31"), len("20260331")


class WindowRule(Protocol):
    """What every rule for windows answers. A key that names none of its windows is a RejectedError `key-not-a-window`."""

    def key_of(self, at_ms: int) -> str:
        """The key of the window that an instant lies in."""

    def opens_ms(self, key: str) -> int:
        """When a window begins."""

    def closes_ms(self, key: str) -> int:
        """When it ends, which is when the next begins."""

    def following(self, key: str) -> str:
        """The key of the next window."""

    def first_day(self, key: str) -> date:
        """The calendar date, in the window's zone, that it begins on."""


@dataclass(frozen=True, slots=True)
class CronFirings:
    """The windows of a cron expression, which the compiler has checked."""

    window: CronWindow

    def key_of(self, at_ms: int) -> str:
        """The key of the last firing at or before an instant."""
        return self._named(self._last_ms(at_ms))

    def opens_ms(self, key: str) -> int:
        """When the expression fires that a key names."""
        try:
            at_ms = round(datetime.strptime(key, "%Y-%m-%dT%H:%M%z").timestamp() * 1000)
        except ValueError:
            raise _no_window(key) from None
        if self._named(at_ms) != key or self._last_ms(at_ms) != at_ms:
            raise _no_window(key)
        return at_ms

    def closes_ms(self, key: str) -> int:
        """When the expression fires next."""
        opens_ms = self.opens_ms(key)
        after = local(opens_ms, self.window.zone).replace(tzinfo=UTC)
        return next(fires_ms for fires_ms in self._instants(after, backwards=False) if fires_ms > opens_ms)

    def following(self, key: str) -> str:
        """The key of the next firing."""
        return self._named(self.closes_ms(key))

    def first_day(self, key: str) -> date:
        """The date of the firing."""
        return local(self.opens_ms(key), self.window.zone).date()

    def _last_ms(self, at_ms: int) -> int:
        wall = local(at_ms, self.window.zone)
        # On the second pass through an hour the times of the first are behind us although the clock shows an earlier one.
        repeated = (wall.replace(fold=0).utcoffset() or timedelta()) - (wall.utcoffset() or timedelta())
        before = wall.replace(tzinfo=UTC, second=0, microsecond=0) + repeated + _MINUTE
        return next(fires_ms for fires_ms in self._instants(before, backwards=True) if fires_ms <= at_ms)

    def _instants(self, wall: datetime, *, backwards: bool) -> Iterator[int]:
        for fires in cron_times(self.window.expression, wall, backwards=backwards):
            yield instant_ms(fires.date(), fires.time(), self.window.zone)

    def _named(self, at_ms: int) -> str:
        return f"{local(at_ms, self.window.zone):%Y-%m-%dT%H:%M%z}"


def window_rule(rule: KeyRule) -> WindowRule:
    """The windows of a key rule of kind `window`; ValueError for any other, which has none."""
    match rule.window:
        case Window():
            return rule.window
        case CronWindow():
            return CronFirings(rule.window)
        case None:
            raise ValueError(f"a key of kind {rule.kind} has no windows")


def run_day(plan: Plan, key: str, opened_at_ms: int) -> date:
    """The day that wall times of a run mean: its window's first; else the key's, when it is a date; else that of its opening."""
    if plan.key.window is not None:
        try:
            return window_rule(plan.key).first_day(key)
        except RejectedError:
            pass  # an operator's run may have any key
    return day_of_key(key) or local(opened_at_ms, plan.zone).date()


def day_of_key(key: str) -> date | None:
    """The date that a key spells, `2026-03-31` or `20260331`; None when it spells none."""
    digits = key.replace("-", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) == _BASIC_CHARS):
        return None
    if len(key) != _BASIC_CHARS and (len(key) != _EXTENDED_CHARS or (key[4], key[7]) != ("-", "-")):
        return None
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def cron_times(expression: str, wall: datetime, *, backwards: bool = False) -> Iterator[datetime]:
    """The wall times, written as if in UTC, at which a cron expression fires strictly after (or before) one."""
    from cronsim import CronSim  # noqa: PLC0415  (only joins with a cron window pay for it)

    return iter(CronSim(expression, wall, backwards))


def _no_window(key: str) -> RejectedError:
    return RejectedError("key-not-a-window", f"{key[:40]!r} names no cron window of this join")
