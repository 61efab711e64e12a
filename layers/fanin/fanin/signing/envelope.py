"""The EventBridge event around a release, read from the text that the queue held: steps `caps` and `event`.

Members that EventBridge may add are let through, the ones that matter must have their exact types. The detail is ours, so it holds
exactly `v`, `data` and `sig`. Nothing here is believed yet: account and source are EventBridge's word, the rest is the sender's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from fanin.signing.release_event import RELEASE_VERSION
from fanin.signing.strict_json import JsonError, JsonValue, parse_strict
from fanin.signing.verification_failure import failure

MAX_BODY_BYTES = 786_432
"""Three times the 256 KB of the largest event: a bus that writes every character as \\uXXXX makes it no longer than that."""

MAX_BODY_DEPTH = 16
"""Envelope, detail, data, predecessors, slot, outputDetails are six; outputs travel as strings."""

_CODES = {
    "json-too-large": "release-too-large",
    "json-too-deep": "release-too-deep",
    "json-not-utf8": "release-not-utf8",
    "json-lone-surrogate": "release-lone-surrogate",
    "json-malformed": "release-malformed",
    "json-duplicate-key": "release-duplicate-member",
    "json-float": "release-float",
    "json-number-too-long": "release-number",
    "json-number-not-finite": "release-number",
}


@dataclass(frozen=True, slots=True)
class Envelope:
    """An unverified release. `signature` is the compact JWS; neither it nor `data` is for any log, so `repr` leaves them out."""

    account: str
    source: str
    detail_type: str
    data: dict[str, JsonValue] = field(repr=False)
    signature: str = field(repr=False)


def parse_envelope(body: str | bytes) -> Envelope:
    """Return the envelope in `body`, the whole event as JSON text, at most 768 KiB and 16 deep.

    Raises VerificationError with a code of step `caps` or `event`.
    """
    try:
        event = parse_strict(body, max_bytes=MAX_BODY_BYTES, max_depth=MAX_BODY_DEPTH)
    except JsonError as error:
        raise failure(_CODES[error.code], error.message) from error
    if not isinstance(event, dict):
        raise failure("release-event-shape", "the event is not a JSON object.")
    detail = event.get("detail")
    if not isinstance(detail, dict):
        raise failure("release-event-shape", "the event has no detail object.")
    data, signature = _detail(detail)
    return Envelope(
        account=_text(event, "account"),
        source=_text(event, "source"),
        detail_type=_text(event, "detail-type"),
        data=data,
        signature=signature,
    )


def _detail(detail: dict[str, JsonValue]) -> tuple[dict[str, JsonValue], str]:
    version, data, signature = detail.get("v"), detail.get("data"), detail.get("sig")
    # A later version may look different altogether, so it is asked first.
    if type(version) is not int or version != RELEASE_VERSION:
        raise failure("release-version", f"this starter reads releases of version {RELEASE_VERSION}; update it before the hub.")
    if not isinstance(signature, str) or not signature:
        raise failure("release-unsigned", "detail.sig is missing or is not a string.")
    if not isinstance(data, dict) or len(detail) != len(("v", "data", "sig")):
        raise failure("release-detail-members", "detail holds exactly v, an object data, and sig.")
    return data, signature


def _text(event: dict[str, JsonValue], name: str) -> str:
    if not isinstance(event.get(name), str):
        raise failure("release-event-shape", f"the event has no string {name}.")
    return cast("str", event[name])
