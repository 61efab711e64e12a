"""Wall times in a zone, made instants; gaps and overlaps of daylight saving are decided here, once.

A wall time that does not exist on a day (the clock springs forward over it) means the first instant after the gap; one that exists
twice (the clock falls back) means the first of the two. `zoneinfo` and its data are the source (PEP 495, PEP 615).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name; the compiler has checked that there is one."""
    return ZoneInfo(name)


def instant_ms(day: date, at: time, zone: str) -> int:
    """Epoch milliseconds of a wall time on a day in a zone."""
    tz = zone_of(zone)
    wall = datetime.combine(day, at, tz)
    instant = wall.astimezone(UTC)
    if instant.astimezone(tz).replace(tzinfo=None) != wall.replace(tzinfo=None):
        # In a gap: with fold=0 the offset before it was used, so the instant lies as far behind the gap as the wall time lies in it.
        instant = _end_of_gap(wall, tz)
    return _ms(instant)


def local(at_ms: int, zone: str) -> datetime:
    """The wall time of an instant, aware."""
    return datetime.fromtimestamp(at_ms / 1000, zone_of(zone))


def _end_of_gap(wall: datetime, tz: ZoneInfo) -> datetime:
    # Read with the offset before the gap and with the one after it, the wall time lies on either side of the change.
    moments = [int(wall.replace(fold=fold).timestamp()) for fold in (0, 1)]
    low, high = min(moments) - 1, max(moments) + 1
    offset = datetime.fromtimestamp(low, tz).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, tz).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def _ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)
