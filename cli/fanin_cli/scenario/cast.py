"""Who plays in a scenario: the predecessors of the definitions so far, the newest first, and the executions reported so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches

from fanin.definitions.problems import quoted
from fanin.domain.completion import Source, Status
from fanin.domain.errors import ConfigurationError
from fanin.domain.plan import Plan, Predecessor
from fanin_cli.scenario.codes import ScenarioCode
from fanin_cli.scenario.execution import Execution

_SHOWN = 12


class UnknownNameError(ConfigurationError):
    """A name that means nothing here, or more than one thing; `hint` says what to write."""

    def __init__(self, code: ScenarioCode, message: str, hint: str) -> None:
        super().__init__(code, message)
        self.hint = hint


@dataclass(slots=True)
class Cast:
    """Resolves names while the steps of a scenario are gone through in order."""

    generations: list[dict[str, Plan]] = field(default_factory=list)
    executions: dict[str, Execution] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)

    def apply(self, plans: Iterable[Plan]) -> None:
        """These definitions are current from now on; older ones are still known, for runs that are held to them."""
        current = self.generations[0] if self.generations else {}
        self.generations.insert(0, {**current, **{plan.join: plan for plan in plans}})

    def check_join(self, name: str) -> None:
        """UnknownNameError unless there is, or was, such a join."""
        joins = {join for plans in self.generations for join in plans}
        if name not in joins:
            raise UnknownNameError(ScenarioCode.JOIN_UNKNOWN, f"there is no join {quoted(name)}", _near(name, joins))

    def predecessor(self, name: str) -> Predecessor:
        """The predecessor that `predecessor` or `join/predecessor` means; several of one source are one."""
        for plans in self.generations:
            slots = [(join, one) for join, one in _slots(plans) if name in (one.name, f"{join}/{one.name}")]
            if len({one.source for _, one in slots}) > 1:
                hint = f"write {' or '.join(sorted(f'{join}/{name}' for join, _ in slots))}"
                raise UnknownNameError(ScenarioCode.PREDECESSOR_AMBIGUOUS, f"several joins have a predecessor {quoted(name)}", hint)
            if slots:
                return slots[0][1]
        known = {one.name for plans in self.generations for _, one in _slots(plans)}
        raise UnknownNameError(ScenarioCode.PREDECESSOR_UNKNOWN, f"no join has a predecessor {quoted(name)}", _near(name, known))

    def slot(self, name: str) -> tuple[str, str]:
        """The join and the name in it that `predecessor` or `join/predecessor` means, for what is said of a join's own slot."""
        self.predecessor(name)
        found = [
            (join, one.name) for plans in self.generations[:1] for join, one in _slots(plans) if name in (one.name, f"{join}/{one.name}")
        ]
        if len(found) != 1:
            hint = f"write {' or '.join(sorted(f'{join}/{slot}' for join, slot in found))}"
            raise UnknownNameError(ScenarioCode.PREDECESSOR_AMBIGUOUS, f"several joins have a predecessor {quoted(name)}", hint)
        return found[0]

    def execution(self, name: str) -> Execution:
        """An execution that was reported before."""
        found = self.executions.get(name)
        if found is None:
            what = f"no execution {quoted(name)} was reported before this step"
            raise UnknownNameError(ScenarioCode.EXECUTION_UNKNOWN, what, _near(name, self.executions))
        return found

    def running(self, source: Source, name: str | None) -> Execution | None:
        """The execution of a source that was started and has not ended; the one of a name if there is one."""
        candidates = (one for one in reversed(self.executions.values()) if one.source == source and one.status is Status.RUNNING)
        return next((one for one in candidates if name in (None, one.name)), None)

    def new_name(self, predecessor: str, given: str | None) -> str:
        """The name of a new execution."""
        short = predecessor.rpartition("/")[2]
        name = given
        while name is None or (given is None and name in self.executions):
            self._numbers[short] = self._numbers.get(short, 0) + 1
            name = f"{short}-{self._numbers[short]}"
        if name in self.executions:
            hint = "name it otherwise, or write repeat or redriven"
            raise UnknownNameError(ScenarioCode.EXECUTION_TAKEN, f"an execution {quoted(name)} was reported before", hint)
        return name


def _slots(plans: dict[str, Plan]) -> list[tuple[str, Predecessor]]:
    return [(plan.join, one) for plan in plans.values() for one in plan.predecessors]


def _near(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = get_close_matches(name[:64], names, n=1)
    if near:
        return f"did you mean {near[0]}?"
    return f"known here: {', '.join(names[:_SHOWN])}" if names else "there is none yet"
