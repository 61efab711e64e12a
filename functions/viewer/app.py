"""Viewer: direct invoke -> what people ask of the hub. Reads only."""

from __future__ import annotations

from typing import Any

from fanin import bootstrap
from fanin.answers import Answer, answered, asked_text, unknown_action
from fanin.domain.errors import RejectedError
from fanin.domain.run import RunId, RunState
from fanin.observability import Telemetry

telemetry = Telemetry()
bootstrap.at_start(bootstrap.viewer)
DEFAULT_LIMIT = 50


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: object) -> Answer:  # noqa: ARG001 Lambda's signature
    """Answer one question: joins, runs, show, sources, trust or keys."""
    return answered(lambda: _answer(event))


def _answer(event: dict[str, Any]) -> Answer:
    match event.get("action"):
        case "joins":
            return {"joins": bootstrap.viewer().joins()}
        case "runs":
            limit = event.get("limit")
            number = limit if isinstance(limit, int) and limit > 0 else DEFAULT_LIMIT
            return {"runs": bootstrap.viewer().runs_of(asked_text(event, "join"), _state(event.get("state")), number)}
        case "show":
            return {"run": bootstrap.viewer().run(RunId(asked_text(event, "join"), asked_text(event, "key")))}
        case "sources":
            join = None if event.get("join") is None else asked_text(event, "join")
            return {"sources": bootstrap.source_viewer()(join)}
        case "trust":
            return {"trust": bootstrap.trust_exporter()()}
        case "keys":
            return {"keys": bootstrap.keys_viewer()()}
        case action:
            raise unknown_action(action, ("joins", "runs", "show", "sources", "trust", "keys"))


def _state(value: object) -> RunState | None:
    if value is None:
        return None
    if not isinstance(value, str) or value not in RunState.__members__:
        raise RejectedError("state-unknown", f"the state is one of {', '.join(RunState.__members__)}")
    return RunState(value)
