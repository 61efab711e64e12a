"""The JSON Schema of a definition, for editors: generated from the models, kept in schemas/join.schema.json.

    python -m fanin.definitions.json_schema > schemas/join.schema.json

It says what a schema can say; the compiler says more. A test holds the file to this module, and both to the examples.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema
from typing_extensions import override

from fanin.definitions.document import Definition
from fanin.definitions.problems import Path

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER = "urn:fanin:schema:join:1"

JsonSchema = dict[str, object]
EXAMPLE: JsonSchema = {
    "join": "daily-close",
    "key": {"input": "businessDate"},
    "predecessors": {
        "ledger": {"stateMachine": "arn:aws:states:us-east-1:111111111111:stateMachine:ledger"},
        "positions": {"stateMachine": "arn:aws:states:us-east-1:333333333333:stateMachine:positions"},
    },
    "successors": [{"target": "daily-close", "bus": "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"}],
}


class PlainJsonSchema(GenerateJsonSchema):
    """An optional field is absent or has a value, never null; titles would only repeat the names."""

    @override
    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    @override
    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        generated = super().default_schema(schema)
        default = generated.get("default")
        if isinstance(default, dict):
            generated["default"] = {name: value for name, value in default.items() if value is not None}
        return {name: value for name, value in generated.items() if (name, value) != ("default", None)}

    @override
    def field_title_should_be_set(self, schema: object) -> bool:
        return False


@lru_cache(maxsize=1)
def definition_schema() -> JsonSchema:
    """The schema as JSON values; shared, so do not change it."""
    generated: JsonSchema = Definition.model_json_schema(schema_generator=PlainJsonSchema)
    return {"$schema": DIALECT, "$id": IDENTIFIER, **generated, "title": "A join of fanin", "examples": [EXAMPLE]}


def schema_text() -> str:
    """The schema as the text of schemas/join.schema.json."""
    return json.dumps(definition_schema(), indent=2, ensure_ascii=False) + "\n"


def known_fields(path: Path) -> set[str]:
    """The fields that a definition may have at a path."""
    schemas = [definition_schema()]
    for step in path:
        schemas = [found for schema in schemas for found in _step(schema, step)]
    return {name for schema in schemas for name in cast(Mapping[str, object], schema.get("properties", {}))}


def _step(schema: Mapping[str, object], step: str | int) -> Iterator[dict[str, object]]:
    properties = cast(Mapping[str, object], schema.get("properties", {}))
    candidates = [schema.get("items")] if isinstance(step, int) else [properties.get(step, schema.get("additionalProperties"))]
    for candidate in candidates:
        if isinstance(candidate, dict):
            yield from _resolved(candidate)


def _resolved(schema: dict[str, object]) -> Iterator[dict[str, object]]:
    """The schemas that a reference or a choice stands for."""
    for choice in cast(list[dict[str, object]], schema.get("oneOf", [])):
        yield from _resolved(choice)
    reference = schema.get("$ref")
    definitions = cast(Mapping[str, dict[str, object]], definition_schema()["$defs"])
    yield definitions[reference.removeprefix("#/$defs/")] if isinstance(reference, str) else schema


if __name__ == "__main__":
    sys.stdout.write(schema_text())
