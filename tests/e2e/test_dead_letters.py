"""Messages are really lost to dead-letter queues, and `fanin dlq` brings them back."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.landscape import DAILY_CLOSE, HUB, HUB_NAME, POSITIONS, PREDECESSOR, SUCCESSOR, SUCCESSOR_NAME, machine_arn
from local.process import ROOT, SECRET_KEY
from tests.e2e.faults import closed, impatient, without_permission
from tests.e2e.grants import role_of
from tests.e2e.watching import eventually
from tests.e2e.world import BY_DATE, World, definition, hub_machine, to

pytestmark = pytest.mark.e2e

DATE, OTHER_DATE = "2026-05-04", "2026-05-05"
FORWARD_QUEUE = f"fanin-predecessor-{HUB_NAME}-dlq"


def fanin(world: World, account: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **world.aws.environment(account), **environment}
    command = [str(ROOT / ".venv" / "bin" / "fanin"), "dlq", *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=120)


def listed(world: World, account: str) -> dict[str, int]:
    finished = fanin(world, account, "list", "--json")
    return {queue["label"]: queue["messages"] for queue in json.loads(finished.stdout)["queues"]}


def letters(world: World, account: str, queue: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(fanin(world, account, "show", queue, "--json").stdout)["messages"]
    return found


@contextmanager
def refusing_rules(world: World, url: str) -> Iterator[None]:
    """The queue's policy lets no rule send."""
    sqs = world.aws.client(HUB, "sqs")
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    denying = [one for one in json.loads(policy)["Statement"] if one["Effect"] == "Deny"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": denying})})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


@contextmanager
def giving_up_soon(world: World, account: str, url: str) -> Iterator[None]:
    """A message is dead after it was received twice, a second apart."""
    sqs = world.aws.client(account, "sqs")
    kept = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]["RedrivePolicy"]
    soon = json.dumps({**json.loads(kept), "maxReceiveCount": 2})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": soon})
    try:
        with impatient(world, account, url):
            yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": kept})


def plant(world: World, account: str, url: str, body: str) -> None:
    """Put a message there that the queue's policy would not take."""
    sqs = world.aws.client(account, "sqs")
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    try:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def test_what_a_rule_and_what_a_reader_lost_goes_back_together(world: World) -> None:
    """The arrivals' queue of dead letters serves the rules and the queue, so it holds both kinds."""
    url = world.deployed.landscape.hub["ArrivalsQueueUrl"]
    undelivered, unrecorded = world.job(HUB, "undelivered"), world.job(HUB, "unrecorded")
    world.apply(
        definition("undelivered", {"it": undelivered}, to(DAILY_CLOSE), key=BY_DATE),
        definition("unrecorded", {"it": unrecorded}, to(DAILY_CLOSE), key=BY_DATE),
    )
    world.settle()
    with refusing_rules(world, url):
        world.run(undelivered, "lost", businessDate=DATE)
        eventually(lambda: listed(world, HUB)["arrivals"] >= 1, "what the rule could not deliver")
    with without_permission(world, HUB, "fanin-collector", "dynamodb:UpdateItem"), giving_up_soon(world, HUB, url):
        world.run(unrecorded, "lost", businessDate=DATE)
        eventually(lambda: unrecorded in {letter["source"] for letter in letters(world, HUB, "arrivals")}, "what the collector gave up on")
    dead = {letter["source"]: letter for letter in letters(world, HUB, "arrivals") if letter["status"] == "SUCCEEDED"}
    assert dead.keys() == {undelivered, unrecorded}
    for source, letter in dead.items():
        assert (letter["what"], letter["execution"], letter["account"]) == ("completion", "lost", HUB), source
    assert (dead[undelivered]["errorCode"], dead[undelivered]["movedFrom"]) == ("NO_PERMISSIONS", None)
    assert dead[undelivered]["rule"].endswith(":rule/fanin-completions")
    assert (dead[unrecorded]["errorCode"], dead[unrecorded]["movedFrom"].rpartition(":")[2]) == (None, "fanin-arrivals")
    assert world.show("undelivered", DATE) is None
    assert world.show("unrecorded", DATE) is None
    finished = fanin(world, HUB, "redrive", "arrivals")
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.endswith(" messages went from fanin-arrivals-dlq to fanin-arrivals.\n")
    for join in ("undelivered", "unrecorded"):
        world.wait_for_state(join, DATE, "ACKNOWLEDGED")
        assert len(world.executions_of(join, DAILY_CLOSE)) == 1
    assert listed(world, HUB) == {"arrivals": 0, "departures": 0, "sweeper": 0}


def test_what_a_predecessor_could_not_forward_goes_into_the_hubs_queue(world: World, tmp_path: Path) -> None:
    """With the credentials of both accounts: no bus takes an aws. event from anybody but AWS."""
    machine = machine_arn(PREDECESSOR, POSITIONS)
    world.apply(definition("unforwarded", {"it": machine}, to(DAILY_CLOSE), key=BY_DATE))
    world.settle()
    role = world.deployed.landscape.predecessor["ForwardRoleArn"].rpartition("/")[2]
    with closed(world, HUB, HUB_NAME, role):
        world.run(machine, "unforwarded", businessDate=OTHER_DATE)
        eventually(lambda: listed(world, PREDECESSOR)["forward"] >= 1, "what the hub's bus refused")
    (letter,) = [one for one in letters(world, PREDECESSOR, "forward") if one["status"] == "SUCCEEDED"]
    assert (letter["source"], letter["account"], letter["errorCode"]) == (machine, PREDECESSOR, "NO_PERMISSIONS")
    # Somebody who got past that queue's policy, and says that an execution of the hub's account ended.
    forged = json.dumps({"account": HUB, "source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": {}})
    sqs = world.aws.client(PREDECESSOR, "sqs")
    url = world.deployed.landscape.predecessor["ForwardDeadLetterQueueUrl"]
    plant(world, PREDECESSOR, url, forged)
    config = tmp_path / "config"
    keys = {"hub": HUB, "positions": PREDECESSOR}
    config.write_text(
        "".join(f"[profile {name}]\naws_access_key_id={key}\naws_secret_access_key={SECRET_KEY}\n" for name, key in keys.items())
    )
    variables = {"AWS_CONFIG_FILE": str(config), "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    finished = fanin(world, PREDECESSOR, "redrive", "forward", "--profile", "positions", "--hub-profile", "hub", **variables)
    assert finished.returncode == 1, finished.stderr
    assert f"it says that it is of account {HUB}, and lies in {PREDECESSOR}" in finished.stderr
    world.wait_for_state("unforwarded", OTHER_DATE, "ACKNOWLEDGED")
    assert len(world.executions_of("unforwarded", DAILY_CLOSE)) == 1
    assert listed(world, PREDECESSOR)["forward"] == 1
    sqs.purge_queue(QueueUrl=url)


def test_a_release_that_a_starter_gave_up_on_goes_back_to_it(world: World) -> None:
    url, starter = world.deployed.landscape.successor["ReleasesQueueUrl"], f"{SUCCESSOR_NAME}-starter"
    machine = world.job(HUB, "unbegun")
    world.apply(definition("unbegun", {"it": machine}, to(DAILY_CLOSE), key=BY_DATE))
    world.settle()
    with without_permission(world, SUCCESSOR, starter, "states:StartExecution"), giving_up_soon(world, SUCCESSOR, url):
        world.run(machine, "x", businessDate=DATE)
        (letter,) = eventually(lambda: letters(world, SUCCESSOR, "releases"), "what the starter gave up on")
    assert (letter["what"], letter["join"], letter["key"]) == ("release", "unbegun", DATE)
    assert world.executions_of("unbegun", DAILY_CLOSE) == []
    finished = fanin(world, SUCCESSOR, "redrive", "releases")
    assert (finished.returncode, finished.stdout.split()[:4]) == (0, ["1", "of", "1", "messages"]), finished.stderr
    world.wait_for_state("unbegun", DATE, "ACKNOWLEDGED")
    assert len(world.executions_of("unbegun", DAILY_CLOSE)) == 1


def test_sweeps_that_did_not_begin_are_made_up_for_by_one(world: World) -> None:
    sqs = world.aws.client(HUB, "sqs")
    url = sqs.get_queue_url(QueueName="fanin-sweeper-dlq")["QueueUrl"]
    before = world.counted("fanin-sweeper", "Sweeps")
    plant(world, HUB, url, '{"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}')
    assert [letter["what"] for letter in letters(world, HUB, "sweeper")] == ["sweep"]
    assert fanin(world, HUB, "redrive", "sweeper").returncode == 0
    assert listed(world, HUB)["sweeper"] == 0
    world.wait_for_count("fanin-sweeper", "Sweeps", before + 1)


def test_a_role_that_the_stack_does_not_name_redrives_nothing(world: World) -> None:
    """Whoever may send to the queue can report completions; an identity policy is not enough."""
    name, url = "redrives", world.deployed.landscape.hub["ArrivalsDeadLetterQueueUrl"]
    sqs, iam = world.aws.client(HUB, "sqs"), world.aws.client(HUB, "iam")
    trusted = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{HUB}:root"}, "Action": "sts:AssumeRole"}
    every = {"Effect": "Allow", "Action": "sqs:*", "Resource": f"arn:aws:sqs:us-east-1:{HUB}:fanin-*"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}))
    iam.put_role_policy(RoleName=name, PolicyName="it", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [every]}))
    given = world.aws.client(HUB, "sts").assume_role(RoleArn=f"arn:aws:iam::{HUB}:role/{name}", RoleSessionName="it")["Credentials"]
    environment = {
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
    }
    plant(world, HUB, url, json.dumps({"source": "aws.states", "machine": hub_machine("forged")}))
    finished = fanin(world, HUB, "redrive", "arrivals", **environment)
    assert (finished.returncode, finished.stdout) == (3, "")
    assert finished.stderr.startswith("fanin: access-denied:")
    assert listed(world, HUB)["arrivals"] == 1
    sqs.purge_queue(QueueUrl=url)
    assert role_of(world.aws, HUB, "fanin-collector") != name
