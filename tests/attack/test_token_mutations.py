"""Ten thousand mutated releases, the same ones every time but for the date; `make attack` has more of them, and other ones."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from fanin.signing import verification
from fanin.signing.canonical_json import canonical_json
from tests.attack.campaign import Campaign, run
from tests.attack.mutations import MUTATIONS

pytestmark = pytest.mark.unit

EACH = 2_500


def attacked(seed: int, number: int = EACH) -> Campaign:
    return run(seed, number, int(time.time()))


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_accepted_that_others_refuse_and_nothing_untouched_is_refused(seed: int) -> None:
    campaign = attacked(seed)
    assert campaign.defects == []
    assert campaign.mutated == EACH
    assert campaign.untouched == EACH // 20
    assert set(campaign.used) == {mutation.__name__ for mutation in MUTATIONS}
    # Some mutations keep the meaning, and those must get through; most must not.
    assert EACH * 0.05 < campaign.accepted - campaign.untouched < EACH * 0.25
    assert len(campaign.refused) > 30


def let_through(*_args: object) -> None:
    return None


@pytest.mark.parametrize(
    ("step", "sabotage"),
    [
        ("check_signature", let_through),
        ("_check_authority", let_through),
        ("_check_time", let_through),
        ("_check_origin", let_through),
        ("_check_subject", let_through),
        ("_check_digest", lambda _claims, data: canonical_json(data)),
    ],
)
def test_a_campaign_notices_a_step_that_is_left_out(monkeypatch: pytest.MonkeyPatch, step: str, sabotage: Callable[..., object]) -> None:
    monkeypatch.setattr(verification, step, sabotage)
    assert attacked(seed=0, number=600).defects


def test_a_campaign_notices_a_verification_that_refuses_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "CLOCK_SKEW_S", 0)
    monkeypatch.setattr(verification, "_MAX_LIFETIME_S", 3600)
    assert any("untouched" in defect and "refused" in defect for defect in attacked(seed=0, number=40).defects)


def test_a_campaign_can_be_had_again() -> None:
    now_epoch_s = int(time.time())
    assert run(7, 200, now_epoch_s).refused == run(7, 200, now_epoch_s).refused
