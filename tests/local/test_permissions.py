"""IAM as the local AWS enforces and records it."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import LocalAws
from tests.local.world import REGION, SENDER, allow, event, make_queue, make_role, make_rule, policy

pytestmark = pytest.mark.e2e


def recorded(aws: LocalAws, role: str) -> list[tuple[str, str, bool]]:
    calls = [json.loads(line) for line in aws.iam_calls.read_text().splitlines()]
    return [(call["action"], call["resource"], call["allowed"]) for call in calls if call["role"] == role and call["account"] == SENDER]


def code_of(call: Any, **arguments: Any) -> str | None:
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def test_a_role_does_what_its_policy_says_and_no_more(local_aws: LocalAws) -> None:
    queue, other = make_queue(local_aws, SENDER, "its-queue"), make_queue(local_aws, SENDER, "other-queue")
    make_role(local_aws, SENDER, "writer", allow("sqs:SendMessage", queue.arn))
    sqs = local_aws.assumed(SENDER, "writer").client("sqs")
    codes = [
        code_of(sqs.send_message, QueueUrl=queue.url, MessageBody="1"),
        code_of(sqs.send_message_batch, QueueUrl=queue.url, Entries=[{"Id": "1", "MessageBody": "2"}]),
        code_of(sqs.send_message, QueueUrl=other.url, MessageBody="3"),
        code_of(sqs.receive_message, QueueUrl=queue.url),
    ]
    assert [bool(code) for code in codes] == [False, False, True, True]
    assert recorded(local_aws, "writer") == [
        ("sqs:SendMessage", queue.arn, True),
        ("sqs:SendMessage", queue.arn, True),
        ("sqs:SendMessage", other.arn, False),
        ("sqs:ReceiveMessage", queue.arn, False),
    ]


def test_a_queues_policy_need_not_list_a_role_of_its_own_account_but_may_deny_it(local_aws: LocalAws) -> None:
    queue = make_queue(local_aws, SENDER, "own-account")
    role = make_role(local_aws, SENDER, "unlisted", allow("sqs:SendMessage", queue.arn))
    sqs = local_aws.assumed(SENDER, "unlisted").client("sqs")
    before = code_of(sqs.send_message, QueueUrl=queue.url, MessageBody="1")
    denied = policy({"Effect": "Deny", "Principal": {"AWS": role}, "Action": "sqs:SendMessage", "Resource": queue.arn})
    local_aws.client(SENDER, "sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": denied})
    assert before is None
    assert code_of(sqs.send_message, QueueUrl=queue.url, MessageBody="2") is not None


def test_a_rule_needs_the_queues_policy(local_aws: LocalAws) -> None:
    silent, dead = make_queue(local_aws, SENDER, "silent", rules_may_send=False), make_queue(local_aws, SENDER, "silent-dead")
    make_rule(local_aws, SENDER, "to-silent", {"source": ["to.silent"]}, {"Arn": silent.arn, "DeadLetterConfig": {"Arn": dead.arn}})
    local_aws.client(SENDER, "events").put_events(Entries=[event(source="to.silent")])
    assert len(dead.messages()) == 1
    assert silent.messages(expected=0) == []


def test_the_queues_policy_is_held_to_the_rule_that_it_names(local_aws: LocalAws) -> None:
    queue = make_queue(local_aws, SENDER, "one-rule", rules_may_send=False)
    named = f"arn:aws:events:{REGION}:{SENDER}:rule/named"
    principal = {"Principal": {"Service": "events.amazonaws.com"}, "Condition": {"ArnEquals": {"aws:SourceArn": named}}}
    statement = allow("sqs:SendMessage", queue.arn, **principal)
    local_aws.client(SENDER, "sqs").set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": policy(statement)})
    for rule in ("named", "unnamed"):
        make_rule(local_aws, SENDER, rule, {"source": ["one.rule"], "detail-type": [rule]}, {"Arn": queue.arn})
        local_aws.client(SENDER, "events").put_events(Entries=[event(source="one.rule", detail_type=rule)])
    assert [json.loads(body)["detail-type"] for body in queue.bodies()] == ["named"]
    assert queue.bodies(expected=0) == []


def test_identity_policies_may_pin_the_source_of_what_a_role_puts(local_aws: LocalAws) -> None:
    bus = f"arn:aws:events:{REGION}:{SENDER}:event-bus/default"
    condition = {"StringEquals": {"events:source": "fanin.hub", "events:detail-type": "Fan-in Release"}}
    make_role(local_aws, SENDER, "pinned", allow("events:PutEvents", bus, Condition=condition))
    events = local_aws.assumed(SENDER, "pinned").client("events")
    good, bad = event(source="fanin.hub", detail_type="Fan-in Release"), event(source="fanin.hub", detail_type="Other")
    assert code_of(events.put_events, Entries=[good]) is None
    assert code_of(events.put_events, Entries=[bad]) == "AccessDeniedException"
    assert code_of(events.put_events, Entries=[good, bad]) == "AccessDeniedException"


def test_a_key_is_decided_on_under_its_own_arn_and_its_own_policy(local_aws: LocalAws) -> None:
    kms = local_aws.client(SENDER, "kms")
    key_policy = policy(allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{SENDER}:root"}))
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", Policy=key_policy)["KeyMetadata"]
    kms.create_alias(AliasName="alias/decided", TargetKeyId=key["KeyId"])
    make_role(local_aws, SENDER, "signer", allow("kms:Sign", key["Arn"]))
    make_role(local_aws, SENDER, "alias-signer", allow("kms:Sign", f"arn:aws:kms:{REGION}:{SENDER}:alias/decided"))
    request = {"KeyId": "alias/decided", "Message": b"m", "SigningAlgorithm": "ECDSA_SHA_256"}
    assert code_of(local_aws.assumed(SENDER, "signer").client("kms").sign, **request) is None
    assert code_of(local_aws.assumed(SENDER, "alias-signer").client("kms").sign, **request) == "AccessDeniedException"
    assert recorded(local_aws, "signer") == [("kms:Sign", key["Arn"], True)]


def test_a_key_policy_may_pin_who_signs_and_how(local_aws: LocalAws) -> None:
    kms = local_aws.client(SENDER, "kms")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    signer = make_role(local_aws, SENDER, "only-signer", allow("kms:Sign", key))
    make_role(local_aws, SENDER, "no-signer", allow("kms:*", "*"))
    how = {"StringEquals": {"kms:SigningAlgorithm": "ECDSA_SHA_256", "kms:MessageType": "DIGEST"}}
    statements = [
        allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{SENDER}:root"}, Condition=how),
        {**allow("kms:Sign", "*", Principal="*", Condition={"ArnNotEquals": {"aws:PrincipalArn": signer}}), "Effect": "Deny"},
    ]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(*statements))
    request = {"KeyId": key, "Message": b"m" * 32, "SigningAlgorithm": "ECDSA_SHA_256"}
    sign = {role: local_aws.assumed(SENDER, role).client("kms").sign for role in ("only-signer", "no-signer")}
    assert code_of(sign["only-signer"], **request, MessageType="DIGEST") is None
    assert code_of(sign["only-signer"], **request, MessageType="RAW") == "AccessDeniedException"
    assert code_of(sign["no-signer"], **request, MessageType="DIGEST") == "AccessDeniedException"
