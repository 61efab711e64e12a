"""Requests that AWS refuses and MiniStack takes: an UpdateExpression whose paths overlap, a raw message that is too long to sign."""

import base64
import re
from itertools import combinations
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import dynamodb, kms

_MAX_RAW_BYTES = 4096
_OVERLAP = (
    "Invalid UpdateExpression: Two document paths overlap with each other; "
    "must remove or rewrite one of these paths; path one: [{}], path two: [{}]"
)
_CLAUSE = re.compile(r"(?<![#:\w])(SET|REMOVE|ADD|DELETE)(?!\w)", re.IGNORECASE)
_PARENTHESES = re.compile(r"\([^()]*\)")


def install() -> None:
    dynamodb._update_item = _without_overlap(dynamodb._update_item)
    dynamodb._transact_write_items = _each_without_overlap(dynamodb._transact_write_items)
    kms._sign = _of_short_message(kms._sign)


def _without_overlap(update: Any) -> Any:
    def updated(request: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        return _overlap(request) or update(request, *args, **kwargs)

    return updated


def _each_without_overlap(transact: Any) -> Any:
    def transacted(request: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        updates = (item["Update"] for item in request.get("TransactItems", []) if "Update" in item)
        refusals = (refusal for update in updates if (refusal := _overlap(update)))
        return next(refusals, None) or transact(request, *args, **kwargs)

    return transacted


def _overlap(request: dict[str, Any]) -> Any:
    names = request.get("ExpressionAttributeNames") or {}
    for one, two in combinations(paths(request.get("UpdateExpression") or "", names), 2):
        if one == two or one.startswith((f"{two}.", f"{two}[")) or two.startswith((f"{one}.", f"{one}[")):
            return error_response_json("ValidationException", _OVERLAP.format(one, two), 400)
    return None


def paths(expression: str, names: dict[str, str]) -> list[str]:
    """The document paths that an UpdateExpression writes, with its placeholders resolved."""
    while _PARENTHESES.search(expression):
        expression = _PARENTHESES.sub("", expression)
    _, *parts = _CLAUSE.split(expression)
    targets = [re.split(r"[=\s]", part.strip())[0] for clause in parts[1::2] for part in clause.split(",")]
    return [re.sub(r"#\w+", lambda found: names.get(found[0], found[0]), target) for target in targets]


def _of_short_message(sign: Any) -> Any:
    def signed(request: dict[str, Any]) -> Any:
        raw = request.get("MessageType", "RAW") == "RAW"
        if raw and len(base64.b64decode(request.get("Message", ""))) > _MAX_RAW_BYTES:
            text = "Value at 'message' failed to satisfy constraint: Member must have length less than or equal to 4096"
            return error_response_json("ValidationException", f"1 validation error detected: {text}", 400)
        return sign(request)

    return signed
