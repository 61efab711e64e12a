"""What a hub listens to: the kinds of predecessors, and the sources of events, that its stack has rules for.

A definition that waits for anything else would wait for ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fanin.definitions.document import Definition
from fanin.definitions.problems import Code, Problem, quoted
from fanin.domain.completion import SourceKind
from fanin.domain.plan import Plan


class Listening(NamedTuple):
    """The stack's parameters Kinds and EventSources."""

    kinds: frozenset[str]
    event_sources: frozenset[str]


def unheard(plan: Plan, definition: Definition, listening: Listening) -> Iterator[Problem]:
    """A problem for each predecessor that the hub would never hear of."""
    for predecessor in plan.predecessors:
        kind, path = predecessor.source.kind, ("predecessors", predecessor.name)
        event = definition.predecessors[predecessor.name].event
        if kind is SourceKind.EVENT and event is not None:
            if event.source not in listening.event_sources:
                hint = "add it to EventSources of the hub stack, and of the predecessor stacks that it comes from"
                yield Problem(path, Code.EVENT_SOURCE_NOT_HEARD, f"the hub listens to no events of the source {quoted(event.source)}", hint)
        elif kind.value not in listening.kinds:
            hint = f"add {kind.value} to Kinds of the hub stack, and of the predecessor stacks that it comes from"
            yield Problem(path, Code.KIND_NOT_HEARD, f"the hub listens to no events of the kind {kind.value}", hint)
