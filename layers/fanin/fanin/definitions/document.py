"""The definition document: the shape of the language, field by field.

Strict and closed: a field not named here is refused, nothing is converted. The JSON Schema is generated from these models. What one value
must be is in `fields`; what two values, or two documents, must not be together is in `conflicts`. A new kind of key, source or condition
is a field or model here and a branch in `compiler`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

from fanin.definitions.fields import (
    BusArn,
    Flag,
    JoinName,
    KeyExpression,
    NamePattern,
    PredecessorName,
    StateMachineArn,
    TargetName,
    Yes,
    refusal,
)
from fanin.definitions.names import PREDECESSOR_PATTERN
from fanin.definitions.problems import Code
from fanin.domain.plan import KeyKind

MAX_PREDECESSORS = 64
MAX_SUCCESSORS = 10
MAX_DESCRIPTION_CHARS = 1024


class Document(BaseModel):
    """What every part of a definition has in common: closed, exact about types, camelCase outside."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel)

    @field_validator("*", mode="before")
    @classmethod
    def _not_null(cls, value: object) -> object:
        if value is None:
            raise refusal(Code.WRONG_TYPE, "the field has no value", "give it one, or leave the field out")
        return value


class KeyDocument(Document):
    """What ties completions together; exactly one of the fields."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [kind.value]} for kind in KeyKind]})

    input: KeyExpression | None = Field(
        default=None,
        description="A JMESPath expression on the execution's input that gives a text or an integer.",
        examples=["businessDate", "order.id", "join('-', [region, businessDate])"],
    )
    name: NamePattern | None = Field(
        default=None,
        description="A regular expression with one group, searched for in the execution's name; the group is the key.",
        examples=["^close-([0-9]{4}-[0-9]{2}-[0-9]{2})"],
    )
    latest: Yes | None = Field(
        default=None, description="No key in the executions: the newest completion of each predecessor since the last release."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> KeyDocument:
        given = [kind.value for kind in KeyKind if kind.value in self.model_fields_set]
        if len(given) != 1:
            what = f"{' and '.join(given)} exclude one another" if given else "the key says nothing"
            raise refusal(Code.KEY_CHOICE, what, f"give exactly one of {', '.join(KeyKind)}")
        return self


class PredecessorDocument(Document):
    """A named slot, ready when its source has completed successfully for the key."""

    state_machine: StateMachineArn = Field(
        description="The ARN of a Standard state machine, without version or alias.",
        examples=["arn:aws:states:us-east-1:111111111111:stateMachine:ledger"],
    )


class PayloadDocument(Document):
    """What a release carries besides the executions and their times."""

    outputs: Flag = Field(default=False, description="Send the predecessors' outputs along, as the JSON texts they are.")


class SuccessorDocument(Document):
    """Where a release goes."""

    target: TargetName = Field(description="A name that the successor's account maps to a state machine.", examples=["daily-close"])
    bus: BusArn = Field(
        description="The event bus of the successor stack.", examples=["arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"]
    )
    payload: PayloadDocument = Field(default=PayloadDocument(), description="What the release carries.")


class Definition(Document):
    """When the predecessors have completed for a key, release the successors, once."""

    join: JoinName = Field(description="The name of the join.", examples=["daily-close"])
    description: str = Field(default="", max_length=MAX_DESCRIPTION_CHARS, description="What the join is for, for people.")
    key: KeyDocument | None = Field(default=None, description="What ties completions together; without it, latest.")
    predecessors: dict[PredecessorName, PredecessorDocument] = Field(
        min_length=1,
        max_length=MAX_PREDECESSORS,
        description="The slots of the join by name.",
        json_schema_extra={"propertyNames": {"pattern": PREDECESSOR_PATTERN}},
    )
    require: Literal["all"] = Field(default="all", description="How many predecessors must be ready: all of them.")
    successors: list[SuccessorDocument] = Field(min_length=1, max_length=MAX_SUCCESSORS, description="Where a release goes.")
