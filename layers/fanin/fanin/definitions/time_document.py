"""Times in a definition: the calendar, wall times, deadlines."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from fanin.definitions.closed import Closed, exactly_one
from fanin.definitions.fields import After, Country, DateText, DaysAhead, TimeOfDay, ZoneName, refusal
from fanin.definitions.holiday_lists import check_subdivision
from fanin.definitions.problems import Code, RefusedValueError

MAX_DEADLINES = 5
MAX_HOLIDAYS = 1000
MAX_FILE_NAME_CHARS = 1024
WEEKDAYS = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class CalendarDocument(Closed):
    """Which days are business days: neither weekend nor holiday."""

    weekend: list[Weekday] = Field(default=["sat", "sun"], description="The weekdays that are never business days.")
    country: Country | None = Field(default=None, description="The ISO 3166 code of a country whose holidays count.", examples=["JP"])
    subdivision: str | None = Field(default=None, description="A part of the country with holidays of its own.", examples=["BY"])
    holidays: list[DateText] = Field(
        default=[], max_length=MAX_HOLIDAYS, description="Further days that are no business days.", examples=[["2026-12-31"]]
    )
    holidays_file: str | None = Field(
        default=None,
        max_length=MAX_FILE_NAME_CHARS,
        description="A file of such days, one a line, beside the definition's; the command line reads it.",
        examples=["holidays.txt"],
    )

    @model_validator(mode="after")
    def _usable(self) -> CalendarDocument:
        if len(set(self.weekend)) == len(WEEKDAYS):
            raise refusal(Code.CALENDAR_NEVER_OPEN, "every weekday is in the weekend", "leave a business day")
        if self.holidays_file is not None:
            hint = "apply the definition with the command line, or list the days under holidays"
            raise refusal(Code.HOLIDAYS_FILE, "a file of holidays cannot be read here", hint)
        if self.subdivision is not None:
            self._check_subdivision(self.subdivision)
        return self

    def _check_subdivision(self, subdivision: str) -> None:
        if self.country is None:
            raise refusal(Code.CALENDAR_SUBDIVISION, "a subdivision is given without its country", "add country: …")
        try:
            check_subdivision(self.country, subdivision)
        except RefusedValueError as error:
            raise refusal(error.code, error.message, error.hint) from error


class WallTimeDocument(Closed):
    """A wall time on the run's own day, or some days after it."""

    at: TimeOfDay = Field(description="The wall time.", examples=["06:00"])
    zone: ZoneName | None = Field(default=None, description="Its time zone; the join's own if left out.")
    days: DaysAhead = Field(default=0, description="How many days after the run's own.")


class DeadlineDocument(Closed):
    """When it is late, and what happens then; exactly one of `at` and `after`."""

    model_config = ConfigDict(json_schema_extra=exactly_one(["at", "after"]))

    at: TimeOfDay | None = Field(default=None, description="A wall time.", examples=["09:00"])
    days: DaysAhead = Field(default=0, description="How many days after the run's own the wall time is.")
    zone: ZoneName | None = Field(default=None, description="The time zone of the wall time; the join's own if left out.")
    after: After | None = Field(default=None, description="A duration.", examples=["PT2H"])
    since: Literal["opening", "firstArrival"] = Field(default="opening", description="What the duration is measured from.")
    then: Literal["alert", "fail", "release"] = Field(description="What happens: people are told, the run fails, or it is released.")

    @model_validator(mode="after")
    def _fits_together(self) -> DeadlineDocument:
        kind = self.one_of(["at", "after"], Code.DEADLINE_CHOICE, "the deadline")
        foreign = sorted(self.model_fields_set & ({"since"} if kind == "at" else {"days", "zone"}))
        if foreign:
            owner = "after" if kind == "at" else "at"
            raise refusal(Code.DEADLINE_CHOICE, f"{' and '.join(foreign)} belongs to {owner}, not to {kind}", f"remove it, or give {owner}")
        return self


def _form(value: object) -> str:
    return "mapping" if isinstance(value, dict | WallTimeDocument) else "text"


NotBefore = Annotated[Annotated[TimeOfDay, Tag("text")] | Annotated[WallTimeDocument, Tag("mapping")], Discriminator(_form)]
