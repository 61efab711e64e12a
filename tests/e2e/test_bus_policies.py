"""Who may put what on which bus, and whose receipts count. The first check is made by AWS, before any of our code sees the event."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import LocalAws
from local.landscape import DAILY_CLOSE, HUB, HUB_BUS, PREDECESSOR, SUCCESSOR, SUCCESSOR_BUS
from tests.e2e.deployment import OTHER, UNLISTED, issuer
from tests.e2e.events import body, completion
from tests.e2e.faults import paused
from tests.e2e.watching import Watch, eventually
from tests.e2e.world import BY_DATE, World, definition, hub_machine, to
from tests.local.world import allow, make_queue, make_rule, policy

pytestmark = pytest.mark.e2e

ENDED = ("aws.states", "Step Functions Execution Status Change")
RECEIPT = ("fanin.successor", "Fan-in Receipt")
RELEASE = ("fanin.hub", "Fan-in Release")
COUNT = ("fanin.count", "Fan-in Count")
OURS = ("ours.jobs", "Job Done")
RESULT = ("lambda", "Lambda Function Invocation Result - Success")
NOTICE = ("fanin.hub", "Fan-in Notice")
DATE = "2026-03-31"


def make_role(aws: LocalAws, account: str, name: str, statement: dict[str, Any], path: str = "/fanin/") -> None:
    """A role that may do what the statement says, as far as its own account is concerned."""
    iam = aws.client(account, "iam")
    trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=policy(trusted))
    iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=policy(statement))


def putter(aws: LocalAws, account: str, name: str, bus: str, path: str = "/fanin/") -> Any:
    """EventBridge as a role that may put anything on the bus."""
    make_role(aws, account, name, allow("events:PutEvents", bus), path)
    return aws.assumed(account, f"{path}{name}".lstrip("/")).client("events")


def put(events: Any, bus: str, kind: tuple[str, str], detail: dict[str, Any]) -> str | None:
    entry = {"EventBusName": bus, "Source": kind[0], "DetailType": kind[1], "Detail": json.dumps(detail)}
    (answer,) = events.put_events(Entries=[entry])["Entries"]
    code: str | None = answer.get("ErrorCode")
    return code


@pytest.mark.parametrize("kind", [RECEIPT, RELEASE, NOTICE, COUNT, OURS, RESULT, ("anything", "Else")])
@pytest.mark.parametrize("bus", [HUB_BUS, SUCCESSOR_BUS])
def test_an_account_that_is_not_listed_puts_nothing(world: World, bus: str, kind: tuple[str, str]) -> None:
    assert put(world.aws.client(UNLISTED, "events"), bus, kind, {"v": 1}) == "AccessDeniedException"


def test_a_role_of_an_account_that_is_not_listed_puts_nothing_either(world: World) -> None:
    for number, (bus, kind) in enumerate(((HUB_BUS, RECEIPT), (SUCCESSOR_BUS, RELEASE))):
        assert put(putter(world.aws, UNLISTED, f"unlisted-{number}", bus), bus, kind, {"v": 1}) == "AccessDeniedException"


def test_nobody_can_say_that_an_execution_ended(world: World) -> None:
    for account in (HUB, PREDECESSOR, SUCCESSOR, UNLISTED):
        for bus in (HUB_BUS, "default"):
            assert put(world.aws.client(account, "events"), bus, ENDED, {}) == "NotAuthorizedForSourceException"


def test_the_completions_of_an_account_that_is_not_listed_are_not_let_in(world: World) -> None:
    role, arn = "forwards", f"arn:aws:iam::{UNLISTED}:role/forwards"
    iam = world.aws.client(UNLISTED, "iam")
    trusted = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=policy(trusted))
    iam.put_role_policy(RoleName=role, PolicyName="put", PolicyDocument=policy(allow("events:PutEvents", HUB_BUS)))
    dead = make_queue(world.aws, UNLISTED, "forwards-dead")
    target = {"Arn": HUB_BUS, "RoleArn": arn, "DeadLetterConfig": {"Arn": dead.arn}}
    make_rule(world.aws, UNLISTED, "forwards", {"source": ["aws.states"]}, target)
    ended = completion(f"arn:aws:states:us-east-1:{UNLISTED}:stateMachine:theirs", "x", businessDate=DATE)
    world.aws.put_service_event(UNLISTED, *ENDED, ended["detail"], ended["resources"])
    (letter,) = eventually(lambda: Watch(world.aws, UNLISTED, dead.url).messages(), "the event in the rule's dead-letter queue")
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert world.hub_bus.events(lambda event: event["account"] == UNLISTED) == []


def test_a_predecessor_account_gives_no_receipts_and_a_successor_account_no_completions(world: World) -> None:
    assert put(putter(world.aws, PREDECESSOR, "receipts", HUB_BUS), HUB_BUS, RECEIPT, {}) == "AccessDeniedException"
    reports = putter(world.aws, SUCCESSOR, "notices", HUB_BUS)
    assert [put(reports, HUB_BUS, kind, {}) for kind in (NOTICE, COUNT, OURS, RESULT)] == ["AccessDeniedException"] * 4


def test_nobody_but_the_forwarder_says_what_the_hub_says(world: World) -> None:
    """A join can wait for another's release, which the hub tells on its own bus; there an identity policy would be enough for the rest."""
    puts = putter(world.aws, HUB, "tells", HUB_BUS)
    assert [put(puts, HUB_BUS, kind, {}) for kind in (NOTICE, RELEASE)] == ["AccessDeniedException"] * 2
    assert put(world.aws.client(HUB, "events"), HUB_BUS, NOTICE, {}) == "AccessDeniedException"
    assert put(puts, HUB_BUS, ("ours.else", "Allowed"), {}) is None


@pytest.mark.parametrize("kind", [COUNT, OURS, RESULT])
def test_a_predecessor_account_may_say_what_definitions_trust_it_for(world: World, kind: tuple[str, str]) -> None:
    events = putter(world.aws, PREDECESSOR, f"says-{kind[0]}", HUB_BUS)
    assert put(events, HUB_BUS, kind, {"said": "directly"}) is None
    assert put(events, HUB_BUS, (kind[0], "Else"), {}) == (None if kind is OURS else "AccessDeniedException")


@pytest.mark.parametrize("kind", [COUNT, OURS, RESULT])
def test_what_a_predecessor_account_says_on_its_own_bus_is_forwarded(world: World, kind: tuple[str, str]) -> None:
    assert put(world.aws.client(PREDECESSOR, "events"), "default", kind, {"said": "at home"}) is None
    told = {"account": PREDECESSOR, "source": kind[0], "detail": {"said": "at home"}}
    eventually(lambda: world.hub_bus.events(lambda event: event.items() >= told.items()), "the event on the hub bus")


def test_in_a_listed_account_only_roles_of_fanin_put_receipts_and_releases(world: World) -> None:
    assert put(world.aws.client(SUCCESSOR, "events"), HUB_BUS, RECEIPT, {}) == "AccessDeniedException"
    assert put(world.aws.client(HUB, "events"), SUCCESSOR_BUS, RELEASE, {}) == "AccessDeniedException"
    somebody = putter(world.aws, HUB, "somebody", SUCCESSOR_BUS, path="/")
    assert put(somebody, SUCCESSOR_BUS, RELEASE, {}) == "AccessDeniedException"
    # In the hub's own account, where an identity policy would be enough.
    reports = putter(world.aws, HUB, "reports", HUB_BUS, path="/")
    assert put(reports, HUB_BUS, RECEIPT, {}) == put(world.aws.client(HUB, "events"), HUB_BUS, RECEIPT, {}) == "AccessDeniedException"


@pytest.mark.parametrize("member", ["jti", "sub", "target", "iss"])
def test_a_receipt_of_something_that_was_never_sent_is_refused(world: World, member: str) -> None:
    """From the right account, so that the policy lets it through."""
    events = putter(world.aws, SUCCESSOR, f"liar-{member}", HUB_BUS)
    receipt = {**_receipt("nothing", "x" * 43, SUCCESSOR), member: "other" if member != "sub" else "nothing/1/released/other"}
    assert put(events, HUB_BUS, RECEIPT, receipt) is None
    (kept,) = eventually(lambda: _kept(world, receipt), "the receipt in quarantine")
    assert kept.code == "receipt-unknown"


def test_a_receipt_from_another_account_than_the_release_went_to_is_refused_and_acknowledges_nothing(world: World) -> None:
    machine = hub_machine("wrong-receipt")
    world.apply(definition("wrong-receipt", {"it": machine}, to(DAILY_CLOSE), key=BY_DATE))
    before = world.counted("fanin-collector", "SecurityRefusals")
    with paused(world, SUCCESSOR, "fanin-successor-starter"):
        world.send_arrivals(body(completion(machine, "x", businessDate=DATE)))
        run = world.wait_for_state("wrong-receipt", DATE, "RELEASED")
        receipt = {**_receipt("wrong-receipt", run["deliveries"][0]["jti"], OTHER), "target": DAILY_CLOSE}
        assert put(putter(world.aws, OTHER, "liar", HUB_BUS), HUB_BUS, RECEIPT, receipt) is None
        (kept,) = eventually(lambda: _kept(world, receipt), "the receipt in quarantine")
        assert kept.code == "receipt-account"
        world.wait_for_count("fanin-collector", "SecurityRefusals", before + 1)
        still = world.show("wrong-receipt", DATE)
        assert still is not None
        assert (still["state"], still["deliveries"][0]["state"]) == ("RELEASED", "SENT")
    # The genuine one is still good.
    world.wait_for_state("wrong-receipt", DATE, "ACKNOWLEDGED")


@pytest.mark.parametrize(("account", "output"), [(HUB, "ArrivalsQueueUrl"), (HUB, "DeparturesQueueUrl"), (SUCCESSOR, "ReleasesQueueUrl")])
def test_an_identity_policy_is_not_enough_to_put_a_message_into_a_queue(world: World, account: str, output: str) -> None:
    """What came over a bus was written by AWS; what comes beside it could say anything."""
    url = (world.deployed.landscape.hub if account == HUB else world.deployed.landscape.successor)[output]
    queue = f"arn:aws:sqs:us-east-1:{account}:{url.rsplit('/', 1)[-1]}"
    make_role(world.aws, account, f"sends-{output}", allow("sqs:*", queue))
    sqs = world.aws.assumed(account, f"fanin/sends-{output}").client("sqs")
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"] == queue
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.send_message(QueueUrl=url, MessageBody="{}")


@pytest.mark.parametrize(
    ("account", "output"),
    [
        *((HUB, name) for name in ("ArrivalsDeadLetterQueueUrl", "DeparturesDeadLetterQueueUrl")),
        (SUCCESSOR, "ReleasesDeadLetterQueueUrl"),
        (PREDECESSOR, "ForwardDeadLetterQueueUrl"),
    ],
)
def test_nobody_plants_a_dead_letter_for_somebody_else_to_redrive(world: World, account: str, output: str) -> None:
    """The account's administrator neither."""
    landscape = world.deployed.landscape
    url = {**landscape.hub, **landscape.predecessor, **landscape.successor}[output]
    with pytest.raises(ClientError, match="AccessDenied"):
        world.aws.client(account, "sqs").send_message(QueueUrl=url, MessageBody="{}")


@pytest.mark.parametrize(
    ("account", "queue"), [(HUB, "fanin-arrivals"), (HUB, "fanin-departures"), (SUCCESSOR, "fanin-successor-releases")]
)
def test_no_queue_of_somebodys_own_gives_up_its_messages_into_one_of_ours(world: World, account: str, queue: str) -> None:
    """SQS asks no policy when it moves a message to a dead-letter queue, so a queue must say whose dead letters it takes."""
    ours = f"arn:aws:sqs:us-east-1:{account}:{queue}"
    redrive = json.dumps({"deadLetterTargetArn": ours, "maxReceiveCount": 1})
    sqs = world.aws.client(account, "sqs")
    for target in (redrive, redrive.replace(queue, f"{queue}-dlq")):
        with pytest.raises(ClientError, match="not permitted to redrive"):
            sqs.create_queue(QueueName=f"feeds-{queue}", Attributes={"RedrivePolicy": target})


def _receipt(join: str, jti: str, account: str) -> dict[str, Any]:
    now_ms = time.time_ns() // 1_000_000
    return {
        "v": 1,
        "jti": jti,
        "iss": issuer(HUB),
        "sub": f"{join}/1/released/{DATE}",
        "target": DAILY_CLOSE,
        "executionArn": f"arn:aws:states:us-east-1:{account}:execution:{DAILY_CLOSE}:x",
        "outcome": "started",
        "verifiedAt": now_ms,
        "startedAt": now_ms,
    }


def _kept(world: World, receipt: dict[str, Any]) -> list[Any]:
    return [kept for kept in world.arrivals_quarantine.everything() if json_detail(kept.body) == receipt]


def json_detail(text: str) -> Any:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return event.get("detail") if isinstance(event, dict) else None
