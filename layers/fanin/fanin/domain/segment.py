"""The segment: contents of a journal as bytes, and the name that says what is in it.

    format byte, then groups of      slot  kind  number  entries
    kind 0  named arrivals           status letter, stop time, start time, execution id
    kind 1  counted successes        16 bytes of digest each
    kind 2  counted failures         status letter, stop time, execution id
    kind 3  announcements            time, teller, N

Times are six bytes of epoch milliseconds, numbers are LEB128, texts are UTF-8 after their length; a start time is the distance to the stop
time. Entries are sorted, so the same contents are the same bytes; a segment of mostly text is deflated. Its name is a digest of its bytes
before that, in an alphabet that sorts like the digest, so that a part of a journal can be read by a range of names.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from fanin.domain.arrival import Arrival, decode_arrival, status_letter, status_of
from fanin.domain.journal import DIGEST_BYTES, Contents, Failure, Said

if TYPE_CHECKING:
    from fanin.domain.completion import Status

MAX_SEGMENT_BYTES = 300_000  # an item holds 400 KB
NAME_BYTES = 16
LAST_NAME = "~"  # above every name

_RAW, _DEFLATED = 1, 2
_NAMED, _SUCCEEDED, _FAILED, _SAID = range(4)
_HEAD_BYTES = 16  # what a group has around its entries, at most
_DEFLATE_FROM_BYTES = 600  # below, and for digests, there is nothing to gain
_STANDARD = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_ALPHABET = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_SORTING = bytes.maketrans(_STANDARD, _ALPHABET.encode())


class Segment(NamedTuple):
    """A segment of a journal. `name`: 22 characters, evenly spread; the same for the same contents and only for those."""

    name: str
    data: bytes

    def partition(self, partitions: int) -> int:
        """Which of so many partitions it belongs to."""
        # Not the first characters, which a range of names is made of; the last one holds two bits only.
        return (_ALPHABET.index(self.name[-2]) + _ALPHABET.index(self.name[-3]) * len(_ALPHABET)) % partitions

    @property
    def size_bytes(self) -> int:
        """How large it is without its key."""
        return len(self.data)


def ranges(after: str, most: int) -> list[tuple[str, str]]:
    """The names above `after` in ranges `(above, up to and including)` of about as many names as there are up to it; at most so many."""
    first = _ALPHABET.index(after[0]) * 64 + _ALPHABET.index(after[1])
    number = max(1, min(most, 4096 // (first + 1)))
    bounds = [first + (4096 - first) * part // number for part in range(1, number)]
    return list(pairwise([after, *(_ALPHABET[bound // 64] + _ALPHABET[bound % 64] for bound in bounds), LAST_NAME]))


def segments_of(contents: Contents, limit_bytes: int = MAX_SEGMENT_BYTES) -> list[Segment]:
    """Contents as segments of at most so many bytes each; none when there is nothing in them."""
    parts: list[_Part] = []
    for slot, kind, entries in _groups(contents):
        for chunk in (_slices if kind == _SUCCEEDED else _chunks)(entries, limit_bytes - _HEAD_BYTES):
            group = _number(slot) + bytes((kind,)) + _number(len(chunk)) + b"".join(chunk)
            if not parts or len(parts[-1].raw) + len(group) > limit_bytes:
                parts.append(_Part(bytearray((_RAW,))))
            parts[-1].raw += group
            parts[-1].text_bytes += len(group) if kind != _SUCCEEDED else 0
    return [_segment(bytes(part.raw), part.text_bytes) for part in parts]


def read_segment(data: bytes, into: Contents) -> None:
    """Take in what a segment says; ValueError on anything that `segments_of` did not write."""
    reader = _Reader(_body(data))
    while reader.at < len(reader.data):
        slot, kind, number = reader.number(), reader.byte(), reader.number()
        if kind == _SUCCEEDED:
            into.succeeded[slot].update(reader.digests(number))
            continue
        for _ in range(number):
            _read_entry(reader, slot, kind, into)


@dataclass(slots=True)
class _Part:
    """A segment on its way, and how much of it are not digests, which nothing makes smaller."""

    raw: bytearray
    text_bytes: int = 0


def _segment(raw: bytes, text_bytes: int) -> Segment:
    digest = hashlib.sha256(raw).digest()[:NAME_BYTES]
    name = base64.b64encode(digest).rstrip(b"=").translate(_SORTING).decode()
    if text_bytes >= max(_DEFLATE_FROM_BYTES, len(raw) // 2):
        deflated = bytes((_DEFLATED,)) + zlib.compress(raw[1:])
        if len(deflated) < len(raw):
            return Segment(name, deflated)
    return Segment(name, raw)


def _groups(contents: Contents) -> Iterator[tuple[int, int, list[bytes]]]:
    for slot, encoded in sorted(contents.named.items()):
        yield slot, _NAMED, [_named_entry(decode_arrival(encoded))]
    for slot, digests in sorted(contents.succeeded.items()):
        yield slot, _SUCCEEDED, sorted(digests)
    for slot, failures in sorted(contents.failed.items()):
        yield slot, _FAILED, [_ended(one.status, one.stopped_at_ms) + _text(one.execution_id) for one in sorted(failures.values())]
    for slot, sayings in sorted(contents.said.items()):
        yield slot, _SAID, [_moment(one.at_ms) + _text(one.teller) + _number(one.count) for one in sorted(sayings)]


def _slices(digests: list[bytes], limit_bytes: int) -> Iterator[list[bytes]]:
    """As `_chunks`, of entries that are alike in size and may be a million."""
    number = max(1, limit_bytes // DIGEST_BYTES)
    return (digests[start : start + number] for start in range(0, len(digests), number))


def _chunks(entries: list[bytes], limit_bytes: int) -> Iterator[list[bytes]]:
    chunk: list[bytes] = []
    size = 0
    for entry in entries:
        if size + len(entry) > limit_bytes:
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += len(entry)
    if chunk:
        yield chunk


def _read_entry(reader: _Reader, slot: int, kind: int, into: Contents) -> None:
    if kind == _NAMED:
        status, stopped_at_ms = status_of(chr(reader.byte())), reader.moment()
        started_at_ms = reader.started(stopped_at_ms)
        into.arrive(slot, Arrival(status, stopped_at_ms, reader.text(), started_at_ms).encode())
    elif kind == _FAILED:
        status, stopped_at_ms = status_of(chr(reader.byte())), reader.moment()
        into.fail(slot, Failure(stopped_at_ms, status, reader.text()))
    elif kind == _SAID:
        into.say(slot, Said(reader.moment(), reader.text(), reader.number()))
    else:
        raise ValueError(f"a segment has entries of an unknown kind {kind}")


def _body(data: bytes) -> bytes:
    match data[0]:
        case 1:
            return data[1:]
        case 2:
            return zlib.decompress(data[1:])
        case other:
            raise ValueError(f"a segment of format {other} was written by a newer release")


def _named_entry(arrival: Arrival) -> bytes:
    ended = _ended(arrival.status, arrival.stopped_at_ms)
    return ended + _distance(arrival.started_at_ms, arrival.stopped_at_ms) + _text(arrival.execution_id)


def _ended(status: Status, stopped_at_ms: int) -> bytes:
    return status_letter(status).encode() + _moment(stopped_at_ms)


def _moment(at_ms: int) -> bytes:
    return at_ms.to_bytes(6, "big")


def _distance(started_at_ms: int | None, stopped_at_ms: int) -> bytes:
    """0 for no start time; else the distance, its sign in the lowest bit (clocks may differ), plus one."""
    if started_at_ms is None:
        return _number(0)
    distance = stopped_at_ms - started_at_ms
    return _number((distance << 1 if distance >= 0 else (-distance << 1) | 1) + 1)


def _text(text: str) -> bytes:
    encoded = text.encode()
    return _number(len(encoded)) + encoded


def _number(value: int) -> bytes:
    """LEB128: seven bits a byte, the lowest first, the highest bit set on all but the last."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append((value & 0x7F) | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


class _Reader:
    """Reads what the functions above wrote; ValueError when there is less than there should be."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        self.at += size
        if self.at > len(self.data):
            raise ValueError("a segment ends in the middle of an entry")
        return self.data[self.at - size : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def number(self) -> int:
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def moment(self) -> int:
        return int.from_bytes(self.take(6), "big")

    def started(self, stopped_at_ms: int) -> int | None:
        number = self.number()
        if not number:
            return None
        distance = (number - 1) >> 1
        return stopped_at_ms + distance if (number - 1) & 1 else stopped_at_ms - distance

    def text(self) -> str:
        return self.take(self.number()).decode()

    def digests(self, number: int) -> Iterator[bytes]:
        together = self.take(number * DIGEST_BYTES)
        return (together[at : at + DIGEST_BYTES] for at in range(0, len(together), DIGEST_BYTES))
