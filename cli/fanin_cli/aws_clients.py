"""The way to AWS through boto3, which reads credentials, Region and AWS_ENDPOINT_URL as it does everywhere. Imported when first needed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from fanin_cli.aws_dead_letters import SqsDeadLetters, SqsDestination
from fanin_cli.aws_failures import translated
from fanin_cli.aws_queues import SqsQueue
from fanin_cli.clients import DeadLetters, Deployment, DescribedMachine, Destination, Functions, Queue, StateMachines
from fanin_cli.failures import CommandError, ExitCode

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

# The operator may take a minute. Asking twice is harmless: applying and deleting again change nothing.
_CONFIG = Config(connect_timeout=5, read_timeout=70, retries={"mode": "standard", "total_max_attempts": 3})
_SHOWN_CHARS = 300
_NOT_OURS = frozenset({"not-found", "access-denied"})


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
class StepFunctionsMachines:
    """State machines, each asked for in its own Region."""

    session: boto3.Session

    def describe(self, arn: str) -> DescribedMachine:
        """See the port."""
        try:
            with translated(f"the state machine {arn}"):
                client = self.session.client("stepfunctions", region_name=arn.split(":")[3], config=_CONFIG)
                described = client.describe_state_machine(stateMachineArn=arn)
        except CommandError as error:
            if error.code not in _NOT_OURS:
                raise
            # Step Functions describes state machines of the caller's own account only.
            hint = f"choose credentials of account {arn.split(':')[4]} with --profile, or give the definition as a file, ARN=FILE"
            raise CommandError(error.code, error.message, hint, error.exit_code) from error
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

    def dead_letters(self, deployment: Deployment, name: str) -> DeadLetters | None:
        """See the port."""
        with translated(f"the queue {name}"):
            client = _session(deployment).client("sqs", config=_CONFIG)
            try:
                url = client.get_queue_url(QueueName=name)["QueueUrl"]
            except client.exceptions.QueueDoesNotExist:
                return None
            return SqsDeadLetters(client, url, _arn(client, url))

    def destination(self, deployment: Deployment, name: str) -> Destination:
        """See the port."""
        with translated(f"the queue {name}"):
            client = _session(deployment).client("sqs", config=_CONFIG)
            url = client.get_queue_url(QueueName=name)["QueueUrl"]
            return SqsDestination(client, url, _arn(client, url))

    def state_machines(self, deployment: Deployment) -> StateMachines:
        """See the port."""
        with translated("Step Functions"):
            return StepFunctionsMachines(_session(deployment))


def _session(deployment: Deployment) -> boto3.Session:
    return boto3.Session(profile_name=deployment.profile, region_name=deployment.region)


def _arn(client: SQSClient, url: str) -> str:
    return client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _function_error(answer: bytes) -> str:
    try:
        error = json.loads(answer)
        return f"{error['errorType']}: {error['errorMessage']}"[:_SHOWN_CHARS]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "it gave no reason"
