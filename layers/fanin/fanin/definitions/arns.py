"""The ARNs a definition gives: exact, unqualified, in any partition.

A source is compared with what an event says letter by letter, so an ARN that could mean several things is refused, not interpreted.
Forms: "Actions, resources, and condition keys" of each service in the Service Authorization Reference; names: CreateStateMachine,
CreateEventBus, CreateCluster, CreateJob, CreateJobQueue, CreateProject and CreateFunction in their API references.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from fanin.definitions.problems import Code, RefusedValueError, quoted

_PARTITION = r"aws(?:-[a-z]+)*"
_REGION = r"[a-z]{2,5}(?:-[a-z]+)+-[0-9]{1,2}"
_STATE_MACHINE_NAME = r"""[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}"""
_ACCOUNT_DIGITS = 12


class ArnForm(NamedTuple):
    """One kind of ARN: what it is of, and how its service and resource are spelled. `qualified`: what AWS may put behind it."""

    what: str
    service: str
    prefix: str
    name: str
    qualified: str | None = None

    @property
    def pattern(self) -> str:
        """The whole ARN, as a regular expression that is one of JSON Schema too."""
        return rf"^arn:{_PARTITION}:{self.service}:{_REGION}:[0-9]{{12}}:{self.prefix}{self.name}$"

    @property
    def shape(self) -> str:
        """The whole ARN, for people."""
        return f"arn:aws:{self.service}:<region>:<account>:{self.prefix}<name>"

    def checked(self, text: str) -> str:
        """The text if it is such an ARN; RefusedValueError says what is wrong with it."""
        _refuse_wildcard(text)
        _refuse_account(text)
        if re.fullmatch(self.pattern, text):
            return text
        unqualified, _, qualifier = text.rpartition(":")
        if self.qualified is not None and re.fullmatch(self.pattern, unqualified):
            hint = f"write {unqualified}; executions of every {self.qualified} count"
            raise RefusedValueError(Code.ARN_QUALIFIED, f"{quoted(qualifier)} at the end is a {self.qualified}", hint)
        raise RefusedValueError(Code.ARN_INVALID, f"{quoted(text)} is not the ARN of {self.what}", f"write {self.shape}")


STATE_MACHINE = ArnForm("a state machine", "states", "stateMachine:", _STATE_MACHINE_NAME, "version or alias")
BUS = ArnForm("an event bus", "events", "event-bus/", "[A-Za-z0-9._-]{1,256}")
CLUSTER = ArnForm("an ECS cluster", "ecs", "cluster/", "[A-Za-z0-9_-]{1,255}")
GLUE_JOB = ArnForm("a Glue job", "glue", "job/", "[^:/*?\\u0000-\\u001f\\u007f-\\u009f]{1,255}")
JOB_QUEUE = ArnForm("a Batch job queue", "batch", "job-queue/", "[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
PROJECT = ArnForm("a CodeBuild project", "codebuild", "project/", "[A-Za-z0-9][A-Za-z0-9_-]{1,254}")
FUNCTION = ArnForm("a Lambda function", "lambda", "function:", "[A-Za-z0-9_-]{1,140}", "version or alias")

STATE_MACHINE_PATTERN = STATE_MACHINE.pattern
BUS_PATTERN = BUS.pattern


def state_machine_arn(text: str) -> str:
    """The ARN of a Standard state machine, without version or alias (an ARN does not tell Express from Standard)."""
    parts = text.split(":")
    if len(parts) > 5 and parts[5] in ("execution", "express"):
        raise RefusedValueError(Code.ARN_INVALID, "this is the ARN of an execution", f"name its state machine: {STATE_MACHINE.shape}")
    return STATE_MACHINE.checked(text)


def bus_arn(text: str) -> str:
    """The ARN of an event bus, of any Region and account."""
    return BUS.checked(text)


def account_of(arn: str) -> str:
    """The account in an ARN that was accepted here."""
    return arn.split(":")[4]


def _refuse_wildcard(text: str) -> None:
    if "*" in text or "?" in text:
        raise RefusedValueError(Code.ARN_WILDCARD, f"{quoted(text)} has a wildcard", "name each resource exactly, by an entry of its own")


def _refuse_account(text: str) -> None:
    parts = text.split(":")
    account = parts[4] if parts[0] == "arn" and len(parts) > 5 else ""
    if account.isascii() and account.isdigit() and len(account) != _ACCOUNT_DIGITS:
        hint = f"write {account:0>12} if leading zeros were lost" if len(account) < _ACCOUNT_DIGITS else "write the account's 12 digits"
        raise RefusedValueError(Code.ARN_ACCOUNT, f"the account {quoted(account)} has {len(account)} digits instead of 12", hint)
