"""The kinds of field a definition has: what each value alone must be, and where it may point.

Each kind is a type for the models of `document`: the check that refuses, and what the JSON Schema can say of it. The checks themselves know
nothing of pydantic. Nothing is converted, but for text that CloudFormation made of booleans and numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, ValidationInfo
from pydantic_core import PydanticCustomError

from fanin.definitions import arns, names, times
from fanin.definitions.event_pattern import checked_pattern, pattern_from_texts
from fanin.definitions.expressions import MAX_EXPRESSION_CHARS, MAX_PROJECTION_CHARS, event_path, key_expression, projection
from fanin.definitions.holiday_lists import COUNTRY_PATTERN, country_code
from fanin.definitions.patterns import MAX_PATTERN_CHARS, name_pattern
from fanin.definitions.problems import Code, RefusedValueError, quoted

MAX_STATUS_CHARS = 128
MAX_DAYS_AHEAD = 62  # two months, for what a window of a month waits for

_WHOLE_NUMBER = re.compile("-?[0-9]{1,9}")


class Options(NamedTuple):
    """What validation is told besides the document: where a definition may reach (None: anywhere), and whether scalars come as text."""

    allowed_accounts: frozenset[str] | None = None
    allowed_buses: frozenset[str] | None = None
    coerce_scalars: bool = False


def options(info: ValidationInfo) -> Options:
    return info.context if isinstance(info.context, Options) else Options()


def refusal(code: str, message: str, hint: str | None = None) -> PydanticCustomError:
    return PydanticCustomError(code, "{message}", {"message": message, "hint": hint})


def checked(check: Callable[[str], object]) -> AfterValidator:
    """`check`, which knows nothing of pydantic, as one of its validators; the field keeps its text."""

    def validate(text: str) -> str:
        try:
            check(text)
        except RefusedValueError as error:
            raise refusal(error.code, error.message, error.hint) from error
        return text

    return AfterValidator(validate)


def _bus_allowed(arn: str, info: ValidationInfo) -> str:
    allowed = options(info).allowed_buses
    if allowed is not None and arn not in allowed:
        hint = "deploy the successor stack there and add the bus to the hub stack's successor buses"
        raise refusal(Code.BUS_NOT_ALLOWED, f"the hub may not send to the bus {quoted(arn)}", hint)
    return arn


def _from_text(value: object, info: ValidationInfo) -> object:
    texts: dict[object, bool] = {"true": True, "false": False}
    return texts.get(value, value) if isinstance(value, str) and options(info).coerce_scalars else value


def number_from_text(value: object, info: ValidationInfo) -> object:
    return int(value) if isinstance(value, str) and options(info).coerce_scalars and _WHOLE_NUMBER.fullmatch(value) else value


def _pattern(pattern: dict[str, JsonValue]) -> dict[str, JsonValue]:
    try:
        checked_pattern(pattern)
    except RefusedValueError as error:
        raise refusal(error.code, error.message, error.hint) from error
    return pattern


def _pattern_from_text(value: object, info: ValidationInfo) -> object:
    return pattern_from_texts(value) if options(info).coerce_scalars else value


def _days_ahead(value: int) -> int:
    if not 0 <= value <= MAX_DAYS_AHEAD:
        raise refusal(Code.NUMBER_RANGE, f"{value} days is out of range", f"write 0 for the run's own day, or up to {MAX_DAYS_AHEAD}")
    return value


def _must_be_true(value: bool) -> bool:
    if not value:
        raise refusal(Code.VALUE_UNKNOWN, "false says nothing here", "write true, or leave the field out")
    return value


Flag = Annotated[bool, BeforeValidator(_from_text)]
Yes = Annotated[Flag, AfterValidator(_must_be_true), Field(json_schema_extra={"const": True})]
WholeNumber = Annotated[int, BeforeValidator(number_from_text)]
DaysAhead = Annotated[WholeNumber, AfterValidator(_days_ahead), Field(json_schema_extra={"minimum": 0, "maximum": MAX_DAYS_AHEAD})]
YesOrBusinessDays = Annotated[Literal[True, "businessDays"], BeforeValidator(_from_text)]
JoinName = Annotated[str, checked(names.join_name), Field(json_schema_extra={"pattern": names.JOIN_PATTERN})]
PredecessorName = Annotated[str, checked(names.predecessor_name)]
TargetName = Annotated[str, checked(names.target_name), Field(json_schema_extra={"pattern": names.TARGET_PATTERN})]
KeyExpression = Annotated[str, checked(key_expression), Field(json_schema_extra={"minLength": 1, "maxLength": MAX_EXPRESSION_CHARS})]
NamePattern = Annotated[
    str, checked(name_pattern), Field(json_schema_extra={"minLength": 1, "maxLength": MAX_PATTERN_CHARS, "format": "regex"})
]
EventPath = Annotated[str, checked(event_path), Field(json_schema_extra={"minLength": 1, "maxLength": MAX_EXPRESSION_CHARS})]
EventPattern = Annotated[
    dict[str, JsonValue], BeforeValidator(_pattern_from_text), AfterValidator(_pattern), Field(json_schema_extra={"minProperties": 1})
]
StatusWord = Annotated[str, Field(min_length=1, max_length=MAX_STATUS_CHARS)]
TagName = Annotated[str, checked(names.tag_name), Field(json_schema_extra={"pattern": names.TAG_PATTERN})]
BusArn = Annotated[str, checked(arns.bus_arn), AfterValidator(_bus_allowed), Field(json_schema_extra={"pattern": arns.BUS_PATTERN})]
ZoneName = Annotated[str, checked(times.zone_name), Field(json_schema_extra={"minLength": 1})]
TimeOfDay = Annotated[str, checked(times.wall_time), Field(json_schema_extra={"pattern": times.TIME_PATTERN})]
DateText = Annotated[str, checked(times.calendar_date), Field(json_schema_extra={"pattern": times.DATE_PATTERN})]
OffsetText = Annotated[str, checked(times.offset), Field(json_schema_extra={"pattern": times.OFFSET_PATTERN})]
CronText = Annotated[str, checked(times.cron_expression), Field(json_schema_extra={"minLength": 9, "maxLength": times.MAX_CRON_CHARS})]
Settle = Annotated[str, checked(times.settle), Field(json_schema_extra={"pattern": times.DURATION_PATTERN})]
After = Annotated[str, checked(times.after), Field(json_schema_extra={"pattern": times.DURATION_PATTERN})]
Expiry = Annotated[str, checked(times.expiry), Field(json_schema_extra={"pattern": times.DURATION_PATTERN})]
Country = Annotated[str, checked(country_code), Field(json_schema_extra={"pattern": COUNTRY_PATTERN})]
Projection = Annotated[str, checked(projection), Field(json_schema_extra={"minLength": 1, "maxLength": MAX_PROJECTION_CHARS})]
