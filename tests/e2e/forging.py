"""Releases signed by a key that the second successor trusts and these tests hold, so that everything but one thing is right."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fanin.signing.canonical_json import canonical_json
from fanin.signing.claims import delivery_jti, issue_claims, subject
from tests.e2e.deployment import AUDIT, OTHER_BUS, UNLISTED, issuer
from tests.unit.signing.keys import OTHER_HUB_KEY, SoftwareKey
from tests.unit.signing.releases import event_body, token_of


def data_of(key: str, **changes: Any) -> dict[str, Any]:
    """What a release of the join `forged` tells its successor."""
    return {
        "v": 1,
        "join": "forged",
        "key": key,
        "attempt": 1,
        "outcome": "released",
        "reason": "satisfied",
        "releasedAt": time.time_ns() // 1_000_000,
        "planVersion": 1,
        "predecessors": {},
        **changes,
    }


def claims_of(data: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """The claims of another hub, in an account that only the second successor knows; `jti` follows the changes."""
    claims = issue_claims(
        iss=issuer(UNLISTED),
        aud=OTHER_BUS,
        sub=subject(data["join"], data["attempt"], data["outcome"], data["key"]),
        tgt=AUDIT,
        data_canonical=canonical_json(dict(data)),
        now_epoch_s=int(time.time()),
    )
    members = {**asdict(claims), **changes}
    if "jti" not in changes:
        members["jti"] = delivery_jti(*(str(members[name]) for name in ("iss", "aud", "sub", "tgt")))
    return members


def release(data: Mapping[str, Any], claims: Mapping[str, Any] | None = None, key: SoftwareKey = OTHER_HUB_KEY, **members: str) -> str:
    """The event, as the second successor's releases queue would hold it."""
    token = token_of(claims_of(data) if claims is None else claims, key=key)
    envelope = {name.replace("_", "-"): value for name, value in members.items()}
    return event_body(json.dumps({"v": 1, "data": data, "sig": token}), **{"account": UNLISTED, **envelope})
