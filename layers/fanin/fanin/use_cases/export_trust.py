"""Export trust: the document a successor pins, with the hub's public key bound to its issuer and account."""

from __future__ import annotations

from dataclasses import dataclass

from fanin.domain.release import JsonValue
from fanin.ports import Signer


@dataclass(frozen=True, slots=True)
class ExportTrust:
    """What the viewer tells of the hub's own key."""

    signer: Signer
    issuer: str
    account: str

    def __call__(self) -> dict[str, JsonValue]:
        """A trust document (schemas/trust.schema.json) that allows every target; a successor narrows it."""
        entry: dict[str, JsonValue] = {
            "jwk": dict(self.signer.public_jwk()),
            "iss": self.issuer,
            "accounts": [self.account],
            "targets": ["*"],
        }
        return {"v": 1, "keys": {self.signer.kid(): entry}}
