"""fanin test: exit codes, what is told, and that expectations mean what docs/scenarios.md says."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests.unit.cli.hub import run
from tests.unit.cli.test_definitions import GOOD, written

pytestmark = pytest.mark.unit

HEAD = 'scenario: s\nstart: 2026-03-31T04:00\ninput: {businessDate: "2026-03-31"}\n'
BOTH = 'steps:\n  - {at: "05:00", succeeded: ledger}\n  - {at: "06:00", succeeded: positions}\n'
RELEASED = 'expect:\n  - {released: daily-close, key: "2026-03-31", at: "06:00"}\n'


def outcome_of(tmp_path: Path, scenario: str, *options: str, definitions: str = GOOD) -> Result:
    definition_file, file = written(tmp_path / "d.yaml", definitions), written(tmp_path / "s.yaml", scenario)
    return run("test", *options, definition_file, file)


def expectations(tmp_path: Path, expect: str, steps: str = BOTH, definitions: str = GOOD) -> tuple[list[bool], int]:
    """Which expectations were met, and how much happened that none was of."""
    answer: dict[str, Any] = json.loads(outcome_of(tmp_path, HEAD + steps + expect, "--json", definitions=definitions).stdout)
    (scenario,) = answer["scenarios"]
    return [one["ok"] for one in scenario["expectations"]], len(scenario["unexpected"])


def test_as_expected_is_0_with_the_timeline(tmp_path: Path) -> None:
    result = outcome_of(tmp_path, HEAD + BOTH + RELEASED)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.strip() for line in result.stdout.splitlines()[1:]] == [
        "Tue 2026-03-31 UTC",
        "05:00:00  ledger SUCCEEDED: waiting",
        "06:00:00  positions SUCCEEDED: released",
        "06:00:00    released daily-close/2026-03-31, attempt 1, satisfied, with ledger positions, to daily-close",
        "✓ released: daily-close, key: 2026-03-31, at: 06:00",
        "",
        "1 of 1 scenario as expected",
    ]


def test_quiet_tells_the_sum_alone(tmp_path: Path) -> None:
    assert outcome_of(tmp_path, HEAD + BOTH + RELEASED, "--quiet").stdout == "1 of 1 scenario as expected\n"


def test_what_differs_is_1_and_is_told_field_by_field(tmp_path: Path) -> None:
    expect = 'expect:\n  - {released: daily-close, at: "06:30", attempt: 2, targets: [other]}\n'
    result = outcome_of(tmp_path, HEAD + BOTH + expect, "--quiet")
    assert (result.exit_code, result.stderr) == (1, "")
    assert [line.strip() for line in result.stdout.splitlines()[5:10]] == [
        "✗ released: daily-close, at: 06:30, attempt: 2, targets: [other]",
        "instead: 2026-03-31 06:00:00  released daily-close/2026-03-31, attempt 1, satisfied, with ledger positions, to daily-close",
        "attempt: expected 2, but it was 1",
        "targets: expected other, but it was daily-close",
        "at: expected 2026-03-31 06:30:00, but it was 2026-03-31 06:00:00",
    ]


def test_what_nobody_expected_is_1(tmp_path: Path) -> None:
    result = outcome_of(tmp_path, HEAD + BOTH + "expect: []\n")
    assert result.exit_code == 1
    assert "✗ not expected: 2026-03-31 06:00:00  released daily-close/2026-03-31" in result.stdout


def test_what_does_not_happen_is_1(tmp_path: Path) -> None:
    expect = RELEASED + "  - {failed: daily-close}\n"
    result = outcome_of(tmp_path, HEAD + BOTH + expect)
    assert (result.exit_code, "this did not happen" in result.stdout) == (1, True)


def test_a_wrong_file_is_2_and_nothing_is_run(tmp_path: Path) -> None:
    result = outcome_of(tmp_path, HEAD + BOTH + RELEASED.replace("daily-close", "daily"))
    assert (result.exit_code, result.stdout) == (2, "")
    assert (
        result.stderr == f"{tmp_path}/s.yaml:8:16: join-unknown: expect[0].released: there is no join 'daily' (did you mean daily-close?)\n"
    )
    as_json = outcome_of(tmp_path, HEAD + "expect: 5\n", "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["problems"][0]["code"]) == (2, "wrong-type")


def test_an_expectation_that_says_little_takes_nothing_from_one_that_says_more(tmp_path: Path) -> None:
    steps = BOTH + '  - {succeeded: [ledger, positions], input: {businessDate: "2026-04-01"}}\n'
    expect = 'expect:\n  - {released: daily-close}\n  - {released: daily-close, key: "2026-03-31"}\n'
    assert expectations(tmp_path, expect, steps) == ([True, True], 0)
    assert expectations(tmp_path, expect.replace("03-31", "04-01"), steps) == ([True, True], 0)
    assert expectations(tmp_path, expect.replace("03-31", "04-02"), steps) == ([True, False], 0)


def test_one_occurrence_does_not_meet_two_expectations(tmp_path: Path) -> None:
    expect = "expect:\n  - {released: daily-close}\n  - {released: daily-close}\n"
    assert expectations(tmp_path, expect) == ([True, False], 0)


@pytest.mark.parametrize(
    ("moments", "met"),
    [
        ("after: '06:00'", True),
        ("after: '06:00:01'", False),
        ("before: '06:00'", True),
        ("before: '05:59:59'", False),
        ("at: 2026-03-31T08:00+02:00", True),
        ("after: '05:59', before: '06:01'", True),
    ],
)
def test_moments_bound_an_occurrence_both_ends_included(tmp_path: Path, moments: str, met: bool) -> None:
    assert expectations(tmp_path, f"expect:\n  - {{released: daily-close, {moments}}}\n") == ([met], 0)


def test_open_runs_count_only_where_they_are_expected(tmp_path: Path) -> None:
    steps = 'steps:\n  - {at: "05:00", succeeded: ledger}\nuntil: "09:00"\n'
    assert expectations(tmp_path, "expect: []\n", steps) == ([], 0)
    assert expectations(tmp_path, "expect:\n  - {open: daily-close, missing: [positions], predecessors: [ledger]}\n", steps) == ([True], 0)
    assert expectations(tmp_path, "expect:\n  - {open: daily-close, missing: [ledger]}\n", steps) == ([False], 0)


def test_without_an_end_an_open_run_is_abandoned(tmp_path: Path) -> None:
    steps = 'steps:\n  - {at: "05:00", succeeded: ledger}\n'
    assert expectations(tmp_path, "expect:\n  - {expired: daily-close, at: 2026-04-30T05:00}\n", steps) == ([True], 0)


def test_a_rejected_report_is_an_occurrence(tmp_path: Path) -> None:
    steps = 'steps:\n  - {at: "05:00", succeeded: ledger, input: "not json", execution: x}\n'
    assert expectations(tmp_path, "expect:\n  - {rejected: x, code: input-not-json}\n", steps) == ([True], 0)


def test_a_started_execution_is_the_one_that_ends(tmp_path: Path) -> None:
    definitions = GOOD.replace("input: businessDate", "window: {every: hour}")
    steps = (
        'steps:\n  - {at: "05:50", started: ledger}\n  - {at: "05:55", succeeded: positions}\n  - {at: "06:20", succeeded: ledger}\n'
        '  - {at: "06:40", succeeded: [ledger, positions], took: PT41M}\n'
    )
    expect = "expect:\n  - {released: daily-close, key: 2026-03-31T05+0000, at: '06:20'}\n"
    assert expectations(tmp_path, expect, steps, definitions) == ([True], 0)


def test_a_delayed_report_arrives_later_and_is_of_its_own_time(tmp_path: Path) -> None:
    definitions = GOOD.replace("input: businessDate", "window: {every: hour}")
    steps = 'steps:\n  - {at: "05:50", succeeded: ledger, delayed: PT3H}\n  - {at: "05:55", succeeded: positions}\n'
    expect = "expect:\n  - {released: daily-close, key: 2026-03-31T05+0000, at: '08:50'}\n"
    assert expectations(tmp_path, expect, steps, definitions) == ([True], 0)


def test_what_is_due_during_an_outage_happens_at_its_end(tmp_path: Path) -> None:
    definitions = GOOD + 'deadlines:\n  - {at: "05:30", then: fail}\n'
    steps = 'steps:\n  - {at: "05:00", succeeded: ledger}\n  - {at: "05:10", outage: PT1H}\n'
    assert expectations(tmp_path, "expect:\n  - {failed: daily-close, at: '06:10'}\n", steps, definitions) == ([True], 0)


def test_open_runs_keep_the_definition_that_they_opened_with(tmp_path: Path) -> None:
    written(
        tmp_path / "alone.yaml",
        GOOD.replace("  positions:\n    stateMachine: arn:aws:states:us-east-1:333333333333:stateMachine:positions\n", ""),
    )
    steps = (
        'steps:\n  - {at: "05:00", succeeded: ledger}\n  - {apply: alone.yaml}\n'
        '  - {at: "05:30", succeeded: ledger, input: {businessDate: x}}\n'
        '  - {at: "06:00", succeeded: positions}\n'
    )
    expect = "expect:\n  - {released: daily-close, key: x, version: 2}\n  - {released: daily-close, version: 1, at: '06:00'}\n"
    assert expectations(tmp_path, expect, steps) == ([True, True], 0)


def test_a_deleted_join_opens_no_more_runs(tmp_path: Path) -> None:
    steps = (
        'steps:\n  - {at: "05:00", succeeded: ledger}\n  - {delete: daily-close}\n'
        '  - {at: "05:30", succeeded: [ledger, positions], input: {businessDate: x}}\n  - {at: "06:00", succeeded: positions}\n'
    )
    assert expectations(tmp_path, "expect:\n  - {released: daily-close, key: '2026-03-31'}\n", steps) == ([True], 0)


def test_the_key_may_be_in_the_events_detail(tmp_path: Path) -> None:
    definitions = GOOD.replace("input: businessDate", "detail: name")
    steps = "steps:\n  - {at: '05:00', succeeded: ledger, execution: x}\n"
    assert expectations(tmp_path, "expect:\n  - {open: daily-close, key: x}\nuntil: '06:00'\n", steps, definitions) == ([True], 0)


def test_running_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    scenario = HEAD + BOTH + RELEASED
    assert outcome_of(tmp_path, scenario, "--json").stdout == outcome_of(tmp_path, scenario, "--json").stdout
