"""Conditions in a definition: a word for all predecessors together, or groups of names and groups."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from fanin.definitions.closed import Closed, exactly_one
from fanin.definitions.fields import WholeNumber, refusal
from fanin.definitions.problems import Code

MAX_CONDITION_DEPTH = 16
GROUPS = ("all", "any", "atLeast")


class GroupDocument(Closed):
    """All, any or at least some of a list of predecessors and groups; exactly one of them."""

    model_config = ConfigDict(json_schema_extra=exactly_one(GROUPS))

    all: list[Item] | None = Field(default=None, min_length=1, description="Every one of these must be ready.")
    any: list[Item] | None = Field(default=None, min_length=1, description="One of these must be ready.")
    at_least: WholeNumber | None = Field(
        default=None, description="How many must be ready.", json_schema_extra={"minimum": 1}, examples=[2]
    )
    of: list[Item] | None = Field(default=None, min_length=1, description="Of which; of all predecessors if left out.")

    @model_validator(mode="after")
    def _fits_together(self) -> GroupDocument:
        kind = self.one_of(GROUPS, Code.REQUIRE_CHOICE, "the group")
        if self.of is not None and kind != "atLeast":
            raise refusal(Code.REQUIRE_CHOICE, f"of belongs to atLeast, not to {kind}", "remove it, or write atLeast: … before it")
        return self

    @property
    def items(self) -> list[Item] | None:
        """The members of the group; None for all predecessors."""
        return self.all or self.any or self.of


def _form(value: object) -> str:
    return "group" if isinstance(value, dict | GroupDocument) else "name"


_Group = Annotated[GroupDocument, Tag("group")]
Item = Annotated[Annotated[str, Tag("name")] | _Group, Discriminator(_form)]
Require = Annotated[Annotated[Literal["all", "any"], Tag("name")] | _Group, Discriminator(_form)]
GroupDocument.model_rebuild()
