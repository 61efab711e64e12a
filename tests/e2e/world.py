"""The deployed world as the end-to-end tests speak of it: apply a join, run jobs, wait for a run, count executions.

Every test names its joins, state machines or keys after itself, so that nothing one test does can be mistaken for another's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local import LocalAws
from local.landscape import DAILY_CLOSE, HUB, HUB_NAME, LEDGER, SECOND_TARGET, SUCCESSOR, SUCCESSOR_BUS, SUCCESSOR_NAME, machine_arn
from tests.e2e.deployment import OTHER, OTHER_BUS, OTHER_NAME, Deployed, make_machine
from tests.e2e.grants import Grant
from tests.e2e.table import Table
from tests.e2e.watching import Quarantine, Watch, eventually

BY_DATE = {"input": "businessDate"}
_TARGETS = {DAILY_CLOSE: (SUCCESSOR, SUCCESSOR_BUS), SECOND_TARGET: (SUCCESSOR, SUCCESSOR_BUS)}
_ACCOUNTS = {f"{SUCCESSOR_NAME}-starter": SUCCESSOR, f"{OTHER_NAME}-starter": OTHER}
_ELSEWHERE = (OTHER, OTHER_BUS)
_BATCH_BYTES = 1_000_000
_PREFIX_CHARS = 16  # of a join's name, in the name of an execution


def to(target: str, *, outputs: bool = False) -> dict[str, Any]:
    """A successor of a definition."""
    return {"target": target, "bus": _TARGETS.get(target, _ELSEWHERE)[1], **({"payload": {"outputs": True}} if outputs else {})}


def definition(
    join: str, predecessors: Mapping[str, str], *successors: dict[str, Any], key: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A definition; predecessors by name and state machine ARN, the key `latest` unless one is given."""
    document = {
        "join": join,
        "predecessors": {name: {"stateMachine": arn} for name, arn in predecessors.items()},
        "successors": list(successors),
    }
    return document if key is None else {**document, "key": dict(key)}


def hub_machine(name: str) -> str:
    """The ARN of a state machine of the hub's account, which need not exist for somebody to report its completions."""
    return machine_arn(HUB, name)


@dataclass
class World:
    """Everything deployed, and what passes by in it."""

    aws: LocalAws
    deployed: Deployed
    completions: Watch
    hub_bus: Watch
    releases: Watch
    releases_elsewhere: Watch
    table: Table
    arrivals_quarantine: Quarantine
    releases_quarantine: Quarantine
    quarantine_elsewhere: Quarantine
    # Denials that a test brought about on purpose; any other is a permission that somebody needs and lacks.
    expected_refusals: set[Grant] = field(default_factory=set)
    # Signing keys that a rotation has taken out of the hub's stack, and so out of its roles.
    retired_keys: set[str] = field(default_factory=set)

    @classmethod
    def around(cls, aws: LocalAws, deployed: Deployed) -> World:
        """The world, with watches beside the rules of the stacks."""
        ended = {"source": ["aws.states"], "detail": {"status": [{"anything-but": "RUNNING"}]}}
        anything = {"account": [{"exists": True}]}
        hub, successor, other = deployed.landscape.hub, deployed.landscape.successor, deployed.other
        return cls(
            aws=aws,
            deployed=deployed,
            completions=Watch.of_bus(aws, HUB, "default", ended),
            hub_bus=Watch.of_bus(aws, HUB, HUB_NAME, anything),
            releases=Watch.of_bus(aws, SUCCESSOR, SUCCESSOR_NAME, anything),
            releases_elsewhere=Watch.of_bus(aws, OTHER, OTHER_NAME, anything),
            table=Table(aws.client(HUB, "dynamodb"), hub["TableName"]),
            arrivals_quarantine=Quarantine(Watch(aws, HUB, hub["ArrivalsQuarantineQueueUrl"])),
            releases_quarantine=Quarantine(Watch(aws, SUCCESSOR, successor["ReleasesQuarantineQueueUrl"])),
            quarantine_elsewhere=Quarantine(Watch(aws, OTHER, other["ReleasesQuarantineQueueUrl"])),
        )

    def apply(self, *documents: dict[str, Any]) -> list[dict[str, Any]]:
        """Apply definitions, and wait until every collector knows them."""
        applied = self.deployed.landscape.apply(*documents)
        time.sleep(max(0.0, max(one["effectiveFromMs"] for one in applied) / 1000 - time.time()))
        return applied

    def ask_operator(self, **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.deployed.landscape.invoke(self.deployed.landscape.hub["OperatorFunctionName"], request)
        return answer

    def ask_viewer(self, **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.deployed.landscape.invoke(self.deployed.landscape.hub["ViewerFunctionName"], request)
        return answer

    def job(self, account: str, name: str) -> str:
        """A state machine like the demo's: it succeeds with an output, or fails when its input says so; its ARN."""
        ledger = self.aws.client(HUB, "stepfunctions").describe_state_machine(stateMachineArn=machine_arn(HUB, LEDGER))
        return make_machine(self.aws, account, name, ledger["definition"])

    def run(self, machine: str, name: str, **given: Any) -> dict[str, Any]:
        """Run a job to its end; what Step Functions says of the execution."""
        account, machine_name = machine.split(":")[4], machine.rsplit(":", 1)[-1]
        arn = self.deployed.landscape.start(account, machine_name, name, given)
        states = self.aws.client(account, "stepfunctions")

        def ended() -> dict[str, Any] | None:
            execution: dict[str, Any] = states.describe_execution(executionArn=arn)
            return None if execution["status"] == "RUNNING" else execution

        return eventually(ended, f"the end of {name}")

    def show(self, join: str, key: str) -> dict[str, Any] | None:
        return self.deployed.landscape.show(join, key)

    def runs(self, join: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask_viewer(action="runs", join=join)["runs"]
        return found

    def wait_for_state(self, join: str, key: str, state: str) -> dict[str, Any]:
        """The run, as soon as it is in the state."""

        def reached() -> dict[str, Any] | None:
            run = self.show(join, key)
            return run if run and run["state"] == state else None

        return eventually(reached, f"{join}/{key} to be {state}")

    def executions_of(self, join: str, target: str) -> list[dict[str, Any]]:
        """The inputs of every execution that a join's releases started, by key."""
        account = _TARGETS.get(target, _ELSEWHERE)[0]
        states = self.aws.client(account, "stepfunctions")
        pages = states.get_paginator("list_executions").paginate(stateMachineArn=machine_arn(account, target))
        named = [one for page in pages for one in page["executions"] if one["name"].startswith(f"fanin-{join[:_PREFIX_CHARS]}")]
        inputs = [json.loads(states.describe_execution(executionArn=one["executionArn"])["input"]) for one in named]
        return sorted((given for given in inputs if given["join"] == join), key=lambda given: str(given["key"]))

    def send_arrivals(self, *bodies: str) -> list[str]:
        """Put bodies into the arrivals queue, as its rules would; their message ids."""
        return self._send(HUB, self.deployed.landscape.hub["ArrivalsQueueUrl"], bodies)

    def send_releases(self, *bodies: str) -> list[str]:
        """Likewise, the releases queue of the first successor."""
        return self._send(SUCCESSOR, self.deployed.landscape.successor["ReleasesQueueUrl"], bodies)

    def send_releases_elsewhere(self, *bodies: str) -> list[str]:
        """Likewise, the second successor's."""
        return self._send(OTHER, self.deployed.other["ReleasesQueueUrl"], bodies)

    def settle(self) -> None:
        """Wait until nothing is on its way in any queue that feeds a function."""
        queues = [
            *((HUB, self.deployed.landscape.hub[name]) for name in ("ArrivalsQueueUrl", "DeparturesQueueUrl")),
            (SUCCESSOR, self.deployed.landscape.successor["ReleasesQueueUrl"]),
            (OTHER, self.deployed.other["ReleasesQueueUrl"]),
        ]
        # Twice: a message may have moved from a queue not yet looked at into one that was.
        eventually(lambda: self.waiting_in(queues) == self.waiting_in(queues) == 0, "the queues to be empty")

    def receipts_of(self, jti: str) -> list[str]:
        """The outcomes that receipts of a delivery told."""
        return [event["detail"]["outcome"] for event in self.hub_bus.events(lambda event: event["detail"].get("jti") == jti)]

    def waiting_in(self, queues: Iterable[tuple[str, str]]) -> int:
        """How many messages are in queues, by account and URL; those that a function holds among them."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answers = (self.aws.client(account, "sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names) for account, url in queues)
        return sum(int(number) for answer in answers for number in answer["Attributes"].values())

    def mapping_of(self, account: str, function: str) -> dict[str, Any]:
        """The one mapping that feeds a function from its queue."""
        mapping: dict[str, Any]
        (mapping,) = self.aws.client(account, "lambda").list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
        return mapping

    def notices_of(self, join: str, key: str) -> list[str]:
        """The transitions that people were told of."""
        told = self.hub_bus.events(lambda event: event["source"] == "fanin.hub" and event["detail"]["join"] == join)
        return [event["detail"]["transition"] for event in told if event["detail"]["key"] == key]

    def sweep(self) -> dict[str, Any]:
        """Sweep now, and not within a minute."""
        answer: dict[str, Any] = self.deployed.landscape.invoke(self.deployed.landscape.hub["SweeperFunctionName"], {})
        return answer

    def counted(self, service: str, metric: str) -> float:
        """How often a function has counted something so far."""
        datapoints = self.aws.client(_ACCOUNTS.get(service, HUB), "cloudwatch").get_metric_statistics(
            Namespace="fanin",
            MetricName=metric,
            Dimensions=[{"Name": "service", "Value": service}],
            StartTime=time.time() - 86_400,
            EndTime=time.time() + 60,
            Period=86_400,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(point["Sum"] for point in datapoints))

    def wait_for_count(self, service: str, metric: str, number: float) -> None:
        """Wait until a function has counted something so often, or oftener: metrics come with the log, after the work."""
        eventually(lambda: self.counted(service, metric) >= number, f"{metric} of {service} to be {number}")

    def _send(self, account: str, url: str, bodies: Sequence[str]) -> list[str]:
        sqs, ids = self.aws.client(account, "sqs"), list[str]()
        for batch in _batches(bodies):
            answer = sqs.send_message_batch(
                QueueUrl=url, Entries=[{"Id": str(place), "MessageBody": body} for place, body in enumerate(batch)]
            )
            assert not answer.get("Failed"), answer["Failed"]
            ids += [one["MessageId"] for one in sorted(answer["Successful"], key=lambda one: int(one["Id"]))]
        return ids


def _batches(bodies: Sequence[str]) -> Iterator[list[str]]:
    """At most ten messages, and less than 1 MiB, in a call."""
    batch: list[str] = []
    for body in bodies:
        if batch and (len(batch) == 10 or sum(len(one.encode()) for one in (*batch, body)) > _BATCH_BYTES):
            yield batch
            batch = []
        batch.append(body)
    if batch:
        yield batch
