"""Print an event of this directory as if it happened now: python events/now.py FILE [KEY]

The events are written around one moment, and the functions refuse what is old: completions after 20 days, releases after 25 hours. Every
time is moved by as much as has passed since that moment. The token of a release is issued again, with the key that had issued it and
with new times, and all its other claims as they were: a digest that did not fit its data still does not.

KEY, when given, replaces the business date, so that the same events make another run.

The two keys below are written here for everybody to read. Pin them nowhere but on your own machine (events/starter/trust.json).
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from fanin.signing.base64url import decode_base64url, encode_base64url
from fanin.signing.canonical_json import canonical_json
from fanin.signing.claims import delivery_jti
from fanin.signing.ecdsa_signature import raw_from_der

MOMENT = datetime(2026, 3, 31, 19, tzinfo=UTC)
KEY = "2026-03-31"
_EPOCH_MS = re.compile(r"\b1774[0-9]{9}\b")
_ISO = re.compile(r"2026-03-31T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DATE = re.compile(r"2026-03-31(?!T)")
_HUB_SECRET, _STRANGER_SECRET = 20_260_331, 666


def moved(text: str, by: timedelta, key: str) -> str:
    """The event's text with every time moved and the business date replaced; tokens are not touched."""
    text = _EPOCH_MS.sub(lambda found: str(int(found[0]) + round(by / timedelta(milliseconds=1))), text)
    text = _ISO.sub(lambda found: f"{datetime.fromisoformat(found[0]) + by:%Y-%m-%dT%H:%M:%SZ}", text)
    return _DATE.sub(lambda _: key, text)


def reissued(body: str, by: timedelta, key: str) -> str:
    """A release's body with a token of now."""
    event = json.loads(body)
    header, claims = (json.loads(decode_base64url(segment)) for segment in event["detail"]["sig"].split(".")[:2])
    data_fits = claims["dig"] == _digest(_unmoved(event["detail"]["data"], by, key))
    for name in ("iat", "exp"):
        claims[name] += round(by.total_seconds())
    claims["sub"] = claims["sub"].replace(KEY, key)
    claims["jti"] = delivery_jti(claims["iss"], claims["aud"], claims["sub"], claims["tgt"])
    if data_fits:
        claims["dig"] = _digest(event["detail"]["data"])
    event["detail"]["sig"] = _token(header, claims)
    return json.dumps(event)


def _unmoved(data: Any, by: timedelta, key: str) -> Any:
    text = json.dumps(data).replace(key, KEY)
    return json.loads(re.sub(r"\b1[0-9]{12}\b", lambda found: str(int(found[0]) - round(by / timedelta(milliseconds=1))), text))


def _digest(data: Any) -> str:
    return encode_base64url(hashlib.sha256(canonical_json(data)).digest())


def _token(header: dict[str, Any], claims: dict[str, Any]) -> str:
    message = ".".join(encode_base64url(canonical_json(part)) for part in (header, claims))
    return f"{message}.{encode_base64url(raw_from_der(private_key(header['kid']).sign(message.encode(), ec.ECDSA(hashes.SHA256()))))}"


def private_key(kid: str) -> ec.EllipticCurvePrivateKey:
    """The written-down key that `kid` names: the one that trust.json pins, or the stranger's."""
    pinned = json.loads((Path(__file__).parent / "starter" / "trust.json").read_text(encoding="utf-8"))["keys"]
    return ec.derive_private_key(_HUB_SECRET if kid in pinned else _STRANGER_SECRET, ec.SECP256R1())


def stamped(text: str, now: datetime, key: str = KEY) -> dict[str, Any]:
    """The event in `text`, as if it happened at `now`."""
    by = now - MOMENT
    event: dict[str, Any] = json.loads(moved(text, by, key))
    for record in event.get("Records", []):
        if '"sig"' in record["body"]:
            record["body"] = reissued(record["body"], by, key)
    return event


if __name__ == "__main__":
    path, *rest = sys.argv[1:]
    json.dump(stamped(Path(path).read_text(encoding="utf-8"), datetime.fromtimestamp(int(time.time()), UTC), *rest), sys.stdout, indent=2)
