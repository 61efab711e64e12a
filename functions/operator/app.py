"""Operator: direct invoke, or a CloudFormation custom resource -> definitions applied, compared or withdrawn. One code path for both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fanin import bootstrap
from fanin.adapters.cloudformation_response import respond
from fanin.answers import Answer, answered, asked_catch_up, asked_definitions, asked_text, refused, unknown_action
from fanin.observability import Telemetry

if TYPE_CHECKING:
    pass

telemetry = Telemetry()
bootstrap.at_start(bootstrap.operator)


@telemetry.logger.inject_lambda_context
def handler(event: dict[str, Any], context: object) -> Answer:  # noqa: ARG001 Lambda's signature
    """Apply, plan, delete or note which key signs; a custom resource's answer also goes where CloudFormation waits for it."""
    if "RequestType" not in event:
        return answered(lambda: _answer(event))
    answer = answered(lambda: _custom_resource(event))
    respond(event, answer)
    return answer


def _answer(event: dict[str, Any]) -> Answer:
    match event.get("action"):
        case "apply":
            catch_up_ms = asked_catch_up(event)
            return _apply(asked_definitions(event), dry_run=event.get("dryRun") is True, coerce=False, catch_up_ms=catch_up_ms)
        case "plan":
            return _plan(asked_definitions(event))
        case "delete":
            bootstrap.operator().withdraw(asked_text(event, "join"))
            return {}
        case "note-signing-key":
            return {"since": bootstrap.note_signing_key(asked_text(event, "kid"))}
        case action:
            raise unknown_action(action, ("apply", "plan", "delete", "note-signing-key"))


def _custom_resource(event: dict[str, Any]) -> Answer:
    properties = event.get("ResourceProperties")
    definition = properties.get("Definition") if isinstance(properties, dict) else None
    if event["RequestType"] != "Delete":
        return _apply([(str(event.get("LogicalResourceId", "Definition")), definition)], dry_run=False, coerce=True)
    if isinstance(definition, dict) and isinstance(definition.get("join"), str):
        bootstrap.operator().withdraw_if_there(definition["join"])
    return {}


def _apply(documents: list[tuple[str, Any]], *, dry_run: bool, coerce: bool, catch_up_ms: int | None = None) -> Answer:
    applied, problems = bootstrap.operator()(documents, dry_run=dry_run, coerce_scalars=coerce, catch_up_ms=catch_up_ms)
    return refused(problems) if problems else {"results": [one.members() for one in applied]}


def _plan(documents: list[tuple[str, Any]]) -> Answer:
    planned, problems = bootstrap.operator().plan(documents)
    return refused(problems) if problems else {"joins": [one.members() for one in planned]}
