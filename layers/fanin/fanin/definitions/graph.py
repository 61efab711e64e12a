"""The job net of all joins as a Mermaid flowchart: what they wait for, what they start, and where that goes in a circle.

Names are foreign text: they stand in quotes, with everything but plain characters written as entities, under ids of our own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fanin.definitions import phrases
from fanin.definitions.count_phrases import count
from fanin.definitions.cycles import Targets, cycles
from fanin.domain.completion import Source, SourceKind
from fanin.domain.plan import Plan, Predecessor, Successor

_PLAIN = re.compile(r"[^A-Za-z0-9 _.:/+\-]")


def mermaid(plans: Sequence[Plan], targets: Targets | None = None) -> str:
    """The flowchart of plans, ending in a line end. `targets` says what targets start (`cycles.targets_by_name` guesses it).

    A target that is not in it is a node of its own; one that is leads to its state machine, and so on to the joins that wait for that.
    """
    net = _Net({} if targets is None else targets)
    for plan in sorted(plans, key=lambda plan: plan.join):
        net.draw(plan)
    circles = [f"    %% circle: {' -> '.join((*circle, circle[0]))}" for circle in cycles(plans, net.targets)]
    styles = [f"    style {net.ids['join', join]} stroke:#c00" for circle in cycles(plans, net.targets) for join in circle]
    return "\n".join(["flowchart LR", *circles, *net.nodes, *net.edges, *styles]) + "\n"


class _Net:
    """The nodes and edges so far, each node once."""

    def __init__(self, targets: Targets) -> None:
        self.targets = targets
        self.ids: dict[tuple[str, str], str] = {}
        self.nodes: list[str] = []
        self.edges: list[str] = []

    def draw(self, plan: Plan) -> None:
        """Add a join with all around it."""
        join = self._join(plan.join)
        for predecessor in plan.predecessors:
            self.edges.append(f"    {self._source(predecessor.source)} {_arrow(predecessor)} {join}")
        for successor in plan.successors:
            outcomes = "" if len(successor.outcomes) == 1 and successor.outcomes[0] == "released" else "|" + _outcomes(successor) + "|"
            self.edges.append(f"    {join} ==>{outcomes} {self._successor(successor)}")

    def _successor(self, successor: Successor) -> str:
        machine = self.targets.get((successor.bus_arn, successor.target))
        if machine is not None:
            return self._machine(machine)
        label = f"{_entities(successor.target)}<br/>{_entities(successor.account)}"
        return self._node("target", f"{successor.bus_arn}/{successor.target}", f'(["{label}"])')

    def _join(self, name: str) -> str:
        return self._node("join", name, f'{{{{"{_entities(name)}"}}}}')

    def _source(self, source: Source) -> str:
        if source.kind is SourceKind.JOIN:
            return self._join(source.arn)
        if source.kind is SourceKind.STEP_FUNCTIONS:
            return self._machine(source.arn)
        label = f"{_entities(_named(source))}<br/>{_entities(source.account or '')}"
        return self._node(source.kind.value, source.arn, f'[/"{label}"/]' if source.kind is SourceKind.EVENT else f'["{label}"]')

    def _machine(self, arn: str) -> str:
        account, name = arn.split(":")[4], arn.rpartition(":")[2]
        return self._node("machine", arn, f'["{_entities(name)}<br/>{_entities(account)}"]')

    def _node(self, kind: str, name: str, shape: str) -> str:
        identifier = self.ids.get((kind, name))
        if identifier is None:
            identifier = self.ids[kind, name] = f"{kind}{len(self.ids) + 1}"
            self.nodes.append(f"    {identifier}{shape}")
        return identifier


def _named(source: Source) -> str:
    """What a source that is no state machine is called in its service."""
    if source.kind is SourceKind.EVENT:
        return source.arn.partition("#")[0].split(":", 2)[2]
    return f"{source.kind.value} {source.arn.replace(':', '/').rpartition('/')[2]}"


def _arrow(predecessor: Predecessor) -> str:
    line = "-.->" if predecessor.optional else "-->"
    moved = "" if predecessor.key is None else phrases.offset(predecessor.key).removeprefix(", ")
    often = "" if predecessor.counted is None else count(predecessor.counted)
    label = _entities(", ".join(filter(None, (often, moved))))
    return f'{line}|"{label}"|' if label else line


def _outcomes(successor: Successor) -> str:
    return phrases.listed([outcome.value for outcome in successor.outcomes])


def _entities(text: str) -> str:
    """Text for a label, by Mermaid's numeric entities."""
    return _PLAIN.sub(lambda found: f"#{ord(found.group())};", text)
