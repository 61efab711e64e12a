"""Plans out of what the viewer tells of joins: as much of them as a picture shows."""

from __future__ import annotations

from fanin.domain.completion import Source, SourceKind
from fanin.domain.condition import all_of
from fanin.domain.counting import Counted
from fanin.domain.outcome import Outcome
from fanin.domain.plan import KeyKind, KeyRule, Plan, Predecessor, Successor
from fanin_cli.answers import Fields

_ARN_PARTS = 6


def plan_of(join: Fields) -> Plan:
    """The plan of an applied join; ValueError for a kind of source, key or outcome that this release does not know, or no ARN."""
    key = join.nested("key")
    predecessors = tuple(_predecessor(one) for one in join.objects("predecessors"))
    return Plan(
        join=join.text("join"),
        version=join.number("version"),
        digest="",
        description=join.text("description"),
        key=KeyRule(KeyKind(key.text("kind")), key.text_or_none("expression")),
        predecessors=predecessors,
        condition=all_of(len(predecessors)),
        successors=tuple(_successor(one) for one in join.objects("successors")),
    )


def _predecessor(one: Fields) -> Predecessor:
    source = Source(SourceKind(one.text("kind")), one.text("arn"))
    if source.kind not in (SourceKind.JOIN, SourceKind.EVENT):
        _arn(source.arn)
    days = one.number_or_none("offsetDays") or 0
    moved = KeyRule(KeyKind.INPUT, offset_days=days, business=one.flag("offsetInBusinessDays")) if days else None
    optional, counts = one.members.get("optional") is True, one.nested_or_none("count")
    return Predecessor(one.text("name"), source, key=moved, optional=optional, counted=None if counts is None else _counted(counts))


def _counted(counts: Fields) -> Counted:
    return Counted(counts.number_or_none("number"), counts.text_or_none("from"), counts.text_or_none("output"))


def _successor(one: Fields) -> Successor:
    outcomes = tuple(map(Outcome, one.texts("outcomes"))) if "outcomes" in one.members else (Outcome.RELEASED,)
    return Successor(one.text("target"), _arn(one.text("bus")), outputs=one.flag("outputs"), outcomes=outcomes)


def _arn(text: str) -> str:
    if len(text.split(":", 5)) != _ARN_PARTS:
        raise ValueError(f"{text[:100]!r} is no ARN")
    return text
