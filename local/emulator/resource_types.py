"""CloudFormation types, properties and functions that MiniStack lacks: a bus's policy, alarms on metric math, Join and Split in conditions.

An alarm on metric math is accepted and described, but never evaluated: its state stays INSUFFICIENT_DATA.
"""

import json
import re
from typing import Any

from ministack.core.responses import get_account_id, get_region, json_response
from ministack.services import eventbridge
from ministack.services.cloudformation import changesets, handlers, provisioners, stacks

_MAX_POLICY_BYTES = 10_240
_ACCOUNT = re.compile(r"\d{12}")


def install() -> None:
    by_type = provisioners._RESOURCE_HANDLERS
    by_type["AWS::Events::EventBusPolicy"] = {"create": _create, "update": _update, "delete": _delete}
    for verb in ("create", "update"):
        by_type["AWS::Events::EventBus"][verb] = _with_policy(by_type["AWS::Events::EventBus"][verb])
    provisioners._cw_metric_alarm_record = _with_metric_math(provisioners._cw_metric_alarm_record)
    eventbridge._put_permission = _put_permission
    for module in (changesets, handlers, stacks):
        module._evaluate_conditions = _with_joins(module._evaluate_conditions)


def _with_joins(evaluate: Any) -> Any:
    """MiniStack compares Fn::Join and Fn::Split in a condition unevaluated; a list parameter is one comma-separated text to it."""

    def evaluated(template: dict[str, Any], parameters: dict[str, Any]) -> Any:
        return evaluate({**template, "Conditions": _joined(template.get("Conditions", {}), parameters)}, parameters)

    return evaluated


def _joined(value: Any, parameters: dict[str, Any]) -> Any:
    match value:
        case {"Fn::Join": [str(delimiter), {"Ref": str(name)}]} if name in parameters:
            return delimiter.join(str(parameters[name]["Value"]).split(","))
        case {"Fn::Join": [str(delimiter), items]}:
            return delimiter.join(_joined(items, parameters))
        case {"Fn::Split": [str(delimiter), text]}:
            return str(_joined(text, parameters)).split(delimiter)
        case dict():
            return {key: _joined(member, parameters) for key, member in value.items()}
        case list():
            return [_joined(member, parameters) for member in value]
        case _:
            return value


def _create(_logical_id: str, props: dict[str, Any], _stack_name: str) -> tuple[str, dict[str, Any]]:
    bus, statement_id = props.get("EventBusName") or "default", props["StatementId"]
    eventbridge._ensure_default_bus()
    if bus not in eventbridge._event_buses:
        raise ValueError(f"Event bus {bus} does not exist.")
    _put_statement(bus, statement_id, props.get("Statement") or _from_parts(bus, props))
    return f"{bus}|{statement_id}", {}


def _update(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str) -> tuple[str, dict[str, Any]]:
    created = _create("", new, stack_name)
    if created[0] != physical_id:
        _delete(physical_id, old)
    return created


def _delete(physical_id: str, _props: dict[str, Any]) -> None:
    bus, _, statement_id = physical_id.partition("|")
    eventbridge._remove_permission({"EventBusName": bus, "StatementId": statement_id})


def _put_statement(bus: str, statement_id: str, statement: dict[str, Any]) -> None:
    policy = eventbridge._event_bus_policies.get(bus) or {"Version": "2012-10-17", "Statement": []}
    others = [kept for kept in policy["Statement"] if kept.get("Sid") != statement_id]
    _put_policy(bus, {**policy, "Statement": [*others, {**statement, "Sid": statement_id}]})


def _put_policy(bus: str, policy: dict[str, Any]) -> None:
    if len(json.dumps(policy)) > _MAX_POLICY_BYTES:
        raise ValueError("PolicyLengthExceededException: the policy of an event bus is at most 10 KB")
    eventbridge._event_bus_policies[bus] = policy


def _from_parts(bus: str, parts: dict[str, Any]) -> dict[str, Any]:
    """The statement that a principal, an action and one condition stand for, as PutPermission takes them."""
    principal = parts.get("Principal", "*")
    condition = parts.get("Condition")
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{principal}:root"} if _ACCOUNT.fullmatch(principal) else principal,
        "Action": parts.get("Action", "events:PutEvents"),
        "Resource": f"arn:aws:events:{get_region()}:{get_account_id()}:event-bus/{bus}",
        **({"Condition": {condition["Type"]: {condition["Key"]: condition["Value"]}}} if condition else {}),
    }


def _put_permission(request: dict[str, Any]) -> Any:
    bus = request.get("EventBusName") or "default"
    if request.get("Policy"):
        _put_policy(bus, json.loads(request["Policy"]))
    else:
        _put_statement(bus, request["StatementId"], _from_parts(bus, request))
    return json_response({})


def _with_policy(provision: Any) -> Any:
    def provisioned(*args: Any, **kwargs: Any) -> Any:
        bus, attributes = provision(*args, **kwargs)
        # create(logical_id, props, stack_name) and update(physical_id, old, new, stack_name): the wanted properties are last but one.
        policy = args[-2].get("Policy")
        if policy:
            _put_policy(bus, json.loads(policy) if isinstance(policy, str) else policy)
        return bus, attributes

    return provisioned


def _with_metric_math(alarm_record: Any) -> Any:
    def recorded(name: str, props: dict[str, Any]) -> Any:
        if not props.get("Metrics"):
            return alarm_record(name, props)
        plain = {key: value for key, value in props.items() if key != "Metrics"}
        return {**alarm_record(name, {**plain, "MetricName": "MetricMath", "Namespace": "Unevaluated"}), "Metrics": props["Metrics"]}

    return recorded
