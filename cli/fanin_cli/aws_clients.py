"""The way to AWS through boto3, which reads credentials, Region and AWS_ENDPOINT_URL as it does everywhere. Imported when first needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from fanin_cli.aws_failures import translated
from fanin_cli.clients import Deployment, DescribedMachine, Functions, Message, Queue, StateMachines
from fanin_cli.failures import CommandError, ExitCode

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

# The operator may take a minute. Asking twice is harmless: applying and deleting again change nothing.
_CONFIG = Config(connect_timeout=5, read_timeout=70, retries={"mode": "standard", "total_max_attempts": 3})
_SHOWN_CHARS = 300


@dataclass(frozen=True, slots=True)
class LambdaFunctions:
    """Lambda functions, asked directly."""

    client: LambdaClient

    def invoke(self, name: str, payload: bytes) -> bytes:
        """See the port."""
        with translated(f"the function {name}"):
            response = self.client.invoke(FunctionName=name, Payload=payload)
            answer = response["Payload"].read()
        if response.get("FunctionError"):
            hint = f"see the log group /aws/lambda/{name}"
            raise CommandError("hub-failed", f"{name} failed: {_function_error(answer)}", hint, ExitCode.UNANSWERED)
        return answer


@dataclass(frozen=True, slots=True)
class SqsQueue:
    """One queue, looked at."""

    client: SQSClient
    url: str

    @property
    def name(self) -> str:
        """See the port."""
        return self.url.rstrip("/").rsplit("/", 1)[-1]

    def receive(self, *, hidden_for_s: int) -> Sequence[Message]:
        """See the port; a second's wait makes SQS ask all of its servers, not a few ("long polling" in its developer guide)."""
        with translated(f"the queue {self.name}"):
            answer = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=hidden_for_s,
                WaitTimeSeconds=1,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["SentTimestamp"],
            )
        return [_message(one) for one in answer.get("Messages", [])]

    def put_back(self, receipts: Sequence[str]) -> None:
        """See the port."""
        for start in range(0, len(receipts), 10):
            try:
                self.client.change_message_visibility_batch(
                    QueueUrl=self.url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": receipt, "VisibilityTimeout": 0}
                        for number, receipt in enumerate(receipts[start : start + 10])
                    ],
                )
            except (BotoCoreError, ClientError):
                return


@dataclass(frozen=True, slots=True)
class StepFunctionsMachines:
    """State machines, each asked for in its own Region."""

    session: boto3.Session

    def describe(self, arn: str) -> DescribedMachine:
        """See the port."""
        with translated(f"the state machine {arn}"):
            client = self.session.client("stepfunctions", region_name=arn.split(":")[3], config=_CONFIG)
            described = client.describe_state_machine(stateMachineArn=arn)
        return DescribedMachine(described["definition"], described["type"] == "EXPRESS")


class AwsClients:
    """Clients of the account that the credentials belong to."""

    def functions(self, deployment: Deployment) -> Functions:
        """See the port."""
        with translated("Lambda"):
            return LambdaFunctions(_session(deployment).client("lambda", config=_CONFIG))

    def queue(self, deployment: Deployment, *, name: str | None, url: str | None) -> Queue:
        """See the port."""
        with translated(f"the queue {name or url}"):
            client = _session(deployment).client("sqs", config=_CONFIG)
            return SqsQueue(client, url or client.get_queue_url(QueueName=name or "")["QueueUrl"])

    def state_machines(self, deployment: Deployment) -> StateMachines:
        """See the port."""
        with translated("Step Functions"):
            return StepFunctionsMachines(_session(deployment))


def _session(deployment: Deployment) -> boto3.Session:
    return boto3.Session(profile_name=deployment.profile, region_name=deployment.region)


def _function_error(answer: bytes) -> str:
    try:
        error = json.loads(answer)
        return f"{error['errorType']}: {error['errorMessage']}"[:_SHOWN_CHARS]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "it gave no reason"


def _message(one: MessageTypeDef) -> Message:
    attributes = one.get("MessageAttributes", {})
    return Message(
        id=one.get("MessageId", ""),
        receipt=one.get("ReceiptHandle", ""),
        body=one.get("Body", ""),
        sent_at_ms=int(one.get("Attributes", {}).get("SentTimestamp", "0")),
        attributes={name: value.get("StringValue", "") for name, value in attributes.items()},
    )
