"""Export trust: the document a successor pins, with every key that the hub publishes bound to its issuer and account."""

from __future__ import annotations

from fanin.composed import composed
from fanin.domain.release import JsonValue
from fanin.ports import Signer
from fanin.use_cases.view_keys import PublishedKeys


@composed
class ExportTrust:
    """What the viewer tells of the hub's own keys."""

    keys: PublishedKeys
    issuer: str
    account: str

    def __call__(self) -> dict[str, JsonValue]:
        """A trust document (schemas/trust.schema.json) that allows every target; a successor narrows it."""
        return {"v": 1, "keys": {key.kid(): self._entry(key) for key in self.keys.all}}

    def _entry(self, key: Signer) -> JsonValue:
        return {"jwk": dict(key.public_jwk()), "iss": self.issuer, "accounts": [self.account], "targets": ["*"]}
