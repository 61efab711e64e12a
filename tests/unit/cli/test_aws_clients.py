"""The way to AWS: what it asks, what its failures become, and that the tests' queue behaves like SQS."""

import io
from collections.abc import Callable, Iterator

import boto3
import pytest
from botocore import exceptions
from botocore.exceptions import BotoCoreError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws
from mypy_boto3_lambda import LambdaClient

from fanin_cli.aws_clients import AwsClients, LambdaFunctions
from fanin_cli.aws_dead_letters import SqsDeadLetters, SqsDestination
from fanin_cli.aws_failures import translated
from fanin_cli.aws_queues import SqsQueue
from fanin_cli.clients import Deployment, Message, Moving, Queue
from fanin_cli.failures import CommandError
from fanin_cli.quarantine_peek import peek
from tests.unit.cli.hub import FakeQueue

pytestmark = pytest.mark.unit

VIEWER = "arn:aws:lambda:us-east-1:111111111111:function:fanin-viewer"
NAME = "fanin-arrivals-quarantine"
DEPLOYMENT = Deployment("fanin", "us-east-1")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def client() -> LambdaClient:
    return boto3.client("lambda", region_name="us-east-1")


def invoked(client: LambdaClient, payload: bytes, **members: str) -> bytes:
    with Stubber(client) as stub:
        answer = {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(payload), len(payload)), **members}
        stub.add_response("invoke", answer, {"FunctionName": "fanin-viewer", "Payload": b"{}"})
        return LambdaFunctions(client).invoke("fanin-viewer", b"{}")


def failed(client: LambdaClient, code: str, message: str = "", status: int = 400) -> CommandError:
    with Stubber(client) as stub:
        stub.add_client_error("invoke", code, message, status)
        with pytest.raises(CommandError) as caught:
            LambdaFunctions(client).invoke("fanin-viewer", b"{}")
    assert caught.value.exit_code == 3
    return caught.value


def test_a_function_is_asked_and_its_answer_passed_on(client: LambdaClient) -> None:
    assert invoked(client, b'{"ok":true}') == b'{"ok":true}'


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (
            b'{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out after 60.00 seconds"}',
            "Sandbox.Timedout: Task timed out after 60.00",
        ),
        (b"null", "it gave no reason"),
        (b"<html>", "it gave no reason"),
        (b'{"errorMessage":"x"}', "it gave no reason"),
    ],
)
def test_a_function_that_fails_is_told_with_its_log_group(client: LambdaClient, payload: bytes, told: str) -> None:
    with pytest.raises(CommandError) as caught:
        invoked(client, payload, FunctionError="Unhandled")
    assert (caught.value.code, caught.value.exit_code) == ("hub-failed", 3)
    assert told in caught.value.message
    assert caught.value.hint == "see the log group /aws/lambda/fanin-viewer"


def test_a_hub_that_is_not_deployed_is_told_with_account_and_region(client: LambdaClient) -> None:
    error = failed(client, "ResourceNotFoundException", f"Function not found: {VIEWER}", 404)
    assert error.message == "the function fanin-viewer does not exist in account 111111111111, Region us-east-1"
    assert error.hint is not None
    assert "is the hub deployed there?" in error.hint


@pytest.mark.parametrize(
    ("code", "status", "becomes"),
    [
        ("AccessDeniedException", 403, "access-denied"),
        ("ExpiredTokenException", 403, "credentials-refused"),
        ("UnrecognizedClientException", 403, "credentials-refused"),
        ("TooManyRequestsException", 429, "busy"),
        ("ServiceException", 500, "busy"),
        ("InvalidParameterValueException", 400, "aws-refused"),
    ],
)
def test_a_refusal_of_aws_has_a_code_of_ours_and_its_own_words(client: LambdaClient, code: str, status: int, becomes: str) -> None:
    error = failed(client, code, "because\n of this", status)
    assert error.code == becomes
    assert becomes == "busy" or "because of this" in error.message


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (exceptions.NoCredentialsError(), "no-credentials"),
        (exceptions.PartialCredentialsError(provider="env", cred_var="x"), "no-credentials"),
        (exceptions.UnauthorizedSSOTokenError(), "no-credentials"),
        (exceptions.ProfileNotFound(profile="x"), "profile-not-found"),
        (exceptions.NoRegionError(), "no-region"),
        (exceptions.EndpointConnectionError(endpoint_url="https://x"), "not-reachable"),
        (exceptions.ReadTimeoutError(endpoint_url="https://x"), "not-reachable"),
        (exceptions.ParamValidationError(report="x"), "aws-refused"),
    ],
)
def test_what_never_reached_aws_is_told_with_the_next_move(error: BotoCoreError, code: str) -> None:
    with pytest.raises(CommandError) as caught, translated("the function f"):
        raise error
    assert (caught.value.code, caught.value.exit_code) == (code, 3)
    assert caught.value.message.startswith("the function f cannot be asked: ")


@pytest.mark.parametrize(
    ("deployment", "endpoint", "code"),
    [
        (Deployment("fanin", "us-east-1", "nope"), None, "profile-not-found"),
        (Deployment("fanin"), None, "no-region"),
        (Deployment("fanin", "not a region"), None, "no-region"),
        (DEPLOYMENT, "nonsense", "aws-configuration"),
    ],
)
def test_a_configuration_that_cannot_be_is_told(
    deployment: Deployment, endpoint: str | None, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if endpoint is not None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(CommandError) as caught:
        AwsClients().functions(deployment)
    assert (caught.value.code, caught.value.exit_code) == (code, 3)


def test_the_endpoint_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    functions = AwsClients().functions(DEPLOYMENT)
    assert isinstance(functions, LambdaFunctions)
    assert functions.client.meta.endpoint_url == "http://127.0.0.1:4566"


Filled = Callable[[list[str]], Queue]


def in_memory(bodies: list[str]) -> Queue:
    return FakeQueue(NAME, [Message(f"id{number}", "", body, number, {"code": "c"}) for number, body in enumerate(bodies)])


def on_sqs(bodies: list[str]) -> Queue:
    sqs = boto3.client("sqs", region_name="us-east-1")
    url = sqs.create_queue(QueueName=NAME)["QueueUrl"]
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageAttributes={"code": {"DataType": "String", "StringValue": "c"}})
    return AwsClients().queue(DEPLOYMENT, name=NAME, url=None)


@pytest.fixture(params=[in_memory, on_sqs])
def filled(request: pytest.FixtureRequest) -> Iterator[Filled]:
    with mock_aws():
        yield request.param


def test_a_queue_hides_what_it_gave_until_it_is_put_back(filled: Filled) -> None:
    queue = filled([f"body {number}" for number in range(12)])
    first, second = queue.receive(hidden_for_s=30), queue.receive(hidden_for_s=30)
    assert {one.body for one in (*first, *second)} == {f"body {number}" for number in range(12)}
    assert not queue.receive(hidden_for_s=30)
    queue.put_back([one.receipt for one in (*first, *second)])
    assert len(peek(queue, 50)) == 12
    assert queue.receive(hidden_for_s=30)


def test_a_message_has_its_attributes_and_the_queue_its_name(filled: Filled) -> None:
    queue = filled(["body"])
    [message] = queue.receive(hidden_for_s=30)
    assert (queue.name, message.body, message.attributes) == (NAME, "body", {"code": "c"})
    assert message.id
    assert message.receipt


def dead_letters() -> SqsDeadLetters:
    """A dead-letter queue with three messages."""
    on_sqs(["a", "b", "c"])
    found = AwsClients().dead_letters(DEPLOYMENT, NAME)
    assert isinstance(found, SqsDeadLetters)
    return found


@mock_aws
def test_dead_letters_are_counted_and_deleted_one_by_one() -> None:
    letters = dead_letters()
    assert (letters.account, letters.depth(), letters.name) == ("123456789012", 3, NAME)
    first, *_ = letters.receive(hidden_for_s=30)
    assert (first.receives, first.moved_from, letters.depth()) == (1, None, 3)
    letters.delete(first.receipt)
    assert letters.depth() == 2


@mock_aws
def test_a_dead_letter_queue_that_is_not_there_is_none() -> None:
    assert AwsClients().dead_letters(DEPLOYMENT, "nope") is None
    with pytest.raises(CommandError) as caught:
        AwsClients().destination(DEPLOYMENT, "nope")
    assert caught.value.code == "not-found"


@mock_aws
def test_a_destination_takes_what_it_is_sent() -> None:
    on_sqs([])
    destination = AwsClients().destination(DEPLOYMENT, NAME)
    destination.send("body")
    assert (destination.name, destination.arn) == (NAME, f"arn:aws:sqs:us-east-1:123456789012:{NAME}")
    assert [one.body for one in AwsClients().queue(DEPLOYMENT, name=NAME, url=None).receive(hidden_for_s=1)] == ["body"]


RUNNING, DONE = {"Status": "RUNNING", "ApproximateNumberOfMessagesMoved": 2}, {"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 3}


@pytest.mark.parametrize(
    ("results", "moving"),
    [
        ([], Moving(0, ended=True)),
        ([RUNNING], Moving(2, ended=False)),
        ([DONE], Moving(3, ended=True)),
        ([{"Status": "FAILED", "FailureReason": "x"}], Moving(0, ended=True)),
        ([{**RUNNING, "Status": "CANCELLED"}], Moving(2, ended=True, cancelled=True)),
    ],
)
def test_a_task_that_moves_messages_says_how_far_it_is(results: list[dict[str, object]], moving: Moving) -> None:
    letters, destination, stub = stubbed()
    with stub:
        stub.add_response("start_message_move_task", {"TaskHandle": "t"}, {"SourceArn": letters.arn, "DestinationArn": destination.arn})
        stub.add_response("list_message_move_tasks", {"Results": results}, {"SourceArn": letters.arn, "MaxResults": 1})
        assert letters.start_moving(destination)
        assert letters.moving() == moving


@pytest.mark.parametrize(("results", "goes_on"), [([], False), ([RUNNING], True), ([DONE], False)])
def test_a_task_that_runs_already_is_followed(results: list[dict[str, object]], goes_on: bool) -> None:
    letters, destination, stub = stubbed()
    with stub:
        stub.add_client_error("start_message_move_task", "AWS.SimpleQueueService.UnsupportedOperation", "There is already a task running.")
        stub.add_response("list_message_move_tasks", {"Results": results})
        assert letters.start_moving(destination) is goes_on


def test_a_service_that_knows_no_such_tasks_moves_nothing() -> None:
    letters, destination, stub = stubbed()
    with stub:
        for call in ("start_message_move_task", "list_message_move_tasks"):
            stub.add_client_error(call, "InvalidAction")
        assert not letters.start_moving(destination)


def test_a_task_that_may_not_be_started_is_told() -> None:
    letters, destination, stub = stubbed()
    stub.add_client_error("start_message_move_task", "AccessDenied")
    with stub, pytest.raises(CommandError) as caught:
        letters.start_moving(destination)
    assert (caught.value.code, caught.value.exit_code) == ("access-denied", 3)


def stubbed() -> tuple[SqsDeadLetters, SqsDestination, Stubber]:
    sqs, arn = boto3.client("sqs", region_name="us-east-1"), "arn:aws:sqs:us-east-1:111111111111:"
    return SqsDeadLetters(sqs, "https://q/1/dlq", f"{arn}dlq"), SqsDestination(sqs, "https://q/1/to", f"{arn}to"), Stubber(sqs)


@mock_aws
def test_a_queue_that_is_not_there_is_told() -> None:
    with pytest.raises(CommandError) as caught:
        AwsClients().queue(DEPLOYMENT, name="nope", url=None)
    assert (caught.value.code, caught.value.message.split(" (")[0]) == ("not-found", "the queue nope does not exist")


@mock_aws
def test_messages_that_may_not_be_put_back_come_back_by_themselves() -> None:
    queue = on_sqs(["body"])
    assert isinstance(queue, SqsQueue)
    queue.put_back(["no receipt at all"])
    SqsQueue(queue.client, queue.url + "-gone").put_back(["x"])
