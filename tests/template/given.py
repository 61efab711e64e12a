"""What several tests give to a template, and how they look at what comes of it."""

from __future__ import annotations

from typing import Any

EVERY_KIND = "stepfunctions,ecs,glue,batch,codebuild,lambda,join"
HUB_BUS = "arn:aws:events:us-east-1:111111111111:event-bus/fanin"
MACHINE = "arn:aws:states:us-east-1:222222222222:stateMachine:daily-close"


def variables(resources: dict[str, Any], function: str) -> dict[str, str]:
    """The environment of a function."""
    found: dict[str, str] = resources[function]["Environment"]["Variables"]
    return found
