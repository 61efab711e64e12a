"""Small worlds for the tests of the local AWS: buses, queues, rules and roles, made and named by each test."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local import LocalAws

SENDER, RECEIVER, THIRD = "333333333333", "222222222222", "444444444444"
REGION = "us-east-1"
# Long enough for a delivery that will come; a test that waits for nothing to come waits QUIET_SECONDS.
WAIT_SECONDS, QUIET_SECONDS = 15.0, 0.3


def bus_arn(account: str, name: str) -> str:
    return f"arn:aws:events:{REGION}:{account}:event-bus/{name}"


def allow(action: str, resource: str, **rest: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **rest}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue that a test reads; taking a message deletes it."""

    aws: LocalAws
    account: str
    url: str
    arn: str

    def bodies(self, expected: int = 1) -> list[str]:
        return [message["Body"] for message in self.messages(expected)]

    def messages(self, expected: int = 1) -> list[Any]:
        sqs = self.aws.client(self.account, "sqs")
        deadline = time.monotonic() + (WAIT_SECONDS if expected else QUIET_SECONDS)
        taken: list[Any] = []
        while time.monotonic() < deadline and (not expected or len(taken) < expected):
            found = sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get("Messages", [])
            for message in found:
                sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            taken += found
            time.sleep(0 if found else 0.02)
        return taken


def make_queue(aws: LocalAws, account: str, name: str, *, rules_may_send: bool = True) -> Queue:
    sqs = aws.client(account, "sqs")
    arn = f"arn:aws:sqs:{REGION}:{account}:{name}"
    rules = {
        "Principal": {"Service": "events.amazonaws.com"},
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:events:*:{account}:rule/*"}},
    }
    attributes = {"Policy": policy(allow("sqs:SendMessage", arn, **rules))} if rules_may_send else {}
    return Queue(aws, account, sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"], arn)


def make_bus(aws: LocalAws, account: str, name: str) -> Queue:
    """A bus, and the queue that a rule fills with whatever arrives on it."""
    aws.client(account, "events").create_event_bus(Name=name)
    queue = make_queue(aws, account, f"{name}-seen")
    make_rule(aws, account, f"{name}-all", {"account": [{"exists": True}]}, {"Arn": queue.arn}, bus=name)
    return queue


def make_rule(aws: LocalAws, account: str, name: str, pattern: dict[str, Any], target: dict[str, Any], bus: str = "default") -> None:
    events = aws.client(account, "events")
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "it", **target}])


def let(aws: LocalAws, account: str, bus: str, *statements: dict[str, Any]) -> None:
    aws.client(account, "events").put_permission(EventBusName=bus, Policy=policy(*statements))


def make_role(aws: LocalAws, account: str, name: str, *statements: dict[str, Any], trusted: Sequence[str] = ("events",)) -> str:
    """A role for AWS services, and for the account's root, so that a test can act as the role."""
    iam = aws.client(account, "iam")
    principals = {"Service": [f"{service}.amazonaws.com" for service in trusted], "AWS": f"arn:aws:iam::{account}:root"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principals, "Action": "sts:AssumeRole"}]})
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    if statements:
        iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=policy(*statements))
    return arn


def event(bus: str = "default", source: str = "demo", detail_type: str = "Thing Done", **detail: Any) -> Any:
    return {"EventBusName": bus, "Source": source, "DetailType": detail_type, "Detail": json.dumps(detail)}
