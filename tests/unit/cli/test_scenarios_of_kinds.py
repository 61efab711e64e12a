"""fanin test with predecessors of every kind: reports that a kind can make, and those that none does."""

from pathlib import Path

import pytest

from tests.unit.cli.hub import run
from tests.unit.cli.test_definitions import written

pytestmark = pytest.mark.unit

HEAD = "scenario: s\nstart: 2026-03-31T04:00\nsteps:\n"
END = "\nexpect: []\n"
ACCOUNT = "us-east-1:111111111111"
EVENT = """event:
      account: "111111111111"
      region: us-east-1
      source: ours
      detailType: Job Ended
      id: detail.run
      status: {path: detail.state, succeeded: [ok], failed: [bad]}
    trust: account"""
SOURCES = {
    "machine": f"stateMachine: arn:aws:states:{ACCOUNT}:stateMachine:m",
    "task": f"ecsTask: {{cluster: 'arn:aws:ecs:{ACCOUNT}:cluster/c', family: f}}",
    "glue": f"glueJob: arn:aws:glue:{ACCOUNT}:job/j",
    "job": f"batchJob: {{queue: 'arn:aws:batch:{ACCOUNT}:job-queue/q', definition: d}}",
    "build": f"codeBuildProject: arn:aws:codebuild:{ACCOUNT}:project/pp",
    "function": f"lambdaFunction: arn:aws:lambda:{ACCOUNT}:function:f\n    trust: account",
    "upstream": "join: first",
    "ours": EVENT,
}
JOIN = """join: {join}
key: {{window: {{every: day, by: stop}}}}
predecessors:
  {name}:
    {source}
  never:
    stateMachine: arn:aws:states:us-east-1:111111111111:stateMachine:never
successors:
  - {{target: t, bus: "arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor"}}
"""


def outcome(tmp_path: Path, name: str, step: str, expect: str = END) -> tuple[int, str]:
    """The exit code and the problems of a scenario with one step, for a join over one kind; the join `first` is there too."""
    other = JOIN.format(join="first", name="machine-of-first", source=SOURCES["machine"].replace("stateMachine:m", "stateMachine:n"))
    text = JOIN.format(join="second", name=name, source=SOURCES[name])
    definitions = written(tmp_path / "d.yaml", f"{other}---\n{text}")
    result = run("test", "--quiet", definitions, written(tmp_path / "s.yaml", HEAD + f"  - {step}" + expect))
    return result.exit_code, result.stderr


SAID = [
    *((name, "succeeded", "") for name in ("machine", "task", "glue", "job", "build", "function")),
    *((name, "failed", "") for name in ("machine", "task", "glue", "job", "build", "function")),
    *((name, "timedOut", "") for name in ("machine", "glue", "build", "function")),
    *((name, "aborted", "") for name in ("machine", "task", "glue", "build")),
    *((name, "started", "") for name in ("machine", "task", "job", "build")),
    ("upstream", "succeeded", "key: k"),
    ("upstream", "failed", "key: k"),
    ("ours", "succeeded", "run: r, state: ok"),
    ("ours", "failed", "run: r, state: bad"),
]


@pytest.mark.parametrize(("name", "status", "given"), SAID)
def test_a_kind_reports_what_it_can(tmp_path: Path, name: str, status: str, given: str) -> None:
    opened = '\nexpect:\n  - {open: second, key: "2026-03-31", missing: [NAMES]}\nuntil: "06:00"\n'
    missing = "never" if status == "succeeded" else f"never, {name}"
    expect = "\nexpect: []\nuntil: '06:00'\n" if status == "started" else opened.replace("NAMES", missing)
    assert outcome(tmp_path, name, f"{{{status}: {name}, input: {{{given}}}}}", expect) == (0, "")


IMPOSSIBLE = [
    ("task", "timedOut: task"),
    ("job", "timedOut: job"),
    ("job", "aborted: job"),
    ("function", "aborted: function"),
    ("function", "started: function"),
    ("upstream", "started: upstream, input: {key: k}"),
    ("upstream", "aborted: upstream, input: {key: k}"),
    ("upstream", "succeeded: upstream"),
    ("ours", "succeeded: ours"),
    ("ours", "succeeded: ours, input: {state: ok}"),
    ("ours", "succeeded: ours, input: {run: r, state: bad}"),
    ("ours", "started: ours, input: {run: r, state: begun}"),
    ("task", "succeeded: task, input: text"),
    ("task", "succeeded: task, output: {rows: 1}"),
    ("machine", "succeeded: machine, tags: {a: b}"),
    ("glue", "succeeded: glue, tags: {a: b}"),
]


@pytest.mark.parametrize(("name", "step"), IMPOSSIBLE)
def test_what_no_event_says_is_told_at_its_step(tmp_path: Path, name: str, step: str) -> None:
    exit_code, told = outcome(tmp_path, name, f"{{{step}}}")
    assert exit_code == 2
    assert ":4:" in told
    assert "report-impossible" in told


def test_a_join_that_waits_for_none_is_refused(tmp_path: Path) -> None:
    definitions = written(tmp_path / "d.yaml", JOIN.format(join="second", name="upstream", source="join: nobody"))
    result = run("test", definitions, written(tmp_path / "s.yaml", "scenario: s\nstart: 2026-03-31T04:00\nexpect: []\n"))
    assert result.exit_code != 0
    assert "there is no join 'nobody'" in result.stderr
