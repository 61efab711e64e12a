"""The bare sweeper: what the real one imports of others, with its Powertools objects and its clients, and nothing of ours."""

import boto3
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.config import Config

logger, metrics = Logger(), Metrics()
config = Config(retries={"mode": "standard", "total_max_attempts": 3})
session = boto3.Session()
dynamodb, sqs = session.client("dynamodb", config=config), session.client("sqs", config=config)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, object], context: object) -> None:  # noqa: ARG001 Lambda's signature
    metrics.add_metric("Invocations", MetricUnit.Count, 1)
