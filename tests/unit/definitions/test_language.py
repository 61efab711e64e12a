"""What the language says beyond the simple join, and what it becomes in a plan."""

from collections.abc import Mapping
from datetime import date, time

import pytest

from fanin.definitions.compiler import compile_documents
from fanin.domain.calendar import Calendar
from fanin.domain.completion import Status
from fanin.domain.condition import AtLeast, Condition, Slot, all_of
from fanin.domain.outcome import Outcome
from fanin.domain.plan import AfterRelease, KeyKind, KeyRule, OnFailure, Plan
from fanin.domain.timing import Deadline, DeadlineAction, Elapsed, Since, Timing, WallTime
from fanin.domain.window import CronWindow, Window, WindowBy, WindowUnit
from tests.unit.definitions.documents import BUS, a_definition

pytestmark = pytest.mark.unit

ARN = "arn:aws:states:us-east-1:111111111111:stateMachine:{}"


def the_plan(**fields: object) -> Plan:
    return compiled(fields, coerce_scalars=False)


def compiled(fields: Mapping[str, object], *, coerce_scalars: bool) -> Plan:
    document = {**a_definition(), **fields}
    joins, problems = compile_documents(
        [("a", document)], allowed_accounts=None, allowed_buses=None, coerce_scalars=coerce_scalars, this_year=2026
    )
    assert problems == []
    return joins[0].content


def predecessors(*names: str, **fields: object) -> dict[str, object]:
    return {name: {"stateMachine": ARN.format(name), **fields} for name in names}


@pytest.mark.parametrize(
    ("window", "rule"),
    [
        ({"every": "hour"}, Window(WindowUnit.HOUR, "Asia/Tokyo")),
        ({"every": "day", "startsAt": "05:00"}, Window(WindowUnit.DAY, "Asia/Tokyo", time(5))),
        ({"every": "week", "zone": "UTC", "by": "stop"}, Window(WindowUnit.WEEK, "UTC", by=WindowBy.STOP)),
        ({"cron": "0 5 * * 1-5"}, CronWindow("0 5 * * 1-5", "Asia/Tokyo")),
    ],
)
def test_a_window_takes_the_zone_of_the_join_unless_it_has_its_own(window: object, rule: Window | CronWindow) -> None:
    assert the_plan(zone="Asia/Tokyo", key={"window": window}).key == KeyRule(KeyKind.WINDOW, window=rule)


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ({"output": "day"}, KeyRule(KeyKind.OUTPUT, "day")),
        ({"detail": "name"}, KeyRule(KeyKind.DETAIL, "name")),
        ({"input": "day", "offset": "-1d"}, KeyRule(KeyKind.INPUT, "day", offset_days=-1)),
        ({"name": "^x-([0-9]+)", "offset": "+2bd"}, KeyRule(KeyKind.NAME, "^x-([0-9]+)", offset_days=2, business=True)),
    ],
)
def test_each_further_kind_of_key_becomes_a_rule(key: object, rule: KeyRule) -> None:
    assert the_plan(key=key).key == rule


def test_a_predecessor_has_its_own_key_only_where_it_differs() -> None:
    own = {"input": "tradeDate", "offset": "+1bd"}
    same = {"input": "businessDate"}
    plan = the_plan(predecessors={**predecessors("a", key=own), **predecessors("b", key=same), **predecessors("c")})
    assert [one.key for one in plan.predecessors] == [KeyRule(KeyKind.INPUT, "tradeDate", offset_days=1, business=True), None, None]
    assert plan.calendar == Calendar()


QUORUM = AtLeast(2, (Slot(0), Slot(1), Slot(2)))


@pytest.mark.parametrize(
    ("require", "condition"),
    [
        ("all", all_of(4)),
        ("any", AtLeast(1, all_of(4).children)),
        ({"atLeast": 2}, AtLeast(2, all_of(4).children)),
        ({"all": ["d", "c", "b", "a"]}, all_of(4)),
        ({"any": ["a", "b", "c", "d"]}, AtLeast(1, all_of(4).children)),
        ({"all": [{"atLeast": 2, "of": ["c", "b", "a"]}, "d"]}, AtLeast(2, (Slot(3), QUORUM))),
        ({"any": [{"all": ["a", "b"]}, {"all": ["b", "c", "d"]}]}, AtLeast(1, (all_of(2), AtLeast(3, (Slot(1), Slot(2), Slot(3)))))),
    ],
)
def test_require_becomes_a_condition_whatever_the_order_in_it(require: object, condition: Condition) -> None:
    assert the_plan(predecessors=predecessors("a", "b", "c", "d"), require=require).condition == condition


def test_failures_are_a_matter_of_the_join_or_of_a_predecessor() -> None:
    plan = the_plan(predecessors={**predecessors("a", onFailure="ignore"), **predecessors("b")}, onFailure="fail")
    assert [one.on_failure for one in plan.predecessors] == [OnFailure.IGNORE, OnFailure.FAIL]
    assert the_plan().predecessors[0].on_failure is OnFailure.WAIT


def test_times_become_a_timing() -> None:
    plan = the_plan(
        zone="Asia/Tokyo",
        key={"window": {"every": "day"}},
        notBefore="06:00",
        deadlines=[
            {"at": "09:00", "days": 1, "zone": "UTC", "then": "alert"},
            {"after": "PT2H", "then": "fail"},
            {"after": "PT10M", "since": "firstArrival", "then": "release"},
        ],
        expect="businessDays",
        expireAfter="P45D",
        settle="PT30S",
    )
    assert plan.timing == Timing(
        not_before=WallTime(time(6), "Asia/Tokyo"),
        deadlines=(
            Deadline(WallTime(time(9), "UTC", 1), DeadlineAction.ALERT),
            Deadline(Elapsed(7_200_000), DeadlineAction.FAIL),
            Deadline(Elapsed(600_000, Since.FIRST_ARRIVAL), DeadlineAction.RELEASE),
        ),
        settle_ms=30_000,
        expire_after_ms=45 * 86_400_000,
        expected=True,
        business_days_only=True,
    )
    assert plan.calendar == Calendar()


def test_not_before_may_have_a_zone_and_days() -> None:
    timing = the_plan(zone="Asia/Tokyo", notBefore={"at": "06:00:30", "zone": "UTC", "days": 1}).timing
    assert timing.not_before == WallTime(time(6, 0, 30), "UTC", 1)
    assert the_plan(zone="Asia/Tokyo", notBefore={"at": "06:00"}).timing.not_before == WallTime(time(6), "Asia/Tokyo")


def test_an_expected_run_may_be_expected_every_time() -> None:
    timing = the_plan(key={"window": {"every": "month"}}, expect=True).timing
    assert (timing.expected, timing.business_days_only) == (True, False)


def test_optional_and_late_arrivals() -> None:
    plan = the_plan(
        predecessors={**predecessors("a", optional=True), **predecessors("b")},
        deadlines=[{"after": "PT1H", "then": "alert"}],
        afterRelease="again",
    )
    assert [one.optional for one in plan.predecessors] == [True, False]
    assert any(plan.wants(one.source, Status.RUNNING) for one in plan.predecessors)
    assert plan.after_release is AfterRelease.AGAIN


def test_a_successor_says_what_it_gets_and_when() -> None:
    plan = the_plan(
        successors=[
            {"target": "a", "bus": BUS, "payload": {"project": "{k: key}"}, "on": ["failed", "released"]},
            {"target": "b", "bus": BUS, "on": ["failed"]},
        ]
    )
    assert [one.outcomes for one in plan.successors] == [(Outcome.RELEASED, Outcome.FAILED), (Outcome.FAILED,)]
    assert (plan.successors[0].projection, plan.projects_outputs) == ("{k: key}", True)


def test_a_calendar_is_a_countrys_with_days_of_ones_own() -> None:
    plan = the_plan(
        key={"input": "day", "offset": "-1bd"},
        calendar={"country": "JP", "weekend": ["sun"], "holidays": ["2026-12-31"]},
    )
    assert plan.calendar is not None
    assert plan.calendar.weekend == frozenset({7})
    assert {date(2026, 12, 31), date(2025, 1, 1), date(2031, 11, 3), date(2026, 5, 6)} <= plan.calendar.holidays
    assert {day.year for day in plan.calendar.holidays} == set(range(2025, 2032))


def test_a_part_of_a_country_has_its_own_holidays() -> None:
    epiphany = date(2026, 1, 6)
    for subdivision, expected in ({"subdivision": "BY"}, True), ({}, False):
        plan = the_plan(key={"input": "day", "offset": "-1bd"}, calendar={"country": "DE", **subdivision})
        assert plan.calendar is not None
        assert (epiphany in plan.calendar.holidays) is expected


def test_spelling_further_defaults_out_changes_nothing() -> None:
    spelled = the_plan(
        zone="UTC",
        onFailure="wait",
        expireAfter="P30D",
        afterRelease="ignore",
        deadlines=[],
        successors=[{"target": "daily-close", "bus": BUS, "payload": {"outputs": True}, "on": ["released"]}],
    )
    assert spelled.digest == the_plan().digest


def test_cloudformation_text_is_taken_for_numbers_too() -> None:
    fields: dict[str, object] = {
        "require": {"atLeast": "2"},
        "key": {"window": {"every": "day"}},
        "expect": "true",
        "notBefore": {"at": "06:00", "days": "1"},
    }
    plan = compiled(fields, coerce_scalars=True)
    assert plan == the_plan(**{**fields, "require": {"atLeast": 2}, "expect": True, "notBefore": {"at": "06:00", "days": 1}})
