"""sources, and apply --catch-up: asking for what was before, and how far it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fanin_cli.catching_up import PATIENCE_S, POLL_S, wait_until_caught_up
from fanin_cli.clients import Deployment
from fanin_cli.failures import CommandError
from fanin_cli.hub_client import HubClient
from tests.unit.cli.hub import FakeHub, JsonObject, refusal, run
from tests.unit.cli.test_definitions import APPLIED, GOOD, written

pytestmark = pytest.mark.unit

AT_MS = 1_774_983_480_000
LEDGER, GLUE = "arn:aws:states:us-east-1:111111111111:stateMachine:ledger", "arn:aws:glue:us-east-1:444444444444:job/load"


def source(arn: str = LEDGER, **members: object) -> JsonObject:
    told: JsonObject = {
        "kind": "glue" if arn == GLUE else "stepfunctions",
        "arn": arn,
        "joins": ["daily-close"],
        "asked": True,
        "waitedFor": False,
        "sinceMs": AT_MS,
        "passedAtMs": AT_MS + 300_000,
        "reading": False,
        "dueAtMs": AT_MS + 360_000,
        "trouble": None,
    }
    return {**told, **members}


@pytest.fixture
def good(tmp_path: Path) -> str:
    return written(tmp_path / "good.yaml", GOOD)


def caught_up(*unasked: str) -> JsonObject:
    result = {**APPLIED["results"][0], "catchUp": {"sinceMs": AT_MS, "sources": 2, "cannotAsk": list(unasked)}}  # type: ignore[index]  # one
    return {"ok": True, "results": [result]}


def test_apply_says_what_is_asked_since_when_and_what_cannot_be(good: str) -> None:
    hub = FakeHub().answering("operator", "apply", caught_up(f"glue:{GLUE}"))
    told = run("apply", good, "--catch-up", "PT6H", "--zone", "UTC", hub=hub)
    assert (told.exit_code, told.stderr) == (0, "")
    assert told.stdout.splitlines()[1:] == [
        "    2 sources are asked for what ended since 2026-03-31 18:58:00+00:00",
        f"    glue:{GLUE} cannot be asked: what it did before now stays unknown",
    ]
    (_, question), *_ = hub.asked
    assert question["catchUp"] == "PT6H"


def test_a_dry_run_says_what_would_be_asked(good: str) -> None:
    hub = FakeHub().answering("operator", "apply", caught_up())
    assert "2 sources would be asked" in run("apply", good, "--dry-run", "--catch-up", "P2D", hub=hub).stdout


def test_as_json_the_operators_answer_has_it(good: str) -> None:
    hub = FakeHub().answering("operator", "apply", caught_up())
    assert json.loads(run("apply", good, "--json", "--catch-up", "P20D", hub=hub).stdout)["results"][0]["catchUp"]["sources"] == 2


@pytest.mark.parametrize("duration", ["6h", "P20DT1S", "PT0S", "P1M", ""])
def test_a_duration_that_is_none_or_too_long_is_wrong_use_and_nothing_is_asked(good: str, duration: str) -> None:
    hub = FakeHub()
    result = run("apply", good, "--catch-up", duration, hub=hub)
    assert (result.exit_code, hub.asked) == (2, [])
    assert "--catch-up" in result.stderr


@pytest.mark.parametrize("options", [["--wait"], ["--wait", "--dry-run", "--catch-up", "PT1H"]])
def test_waiting_needs_something_to_wait_for(good: str, options: list[str]) -> None:
    hub = FakeHub()
    assert run("apply", good, *options, hub=hub).exit_code == 2
    assert hub.asked == []


def test_a_hub_that_knows_nothing_of_catching_up_is_not_guessed_around(good: str) -> None:
    result = run("apply", good, "--catch-up", "PT6H", hub=FakeHub().answering("operator", "apply", APPLIED))
    assert result.exit_code == 3
    assert "catchUp must be an object" in result.stderr


def test_waiting_ends_when_every_source_was_asked(good: str) -> None:
    hub = FakeHub().answering("operator", "apply", caught_up()).answering("viewer", "sources", {"ok": True, "sources": [source()]})
    told = run("apply", good, "--catch-up", "PT6H", "--wait", hub=hub)
    assert (told.exit_code, told.stderr) == (0, "caught up with 1 of 1 sources\n")
    assert hub.asked[-1] == ("fanin-viewer", {"action": "sources", "join": "daily-close"})


class Turns:
    """A viewer that tells something else each time, and a clock that runs while somebody waits."""

    def __init__(self, *turns: list[JsonObject]) -> None:
        self.turns, self.now_s = list(turns), 0.0

    def invoke(self, name: str, payload: bytes) -> bytes:
        turn = self.turns.pop(0) if len(self.turns) > 1 else self.turns[0]
        return json.dumps({"ok": True, "sources": turn}).encode()

    def pause(self, seconds: float) -> None:
        self.now_s += seconds

    def wait(self) -> None:
        hub = HubClient(Deployment("fanin", None, None), self)
        wait_until_caught_up(hub, ["daily-close"], tell=True, pause=self.pause, elapsed_s=lambda: self.now_s)


def test_the_number_is_told_when_it_changes(capsys: pytest.CaptureFixture[str]) -> None:
    behind = [source(passedAtMs=None), source(GLUE, reading=True)]
    turns = Turns(behind, behind, [source(), source(GLUE, reading=True)], [source(), source(GLUE)])
    turns.wait()
    assert capsys.readouterr().err.splitlines() == [f"caught up with {number} of 2 sources" for number in (0, 1, 2)]
    assert turns.now_s == 3 * POLL_S


def test_a_source_that_nobody_may_ask_is_not_waited_for() -> None:
    Turns([source(), source(GLUE, asked=False, passedAtMs=None, sinceMs=None)]).wait()


def test_a_source_that_refuses_ends_the_waiting() -> None:
    with pytest.raises(CommandError, match="catch-up-unfinished") as failure:
        Turns([source(passedAtMs=None, trouble="refused")]).wait()
    assert LEDGER in str(failure.value)


def test_waiting_is_given_up_after_an_hour() -> None:
    turns = Turns([source(passedAtMs=None)])
    with pytest.raises(CommandError, match="after an hour, caught up with 0 of 1 sources"):
        turns.wait()
    assert PATIENCE_S < turns.now_s <= PATIENCE_S + 2 * POLL_S


def test_sources_are_listed_with_how_far_they_were_asked() -> None:
    found = [
        source(waitedFor=True),
        source(GLUE, asked=False, sinceMs=None, passedAtMs=None, dueAtMs=None),
        source(arn="arn:a", trouble="unavailable"),
        source(arn="arn:b", reading=True),
        source(arn="arn:c"),
    ]
    hub = FakeHub().answering("viewer", "sources", {"ok": True, "sources": found})
    lines = run("sources", "daily-close", "--zone", "UTC", hub=hub).stdout.splitlines()
    assert hub.asked == [("fanin-viewer", {"action": "sources", "join": "daily-close"})]
    assert lines[0].split() == ["KIND", "SOURCE", "STATE", "UP", "TO", "ASKED", "NEXT"]
    assert lines[1].startswith(f"stepfunctions  {LEDGER}  waited for   2026-03-31 18:58:00+00:00  2026-03-31 19:03:00+00:00")
    assert lines[2].split()[:4] == ["glue", GLUE, "events", "only"]
    assert [line.split()[2] for line in lines[3:]] == ["unavailable", "catching", "idle"]


def test_sources_of_every_join_as_json() -> None:
    hub = FakeHub().answering("viewer", "sources", {"ok": True, "sources": [source()]})
    assert json.loads(run("sources", "--json", hub=hub).stdout) == {"sources": [source()]}
    assert hub.asked == [("fanin-viewer", {"action": "sources"})]


def test_a_hub_without_joins_has_no_sources() -> None:
    assert "fanin apply FILE" in run("sources", hub=FakeHub().answering("viewer", "sources", {"ok": True, "sources": []})).stdout


def test_a_join_that_is_not_there_has_none_either() -> None:
    hub = FakeHub().answering("viewer", "sources", refusal("join-not-found", "there is no join named x; fanin joins lists them"))
    assert run("sources", "x", hub=hub).exit_code == 1
