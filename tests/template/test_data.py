"""The table and the key: protected, and outliving the stack."""

from __future__ import annotations

import pytest

from tests.template.templates import HUB, Template, template


def test_the_table_can_be_restored_to_any_second_of_the_last_weeks() -> None:
    assert template(HUB).properties("Table")["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_the_table_is_encrypted_and_paid_by_use() -> None:
    table = template(HUB).properties("Table")
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_the_table_expires_items_by_ttl() -> None:
    assert template(HUB).properties("Table")["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}


def test_the_due_index_holds_keys_only() -> None:
    (index,) = template(HUB).properties("Table")["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "due"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["duePart", "dueAt"]
    assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}


@pytest.mark.parametrize("name", ["Table", "SigningKey", "SecondSigningKey"])
def test_what_cannot_be_made_again_is_retained(name: str) -> None:
    resource = template(HUB).resources[name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_deleting_the_table_is_refused_unless_a_parameter_says_otherwise() -> None:
    assert template(HUB).properties("Table")["DeletionProtectionEnabled"] == {"Ref": "TableDeletionProtection"}
    assert template(HUB).written["Parameters"]["TableDeletionProtection"]["Default"] == "true"


def test_the_key_signs_on_p256_and_nothing_else() -> None:
    key = template(HUB).properties("SigningKey")
    assert (key["KeySpec"], key["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")


def test_what_becomes_of_everything_that_holds_something_is_said(stack: Template) -> None:
    for name, resource in stack.resources.items():
        if resource["Type"] in {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::SQS::Queue", "AWS::Logs::LogGroup"}:
            assert resource.keys() >= {"DeletionPolicy", "UpdateReplacePolicy"}, name


def test_the_two_keys_of_a_rotation_are_alike() -> None:
    assert template(HUB).properties("SigningKey") == template(HUB).properties("SecondSigningKey")
