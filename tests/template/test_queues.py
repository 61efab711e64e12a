"""Queues, and the mappings that read them."""

from __future__ import annotations

from typing import Any

from tests.template.resolved import resolved
from tests.template.templates import HUB, SUCCESSOR, Statement, Template, as_list, referenced, template, text_of

FOURTEEN_DAYS_S = 14 * 86_400
READ = {"ArrivalsQueue": "CollectorFunction", "DeparturesQueue": "ForwarderFunction", "ReleasesQueue": "StarterFunction"}


def mappings() -> list[tuple[Template, dict[str, Any]]]:
    found = ((template(path), path) for path in (HUB, SUCCESSOR))
    return [(stack, dict(one["Properties"])) for stack, _ in found for one in stack.of_type("AWS::Lambda::EventSourceMapping").values()]


def name_of(value: Any) -> str:
    (name,) = referenced(value)
    return name


def denials_of(stack: Template, queue: str) -> list[Statement]:
    return [one for one in stack.statements() if one.body["Effect"] == "Deny" and queue in referenced(one.body["Resource"])]


def test_each_queue_that_is_read_has_its_reader() -> None:
    assert {name_of(one["EventSourceArn"]): name_of(one["FunctionName"]) for _, one in mappings()} == READ


def test_a_failed_message_goes_back_alone() -> None:
    assert all(one["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for _, one in mappings())


def made(path: str, kind: str, **given: str) -> dict[str, Any]:
    """The properties of the resources of a type that these parameters make."""
    names = template(path).of_type(kind)
    return {name: one for name, one in resolved(template(path), **given).items() if name in names}


def test_batches_do_not_wait_to_fill() -> None:
    for path in (HUB, SUCCESSOR):
        for one in made(path, "AWS::Lambda::EventSourceMapping").values():
            assert one["BatchSize"] == 10
            assert "MaximumBatchingWindowInSeconds" not in one


def test_for_bursts_only_the_collector_gathers_large_batches_for_a_few_seconds() -> None:
    found = made(HUB, "AWS::Lambda::EventSourceMapping", Collecting="burst")
    batches = {name_of_text(one["FunctionName"]): (one["BatchSize"], one.get("MaximumBatchingWindowInSeconds")) for one in found.values()}
    # Lambda takes more than ten messages of a queue only with a window of at least a second.
    assert batches == {"CollectorFunction": (1000, 5), "ForwarderFunction": (10, None)}


def name_of_text(text: str) -> str:
    return text.strip("${}").partition(".")[0]


def test_concurrency_is_limited_at_the_mapping_and_not_reserved(stack: Template) -> None:
    assert all(one["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "MaximumConcurrency"}} for _, one in mappings())
    assert not [one for one in stack.of_type("AWS::Lambda::Function").values() if "ReservedConcurrentExecutions" in one["Properties"]]


def test_visibility_is_at_least_six_times_the_readers_timeout() -> None:
    for path, given in ((HUB, {}), (HUB, {"Collecting": "burst"}), (SUCCESSOR, {})):
        everything = resolved(template(path), **given)
        for one in made(path, "AWS::Lambda::EventSourceMapping", **given).values():
            timeout_s = everything[name_of_text(one["FunctionName"])]["Timeout"]
            window_s = one.get("MaximumBatchingWindowInSeconds", 0)
            assert everything[name_of_text(one["EventSourceArn"])]["VisibilityTimeout"] >= 6 * timeout_s + window_s


def test_each_queue_that_is_read_has_dead_letters_that_live_longer() -> None:
    for stack, one in mappings():
        queue = stack.properties(name_of(one["EventSourceArn"]))
        dead_letters = stack.properties(name_of(queue["RedrivePolicy"]["deadLetterTargetArn"]))
        # A message keeps its age when it is moved.
        assert dead_letters["MessageRetentionPeriod"] == FOURTEEN_DAYS_S > queue["MessageRetentionPeriod"]
        assert queue["RedrivePolicy"]["maxReceiveCount"] >= 5


def test_what_nobody_reads_is_kept_for_fourteen_days(stack: Template) -> None:
    for name, queue in stack.of_type("AWS::SQS::Queue").items():
        if name not in READ:
            assert queue["Properties"]["MessageRetentionPeriod"] == FOURTEEN_DAYS_S
            assert "RedrivePolicy" not in queue["Properties"]


def test_every_queue_is_encrypted_with_a_key_that_eventbridge_can_use(stack: Template) -> None:
    for queue in stack.of_type("AWS::SQS::Queue").values():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True
        assert "KmsMasterKeyId" not in queue["Properties"]


def test_a_queue_that_is_read_takes_messages_from_its_rules_and_senders_only() -> None:
    ours = {"CollectorRole", "SweeperRole"}
    senders: dict[str, set[str]] = {"ArrivalsQueue": ours, "DeparturesQueue": ours, "ReleasesQueue": set()}
    for path, queue in ((HUB, "ArrivalsQueue"), (HUB, "DeparturesQueue"), (SUCCESSOR, "ReleasesQueue")):
        stack = template(path)
        (denied,) = denials_of(stack, queue)
        assert (denied.actions, denied.body["Principal"]) == (["sqs:SendMessage"], "*")
        excepted = denied.condition["ArnNotEquals"]
        targeting = {
            name for name, rule in stack.of_type("AWS::Events::Rule").items() if queue in referenced(rule["Properties"]["Targets"])
        }
        assert referenced(excepted.get("aws:SourceArn", {})) - {"AWS::NoValue"} == targeting
        assert referenced(excepted["aws:PrincipalArn"]) - {"AWS::NoValue", "RedrivePrincipalArns"} == senders[queue]


def test_eventbridge_may_send_only_for_rules_of_the_stack(stack: Template) -> None:
    for one in stack.statements():
        if one.body.get("Principal") == {"Service": "events.amazonaws.com"} and "sqs:SendMessage" in one.actions:
            arns = as_list(one.condition["ArnEquals"]["aws:SourceArn"])
            assert arns
            assert referenced(arns) - {"AWS::NoValue"} <= stack.of_type("AWS::Events::Rule").keys()


def test_dead_letters_are_put_there_by_aws_only(stack: Template) -> None:
    """A person who redrives them vouches for them. In an account's own queue an identity policy would be enough, but for a Deny."""
    for queue in (name for name in stack.of_type("AWS::SQS::Queue") if "DeadLetter" in name):
        (denied,) = denials_of(stack, queue)
        assert (denied.actions, denied.body["Principal"]) == (["sqs:SendMessage"], "*"), queue
        # Absent, and so not false, where SQS itself moves a message.
        assert denied.condition == {"Bool": {"aws:PrincipalIsAWSService": "false"}}, queue


def test_a_queue_takes_the_dead_letters_of_its_own_queue_only(stack: Template) -> None:
    """SQS asks no other policy when it moves what a queue gave up on, so by default anybody's queue could feed any of ours."""
    feeding: dict[str, set[str]] = {}
    for queue in stack.of_type("AWS::SQS::Queue").values():
        if "RedrivePolicy" in queue["Properties"]:
            target = name_of(queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
            feeding.setdefault(target, set()).add(text_of(queue["Properties"]["QueueName"]))
    for name, queue in stack.of_type("AWS::SQS::Queue").items():
        allowed = queue["Properties"]["RedriveAllowPolicy"]
        sources = {text_of(arn).rpartition(":")[2] for arn in allowed.get("sourceQueueArns", [])}
        assert sources == feeding.get(name, set()), name
        assert allowed["redrivePermission"] == ("byQueue" if sources else "denyAll"), name


def test_queue_policies_let_in_nobody_but_rules(stack: Template) -> None:
    for one in stack.statements():
        if one.holder_type == "AWS::SQS::QueuePolicy" and one.body["Effect"] == "Allow":
            assert (one.body["Principal"], one.actions) == ({"Service": "events.amazonaws.com"}, ["sqs:SendMessage"]), one.holder
