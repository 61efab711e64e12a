"""When a delivery is due: at once, after a backoff, when no receipt came, and at some point never again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.domain.delivery import (
    Delivery,
    DeliveryId,
    DeliveryKind,
    DeliveryState,
    due_after_refusal,
    due_after_sending,
    is_due,
    is_too_old,
)
from fanin.domain.run import RunId

pytestmark = pytest.mark.unit

NOW_MS = 1_774_983_600_000
DAY_MS = 86_400_000
NEW = Delivery(
    id=DeliveryId(RunId("daily-close", "2026-03-31"), "DLV#0001#jti"),
    kind=DeliveryKind.RELEASE,
    state=DeliveryState.DUE,
    attempt=1,
    bus_arn="arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor",
    target="daily-close",
    jti="jti",
    sub="daily-close/1/released/2026-03-31",
    payload="REL#0001#0",
    frozen_at_ms=NOW_MS,
    due_at_ms=NOW_MS + 15_000,
)
SENT = NEW._replace(state=DeliveryState.SENT, tries=1, due_at_ms=NOW_MS + 60_000)


def test_a_first_sending_does_not_wait_for_the_sweeper() -> None:
    assert is_due(NEW, NOW_MS)


def test_a_refused_sending_waits_out_its_backoff() -> None:
    refused = NEW._replace(refusals=1, due_at_ms=NOW_MS + 5_000)
    assert not is_due(refused, NOW_MS + 4_999)
    assert is_due(refused, NOW_MS + 5_000)


def test_a_sent_release_is_due_again_when_no_receipt_came_in_time() -> None:
    assert not is_due(SENT, NOW_MS + 59_999)
    assert is_due(SENT, NOW_MS + 60_000)


def test_a_sent_notice_is_done() -> None:
    notice = SENT._replace(kind=DeliveryKind.NOTICE)
    assert not is_due(notice, NOW_MS + DAY_MS)
    assert not is_due(notice._replace(due_at_ms=None), NOW_MS + DAY_MS)


@pytest.mark.parametrize("state", [DeliveryState.ACKNOWLEDGED, DeliveryState.GIVEN_UP])
def test_what_is_over_is_never_due(state: DeliveryState) -> None:
    assert is_due(SENT._replace(state=state), NOW_MS + DAY_MS) is False
    assert is_due(SENT._replace(state=state, due_at_ms=None), NOW_MS + DAY_MS) is False


def test_re_sending_stops_25_days_after_the_freeze() -> None:
    assert not is_too_old(SENT, NOW_MS + 25 * DAY_MS)
    assert is_too_old(SENT, NOW_MS + 25 * DAY_MS + 1)


def test_refusals_back_off_from_five_seconds_to_five_minutes() -> None:
    waits = [due_after_refusal(number, NOW_MS) - NOW_MS for number in range(1, 9)]
    assert waits == [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]


def test_re_sendings_wait_from_one_minute_to_one_hour() -> None:
    waits = [due_after_sending(number, NOW_MS) - NOW_MS for number in range(1, 9)]
    assert waits == [60_000, 120_000, 240_000, 480_000, 960_000, 1_920_000, 3_600_000, 3_600_000]


@given(st.integers(1, 10**9))
def test_however_often_it_was_tried_the_wait_is_bounded(number: int) -> None:
    assert due_after_refusal(number, 0) <= 300_000
    assert due_after_sending(number, 0) <= 3_600_000


def test_the_account_whose_receipt_counts_is_that_of_the_bus() -> None:
    assert NEW.account == "222222222222"
