"""StartMessageMoveTask and ListMessageMoveTasks, which MiniStack lacks.

A task moves what came from a queue, and is over when it has been started. What a rule or a client put into the dead-letter queue stays:
the API reference is "currently limited to" messages of SQS queues, and whoever counts on more may lose.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

import json
import time
from typing import Any

from ministack.services import sqs

_tasks: dict[str, dict[str, Any]] = {}


def install() -> None:
    sqs._HANDLERS["StartMessageMoveTask"] = _start
    sqs._HANDLERS["ListMessageMoveTasks"] = _list


def _start(data: dict[str, Any], _url: str) -> dict[str, Any]:
    source_arn = data.get("SourceArn", "")
    source = sqs._queue_by_arn(source_arn)
    if source is None:
        raise sqs._Err("ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist.", 404)
    if not any(_dead_letters_of(queue) == source_arn for queue in sqs._queues.values()):
        raise sqs._Err("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.", 400)
    destination_arn = data.get("DestinationArn", "")
    with sqs._queues_lock:
        movable = [one for one in source["messages"] if "DeadLetterQueueSourceArn" in one.get("sys", {})]
        for message in movable:
            target = sqs._queue_by_arn(destination_arn or message["sys"]["DeadLetterQueueSourceArn"])
            sqs._get_q(target["url"], "sqs:SendMessage")
            sqs._act_send_message(
                {
                    "QueueUrl": target["url"],
                    "MessageBody": message["body"],
                    "MessageAttributes": message.get("message_attributes") or {},
                },
                target["url"],
            )
            source["messages"].remove(message)
    _tasks[source_arn] = {
        "TaskHandle": source_arn,
        "SourceArn": source_arn,
        "DestinationArn": destination_arn,
        "Status": "COMPLETED",
        "ApproximateNumberOfMessagesMoved": len(movable),
        "ApproximateNumberOfMessagesToMove": len(movable),
        "StartedTimestamp": int(time.time() * 1000),
    }
    return {"TaskHandle": source_arn}


def _list(data: dict[str, Any], _url: str) -> dict[str, Any]:
    task = _tasks.get(data.get("SourceArn", ""))
    # The handle is given out only while a task runs.
    return {"Results": [{name: value for name, value in task.items() if name != "TaskHandle"}] if task else []}


def _dead_letters_of(queue: dict[str, Any]) -> str:
    policy = queue["attributes"].get("RedrivePolicy")
    return str(json.loads(policy).get("deadLetterTargetArn", "")) if policy else ""
