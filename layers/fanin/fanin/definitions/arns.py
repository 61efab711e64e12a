"""The ARNs a definition gives: exact, unqualified, in any partition.

A source is compared with what an event says letter by letter, so an ARN that could mean several things is refused, not interpreted.
Forms: "Actions, resources, and condition keys" for Step Functions and for EventBridge in the Service Authorization Reference; names:
CreateStateMachine and CreateEventBus in their API references.
"""

from __future__ import annotations

import re

from fanin.definitions.problems import Code, RefusedValueError, quoted

_PARTITION = r"aws(?:-[a-z]+)*"
_REGION = r"[a-z]{2,5}(?:-[a-z]+)+-[0-9]{1,2}"
_STATE_MACHINE_NAME = r"""[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\u0000-\u001f\u007f-\u009f]{1,80}"""
_BUS_NAME = r"[A-Za-z0-9._-]{1,256}"
STATE_MACHINE_PATTERN = rf"^arn:{_PARTITION}:states:{_REGION}:[0-9]{{12}}:stateMachine:{_STATE_MACHINE_NAME}$"
BUS_PATTERN = rf"^arn:{_PARTITION}:events:{_REGION}:[0-9]{{12}}:event-bus/{_BUS_NAME}$"

_STATE_MACHINE_FORM = "arn:aws:states:<region>:<account>:stateMachine:<name>"
_BUS_FORM = "arn:aws:events:<region>:<account>:event-bus/<name>"
_ACCOUNT_DIGITS = 12
_QUALIFIED_PARTS = 8


def state_machine_arn(text: str) -> str:
    """The ARN of a Standard state machine, without version or alias (an ARN does not tell Express from Standard)."""
    _refuse_wildcard(text)
    _refuse_account(text)
    parts = text.split(":")
    unqualified = ":".join(parts[: _QUALIFIED_PARTS - 1])
    if len(parts) == _QUALIFIED_PARTS and re.fullmatch(STATE_MACHINE_PATTERN, unqualified):
        hint = f"write {unqualified}; executions of every version and alias count"
        raise RefusedValueError(Code.ARN_QUALIFIED, f"{quoted(parts[7])} at the end is a version or an alias", hint)
    if len(parts) > 5 and parts[5] in ("execution", "express"):
        raise RefusedValueError(Code.ARN_INVALID, "this is the ARN of an execution", f"name its state machine: {_STATE_MACHINE_FORM}")
    return _matching(text, STATE_MACHINE_PATTERN, "a state machine", _STATE_MACHINE_FORM)


def bus_arn(text: str) -> str:
    """The ARN of an event bus, of any Region and account."""
    _refuse_wildcard(text)
    _refuse_account(text)
    return _matching(text, BUS_PATTERN, "an event bus", _BUS_FORM)


def account_of(arn: str) -> str:
    """The account in an ARN that was accepted here."""
    return arn.split(":")[4]


def _matching(text: str, pattern: str, what: str, form: str) -> str:
    if re.fullmatch(pattern, text) is None:
        raise RefusedValueError(Code.ARN_INVALID, f"{quoted(text)} is not the ARN of {what}", f"write {form}")
    return text


def _refuse_wildcard(text: str) -> None:
    if "*" in text or "?" in text:
        raise RefusedValueError(Code.ARN_WILDCARD, f"{quoted(text)} has a wildcard", "name each resource exactly, by an entry of its own")


def _refuse_account(text: str) -> None:
    parts = text.split(":")
    account = parts[4] if parts[0] == "arn" and len(parts) > 5 else ""
    if account.isascii() and account.isdigit() and len(account) != _ACCOUNT_DIGITS:
        hint = f"write {account:0>12} if leading zeros were lost" if len(account) < _ACCOUNT_DIGITS else "write the account's 12 digits"
        raise RefusedValueError(Code.ARN_ACCOUNT, f"the account {quoted(account)} has {len(account)} digits instead of 12", hint)
