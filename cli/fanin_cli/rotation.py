"""A rotation of the hub's signing key: where it stands, and what comes next. Pure: the hub's answer, the pinned documents and a time in.

    one key --deploy--> next published --pinned everywhere, deploy--> it signs --a day, all acknowledged, deploy--> one key

A step never undoes another, and asking twice answers twice the same. What would lose a release is told as not yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from fanin.signing.claims import EXPIRY_S
from fanin.signing.trust import TrustDocument

SETTLES_S = 900
"""How long a container of before the switch may still sign: the longest that Lambda lets an invocation run."""

RETIRE_AFTER_S = EXPIRY_S + SETTLES_S
_FOLLOWING = {"A": "A-then-B", "A-then-B": "B-after-A", "B-after-A": "B", "B": "B-then-A", "B-then-A": "A-after-B", "A-after-B": "A"}


class Step(StrEnum):
    """The next thing to do."""

    PUBLISH = "publish"
    PIN = "pin"
    SWITCH = "switch"
    WAIT = "wait"
    RETIRE = "retire"
    UNPIN = "unpin"


@dataclass(frozen=True, slots=True)
class HubKeys:
    """What the hub says of its keys: `kid`s, the time (epoch ms) since when the one that signs was noted to, releases without a receipt."""

    arrangement: str
    signing: str
    following: str | None
    previous: str | None
    signing_since_ms: int | None
    unacknowledged: Mapping[str, int]
    complete: bool

    @property
    def following_arrangement(self) -> str:
        """The parameter's value for the next deployment; the one there is for one that this release does not know."""
        return _FOLLOWING.get(self.arrangement, self.arrangement)


@dataclass(frozen=True, slots=True)
class Pinned:
    """A successor's trust document, and the name it was given by."""

    name: str
    document: TrustDocument


@dataclass(frozen=True, slots=True)
class Rotation:
    """The next step, whether it may be taken now, and why not: documents that lack keys, or a time to wait for and releases under way."""

    step: Step
    ready: bool
    lacking: tuple[tuple[str, str], ...] = ()
    superfluous: tuple[tuple[str, str], ...] = ()
    not_before_ms: int | None = None
    waiting: int = 0


def rotation(keys: HubKeys, pinned: Sequence[Pinned], now_ms: int) -> Rotation:
    """Where the rotation stands, by the documents that successors pin (none given: what they pin is not known)."""
    published = [kid for kid in (keys.signing, keys.following) if kid is not None]
    lacking = tuple((one.name, kid) for one in pinned for kid in published if one.document.find(kid) is None)
    if keys.following is not None:
        return Rotation(Step.PIN, ready=True, lacking=lacking) if lacking or not pinned else Rotation(Step.SWITCH, ready=True)
    if lacking:
        # Whatever else is going on: these successors refuse what is being signed.
        return Rotation(Step.PIN, ready=True, lacking=lacking)
    if keys.previous is not None:
        return _retiring(keys, now_ms)
    superfluous = tuple((one.name, kid) for one in pinned for kid in _others(one.document, keys.signing))
    return Rotation(Step.UNPIN, ready=True, superfluous=superfluous) if superfluous else Rotation(Step.PUBLISH, ready=True)


def _retiring(keys: HubKeys, now_ms: int) -> Rotation:
    since_ms = now_ms if keys.signing_since_ms is None else keys.signing_since_ms
    not_before_ms = since_ms + RETIRE_AFTER_S * 1000
    # What was sent before the hub noted its keys may be the previous key's as well.
    waiting = sum(number for kid, number in keys.unacknowledged.items() if kid != keys.signing)
    ready = now_ms >= not_before_ms and not waiting and keys.complete
    return Rotation(Step.RETIRE if ready else Step.WAIT, ready=ready, not_before_ms=not_before_ms, waiting=waiting)


def _others(document: TrustDocument, signing: str) -> list[str]:
    """The other keys that a document pins for the issuer of the one that signs: they are of no use any more."""
    key = document.find(signing)
    return [one.kid for one in document.keys if key is not None and one.iss == key.iss and one.kid != signing]
