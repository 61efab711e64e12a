"""The JSON Schema of a scenario, for editors: generated from the models, kept in schemas/scenario.schema.json.

python -m fanin_cli.scenario.json_schema > schemas/scenario.schema.json
"""

from __future__ import annotations

import json
import sys
from functools import lru_cache
from typing import cast

from fanin.definitions.json_schema import DIALECT, JsonSchema, PlainJsonSchema
from fanin.definitions.problems import Path
from fanin_cli.scenario.document import ScenarioDocument

IDENTIFIER = "urn:fanin:schema:scenario:1"

EXAMPLE: JsonSchema = {
    "scenario": "positions is late",
    "start": "2026-03-31T04:00+09:00",
    "input": {"businessDate": "2026-03-31"},
    "steps": [{"at": "05:10", "succeeded": "ledger"}, {"after": "PT2H", "succeeded": "positions"}],
    "expect": [{"released": "daily-close", "key": "2026-03-31", "at": "07:10"}],
}


@lru_cache(maxsize=1)
def scenario_schema() -> JsonSchema:
    """The schema as JSON values; shared, so do not change it."""
    generated: JsonSchema = ScenarioDocument.model_json_schema(schema_generator=PlainJsonSchema)
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
