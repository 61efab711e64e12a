"""Ways in which an execution succeeds although its work did not, or never ends: a join cannot tell them from the outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fanin.definitions.problems import Path, quoted
from fanin_cli.lint.calls import call_of
from fanin_cli.lint.codes import LintCode
from fanin_cli.lint.machines import State
from fanin_cli.lint.ways import Ways

_LIMITS = ("TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath")
_TOLERANCES = ("ToleratedFailurePercentage", "ToleratedFailureCount", "ToleratedFailurePercentagePath", "ToleratedFailureCountPath")


@dataclass(frozen=True, slots=True)
class Trap:
    """One of them, at its place."""

    path: Path
    code: LintCode
    message: str
    hint: str


def traps_of(state: State, ways: Ways) -> Iterator[Trap]:
    """The traps that a state is."""
    yield from _caught(state, ways)
    yield from _tolerated(state)
    yield from _unlimited(state)


def _caught(state: State, ways: Ways) -> Iterator[Trap]:
    if not _does_work(state):
        return
    for number, catcher in state.catchers():
        target = state.scope.states.get(str(catcher.get("Next")))
        if target is not None and ways.can_succeed(target, without=state):
            message = f"a failure here is caught and goes on to {quoted(target.name)}, from where the execution can succeed all the same"
            hint = "let that way end in a Fail state, or do not catch"
            yield Trap((*state.path, "Catch", number), LintCode.FAILURE_CAUGHT, message, hint)


def _does_work(state: State) -> bool:
    """Whether a failure of the state is one of the job: of work that it waited for, and not of a call about it."""
    if state.kind in ("Parallel", "Map"):
        return any(_does_work(inner) for scope in state.inner() for inner in scope.all_states())
    call = call_of(state.resource)
    if call is None:
        return ":activity:" in state.resource
    return call.waits or call.api == "lambda:invoke"


def _tolerated(state: State) -> Iterator[Trap]:
    for name in _TOLERANCES:
        tolerated = state.body.get(name)
        if state.kind == "Map" and tolerated not in (None, 0):
            message = f"the Map state succeeds although some of its items failed ({name} {quoted(str(tolerated))})"
            hint = "let a state after it look at the failed items, or tolerate none"
            yield Trap((*state.path, name), LintCode.FAILURES_TOLERATED, message, hint)


def _unlimited(state: State) -> Iterator[Trap]:
    call = call_of(state.resource)
    if call is not None and call.wait == "waitForTaskToken" and not any(name in state.body for name in _LIMITS):
        message = "without a time limit it waits for its token as long as an execution may last, which is a year"
        hint = "set HeartbeatSeconds or TimeoutSeconds, or a deadline in the join"
        yield Trap((*state.path, "Resource"), LintCode.TOKEN_WITHOUT_TIMEOUT, message, hint)
