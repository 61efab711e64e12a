"""Projecting: a JMESPath over the release and the predecessors' outputs, travelling as one JSON text. Pure.

A text, since an output may hold what a release's data must not (floats): `States.StringToJson` makes it JSON again on the other side.
An expression that cannot be evaluated on these outputs projects null: the release is decided, and must go.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

import jmespath
from jmespath.parser import ParsedResult

from fanin.domain.plan import Plan
from fanin.domain.release import Frozen, Output, predecessors_data


def projected(expression: str, plan: Plan, frozen: Frozen, outputs: Mapping[int, Output]) -> Output:
    """The projection's JSON text; in the document, each predecessor's `output` is the value that its text says, where it is JSON."""
    names = {predecessor.name: slot for slot, predecessor in enumerate(plan.predecessors)}
    predecessors = predecessors_data(plan, frozen)
    document = {
        "join": frozen.run.join,
        "key": frozen.run.key,
        "attempt": frozen.attempt,
        "outcome": frozen.outcome.value,
        "reason": frozen.reason,
        "releasedAt": frozen.released_at_ms,
        "predecessors": {name: {**data, "output": _value(outputs.get(names[name]))} for name, data in predecessors.items()},
    }
    text = _search(expression, document)
    return Output(text, len(text.encode()), None)


def _value(output: Output | None) -> object:
    if output is None or output.text is None:
        return None
    try:
        value: object = json.loads(output.text, parse_constant=str)
    except (ValueError, RecursionError):
        return output.text
    return value


def _search(expression: str, document: object) -> str:
    try:
        return json.dumps(_compiled(expression).search(document), separators=(",", ":"))
    except (TypeError, ValueError, ArithmeticError, RecursionError):
        return "null"


@lru_cache(maxsize=256)
def _compiled(expression: str) -> ParsedResult:
    return jmespath.compile(expression)
