"""Whom a successor believes: pinned public keys, each bound to what it may do.

The document is configuration (`{"v":1,"keys":{"<kid>":{"jwk","iss","accounts","targets"}}}`), parsed strictly: an unknown member,
a wildcard beside a name, a `kid` that is not its key's thumbprint stop the starter instead of being guessed at. No keys at all is
a valid document; it trusts nobody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fanin.domain.errors import ConfigurationError
from fanin.signing.canonical_json import canonical_json
from fanin.signing.jwk import JwkError, PublicJwk, parse_jwk
from fanin.signing.strict_json import JsonError, JsonValue, parse_strict

TRUST_VERSION = 1
ANY_TARGET = "*"
MAX_TRUST_BYTES = 65_536

_MAX_DEPTH = 8
_ISSUER = re.compile(r"urn:fanin:aws[a-z-]*:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9-]{1,128}")
_ACCOUNT = re.compile(r"[0-9]{12}")
_TARGET = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """One pinned key: who signs with it, from which accounts its events come, and which targets it may start."""

    kid: str
    jwk: PublicJwk
    iss: str
    accounts: tuple[str, ...]
    targets: tuple[str, ...]

    def allows_target(self, target: str) -> bool:
        """Say whether this key may start `target`: named exactly, or `"*"` alone, which means every configured target."""
        return self.targets == (ANY_TARGET,) or target in self.targets

    def allows_account(self, account: str) -> bool:
        """Say whether events under this key may come from `account` (12 digits)."""
        return account in self.accounts


@dataclass(frozen=True, slots=True)
class TrustDocument:
    """The set of pinned keys."""

    keys: tuple[TrustedKey, ...]

    def find(self, kid: str) -> TrustedKey | None:
        """Return the key of that name, or None."""
        return next((key for key in self.keys if key.kid == kid), None)

    def members(self) -> dict[str, object]:
        """Return the document as JSON members, as `parse_trust` reads them."""
        return {
            "v": TRUST_VERSION,
            "keys": {
                key.kid: {"jwk": key.jwk.members(), "iss": key.iss, "accounts": list(key.accounts), "targets": list(key.targets)}
                for key in self.keys
            },
        }

    def text(self) -> str:
        """Return the document as canonical JSON text."""
        return canonical_json(self.members()).decode("utf-8")


def parse_trust(text: str) -> TrustDocument:
    """Return the trust document in `text`, at most 64 KiB of JSON.

    Raises ConfigurationError, its message beginning with the place (`keys.<kid>.targets: …`): `trust-json`, `trust-members`,
    `trust-version`, `trust-type`, `trust-key`, `trust-kid`, `trust-issuer`, `trust-accounts`, `trust-targets`. Fail at start.
    """
    try:
        document = parse_strict(text, max_bytes=MAX_TRUST_BYTES, max_depth=_MAX_DEPTH)
    except JsonError as error:
        raise ConfigurationError("trust-json", f"trust document: {error.message}") from error
    members = _members(document, "trust document", {"v", "keys"})
    if type(members["v"]) is not int or members["v"] != TRUST_VERSION:
        raise ConfigurationError("trust-version", f"v: this release of fanin reads version {TRUST_VERSION}.")
    keys = _object(members["keys"], "keys")
    return TrustDocument(tuple(_trusted_key(kid, value) for kid, value in keys.items()))


def _trusted_key(kid: str, value: JsonValue) -> TrustedKey:
    # A name in the wrong place may be long: only what could be a kid is repeated.
    where = f"keys.{kid[:43]}"
    members = _members(value, where, {"jwk", "iss", "accounts", "targets"})
    jwk = _jwk(members["jwk"], f"{where}.jwk")
    if kid != jwk.thumbprint():
        raise ConfigurationError("trust-kid", f"{where}: the key's thumbprint is {jwk.thumbprint()}; use that as its name.")
    targets = _names(members["targets"], f"{where}.targets", "trust-targets", re.compile(rf"\*|{_TARGET.pattern}"))
    if ANY_TARGET in targets and len(targets) > 1:
        raise ConfigurationError("trust-targets", f'{where}.targets: "*" stands alone, or leave it out and name the targets.')
    return TrustedKey(
        kid=kid,
        jwk=jwk,
        iss=_issuer(members["iss"], f"{where}.iss"),
        accounts=_names(members["accounts"], f"{where}.accounts", "trust-accounts", _ACCOUNT),
        targets=targets,
    )


def _jwk(value: JsonValue, where: str) -> PublicJwk:
    try:
        return parse_jwk(_object(value, where))
    except JwkError as error:
        raise ConfigurationError("trust-key", f"{where}: {error.message}") from error


def _issuer(value: JsonValue, where: str) -> str:
    if not isinstance(value, str) or _ISSUER.fullmatch(value) is None:
        raise ConfigurationError("trust-issuer", f"{where}: an issuer is urn:fanin:<partition>:<region>:<hub account>:<HubName>.")
    return value


def _names(value: JsonValue, where: str, code: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ConfigurationError(code, f"{where}: a list of at least one string.")
    names = tuple(item for item in value if isinstance(item, str) and pattern.fullmatch(item))
    if len(names) != len(value):
        bad = next(index for index, item in enumerate(value) if item not in names)
        raise ConfigurationError(code, f"{where}[{bad}]: a string of the form {pattern.pattern}.")
    if len(set(names)) != len(names):
        raise ConfigurationError(code, f"{where}: a value stands there twice.")
    return names


def _members(value: JsonValue, where: str, expected: set[str]) -> Mapping[str, JsonValue]:
    members = _object(value, where)
    if set(members) != expected:
        raise ConfigurationError("trust-members", f"{where}: exactly the members {', '.join(sorted(expected))}.")
    return members


def _object(value: JsonValue, where: str) -> dict[str, JsonValue]:
    if not isinstance(value, dict):
        raise ConfigurationError("trust-type", f"{where}: an object.")
    return value
