"""The drawing of one run: predecessors on a bracket, the latest release at its end, deliveries as branches.

daily-close / 2026-03-31   ACKNOWLEDGED   2 of 2 arrived, plan version 3

  ledger     ✓ SUCCEEDED  2026-03-31 03:58:00.000+09:00  ─┐
  positions  ✓ SUCCEEDED  2026-03-31 03:59:58.120+09:00  ─┤
  attempt 1  ✓ released   2026-03-31 03:59:58.400+09:00  ◀┘
   └─▶ daily-close  ACKNOWLEDGED
       bus           arn:aws:events:…
       sent          2026-03-31 03:59:58.900+09:00
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple

from rich.text import Text

from fanin_cli.answers import Fields
from fanin_cli.rendering import can_show, moment, plain


class _Signs(NamedTuple):
    good: str
    bad: str
    waiting: str
    first: str
    following: str
    last: str
    decided: str
    fork: str
    branch: str
    bar: str


_UNICODE = _Signs("✓", "✗", "·", "─┐", "─┤", "─┘", "◀┘", "├─▶", "└─▶", "│")
_ASCII = _Signs("+", "x", ".", "-.", "-|", "-'", "<'", "|->", "`->", "|")
_STYLES: Mapping[str, str] = {
    **dict.fromkeys(("SUCCEEDED", "ACKNOWLEDGED"), "green"),
    **dict.fromkeys(("RELEASED", "SATISFIED", "SENT", "released"), "cyan"),
    **dict.fromkeys(("OPEN", "DUE", "RUNNING", "waiting"), "yellow"),
}
_MOMENTS = (("sent", "sentAtMs"), ("verified", "verifiedAtMs"), ("started", "startedAtMs"), ("acknowledged", "acknowledgedAtMs"))
_UNDER_WAY = frozenset({"DUE", "SENT"})


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the bracket; every text is neutralised."""

    name: str
    sign: str
    status: str
    at: str


def run_drawing(run: Fields, zone: tzinfo | None) -> list[Text]:
    """One Text for each line; `run` is the viewer's answer to `show`."""
    signs = _UNICODE if can_show("".join(_UNICODE)) else _ASCII
    arrivals = run.nested("arrivals")
    slots = [_slot(name, arrivals.nested_or_none(name), signs, zone) for name in arrivals.members]
    newest_first = sorted(run.objects("releases"), key=lambda release: -release.number("attempt"))
    releases = [(release.number("attempt"), _release(release, signs, zone)) for release in newest_first]
    widths = _widths([*slots, *(row for _, row in releases)])
    lines = [_title(run), Text(), *_bracket(slots, signs, widths, closed=not releases)]
    for attempt, row in releases:
        lines.append(_line(row, widths, signs.decided if attempt == releases[0][0] else ""))
        lines += _branches([one for one in run.objects("deliveries") if one.number("attempt") == attempt], signs, zone)
    missing = run.texts("missing")
    return [*lines, *([Text(), Text(f"  waiting for {plain(', '.join(missing))}")] if missing else [])]


def _title(run: Fields) -> Text:
    counts = f"{arrived(run)} arrived, plan version {run.number('planVersion')}"
    name = Text(plain(f"{run.text('join')} / {run.text('key')}"), "bold")
    return Text.assemble(name, "   ", _styled(run.text("state")), f"   {counts}")


def _slot(name: str, arrival: Fields | None, signs: _Signs, zone: tzinfo | None) -> _Row:
    if arrival is None:
        return _Row(plain(name), signs.waiting, "waiting", "")
    if "expected" in arrival.members:
        return _counted(name, arrival, signs)
    status = arrival.text("status")
    sign = {"SUCCEEDED": signs.good, "RUNNING": signs.waiting}.get(status, signs.bad)
    return _Row(plain(name), sign, plain(status), moment(arrival.number_or_none("stoppedAtMs"), zone))


def _counted(name: str, counts: Fields, signs: _Signs) -> _Row:
    expected, succeeded, failed = counts.number_or_none("expected"), counts.number("succeeded"), counts.number("failed")
    is_done = expected is not None and succeeded + failed >= expected
    status = f"{succeeded} of {_number(expected)}{f', {failed} failed' if failed else ''}"
    return _Row(plain(name), signs.bad if failed else signs.good if is_done else signs.waiting, status, "")


def arrived(run: Fields) -> str:
    """How many of how many executions have arrived; of a wide run in a list about so many."""
    return f"{run.number('arrived')} of {_number(run.number_or_none('needed'))}"


def _number(number: int | None) -> str:
    return "?" if number is None else str(number)


def _release(release: Fields, signs: _Signs, zone: tzinfo | None) -> _Row:
    outcome = release.text("outcome")
    sign = signs.good if outcome == "released" else signs.bad
    return _Row(f"attempt {release.number('attempt')}", sign, plain(outcome), moment(release.number("releasedAtMs"), zone))


def _widths(rows: Sequence[_Row]) -> tuple[int, int, int]:
    return max(len(row.name) for row in rows), max(len(row.status) for row in rows), max(len(row.at) for row in rows)


def _bracket(slots: Sequence[_Row], signs: _Signs, widths: tuple[int, int, int], *, closed: bool) -> Iterator[Text]:
    for number, row in enumerate(slots):
        corner = signs.first if number == 0 else signs.last if closed and number == len(slots) - 1 else signs.following
        yield _line(row, widths, corner)


def _line(row: _Row, widths: tuple[int, int, int], corner: str) -> Text:
    status = Text(f"{row.sign} {row.status.ljust(widths[1])}", _STYLES.get(row.status, "red"))
    return Text.assemble(f"  {row.name.ljust(widths[0])}  ", status, f"  {row.at.ljust(widths[2])}  {corner}")


def _branches(deliveries: Sequence[Fields], signs: _Signs, zone: tzinfo | None) -> Iterator[Text]:
    for number, delivery in enumerate(deliveries, start=1):
        last = number == len(deliveries)
        sign, bar = (signs.branch, " ") if last else (signs.fork, signs.bar)
        yield Text.assemble(f"   {sign} ", Text(plain(delivery.text("target")), "bold"), "  ", _styled(delivery.text("state")))
        for label, value in _details(delivery, zone):
            yield Text(f"   {bar}   {label:<12}  {plain(value)}")


def _details(delivery: Fields, zone: tzinfo | None) -> Iterator[tuple[str, str]]:
    yield "bus", delivery.text("bus")
    for label, name in _MOMENTS:
        at_ms = delivery.number_or_none(name)
        if at_ms is not None:
            tries = delivery.number("tries")
            yield label, moment(at_ms, zone) + (f", try {tries}" if label == "sent" and tries > 1 else "")
    execution, error = delivery.text_or_none("executionArn"), delivery.text_or_none("lastError")
    if execution:
        yield "execution", execution
    if delivery.text("state") in _UNDER_WAY:
        yield "next try", moment(delivery.number_or_none("dueAtMs"), zone)
    if error:
        yield "last error", error


def _styled(state: str) -> Text:
    return Text(plain(state), _STYLES.get(state, "red"))
