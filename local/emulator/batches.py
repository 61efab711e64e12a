"""What an event source mapping makes of a function's answer to a batch from a queue, by AWS's rules for partial failures.

MiniStack takes an answer that names no message of the batch for a success and deletes all of it. On AWS an unknown, empty or missing
itemIdentifier, and anything else that is not the documented shape, fails the whole batch:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import json
import logging
import time
from typing import Any

from ministack.services import lambda_svc, sqs

_log = logging.getLogger("fanin.batches")


def install() -> None:
    lambda_svc._run_sqs_batch = _run
    # AWS's pollers wait at the queue: a message that comes is taken. MiniStack's looks again 50 ms after a look in vain, at the earliest.
    lambda_svc._ESM_IDLE_WAKE_GAP_SECONDS = 0.005


def _run(mapping: dict[str, Any], function: Any, event: Any, batch: list[dict[str, Any]], queue_url: str, queue_name: str) -> None:
    result = lambda_svc._execute_function(function, event)
    failed = set[str]() if not result.get("error") else {message["id"] for message in batch}
    if not failed and "ReportBatchItemFailures" in (mapping.get("FunctionResponseTypes") or []):
        failed = failed_ids(result.get("body"), {message["id"] for message in batch})
    _log.info("%s: %d of %d messages from %s failed", mapping["FunctionName"], len(failed), len(batch), queue_name)
    if result.get("error"):
        _log.warning("%s failed: %s\n%s", mapping["FunctionName"], result.get("body"), result.get("log", ""))
        lambda_svc._esm_backoff_until[mapping["UUID"]] = time.time() + lambda_svc._ESM_BACKOFF_SECONDS
    done = {message["receipt_handle"] for message in batch if message["id"] not in failed}
    sqs._delete_messages_for_esm(queue_url, done)
    mapping["LastProcessingResult"] = "FAILED" if failed else "OK"


def failed_ids(answer: Any, sent: set[str]) -> set[str]:
    """The messages of the batch that stay in the queue: those that the answer names, or all when the answer is not understood."""
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except ValueError:
            return sent
    if not answer:
        return set()
    named = answer.get("batchItemFailures") if isinstance(answer, dict) else sent
    if not named:
        return set()
    ids = {failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in named}
    return {str(one) for one in ids} if ids <= sent else sent
