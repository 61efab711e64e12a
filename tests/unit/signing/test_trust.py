"""The trust document: exact, located when wrong, and never guessed at."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from fanin.domain.errors import ConfigurationError
from fanin.signing.trust import MAX_TRUST_BYTES, TrustDocument, parse_trust
from tests.unit.signing.keys import HUB_KEY, OTHER_HUB_KEY, STRANGERS_KEY
from tests.unit.signing.releases import ISSUER, TRUST

pytestmark = pytest.mark.unit

KID = HUB_KEY.kid()
Edit = Callable[[dict[str, Any]], object]


def edited(edit: Edit) -> str:
    document = json.loads(TRUST.text())
    edit(document)
    return json.dumps(document)


def key_of(document: dict[str, Any]) -> dict[str, Any]:
    key: dict[str, Any] = document["keys"][KID]
    return key


def test_a_document_survives_its_own_text() -> None:
    assert set(parse_trust(TRUST.text()).keys) == set(TRUST.keys)
    assert parse_trust(TRUST.text()).text() == TRUST.text()


def test_the_empty_document_trusts_nobody() -> None:
    assert parse_trust('{"v": 1, "keys": {}}') == TrustDocument(())
    assert TrustDocument(()).find(KID) is None


def test_a_key_is_found_by_its_thumbprint_alone() -> None:
    key = TRUST.find(KID)
    assert key is not None
    assert (key.iss, key.jwk) == (ISSUER, HUB_KEY.jwk())
    assert TRUST.find(STRANGERS_KEY.kid()) is None


def test_a_key_starts_what_it_names_and_nothing_else() -> None:
    named, any_target = TRUST.keys
    assert [named.allows_target(target) for target in ("daily-close", "other-target", "daily", "daily-close2", "*", "")] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    assert any_target.allows_target("whatever")
    assert [named.allows_account(account) for account in ("111111111111", "444444444444", "")] == [True, False, False]


@pytest.mark.parametrize(
    ("edit", "code", "where"),
    [
        (lambda d: d.update(v=2), "trust-version", "v:"),
        (lambda d: d.update(v=True), "trust-version", "v:"),
        (lambda d: d.update(v="1"), "trust-version", "v:"),
        (lambda d: d.update(note="x"), "trust-members", "trust document:"),
        (lambda d: d.pop("keys"), "trust-members", "trust document:"),
        (lambda d: d.update(keys=[]), "trust-type", "keys:"),
        (lambda d: d["keys"].update({KID: "x"}), "trust-type", f"keys.{KID}:"),
        (lambda d: key_of(d).update(alg="ES256"), "trust-members", f"keys.{KID}:"),
        (lambda d: key_of(d).pop("targets"), "trust-members", f"keys.{KID}:"),
        (lambda d: key_of(d).update(jwk="x"), "trust-type", f"keys.{KID}.jwk:"),
        (lambda d: key_of(d)["jwk"].update(d="x"), "trust-key", f"keys.{KID}.jwk:"),
        (lambda d: key_of(d)["jwk"].update(x="AAAA"), "trust-key", f"keys.{KID}.jwk:"),
        (lambda d: key_of(d).update(jwk=OTHER_HUB_KEY.jwk().members()), "trust-kid", f"keys.{KID}:"),
        (lambda d: d["keys"].update({"x" * 9999: d["keys"].pop(KID)}), "trust-kid", "keys.x"),
        (lambda d: key_of(d).update(iss=1), "trust-issuer", f"keys.{KID}.iss:"),
        (lambda d: key_of(d).update(iss="fanin"), "trust-issuer", f"keys.{KID}.iss:"),
        (lambda d: key_of(d).update(iss=ISSUER + "\n"), "trust-issuer", f"keys.{KID}.iss:"),
        (lambda d: key_of(d).update(accounts=[]), "trust-accounts", f"keys.{KID}.accounts:"),
        (lambda d: key_of(d).update(accounts="111111111111"), "trust-accounts", f"keys.{KID}.accounts:"),
        (lambda d: key_of(d).update(accounts=["111111111111", 111111111111]), "trust-accounts", f"keys.{KID}.accounts[1]:"),
        (lambda d: key_of(d).update(accounts=["11111111111"]), "trust-accounts", f"keys.{KID}.accounts[0]:"),
        (lambda d: key_of(d).update(accounts=["*"]), "trust-accounts", f"keys.{KID}.accounts[0]:"),
        (lambda d: key_of(d).update(accounts=["111111111111"] * 2), "trust-accounts", f"keys.{KID}.accounts:"),
        (lambda d: key_of(d).update(targets=[]), "trust-targets", f"keys.{KID}.targets:"),
        (lambda d: key_of(d).update(targets="*"), "trust-targets", f"keys.{KID}.targets:"),
        (lambda d: key_of(d).update(targets=["*", "daily-close"]), "trust-targets", f"keys.{KID}.targets:"),
        (lambda d: key_of(d).update(targets=["daily-*"]), "trust-targets", f"keys.{KID}.targets[0]:"),
        (lambda d: key_of(d).update(targets=["a", ["b"]]), "trust-targets", f"keys.{KID}.targets[1]:"),
        (lambda d: key_of(d).update(targets=["a" * 65]), "trust-targets", f"keys.{KID}.targets[0]:"),
    ],
)
def test_a_wrong_document_is_refused_with_its_place(edit: Edit, code: str, where: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_trust(edited(edit))
    assert caught.value.code == code
    assert caught.value.message.startswith(where)
    assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    "text",
    ["", "{", "nonsense", TRUST.text().replace("{", '{"v":1,', 1), '{"v":1.0,"keys":{}}', "[" * 100, " " * (MAX_TRUST_BYTES + 1)],
    ids=["empty", "cut short", "words", "a member twice", "float", "deep", "large"],
)
def test_a_text_that_is_not_strict_json_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="trust-json"):
        parse_trust(text)
