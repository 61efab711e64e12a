"""What every part of a definition has in common: closed, exact about types, camelCase outside, no field without a value."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict

from fanin.definitions.fields import refusal
from fanin.definitions.problems import Code


class Closed(BaseModel):
    """A part of a definition."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel)

    @field_validator("*", mode="before")
    @classmethod
    def _not_null(cls, value: object) -> object:
        if value is None:
            raise refusal(Code.WRONG_TYPE, "the field has no value", "give it one, or leave the field out")
        return value

    def one_of(self, names: Sequence[str], code: Code, what: str) -> str:
        """The one of several fields, by their names outside, that is given; a refusal when it is none or several."""
        fields = {(field.alias or name): name for name, field in type(self).model_fields.items()}
        given = [name for name in names if fields[name] in self.model_fields_set]
        if len(given) == 1:
            return given[0]
        message = f"{' and '.join(given)} exclude one another" if given else f"{what} says nothing"
        raise refusal(code, message, f"give exactly one of {', '.join(names)}")


def exactly_one(names: Sequence[str]) -> JsonDict:
    """The same for the JSON Schema: `extra` of a model."""
    return {"oneOf": [{"required": [name]} for name in names]}
