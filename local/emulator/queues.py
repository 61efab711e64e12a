"""SQS: one lock around what touches a queue's messages, and the permissions that a mapping and a dead-letter queue ask for.

MiniStack's pollers rebuild the list of messages in their own threads while requests append to it: a message could vanish between
the two. On AWS a mapping polls with the function's role; without sqs:ReceiveMessage the mapping is not even created.
"""

import functools
import inspect
import json
import logging
import threading
import time
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import eventbridge, lambda_svc, sqs
from ministack.services.cloudformation import provisioners

from local.emulator import permissions

_POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_log = logging.getLogger("fanin.queues")
_lock = threading.RLock()


def install() -> None:
    sqs._queues_lock = _lock
    for name in ("CreateQueue", "SetQueueAttributes"):
        sqs._HANDLERS[name] = _if_dead_letters_are_taken(sqs._HANDLERS[name])
    for name, action in sqs._HANDLERS.items():
        if not inspect.iscoroutinefunction(action):
            sqs._HANDLERS[name] = _locked(action)
    for name in ("_expire_retained", "_dlq_sweep", "_collect_msgs"):  # the steps of ReceiveMessage, which waits between them
        setattr(sqs, name, _locked(getattr(sqs, name)))
    eventbridge._dispatch_to_sqs = _locked(eventbridge._dispatch_to_sqs)
    lambda_svc._sqs_esm_concurrency = _if_role_may_poll(lambda_svc._sqs_esm_concurrency)
    lambda_svc._dispatch_esm_batch = _with_role_on_record(lambda_svc._dispatch_esm_batch)
    lambda_svc._create_esm = _refused_without_permission(lambda_svc._create_esm)
    sqs._receive_messages_for_esm = _gathered
    mapping = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]
    mapping["create"] = _failed_without_permission(mapping["create"])


def _locked(function: Any) -> Any:
    @functools.wraps(function)
    def locked(*args: Any, **kwargs: Any) -> Any:
        with _lock:
            return function(*args, **kwargs)

    return locked


def _gathered(queue_url: str, most: int) -> list[dict[str, Any]]:
    """The next batch of a mapping: MiniStack gives ten messages at the most and knows no batching window.

    A batch is invoked when it is full, or when its first message has been there for the window; more than ten need one of a second or more.
    (AWS's third limit, 6 MB, is not kept.)
    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    """
    with _lock:
        queue = sqs._get_q(queue_url)
        sqs._expire_retained(queue)
        sqs._dlq_sweep(queue)
        window_s = _window_s(str(queue["attributes"]["QueueArn"]))
        visible = (message.get("visible_at") or message["sent_at"] for message in queue["messages"]) if window_s else ()
        waiting = [since for since in visible if since <= time.time()]
        if waiting and len(waiting) < most and time.time() - min(waiting) < window_s:
            return []
        taken: list[dict[str, Any]] = sqs._collect_msgs(
            queue, most if window_s else min(most, 10), int(queue["attributes"]["VisibilityTimeout"])
        )
        return taken


def _window_s(queue_arn: str) -> int:
    windows = (one.get("MaximumBatchingWindowInSeconds") for _, _, one in lambda_svc._iter_all_esms() if one["EventSourceArn"] == queue_arn)
    return int(next(windows, 0) or 0)


def _if_dead_letters_are_taken(act: Any) -> Any:
    """A queue may name as its dead-letter queue only one whose RedriveAllowPolicy lets it; SQS asks no other policy when it moves."""

    def acted(data: dict[str, Any], url: str) -> Any:
        wanted = (data.get("Attributes") or {}).get("RedrivePolicy")
        target = sqs._queue_by_arn(str(json.loads(wanted).get("deadLetterTargetArn", ""))) if wanted else None
        allowed = json.loads(target["attributes"].get("RedriveAllowPolicy", "{}")) if target else {}
        permission = allowed.get("redrivePermission", "allowAll")
        name = data.get("QueueName") or str(data.get("QueueUrl") or url).rpartition("/")[2]
        sources = {arn.rpartition(":")[2] for arn in allowed.get("sourceQueueArns", [])}
        if permission == "denyAll" or (permission == "byQueue" and name not in sources):
            reason = "Reason: Queue is not permitted to redrive to the dead letter target."
            raise sqs._Err("InvalidParameterValue", f"Value {wanted} for parameter RedrivePolicy is invalid. {reason}", 400)
        return act(data, url)

    return acted


def _missing(function_ref: str, queue_arn: str) -> str | None:
    """The first permission that the function's role lacks to be fed from the queue; None for a source that is no queue."""
    function, config, _ = lambda_svc._get_func_record_for_ref(function_ref)
    if function is None or ":sqs:" not in queue_arn:
        return None
    return next((action for action in _POLLING if not permissions.role_may(str(config["Role"]), action, queue_arn)), None)


def _message(action: str) -> str:
    return f"The provided execution role does not have permissions to call {action.partition(':')[2]} on SQS"


def _refused_without_permission(create: Any) -> Any:
    def created(request: dict[str, Any]) -> Any:
        action = _missing(request.get("FunctionName", ""), request.get("EventSourceArn", ""))
        return error_response_json("InvalidParameterValueException", _message(action), 400) if action else create(request)

    return created


def _failed_without_permission(create: Any) -> Any:
    def created(logical_id: str, props: dict[str, Any], stack_name: str) -> Any:
        action = _missing(props.get("FunctionName", ""), props.get("EventSourceArn", ""))
        if action:
            raise ValueError(_message(action))
        return create(logical_id, props, stack_name)

    return created


def _if_role_may_poll(concurrency: Any) -> Any:
    """A role that lost its permissions is not polled for; a number that came as a stack's parameter is a number again."""

    def allowed(mapping: dict[str, Any], function: Any, config: dict[str, Any], queue: Any = None) -> int:
        scaling = mapping.get("ScalingConfig") or {}
        if "MaximumConcurrency" in scaling:
            scaling["MaximumConcurrency"] = int(scaling["MaximumConcurrency"])
        queue_arn, role = str(mapping["EventSourceArn"]), str(config["Role"])
        if not all(permissions.role_may(role, action, queue_arn, recorded=False) for action in _POLLING):
            _log.warning("%s may not poll %s", role, queue_arn)
            return 0
        limit: int = concurrency(mapping, function, config, queue)
        return limit

    return allowed


def _with_role_on_record(dispatch: Any) -> Any:
    def dispatched(mapping_id: str, run: Any, mapping: dict[str, Any], function: dict[str, Any], *args: Any) -> None:
        if ":sqs:" in str(mapping["EventSourceArn"]):
            config = function.get("config") or function
            for action in _POLLING:
                permissions.role_may(str(config["Role"]), action, str(mapping["EventSourceArn"]))
        dispatch(mapping_id, run, mapping, function, *args)

    return dispatched
