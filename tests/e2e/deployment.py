"""What the end-to-end tests add to the three accounts of local.landscape: a second successor in an account of its own.

    555555555555  the job `audit`, behind the bus `fanin-other`; its starter also trusts a key that these tests hold
    444444444444  an account that nobody has listed anywhere

The hub learns of the second successor by an update of its stack.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from fanin.signing.trust import TrustDocument, TrustedKey, parse_trust
from local import LocalAws
from local.aws import DEFAULT_REGION
from local.landscape import HUB, HUB_NAME, SUCCESSOR, SUCCESSOR_BUS, Landscape, deploy_landscape, machine_arn
from local.process import ROOT
from local.stacks import sam_deploy
from tests.e2e.watching import eventually
from tests.unit.signing.keys import HUB_KEY, OTHER_HUB_KEY
from tests.unit.signing.releases import TRUST

OTHER, UNLISTED = "555555555555", "444444444444"
OTHER_NAME = "fanin-other"
OTHER_BUS = f"arn:aws:events:{DEFAULT_REGION}:{OTHER}:event-bus/{OTHER_NAME}"
AUDIT, GONE = "audit", "gone"
# The hub's key may start these there: one that works, one whose state machine is gone, one that is not configured.
ALLOWED_AT_OTHER = (AUDIT, GONE, "unmapped")

_PASS = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Pass", "End": True}}})


@dataclass(frozen=True)
class Deployed:
    """The landscape, and the outputs of the second successor."""

    landscape: Landscape
    other: dict[str, str]


def deploy(aws: LocalAws) -> Deployed:
    """Deploy everything that the end-to-end tests talk to."""
    landscape = deploy_landscape(aws)
    make_machine(aws, OTHER, AUDIT, _PASS)
    with ThreadPoolExecutor(max_workers=1) as pool:
        other = pool.submit(_deploy_other, aws, landscape)
        update_stack(aws, HUB, HUB_NAME, {"SuccessorBusArns": f"{SUCCESSOR_BUS},{OTHER_BUS}", "SuccessorAccounts": f"{SUCCESSOR},{OTHER}"})
        return Deployed(landscape, other.result())


def make_machine(aws: LocalAws, account: str, name: str, definition: str) -> str:
    """A state machine of a test's own, with a role that may do nothing; its ARN."""
    statement = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = aws.client(account, "iam").create_role(RoleName=f"job-{name}", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    arn: str = aws.client(account, "stepfunctions").create_state_machine(name=name, roleArn=role, definition=definition)["stateMachineArn"]
    return arn


def issuer(account: str) -> str:
    """The issuer that a hub of that account would be."""
    return f"urn:fanin:aws:{DEFAULT_REGION}:{account}:{HUB_NAME}"


def _deploy_other(aws: LocalAws, landscape: Landscape) -> dict[str, str]:
    trust = landscape.invoke(landscape.hub["ViewerFunctionName"], {"action": "trust"})["trust"]
    parameters = {
        "Runtime": "python3.11",
        "Architecture": _parameters(aws, SUCCESSOR, "fanin-successor")["Architecture"],
        "LogRetentionDays": "1",
        "SuccessorName": OTHER_NAME,
        "HubAccountId": HUB,
        "HubBusArn": landscape.hub["HubBusArn"],
        "TrustDocument": json.dumps(_trust(trust), separators=(",", ":")),
        "TargetNames": f"{AUDIT},{GONE}",
        "TargetStateMachineArns": f"{machine_arn(OTHER, AUDIT)},{machine_arn(OTHER, GONE)}",
        "RedrivePrincipalArns": f"arn:aws:iam::{OTHER}:root",
    }
    return sam_deploy(aws, OTHER, OTHER_NAME, ROOT / "build" / "sam" / "successor" / "template.yaml", parameters)


def _trust(hub: Mapping[str, Any]) -> dict[str, object]:
    """The hub's key, narrowed, and two keys of the unit tests: one as they pin it, one of another hub, in an account of its own."""
    ((kid, entry),) = hub["keys"].items()
    (pinned,) = [key for key in TRUST.keys if key.kid == HUB_KEY.kid()]
    strangers = TrustedKey(OTHER_HUB_KEY.kid(), OTHER_HUB_KEY.jwk(), issuer(UNLISTED), (UNLISTED,), (AUDIT,))
    narrowed = parse_trust(json.dumps({"v": 1, "keys": {kid: {**entry, "targets": list(ALLOWED_AT_OTHER)}}}))
    return TrustDocument((*narrowed.keys, pinned, strangers)).members()


def _parameters(aws: LocalAws, account: str, stack: str) -> dict[str, str]:
    described = aws.session(account).client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {one["ParameterKey"]: one.get("ParameterValue", "") for one in described.get("Parameters", [])}


def update_stack(aws: LocalAws, account: str, stack: str, changed: Mapping[str, str]) -> None:
    """Change parameters of a stack that the SAM CLI deployed, and nothing else."""
    cloudformation = aws.session(account).client("cloudformation")
    parameters = {**_parameters(aws, account, stack), **changed}
    cloudformation.update_stack(
        StackName=stack,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    status = eventually(lambda: _ended(cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]), f"{stack} updated")
    assert status == "UPDATE_COMPLETE"


def _ended(status: str) -> str | None:
    return None if status.endswith("IN_PROGRESS") else status
