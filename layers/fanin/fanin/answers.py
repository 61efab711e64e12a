"""What the directly invoked functions answer: `{"ok": true, …}`, or `{"ok": false, "problems": […]}`; never a stack trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fanin.domain.errors import FaninError, RejectedError
from fanin.domain.release import JsonValue

if TYPE_CHECKING:
    from fanin.definitions.problems import LabelledProblem

Answer = dict[str, JsonValue]

MAX_TEXT_BYTES = 256


def answered(work: Callable[[], Answer]) -> Answer:
    """The answer of some work, or the one problem that it raised; an error that is not ours propagates to Lambda."""
    try:
        return {"ok": True, **work()}
    except FaninError as error:
        return {"ok": False, "problems": [{"code": error.code, "message": error.message, "label": "", "path": [], "hint": None}]}


def refused(problems: Sequence[LabelledProblem]) -> Answer:
    """The answer that lists problems of definitions, each with where it is."""
    return {"ok": False, "problems": [_problem(one) for one in problems]}


def _problem(one: LabelledProblem) -> JsonValue:
    problem = one.problem
    return {
        "label": one.label,
        "path": list(problem.path),
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
    }


def asked_text(request: Mapping[str, object], name: str) -> str:
    """A member of a request that must be a text of 1 to 256 bytes, as names and keys are; RejectedError `request-invalid`."""
    value = request.get(name)
    if not isinstance(value, str) or not 0 < len(value.encode("utf-8", "surrogatepass")) <= MAX_TEXT_BYTES:
        raise RejectedError("request-invalid", f"the request needs {name}, a text of 1 to {MAX_TEXT_BYTES} bytes")
    return value


def asked_definitions(request: Mapping[str, object]) -> list[tuple[str, Any]]:
    """The definitions in a request, each with its label; RejectedError `request-invalid`."""
    definitions = request.get("definitions")
    if not isinstance(definitions, list) or not all(isinstance(one, dict) for one in definitions):
        raise RejectedError("request-invalid", "definitions must be a list of {label, document}")
    return [(str(one.get("label", "")), one.get("document")) for one in definitions]


def asked_catch_up(request: Mapping[str, object]) -> int | None:
    """How far back a request wants completions looked for, in milliseconds; RejectedError `catch-up-invalid`, None when it does not say."""
    value = request.get("catchUp")
    if value is None:
        return None
    from fanin.definitions.problems import RefusedValueError  # noqa: PLC0415 only an operator that catches up pays for it
    from fanin.definitions.times import catch_up  # noqa: PLC0415 likewise

    try:
        return catch_up(value if isinstance(value, str) else "")
    except RefusedValueError as error:
        raise RejectedError("catch-up-invalid", f"catchUp must be a duration from PT1S to P20D: {error.message}") from None


def unknown_action(action: object, known: Sequence[str]) -> RejectedError:
    """The refusal of an action that does not exist."""
    shown = action if isinstance(action, str) and len(action) < 40 and action.isprintable() else "?"
    return RejectedError("action-unknown", f"there is no action {shown}; there are {', '.join(known)}")
