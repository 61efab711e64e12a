"""Sending: put, then mark; whatever is refused waits in the table and is sent again, with the same identity."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence

import pytest

from fanin.adapters.memory_bus import MemoryBus
from fanin.adapters.memory_deliveries import MemoryDeliveries
from fanin.domain.delivery import Delivery, DeliveryId, DeliveryState
from fanin.domain.run import RunId, RunState
from fanin.signing.base64url import decode_base64url
from fanin.use_cases.hub import Hub
from fanin.use_cases.send_delivery import Handled, SendDelivery, Sent
from tests.unit.signing.keys import OTHER_HUB_KEY
from tests.unit.sources.events import status_change
from tests.unit.use_cases.faults import Crash, Fault
from tests.unit.use_cases.landscape import HUB_BUS, ISSUER, LEDGER, POSITIONS, Landscape, bus_arn, definition, trusting
from tests.unit.use_cases.software_signer import SoftwareSigner

pytestmark = pytest.mark.unit

DAY_MS = 86_400_000


@pytest.fixture
def landscape() -> Landscape:
    """A run has just been released: one delivery and one notice are due, and woken."""
    found = Landscape()
    found.apply(definition({"ledger": LEDGER, "positions": POSITIONS}))
    found.arrive(status_change(LEDGER), status_change(POSITIONS))
    found.collect()
    return found


def only(landscape: Landscape) -> Delivery:
    (found,) = landscape.deliveries()
    return found


def claims(landscape: Landscape) -> list[dict[str, object]]:
    """The signed claims of every release on the way, oldest first."""
    tokens = [json.loads(put.detail)["sig"] for put in landscape.hub_bus.put_events if put.bus_arn != HUB_BUS]
    return [json.loads(decode_base64url(token.split(".")[1])) for token in tokens]


def test_a_release_and_a_notice_are_put_each_on_its_bus_and_marked(landscape: Landscape) -> None:
    assert landscape.forward() == ["sent", "sent"]
    release, notice = landscape.hub_bus.put_events
    assert (release.bus_arn, release.source, release.detail_type) == (bus_arn(), "fanin.hub", "Fan-in Release")
    assert (notice.bus_arn, notice.source, notice.detail_type) == (HUB_BUS, "fanin.hub", "Fan-in Notice")
    assert json.loads(notice.detail) == {
        "v": 1,
        "transition": "RELEASED",
        "join": "daily-close",
        "key": "2026-03-31",
        "attempt": 1,
        "at": landscape.clock.at_ms,
        "reason": "satisfied",
    }
    sent = only(landscape)
    assert (sent.state, sent.tries, sent.refusals, sent.sent_at_ms) == (DeliveryState.SENT, 1, 0, landscape.clock.at_ms)
    assert sent.due_at_ms == landscape.clock.at_ms + 60_000


def test_a_second_wake_up_sends_nothing(landscape: Landscape) -> None:
    landscape.wakeups.sent *= 2
    assert landscape.forward() == ["sent", "sent", "not-due", "not-due"]
    assert len(landscape.hub_bus.put_events) == 2


def test_a_wake_up_for_nothing_is_unknown(landscape: Landscape) -> None:
    landscape.wakeups.sent = [DeliveryId(RunId("daily-close", "never"), "DLV#0001#x")]
    assert landscape.forward() == ["unknown"]


def test_a_refused_release_backs_off_and_is_sent_again(landscape: Landscape) -> None:
    landscape.hub_bus.refusals[bus_arn()] = "ThrottlingException"
    waits = []
    for refusals in range(1, 9):
        landscape.forward()
        found = only(landscape)
        assert (found.state, found.refusals, found.tries, found.last_error) == (DeliveryState.DUE, refusals, 0, "ThrottlingException")
        assert found.due_at_ms is not None
        waits.append(found.due_at_ms - landscape.clock.at_ms)
        # A wake-up inside the backoff does nothing; when it is over, the sweeper wakes it.
        landscape.clock.at_ms = found.due_at_ms - 1
        landscape.wakeups.wake([found.id])
        assert landscape.forward() == ["not-due"]
        landscape.clock.at_ms = found.due_at_ms
        landscape.sweep()
    assert waits == [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]
    landscape.hub_bus.refusals.clear()
    landscape.settle()
    found = only(landscape)
    assert (found.state, found.refusals, found.tries, found.last_error) == (DeliveryState.ACKNOWLEDGED, 0, 1, None)
    assert len(landscape.inputs()) == 1


def test_a_refusal_delays_no_other_delivery(landscape: Landscape) -> None:
    landscape.hub_bus.refusals[bus_arn()] = "AccessDeniedException"
    assert landscape.forward() == ["refused", "sent"]


def test_a_key_that_cannot_be_used_is_like_a_bus_that_refuses(landscape: Landscape) -> None:
    landscape.signer.disabled = True
    assert landscape.forward() == ["refused", "sent"]
    assert only(landscape).last_error == "key-unusable"
    landscape.signer.disabled = False
    landscape.until_quiet()
    assert len(landscape.inputs()) == 1


def test_a_lost_release_is_sent_again_under_the_same_identity(landscape: Landscape) -> None:
    landscape.forward()
    sent_at_ms = landscape.clock.at_ms
    landscape.clock.advance(60_000)
    landscape.sweep()
    landscape.forward()
    first, second = claims(landscape)
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"iat", "exp"}
    assert (only(landscape).tries, only(landscape).sent_at_ms) == (2, sent_at_ms)
    landscape.settle()
    assert len(landscape.inputs()) == 1


def test_without_a_receipt_it_is_sent_ever_more_seldom_and_in_the_end_given_up(landscape: Landscape) -> None:
    frozen_at_ms = only(landscape).frozen_at_ms
    waits = []
    for _ in range(25 * 24 + 10):
        landscape.forward()
        landscape.hub_bus.put_events.clear()
        found = only(landscape)
        if found.due_at_ms is not None:
            waits.append(found.due_at_ms - landscape.clock.at_ms)
            landscape.clock.at_ms = found.due_at_ms
            landscape.sweep()
    assert only(landscape).state is DeliveryState.GIVEN_UP
    assert waits[:8] == [60_000, 120_000, 240_000, 480_000, 960_000, 1_920_000, 3_600_000, 3_600_000]
    assert 25 * DAY_MS < landscape.clock.at_ms - frozen_at_ms <= 25 * DAY_MS + 3_600_000
    landscape.clock.advance(30 * DAY_MS)
    landscape.sweep()
    assert landscape.wakeups.sent == []


def test_a_release_that_could_never_be_sent_is_given_up_too(landscape: Landscape) -> None:
    landscape.hub_bus.refusals[bus_arn()] = "AccessDeniedException"
    landscape.forward()
    landscape.clock.advance(25 * DAY_MS + 1)
    landscape.sweep()
    assert landscape.forward() == ["given-up"]
    assert only(landscape).tries == 0


def test_a_receipt_after_it_was_given_up_still_counts(landscape: Landscape) -> None:
    landscape.forward()
    landscape.carry()
    landscape.start()
    landscape.clock.advance(26 * DAY_MS)
    landscape.wakeups.wake([only(landscape).id])
    assert landscape.forward() == ["given-up"]
    landscape.settle()
    run = landscape.run()
    assert run is not None
    assert run.state is RunState.ACKNOWLEDGED


def forwarder(landscape: Landscape, issuer: str = ISSUER, signer: SoftwareSigner | None = None) -> SendDelivery:
    bus: MemoryBus = landscape.hub_bus
    return SendDelivery(MemoryDeliveries(landscape.table), bus, signer or SoftwareSigner(), landscape.clock, Hub(issuer, HUB_BUS))


def test_a_release_that_is_sent_again_says_how_long_it_has_waited(landscape: Landscape) -> None:
    send, delivery = forwarder(landscape), only(landscape)
    decided_ms = delivery.frozen_at_ms
    assert send(delivery.id) == (Sent.SENT, None, None)
    landscape.clock.advance(60_000)
    assert send(delivery.id) == (Sent.SENT, None, landscape.clock.now_ms() - decided_ms)
    assert send(delivery.id) == (Sent.NOT_DUE, None, None)
    landscape.hub_bus.refusals[delivery.bus_arn] = "ThrottlingException"
    landscape.clock.advance(120_000)
    assert send(delivery.id) == (Sent.REFUSED, "ThrottlingException", landscape.clock.now_ms() - decided_ms)


def test_another_issuer_than_decided_is_said_and_nothing_is_signed(landscape: Landscape) -> None:
    send = forwarder(landscape, issuer="urn:fanin:aws:us-east-1:111111111111:renamed")
    assert send(only(landscape).id)[:2] == (Sent.REFUSED, "issuer-changed")
    assert claims(landscape) == []


def test_a_payload_that_is_gone_is_said_and_nothing_is_signed(landscape: Landscape) -> None:
    landscape.table.payloads.clear()
    assert forwarder(landscape)(only(landscape).id)[:2] == (Sent.REFUSED, "payload-missing")
    assert claims(landscape) == []


def test_a_rotated_key_signs_what_was_decided_before(landscape: Landscape) -> None:
    landscape.forward()
    landscape.hub_bus.put_events.clear()
    landscape.clock.advance(60_000)
    forwarder(landscape, signer=SoftwareSigner(OTHER_HUB_KEY))(only(landscape).id)
    (found,) = claims(landscape)
    assert found["jti"] == only(landscape).jti


def test_what_is_signed_is_what_was_frozen(landscape: Landscape) -> None:
    landscape.forward()
    (text,) = landscape.table.payloads.values()
    detail = landscape.hub_bus.put_events[0].detail
    assert f'"data":{text}' in detail
    landscape.trust.published = trusting("daily-close")
    landscape.settle()
    assert [execution.input_text for execution in landscape.machines.executions.values()] == [text]


def test_a_batch_is_sent_with_few_calls(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER, key="2026-04-01"), status_change(POSITIONS, key="2026-04-01"))
    landscape.collect()
    ids, before = list(landscape.wakeups.sent), len(landscape.faults.calls)
    assert set(landscape.forwarder().batch([*ids, ids[0]]).values()) == {Handled(Sent.SENT)}
    assert len(ids) == len(landscape.hub_bus.put_events) == 4
    assert landscape.faults.calls[before:] == [
        "MemoryDeliveries.read_all",
        "MemoryDeliveries.payloads",
        *("SoftwareSigner.kid", "SoftwareSigner.sign") * 2,
        *("MemoryBus.put_all",) * 2,
        *("MemoryDeliveries.save",) * 2,
        "MemoryDeliveries.save_sent",
    ]


def test_of_a_batch_only_what_is_refused_is_refused(landscape: Landscape) -> None:
    landscape.hub_bus.refusals[bus_arn()] = "AccessDeniedException"
    release, told = landscape.wakeups.sent
    outcomes = landscape.forwarder().batch([told, release, DeliveryId(release.run, "DLV#0009#x")])
    assert list(outcomes.values()) == [Handled(Sent.SENT), Handled(Sent.REFUSED, "AccessDeniedException"), Handled(Sent.UNKNOWN)]


class SlowToAnswer(MemoryBus):
    """A bus that delivers at once and says so a second later."""

    def __init__(self, landscape: Landscape) -> None:
        super().__init__()
        self.landscape = landscape

    def put_all(self, bus_arn: str, source: str, detail_type: str, details: Sequence[str]) -> list[str | None]:
        refusals = super().put_all(bus_arn, source, detail_type, details)
        self.landscape.clock.advance(1_000)
        return refusals


def test_a_release_is_sent_when_it_is_put_as_it_may_be_verified_before_its_bus_answers(landscape: Landscape) -> None:
    put_at_ms = landscape.clock.now_ms()
    landscape.hub_bus = SlowToAnswer(landscape)
    landscape.forward()
    assert only(landscape).sent_at_ms == put_at_ms


class FullAfterOne(MemoryBus):
    """A bus that takes the first event of each call only."""

    def put_all(self, bus_arn: str, source: str, detail_type: str, details: Sequence[str]) -> list[str | None]:
        return [*super().put_all(bus_arn, source, detail_type, details[:1]), *["ThrottlingException"] * (len(details) - 1)]


def test_of_one_call_each_event_has_its_own_answer(landscape: Landscape) -> None:
    landscape.arrive(status_change(LEDGER, key="2026-04-01"), status_change(POSITIONS, key="2026-04-01"))
    landscape.collect()
    landscape.hub_bus = FullAfterOne()
    outcomes = landscape.forwarder().batch(list(landscape.wakeups.sent))
    releases = {one.id: one.state for one in landscape.deliveries()}
    assert [outcomes[one].outcome for one in releases] == [Sent.SENT, Sent.REFUSED]  # type: ignore[union-attr]  # none of them is an error
    (put,) = [one for one in landscape.hub_bus.put_events if one.bus_arn == bus_arn()]
    (sent,) = [one for one, state in releases.items() if state is DeliveryState.SENT]
    assert json.loads(put.detail)["data"]["key"] == sent.run.key


@pytest.mark.parametrize("fault", [Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.REFUSED, Fault.ANSWER_LOST])
@pytest.mark.parametrize("step", range(1, 12))
def test_a_batch_that_breaks_off_anywhere_is_finished_by_the_next(landscape: Landscape, fault: Fault, step: int) -> None:
    landscape.arrive(status_change(LEDGER, key="2026-04-01"), status_change(POSITIONS, key="2026-04-01"))
    landscape.collect()
    landscape.faults.planned = {len(landscape.faults.calls) + step: fault}
    with contextlib.suppress(Crash, TimeoutError):
        landscape.forwarder().batch(list(landscape.wakeups.sent))
    landscape.faults.planned = {}
    landscape.until_quiet()
    assert {one.state for one in landscape.table.deliveries.values()} == {DeliveryState.ACKNOWLEDGED, DeliveryState.SENT}
    assert len(landscape.inputs()) == 2
