"""Print an event of this directory as if it happened now: python events/now.py events/collector/succeeded.json

The events are written around one moment, and the functions refuse what is old: completions after 20 days, releases after 25 hours. Every
time is moved by as much as has passed since that moment. The token of a release is issued again, by the key that had issued it: new
times, a new digest if the old one fitted the data, and everything else as it was, so that a tampered release stays one.

The two secrets below are here for everybody to read. Pin their keys nowhere but on your own machine.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from fanin.signing.base64url import decode_base64url, encode_base64url
from fanin.signing.canonical_json import canonical_json, digest_b64url
from fanin.signing.ecdsa_signature import raw_from_der

MOMENT = datetime(2026, 3, 31, 19, tzinfo=UTC)
TRUST = Path(__file__).parent / "starter" / "trust.json"
_PINNED_SECRET, _STRANGERS_SECRET = 20_260_331, 666
_EPOCH_MS = re.compile(r"\b1774[0-9]{9}\b")
_ISO = re.compile(r"2026-03-31T[0-9]{2}:[0-9]{2}:[0-9]{2}(?=(\.[0-9]{3})?Z)")
_IN_WORDS = re.compile(r"Mar 31, 2026 [0-9]{1,2}:[0-9]{2}:[0-9]{2} [AP]M")  # CodeBuild's way
_WORDS = "%b %d, %Y %I:%M:%S %p"


def stamped(text: str, now: datetime) -> dict[str, Any]:
    """The event in `text`, moved from its moment to `now`, a time with whole seconds."""
    by = now - MOMENT
    event: dict[str, Any] = json.loads(_moved(text, by))
    for record, before in zip(event.get("Records", []), json.loads(text).get("Records", []), strict=True):
        if '"sig"' in before["body"]:
            record["body"] = _issued_again(json.loads(before["body"]), json.loads(record["body"]), by)
    return event


def _moved(text: str, by: timedelta) -> str:
    text = _EPOCH_MS.sub(lambda found: str(int(found[0]) + by // timedelta(milliseconds=1)), text)
    text = _IN_WORDS.sub(lambda found: f"{datetime.strptime(found[0], _WORDS).replace(tzinfo=UTC) + by:{_WORDS}}", text)
    return _ISO.sub(lambda found: f"{datetime.fromisoformat(found[0]) + by:%Y-%m-%dT%H:%M:%S}", text)


def _issued_again(before: dict[str, Any], after: dict[str, Any], by: timedelta) -> str:
    header, claims = (json.loads(decode_base64url(segment)) for segment in before["detail"]["sig"].split(".")[:2])
    if claims["dig"] == _digest(before["detail"]["data"]):
        claims["dig"] = _digest(after["detail"]["data"])
    for name in ("iat", "exp"):
        claims[name] += by // timedelta(seconds=1)
    message = ".".join(encode_base64url(canonical_json(part)) for part in (header, claims))
    signature = _private_key(header["kid"]).sign(message.encode(), ec.ECDSA(hashes.SHA256()))
    after["detail"]["sig"] = f"{message}.{encode_base64url(raw_from_der(signature))}"
    return json.dumps(after)


def _digest(data: dict[str, Any]) -> str:
    return digest_b64url(canonical_json(data))


def _private_key(kid: str) -> ec.EllipticCurvePrivateKey:
    pinned = json.loads(TRUST.read_text(encoding="utf-8"))["keys"]
    return ec.derive_private_key(_PINNED_SECRET if kid in pinned else _STRANGERS_SECRET, ec.SECP256R1())


if __name__ == "__main__":
    written = Path(sys.argv[1]).read_text(encoding="utf-8")
    json.dump(stamped(written, datetime.now(UTC).replace(microsecond=0)), sys.stdout, indent=2)
