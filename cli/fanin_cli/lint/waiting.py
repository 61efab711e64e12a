"""The predecessors of definitions that wait for a state machine, and for what else their joins wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fanin.definitions.locations import Position, SourceDocument


@dataclass(frozen=True, slots=True)
class Waiting:
    """One predecessor that waits for a state machine; `beside` are all the predecessors of its join."""

    file: str
    position: Position
    join: str
    predecessor: str
    arn: str
    has_key: bool
    beside: Sequence[Mapping[str, object]] = field(repr=False)

    def __str__(self) -> str:
        return f"{self.join}.{self.predecessor} ({self.file}:{self.position.line}:{self.position.column})"

    def members(self) -> dict[str, object]:
        """As JSON values."""
        place = {"file": self.file, "line": self.position.line, "column": self.position.column}
        return {"join": self.join, "predecessor": self.predecessor, **place}


def waiting_in(documents: Sequence[SourceDocument]) -> Iterator[Waiting]:
    """Every predecessor of right definitions that waits for a state machine."""
    for source in documents:
        predecessors = _predecessors(source)
        for name, one in predecessors.items():
            if isinstance(one.get("stateMachine"), str):
                yield Waiting(
                    file=source.file,
                    position=source.locate(("predecessors", name), name=True),
                    join=str(_members(source.document).get("join")),
                    predecessor=name,
                    arn=str(one["stateMachine"]),
                    has_key="key" in _members(source.document),
                    beside=tuple(predecessors.values()),
                )


def predecessors_in(documents: Sequence[SourceDocument]) -> Iterator[Mapping[str, object]]:
    """Every predecessor of right definitions, whatever it waits for."""
    for source in documents:
        yield from _predecessors(source).values()


def _predecessors(source: SourceDocument) -> dict[str, Mapping[str, object]]:
    given = _members(_members(source.document).get("predecessors"))
    return {name: _members(one) for name, one in given.items()}


def _members(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
