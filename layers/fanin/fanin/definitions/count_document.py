"""Counts in a definition: how often a predecessor completes for a key, and how many of those may fail."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from fanin.definitions.closed import Closed
from fanin.definitions.fields import KeyExpression, number_from_text, refusal
from fanin.definitions.names import PREDECESSOR_PATTERN
from fanin.definitions.problems import Code, quoted
from fanin.domain.counting import MAX_COUNT, Counted, Tolerance

PERCENT_PATTERN = r"^(100|[0-9]{1,2}(\.[0-9]{1,2})?)%$"

_PERCENT = re.compile(PERCENT_PATTERN)


def _possible_count(value: int) -> int:
    if not 1 <= value <= MAX_COUNT:
        raise refusal(Code.NUMBER_RANGE, f"{value} executions cannot be counted", f"write a number from 1 to {MAX_COUNT}")
    return value


def _possible_tolerance(value: int) -> int:
    if not 0 <= value <= MAX_COUNT:
        raise refusal(Code.NUMBER_RANGE, f"{value} failures cannot be tolerated", f"write a number from 0 to {MAX_COUNT}, or a percentage")
    return value


def _percentage(text: str) -> str:
    if not _PERCENT.fullmatch(text):
        hint = 'write "5%" or "0.25%", at most "100%", or a number without quotes'
        raise refusal(Code.PERCENTAGE_INVALID, f"{quoted(text)} is not a percentage", hint)
    return text


class CountFromDocument(Closed):
    """N is in the output of another predecessor: a dispatcher says how many it started."""

    source: str = Field(
        alias="from", description="The name of the predecessor that says it.", json_schema_extra={"pattern": PREDECESSOR_PATTERN}
    )
    output: KeyExpression = Field(description="A JMESPath expression that finds the number in its output.", examples=["started"])


def _count_form(value: object) -> str:
    return "said" if isinstance(value, dict | CountFromDocument) else "announced" if isinstance(value, str) else "number"


def _tolerance_form(value: object) -> str:
    return "percent" if isinstance(value, str) else "number"


_Number = Annotated[int, AfterValidator(_possible_count), Field(json_schema_extra={"minimum": 1, "maximum": MAX_COUNT})]
_Failures = Annotated[int, AfterValidator(_possible_tolerance), Field(json_schema_extra={"minimum": 0, "maximum": MAX_COUNT})]
_Percent = Annotated[str, AfterValidator(_percentage), Field(json_schema_extra={"pattern": PERCENT_PATTERN})]
Count = Annotated[
    Annotated[_Number, Tag("number")] | Annotated[CountFromDocument, Tag("said")] | Annotated[Literal["announced"], Tag("announced")],
    Discriminator(_count_form),
    BeforeValidator(number_from_text),
]


class FailuresDocument(Closed):
    """How many executions of a counted predecessor may fail."""

    tolerate: Annotated[
        Annotated[_Failures, Tag("number")] | Annotated[_Percent, Tag("percent")],
        Discriminator(_tolerance_form),
        BeforeValidator(number_from_text),
    ] = Field(description="So many, or a percentage of all.", examples=[5, "5%"])


def counted(count: int | str | CountFromDocument, failures: FailuresDocument | None) -> Counted:
    """What a count and its tolerance say, both of which were checked."""
    tolerance = Tolerance() if failures is None else _tolerance(failures.tolerate)
    if isinstance(count, CountFromDocument):
        return Counted(source=count.source, expression=count.output, tolerance=tolerance)
    return Counted(number=count if isinstance(count, int) else None, tolerance=tolerance)


def _tolerance(tolerate: int | str) -> Tolerance:
    if isinstance(tolerate, int):
        return Tolerance(failures=tolerate)
    whole, _, rest = tolerate.removesuffix("%").partition(".")
    return Tolerance(share=int(whole) * 100 + int(f"{rest:0<2}"))
