"""The predecessors of definitions: what each waits for, how it finds its key, and for what else its join waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fanin.definitions.locations import Position, SourceDocument


@dataclass(frozen=True, slots=True)
class Waiting:
    """One predecessor: `given` is what its definition says, `key` its own or the join's, `beside` are all predecessors of its join."""

    file: str
    position: Position
    join: str
    predecessor: str
    given: Mapping[str, object] = field(repr=False)
    key: Mapping[str, object]
    beside: Sequence[Mapping[str, object]] = field(repr=False)

    @property
    def arn(self) -> str | None:
        """The state machine that it waits for."""
        arn = self.given.get("stateMachine")
        return arn if isinstance(arn, str) else None

    def __str__(self) -> str:
        return f"{self.join}.{self.predecessor} ({self.file}:{self.position.line}:{self.position.column})"

    def members(self) -> dict[str, object]:
        """As JSON values."""
        place = {"file": self.file, "line": self.position.line, "column": self.position.column}
        return {"join": self.join, "predecessor": self.predecessor, **place}


def waiting_in(documents: Sequence[SourceDocument]) -> Iterator[Waiting]:
    """Every predecessor of right definitions."""
    for source in documents:
        document = _members(source.document)
        predecessors = {name: _members(one) for name, one in _members(document.get("predecessors")).items()}
        for name, one in predecessors.items():
            yield Waiting(
                file=source.file,
                position=source.locate(("predecessors", name), name=True),
                join=str(document.get("join")),
                predecessor=name,
                given=one,
                key=_members(one.get("key")) or _members(document.get("key")),
                beside=tuple(predecessors.values()),
            )


def _members(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
