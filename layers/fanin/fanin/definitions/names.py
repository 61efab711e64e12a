"""The names a definition gives: joins, predecessors, targets, and those that AWS gives to what has no ARN of its own.

Our names appear in signed subjects, execution names, metrics and commands, so they are plain from the start; the patterns are those of
the JSON Schema too. AWS's: RegisterTaskDefinition of ECS, RegisterJobDefinition of Batch, "Tag naming limits" in the tagging guide.
"""

from __future__ import annotations

import re

from fanin.definitions.problems import Code, RefusedValueError, quoted

JOIN_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,46}[a-z0-9])?$"
PREDECESSOR_PATTERN = r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"
TARGET_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"
FAMILY_PATTERN = r"^[A-Za-z0-9_-]{1,255}$"
JOB_DEFINITION_PATTERN = r"^[A-Za-z0-9_-]{1,128}$"
ACCOUNT_PATTERN = r"^[0-9]{12}$"
REGION_PATTERN = r"^[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}$"
EVENT_TEXT_PATTERN = r"^[^#\u0000-\u001f\u007f-\u009f]{1,128}$"
TAG_PATTERN = r"^[\w .:/=+@-]{1,128}$"

_SLUG = "use a to z, 0 to 9 and '-', starting and ending with a letter or digit, at most {} characters"


def join_name(text: str) -> str:
    """A join's name, 1 to 48 characters; it is the first part of a signed subject, which '/' separates."""
    return _matching(text, JOIN_PATTERN, "a join", _SLUG.format(48))


def predecessor_name(text: str) -> str:
    """A predecessor's name, 1 to 40 characters."""
    return _matching(text, PREDECESSOR_PATTERN, "a predecessor", _SLUG.format(40))


def target_name(text: str) -> str:
    """A target's name, 1 to 64 characters: what the successor account's map is keyed by."""
    return _matching(text, TARGET_PATTERN, "a target", "use A to Z, a to z, 0 to 9, '-' and '_', at most 64 characters")


def family_name(text: str) -> str:
    """The name of a family of ECS task definitions, without revision."""
    return _unrevised(text, FAMILY_PATTERN, "a family of task definitions", 255)


def job_definition_name(text: str) -> str:
    """The name of a Batch job definition, without revision."""
    return _unrevised(text, JOB_DEFINITION_PATTERN, "a job definition", 128)


def tag_name(text: str) -> str:
    """The key of a tag of AWS, 1 to 128 characters."""
    return _matching(text, TAG_PATTERN, "a tag", "use letters, digits, spaces and _ . : / = + - @, at most 128 characters")


def account_id(text: str) -> str:
    """The id of an AWS account."""
    hint = f"write {text:0>12} if leading zeros were lost" if text.isascii() and text.isdigit() and len(text) < 12 else "use 12 digits"
    return _matching(text, ACCOUNT_PATTERN, "an account", hint)


def region_name(text: str) -> str:
    """The name of an AWS Region."""
    return _matching(text, REGION_PATTERN, "a Region", "write it as in us-east-1")


def event_source(text: str) -> str:
    """The source of an event."""
    return _matching(text, EVENT_TEXT_PATTERN, "an event's source", "use at most 128 characters and no '#'")


def event_detail_type(text: str) -> str:
    """The detail-type of an event."""
    return _matching(text, EVENT_TEXT_PATTERN, "an event's detail-type", "use at most 128 characters and no '#'")


def _unrevised(text: str, pattern: str, what: str, longest: int) -> str:
    name, _, revision = text.rpartition("/")[2].rpartition(":")
    if revision.isdigit() and re.fullmatch(pattern, name):
        raise RefusedValueError(Code.NAME_INVALID, f"{quoted(text)} names one revision", f"write {name}; every revision counts")
    return _matching(text, pattern, what, f"use A to Z, a to z, 0 to 9, '-' and '_', at most {longest} characters")


def _matching(text: str, pattern: str, what: str, hint: str) -> str:
    if re.fullmatch(pattern, text) is None:
        raise RefusedValueError(Code.NAME_INVALID, f"{quoted(text)} cannot be the name of {what}", hint)
    return text
