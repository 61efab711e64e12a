"""The three accounts of the demo and the end-to-end tests, deployed as anybody would deploy them: hub, predecessor, successor.

    111111111111  the hub, and the job A (ledger)
    333333333333  the job B (positions), whose completions are forwarded to the hub
    222222222222  the job C (daily-close), which releases start

The successor pins the hub's key, so it comes last: its trust document is what `fanin trust export` prints.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.aws import DEFAULT_REGION, LocalAws
from local.process import ROOT
from local.stacks import sam_build, sam_deploy

HUB, SUCCESSOR, PREDECESSOR = "111111111111", "222222222222", "333333333333"
HUB_NAME, SUCCESSOR_NAME = "fanin", "fanin-successor"
HUB_BUS = f"arn:aws:events:{DEFAULT_REGION}:{HUB}:event-bus/{HUB_NAME}"
SUCCESSOR_BUS = f"arn:aws:events:{DEFAULT_REGION}:{SUCCESSOR}:event-bus/{SUCCESSOR_NAME}"
KINDS = "stepfunctions,ecs,glue,batch,codebuild,lambda"
KINDS_OF_HUB = f"{KINDS},join"
EVENT_SOURCES = "ours.jobs,aws.s3"
LEDGER, POSITIONS, DAILY_CLOSE = "ledger", "positions", "daily-close"
SECOND_TARGET = "report"

_BUILT = ROOT / "build" / "sam"
_ARCHITECTURE = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
BUILD = {"Runtime": "python3.11", "Architecture": _ARCHITECTURE}
# Short lives suit stacks that are thrown away; one second of plan cache makes a changed definition visible to the next step.
_SHORT_LIVED = {**BUILD, "LogRetentionDays": "1", "LogLevel": "INFO"}


def machine_arn(account: str, name: str) -> str:
    """The ARN of a job's state machine."""
    return f"arn:aws:states:{DEFAULT_REGION}:{account}:stateMachine:{name}"


@dataclass(frozen=True)
class Landscape:
    """The deployed stacks, by their outputs."""

    aws: LocalAws
    hub: dict[str, str]
    predecessor: dict[str, str]
    successor: dict[str, str]

    def invoke(self, function: str, request: object, account: str = HUB) -> Any:
        """Invoke a function directly and give its answer; RuntimeError when the function itself failed."""
        answer = self.aws.client(account, "lambda").invoke(FunctionName=function, Payload=json.dumps(request).encode())
        said = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise RuntimeError(f"{function} failed: {json.dumps(said)[:2000]}")
        return said

    def apply(self, *documents: dict[str, Any]) -> list[dict[str, Any]]:
        """Apply definitions through the operator; RuntimeError with the problems when it refuses them."""
        request = {"action": "apply", "definitions": [{"label": one["join"], "document": one} for one in documents]}
        answer = self.invoke(self.hub["OperatorFunctionName"], request)
        if not answer["ok"]:
            raise RuntimeError(f"the operator refused: {json.dumps(answer['problems'])}")
        results: list[dict[str, Any]] = answer["results"]
        return results

    def show(self, join: str, key: str) -> dict[str, Any] | None:
        """A run as the viewer shows it, or None when there is none."""
        answer = self.invoke(self.hub["ViewerFunctionName"], {"action": "show", "join": join, "key": key})
        return answer["run"] if answer["ok"] else None

    def start(self, account: str, machine: str, name: str, given: dict[str, Any]) -> str:
        """Start a job and give the execution's ARN."""
        client = self.aws.client(account, "stepfunctions")
        arn: str = client.start_execution(stateMachineArn=machine_arn(account, machine), name=name, input=json.dumps(given))["executionArn"]
        return arn


def deploy_landscape(aws: LocalAws, hub_parameters: Mapping[str, str] | None = None, concurrency: int | None = None) -> Landscape:
    """Build and deploy everything; idempotent. StackError when the SAM CLI fails.

    `hub_parameters` override those of a stack that is thrown away; `concurrency` is how many of each function run at a time, for hub and
    successor, the templates' default if None.
    """
    capped = {} if concurrency is None else {"MaximumConcurrency": str(concurrency)}
    with ThreadPoolExecutor(max_workers=2) as pool:
        hub_built = pool.submit(_built, ROOT / "template.yaml", "hub")
        others = [pool.submit(_built, ROOT / "stacks" / f"{name}.yaml", name) for name in ("successor", "predecessor")]
        hub_template, successor_template, predecessor_template = hub_built.result(), *(one.result() for one in others)
    with ThreadPoolExecutor(max_workers=3) as pool:
        jobs = [
            pool.submit(sam_deploy, aws, account, f"job-{name}", ROOT / "local" / template, {"Name": name})
            for account, name, template in (
                (HUB, LEDGER, "jobs.yaml"),
                (PREDECESSOR, POSITIONS, "jobs.yaml"),
                (SUCCESSOR, DAILY_CLOSE, "successor_job.yaml"),
                (SUCCESSOR, SECOND_TARGET, "successor_job.yaml"),
            )
        ]
        hub = sam_deploy(aws, HUB, HUB_NAME, hub_template, {**_hub_parameters(), **(hub_parameters or {}), **capped})
        for job in jobs:
            job.result()
    parameters = {"HubBusArn": hub["HubBusArn"], "Kinds": KINDS, "EventSources": EVENT_SOURCES, "Observe": "true"}
    predecessor = sam_deploy(aws, PREDECESSOR, "fanin-predecessor", predecessor_template, parameters)
    landscape = Landscape(aws, hub, predecessor, {})
    trust = landscape.invoke(hub["ViewerFunctionName"], {"action": "trust"})["trust"]
    successor = sam_deploy(aws, SUCCESSOR, SUCCESSOR_NAME, successor_template, {**_successor_parameters(hub, trust), **capped})
    return Landscape(aws, hub, predecessor, successor)


def _built(template: Path, name: str) -> Path:
    return sam_build(template, _BUILT / name, None if name == "predecessor" else BUILD)


def _hub_parameters() -> dict[str, str]:
    return {
        **_SHORT_LIVED,
        "HubName": HUB_NAME,
        "PredecessorAccounts": PREDECESSOR,
        "ObservedAccounts": PREDECESSOR,
        "Kinds": KINDS_OF_HUB,
        "EventSources": EVENT_SOURCES,
        "SuccessorBusArns": SUCCESSOR_BUS,
        "SuccessorAccounts": SUCCESSOR,
        "RedrivePrincipalArns": f"arn:aws:iam::{HUB}:root",
        "TableDeletionProtection": "false",
        "PlanCacheSeconds": "1",
    }


def _successor_parameters(hub: dict[str, str], trust: dict[str, Any]) -> dict[str, str]:
    targets = (DAILY_CLOSE, SECOND_TARGET)
    return {
        **_SHORT_LIVED,
        "SuccessorName": SUCCESSOR_NAME,
        "HubAccountId": HUB,
        "HubBusArn": hub["HubBusArn"],
        "TrustDocument": json.dumps(trust, separators=(",", ":")),
        "TargetNames": ",".join(targets),
        "TargetStateMachineArns": ",".join(machine_arn(SUCCESSOR, target) for target in targets),
        "RedrivePrincipalArns": f"arn:aws:iam::{SUCCESSOR}:root",
    }
