"""Match events: which completions an event is that has no kind of its own, one for each rule of a live plan that takes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fanin.definitions.event_reading import read_event
from fanin.domain.completion import Completion, Source
from fanin.domain.errors import RejectedError
from fanin.domain.event_rule import EventRule
from fanin.domain.execution_arn import execution_arn
from fanin.ports import Plans
from fanin.sources.message import OtherEvent
from fanin.use_cases.match_joins import live_plans


def event_completions(plans: Plans, other: OtherEvent) -> tuple[list[Completion], list[RejectedError]]:
    """The completions that an event is, and why others that it seems to be are none.

    RejectedError `source-unknown` when no definition names its source and detail-type.
    """
    route = other.route
    joins = plans.joins_of(route)
    if not joins:
        raise RejectedError("source-unknown", "no kind of predecessor has this event source and detail-type, and no definition names them")
    completions: list[Completion] = []
    refusals: list[RejectedError] = []
    for source, rule in dict(_rules(plans, joins, route, refusals)).items():
        try:
            completion = _completion(source, rule, other)
        except RejectedError as error:
            refusals.append(error)
        else:
            completions += [completion] if completion is not None else []
    return completions, refusals


def _rules(plans: Plans, joins: Sequence[str], route: Source, refusals: list[RejectedError]) -> Iterator[tuple[Source, EventRule]]:
    for head in [head for join in joins if (head := plans.head(join)) is not None]:
        try:
            live = live_plans(plans, head)
        except RejectedError as error:
            refusals.append(error)
            continue
        for predecessor in [one for plan in live for one in plan.predecessors]:
            if predecessor.event is not None and predecessor.source.route == route.route:
                yield predecessor.source, predecessor.event


def _completion(source: Source, rule: EventRule, other: OtherEvent) -> Completion | None:
    envelope = other.envelope
    reading = read_event(rule, envelope.event)
    if reading is None:
        return None
    return Completion(
        source=source,
        account=envelope.account,
        region=envelope.region,
        execution_id=reading.execution_id,
        execution_arn=execution_arn(source, reading.execution_id),
        status=reading.status,
        reported_at_ms=envelope.time_ms,
        started_at_ms=reading.started_at_ms,
        stopped_at_ms=envelope.time_ms if reading.stopped_at_ms is None else reading.stopped_at_ms,
        input=reading.input,
        input_included=True,
        output=None,
        output_included=True,
        detail=envelope.detail,
    )
