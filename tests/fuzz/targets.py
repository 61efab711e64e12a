"""What is fuzzed: everything that reads what somebody else wrote, from bytes to what is done with it.

A target takes any bytes and returns what it made of them, for a test to look at. Only the refusals that its caller knows how to handle come
out of the code under it, and what is accepted holds together; anything else is a crash, which is what fuzzing looks for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

from fanin.adapters.memory_plans import MemoryPlans
from fanin.adapters.memory_table import MemoryTable
from fanin.definitions.compiler import CompiledJoin, compile_documents
from fanin.definitions.plan_document import plan_from_document, plan_to_document
from fanin.definitions.yaml_source import parse_definitions
from fanin.domain.arrival import arrival_of, decode_arrival
from fanin.domain.completion import Completion
from fanin.domain.errors import ConfigurationError, RejectedError
from fanin.domain.plan import Plan
from fanin.domain.receipt import Receipt, parse_subject
from fanin.signing.canonical_json import canonical_json
from fanin.signing.strict_json import JsonError, parse_strict
from fanin.signing.trust import TrustDocument, parse_trust
from fanin.signing.verification import VerificationError, verify_text
from fanin.sources.departure import parse_departure
from fanin.sources.message import OtherEvent, parse_message
from fanin.use_cases.match_events import event_completions
from fanin.use_cases.match_joins import interest_of, match_join
from tests.unit.signing.releases import AUDIENCE, NOW_EPOCH_S, TRUST

Target = Callable[[bytes], str]

THIS_YEAR = 2026
MAX_JSON_BYTES, MAX_JSON_DEPTH = 1_048_576, 64

_KEYS: tuple[object, ...] = (
    {"input": "businessDate"},
    {"input": "sort(dates)[0]", "offset": "-1d"},
    {"output": "rows[].day | [0]"},
    {"name": "^[a-z]+-([0-9-]+)$"},
    {"detail": "status"},
    {"window": {"every": "day", "zone": "Asia/Tokyo", "startsAt": "05:00"}},
    {"latest": True},
)


def message(data: bytes) -> str:
    """A body of the arrivals queue, up to the runs that it is offered to."""
    body = data.decode("utf-8", "surrogateescape")
    try:
        said = parse_message(body)
        match said:
            case Completion():
                return " ".join(["completion", *sorted({_offered(plan, said) for plan in plans()})])
            case OtherEvent():
                return _other(said)
            case Receipt():
                parse_subject(said.sub)
    except RejectedError as error:
        return error.code
    return type(said).__name__.lower()


def definition(data: bytes) -> str:
    """A definitions file, up to stored plans."""
    documents, located = parse_definitions("joins.yaml", data.decode("utf-8", "replace"))
    if located:
        return _told(*(str(problem) for problem in located))
    return _compiled([(f"joins.yaml#{number}", one.document) for number, one in enumerate(documents)])


def document(data: bytes) -> str:
    """A definition as the operator is asked to apply it: JSON values of any shape, once as they are, once as CloudFormation sends them."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return "json"
    return f"{_compiled([('it', value)])} {_compiled([('it', value)], coerce=True)}"


def release(data: bytes) -> str:
    """A body of the releases queue."""
    try:
        verified = verify_text(data, TRUST, AUDIENCE, NOW_EPOCH_S)
    except VerificationError as error:
        return error.code
    assert canonical_json(verified.data) == verified.data_canonical
    assert verified.claims.aud == AUDIENCE
    return "verified"


def trust(data: bytes) -> str:
    """A trust document."""
    try:
        parsed: TrustDocument = parse_trust(data.decode("utf-8", "surrogateescape"))
    except ConfigurationError as error:
        return error.code
    assert parse_trust(parsed.text()) == parsed
    return "trusted"


def departure(data: bytes) -> str:
    """A body of the departures queue."""
    try:
        delivery = parse_departure(data.decode("utf-8", "surrogateescape"))
    except RejectedError as error:
        return error.code
    assert delivery.name
    return "delivery"


def strict_json(data: bytes) -> str:
    """Strict JSON against Python's own reader: what is read is read alike, and what only one reads is said why."""
    try:
        value = parse_strict(data, max_bytes=MAX_JSON_BYTES, max_depth=MAX_JSON_DEPTH, allow_floats=True)
    except JsonError as error:
        return error.code
    assert json.loads(data) == value
    return type(value).__name__


TARGETS: Mapping[str, Target] = {one.__name__: one for one in (message, definition, document, release, trust, departure, strict_json)}


@cache
def plans() -> tuple[Plan, ...]:
    """One plan of each way to find a key, whose only predecessor is to be replaced by whatever has completed."""
    documents = [
        (f"key-{number}", {"join": f"key-{number}", "key": key, "predecessors": {"it": _A_MACHINE}, "successors": [_SUCCESSOR]})
        for number, key in enumerate(_KEYS)
    ]
    joins, problems = compile_documents(documents, allowed_accounts=None, allowed_buses=None, this_year=THIS_YEAR)
    assert not problems, problems
    return tuple(join.to_plan(1) for join in joins)


@cache
def _event_plans() -> MemoryPlans:
    """Joins that take events of no kind, by the definition's own paths."""
    document = {
        "join": "files",
        "key": {"input": "object.key"},
        "predecessors": {
            "it": {
                "event": {
                    "account": "111111111111",
                    "region": "us-east-1",
                    "source": "aws.s3",
                    "detailType": "Object Created",
                    "id": "detail.object.etag",
                    "pattern": {"detail": {"object": {"size": [{"numeric": [">", 0]}]}}},
                },
                "trust": "account",
            }
        },
        "successors": [_SUCCESSOR],
    }
    joins, problems = compile_documents([("files", document)], allowed_accounts=None, allowed_buses=None, this_year=THIS_YEAR)
    assert not problems, problems
    registry = MemoryPlans(MemoryTable())
    registry.publish(joins[0].to_plan(1), None, (), 0)
    return registry


_A_MACHINE = {"stateMachine": "arn:aws:states:us-east-1:111111111111:stateMachine:it"}
_SUCCESSOR = {"target": "t", "bus": AUDIENCE}


def _offered(plan: Plan, completion: Completion) -> str:
    """What a completion is to a join that waits for just that source."""
    plan = replace(plan, predecessors=(plan.predecessors[0]._replace(source=completion.source),))
    registry = MemoryPlans(MemoryTable())
    registry.publish(plan, None, (), 0)
    head = registry.head(plan.join)
    assert head is not None
    interest = interest_of(registry, head, completion.source, completion.status)
    if interest is None:
        return "not-wanted"
    # In the collector's order: what cannot be ordered by its times is refused before anybody asks for its key.
    arrival = arrival_of(completion, completion.reported_at_ms if completion.stopped_at_ms is None else completion.stopped_at_ms)
    assert decode_arrival(arrival.encode()) == arrival
    matched = match_join(interest, completion)
    if matched.refusal is not None:
        return matched.refusal.code
    assert all(0 < len(offer.run.key.encode()) <= 256 for offer in matched.offers)
    return "offered" if matched.offers else "not-wanted"


def _other(event: OtherEvent) -> str:
    completions, refusals = event_completions(_event_plans(), event)
    return " ".join(["event", str(len(completions)), *(refusal.code for refusal in refusals)])


def _compiled(documents: list[tuple[str, object]], *, coerce: bool = False) -> str:
    joins, problems = compile_documents(documents, allowed_accounts=None, allowed_buses=None, coerce_scalars=coerce, this_year=THIS_YEAR)
    if problems:
        return _told(*(f"{one.label} {one.problem.message} {one.problem.hint}" for one in problems))
    for join in joins:
        _check(join)
    return f"compiled {len(joins)}"


def _check(join: CompiledJoin) -> None:
    plan = join.to_plan(1)
    stored = json.loads(json.dumps(plan_to_document(plan)))
    assert plan_from_document(stored) == plan


def _told(*lines: str) -> str:
    assert all(line.isprintable() for text in lines for line in text.splitlines())
    return f"{len(lines)} problems"
