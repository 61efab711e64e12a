"""Where everything is in the one table, and how it is spelled. The only module that knows an attribute's name.

    pk                        sk                        what
    RUNS#<join>#<shard>       <key>                     a run: st v att rev op fa la al duePart dueAt ttl
                                                        narrow: p0 p1 …, wide: h bad need nl nb cl cg
    JNL#<join>#<key>#<n>      <version>.<attempt>#<name>  a segment of a wide run's journal, in partition n: d ttl
    JNL#<join>#<key>#<n>      <version>.<attempt>.<rev>#<name>  likewise, of what a decision froze
    STREAM#<join>             latest                    the open stream of a `latest` join: st v gen rev op p0… w0… c0… duePart dueAt
    RUN#<join>#<key>          REL#<attempt>#<n>         a frozen payload (canonical text)
    RUN#<join>#<key>          DLV#<attempt>#<jti>       a delivery
    RUN#<join>#<key>          NTC#<attempt>#<what>      a notice
    RUN#<join>#<key>          OUT#<version>#<slot>#<execution>  a kept output
    PLAN#<join>               V#<version>               a plan version
    JOINS                     <join>                    a join's head
    EXPECT                    <join>                    the next window of a join whose runs are expected: v key duePart dueAt
    SOURCE#<kind>:<arn>       <join>                    a route
    KEYS                      <kid>                     when a key of the hub was first seen to sign: since
    WATCH#<kind>:<arn>        watch                     what is remembered of asking a source: rev since from seen … duePart dueAt

Runs of a join are spread over 16 partition keys, so that they can be listed without an index and no key gets hot. A slot is one top-level
attribute with a short name: a narrow run of eight predecessors stays under 1 KB, one write unit. `due` is the one index: sparse, keys
only, hashed over 64 partitions, and arrivals never touch its keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from zlib import crc32

from fanin.domain.delivery import DeliveryId
from fanin.domain.run import STREAM_KEY, RunId
from fanin.domain.segment import Segment
from fanin.ports import Due, DueDelivery, DueExpectation, DueRun, DueWatch, JournalId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    from fanin.domain.completion import Source

SHARDS = 16
DUE_PARTITIONS = 64  # a release touches the index eleven times: a thousand releases a second are some 180 writes for each
DUE_INDEX = "due"
HEADS = "JOINS"
EXPECTATIONS = "EXPECT"
KEYS = "KEYS"
WATCH = "watch"

Item = Mapping[str, "AttributeValueTypeDef"]
Key = dict[str, "AttributeValueTypeDef"]


def string(value: str) -> AttributeValueTypeDef:
    """A string attribute."""
    return {"S": value}


def number(value: int) -> AttributeValueTypeDef:
    """A number attribute."""
    return {"N": str(value)}


def key(pk: str, sk: str) -> Key:
    """A primary key."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def shard_key(join: str, shard: int) -> str:
    """The partition key of one shard of a join's runs."""
    return f"RUNS#{join}#{shard}"


def run_key(run: RunId) -> Key:
    """Where a narrow run is."""
    return key(shard_key(run.join, crc32(run.key.encode()) % SHARDS), run.key)


def stream_key(join: str) -> Key:
    """Where the stream of a `latest` join is."""
    return key(f"STREAM#{join}", STREAM_KEY)


def collection(run: RunId) -> str:
    """The partition key of what belongs to a run: payloads, deliveries, notices, outputs."""
    return f"RUN#{run.join}#{run.key}"


def delivery_key(delivery: DeliveryId) -> Key:
    """Where a delivery or notice is."""
    return key(collection(delivery.run), delivery.name)


def output_key(run: RunId, version: int, slot: int, arrival: str) -> Key:
    """Where the output of an arrival is kept: by slot of a version and execution, so that a repeat overwrites itself only.

    Executions of two predecessors may well share a name (the date), and a slot is another predecessor's in another version.
    """
    return key(collection(run), f"OUT#{version:08d}#{slot:03d}#{arrival.split(' ')[1]}")


def journal_key(journal: JournalId, partition: int) -> str:
    """The partition key of one partition of a journal."""
    return f"JNL#{journal.run.join}#{journal.run.key}#{partition}"


def segment_key(journal: JournalId, segment: Segment) -> Key:
    """Where a segment is."""
    return key(journal_key(journal, segment.partition(journal.partitions)), f"{_attempt(journal)}{segment.name}")


def segment_range(journal: JournalId, above: str, up_to: str) -> tuple[str, str]:
    """The first and the last sort key of segments with names in a range; a blank is below everything that a name is made of."""
    return f"{_attempt(journal)}{above} ", f"{_attempt(journal)}{up_to}"


def segment_name(sort_key: str) -> str:
    """The name of the segment with that sort key."""
    return sort_key.rpartition("#")[2]


def _attempt(journal: JournalId) -> str:
    frozen = "" if journal.frozen_rev is None else f".{journal.frozen_rev}"
    return f"{journal.version}.{journal.attempt}{frozen}#"


def plan_key(join: str, version: int) -> Key:
    """Where a plan version is."""
    return key(f"PLAN#{join}", f"V#{version:08d}")


def head_key(join: str) -> Key:
    """Where the head of a join is."""
    return key(HEADS, join)


def expectation_key(join: str) -> Key:
    """Where the expectation of a join is."""
    return key(EXPECTATIONS, join)


def signing_key_key(kid: str) -> Key:
    """Where what is remembered of a signing key is."""
    return key(KEYS, kid)


def route_key(source: Source, join: str) -> Key:
    """Where the route from a source to a join is."""
    return key(f"SOURCE#{source.route}", join)


def watch_key(route: str) -> Key:
    """Where the watch on the source of a route is."""
    return key(f"WATCH#{route}", WATCH)


def due_attributes(item_key: Key, due_at_ms: int) -> dict[str, AttributeValueTypeDef]:
    """The two attributes that put an item into the due index."""
    hashed = crc32(f"{item_key['pk']['S']}|{item_key['sk']['S']}".encode()) % DUE_PARTITIONS
    return {"duePart": {"S": str(hashed)}, "dueAt": {"N": str(due_at_ms)}}


def due_item(item: Item) -> Due | None:
    """What an entry of the due index nominates, or None for what this release does not know."""
    pk, sk = item["pk"]["S"], item["sk"]["S"]
    due_at_ms = whole(item, "dueAt")
    kind, _, rest = pk.partition("#")
    match kind:
        case "RUNS":
            return DueRun(RunId(rest.rpartition("#")[0], sk), due_at_ms)
        case "STREAM":
            return DueRun(RunId(rest, STREAM_KEY), due_at_ms)
        case "RUN":
            join, _, run = rest.partition("#")
            return DueDelivery(DeliveryId(RunId(join, run), sk), due_at_ms)
        case "EXPECT":
            return DueExpectation(sk, due_at_ms)
        case "WATCH":
            return DueWatch(rest, due_at_ms)
        case _:
            return None


def numbered(item: Item, letter: str) -> dict[int, str]:
    """The attributes `<letter><n>` of an item, by n: the slots (`p`) and watermarks (`w`, `c`)."""
    return {int(name[1:]): value["S"] for name, value in item.items() if name[0] == letter and name[1:].isdecimal()}


def wholes(item: Item) -> dict[str, int]:
    """All number attributes of an item."""
    return {name: int(value["N"]) for name, value in item.items() if "N" in value}


def whole(item: Item, name: str) -> int:
    """A number attribute that is always there."""
    return int(item[name]["N"])


def optional_whole(item: Item, name: str) -> int | None:
    """A number attribute, or None."""
    return int(item[name]["N"]) if name in item else None


def optional_text(item: Item, name: str) -> str | None:
    """A string attribute, or None."""
    return item[name]["S"] if name in item else None
