"""A release as the starter receives it, signed by the local hub's own key, which the local successor trusts.

The data are those of events/starter/release.json, for a key of the caller's choice. It never went through the hub: nothing waits for its
receipt, which the hub quarantines as `receipt-unknown`.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from fanin.adapters.kms_signer import KmsSigner
from fanin.signing.canonical_json import canonical_json
from fanin.signing.claims import issue_claims, subject
from fanin.signing.release_event import release_detail, signing_input
from local.aws import DEFAULT_REGION, LocalAws
from local.landscape import HUB, HUB_NAME, SUCCESSOR_BUS
from local.process import ROOT

_WRITTEN = ROOT / "events" / "starter" / "release.json"


def release_event(aws: LocalAws, key: str) -> dict[str, Any]:
    """The event of the releases queue with one release of daily-close for `key`, good for 25 hours; its input is the same every time."""
    event: dict[str, Any] = json.loads(_WRITTEN.read_text(encoding="utf-8"))
    (record,) = event["Records"]
    envelope = json.loads(record["body"])
    envelope["time"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    envelope["detail"] = json.loads(_signed(aws, envelope["detail"]["data"] | {"key": key}))
    record["body"] = json.dumps(envelope)
    return event


def _signed(aws: LocalAws, data: dict[str, Any]) -> str:
    data_canonical = canonical_json(data)
    claims = issue_claims(
        iss=f"urn:fanin:aws:{DEFAULT_REGION}:{HUB}:{HUB_NAME}",
        aud=SUCCESSOR_BUS,
        sub=subject(data["join"], data["attempt"], data["outcome"], data["key"]),
        tgt=data["join"],
        data_canonical=data_canonical,
        now_epoch_s=int(time.time()),
    )
    signer = KmsSigner(aws.session(HUB).client("kms"), f"alias/{HUB_NAME}-signing")
    signed = signing_input(signer.kid(), claims)
    return release_detail(data_canonical, signed, signer.sign(signed))
