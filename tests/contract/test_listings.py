"""The contract of `Listings`: everything that ended within the cursors is on some page, in whichever order the source lists it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from fanin.adapters.memory_clock import MemoryClock
from fanin.adapters.memory_executions import MemoryExecutions, MemoryListings
from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.errors import RetryableError
from fanin.domain.watch import ListedPage, Pass, Watch, new_watch
from fanin.ports import Listings, Unlisted
from tests.contract.conftest import ACCOUNT, REGION
from tests.contract.sources import asking

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

MACHINE = Source(SourceKind.STEP_FUNCTIONS, f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:ledger")
NOW_MS = 1_774_983_600_000
HOUR_MS = 3_600_000
WATCH = replace(new_watch(MACHINE, NOW_MS), since_ms=NOW_MS - HOUR_MS, listed_from_ms=NOW_MS - 2 * HOUR_MS, passing=Pass(NOW_MS))


def execution(name: str, started_ms: int, stopped_ms: int | None, status: Status = Status.SUCCEEDED) -> Completion:
    """As a list tells it; times are before now."""
    stopped_at_ms = None if stopped_ms is None else NOW_MS - stopped_ms
    return Completion(
        source=MACHINE,
        account=ACCOUNT,
        region=REGION,
        execution_id=name,
        execution_arn=f"arn:aws:states:{REGION}:{ACCOUNT}:execution:ledger:{name}",
        status=Status.RUNNING if stopped_ms is None else status,
        reported_at_ms=NOW_MS - started_ms if stopped_at_ms is None else stopped_at_ms,
        started_at_ms=NOW_MS - started_ms,
        stopped_at_ms=stopped_at_ms,
        input=None,
        input_included=False,
        output=None,
        output_included=False,
    )


def item(one: Completion, status: str | None = None) -> dict[str, Any]:
    """As ListExecutions tells it."""
    stopped = {} if one.stopped_at_ms is None else {"stopDate": datetime.fromtimestamp(one.stopped_at_ms / 1000, UTC)}
    return {
        "executionArn": one.execution_arn,
        "stateMachineArn": MACHINE.arn,
        "name": one.execution_id,
        "status": status or one.status.value,
        "startDate": datetime.fromtimestamp((one.started_at_ms or 0) / 1000, UTC),
        **stopped,
    }


@pytest.fixture
def stubbed(aws: boto3.Session) -> Iterator[tuple[SFNClient, Stubber]]:
    client = aws.client("stepfunctions")
    with Stubber(client) as stub:
        yield client, stub


def in_memory(*executions: Completion, page_size: int = 100) -> MemoryListings:
    return MemoryListings(MemoryExecutions({one.execution_arn: one for one in executions}), MemoryClock(NOW_MS), page_size=page_size)


NEWEST = execution("newest", 1_000, 500)
FAILED = execution("failed", 2_000, 1_500, Status.TIMED_OUT)
RUNNING = execution("running", 3_000, None)


def test_a_page_tells_what_ended_and_since_when_the_rest_runs(stubbed: tuple[SFNClient, Stubber]) -> None:
    client, stub = stubbed
    answer = {"executions": [item(NEWEST), item(FAILED), item(RUNNING)]}
    stub.add_response("list_executions", answer, {"stateMachineArn": MACHINE.arn, "maxResults": 100})
    expected = ListedPage((NEWEST, FAILED), running_since_ms=NOW_MS - 3_000)
    assert asking(client).page(WATCH) == expected
    assert in_memory(NEWEST, FAILED, RUNNING).page(WATCH) == expected


def test_an_execution_that_waits_to_be_redriven_has_not_ended(stubbed: tuple[SFNClient, Stubber]) -> None:
    client, stub = stubbed
    stub.add_response("list_executions", {"executions": [item(FAILED, "PENDING_REDRIVE")]})
    assert asking(client).page(WATCH) == ListedPage((), running_since_ms=FAILED.started_at_ms)


def test_a_list_goes_on_page_by_page(stubbed: tuple[SFNClient, Stubber]) -> None:
    client, stub = stubbed
    stub.add_response("list_executions", {"executions": [item(NEWEST)], "nextToken": "1"})
    stub.add_response(
        "list_executions", {"executions": [item(FAILED)]}, {"stateMachineArn": MACHINE.arn, "maxResults": 100, "nextToken": "1"}
    )
    for listings in (asking(client), in_memory(NEWEST, FAILED, page_size=1)):
        first = listings.page(WATCH)
        assert first == ListedPage((NEWEST,), following="1")
        assert listings.page(replace(WATCH, passing=Pass(NOW_MS, "1"))) == ListedPage((FAILED,))


LONG_AGO = execution("long ago", 5 * HOUR_MS, 3 * HOUR_MS)
LONG = execution("long", 4 * HOUR_MS, 1_000)


@pytest.mark.parametrize("order", ["by start", "by stop"])
def test_a_list_is_over_where_everything_lies_before_the_cursor_and_not_earlier(stubbed: tuple[SFNClient, Stubber], order: str) -> None:
    # What ran long is before the cursor by its start and after it by its stop: in either order something of interest may follow it.
    client, stub = stubbed
    pages = [[NEWEST], [LONG], [LONG_AGO]] if order == "by start" else [[LONG], [NEWEST], [LONG_AGO]]
    for number, page in enumerate(pages):
        stub.add_response("list_executions", {"executions": [item(one) for one in page], "nextToken": str(number + 1)})
    told = [asking(client).page(replace(WATCH, passing=Pass(NOW_MS, str(number) if number else None))) for number in range(3)]
    assert [page.following if isinstance(page, ListedPage) else page for page in told] == ["1", "2", None]


def test_the_memory_list_is_over_there_too() -> None:
    listings = in_memory(NEWEST, LONG, LONG_AGO, execution("older still", 6 * HOUR_MS, 5 * HOUR_MS), page_size=1)
    told = [listings.page(replace(WATCH, passing=Pass(NOW_MS, str(number) if number else None))) for number in range(3)]
    assert [page.following if isinstance(page, ListedPage) else page for page in told] == ["1", "2", None]


def test_a_list_lags_behind_and_forgets() -> None:
    listings = in_memory(NEWEST, FAILED, execution("forgotten", 3 * HOUR_MS, 2 * HOUR_MS))
    listings.kept_ms = HOUR_MS
    assert listings.page(WATCH) == ListedPage((NEWEST, FAILED))
    listings.lag_ms = 700
    running = NEWEST._replace(status=Status.RUNNING, stopped_at_ms=None)
    assert listings.page(WATCH) == ListedPage((FAILED,), running_since_ms=running.started_at_ms)
    listings.lag_ms = 1_600
    assert listings.page(WATCH) == ListedPage((), running_since_ms=FAILED.started_at_ms)


@pytest.mark.parametrize("code", ["AccessDeniedException", "StateMachineDoesNotExist", "InvalidArn"])
def test_a_source_that_may_not_be_asked_says_so(stubbed: tuple[SFNClient, Stubber], code: str) -> None:
    client, stub = stubbed
    stub.add_client_error("list_executions", code)
    memory = in_memory(NEWEST)
    memory.executions.refused.add(ACCOUNT)
    assert asking(client).page(WATCH) is memory.page(WATCH) is asking(None).page(WATCH) is Unlisted.MAY_NOT_ASK


def test_a_page_that_is_not_known_any_more_says_so(stubbed: tuple[SFNClient, Stubber]) -> None:
    client, stub = stubbed
    stub.add_client_error("list_executions", "InvalidToken")
    later = replace(WATCH, passing=Pass(NOW_MS, "9"))
    assert asking(client).page(later) is in_memory(NEWEST).page(later) is Unlisted.PAGE_UNKNOWN


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServerError"])
def test_a_source_that_does_not_answer_now_is_a_retry(stubbed: tuple[SFNClient, Stubber], code: str) -> None:
    client, stub = stubbed
    stub.add_client_error("list_executions", code)
    memory = in_memory(NEWEST)
    memory.throttled.add(ACCOUNT)
    listings: list[Listings] = [asking(client), memory]
    asks: list[Callable[[], object]] = [lambda one=one: one.page(WATCH) for one in listings]  # type: ignore[misc]  # one is bound
    for ask in asks:
        with pytest.raises(RetryableError, match="source-unavailable"):
            ask()


def real_machine(aws: boto3.Session, name: str) -> str:
    trusted = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trusted]})
    role = aws.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    definition = json.dumps({"StartAt": "wait", "States": {"wait": {"Type": "Wait", "Seconds": 600, "End": True}}})
    machine: str = aws.client("stepfunctions").create_state_machine(name=name, definition=definition, roleArn=role)["stateMachineArn"]
    return machine


def test_a_real_list_is_read(aws: boto3.Session) -> None:
    client, machine = aws.client("stepfunctions"), real_machine(aws, "contract-listings")
    for name in ("one", "two", "three"):
        client.start_execution(stateMachineArn=machine, name=name)
    client.stop_execution(executionArn=f"{machine.replace(':stateMachine:', ':execution:')}:two")
    source = Source(SourceKind.STEP_FUNCTIONS, machine)
    watch: Watch = replace(new_watch(source, 0), passing=Pass(0))
    page = asking(client).page(watch)
    assert isinstance(page, ListedPage)
    assert [(one.execution_id, one.status, one.source) for one in page.ended] == [("two", Status.ABORTED, source)]
    (two,) = page.ended
    assert two.started_at_ms is not None
    assert two.stopped_at_ms is not None
    assert two.started_at_ms <= two.stopped_at_ms
    assert page.running_since_ms is not None
    assert page.running_since_ms <= two.started_at_ms
    assert page.following is None
