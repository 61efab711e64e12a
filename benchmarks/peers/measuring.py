"""What is done to each peer: one key at a time, then a burst."""

from __future__ import annotations

import random
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from benchmarks.peers.figures import Burst
from benchmarks.peers.servers import until
from benchmarks.processes import Descendants
from benchmarks.workload import batches

_POLL_S, _GIVE_UP_S, _AT_MOST_S = 0.25, 12.0, 150.0


@dataclass(frozen=True, slots=True)
class Consumer:
    """What a peer created: the keys whose events met in it, one unless they were mixed up, and when, in epoch seconds, by its clock."""

    keys: frozenset[str]
    created_s: float


class Peer(ABC):
    """A peer that runs: `roots` are its processes, `database` that of its PostgreSQL, whose processor time is told apart."""

    batch: int  # events in a request
    senders: Sequence[int]  # how many send at once, a burst for each

    def __init__(self, roots: Sequence[int], database: int) -> None:
        self.own = [Descendants(root, itself=True) for root in roots]
        self.database = Descendants(database, itself=True)

    @abstractmethod
    def send(self, events: Sequence[tuple[str, str]]) -> None:
        """Tell of ended predecessors, each a side and a key; back when the peer has accepted them."""

    @abstractmethod
    def count(self) -> int:
        """How many consumers there are."""

    @abstractmethod
    def consumers(self) -> Iterator[Consumer]:
        """All consumers."""

    def used_s(self) -> tuple[float, float]:
        """Processor time so far: the peer's own, its database's."""
        return sum(one.used_s() for one in self.own), self.database.used_s()


def latencies_ms(peer: Peer, keys: int, warm_up: int) -> list[float]:
    """One key at a time: the first predecessor's event, a pause of no fixed length, the second's; from sending that to the consumer."""
    pauses = random.Random(7)  # a consumer comes at a scheduler's tick, and the next key must not begin in step with it
    sent: dict[str, float] = {}
    for number in range(warm_up + keys):
        key, before = f"latency-{number:04d}", peer.count()
        peer.send([("a", key)])
        time.sleep(0.2 + pauses.random())
        sent[key] = time.time()
        peer.send([("b", key)])
        time.sleep(_POLL_S)  # what is asked while the peer works is work for it
        until(partial(_more_than, peer, before), f"the consumer of {key}", every_s=_POLL_S)
    created = {key: one.created_s for one in peer.consumers() for key in one.keys}
    return [(created[key] - at) * 1000 for key, at in list(sent.items())[warm_up:]]


def _more_than(peer: Peer, before: int) -> bool:
    return peer.count() > before


def burst(peer: Peer, keys: int, senders: int, series: str) -> Burst:
    """Both predecessors of each key, one right after the other, as fast as the peer accepts them, until no more consumers come."""
    events = [(side, f"{series}-{number:04d}") for number in range(keys) for side in "ab"]
    there, before, started = peer.count(), peer.used_s(), time.time()
    with ThreadPoolExecutor(senders) as sending:
        for _ in sending.map(peer.send, batches(events, peer.batch)):
            pass
    used = _settled(peer, there + keys)
    consumers = [one for one in peer.consumers() if any(key.startswith(f"{series}-") for key in one.keys)]
    seconds = max((one.created_s for one in consumers), default=float("inf")) - started
    own, database = ((after - earlier) * 1000 / len(events) for after, earlier in zip(used, before, strict=True))
    return Burst(senders, len(events), keys, seconds, len(events) / seconds, own, database, *tally(consumers))


def tally(consumers: Iterable[Consumer]) -> tuple[int, int, int]:
    """How many keys have one consumer, how many have several, and how many are in one with another key's event, whatever else they have."""
    every = list(consumers)
    mixed = {key for one in every if len(one.keys) > 1 for key in one.keys}
    own = Counter(key for one in every for key in one.keys - mixed)
    return sum(times == 1 for times in own.values()), sum(times > 1 for times in own.values()), len(mixed)


def _settled(peer: Peer, expected: int) -> tuple[float, float]:
    """Processor time when the last consumer was seen: as many as expected, or the last before there was none for long."""
    began = seen = time.monotonic()
    count, used = peer.count(), peer.used_s()
    while count < expected and time.monotonic() - seen < _GIVE_UP_S and time.monotonic() - began < _AT_MOST_S:
        time.sleep(0.5)
        now = peer.count()
        if now > count:
            count, used, seen = now, peer.used_s(), time.monotonic()
    return used
