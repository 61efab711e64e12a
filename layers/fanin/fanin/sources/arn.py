"""Amazon Resource Names, in every partition.

`arn:<partition>:<service>:<region>:<account>:<resource>`; see "Amazon Resource Names" in the AWS General Reference.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from fanin.domain.errors import RejectedError

MAX_ARN_BYTES = 1024  # AWS's own are under 300; an ARN becomes part of a key of the table, which holds 2,048 bytes

_PARTS = 6
_PARTITIONS = (  # by the beginning of a Region's name
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("us-iso-", "aws-iso"),
    ("eu-isoe-", "aws-iso-e"),
    ("eusc-", "aws-eusc"),
)


class Arn(NamedTuple):
    """An ARN in its six parts; `resource` keeps its own colons and slashes."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse_arn(text: str) -> Arn:
    """The parts of an ARN; RejectedError `arn-invalid` for anything else."""
    parts = text.split(":", _PARTS - 1) if len(text.encode()) <= MAX_ARN_BYTES else []
    if len(parts) != _PARTS or parts[0] != "arn" or not all((parts[1], parts[2], parts[5])):
        raise RejectedError("arn-invalid", "an ARN in the event is not arn:partition:service:region:account:resource")
    return Arn(*parts[1:])


known_arn = lru_cache(maxsize=1024)(parse_arn)
"""`parse_arn` of what many events name: the source that they are all of, not the execution."""


def partition_of(region: str) -> str:
    """The partition that a Region is in, for events that have no ARN ("AWS General Reference", endpoints.json of the SDKs)."""
    return next((partition for beginning, partition in _PARTITIONS if region.startswith(beginning)), "aws")
