"""Conditions out of require documents. Order means nothing in them, so members are sorted: the same condition is the same content."""

from __future__ import annotations

from collections.abc import Mapping

from fanin.definitions.require_document import GroupDocument
from fanin.domain.condition import AtLeast, Condition, Slot, all_of


def condition(require: str | GroupDocument, slots: Mapping[str, int]) -> Condition:
    """The condition that `require` says of the slots by name; the names and counts in it were checked."""
    if isinstance(require, str):
        everything = all_of(len(slots))
        return everything if require == "all" else AtLeast(1, everything.children)
    return _group(require, slots)


def _group(group: GroupDocument, slots: Mapping[str, int]) -> AtLeast:
    members = list(slots) if group.items is None else group.items
    children = tuple(sorted((_member(member, slots) for member in members), key=_order))
    if group.at_least is not None:
        return AtLeast(group.at_least, children)
    return AtLeast(1 if group.any else len(children), children)


def _member(member: str | GroupDocument, slots: Mapping[str, int]) -> Condition:
    return Slot(slots[member]) if isinstance(member, str) else _group(member, slots)


def _order(member: Condition) -> tuple[int, int, str]:
    return (0, member.number, "") if isinstance(member, Slot) else (1, member.count, repr(member))
