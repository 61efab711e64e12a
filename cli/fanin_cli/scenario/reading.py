"""Scenario files: read as definitions are, and every problem of shape located."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fanin.definitions.locations import LocatedProblem, SourceDocument
from fanin.definitions.malformed import malformed
from fanin.definitions.problems import Path, Problem, quoted
from fanin.definitions.source_file import RefusedFileError, read_source
from fanin.definitions.yaml_source import parse_definitions
from fanin_cli.scenario.codes import ScenarioCode
from fanin_cli.scenario.document import ScenarioDocument
from fanin_cli.scenario.json_schema import known_fields

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "list_type": "a list",
}
_QUOTES = "put it in quotes"


@dataclass(frozen=True, slots=True)
class ReadScenario:
    """One scenario, and where it stands."""

    source: SourceDocument
    document: ScenarioDocument


def read_scenarios(files: Sequence[str]) -> tuple[list[ReadScenario], list[LocatedProblem]]:
    """The scenarios of all files in order, and everything that is wrong with any."""
    scenarios: list[ReadScenario] = []
    problems: list[LocatedProblem] = []
    for file in files:
        try:
            sources, found = parse_definitions(file, read_source(file))
        except RefusedFileError as error:
            sources, found = [], [error.located]
        problems += found
        for source in sources:
            document, wrong = _document(source.document)
            problems += [_located(source, one) for one in wrong]
            if document is not None:
                scenarios.append(ReadScenario(source, document))
    return scenarios, problems + _repeated(scenarios)


def _located(source: SourceDocument, problem: Problem) -> LocatedProblem:
    return LocatedProblem(source.file, source.locate(problem.path, name=problem.code == ScenarioCode.UNKNOWN_FIELD), problem)


def _document(document: object) -> tuple[ScenarioDocument | None, list[Problem]]:
    problems = list(malformed(document))
    if problems:
        return None, problems
    try:
        return ScenarioDocument.model_validate(document), []
    except ValidationError as error:
        return None, [_problem(details) for details in error.errors(include_url=False)]


def _repeated(scenarios: Sequence[ReadScenario]) -> list[LocatedProblem]:
    """Two scenarios of a file with one name could not be told apart in a report."""
    seen: set[tuple[str, str]] = set()
    problems = []
    for one in scenarios:
        name = (one.source.file, one.document.scenario)
        if name in seen:
            what = f"the file has two scenarios named {quoted(one.document.scenario)}"
            problems.append(_located(one.source, Problem(("scenario",), ScenarioCode.SCENARIO_DUPLICATE, what, "rename one")))
        seen.add(name)
    return problems


def _problem(details: ErrorDetails) -> Problem:
    path: Path = details["loc"]
    if details["type"] in _WANTED:
        return _wrong_type(path, details)
    return _TELLERS.get(details["type"], _other)(path, details)


def _wrong_type(path: Path, details: ErrorDetails) -> Problem:
    wanted, given = _WANTED[details["type"]], details["input"]
    hint = _QUOTES if wanted == "text" and isinstance(given, bool | int | float) else None
    return Problem(path, ScenarioCode.WRONG_TYPE, f"this must be {wanted}", hint)


def _missing(path: Path, details: ErrorDetails) -> Problem:  # noqa: ARG001 one signature for all
    return Problem(path, ScenarioCode.MISSING_FIELD, "the field is missing", f"add {path[-1]}: …")


def _unknown(path: Path, details: ErrorDetails) -> Problem:  # noqa: ARG001 likewise
    name, known = str(path[-1]), known_fields(path[:-1])
    near = get_close_matches(name[:64], known, n=1)
    return Problem(
        path,
        ScenarioCode.UNKNOWN_FIELD,
        f"there is no field {quoted(name)}",
        f"did you mean {near[0]}?" if near else f"known here: {', '.join(known)}",
    )


def _refused(path: Path, details: ErrorDetails) -> Problem:
    context = details["ctx"]
    return Problem(path, details["type"], str(context["message"]), None if context["hint"] is None else str(context["hint"]))


def _other(path: Path, details: ErrorDetails) -> Problem:
    if "hint" in details.get("ctx", {}):
        return _refused(path, details)
    return Problem(path, ScenarioCode.VALUE_INVALID, details["msg"])


_TELLERS: Mapping[str, Callable[[Path, ErrorDetails], Problem]] = {"missing": _missing, "extra_forbidden": _unknown}
