"""Does what each message says and reports it to another queue; the tests of the local AWS deploy it."""

import importlib.util
import json
import os
import time

import boto3

SQS = boto3.client("sqs")


def handler(event: dict[str, object], context: object) -> dict[str, object]:
    records = event["Records"]
    assert isinstance(records, list)
    failures = [failure for record in records if (failure := _do(record))]
    return {"batchItemFailures": failures}


def _do(record: dict[str, str]) -> dict[str, str] | None:
    wanted = json.loads(record["body"])
    if wanted["do"] == "fail":
        return {"itemIdentifier": record["messageId"]}
    if wanted["do"] == "fail-nobody":
        return {"itemIdentifier": "of no message"}
    report = {
        "id": wanted["id"],
        "at_ms": time.time_ns() // 1_000_000,
        "pid": os.getpid(),
        "has": {name: importlib.util.find_spec(name) is not None for name in ("boto3", "botocore", "ministack", "pydantic", "yaml")},
        "environment": {name: os.environ.get(name, "") for name in ("AWS_REGION", "AWS_ENDPOINT_URL", "AWS_LAMBDA_FUNCTION_NAME")},
    }
    embedded = {
        "Timestamp": report["at_ms"],
        "CloudWatchMetrics": [{"Namespace": "Echo", "Dimensions": [[]], "Metrics": [{"Name": "Done"}]}],
    }
    print(json.dumps({"_aws": embedded, "Done": 1}))  # noqa: T201  # that is how a function says a metric
    SQS.send_message(QueueUrl=os.environ["REPORTS_URL"], MessageBody=json.dumps(report))
    return None
