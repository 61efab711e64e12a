"""A key that is not pinned: the trust document is read again, once, and only for a name that could be one."""

import contextlib

import pytest

from fanin.domain.errors import RetryableError
from fanin.signing.trust import TrustDocument
from fanin.signing.verification import ForgeryError, VerificationError, verify_text
from tests.unit.signing.dishonest_releases import (
    KID,
    with_header,
    with_token,
)
from tests.unit.signing.keys import STRANGERS_KEY
from tests.unit.signing.releases import (
    AUDIENCE,
    NOW_EPOCH_S,
    TRUST,
    honest_body,
    honest_token,
)

pytestmark = pytest.mark.unit


class Reload:
    """A trust document elsewhere, counting how often it was asked for."""

    def __init__(self, document: TrustDocument) -> None:
        self.document = document
        self.calls = 0

    def __call__(self) -> TrustDocument:
        self.calls += 1
        return self.document


def test_an_unknown_kid_is_looked_for_once_more_after_a_reload() -> None:
    reload = Reload(TRUST)
    assert verify_text(honest_body(), TrustDocument(()), AUDIENCE, NOW_EPOCH_S, reload=reload).kid == KID
    assert reload.calls == 1


def test_a_kid_that_the_reload_does_not_bring_is_refused() -> None:
    reload = Reload(TRUST)
    with pytest.raises(ForgeryError, match="release-kid-unknown"):
        verify_text(with_token(honest_token(key=STRANGERS_KEY)), TRUST, AUDIENCE, NOW_EPOCH_S, reload=reload)
    assert reload.calls == 1


@pytest.mark.parametrize("body", [honest_body(), with_header(kid="../keys"), with_header(alg="none")], ids=["known", "a path", "alg"])
def test_nothing_is_reloaded_for_a_known_or_a_malformed_kid(body: str) -> None:
    reload = Reload(TRUST)
    with contextlib.suppress(VerificationError):
        verify_text(body, TRUST, AUDIENCE, NOW_EPOCH_S, reload=reload)
    assert reload.calls == 0


def test_a_reload_that_fails_is_retried_not_quarantined() -> None:
    def reload() -> TrustDocument:
        raise RetryableError("throttled", "try again")

    with pytest.raises(RetryableError, match="throttled"):
        verify_text(honest_body(), TrustDocument(()), AUDIENCE, NOW_EPOCH_S, reload=reload)
