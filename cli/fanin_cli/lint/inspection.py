"""What a state machine leaves undone when its execution ends, found state by state, and in the state machines that it waits for.

A state machine that starts work and then asks how it goes, again and again, does wait for it: that is not a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from fanin.definitions.problems import quoted
from fanin_cli.lint.calls import Call, call_of
from fanin_cli.lint.codes import LintCode
from fanin_cli.lint.findings import Finding
from fanin_cli.lint.machines import Machine, State
from fanin_cli.lint.parameters import Parameters
from fanin_cli.lint.passing import is_not_passed
from fanin_cli.lint.predecessors import Instead, Place
from fanin_cli.lint.traps import traps_of
from fanin_cli.lint.waiting import Waiting
from fanin_cli.lint.ways import Ways
from fanin_cli.lint.work import MESSAGES, WORK, Work

MAX_MACHINES = 100
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_ELSEWHERE = "if that work belongs to the job, wait for its own end: a predecessor of its kind, or an event"


@dataclass(slots=True)
class _Reached:
    """A state machine to look at, with all predecessors that wait for its end, be it through others that wait for it."""

    machine: Machine
    waiting: list[Waiting] = field(default_factory=list)
    is_itself_asked_for: bool = False


@dataclass(frozen=True, slots=True)
class Inspection:
    """One look at the state machines behind joins.

    `waiting` are all predecessors of the joins. `find` gives the state machine of an ARN, or None when it is not known.
    """

    waiting: Sequence[Waiting]
    find: Callable[[str], Machine | None]

    def look_at(self, machines: Iterable[Machine]) -> list[Finding]:
        """What is found in state machines, and in those whose end they wait for, each looked at once."""
        reached: dict[str, _Reached] = {}
        for machine in machines:
            waiting = [one for one in self.waiting if one.arn is not None and one.arn == machine.arn]
            for one in self._with_those_it_waits_for(machine):
                entry = reached.setdefault(one.source.label, _Reached(one))
                entry.waiting += [new for new in waiting if new not in entry.waiting]
                entry.is_itself_asked_for |= one is machine
        return [finding for entry in reached.values() for finding in self._in(entry)]

    def _with_those_it_waits_for(self, machine: Machine) -> Iterator[Machine]:
        seen: set[str] = set()
        ahead = [machine]
        while ahead and len(seen) < MAX_MACHINES:
            at = ahead.pop(0)
            if at.source.label not in seen:
                seen.add(at.source.label)
                yield at
                ahead += [child for arn in _waited_for(at) if (child := self.find(arn))]

    def _in(self, entry: _Reached) -> Iterator[Finding]:
        machine, waiting = entry.machine, entry.waiting
        # A child's end is waited for by Step Functions itself, so what kind it is does not matter.
        if machine.express and entry.is_itself_asked_for:
            directly = [one for one in waiting if one.arn == machine.arn]
            never = f"an Express state machine sends no event when an execution ends, so {_joins(directly)} never ready"
            hint = "make it a Standard one, or let it put an event of its own at its end and wait for that"
            yield Finding(machine, (), None, LintCode.EXPRESS, never, hint, directly)
        ways = Ways(machine)
        yield from _named_apart([one for state in machine.states() for one in self._findings(machine, state, ways, waiting)])

    def _findings(self, machine: Machine, state: State, ways: Ways, waiting: Sequence[Waiting]) -> Iterator[Finding]:
        call = call_of(state.resource)
        if call is not None and call.api in MESSAGES and not call.waits:
            text = f"{call.text} sends {MESSAGES[call.api]} on, and the execution does not wait for what is done with it"
            yield Finding(machine, (*state.path, "Resource"), state.label, LintCode.MESSAGE_SENT, text, _ELSEWHERE, waiting)
        work = WORK.get(call.api) if call else None
        if call is not None and work is not None:
            yield from self._of_work(machine, state, call, work, waiting, forgets=_forgets(state, call, work, ways))
        for trap in traps_of(state, ways):
            yield Finding(machine, trap.path, state.label, trap.code, trap.message, trap.hint, waiting)

    def _of_work(
        self, machine: Machine, state: State, call: Call, work: Work, waiting: Sequence[Waiting], *, forgets: bool
    ) -> Iterator[Finding]:
        path, parameters = (*state.path, "Resource"), Parameters.of(state)
        instead = work.instead(parameters, Place.of(machine.arn)) if work.instead else None
        directly = [one for one in self.waiting if instead is not None and instead.is_waited_for(one.given)]
        for one in directly:
            if instead is not None and is_not_passed(instead.kind, parameters, one.key):
                yield _without_key(machine, state, call, work, one)
        early = [one for one in waiting if instead is None or not any(instead.is_waited_for(other) for other in one.beside)]
        if not forgets or (not early and (waiting or directly)):
            return
        code, text = _said(call, work, parameters, early)
        with_key = not early or any(one.key for one in early)
        snippet = tuple(instead.lines(_slug(state.name), with_key=with_key, many=state.in_map)) if instead else ()
        yield Finding(machine, path, state.label, code, text, _hint(call, work, instead), early, snippet)


def _without_key(machine: Machine, state: State, call: Call, work: Work, one: Waiting) -> Finding:
    read = next(f"{kind} {quoted(str(said))}" for kind, said in one.key.items() if kind in ("input", "tag"))
    text = f"{one} waits for {work.what} itself and reads the key from its {read}, which {call.text} does not pass here"
    hint = "pass it, or read the key from what is passed; a completion without a key is put in quarantine"
    return Finding(machine, (*state.path, "Resource"), state.label, LintCode.KEY_NOT_PASSED, text, hint, [one])


def _said(call: Call, work: Work, parameters: Parameters, early: Sequence[Waiting]) -> tuple[LintCode, str]:
    if call.wait is not None:
        text = f"{call.text} ends when somebody returns its token, and {work.what} may run on after that, or end without returning it"
        return LintCode.TASK_TOKEN, f"{text}: {_joins(early)} ready by the token alone"
    may = " may start" if parameters.expression("InvocationType") else " starts"
    text = f"{call.text}{may} {work.what} and ends at once, so the execution succeeds while that still runs"
    return LintCode.FIRE_AND_FORGET, f"{text}: {_joins(early)} ready too early"


def _forgets(state: State, call: Call, work: Work, ways: Ways) -> bool:
    """Whether the work may go on when the execution has ended."""
    if call.wait == "sync":
        return False
    if call.api == "lambda:invoke":
        parameters = Parameters.of(state)
        asynchronous = parameters.literal("InvocationType") == "Event" or parameters.expression("InvocationType") is not None
        return asynchronous and not call.waits
    return not ways.asks_again_and_again(state, work.looks)


def _hint(call: Call, work: Work, instead: Instead | None) -> str:
    ways = [f"use {call.api}.sync"] if work.can_wait else []
    if instead is None:
        ways.append("wait for the event of its end")
    elif instead.kind == "lambdaFunction":
        ways.append("give the function a destination for success and failure, and wait for that instead")
    else:
        ways.append(f"wait for {instead.kind} instead")
    return ", or ".join(ways)


def _waited_for(machine: Machine) -> Iterator[str]:
    """The ARNs of the state machines whose executions it starts and waits for."""
    for state in machine.states():
        call = call_of(state.resource)
        child = (
            Parameters.of(state).literal("StateMachineArn")
            if call and call.api == "states:startExecution" and call.wait == "sync"
            else None
        )
        if child is not None:
            yield ":".join(child.split(":")[:7])


def _named_apart(found: list[Finding]) -> list[Finding]:
    """The findings of a state machine; the only one to wait for takes the name of the predecessor that it stands for."""
    with_snippet = [one for one in found if one.snippet]
    if len(with_snippet) != 1 or len(with_snippet[0].waiting) != 1:
        return found
    name = f"  {with_snippet[0].waiting[0].predecessor}:"
    return [replace(one, snippet=(one.snippet[0], name, *one.snippet[2:])) if one.snippet else one for one in found]


def _joins(waiting: Sequence[Waiting]) -> str:
    if not waiting:
        return "a predecessor on this state machine is"
    return f"{', '.join(str(one) for one in waiting)} {'is' if len(waiting) == 1 else 'are'}"


def _slug(name: str) -> str:
    return _NOT_IN_NAMES.sub("-", name.lower()).strip("-")[:64].strip("-") or "work"
