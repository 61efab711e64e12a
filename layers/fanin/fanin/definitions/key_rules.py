"""Key rules out of key documents."""

from __future__ import annotations

from datetime import time

from fanin.definitions.key_document import KeyDocument, WindowDocument
from fanin.definitions.times import offset, wall_time
from fanin.domain.plan import KeyKind, KeyRule
from fanin.domain.window import CronWindow, Window, WindowBy, WindowUnit


def key_rule(key: KeyDocument | None, zone: str) -> KeyRule:
    """The rule that a key says, in a join of that zone; no key is `latest`."""
    if key is None or key.kind is KeyKind.LATEST:
        return KeyRule(KeyKind.LATEST)
    if key.window is not None:
        return KeyRule(KeyKind.WINDOW, window=_window(key.window, zone))
    rule = KeyRule(key.kind, key.input or key.output or key.name or key.detail or key.tag)
    if key.offset is None:
        return rule
    moved = offset(key.offset)
    return KeyRule(rule.kind, rule.expression, offset_days=moved.days, business=moved.business)


def _window(window: WindowDocument, zone: str) -> Window | CronWindow:
    by, zone = WindowBy(window.by), window.zone or zone
    if window.cron is not None:
        return CronWindow(window.cron, zone, by)
    starts_at = time(0) if window.starts_at is None else wall_time(window.starts_at)
    return Window(WindowUnit(window.every or WindowUnit.DAY), zone, starts_at, by)
