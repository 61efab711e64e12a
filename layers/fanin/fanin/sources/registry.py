"""The table of kinds: one row for each kind of source whose events have a shape of their own (docs/kinds.md)."""

from __future__ import annotations

from collections.abc import Mapping

from fanin.sources import batch, codebuild, ecs, glue, join, lambda_function, step_functions
from fanin.sources.kind import Kind

ROWS = (step_functions.KIND, ecs.KIND, glue.KIND, batch.KIND, codebuild.KIND, lambda_function.KIND, join.KIND)

BY_EVENT: Mapping[tuple[str, str], Kind] = {(row.event_source, detail_type): row for row in ROWS for detail_type in row.detail_types}
