"""What a definition may say of time, and what it is told when it may not."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.definitions import times
from fanin.definitions.problems import Code, RefusedValueError
from fanin.definitions.times import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, Offset

pytestmark = pytest.mark.unit


def refusal(check: object, text: str) -> tuple[str, str | None]:
    assert callable(check)
    with pytest.raises(RefusedValueError) as refused:
        check(text)
    assert "\n" not in refused.value.message
    return refused.value.code, refused.value.hint


@pytest.mark.parametrize(
    ("text", "length_ms"),
    [
        ("PT30S", 30 * SECOND_MS),
        ("PT2H", 2 * HOUR_MS),
        ("P1DT12H", 36 * HOUR_MS),
        ("P30D", 30 * DAY_MS),
        ("PT1H30M15S", HOUR_MS + 30 * MINUTE_MS + 15 * SECOND_MS),
        ("PT0S", 0),
        ("P2DT1S", 2 * DAY_MS + SECOND_MS),
    ],
)
def test_a_duration_is_days_hours_minutes_and_seconds(text: str, length_ms: int) -> None:
    assert times.duration_ms(text) == length_ms


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "P1DT", "30s", "PT1.5H", "P1M", "P1Y", "P1W", "PT-1S", "pt1s", "PT1S\n", "PT99999999S", "PT1S1H"],
)
def test_what_is_no_such_duration_is_refused(text: str) -> None:
    assert refusal(times.duration_ms, text)[0] == Code.DURATION_INVALID


@pytest.mark.parametrize(
    ("check", "least", "most"),
    [(times.settle, "PT1S", "PT15M"), (times.after, "PT1S", "P90D"), (times.expiry, "PT1M", "P90D")],
)
def test_each_duration_has_its_range(check: object, least: str, most: str) -> None:
    assert callable(check)
    for text in (least, most):
        assert check(text) == text
    for text in ("PT0S", f"{most}T1S" if "T" not in most else "PT15M1S"):
        code, hint = refusal(check, text)
        assert (code, hint) == (Code.DURATION_RANGE, f"from {least} to {most}")


@given(st.integers(0, 9_999_999), st.integers(0, 9_999_999), st.integers(0, 9_999_999), st.integers(0, 9_999_999))
def test_a_duration_is_the_sum_of_its_parts(days: int, hours: int, minutes: int, seconds: int) -> None:
    length_ms = times.duration_ms(f"P{days}DT{hours}H{minutes}M{seconds}S")
    assert length_ms == days * DAY_MS + hours * HOUR_MS + minutes * MINUTE_MS + seconds * SECOND_MS


@pytest.mark.parametrize("text", ["5:00", "0500", "24:00", "05:60", "05:00:61", "05", "", "05:00 ", "05:00Z", "noon", "\u0660\u0665:00"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    assert refusal(times.wall_time, text)[0] == Code.TIME_INVALID


def test_a_time_of_day_may_have_seconds() -> None:
    assert times.wall_time("05:00") == time(5)
    assert times.wall_time("23:59:59") == time(23, 59, 59)


@pytest.mark.parametrize("name", ["UTC", "Asia/Tokyo", "Europe/Berlin", "Australia/Lord_Howe", "America/Argentina/Ushuaia"])
def test_iana_zones_are_known(name: str) -> None:
    assert times.zone_name(name) == name


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Asia/Tokio", "did you mean Asia/Tokyo?"),
        ("asia/tokyo", "did you mean Asia/Tokyo?"),
        ("Tokyo", "did you mean Asia/Tokyo?"),
        ("New York", "did you mean America/New_York?"),
        ("Europe/Berln", "did you mean Europe/Berlin?"),
        ("+09:00", "write an IANA name, as in Asia/Tokyo, Europe/Berlin or UTC"),
        ("../../etc/passwd", "write an IANA name, as in Asia/Tokyo, Europe/Berlin or UTC"),
        ("localtime", None),
        ("", "write an IANA name, as in Asia/Tokyo, Europe/Berlin or UTC"),
    ],
)
def test_an_unknown_zone_comes_with_the_near_one(text: str, hint: str | None) -> None:
    code, told = refusal(times.zone_name, text)
    assert code == Code.ZONE_UNKNOWN
    assert hint is None or told == hint


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("-1d", Offset(-1, False)),
        ("+2d", Offset(2, False)),
        ("-1bd", Offset(-1, True)),
        ("+366bd", Offset(366, True)),
        ("+01d", Offset(1, False)),
    ],
)
def test_an_offset_is_days_or_business_days(text: str, meant: Offset) -> None:
    assert times.offset(text) == meant


@pytest.mark.parametrize("text", ["", "1d", "-d", "0d", "+0d", "-0bd", "-1", "-1w", "-367d", "-1000d", "- 1d", "-1db", "-1d\n"])
def test_what_is_no_offset_is_refused(text: str) -> None:
    assert refusal(times.offset, text)[0] == Code.OFFSET_INVALID


@pytest.mark.parametrize("text", ["2026-02-29", "2026-13-01", "20261231", "2026-1-1", "31.12.2026", "", "2026-12-31\n"])
def test_what_is_no_date_is_refused(text: str) -> None:
    assert refusal(times.calendar_date, text)[0] == Code.DATE_INVALID


def test_a_date_is_a_date() -> None:
    assert times.calendar_date("2028-02-29") == date(2028, 2, 29)


@pytest.mark.parametrize("text", ["0 5 * * 1-5", "*/15 * * * *", "0 0 L * *", "0 0 1,15 * MON#1", "0 5 29 2 *"])
def test_cron_expressions_of_five_fields_are_taken(text: str) -> None:
    assert times.cron_expression(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0 5 * *",
        "0 0 5 * * 1-5",
        "@daily",
        "60 5 * * *",
        "0 5 * * 8",
        "0 5 31 2 *",
        "a b c d e",
        "0 5 * * ?",
        "0 5 * * MON#6",
        "0 5 *\n* *",
        "0 " * 60,
    ],
)
def test_what_is_no_cron_expression_or_never_fires_is_refused(text: str) -> None:
    assert refusal(times.cron_expression, text)[0] == Code.BAD_CRON


@given(st.text(max_size=20) | st.from_regex(r"[0-9*,/L#-]{1,4}( [0-9*,/LW#-]{1,4}){4}", fullmatch=True))
def test_whatever_the_text_there_is_an_answer_of_one_line(text: str) -> None:
    for check in (times.cron_expression, times.zone_name, times.offset, times.duration_ms, times.wall_time, times.calendar_date):
        try:
            check(text)
        except RefusedValueError as refused:
            assert "\n" not in refused.message  # noqa: PT017  (any answer will do)
