"""The codes of what lint finds and of what it cannot read. The values are public, documented in docs/cli.md: never rename one."""

from __future__ import annotations

from enum import StrEnum


class LintCode(StrEnum):
    """Every code a finding can have."""

    FIRE_AND_FORGET = "fire-and-forget"
    MESSAGE_SENT = "message-sent"
    KEY_NOT_PASSED = "key-not-passed"
    TASK_TOKEN = "task-token"  # noqa: S105  # the name of a way to wait, not a secret
    TOKEN_WITHOUT_TIMEOUT = "token-without-timeout"  # noqa: S105  # likewise
    FAILURE_CAUGHT = "failure-caught"
    FAILURES_TOLERATED = "failures-tolerated"
    EXPRESS = "express"


class MachineCode(StrEnum):
    """Every code of a state machine's definition that cannot be read."""

    NOT_JSON = "asl-not-json"
    TOO_DEEP = "asl-too-deep"
    DUPLICATE_NAME = "asl-duplicate-name"
    NO_STATES = "asl-no-states"
    TOO_MANY_STATES = "asl-too-many-states"
