"""Definition files: read, compiled offline, and every problem located, whoever found it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from fanin.definitions.compiler import CompiledJoin, compile_documents
from fanin.definitions.locations import LocatedProblem, SourceDocument, locate_all
from fanin.definitions.problems import Problem
from fanin.definitions.yaml_source import read_definitions
from fanin_cli.failures import HubProblem


@dataclass(frozen=True, slots=True)
class DefinitionFiles:
    """Files as far as they could be read. If there is any problem, nothing of them may be sent."""

    documents: tuple[SourceDocument, ...]
    joins: tuple[CompiledJoin, ...]
    problems: tuple[LocatedProblem, ...]

    def locate(self, problems: Sequence[HubProblem]) -> list[LocatedProblem]:
        """What the operator found, at its place in the files."""
        return locate_all([(one.label, Problem(one.path, one.code, one.message, one.hint)) for one in problems], self.documents)

    def question(self, action: str, **members: object) -> dict[str, object]:
        """What the operator is asked."""
        definitions = [{"label": one.label, "document": one.document} for one in self.documents]
        return {"action": action, "definitions": definitions, **members}


def read_files(files: Sequence[str]) -> DefinitionFiles:
    """Read and compile all files, to the end of each; a file that is no YAML does not hide what is wrong with another."""
    documents: list[SourceDocument] = []
    problems: list[LocatedProblem] = []
    for file in files:
        found, wrong = read_definitions(file)
        documents += found
        problems += wrong
    joins, labelled = compile_documents(
        [(one.label, one.document) for one in documents],
        allowed_accounts=None,
        allowed_buses=None,
        this_year=datetime.now(UTC).year,
    )
    problems += locate_all([(one.label, one.problem) for one in labelled], documents)
    problems.sort(key=lambda one: (files.index(one.file), one.position))
    return DefinitionFiles(tuple(documents), tuple(joins), tuple(problems))


def members_of(located: LocatedProblem) -> dict[str, object]:
    """A located problem as JSON values."""
    problem, at = located.problem, located.position
    return {
        "file": located.file,
        "line": at.line,
        "column": at.column,
        "code": str(problem.code),
        "path": list(problem.path),
        "message": problem.message,
        "hint": problem.hint,
    }
