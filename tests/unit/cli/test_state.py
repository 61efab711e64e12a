"""joins, runs, show."""

import json

import pytest

from tests.unit.cli.hub import FakeHub, JsonObject, refusal, run

pytestmark = pytest.mark.unit

AT_MS = 1_774_983_480_000
JOINS: JsonObject = {
    "ok": True,
    "joins": [
        {
            "join": "daily-close",
            "version": 3,
            "description": "close the day",
            "key": {"kind": "input", "expression": "businessDate"},
            "predecessors": [
                {"name": "ledger", "kind": "stepfunctions", "arn": "arn:l"},
                {"name": "positions", "kind": "x", "arn": "arn:p"},
            ],
            "successors": [{"target": "daily-close", "bus": "arn:b", "outputs": False}],
            "appliedAtMs": AT_MS,
            "liveVersions": [2, 3],
        },
        {
            "join": "stream",
            "version": 1,
            "description": "",
            "key": {"kind": "latest", "expression": None},
            "predecessors": [{"name": "one", "kind": "stepfunctions", "arn": "arn:o"}],
            "successors": [{"target": "t", "bus": "arn:b", "outputs": True}],
            "appliedAtMs": AT_MS,
            "liveVersions": [1],
        },
    ],
}
SUMMARY: JsonObject = {
    "join": "daily-close",
    "key": "2026-03-31",
    "state": "OPEN",
    "attempt": 1,
    "planVersion": 3,
    "openedAtMs": AT_MS,
    "arrived": 1,
    "needed": 2,
}


def arrival(status: str, stopped_at_ms: int) -> JsonObject:
    return {"status": status, "executionArn": "arn:x", "startedAtMs": None, "stoppedAtMs": stopped_at_ms}


OPEN_RUN: JsonObject = {
    **SUMMARY,
    "missing": ["positions"],
    "arrivals": {"ledger": arrival("SUCCEEDED", AT_MS), "positions": None},
    "releases": [],
    "deliveries": [],
}


def delivery(target: str, state: str, **members: object) -> JsonObject:
    nothing = dict.fromkeys(("sentAtMs", "verifiedAtMs", "startedAtMs", "acknowledgedAtMs", "executionArn", "lastError", "dueAtMs"))
    return {"target": target, "bus": "arn:bus", "state": state, "attempt": 1, "jti": "j", "tries": 0, "refusals": 0, **nothing, **members}


CLOSED_RUN: JsonObject = {
    **SUMMARY,
    "state": "RELEASED",
    "arrived": 2,
    "missing": [],
    "arrivals": {"ledger": arrival("SUCCEEDED", AT_MS), "positions": arrival("SUCCEEDED", AT_MS + 118_120)},
    "releases": [{"attempt": 1, "outcome": "released", "releasedAtMs": AT_MS + 118_400}],
    "deliveries": [
        delivery(
            "daily-close",
            "ACKNOWLEDGED",
            tries=2,
            sentAtMs=AT_MS + 118_900,
            verifiedAtMs=AT_MS + 119_300,
            startedAtMs=AT_MS + 119_400,
            acknowledgedAtMs=AT_MS + 120_000,
            executionArn="arn:aws:states:us-east-1:222222222222:execution:close:fanin-x",
        ),
        delivery("report", "DUE", refusals=1, dueAtMs=AT_MS + 125_000, lastError="NotAuthorizedForSource"),
    ],
}


def viewing(action: str, answer: object) -> FakeHub:
    return FakeHub().answering("viewer", action, answer)


def shown(answer: JsonObject, *options: str) -> str:
    result = run("show", "daily-close", "2026-03-31", "--zone", "Asia/Tokyo", *options, hub=viewing("show", {"ok": True, "run": answer}))
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_joins_are_listed() -> None:
    lines = run("joins", "--zone", "UTC", hub=viewing("joins", JOINS)).stdout.splitlines()
    assert lines[0].split() == ["JOIN", "VERSION", "KEY", "PREDECESSORS", "SUCCESSORS", "APPLIED"]
    assert lines[1].split("  ")[0] == "daily-close"
    assert "input businessDate  ledger, positions  daily-close  2026-03-31 18:58:00+00:00" in lines[1]
    assert lines[2].split()[:3] == ["stream", "1", "latest"]
    assert all(line == line.rstrip() for line in lines)


def test_a_hub_without_joins_says_how_to_get_one() -> None:
    assert "fanin apply FILE" in run("joins", hub=viewing("joins", {"ok": True, "joins": []})).stdout


@pytest.mark.parametrize(
    ("arguments", "action", "answer"),
    [
        (["joins"], "joins", JOINS),
        (["runs", "daily-close"], "runs", {"ok": True, "runs": [SUMMARY]}),
        (["show", "daily-close", "2026-03-31"], "show", {"ok": True, "run": CLOSED_RUN}),
    ],
)
def test_as_json_the_answer_is_passed_on_whole(arguments: list[str], action: str, answer: JsonObject) -> None:
    result = run(*arguments, "--json", hub=viewing(action, answer))
    assert {"ok": True, **json.loads(result.stdout)} == answer
    assert (result.exit_code, result.stderr) == (0, "")


def test_runs_are_listed_by_state_and_number() -> None:
    hub = viewing("runs", {"ok": True, "runs": [SUMMARY]})
    lines = run("runs", "daily-close", "--state", "Open", "--limit", "7", "--zone", "UTC", hub=hub).stdout.splitlines()
    assert hub.asked == [("fanin-viewer", {"action": "runs", "join": "daily-close", "state": "OPEN", "limit": 7})]
    assert lines[1].split() == ["2026-03-31", "OPEN", "1", "of", "2", "1", "3", "2026-03-31", "18:58:00+00:00"]


def test_a_join_without_such_runs_is_no_failure() -> None:
    result = run("runs", "daily-close", "--state", "failed", hub=viewing("runs", {"ok": True, "runs": []}))
    assert (result.exit_code, result.stdout) == (0, "daily-close has no runs that are FAILED\n")


@pytest.mark.parametrize(
    "options", [["--state", "done"], ["--limit", "0"], ["--limit", "501"], ["--zone", "Mars/Olympus"], ["--zone", "../x"]]
)
def test_a_wrong_option_is_wrong_use(options: list[str]) -> None:
    result = run("runs", "daily-close", *options, hub=FakeHub())
    assert (result.exit_code, result.stdout, options[0] in result.stderr) == (2, "", True)


def test_a_run_that_waits_is_drawn_with_what_it_waits_for() -> None:
    assert shown(OPEN_RUN).splitlines() == [
        "daily-close / 2026-03-31   OPEN   1 of 2 arrived, plan version 3",
        "",
        "  ledger     ✓ SUCCEEDED  2026-04-01 03:58:00.000+09:00  ─┐",
        "  positions  · waiting                                   ─┘",
        "",
        "  waiting for positions",
    ]


def test_a_released_run_is_drawn_with_its_deliveries_and_their_moments() -> None:
    assert shown(CLOSED_RUN).splitlines() == [
        "daily-close / 2026-03-31   RELEASED   2 of 2 arrived, plan version 3",
        "",
        "  ledger     ✓ SUCCEEDED  2026-04-01 03:58:00.000+09:00  ─┐",
        "  positions  ✓ SUCCEEDED  2026-04-01 03:59:58.120+09:00  ─┤",
        "  attempt 1  ✓ released   2026-04-01 03:59:58.400+09:00  ◀┘",
        "   ├─▶ daily-close  ACKNOWLEDGED",
        "   │   bus           arn:bus",
        "   │   sent          2026-04-01 03:59:58.900+09:00, try 2",
        "   │   verified      2026-04-01 03:59:59.300+09:00",
        "   │   started       2026-04-01 03:59:59.400+09:00",
        "   │   acknowledged  2026-04-01 04:00:00.000+09:00",
        "   │   execution     arn:aws:states:us-east-1:222222222222:execution:close:fanin-x",
        "   └─▶ report  DUE",
        "       bus           arn:bus",
        "       next try      2026-04-01 04:00:05.000+09:00",
        "       last error    NotAuthorizedForSource",
    ]


def test_of_several_attempts_the_latest_closes_the_bracket() -> None:
    releases = [{"attempt": attempt, "outcome": "released", "releasedAtMs": AT_MS + attempt} for attempt in (1, 2)]
    deliveries = [delivery("t1", "GIVEN_UP"), delivery("t2", "SENT", attempt=2)]
    lines = shown({**CLOSED_RUN, "releases": releases, "deliveries": deliveries}).splitlines()
    assert [line.split()[:2] for line in lines if "attempt" in line] == [["attempt", "2"], ["attempt", "1"]]
    assert lines[4].endswith("◀┘")
    assert lines[4:].index("   └─▶ t2  SENT") < lines[4:].index("   └─▶ t1  GIVEN_UP")


def test_a_failed_predecessor_is_drawn_as_one() -> None:
    drawn = shown({**OPEN_RUN, "arrivals": {"ledger": arrival("TIMED_OUT", AT_MS)}, "missing": ["ledger"]})
    assert "  ledger  ✗ TIMED_OUT  2026-04-01 03:58:00.000+09:00  ─┐" in drawn.splitlines()


def test_a_run_of_a_join_that_failed_is_drawn_as_one() -> None:
    releases = [{"attempt": 1, "outcome": "failed", "releasedAtMs": AT_MS}]
    assert "attempt 1  ✗ failed" in shown({**CLOSED_RUN, "state": "FAILED", "releases": releases, "deliveries": []})


def test_text_from_outside_cannot_act_on_the_terminal() -> None:
    evil = "\x1b[2J[red]\u202e\x9b1m\n"
    answer = {**CLOSED_RUN, "key": evil, "deliveries": [delivery("t", "DUE", lastError=evil, dueAtMs=None)]}
    drawn = shown(answer)
    assert not set(drawn) & {"\x1b", "\u202e", "\x9b"}
    assert r"last error    \x1b[2J[red]\u202e\x9b1m\n" in drawn
    listed = run("runs", "daily-close", hub=viewing("runs", {"ok": True, "runs": [{**SUMMARY, "key": evil}]})).stdout
    assert r"\x1b[2J[red]\u202e\x9b1m\n" in listed


def test_json_is_printable_ascii_and_reads_back() -> None:
    evil = "\x1b\x7f\u202eé\ud800"
    printed = run("runs", "daily-close", "--json", hub=viewing("runs", {"ok": True, "runs": [{**SUMMARY, "key": evil}]})).stdout
    assert all(character.isprintable() or character == "\n" for character in printed)
    assert printed.isascii()
    assert json.loads(printed)["runs"][0]["key"] == evil


@pytest.mark.parametrize(("code", "exit_code"), [("join-not-found", 1), ("run-not-found", 1), ("plan-missing", 3), ("action-unknown", 3)])
def test_only_what_is_not_there_is_exit_code_1(code: str, exit_code: int) -> None:
    result = run("show", "daily-close", "1999-01-01", hub=viewing("show", refusal(code, "there is none")))
    assert (result.exit_code, result.stdout, result.stderr) == (exit_code, "", f"fanin: {code}: there is none\n")


def test_an_open_run_is_no_failure() -> None:
    assert run("show", "daily-close", "2026-03-31", hub=viewing("show", {"ok": True, "run": OPEN_RUN})).exit_code == 0


@pytest.mark.parametrize("member", ["state", "arrivals", "releases", "deliveries", "missing", "planVersion"])
def test_a_run_of_another_shape_is_said_to_be_one(member: str) -> None:
    result = run("show", "j", "k", hub=viewing("show", {"ok": True, "run": {**CLOSED_RUN, member: True}}))
    assert (result.exit_code, f"fanin-viewer.run.{member} must be" in result.stderr) == (3, True)


def test_a_time_beyond_the_calendar_is_shown_as_it_is() -> None:
    assert "99999999999999999 ms" in shown({**OPEN_RUN, "arrivals": {"ledger": arrival("SUCCEEDED", 99_999_999_999_999_999)}})


def test_where_the_encoding_lacks_signs_the_drawing_uses_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fanin_cli.run_drawing.can_show", str.isascii)
    assert shown(CLOSED_RUN).isascii()
