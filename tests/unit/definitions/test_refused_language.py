"""Each way in which the rest of the language can be wrong: where, by which code, and how to mend it."""

from collections.abc import Mapping

import pytest

from fanin.definitions.compiler import compile_documents
from fanin.definitions.problems import Code, Path, Problem
from fanin.domain.errors import ConfigurationError
from tests.unit.definitions.documents import BUS, LEDGER, POSITIONS, a_definition

pytestmark = pytest.mark.unit

DAILY = {"window": {"every": "day"}}
LATEST = {"latest": True}
ALERT = {"after": "PT1H", "then": "alert"}
LEDGER_PATH = ("predecessors", "ledger")


def problems_of(fields: Mapping[str, object]) -> list[Problem]:
    document = {name: value for name, value in {**a_definition(), **fields}.items() if value is not None}
    _, problems = compile_documents([("a.yaml", document)], allowed_accounts=None, allowed_buses=None, this_year=2026)
    return [labelled.problem for labelled in problems]


def with_ledger(**fields: object) -> dict[str, object]:
    return {"ledger": {"stateMachine": LEDGER, **fields}, "positions": {"stateMachine": POSITIONS}}


def nested(levels: int) -> object:
    group: object = {"all": ["ledger", "positions"]}
    for _ in range(levels - 1):
        group = {"any": [group]}
    return group


@pytest.mark.parametrize(
    ("fields", "path", "code"),
    [
        ({"zone": "Asia/Tokio"}, ("zone",), Code.ZONE_UNKNOWN),
        ({"zone": 9}, ("zone",), Code.WRONG_TYPE),
        ({"key": {"window": {"every": "day", "zone": "JST9"}}}, ("key", "window", "zone"), Code.ZONE_UNKNOWN),
        ({"key": {"window": {}}}, ("key", "window"), Code.WINDOW_CHOICE),
        ({"key": {"window": {"every": "day", "cron": "0 5 * * *"}}}, ("key", "window"), Code.WINDOW_CHOICE),
        ({"key": {"window": {"every": "year"}}}, ("key", "window", "every"), Code.VALUE_UNKNOWN),
        ({"key": {"window": {"every": "day", "startsAt": "5am"}}}, ("key", "window", "startsAt"), Code.TIME_INVALID),
        ({"key": {"window": {"every": "day", "startsAt": 300}}}, ("key", "window", "startsAt"), Code.WRONG_TYPE),
        ({"key": {"window": {"every": "hour", "startsAt": "00:30"}}}, ("key", "window"), Code.WINDOW_STARTS_AT),
        ({"key": {"window": {"cron": "0 5 * * *", "startsAt": "05:00"}}}, ("key", "window"), Code.WINDOW_STARTS_AT),
        ({"key": {"window": {"cron": "0 5 * *"}}}, ("key", "window", "cron"), Code.BAD_CRON),
        ({"key": {"window": {"every": "day", "by": "end"}}}, ("key", "window", "by"), Code.VALUE_UNKNOWN),
        ({"key": {"window": {"every": "day"}, "offset": "-1d"}}, ("key",), Code.OFFSET_WITHOUT_DATE),
        ({"key": {"latest": True, "offset": "-1d"}}, ("key",), Code.OFFSET_WITHOUT_DATE),
        ({"key": {"input": "a", "offset": "yesterday"}}, ("key", "offset"), Code.OFFSET_INVALID),
        ({"key": {"input": "a", "output": "a"}}, ("key",), Code.KEY_CHOICE),
        ({"key": {"output": "'a'"}}, ("key", "output"), Code.KEY_CONSTANT),
        ({"key": {"detail": "a b"}}, ("key", "detail"), Code.BAD_JMESPATH),
        ({"predecessors": with_ledger(key=LATEST)}, (*LEDGER_PATH, "key"), Code.KEY_OVERRIDE),
        ({"key": LATEST, "predecessors": with_ledger(key=DAILY)}, (*LEDGER_PATH, "key"), Code.KEY_OVERRIDE),
        (
            {"key": DAILY, "predecessors": with_ledger(key={"window": {"every": "hour"}})},
            (*LEDGER_PATH, "key", "window"),
            Code.WINDOW_MISFIT,
        ),
        (
            {"key": {"window": {"every": "hour"}}, "predecessors": with_ledger(key={"window": {"every": "hour", "zone": "Asia/Tokyo"}})},
            (*LEDGER_PATH, "key", "window"),
            Code.WINDOW_MISFIT,
        ),
        (
            {"key": {"window": {"cron": "0 5 * * *"}}, "predecessors": with_ledger(key={"window": {"cron": "0 6 * * *"}})},
            (*LEDGER_PATH, "key", "window"),
            Code.WINDOW_MISFIT,
        ),
        ({"calendar": {"weekend": ["sat"]}}, ("calendar",), Code.CALENDAR_UNUSED),
        ({"require": {"all": ["ledger", "position"]}}, ("require", "all", 1), Code.REQUIRE_UNKNOWN),
        ({"require": {"all": ["ledger"]}}, ("predecessors", "positions"), Code.REQUIRE_UNUSED),
        ({"require": {"atLeast": 0}}, ("require", "atLeast"), Code.REQUIRE_COUNT),
        ({"require": {"atLeast": -1}}, ("require", "atLeast"), Code.REQUIRE_COUNT),
        ({"require": {"atLeast": 3}}, ("require", "atLeast"), Code.REQUIRE_COUNT),
        ({"require": {"atLeast": 3, "of": ["ledger", "positions"]}}, ("require", "atLeast"), Code.REQUIRE_COUNT),
        ({"require": {"atLeast": True}}, ("require", "atLeast"), Code.WRONG_TYPE),
        ({"require": {"atLeast": 1.5}}, ("require", "atLeast"), Code.WRONG_TYPE),
        ({"require": {"atLeast": "2"}}, ("require", "atLeast"), Code.WRONG_TYPE),
        ({"require": {"all": ["ledger", "positions", "ledger"]}}, ("require", "all"), Code.REQUIRE_DUPLICATE),
        ({"require": {"all": ["ledger", "positions"], "any": ["ledger"]}}, ("require",), Code.REQUIRE_CHOICE),
        ({"require": {"any": ["ledger", "positions"], "of": ["ledger"]}}, ("require",), Code.REQUIRE_CHOICE),
        ({"require": {"any": ["ledger", "positions", {"atLeast": 1}]}}, ("require", "any", 2), Code.REQUIRE_CHOICE),
        ({"require": {"all": ["ledger", "positions", 5]}}, ("require", "all", 2), Code.WRONG_TYPE),
        ({"require": {"all": "ledger"}}, ("require", "all"), Code.WRONG_TYPE),
        ({"require": {"most": ["ledger"]}}, ("require", "most"), Code.UNKNOWN_FIELD),
        ({"require": ["ledger", "positions"]}, ("require",), Code.VALUE_UNKNOWN),
        ({"require": nested(17)}, ("require",), Code.REQUIRE_TOO_LARGE),
        ({"require": {"any": [{"all": ["ledger", "positions"]}] * 401}}, ("require",), Code.REQUIRE_TOO_LARGE),
        ({"onFailure": "retry"}, ("onFailure",), Code.VALUE_UNKNOWN),
        ({"predecessors": with_ledger(optional=True)}, (*LEDGER_PATH, "optional"), Code.OPTIONAL_WITHOUT_DEADLINE),
        ({"predecessors": with_ledger(optional="yes")}, (*LEDGER_PATH, "optional"), Code.WRONG_TYPE),
        ({"key": {"output": "a"}, "predecessors": with_ledger(onFailure="fail")}, (*LEDGER_PATH, "onFailure"), Code.FAILURE_WITHOUT_KEY),
        ({"predecessors": with_ledger(key={"output": "a"}), "onFailure": "ignore"}, ("onFailure",), Code.FAILURE_WITHOUT_KEY),
        (
            {"predecessors": with_ledger(key={"output": "a"}, optional=True), "deadlines": [ALERT]},
            (*LEDGER_PATH, "optional"),
            Code.START_WITHOUT_KEY,
        ),
        (
            {"key": {"window": {"every": "day", "by": "stop"}}, "predecessors": with_ledger(optional=True), "deadlines": [ALERT]},
            (*LEDGER_PATH, "optional"),
            Code.START_WITHOUT_KEY,
        ),
        ({"notBefore": "6"}, ("notBefore",), Code.TIME_INVALID),
        ({"notBefore": {"at": "25:00"}}, ("notBefore", "at"), Code.TIME_INVALID),
        ({"notBefore": {"days": 1}}, ("notBefore", "at"), Code.MISSING_FIELD),
        ({"notBefore": {"at": "06:00", "days": -1}}, ("notBefore", "days"), Code.NUMBER_RANGE),
        ({"notBefore": {"at": "06:00", "days": 63}}, ("notBefore", "days"), Code.NUMBER_RANGE),
        ({"notBefore": 600}, ("notBefore",), Code.WRONG_TYPE),
        ({"deadlines": [{"then": "alert"}]}, ("deadlines", 0), Code.DEADLINE_CHOICE),
        ({"deadlines": [{"at": "09:00", "after": "PT1H", "then": "alert"}]}, ("deadlines", 0), Code.DEADLINE_CHOICE),
        ({"deadlines": [{"after": "PT1H", "days": 1, "then": "alert"}]}, ("deadlines", 0), Code.DEADLINE_CHOICE),
        ({"deadlines": [{"at": "09:00", "since": "opening", "then": "alert"}]}, ("deadlines", 0), Code.DEADLINE_CHOICE),
        ({"deadlines": [{"after": "PT1H"}]}, ("deadlines", 0, "then"), Code.MISSING_FIELD),
        ({"deadlines": [{"after": "PT1H", "then": "page"}]}, ("deadlines", 0, "then"), Code.VALUE_UNKNOWN),
        ({"deadlines": [{"after": "1h", "then": "alert"}]}, ("deadlines", 0, "after"), Code.DURATION_INVALID),
        ({"deadlines": [{"after": "PT0S", "then": "alert"}]}, ("deadlines", 0, "after"), Code.DURATION_RANGE),
        ({"deadlines": [{"after": "P30D", "then": "alert"}]}, ("deadlines", 0, "after"), Code.DEADLINE_UNREACHABLE),
        ({"deadlines": [{"after": "PT2H", "then": "alert"}], "expireAfter": "PT1H"}, ("deadlines", 0, "after"), Code.DEADLINE_UNREACHABLE),
        ({"deadlines": [ALERT] * 6}, ("deadlines",), Code.TOO_MANY_DEADLINES),
        ({"expireAfter": "PT59S"}, ("expireAfter",), Code.DURATION_RANGE),
        ({"expireAfter": "P1M"}, ("expireAfter",), Code.DURATION_INVALID),
        ({"settle": "PT15M1S"}, ("settle",), Code.DURATION_RANGE),
        ({"settle": "PT0S"}, ("settle",), Code.DURATION_RANGE),
        ({"expect": True}, ("expect",), Code.EXPECT_WITHOUT_WINDOW),
        ({"key": DAILY, "expect": False}, ("expect",), Code.VALUE_UNKNOWN),
        ({"key": DAILY, "expect": "weekdays"}, ("expect",), Code.VALUE_UNKNOWN),
        ({"key": {"window": {"every": "month"}}, "expect": "businessDays"}, ("expect",), Code.EXPECT_BUSINESS_DAYS),
        ({"key": {"window": {"cron": "0 5 * * 0"}}, "expect": "businessDays"}, ("expect",), Code.EXPECT_BUSINESS_DAYS),
        ({"afterRelease": "rerun"}, ("afterRelease",), Code.VALUE_UNKNOWN),
        ({"successors": [{"target": "a", "bus": BUS, "on": []}]}, ("successors", 0, "on"), Code.OUTCOME_EMPTY),
        ({"successors": [{"target": "a", "bus": BUS, "on": ["released"] * 2}]}, ("successors", 0, "on"), Code.OUTCOME_DUPLICATE),
        ({"successors": [{"target": "a", "bus": BUS, "on": ["done"]}]}, ("successors", 0, "on", 0), Code.VALUE_UNKNOWN),
        ({"successors": [{"target": "a", "bus": BUS, "on": ["failed"]}]}, ("successors",), Code.RELEASE_UNWANTED),
        (
            {"successors": [{"target": "a", "bus": BUS, "payload": {"project": "a-b"}}]},
            ("successors", 0, "payload", "project"),
            Code.BAD_JMESPATH,
        ),
        (
            {"successors": [{"target": "a", "bus": BUS, "payload": {"project": "a" * 2049}}]},
            ("successors", 0, "payload", "project"),
            Code.TEXT_TOO_LONG,
        ),
        (
            {"successors": [{"target": "a", "bus": BUS, "payload": {"project": "|".join(["[@,@]"] * 20)}}]},
            ("successors", 0, "payload", "project"),
            Code.JMESPATH_MAY_GROW,
        ),
        ({"predecessors": with_ledger(account=1111)}, (*LEDGER_PATH, "account"), Code.UNKNOWN_FIELD),
    ],
)
def test_what_is_wrong_is_told_at_its_place(fields: Mapping[str, object], path: Path, code: Code) -> None:
    (problem,) = problems_of(fields)
    assert (problem.path, problem.code) == (path, code)
    assert "\n" not in problem.message
    assert problem.hint or code in (Code.VALUE_UNKNOWN, Code.WRONG_TYPE)


@pytest.mark.parametrize(
    ("calendar", "path", "code"),
    [
        ({"country": "XX"}, ("calendar", "country"), Code.CALENDAR_COUNTRY),
        ({"country": "jp"}, ("calendar", "country"), Code.CALENDAR_COUNTRY),
        ({"country": "DE", "subdivision": "XX"}, ("calendar",), Code.CALENDAR_SUBDIVISION),
        ({"country": "JP", "subdivision": "13"}, ("calendar",), Code.CALENDAR_SUBDIVISION),
        ({"subdivision": "BY"}, ("calendar",), Code.CALENDAR_SUBDIVISION),
        ({"weekend": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}, ("calendar",), Code.CALENDAR_NEVER_OPEN),
        ({"weekend": ["Saturday"]}, ("calendar", "weekend", 0), Code.VALUE_UNKNOWN),
        ({"holidays": ["2026-02-30"]}, ("calendar", "holidays", 0), Code.DATE_INVALID),
        ({"holidays": ["2026-01-01"] * 1001}, ("calendar", "holidays"), Code.TOO_MANY_HOLIDAYS),
        ({"holidaysFile": "holidays.txt"}, ("calendar",), Code.HOLIDAYS_FILE),
    ],
)
def test_a_wrong_calendar_is_told_at_its_place(calendar: object, path: Path, code: Code) -> None:
    (problem,) = problems_of({"key": {"input": "day", "offset": "-1bd"}, "calendar": calendar})
    assert (problem.path, problem.code) == (path, code)
    assert problem.hint


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"notBefore": "06:00"}, ("notBefore",)),
        ({"deadlines": [ALERT]}, ("deadlines",)),
        ({"settle": "PT30S"}, ("settle",)),
        ({"expect": True}, ("expect",)),
        ({"expireAfter": "P1D"}, ("expireAfter",)),
        ({"onFailure": "fail"}, ("onFailure",)),
        ({"afterRelease": "again"}, ("afterRelease",)),
        ({"afterRelease": "report"}, ("afterRelease",)),
        ({"predecessors": with_ledger(onFailure="fail")}, (*LEDGER_PATH, "onFailure")),
        ({"predecessors": with_ledger(optional=True)}, (*LEDGER_PATH, "optional")),
    ],
)
@pytest.mark.parametrize("key", [None, LATEST])
def test_a_join_without_keys_has_no_runs_that_times_could_be_measured_from(key: object, fields: Mapping[str, object], path: Path) -> None:
    (problem,) = problems_of({**fields, "key": key})
    assert (problem.path, problem.code) == (path, Code.NOT_WITH_LATEST)


def test_conditions_may_be_nested_to_the_limit() -> None:
    assert problems_of({"require": nested(16)}) == []


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"require": {"all": ["ledger", "postions"]}}, "did you mean positions?"),
        ({"require": {"atLeast": 5}}, "write a number from 1 to 2"),
        ({"require": {"al": ["ledger"]}}, "did you mean all?"),
        ({"require": {"all": ["ledger", "positions", {"ofs": []}]}}, "did you mean of?"),
        ({"notBefore": {"at": "06:00", "zon": "UTC"}}, "did you mean zone?"),
        ({"key": {"window": {"evry": "day"}}}, "did you mean every?"),
        ({"deadlines": [{"at": "09:00", "than": "alert"}]}, "did you mean then?"),
        ({"calendar": {"contry": "JP"}}, "did you mean country?"),
        ({"expect": "yes"}, "write true or businessDays"),
        ({"settle": "PT1H"}, "from PT1S to PT15M"),
    ],
)
def test_the_hint_says_how_to_mend_it(fields: Mapping[str, object], hint: str) -> None:
    assert hint in [problem.hint for problem in problems_of(fields)]


def test_windows_that_differ_in_what_does_not_matter_meet() -> None:
    own = {"window": {"every": "day", "zone": "America/New_York", "startsAt": "18:00", "by": "stop"}}
    assert problems_of({"key": DAILY, "predecessors": with_ledger(key=own)}) == []
    crons = {"window": {"cron": "0 5 * * *", "by": "stop"}}
    assert problems_of({"key": {"window": {"cron": "0 5 * * *"}}, "predecessors": with_ledger(key=crons)}) == []


def test_a_country_needs_the_year_that_its_holidays_begin_at() -> None:
    document = {**a_definition(), "key": {"input": "day", "offset": "-1bd"}, "calendar": {"country": "JP"}}
    with pytest.raises(ConfigurationError) as refused:
        compile_documents([("a", document)], allowed_accounts=None, allowed_buses=None)
    assert refused.value.code == "year-missing"
