"""The answer to a CloudFormation custom resource: a PUT to the presigned URL in its request.

Shape: "Custom resource response objects" in the CloudFormation user guide. The physical id is the join's name, so a renamed join is a
replacement, and CloudFormation deletes the old one afterwards.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Mapping
from typing import TYPE_CHECKING

from fanin.definitions.problems import where
from fanin.domain.errors import RejectedError

if TYPE_CHECKING:
    from fanin.domain.release import JsonValue

_TIMEOUT_S = 10
_MAX_REASON_CHARS = 1000


def respond(event: Mapping[str, object], answer: Mapping[str, JsonValue]) -> None:
    """Tell CloudFormation how it went; it waits an hour for an answer that never comes, so a refused PUT raises."""
    url = event.get("ResponseURL")
    local = os.environ.get("AWS_ENDPOINT_URL", "")
    if not isinstance(url, str) or not (url.startswith("https://") or (local and url.startswith(local))):
        raise RejectedError("response-url-invalid", "the custom resource's ResponseURL is not an https URL")
    body = {
        "Status": "SUCCESS" if answer["ok"] else "FAILED",
        "Reason": _reason(answer),
        "PhysicalResourceId": _physical_id(event),
        "StackId": event.get("StackId"),
        "RequestId": event.get("RequestId"),
        "LogicalResourceId": event.get("LogicalResourceId"),
    }
    # The presigned URL was signed without a content type.
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": ""}, method="PUT")  # noqa: S310 checked above
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S):  # noqa: S310 checked above
        pass


def _physical_id(event: Mapping[str, object]) -> str:
    properties = event.get("ResourceProperties")
    definition = properties.get("Definition") if isinstance(properties, dict) else None
    join = definition.get("join") if isinstance(definition, dict) else None
    # A definition without a usable name is refused; what CloudFormation then deletes is nothing.
    return str(event.get("PhysicalResourceId") or "fanin-join-none") if not isinstance(join, str) else f"fanin-join-{join[:100]}"


def _reason(answer: Mapping[str, JsonValue]) -> str:
    problems = answer.get("problems")
    if not isinstance(problems, list):
        return "applied"
    return "; ".join(_located(one) for one in problems if isinstance(one, dict))[:_MAX_REASON_CHARS]


def _located(problem: Mapping[str, JsonValue]) -> str:
    path = problem.get("path")
    steps = path if isinstance(path, list) else []
    place = where(tuple(step for step in steps if isinstance(step, str | int)))
    return f"{place}: {problem['message']}" if place else str(problem["message"])
