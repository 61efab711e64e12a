"""State machines, read: a definition in Amazon States Language with the places of its values, and its states wherever they are nested.

A definition is taken as it stands. What the language does not allow is not judged here but left out: AWS refuses it at deployment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from fanin.definitions.locations import START, LocatedProblem, SourceDocument
from fanin.definitions.problems import Path, Problem
from fanin.definitions.source_file import RefusedFileError, read_source
from fanin.definitions.yaml_source import parse_definitions
from fanin_cli.lint.codes import MachineCode
from fanin_cli.lint.json_source import parse_json

MAX_STATES = 2000
_YAML = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine's definition; `arn` is None for a file that nobody said the ARN of, `express` when the kind is not known."""

    source: SourceDocument
    arn: str | None = None
    express: bool | None = None
    in_file: bool = True

    @property
    def root(self) -> Scope:
        """Its outermost states."""
        document = self.source.document
        return Scope.of(document if isinstance(document, dict) else {}, (), None, "JSONPath")

    def states(self) -> Iterator[State]:
        """Every state, each before those nested in it."""
        yield from self.root.all_states()


@dataclass(frozen=True, slots=True)
class Scope:
    """States that may name one another: those of the state machine, of a branch of a Parallel state, or of a Map state's items."""

    states: Mapping[str, State]
    start: str
    around: State | None

    @classmethod
    def of(cls, document: Mapping[str, object], path: Path, around: State | None, language: str) -> Scope:
        """The states of a document that has `States` and `StartAt`."""
        states: dict[str, State] = {}
        scope = cls(states, _text(document.get("StartAt")), around)
        language = _text(document.get("QueryLanguage")) or language
        for name, body in _mapping(document.get("States")).items():
            if isinstance(body, dict):
                states[name] = State(name, body, (*path, "States", name), scope, _text(body.get("QueryLanguage")) or language)
        return scope

    def all_states(self) -> Iterator[State]:
        """Its states and those nested in them."""
        for state in self.states.values():
            yield state
            for inner in state.inner():
                yield from inner.all_states()


@dataclass(frozen=True, slots=True)
class State:
    """One state, and where it stands."""

    name: str
    body: Mapping[str, object] = field(repr=False)
    path: Path
    scope: Scope = field(repr=False, compare=False)
    language: str

    @property
    def kind(self) -> str:
        """Task, Parallel, Map, …"""
        return _text(self.body.get("Type"))

    @property
    def resource(self) -> str:
        """What a Task state does; empty for any other."""
        return _text(self.body.get("Resource")) if self.kind == "Task" else ""

    @property
    def label(self) -> str:
        """Its name, with those of the states around it before it."""
        around = self.scope.around
        return f"{around.label} > {self.name}" if around else self.name

    @property
    def in_map(self) -> bool:
        """Whether it runs once for each item of a Map state."""
        around = self.scope.around
        return around is not None and (around.kind == "Map" or around.in_map)

    def inner(self) -> Iterator[Scope]:
        """The states nested in it."""
        if self.kind == "Parallel":
            branches = self.body.get("Branches")
            for number, branch in enumerate(branches if isinstance(branches, list) else []):
                if isinstance(branch, dict):
                    yield Scope.of(branch, (*self.path, "Branches", number), self, self.language)
        elif self.kind == "Map":
            for name in ("ItemProcessor", "Iterator"):
                if isinstance(self.body.get(name), dict):
                    yield Scope.of(_mapping(self.body[name]), (*self.path, name), self, self.language)

    def catchers(self) -> list[tuple[int, Mapping[str, object]]]:
        """Its Catch fields, with their number."""
        catch = self.body.get("Catch")
        return [(number, one) for number, one in enumerate(catch if isinstance(catch, list) else []) if isinstance(one, dict)]

    def following(self, *, caught: bool = True) -> list[State]:
        """The states that may come next in its scope; without those of its Catch unless asked for."""
        choices = self.body.get("Choices")
        names = [self.body.get("Next"), self.body.get("Default")]
        names += [one.get("Next") for one in (choices if isinstance(choices, list) else []) if isinstance(one, dict)]
        names += [one.get("Next") for _, one in self.catchers()] if caught else []
        return [self.scope.states[name] for name in dict.fromkeys(_text(one) for one in names) if name in self.scope.states]

    @property
    def ends(self) -> bool:
        """Whether it ends its scope well."""
        return self.kind == "Succeed" or self.body.get("End") is True


def machine_in_file(file: str, arn: str | None) -> Machine:
    """The state machine whose definition a file has, as JSON or YAML; RefusedFileError says in one line why it has none."""
    text = read_source(file)
    if not file.endswith(_YAML):
        return machine_of(parse_json(file, text), arn)
    documents, problems = parse_definitions(file, text)
    if problems:
        raise RefusedFileError(problems[0])
    return machine_of(documents[0], arn)


def machine_of(source: SourceDocument, arn: str | None, *, express: bool | None = None, in_file: bool = True) -> Machine:
    """The state machine of a document; RefusedFileError when there are no states in it."""
    states = source.document.get("States") if isinstance(source.document, dict) else None
    if not isinstance(states, dict) or not states:
        hint = "give the definition itself: an object with StartAt and States"
        problem = Problem((), MachineCode.NO_STATES, "this is no state machine's definition", hint)
        raise RefusedFileError(LocatedProblem(source.file, START, problem))
    machine = Machine(source, arn, express, in_file)
    if sum(1 for _ in islice(machine.states(), MAX_STATES + 1)) > MAX_STATES:
        message = f"the state machine has more than {MAX_STATES} states"
        raise RefusedFileError(LocatedProblem(source.file, START, Problem((), MachineCode.TOO_MANY_STATES, message)))
    return machine


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
