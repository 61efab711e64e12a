"""Wake-ups of one batch go out together, and losing them loses nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fanin.adapters.memory_queues import MemoryWakeups
from fanin.domain.delivery import DeliveryId
from fanin.domain.errors import RetryableError
from fanin.domain.run import RunId
from fanin.sources.queue_event import QueuedMessage
from fanin.use_cases.collect_batch import Collected
from fanin.use_cases.gather_wakeups import CollectThenWake, GatheredWakeups
from tests.unit.sources.events import status_change
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, Landscape, definition

pytestmark = pytest.mark.unit

MESSAGES = [QueuedMessage("1", "{}"), QueuedMessage("2", "{}")]


def delivery(number: int) -> DeliveryId:
    return DeliveryId(RunId("daily-close", "2026-03-31"), f"DLV#0001#{number:02d}")


class Counted(MemoryWakeups):
    """Remembers each call by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[int, int]] = []

    def wake(self, deliveries: Sequence[DeliveryId], delay_s: int = 0) -> None:
        super().wake(deliveries, delay_s)
        self.calls.append((len(deliveries), delay_s))


def test_nothing_goes_out_before_the_flush_and_all_of_it_then() -> None:
    queue = Counted()
    gathered = GatheredWakeups(queue)
    gathered.wake([delivery(1), delivery(2)])
    gathered.wake([delivery(3)])
    assert queue.calls == []
    gathered.flush()
    gathered.flush()
    assert queue.calls == [(3, 0)]
    assert queue.sent == [delivery(1), delivery(2), delivery(3)]


def test_ten_do_not_wait() -> None:
    queue = Counted()
    gathered = GatheredWakeups(queue)
    for number in range(12):
        gathered.wake([delivery(number)])
    assert queue.calls == [(10, 0)]
    gathered.flush()
    assert queue.calls == [(10, 0), (2, 0)]


def test_what_has_a_delay_is_a_timer_and_goes_out_at_once() -> None:
    queue = Counted()
    GatheredWakeups(queue).wake([delivery(1)], 30)
    assert queue.calls == [(1, 30)]


def test_a_refusing_queue_fails_the_batch_and_keeps_nothing() -> None:
    queue = MemoryWakeups(refusing=True)
    gathered = GatheredWakeups(queue)

    def collect(_: Sequence[QueuedMessage]) -> Collected:
        gathered.wake([delivery(1)])
        return Collected(failed={"1": ValueError("its own")})

    collected = CollectThenWake(collect, gathered)(MESSAGES)
    assert [type(error) for error in collected.failed.values()] == [ValueError, RetryableError]
    queue.refusing = False
    gathered.flush()
    assert queue.sent == []


def test_a_release_whose_wake_up_was_lost_is_sent_all_the_same() -> None:
    landscape = Landscape()
    landscape.apply(definition({"ledger": LEDGER, "positions": POSITIONS}))
    landscape.arrive(status_change(LEDGER), status_change(POSITIONS))
    landscape.collect()
    landscape.wakeups.sent.clear()
    landscape.until_quiet()
    assert landscape.all_acknowledged()
    assert len(landscape.inputs()) == 1
