"""Which states can come after which, over a whole state machine: into nested states, and behind the state around them at their end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fanin.definitions.problems import Path
from fanin_cli.lint.calls import call_of
from fanin_cli.lint.machines import Machine, Scope, State

# The good end of the execution: no state has this path.
GOOD_END: Path = ()


class Ways:
    """The ways through one state machine, worked out once."""

    def __init__(self, machine: Machine) -> None:
        self._states = {state.path: state for state in machine.states()}
        self._after = {path: list(_after(state, caught=True)) for path, state in self._states.items()}
        self._planned = {path: list(_after(state, caught=False)) for path, state in self._states.items()}
        self._before_planned = _turned(self._planned)
        self._can_end_well = _reached([GOOD_END], _turned(self._after))
        self._before_looks: dict[frozenset[str], set[Path]] = {}

    def can_succeed(self, state: State, *, without: State) -> bool:
        """Whether a way from a state leads to a good end of the execution that does not pass `without`, which would be another try."""
        if state.path not in self._can_end_well:
            return False
        return GOOD_END in _reached([state.path], self._after, stop=without.path)

    def asks_again_and_again(self, state: State, looks: frozenset[str]) -> bool:
        """Whether a state with one of these calls comes after a state, in a circle and not on a failure's way."""
        if looks not in self._before_looks:
            asking = [path for path, one in self._states.items() if _api(one) in looks]
            circling = [path for path in asking if path in _reached(self._planned[path], self._planned)]
            self._before_looks[looks] = _reached(circling, self._before_planned)
        return state.path in self._before_looks[looks]


def _api(state: State) -> str | None:
    call = call_of(state.resource)
    return call.api if call else None


def _turned(after: Mapping[Path, list[Path]]) -> dict[Path, list[Path]]:
    before: dict[Path, list[Path]] = {}
    for path, following in after.items():
        for one in following:
            before.setdefault(one, []).append(path)
    return before


def _after(state: State, *, caught: bool) -> Iterable[Path]:
    for one in state.following(caught=caught):
        yield one.path
    for scope in state.inner():
        start = scope.states.get(scope.start)
        if start is not None:
            yield start.path
    if state.ends:
        yield from _behind(state.scope)


def _behind(scope: Scope) -> Iterable[Path]:
    """What comes after a good end of a scope: of a branch or an item what comes after the state around it."""
    if scope.around is None:
        yield GOOD_END
        return
    for one in scope.around.following(caught=False):
        yield one.path
    if scope.around.ends:
        yield from _behind(scope.around.scope)


def _reached(start: Iterable[Path], after: Mapping[Path, list[Path]], *, stop: Path | None = None) -> set[Path]:
    """Everything that can be reached, the start with it; `stop` is not gone through."""
    seen: set[Path] = set()
    ahead = list(start)
    while ahead:
        at = ahead.pop()
        if at not in seen and at != stop:
            seen.add(at)
            ahead += after.get(at, [])
    return seen
