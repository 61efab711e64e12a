"""What was found by asking a source, on its way to the collector: `{"v": 1, "found": {...}}`, written and read here.

Only our own roles may send such a message, and it is read as if anybody did. It says that an execution ended, not what it said: texts that
a completion needs are asked for when it is collected, except small ones that were known already.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fanin.domain.arrival import MAX_EXECUTION_ID_BYTES, MAX_MS
from fanin.domain.asking import ASKED_KINDS
from fanin.domain.completion import Completion, Source, Status
from fanin.domain.errors import RejectedError
from fanin.sources.arn import MAX_ARN_BYTES, parse_arn

if TYPE_CHECKING:
    from fanin.signing.strict_json import JsonValue

MAX_INPUT_BYTES = 16_384  # ten of them fit into a batch of the queue many times over

_MEMBERS = frozenset({"kind", "source", "id", "arn", "status", "startedAt", "stoppedAt", "input"})
_KINDS = {kind.value: kind for kind in ASKED_KINDS}
_STATUSES = {status.value: status for status in Status}


def found_message(completion: Completion) -> str:
    """The message for a completion."""
    text = completion.input if completion.input is not None and len(completion.input.encode()) <= MAX_INPUT_BYTES else None
    found = {
        "kind": completion.source.kind.value,
        "source": completion.source.arn,
        "id": completion.execution_id,
        "arn": completion.execution_arn,
        "status": completion.status.value,
        "startedAt": completion.started_at_ms,
        "stoppedAt": completion.reported_at_ms if completion.stopped_at_ms is None else completion.stopped_at_ms,
        "input": text,
    }
    return json.dumps({"v": 1, "found": found})


def completion_of(value: JsonValue) -> Completion:
    """The completion in a message; RejectedError `found-malformed`, or `arn-invalid`, for whatever this deployment would not write."""
    if not isinstance(value, dict) or value.keys() != _MEMBERS:
        raise RejectedError("found-malformed", "what was found does not have exactly the members that it must have")
    kind, status = _KINDS.get(_text(value, "kind")), _STATUSES.get(_text(value, "status"))
    if kind is None or status is None:
        raise RejectedError("found-malformed", "the kind of what was found is none that is asked, or its status none that there is")
    arn, text = parse_arn(_text(value, "source")), value["input"]
    if text is not None and (not isinstance(text, str) or len(text.encode("utf-8", "surrogatepass")) > MAX_INPUT_BYTES):
        raise RejectedError("found-malformed", "the input of what was found is not a short text")
    stopped_at_ms = _moment(value, "stoppedAt")
    return Completion(
        source=Source(kind, _text(value, "source")),
        account=arn.account,
        region=arn.region,
        execution_id=_text(value, "id", MAX_EXECUTION_ID_BYTES),
        execution_arn=_text(value, "arn"),
        status=status,
        reported_at_ms=stopped_at_ms,
        started_at_ms=None if value["startedAt"] is None else _moment(value, "startedAt"),
        stopped_at_ms=None if status is Status.RUNNING else stopped_at_ms,
        input=text,
        input_included=text is not None,
        output=None,
        output_included=False,
    )


def _text(members: Mapping[str, JsonValue], name: str, max_bytes: int = MAX_ARN_BYTES) -> str:
    value = members[name]
    if not isinstance(value, str) or not 0 < len(value.encode("utf-8", "surrogatepass")) <= max_bytes:
        raise RejectedError("found-malformed", f"the {name} of what was found is missing, too long or not a string")
    return value


def _moment(members: Mapping[str, JsonValue], name: str) -> int:
    value = members[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_MS:
        raise RejectedError("found-malformed", f"the {name} of what was found is not a time in whole milliseconds")
    return value
