"""Locations: where in which file a problem is, so that an editor can jump there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fanin.definitions.problems import Code, Path, Problem, where


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file; line and column count from 1, the column in characters."""

    line: int
    column: int


START = Position(1, 1)


@dataclass(frozen=True, slots=True)
class LocatedProblem:
    """A problem in a file. As text it is one line: `file:line:column: code: field: message (how to mend it)`."""

    file: str
    position: Position
    problem: Problem

    def __str__(self) -> str:
        problem = self.problem
        field = f"{where(problem.path)}: " if problem.path else ""
        hint = f" ({problem.hint})" if problem.hint else ""
        return f"{self.file}:{self.position.line}:{self.position.column}: {problem.code}: {field}{problem.message}{hint}"


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One document of a file: `label` names it among all documents, `document` is its JSON values.

    `names` and `values` say where each field's name and each value stand.
    """

    label: str
    file: str
    document: object
    names: Mapping[Path, Position]
    values: Mapping[Path, Position]

    def locate(self, path: Path, *, name: bool = False) -> Position:
        """Where the value at a path stands (`name`: its field's name); for what is not there, the nearest thing around it."""
        while path:
            found = self.names.get(path) if name else None
            found = found or self.values.get(path)
            if found:
                return found
            path, name = path[:-1], False
        return self.values.get((), START)

    def located(self, problem: Problem) -> LocatedProblem:
        """The problem with its place: an unknown field's is its name, a missing field's the mapping that lacks it."""
        return LocatedProblem(self.file, self.locate(problem.path, name=problem.code == Code.UNKNOWN_FIELD), problem)


def locate_all(problems: Sequence[tuple[str, Problem]], documents: Sequence[SourceDocument]) -> list[LocatedProblem]:
    """Labelled problems with their places, in the order of the files; a label without a document stands at its beginning."""
    by_label = {document.label: document for document in documents}
    located = [
        by_label[label].located(problem) if label in by_label else LocatedProblem(label, START, problem) for label, problem in problems
    ]
    return sorted(located, key=lambda problem: (problem.file, problem.position))
