"""Calls that are refused as asked for too often, when a test says so."""

import pytest
from botocore.exceptions import ClientError

from local import LocalAws

pytestmark = pytest.mark.e2e
ACCOUNT = "333333333333"


def test_a_throttled_action_is_refused_and_has_not_happened_until_it_is_let_again(local_aws: LocalAws) -> None:
    sqs = local_aws.client(ACCOUNT, "sqs")
    url = sqs.create_queue(QueueName="throttled")["QueueUrl"]
    before = local_aws.throttle({"sqs:SendMessage": 1.0}).get("sqs:SendMessage", 0)
    try:
        with pytest.raises(ClientError) as refused:
            sqs.send_message(QueueUrl=url, MessageBody="refused")
        assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["ApproximateNumberOfMessages"] == "0"
    finally:
        counted = local_aws.throttle({})["sqs:SendMessage"] - before
    assert (refused.value.response["Error"]["Code"], counted) == ("RequestThrottled", 1)
    sqs.send_message(QueueUrl=url, MessageBody="let again")
    assert [one["Body"] for one in sqs.receive_message(QueueUrl=url)["Messages"]] == ["let again"]
