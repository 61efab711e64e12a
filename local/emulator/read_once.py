"""What a text alone decides is worked out once: the statements of a policy, the tokens and the grammar of an expression.

MiniStack reads a role's policies several times for each request and an expression several times for each item, and they are always the
same few. Nothing is kept that a change could make stale.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import dynamodb

_KEPT = 4_096


def install() -> None:
    iam_evaluator.parse_policy_document = _of_texts(iam_evaluator.parse_policy_document)
    dynamodb._tokenize = _of_texts(dynamodb._tokenize)
    dynamodb._condition_syntax_error = lru_cache(_KEPT)(dynamodb._condition_syntax_error)


def _of_texts(read: Callable[[Any], list[Any]]) -> Callable[[Any], list[Any]]:
    """`read`, once for each text; what is no text is read each time. The list is the caller's own."""
    known = lru_cache(_KEPT)(read)

    def read_once(given: Any) -> list[Any]:
        return list(known(given)) if isinstance(given, str) else read(given)

    return read_once
