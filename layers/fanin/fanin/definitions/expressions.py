"""Which JMESPath expressions a definition may use: those that parse and stay small; for a key, that can yield a text of the execution.

JMESPath has no loops, but its pieces multiply: each `[@,@]` in a pipe doubles what follows, and `join` repeats its separator. The input is
other accounts' text, so what an expression can build is bounded here, once, instead of at every completion.
Grammar and functions: the JMESPath specification, jmespath.org.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import cast

import jmespath
from jmespath.exceptions import JMESPathError, ParseError
from jmespath.functions import Functions

from fanin.definitions.problems import Code, RefusedValueError, quoted

MAX_EXPRESSION_CHARS = 256
MAX_PROJECTION_CHARS = 2048
MAX_GROWTH = 64  # times the input, which is at most 256 KiB

Node = Mapping[str, object]
_PROJECTIONS = frozenset({"projection", "value_projection", "filter_projection", "flatten"})
_IN_TURN = _PROJECTIONS | {"subexpression", "index_expression", "pipe", "expref", "key_val_pair"}
_NEVER_TEXT = _PROJECTIONS | {"multi_select_list", "multi_select_dict", "slice", "comparator", "not_expression", "expref"}


def key_expression(text: str) -> str:
    """A JMESPath expression that may give a key; RefusedValueError says what is wrong with it."""
    tree = _small(text, MAX_EXPRESSION_CHARS)
    if all(leaf["type"] == "literal" for leaf in _nodes(tree) if not _children(leaf)):
        hint = "a field's name stands without quotes, or in double quotes if it has other characters than letters, digits and '_'"
        raise RefusedValueError(Code.KEY_CONSTANT, f"{quoted(text)} is the same for every execution", hint)
    if _last(tree)["type"] in _NEVER_TEXT:
        hint = "choose one element, as in dates[0], or combine them, as in join('-', [region, date])"
        raise RefusedValueError(Code.KEY_NEVER_TEXT, f"{quoted(text)} never gives a text or an integer", hint)
    return text


def event_path(text: str) -> str:
    """A JMESPath expression that finds something in an event; what it is must be seen there."""
    tree = _small(text, MAX_EXPRESSION_CHARS)
    if all(leaf["type"] == "literal" for leaf in _nodes(tree) if not _children(leaf)):
        raise RefusedValueError(Code.KEY_CONSTANT, f"{quoted(text)} is the same for every event", "name a field, as in detail.state")
    return text


def projection(text: str) -> str:
    """A JMESPath expression that may make a successor's payload out of a release: any JSON value will do."""
    _small(text, MAX_PROJECTION_CHARS)
    return text


def _small(text: str, max_chars: int) -> Node:
    if len(text) > max_chars:
        raise RefusedValueError(Code.TEXT_TOO_LONG, f"the expression has {len(text)} characters", f"use at most {max_chars}")
    tree = _parsed(text)
    for node in _nodes(tree):
        _check_function(node)
    if _growth(tree) > MAX_GROWTH:
        hint = "do not repeat lists of selections or to_string inside one another"
        raise RefusedValueError(Code.JMESPATH_MAY_GROW, f"{quoted(text)} can grow far beyond the input", hint)
    return tree


def _parsed(text: str) -> Node:
    hint = 'see jmespath.org; a field such as business-date is written in double quotes: "business-date"'
    try:
        return cast(Node, jmespath.compile(text).parsed)
    except ParseError as error:
        message = f"{quoted(text)} is not a JMESPath expression: it goes wrong at character {error.lex_position + 1}"
        raise RefusedValueError(Code.BAD_JMESPATH, message, hint) from error
    except (JMESPathError, ValueError, RecursionError) as error:
        raise RefusedValueError(Code.BAD_JMESPATH, f"{quoted(text)} is not a JMESPath expression", hint) from error


def _children(node: Node) -> list[Node]:
    # The children of a slice are its numbers.
    return [child for child in cast(list[object], node["children"]) if isinstance(child, dict)]


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in _children(node):
        yield from _nodes(child)


def _last(node: Node) -> Node:
    """The part of a chain that makes its result."""
    while node["type"] in ("pipe", "subexpression", "index_expression"):
        node = _children(node)[-1]
    return node


def _check_function(node: Node) -> None:
    if node["type"] != "function_expression":
        return
    name, given = str(node["value"]), _children(node)
    spec = Functions.FUNCTION_TABLE.get(name)
    if spec is None:
        raise RefusedValueError(Code.BAD_JMESPATH, f"JMESPath has no function {quoted(name)}", "see jmespath.org for its functions")
    signature = spec["signature"]
    variadic = bool(signature) and bool(signature[-1].get("variadic"))
    if len(given) < len(signature) or (len(given) > len(signature) and not variadic):
        raise RefusedValueError(Code.BAD_JMESPATH, f"{name}() takes {len(signature)} arguments, not {len(given)}")
    if name == "join" and given[0]["type"] != "literal":
        raise RefusedValueError(Code.JMESPATH_MAY_GROW, "join()'s separator comes from the input", "write it out, as in join('-', …)")


def _growth(node: Node) -> int:
    """How many times the size of the input the result can have, from above."""
    parts = [_growth(child) for child in _children(node)]
    match node["type"]:
        case "function_expression" if node["value"] == "map":
            return math.prod(parts)
        case "function_expression" if node["value"] == "to_string":
            return 3 * sum(parts)  # quotes are escaped, and every character beyond ASCII
        case kind if kind in _IN_TURN:
            return math.prod(parts)
        case _:
            return sum(parts) or 1
