"""Keying: the key of a completion by a rule, a pure function of the completion.

Inputs and outputs are text that another account wrote, so everything about it is refused with a code of its own rather than trusted: its
size, its depth, what the expression finds in it, and the characters of the key, which goes into signed subjects and onto terminals.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Literal, NoReturn, assert_never

import jmespath
from jmespath.visitor import TreeInterpreter

from fanin.definitions.windows import day_of_key, window_rule
from fanin.domain.calendar import Calendar, day_after
from fanin.domain.completion import Completion
from fanin.domain.errors import RejectedError
from fanin.domain.plan import KeyKind, KeyRule, Plan
from fanin.domain.run import STREAM_KEY
from fanin.domain.window import Window, WindowBy, WindowUnit

MAX_KEY_BYTES = 256
MAX_INPUT_BYTES = 262_144  # StartExecution takes no more, and an execution returns no more
MAX_NAME_CHARS = 256

# Control characters, line and paragraph separators, marks that reorder text, lone surrogates.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def derive_key(rule: KeyRule, completion: Completion, calendar: Calendar | None = None) -> str:
    """The key of a completion: 1 to 256 bytes of UTF-8 without control characters; `latest` gives the key of the stream.

    `calendar` counts business days; without one they are Monday to Friday. RejectedError (quarantine, never retry): `input-unavailable`,
    `input-too-large`, `input-not-json`, `output-unavailable`, `output-too-large`, `output-not-json`, `detail-unavailable`, `name-too-long`,
    `tags-unavailable`, `tag-absent`, `key-absent`, `key-absent-time`, `key-empty`, `key-not-a-string`, `key-too-long`, `key-reserved`,
    `key-invalid-characters`, `key-not-a-date`, `calendar-exhausted`. Under `input-unavailable`, `output-unavailable` and
    `tags-unavailable` AWS left it out of the event: fetch it and call again.
    """
    match rule.kind:
        case KeyKind.LATEST:
            return STREAM_KEY
        case KeyKind.WINDOW:
            return window_rule(rule).key_of(_moment_ms(rule, completion))
        case _:
            key = _checked(_found(rule, completion))
            return _moved(key, rule, calendar) if rule.offset_days else key


def slot_key(plan: Plan, slot: int, completion: Completion) -> str:
    """The key of a completion for a slot of a plan: by the slot's rule, on the plan's calendar.

    Besides the codes of `derive_key`, RejectedError `key-not-a-window` when the join's key is a window and a predecessor's own rule gives
    what names none: it could meet nothing. A date meets a window of days in either spelling.
    """
    key = derive_key(plan.key_rule(slot), completion, plan.calendar)
    if plan.key.window is None or plan.predecessors[slot].key is None:
        return key
    day = day_of_key(key)
    if day is not None and isinstance(plan.key.window, Window) and plan.key.window.unit is WindowUnit.DAY:
        return day.isoformat()
    window_rule(plan.key).opens_ms(key)
    return key


def given_key(plan: Plan, key: str) -> str:
    """A key that somebody names outright, for a run of a plan; RejectedError as for one that was found in an execution."""
    checked = _checked(key)
    if plan.key.window is not None:
        window_rule(plan.key).opens_ms(checked)
    return checked


def value_in_output(expression: str, completion: Completion) -> object:
    """What a JMESPath finds in an execution's output; RejectedError as for a key that is in it."""
    return _found_in_text(expression, completion.output, completion.output_included, "output")


def _found(rule: KeyRule, completion: Completion) -> object:
    expression = rule.expression or ""
    match rule.kind:
        case KeyKind.INPUT:
            return _found_in_text(expression, completion.input, completion.input_included, "input")
        case KeyKind.OUTPUT:
            return _found_in_text(expression, completion.output, completion.output_included, "output")
        case KeyKind.NAME:
            return _found_in_name(expression, completion.execution_id)
        case KeyKind.DETAIL if completion.detail is None:
            raise RejectedError("detail-unavailable", "the completion came without its event's detail, in which the key is")
        case KeyKind.DETAIL:
            return _searched(expression, completion.detail, "event's detail")
        case KeyKind.TAG:
            return _found_in_tags(expression, completion.tags)
        case KeyKind.WINDOW | KeyKind.LATEST:
            raise ValueError(f"{rule.kind} looks for nothing in an execution")
        case _:
            assert_never(rule.kind)


def _found_in_text(expression: str, text: str | None, included: bool, what: Literal["input", "output"]) -> object:
    if text is None and not included:
        raise RejectedError(f"{what}-unavailable", f"the event came without the execution's {what}, in which the key is")
    if text is None:
        raise RejectedError("key-absent", f"the execution has no {what}, in which the key should be")
    return _searched(expression, _parsed(text, what), f"execution's {what}")


def _searched(expression: str, value: object, what: str) -> object:
    return found_by(expression, value, "key-not-a-string", what)


def found_by(expression: str, value: object, code: str, what: str) -> object:
    """What a JMESPath expression finds in a value; RejectedError `code` when it cannot be evaluated on it."""
    try:
        found = _expression(expression)(value)
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        # A JMESPathError is a ValueError; comparing text with numbers or rounding an infinity raises Python's own.
        raise RejectedError(code, f"the expression {expression[:64]!r} cannot be evaluated on the {what}") from None
    return found


def _found_in_tags(name: str, tags: Mapping[str, str] | None) -> str:
    if tags is None:
        raise RejectedError("tags-unavailable", "the execution's tags, one of which is the key, could not be looked up")
    if name not in tags:
        raise RejectedError("tag-absent", f"the execution has no tag {name[:128]!r}, which is the key")
    return tags[name]


def _moment_ms(rule: KeyRule, completion: Completion) -> int:
    by_start = rule.window is None or rule.window.by is WindowBy.START
    moment_ms = completion.started_at_ms if by_start else completion.stopped_at_ms
    if moment_ms is None:
        what = "start" if by_start else "stop"
        raise RejectedError("key-absent-time", f"the execution's {what} time, which its window depends on, is not known")
    return moment_ms


def _moved(key: str, rule: KeyRule, calendar: Calendar | None) -> str:
    day = day_of_key(key)
    if day is None:
        raise RejectedError("key-not-a-date", "the key found is no date, so it cannot be moved by days")
    day = (calendar or Calendar()).shifted(day, rule.offset_days) if rule.business else day_after(day, rule.offset_days)
    return day.isoformat() if "-" in key else day.isoformat().replace("-", "")


def _found_in_name(pattern: str, name: str) -> object:
    if len(name) > MAX_NAME_CHARS:
        raise RejectedError("name-too-long", f"the execution's name has over {MAX_NAME_CHARS} characters")
    found = _pattern(pattern).search(name)
    return found.group(1) if found else None


def _checked(found: object) -> str:
    if found is None:
        raise RejectedError("key-absent", "the execution has no key: the key's expression or pattern finds nothing in it")
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str):
        raise RejectedError("key-not-a-string", "the key found in the execution is neither a text nor an integer")
    if not found:
        raise RejectedError("key-empty", "the key found in the execution is an empty text")
    if found == STREAM_KEY:
        raise RejectedError("key-reserved", f"the key found in the execution is {STREAM_KEY}, the name of an open run without a key")
    if _UNPRINTABLE.search(found):
        raise RejectedError("key-invalid-characters", "the key found in the execution has control characters or lone surrogates")
    if len(found) * 4 > MAX_KEY_BYTES and len(found.encode()) > MAX_KEY_BYTES:
        raise RejectedError("key-too-long", f"the key found in the execution has over {MAX_KEY_BYTES} bytes")
    return found


@lru_cache(maxsize=1024)
def _expression(text: str) -> Callable[[object], object]:
    # What `search` of the compiled expression does, but that makes an interpreter each time.
    return partial(TreeInterpreter().visit, jmespath.compile(text).parsed)


@lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text)


@lru_cache(maxsize=2)  # one completion is asked for its key once for each join and version that names its source
def _parsed(text: str, what: Literal["input", "output"]) -> object:
    if len(text) * 4 > MAX_INPUT_BYTES and len(text.encode("utf-8", "surrogatepass")) > MAX_INPUT_BYTES:
        raise RejectedError(f"{what}-too-large", f"the execution's {what} has over {MAX_INPUT_BYTES} bytes")
    try:
        parsed: object = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise RejectedError(f"{what}-not-json", f"the execution's {what} is not JSON, or nested too deeply to read") from None
    return parsed


def _refuse_constant(_: str) -> NoReturn:
    raise ValueError("NaN and the infinities are not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
