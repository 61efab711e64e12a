"""Keys in a definition: where a completion says which run it belongs to."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from fanin.definitions.closed import Closed, exactly_one
from fanin.definitions.fields import CronText, KeyExpression, NamePattern, OffsetText, TagName, TimeOfDay, Yes, ZoneName, refusal
from fanin.definitions.problems import Code
from fanin.domain.plan import KeyKind

_KINDS = tuple(KeyKind)
_WITHOUT_DATE = frozenset({KeyKind.WINDOW, KeyKind.LATEST})


class WindowDocument(Closed):
    """A stretch of calendar time that is the key; exactly one of `every` and `cron`."""

    model_config = ConfigDict(json_schema_extra=exactly_one(["every", "cron"]))

    every: Literal["hour", "day", "week", "month"] | None = Field(default=None, description="How long a window is.")
    cron: CronText | None = Field(
        default=None, description="A cron expression of five fields: a window begins when it fires.", examples=["0 5 * * 1-5"]
    )
    zone: ZoneName | None = Field(default=None, description="The time zone that days begin in; the join's own if left out.")
    starts_at: TimeOfDay | None = Field(
        default=None, description="The base time: when a day begins, and with it a week or month.", examples=["05:00"]
    )
    by: Literal["start", "stop"] = Field(default="start", description="Which moment of an execution lies in the window.")

    @model_validator(mode="after")
    def _fits_together(self) -> WindowDocument:
        self.one_of(["every", "cron"], Code.WINDOW_CHOICE, "the window")
        if self.starts_at is not None and self.every in (None, "hour"):
            what = "hours begin on the hour" if self.every else "a cron expression says itself when a window begins"
            raise refusal(Code.WINDOW_STARTS_AT, f"startsAt has no meaning here: {what}", "remove startsAt")
        return self


class KeyDocument(Closed):
    """What ties completions together; exactly one kind, and an offset if the key is a date."""

    model_config = ConfigDict(json_schema_extra=exactly_one(_KINDS))

    input: KeyExpression | None = Field(
        default=None,
        description="A JMESPath expression on the execution's input that gives a text or an integer.",
        examples=["businessDate", "order.id", "join('-', [region, businessDate])"],
    )
    output: KeyExpression | None = Field(
        default=None, description="Likewise on the execution's output, which only a success has.", examples=["businessDate"]
    )
    name: NamePattern | None = Field(
        default=None,
        description="A regular expression with one group, searched for in the execution's name; the group is the key.",
        examples=["^close-([0-9]{4}-[0-9]{2}-[0-9]{2})"],
    )
    detail: KeyExpression | None = Field(
        default=None, description="A JMESPath expression on the detail of the event that reported the execution.", examples=["name"]
    )
    tag: TagName | None = Field(
        default=None,
        description="The execution's own tag of this name, which is looked up: of ECS tasks and Batch jobs.",
        examples=["business-date"],
    )
    window: WindowDocument | None = Field(default=None, description="The window of calendar time that the execution started or stopped in.")
    latest: Yes | None = Field(
        default=None, description="No key in the executions: the newest completion of each predecessor since the last release."
    )
    offset: OffsetText | None = Field(
        default=None, description="Days (d) or business days (bd) to move the date found by.", examples=["-1d", "+2d", "-1bd"]
    )

    @property
    def kind(self) -> KeyKind:
        """Which of the kinds is given."""
        return KeyKind(self.one_of(_KINDS, Code.KEY_CHOICE, "the key"))

    @model_validator(mode="after")
    def _fits_together(self) -> KeyDocument:
        if self.kind in _WITHOUT_DATE and self.offset is not None:
            hint = "remove the offset, or take the date from input, output, name, detail or tag"
            raise refusal(Code.OFFSET_WITHOUT_DATE, f"an offset has no meaning with {self.kind}", hint)
        return self
