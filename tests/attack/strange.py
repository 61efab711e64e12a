"""Values that stand where others are expected, and have been taken for them by somebody's verifier."""

from __future__ import annotations

from tests.unit.signing.keys import STRANGERS_KEY

STRANGE_STRINGS = (
    *(
        "",
        " ",
        "\0",
        "null",
        "*",
        "../../etc/passwd",
        "' OR 1=1 --",
        "\ufeff",
        "\u200b",
        "\uff44aily-close",
        "daily-close\n",
        "daily\u2010close",
    ),
    *(
        "DAILY-CLOSE",
        "daily-close\0",
        "a" * 300,
        "é",
        "e\u0301",
        "\U0001f600",
        "\u202e",
        "__proto__",
        "constructor",
        "${jndi:x}",
        "%00",
        "\x7f",
    ),
)
STRANGE_NUMBERS = (0, -1, 1, 2**31, 2**53 - 1, 2**53, 2**63, 10**30, 1.0, 1.5, -0.0, 1e300, float("nan"), float("inf"), True, False)
STRANGE_VALUES: tuple[object, ...] = (None, [], {}, [[]], {"a": 1}, *STRANGE_STRINGS, *STRANGE_NUMBERS)
ALGORITHMS = (
    *("none", "None", "NONE", "nOnE", "", "HS256", "HS384", "HS512", "RS256", "PS256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519"),
    *("es256", "ES256 ", "\u0395S256", "ES256\0", "A128KW", "dir", "ES256,none"),
)
HEADERS = {
    "crit": ["exp"],
    "b64": False,
    "jwk": STRANGERS_KEY.jwk().members(),
    "jku": "https://example.com/keys",
    "x5u": "https://example.com/chain",
    "x5c": ["MIIB"],
    "x5t": "AAAA",
    "zip": "DEF",
    "cty": "JWT",
    "enc": "A128GCM",
    "epk": {},
    "p2c": 10**9,
    "url": "x",
    "nonce": "x",
}
NUMBER_SPELLINGS = (
    "1.0",
    "1e0",
    "1E0",
    "10e-1",
    "01",
    "+1",
    "-1",
    "1.",
    ".1",
    "0x1",
    "1_0",
    "\u0661",
    "1" * 400,
    "9" * 5000,
    "1e400",
    "-0",
    "NaN",
    "Infinity",
)
B64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
