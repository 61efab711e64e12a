"""What is made of the peers' figures: counted, written, read again, and put beside ours. Their servers are not started here."""

import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks import latency
from benchmarks.peers.figures import Burst, Figures, beside, read, table, write
from benchmarks.peers.measuring import Consumer, Peer, burst, latencies_ms, tally

pytestmark = pytest.mark.unit

BURST = Burst(8, 600, 300, 10.0, 60.0, 21.5, 4.5, once=250, twice=3, mixed=7)
FIGURES = Figures("A peer", "2026-11-29", {"p50": 90.0, "p95": 160.0, "p99": 170.0, "max": 180.0}, [BURST, replace(BURST, senders=1)])


class _Instant(Peer):
    """Creates a consumer with the second event of a key, at once, or for some keys not."""

    batch, senders = 3, (1,)

    def __init__(self, forgets: str = "none") -> None:
        super().__init__([1], 1)
        self._forgets, self._seen, self._made = forgets, dict[str, set[str]](), list[Consumer]()

    def send(self, events: Sequence[tuple[str, str]]) -> None:
        for side, key in events:
            self._seen.setdefault(key, set()).add(side)
            if self._seen[key] == {"a", "b"} and not key.endswith(self._forgets):
                self._made.append(Consumer(frozenset([key]), time.time()))

    def count(self) -> int:
        return len(self._made)

    def consumers(self) -> Iterator[Consumer]:
        return iter(self._made)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.peers.measuring.time.sleep", lambda _: None)
    monkeypatch.setattr("benchmarks.peers.measuring._GIVE_UP_S", 0.01)


def test_keys_with_one_consumer_with_several_and_with_anothers_event_are_told_apart() -> None:
    made = [Consumer(frozenset(keys), 0.0) for keys in (["1"], ["2"], ["2"], ["3", "4"])]
    assert tally(made) == (1, 1, 2)


def test_a_key_whose_event_was_in_anothers_consumer_is_mixed_even_if_it_has_one_of_its_own() -> None:
    made = [Consumer(frozenset(keys), 0.0) for keys in (["1"], ["1", "2"], ["2", "3"], ["4"])]
    assert tally(made) == (1, 0, 3)


def test_every_key_of_a_burst_is_counted_and_the_time_ends_with_the_last_consumer() -> None:
    found = burst(_Instant(), 5, 1, "series")
    assert (found.events, found.keys, found.once, found.twice, found.mixed, found.lost) == (10, 5, 5, 0, 0, 0)
    assert 0 < found.seconds < 5
    assert found.events_per_s == pytest.approx(10 / found.seconds)


def test_a_burst_is_given_up_when_no_more_consumers_come() -> None:
    assert burst(_Instant(forgets="3"), 5, 1, "series").lost == 1


def test_a_burst_without_any_consumer_has_a_rate_of_zero() -> None:
    found = burst(_Instant(forgets=""), 2, 1, "series")
    assert (found.events_per_s, found.once, found.lost) == (0.0, 0, 2)


def test_the_time_of_each_key_but_the_warming_ones_is_taken() -> None:
    times = latencies_ms(_Instant(), 4, 2)
    assert len(times) == 4
    assert all(0 <= one < 1000 for one in times)


def test_what_was_written_is_read_again_and_replaced_by_name(tmp_path: Path) -> None:
    file = tmp_path / "bench" / "peers.json"
    newer = replace(FIGURES, day="2026-11-30")
    write(file, [FIGURES, replace(FIGURES, name="Another")])
    assert [(one.name, one.day) for one in write(file, [newer])] == [("A peer", "2026-11-30"), ("Another", "2026-11-29")]
    assert read(file)[0] == newer


def test_nothing_measured_is_nothing_read(tmp_path: Path) -> None:
    assert read(tmp_path / "peers.json") == []


def test_a_row_says_which_machine_day_and_setting_it_is_of_and_how_many_keys_were_released() -> None:
    rows = beside([FIGURES])
    assert list(rows) == [f"A peer, {senders} sending, here on 2026-11-29: 250 of 300 keys" for senders in (8, 1)]
    first = next(iter(rows.values()))
    assert (first["p50"], first["completions_per_s"], first["cpu_ms"]) == (90.0, 60.0, 21.5)


def test_ours_is_set_beside_this_machines_figures_once_there_are_any(tmp_path: Path) -> None:
    file = tmp_path / "peers.json"
    assert all(name.endswith("another day") for name in latency.others(file))
    write(file, [FIGURES])
    assert latency.others(file) == beside([FIGURES])


def test_the_table_has_a_line_for_each_burst_and_says_what_was_lost() -> None:
    out = io.StringIO()
    Console(file=out, width=180).print(table([FIGURES]))
    lines = [line for line in out.getvalue().splitlines() if "300" in line]
    assert len(lines) == 2
    assert ["A peer" in line for line in lines] == [True, False]
    assert [cell.strip() for cell in lines[0].split("│")[5:-1]] == ["8", "60.0", "21.5", "4.5", "300", "40", "7", "3"]
