"""The JSON Schema of a scenario, for editors: generated from the models, kept in schemas/scenario.schema.json.

python -m fanin_cli.scenario.json_schema > schemas/scenario.schema.json
"""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from typing import cast

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema
from typing_extensions import override

from fanin.definitions.json_schema import DIALECT
from fanin.definitions.problems import Path
from fanin_cli.scenario.document import ScenarioDocument

IDENTIFIER = "urn:fanin:schema:scenario:1"

JsonSchema = dict[str, object]
EXAMPLE: JsonSchema = {
    "scenario": "positions is late",
    "start": "2026-03-31T04:00+09:00",
    "input": {"businessDate": "2026-03-31"},
    "steps": [{"at": "05:10", "succeeded": "ledger"}, {"after": "PT2H", "succeeded": "positions"}],
    "expect": [{"released": "daily-close", "key": "2026-03-31", "at": "07:10"}],
}


class _Generator(GenerateJsonSchema):
    """An optional field is absent or has a value, never null; titles would only repeat the names."""

    @override
    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    @override
    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return {name: value for name, value in super().default_schema(schema).items() if (name, value) != ("default", None)}

    @override
    def field_title_should_be_set(self, schema: object) -> bool:
        return False


@lru_cache(maxsize=1)
def scenario_schema() -> JsonSchema:
    """The schema as JSON values; shared, so do not change it."""
    generated: JsonSchema = ScenarioDocument.model_json_schema(schema_generator=_Generator)
    return {"$schema": DIALECT, "$id": IDENTIFIER, **generated, "title": "A scenario of fanin test", "examples": [EXAMPLE]}


def schema_text() -> str:
    """The schema as the text of schemas/scenario.schema.json."""
    return json.dumps(scenario_schema(), indent=2, ensure_ascii=False) + "\n"


def known_fields(path: Path) -> list[str]:
    """The fields that a scenario may have at a path, in order."""
    definitions = cast(dict[str, JsonSchema], scenario_schema()["$defs"])
    parts: dict[Path, JsonSchema] = {("steps",): definitions["StepDocument"], ("expect",): definitions["ExpectationDocument"]}
    holder = parts.get(path[:1], {}) if path else scenario_schema()
    return sorted(cast(dict[str, object], holder.get("properties", {})))


if __name__ == "__main__":
    sys.stdout.write(schema_text())
