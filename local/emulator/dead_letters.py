"""The dead-letter queue of a rule's target: what is put there, and when not even that works.

The attributes are those that AWS puts on the message: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
The queue's own policy must let the rule send; if it does not, the event is lost, as on AWS.
"""

import logging
from typing import Any

from ministack.core.arn import parse_arn
from ministack.services import eventbridge, sqs

from local.emulator import permissions

_log = logging.getLogger("fanin.dead_letters")
_put = eventbridge._dispatch_to_sqs


def put(rule: dict[str, Any], target: dict[str, Any], target_arn: str, payload: str, code: str) -> None:
    rule_arn, arn = str(rule.get("Arn", "")), str((target.get("DeadLetterConfig") or {}).get("Arn") or "")
    queue = sqs._queue_by_arn(arn) if arn else None
    keys = {"aws:sourcearn": rule_arn, "aws:sourceaccount": rule_arn.split(":")[4]}
    if queue is None or not permissions.service_may(
        queue["attributes"].get("Policy"), "events.amazonaws.com", "sqs:SendMessage", arn, keys
    ):
        _log.warning("lost: %s refused to deliver to %s (%s), and no dead-letter queue takes it", rule_arn, target_arn, code)
        return
    told = {"RULE_ARN": rule_arn, "TARGET_ARN": target_arn, "ERROR_CODE": code, "ERROR_MESSAGE": f"{code} on {target_arn}"}
    with sqs._queues_lock:
        _put(parse_arn(arn), payload)
        queue["messages"][-1]["message_attributes"] = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
