"""What a Task state calls, out of its Resource: service, action and the way to wait.

"Discover service integration patterns in Step Functions" in its developer guide: without a suffix the state ends with the HTTP response,
with `.sync` when the job ends, with `.waitForTaskToken` when somebody returns the token. An `aws-sdk` integration has no `.sync`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_INTEGRATION = re.compile(
    r"arn:.{1,40}?:states:::(?P<sdk>aws-sdk:)?(?P<service>[a-z0-9-]+):(?P<action>\w+)"
    r"(?:\.(?P<wait>sync|waitForTaskToken)(?::2)?)?"
)
_LEGACY_FUNCTION = re.compile(r"arn:[^:]+:lambda:[^:]*:[^:]*:function:.+")
# The SDK's names for what optimized integrations name otherwise.
_SERVICES = {
    "sfn": "states",
    "eventbridge": "events",
    "emr": "elasticmapreduce",
    "emrcontainers": "emr-containers",
    "emrserverless": "emr-serverless",
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an integrated service. `api` is `service:action` in the names of optimized integrations, `text` as it was written."""

    api: str
    text: str
    wait: str | None

    @property
    def waits(self) -> bool:
        """Whether the state ends with the work (or by the token) and not with the answer."""
        return self.wait is not None


def call_of(resource: str) -> Call | None:
    """The call of a Resource; None for what calls no integrated service: an activity, or a text that a template fills in."""
    if _LEGACY_FUNCTION.fullmatch(resource):
        return Call("lambda:invoke", "lambda:invoke", None)
    found = _INTEGRATION.fullmatch(resource)
    if found is None:
        return None
    service = found["service"]
    api = f"{_SERVICES.get(service, service) if found['sdk'] else service}:{found['action']}"
    return Call(api, resource.partition(":states:::")[2], found["wait"])
