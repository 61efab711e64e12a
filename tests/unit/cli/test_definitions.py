"""validate, apply, delete."""

import json
import os
from pathlib import Path

import pytest

from fanin_cli.failures import CommandError, ExitCode
from tests.unit.cli.hub import FakeHub, refusal, run

pytestmark = pytest.mark.unit

GOOD = """\
join: daily-close
key:
  input: businessDate
predecessors:
  ledger:
    stateMachine: arn:aws:states:us-east-1:111111111111:stateMachine:ledger
  positions:
    stateMachine: arn:aws:states:us-east-1:333333333333:stateMachine:positions
successors:
  - target: daily-close
    bus: arn:aws:events:us-east-1:222222222222:event-bus/fanin-successor
"""
BAD = GOOD.replace("stateMachine: arn:aws:states:us-east-1:333", "stateMachin: arn:aws:states:us-east-1:333").replace(":2222", ":222")
APPLIED = {
    "ok": True,
    "results": [{"join": "daily-close", "version": 1, "changed": True, "effectiveFromMs": 1_774_983_600_123}],
}


@pytest.fixture
def good(tmp_path: Path) -> str:
    return written(tmp_path / "good.yaml", GOOD)


@pytest.fixture
def bad(tmp_path: Path) -> str:
    return written(tmp_path / "bad.yaml", BAD)


def written(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_right_definitions_are_told_and_nothing_is_asked(good: str) -> None:
    result = run("validate", good)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"{good}: daily-close: ok (2 predecessors, 1 successor)\n"


def test_every_problem_is_one_line_with_its_place_and_how_to_mend_it(bad: str) -> None:
    result = run("validate", bad)
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert [line.split(" ")[:2] for line in lines] == [
        [f"{bad}:8:5:", "unknown-field:"],
        [f"{bad}:11:10:", "arn-account:"],
    ]
    assert lines[0].endswith("(did you mean stateMachine?)")


def test_a_bad_file_hides_nothing_of_another(good: str, bad: str, tmp_path: Path) -> None:
    broken = written(tmp_path / "broken.yaml", "join: [\n")
    lines = run("validate", broken, good, bad).stderr.splitlines()
    assert [line.split(":")[0] for line in lines] == [broken, bad, bad, bad]
    assert "join-duplicate" in "".join(lines)


def test_what_is_no_file_of_definitions_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "latin.yaml").write_bytes(b"join: caf\xe9\n")
    (tmp_path / "marked.yaml").write_bytes(b"\xef\xbb\xbfjoin: x\n")
    names = ["fifo", "latin.yaml", "marked.yaml", ".", "missing.yaml", "null\0.yaml"]
    result = run("validate", *(f"{tmp_path}/{name}" for name in names))
    assert result.exit_code == 2
    codes = [line.split(": ")[1] for line in result.stderr.splitlines()]
    assert codes == ["file-not-regular", "file-not-utf8", "file-bom", "file-not-regular", "file-missing", "file-unreadable"]


def test_a_file_name_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    result = run("validate", f"{tmp_path}/\x1b]0;owned\x07\n.yaml")
    assert "\x1b" not in result.stderr
    assert r"\x1b]0;owned\x07\n.yaml:1:1: file-missing" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_problems_as_json_have_the_same_places(bad: str) -> None:
    result = run("validate", "--json", bad)
    assert (result.exit_code, result.stderr) == (2, "")
    answer = json.loads(result.stdout)
    assert answer["ok"] is False
    assert answer["problems"][0] == {
        "file": bad,
        "line": 8,
        "column": 5,
        "code": "unknown-field",
        "path": ["predecessors", "positions", "stateMachin"],
        "message": "there is no field 'stateMachin'",
        "hint": "did you mean stateMachine?",
    }


def test_right_definitions_as_json_are_listed(good: str) -> None:
    assert json.loads(run("validate", "--json", good).stdout) == {"ok": True, "joins": ["daily-close"]}


def test_apply_sends_all_documents_in_one_question(good: str, tmp_path: Path) -> None:
    several = written(tmp_path / "two.yaml", "---\n".join(GOOD.replace("join: daily-close", f"join: {name}") for name in ("one", "two")))
    hub = FakeHub().answering("operator", "apply", APPLIED)
    assert run("apply", good, several, hub=hub).exit_code == 0
    [(function, question)] = hub.asked
    assert (function, question["dryRun"]) == ("fanin-operator", False)
    assert [(one["label"], one["document"]["join"]) for one in question["definitions"]] == [
        (good, "daily-close"),
        (several, "one"),
        (f"{several}#2", "two"),
    ]


@pytest.mark.parametrize(
    ("version", "changed", "said"),
    [(1, True, "created (version 1"), (4, True, "changed (version 4"), (4, False, "unchanged (version 4")],
)
def test_apply_tells_what_became_of_each_join(good: str, version: int, changed: bool, said: str) -> None:
    result = {"join": "daily-close", "version": version, "changed": changed, "effectiveFromMs": 1_774_983_600_123}
    hub = FakeHub().answering("operator", "apply", {"ok": True, "results": [result]})
    told = run("apply", good, "--zone", "Asia/Tokyo", hub=hub)
    assert told.stdout == f"daily-close: {said}, everywhere from 2026-04-01 04:00:00.123+09:00)\n"


def test_a_dry_run_tells_what_would_happen(good: str) -> None:
    hub = FakeHub().answering("operator", "apply", APPLIED)
    assert run("apply", "--dry-run", good, hub=hub).stdout == "daily-close: would be created (version 1)\n"
    assert hub.asked[0][1]["dryRun"] is True


def test_apply_as_json_is_the_operators_answer(good: str) -> None:
    hub = FakeHub().answering("operator", "apply", APPLIED)
    assert json.loads(run("apply", "--json", good, hub=hub).stdout) == {"ok": True, "dryRun": False, "results": APPLIED["results"]}


def test_nothing_is_sent_while_any_file_is_wrong(good: str, bad: str) -> None:
    assert run("apply", good, bad).exit_code == 2


def test_what_only_the_hub_finds_is_located_like_the_rest(good: str) -> None:
    answer = refusal(
        "bus-not-allowed", "the hub may not reach it", label=good, path=["successors", 0, "bus"], hint="name it in SuccessorBusArns"
    )
    hub = FakeHub().answering("operator", "apply", answer)
    result = run("apply", good, hub=hub)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{good}:11:10: bus-not-allowed: successors[0].bus: the hub may not reach it (name it in SuccessorBusArns)\n"
    assert json.loads(run("apply", "--json", good, hub=hub).stdout)["problems"][0]["line"] == 11


def test_a_refusal_that_is_not_about_a_definition_is_told_as_it_is(good: str) -> None:
    hub = FakeHub().answering("operator", "apply", refusal("join-contended", "the join is being changed by somebody else; try again"))
    result = run("apply", good, hub=hub)
    assert result.exit_code == 3
    assert result.stderr == "fanin: join-contended: the join is being changed by somebody else; try again\n"


def test_delete_asks_and_then_deletes() -> None:
    hub = FakeHub().answering("operator", "delete", {"ok": True})
    result = run("delete", "daily-close", hub=hub, typed="y\n")
    assert (result.exit_code, result.stderr.startswith("Delete the join daily-close from the hub fanin?")) == (0, True)
    assert hub.asked == [("fanin-operator", {"action": "delete", "join": "daily-close"})]


def test_delete_deletes_nothing_unless_told_so() -> None:
    result = run("delete", "daily-close", hub=FakeHub(), typed="n\n")
    assert (result.exit_code, "nothing was deleted" in result.stderr) == (1, True)


def test_delete_does_not_ask_with_yes_and_says_so_when_nobody_can_answer() -> None:
    hub = FakeHub().answering("operator", "delete", {"ok": True})
    assert run("delete", "daily-close", "--yes", hub=hub).stdout == "daily-close: deleted\n"
    result = run("delete", "daily-close", hub=FakeHub())
    assert (result.exit_code, "say --yes" in result.stderr) == (2, True)


def test_deleting_what_is_not_there_is_told() -> None:
    hub = FakeHub().answering("operator", "delete", refusal("join-not-found", "there is no join named nope; fanin joins lists them"))
    result = run("delete", "nope", "--yes", hub=hub)
    assert (result.exit_code, result.stderr) == (1, "fanin: join-not-found: there is no join named nope; fanin joins lists them\n")


def test_a_hub_that_cannot_be_asked_is_neither_bad_nor_misuse(good: str) -> None:
    hub = FakeHub()
    hub.functions_.failure = CommandError("no-credentials", "cannot be asked", "sign in", ExitCode.UNANSWERED)
    result = run("apply", good, hub=hub)
    assert (result.exit_code, result.stdout, result.stderr) == (3, "", "fanin: no-credentials: cannot be asked (sign in)\n")


@pytest.mark.parametrize("answer", [b"", b"[]", b"null", b"{}", b'{"ok":1}', b'{"ok":true}', b'{"ok":false}', b"[" * 100_000])
def test_an_answer_of_another_shape_is_said_to_be_one(good: str, answer: bytes) -> None:
    result = run("apply", good, hub=FakeHub().answering("operator", "apply", answer))
    assert (result.exit_code, result.stderr.startswith("fanin: hub-answer: fanin-operator")) == (3, True)


def test_more_than_lambda_takes_is_not_sent(good: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fanin_cli.hub_client.MAX_QUESTION_BYTES", 100)
    result = run("apply", good, hub=FakeHub())
    assert (result.exit_code, "fewer files" in result.stderr) == (2, True)
