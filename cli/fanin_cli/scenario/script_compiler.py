"""Scenarios out of their documents: moments, names and events resolved in the order of the steps, or what is wrong with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path as FilePath
from typing import TypeVar

from fanin.definitions.locations import LocatedProblem
from fanin.definitions.problems import Path, Problem
from fanin.definitions.times import DAY_MS, MINUTE_MS, duration_ms
from fanin.domain.completion import Status
from fanin_cli.definition_files import DefinitionFiles
from fanin_cli.scenario.cast import Cast, UnknownNameError
from fanin_cli.scenario.codes import ScenarioCode
from fanin_cli.scenario.document import ExpectationDocument, StepDocument
from fanin_cli.scenario.events import announcement
from fanin_cli.scenario.execution import Execution, ImpossibleReportError
from fanin_cli.scenario.moments import moment_ms, start_ms
from fanin_cli.scenario.reading import ReadScenario
from fanin_cli.scenario.reports import check_step, report_of
from fanin_cli.scenario.script import Apply, Arrive, Delete, Expected, Happening, Outage, Report, Script

MAX_SPAN_MS = 400 * DAY_MS
TOOK_MS = MINUTE_MS

_STATUSES = {
    "succeeded": Status.SUCCEEDED,
    "failed": Status.FAILED,
    "timedOut": Status.TIMED_OUT,
    "aborted": Status.ABORTED,
    "started": Status.RUNNING,
}
_SETS = ("predecessors", "targets", "missing")
_PLAIN = ("key", "attempt", "version", "reason", "deadline", "code")

T = TypeVar("T")
ReadDefinitions = Callable[[Sequence[str]], DefinitionFiles]


def compile_scenario(
    scenario: ReadScenario, definitions: DefinitionFiles, read: ReadDefinitions
) -> tuple[Script | None, list[LocatedProblem]]:
    """The script of a scenario over definitions that are right; `read` reads those that it applies on the way."""
    compiling = _Compiling(scenario, definitions, read)
    script = compiling.script()
    return (None, compiling.problems) if compiling.problems else (script, [])


@dataclass(slots=True)
class _Compiling:
    """One scenario on its way; problems are noted, and the rest is gone through all the same."""

    scenario: ReadScenario
    definitions: DefinitionFiles
    read: ReadDefinitions
    problems: list[LocatedProblem] = field(default_factory=list)
    cast: Cast = field(default_factory=Cast)
    zone: str = "UTC"
    now_ms: int = 0
    _reports: int = 0

    def script(self) -> Script:
        document, files = self.scenario.document, self.definitions
        self.cast.apply(join.content for join in files.joins)
        self.zone = self._zone()
        began_ms = self.now_ms = start_ms(document.start, self.zone)
        steps = [step for number, one in enumerate(document.steps) if (step := self._step(one, ("steps", number))) is not None]
        expected = self._expectations(began_ms)
        until_ms = self._until(began_ms)
        initial = Apply(files.documents[0].file, files.documents)
        return Script(self.scenario.source.file, document.scenario, self.zone, began_ms, initial, tuple(steps), tuple(expected), until_ms)

    def _refuse(self, path: Path, code: ScenarioCode, message: str, hint: str) -> None:
        source = self.scenario.source
        self.problems.append(LocatedProblem(source.file, source.locate(path), Problem(path, code, message, hint)))

    def _known(self, path: Path, resolve: Callable[[], T]) -> T | None:
        try:
            return resolve()
        except (UnknownNameError, ImpossibleReportError) as error:
            self._refuse(path, ScenarioCode(error.code), error.message, error.hint)
            return None

    def _zone(self) -> str:
        zones = sorted({join.content.zone for join in self.definitions.joins})
        if self.scenario.document.zone is not None:
            return self.scenario.document.zone
        if len(zones) > 1:
            what = f"the joins have several time zones: {', '.join(zones)}"
            self._refuse(("zone",), ScenarioCode.ZONE_CHOICE, what, "say with zone which one wall times here are in")
        return zones[0]

    def _step(self, step: StepDocument, path: Path) -> tuple[int, Happening] | None:
        if step.at is not None:
            at_ms = moment_ms(step.at, self.zone, self.now_ms)
            if at_ms < self.now_ms:
                self._refuse(
                    (*path, "at"), ScenarioCode.STEP_ORDER, "the step is before the one before it", "put the steps in order of time"
                )
            self.now_ms = at_ms
        elif step.after is not None:
            self.now_ms += duration_ms(step.after)
        happening = self._happening(step, path)
        return None if happening is None else (self.now_ms, happening)

    def _happening(self, step: StepDocument, path: Path) -> Happening | None:
        if step.apply is not None:
            return self._apply(step.apply)
        if step.delete is not None:
            self._known((*path, "delete"), partial(self.cast.check_join, step.delete))
            return Delete(step.delete)
        if step.outage is not None:
            return Outage(duration_ms(step.outage))
        reports = [self._known((*path, step.kind), partial(self._report, step, name)) for name in step.named]
        if step.announced is not None:
            reports = [self._known((*path, "announced"), partial(self._announcement, step, step.announced))]
        delay_ms = duration_ms(step.delayed) if step.delayed else 0
        return Arrive(tuple(one for one in reports if one is not None), delay_ms)

    def _apply(self, name: str) -> Apply | None:
        file = str(FilePath(self.scenario.source.file).parent / name)
        loaded = self.read([file])
        self.problems += loaded.problems
        self.cast.apply(join.content for join in loaded.joins)
        return Apply(file, loaded.documents) if not loaded.problems else None

    def _report(self, step: StepDocument, name: str) -> Report:
        match step.kind:
            case "repeat":
                execution, told = self.cast.execution(name), f"{name} reported again"
            case "redriven":
                execution = self.cast.execution(name).ended(Status.SUCCEEDED, self.now_ms, _text(step.output, "{}"))
                told = f"{name} redriven, SUCCEEDED"
            case _:
                execution = self._execution(step, name)
                told = f"{name} {execution.status.value}" + (f" ({execution.name})" if step.execution else "")
        self.cast.executions[execution.name] = execution
        self._reports += 1
        body, known = report_of(execution, f"event-{self._reports}")
        return Report(execution.name, told, body, known)

    def _announcement(self, step: StepDocument, predecessor: str) -> Report:
        join, slot = self.cast.slot(predecessor)
        self._reports += 1
        body = announcement(join, slot, step.key or "", step.count or 0, self.now_ms, f"event-{self._reports}")
        return Report(predecessor, f"{predecessor} announced: {step.count} for {step.key}", body)

    def _execution(self, step: StepDocument, predecessor: str) -> Execution:
        found, status = self.cast.predecessor(predecessor), _STATUSES[step.kind]
        source = found.source
        check_step(source, output=step.output is not None, tags=step.tags is not None)
        output = _text(step.output, "{}" if status is Status.SUCCEEDED else None)
        running = self.cast.running(source, step.execution)
        if running is not None and status is not Status.RUNNING:
            return running.ended(status, self.now_ms, output)
        took_ms = 0 if status is Status.RUNNING else duration_ms(step.took) if step.took else TOOK_MS
        given = step.input if "input" in step.given else self.scenario.document.input
        name = self.cast.new_name(predecessor, step.execution)
        return Execution(
            source, name, _text(given, "{}") or "", status, self.now_ms - took_ms, self.now_ms, output, tags=step.tags, rule=found.event
        )

    def _expectations(self, began_ms: int) -> list[Expected]:
        expected, before_ms = [], began_ms
        for number, one in enumerate(self.scenario.document.expect):
            path: Path = ("expect", number)
            if one.kind != "rejected":
                self._known((*path, one.kind), partial(self.cast.check_join, one.subject))
            found = self._expectation(one, path, before_ms)
            before_ms = max(before_ms, found.at_ms or found.from_ms or before_ms)
            expected.append(found)
        return expected

    def _expectation(self, one: ExpectationDocument, path: Path, before_ms: int) -> Expected:
        facts: dict[str, str | int | frozenset[str]] = {name: value for name in _PLAIN if (value := getattr(one, name)) is not None}
        facts.update({name: frozenset(value) for name in _SETS if (value := getattr(one, name)) is not None})
        moments = {
            name: moment_ms(text, self.zone, before_ms) for name in ("at", "after", "before") if (text := getattr(one, name)) is not None
        }
        source = self.scenario.source
        said = ", ".join(f"{name}: {_shown(value)}" for name, value in _fields(source.document, path).items())
        return Expected(
            one.kind, one.subject, facts, source.locate(path), said, moments.get("at"), moments.get("after"), moments.get("before")
        )

    def _until(self, began_ms: int) -> int | None:
        text = self.scenario.document.until
        if text is None:
            if any(plan.timing.expected for plans in self.cast.generations for plan in plans.values()):
                what = "the join expects runs for ever, so the scenario has no end of its own"
                self._refuse((), ScenarioCode.UNTIL_MISSING, what, "add until: with the moment at which it ends")
            return None
        until_ms = moment_ms(text, self.zone, self.now_ms)
        if not self.now_ms <= until_ms <= began_ms + MAX_SPAN_MS:
            what = "the end is before the last step, or more than 400 days after the start"
            self._refuse(("until",), ScenarioCode.UNTIL_RANGE, what, "choose a moment after the last step")
        return until_ms


def _text(value: object, otherwise: str | None) -> str | None:
    """An input or output as the text that it is in an event."""
    if value is None:
        return otherwise
    return value if isinstance(value, str) else json.dumps(value)


def _fields(document: object, path: Path) -> Mapping[str, object]:
    """The mapping at a path of a document that was found right."""
    value: object = document
    for step in path:
        value = value[step] if isinstance(value, dict | list) else None  # type: ignore[index]  # the path is of this document
    return value if isinstance(value, dict) else {}


def _shown(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
