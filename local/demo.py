"""`make demo`: three accounts on this machine, two business dates, one fan-in each, shown as it happens and checked at the end.

A (ledger) runs in the hub's account, B (positions) in a predecessor's, C (daily-close) in a successor's. They are started interleaved:
A(d1), A(d1) once more, A(d2), B(d2), B(d1) which fails, and, when C(d2) has started, B(d1) again. C must have started exactly once for
each date. The first date to finish pays for the cold starts of five functions, the other shows the time of warm ones.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from typing import Any

from local import demo_report
from local.aws import LocalAws
from local.landscape import (
    DAILY_CLOSE,
    HUB,
    LEDGER,
    POSITIONS,
    PREDECESSOR,
    SUCCESSOR,
    SUCCESSOR_BUS,
    Landscape,
    deploy_landscape,
    machine_arn,
)
from local.process import ROOT, EmulatorError
from local.stacks import StackError

JOIN = "daily-close"
DATES = ("2026-03-30", "2026-03-31")
RESULT = ROOT / "build" / "demo.json"
_STATE = ROOT / "build" / "demo"
_PATIENCE_S = 90.0
_QUIET_S = 3.0
_POLL_S = 0.1

DEFINITION = {
    "join": JOIN,
    "description": "The daily close, when ledger and positions are done for a business date",
    "key": {"input": "businessDate"},
    "predecessors": {
        LEDGER: {"stateMachine": machine_arn(HUB, LEDGER)},
        POSITIONS: {"stateMachine": machine_arn(PREDECESSOR, POSITIONS)},
    },
    "successors": [{"target": DAILY_CLOSE, "bus": SUCCESSOR_BUS, "payload": {"outputs": True}}],
}


@dataclass(frozen=True)
class Job:
    """One execution to start: of which job, for which date, and whether it is to fail."""

    account: str
    machine: str
    date: str
    name: str
    fails: bool = False

    @property
    def label(self) -> str:
        """How people say it."""
        return f"{'A' if self.machine == LEDGER else 'B'}({self.date})"


def _jobs() -> list[Job]:
    d1, d2 = DATES
    return [
        Job(HUB, LEDGER, d1, f"ledger-{d1}"),
        Job(HUB, LEDGER, d1, f"ledger-{d1}-again"),
        Job(HUB, LEDGER, d2, f"ledger-{d2}"),
        Job(PREDECESSOR, POSITIONS, d2, f"positions-{d2}"),
        Job(PREDECESSOR, POSITIONS, d1, f"positions-{d1}", fails=True),
        Job(PREDECESSOR, POSITIONS, d1, f"positions-{d1}-rerun"),
    ]


def run() -> int:
    """Run the demo; 0 when everything was as it must be, 1 (and why) otherwise."""
    started = time.monotonic()
    print("Deploying the hub, a predecessor account and a successor account with sam build and sam deploy:")
    try:
        with LocalAws(_STATE) as aws:
            landscape = deploy_landscape(aws)
            _apply(landscape)
            *first, rerun = _jobs()
            ended = _run_jobs(landscape, first)
            _await_acknowledged(landscape, DATES[1:])
            ended |= _run_jobs(landscape, [rerun])
            runs = _await_acknowledged(landscape, DATES)
            time.sleep(_QUIET_S)  # whatever would start twice has had its chance
            starts, unexpected = _starts(landscape, ended), _left_over(landscape)
            unexpected += _wrong(starts, runs, ended)
    except (EmulatorError, StackError, RuntimeError) as error:
        print(f"\nthe demo failed: {error}", file=sys.stderr)
        return 1
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"starts": starts, "unexpected": unexpected}, indent=2) + "\n")
    demo_report.timeline(runs, ended, starts)
    for complaint in unexpected:
        print(f"UNEXPECTED: {complaint}", file=sys.stderr)
    verdict = "C started exactly once per date" if not unexpected else "something was off"
    print(f"\n{verdict}; nothing is left running ({time.monotonic() - started:.0f} s). All of it: {RESULT.relative_to(ROOT)}")
    return 1 if unexpected else 0


def _apply(landscape: Landscape) -> None:
    """Apply the definition, and wait until every collector knows it."""
    (applied,) = landscape.apply(DEFINITION)
    print(f"\nApplied {applied['join']} version {applied['version']}; running the jobs:")
    time.sleep(max(0.0, applied["effectiveFromMs"] / 1000 - time.time()))


def _run_jobs(landscape: Landscape, jobs: list[Job]) -> dict[str, dict[str, Any]]:
    """Start each job in its turn, wait for its end, and give what Step Functions says of each, by name."""
    ended = {}
    for job in jobs:
        arn = landscape.start(job.account, job.machine, job.name, {"businessDate": job.date, "fail": job.fails})
        ended[job.name] = _ended(landscape, job, arn)
        print(f"  {job.label} {job.name:28} {ended[job.name]['status']}", flush=True)
    return ended


def _ended(landscape: Landscape, job: Job, arn: str) -> dict[str, Any]:
    client = landscape.aws.client(job.account, "stepfunctions")
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        execution: dict[str, Any] = client.describe_execution(executionArn=arn)
        if execution["status"] != "RUNNING":
            return execution
        time.sleep(_POLL_S)
    raise RuntimeError(f"{job.name} did not end within {_PATIENCE_S:.0f} s")


def _await_acknowledged(landscape: Landscape, dates: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Wait, drawing, until the runs of `dates` are acknowledged; RuntimeError with what is missing when they are not in time."""
    end = time.monotonic() + _PATIENCE_S
    with demo_report.progress() as draw:
        while time.monotonic() < end:
            runs = {date: landscape.show(JOIN, date) for date in DATES}
            draw(runs)
            seen = {date: run for date, run in runs.items() if date in dates and run is not None and run["state"] == "ACKNOWLEDGED"}
            if len(seen) == len(dates):
                return seen
            time.sleep(_POLL_S)
    runs = {date: landscape.show(JOIN, date) for date in dates}
    states = {date: run["state"] if run else "none" for date, run in runs.items()}
    raise RuntimeError(f"the runs were not acknowledged within {_PATIENCE_S:.0f} s: {states}; logs and IAM decisions are in {_STATE}")


def _starts(landscape: Landscape, ended: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    client = landscape.aws.client(SUCCESSOR, "stepfunctions")
    found = []
    for one in client.list_executions(stateMachineArn=machine_arn(SUCCESSOR, DAILY_CLOSE))["executions"]:
        execution = client.describe_execution(executionArn=one["executionArn"])
        given = json.loads(execution["input"])
        stops = [stop["stopDate"] for stop in ended.values() if stop["executionArn"] in _arns(given)]
        found.append(
            {
                "join": given["join"],
                "key": given["key"],
                "target": DAILY_CLOSE,
                "executionArn": one["executionArn"],
                "input": given,
                "lastCompletionToStart_ms": round((execution["startDate"] - max(stops)).total_seconds() * 1000) if stops else None,
            }
        )
    return sorted(found, key=lambda start: str(start["key"]))


def _arns(given: dict[str, Any]) -> list[str]:
    return [one["executionArn"] for one in given["predecessors"].values()]


def _wrong(starts: list[dict[str, Any]], runs: dict[str, dict[str, Any]], ended: dict[str, dict[str, Any]]) -> list[str]:
    """Everything that must hold of what started, and does not."""
    wrong = []
    if [start["key"] for start in starts] != list(DATES):
        wrong.append(f"C started for {[start['key'] for start in starts]}, not once for each of {list(DATES)}")
    last = {(job.date, job.machine): ended[job.name] for job in _jobs()}
    for start in starts:
        for machine in (LEDGER, POSITIONS):
            expected = last.get((start["key"], machine), {})
            given = start["input"]["predecessors"].get(machine, {})
            if (given.get("executionArn"), given.get("output")) != (expected.get("executionArn"), expected.get("output")):
                wrong.append(f"C({start['key']}) was not given the last {machine} execution and its output")
    for date, run in runs.items():
        wrong += [f"the delivery of {date} was sent {one['tries']} times" for one in run["deliveries"] if one["tries"] != 1]
    return wrong


def _left_over(landscape: Landscape) -> list[str]:
    """Messages that were quarantined or ended in a dead-letter queue."""
    queues = [
        *((HUB, url) for name, url in landscape.hub.items() if "DeadLetter" in name or "Quarantine" in name),
        *((PREDECESSOR, url) for name, url in landscape.predecessor.items() if name.endswith("QueueUrl")),
        *((SUCCESSOR, url) for name, url in landscape.successor.items() if "DeadLetter" in name or "Quarantine" in name),
    ]
    found = []
    for account, url in queues:
        attributes = landscape.aws.client(account, "sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
        number = int(attributes["Attributes"]["ApproximateNumberOfMessages"])
        if number:
            found.append(f"{number} messages in {url.rsplit('/', 1)[-1]} of {account}")
    return found


if __name__ == "__main__":
    sys.exit(run())
