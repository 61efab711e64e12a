"""The delivery of a matched event to a rule's target, with the permissions that AWS asks for and the target's dead-letter queue.

MiniStack delivers whatever matches. AWS asks the queue's policy and the function's policy for the rule (aws:SourceArn), and the
target's role for a state machine or a bus, which may be in another Region; it does not forward an event that came from another account
to a third one. A delivery
that is refused goes to the target's DeadLetterConfig at once, as refusals are not retried.
"""

import contextvars
import json
import logging
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import eventbridge, lambda_svc, scheduler, sqs

from local.emulator import buses, condition_keys, dead_letters, permissions

_SERVICE = "events.amazonaws.com"
_NO_PERMISSIONS, _NO_RESOURCE = "NO_PERMISSIONS", "NO_RESOURCE"
_log = logging.getLogger("fanin.targets")
# The rule and the target of the delivery that is going on: MiniStack's dispatchers get neither.
_delivery: contextvars.ContextVar[tuple[dict[str, Any], dict[str, Any]] | None] = contextvars.ContextVar("fanin_delivery", default=None)


def install() -> None:
    # Every second, so that a schedule fires within a second of its time, as on AWS, and not within ten.
    eventbridge._SCHEDULER_TICK_INTERVAL = scheduler._SCHEDULE_TICK_INTERVAL = 1
    eventbridge._invoke_target = _with_delivery(eventbridge._invoke_target)
    eventbridge._dispatch_to_sqs = _if_queue_lets(eventbridge._dispatch_to_sqs)
    eventbridge._dispatch_to_lambda = _if_function_lets(eventbridge._dispatch_to_lambda)
    eventbridge._dispatch_to_stepfunctions = _if_role_may_start(eventbridge._dispatch_to_stepfunctions)
    eventbridge._dispatch_to_event_bus = _to_any_bus(eventbridge._dispatch_to_event_bus)


def _with_delivery(invoke: Any) -> Any:
    def invoked(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
        token = _delivery.set((rule, target))
        try:
            invoke(target, event, rule, view)
        finally:
            _delivery.reset(token)

    return invoked


def _rule_keys() -> dict[str, Any]:
    return {"aws:sourcearn": _rule_arn(), "aws:sourceaccount": get_account_id()}


def _rule_arn() -> str:
    delivery = _delivery.get()
    return str(delivery[0].get("Arn", "")) if delivery else ""


def _role_arn() -> str:
    delivery = _delivery.get()
    return str(delivery[1].get("RoleArn") or "") if delivery else ""


def _is_let(policy: Any, action: str, resource: str) -> bool:
    """A rule needs the target's own policy; a schedule needs its role."""
    if ":scheduler:" in _rule_arn():
        return _role_may(action, resource, {}, "scheduler.amazonaws.com")
    return permissions.service_may(policy, _SERVICE, action, resource, _rule_keys())


def _role_may(action: str, resource: str, keys: dict[str, Any], service: str = _SERVICE) -> bool:
    role = _role_arn()
    return bool(role) and permissions.trusts(role, service, _rule_keys()) and permissions.role_may(role, action, resource, keys)


def _if_queue_lets(dispatch: Any) -> Any:
    def dispatched(spec: Any, payload: str, sqs_parameters: Any = None) -> None:
        queue = sqs._queue_by_arn(str(spec))
        if queue and _is_let(queue["attributes"].get("Policy"), "sqs:SendMessage", str(spec)):
            dispatch(spec, payload, sqs_parameters)
        else:
            _refuse(str(spec), payload, _NO_PERMISSIONS if queue else _NO_RESOURCE)

    return dispatched


def _if_function_lets(dispatch: Any) -> Any:
    def dispatched(arn: str, payload: str) -> None:
        found = lambda_svc.function_policy_for_arn(arn)
        if found and _is_let(found[0], "lambda:InvokeFunction", arn):
            dispatch(arn, payload)
        else:
            _refuse(arn, payload, _NO_PERMISSIONS if found else _NO_RESOURCE)

    return dispatched


def _if_role_may_start(dispatch: Any) -> Any:
    def dispatched(arn: str, payload: str) -> None:
        service = "scheduler.amazonaws.com" if ":scheduler:" in _rule_arn() else _SERVICE
        if _role_may("states:StartExecution", arn, {}, service):
            dispatch(arn, payload)
        else:
            _refuse(arn, payload, _NO_PERMISSIONS)

    return dispatched


def _to_any_bus(dispatch: Any) -> Any:
    def dispatched(spec: Any, event: dict[str, Any], rule: dict[str, Any], event_path: Any, target_input_payload: Any = None) -> None:
        keys = condition_keys.of_event(event)
        own = spec.account_id == get_account_id()
        refuses = buses.denied_by if own else buses.refused_by
        if own and spec.region == get_region():
            dispatch(spec, event, rule, event_path, target_input_payload)
        elif event.get("_Crossed"):
            _log.warning("an event from another account or Region is not forwarded to a third: %s", spec)
        elif not _role_may("events:PutEvents", str(spec), keys) or refuses(spec, _sender(keys)):
            _refuse(str(spec), json.dumps(eventbridge._pattern_event_view(event).event_with_detail()), _NO_PERMISSIONS)
        else:
            buses.deliver(event, spec)

    return dispatched


def _sender(keys: dict[str, Any]) -> buses.Sender:
    _, _, _, _, account, role = _role_arn().split(":", 5)
    return buses.Sender(f"arn:aws:sts::{account}:assumed-role/{role.rpartition('/')[2]}/events", account, {**keys, **_rule_keys()})


def _refuse(target_arn: str, payload: str, code: str) -> None:
    delivery = _delivery.get()
    if delivery is not None:
        dead_letters.put(*delivery, target_arn, payload, code)
