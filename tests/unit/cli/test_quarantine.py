"""quarantine list, show: looked at, never taken."""

import json
from pathlib import Path

import pytest

from fanin_cli.clients import Message
from fanin_cli.quarantine_peek import peek
from tests.unit.cli.hub import FakeHub, FakeQueue, run

pytestmark = pytest.mark.unit

AT_MS = 1_774_983_480_000
ARRIVALS = "fanin-arrivals-quarantine"


def message(number: int, body: str = "{}", **attributes: str) -> Message:
    told = {
        "code": "arn-mismatch",
        "reason": "the ARNs disagree",
        "origin": f"o{number}",
        "quarantinedAt": str(AT_MS + number),
        **attributes,
    }
    return Message(id=f"{number:04d}-id", receipt="", body=body, sent_at_ms=AT_MS + number, attributes=told)


def holding(*messages: Message, name: str = ARRIVALS) -> FakeHub:
    return FakeHub(queues={name: FakeQueue(name, messages)})


def test_messages_are_listed_with_code_reason_time_and_first_bytes() -> None:
    hub = holding(message(1, body="x" * 100), message(2, body="\x1b[2J", reason="\x1b]0;x\x07"))
    result = run("quarantine", "list", "--zone", "UTC", hub=hub)
    lines = result.stdout.splitlines()
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines[0].split() == ["ID", "QUARANTINED", "CODE", "REASON", "BODY"]
    assert lines[1].startswith("0001-id  2026-03-31 18:58:00+00:00  arn-mismatch  the ARNs disagree")
    assert lines[1].endswith("  " + "x" * 59 + "…")
    assert lines[2].split()[-2:] == [r"\x1b]0;x\x07", r"\x1b[2J"]


def test_looking_leaves_everything_visible() -> None:
    hub = holding(*(message(number) for number in range(25)))
    answer = json.loads(run("quarantine", "list", "--json", hub=hub).stdout)
    assert (answer["queue"], len(answer["messages"])) == (ARRIVALS, 25)
    assert hub.queues[ARRIVALS].hidden == set()
    assert len(json.loads(run("quarantine", "list", "--json", "--limit", "3", hub=hub).stdout)["messages"]) == 3


def test_looking_stops_at_a_failure_and_leaves_everything_visible() -> None:
    queue = FakeQueue("q", [message(number) for number in range(25)], broken_after=1)
    result = run("quarantine", "list", hub=FakeHub(queues={ARRIVALS: queue}))
    assert (result.exit_code, result.stdout, queue.hidden) == (3, "", set())


def test_looking_stops_when_the_queue_begins_again() -> None:
    class Forgetful(FakeQueue):
        def receive(self, *, hidden_for_s: int) -> list[Message]:
            self.hidden.clear()
            return list(super().receive(hidden_for_s=hidden_for_s))

    assert len(peek(Forgetful("q", [message(1), message(2)]), 50)) == 2


def test_as_json_a_message_has_its_reason_and_size() -> None:
    answer = json.loads(run("quarantine", "list", "--json", hub=holding(message(1, body="é", step="digest"))).stdout)
    assert answer["messages"] == [
        {
            "id": "0001-id",
            "quarantinedAtMs": AT_MS + 1,
            "code": "arn-mismatch",
            "reason": "the ARNs disagree",
            "step": "digest",
            "origin": "o1",
            "bytes": 2,
        }
    ]


def test_an_empty_quarantine_is_no_failure() -> None:
    result = run("quarantine", "list", hub=holding())
    assert (result.exit_code, result.stdout) == (0, f"Nothing is in {ARRIVALS}.\n")


@pytest.mark.parametrize(
    ("options", "queue"),
    [
        (["--hub", "night"], "night-arrivals-quarantine"),
        (["--successor", "close"], "close-releases-quarantine"),
        (["--queue-url", "https://sqs.example/1/q"], "https://sqs.example/1/q"),
    ],
)
def test_the_queue_is_a_hubs_a_successors_or_any(options: list[str], queue: str) -> None:
    assert run("quarantine", "list", *options, hub=holding(name=queue)).exit_code == 0


def test_a_successor_and_a_url_are_too_much() -> None:
    assert run("quarantine", "list", "--successor", "s", "--queue-url", "u", hub=holding()).exit_code == 2


def test_a_queue_that_is_not_there_is_told() -> None:
    result = run("quarantine", "list", "--hub", "nope", hub=holding())
    assert (result.exit_code, result.stderr) == (3, "fanin: not-found: the queue nope-arrivals-quarantine does not exist\n")


def test_one_message_is_shown_whole_with_controls_escaped() -> None:
    body = '{\n\t"a": "\x1b[31m\u202e"\r\n}'
    hub = holding(*(message(number) for number in range(12)), message(77, body=body))
    told = run("quarantine", "show", "0077-id", "--zone", "UTC", hub=hub)
    assert told.exit_code == 0
    assert told.stdout.splitlines()[:6] == [
        "id           0077-id",
        "quarantined  2026-03-31 18:58:00.077+00:00",
        "code         arn-mismatch",
        "reason       the ARNs disagree",
        "step         -",
        "origin       o77",
    ]
    assert told.stdout.endswith('\n\n{\n\t"a": "\\x1b[31m\\u202e"\\r\n}\n')
    assert hub.queues[ARRIVALS].hidden == set()


def test_a_shown_message_as_json_and_as_a_file_is_the_body_itself(tmp_path: Path) -> None:
    body = '{"a": "\x1b\x7fé"}'
    hub, out = holding(message(1, body=body)), tmp_path / "body.json"
    assert json.loads(run("quarantine", "show", "0001-id", "--json", hub=hub).stdout)["body"] == body
    result = run("quarantine", "show", "0001-id", "--out", str(out), hub=hub)
    assert (result.exit_code, result.stdout, out.read_bytes()) == (0, "", body.encode())


def test_a_message_that_is_not_there_is_exit_code_1() -> None:
    result = run("quarantine", "show", "9999", hub=holding(message(1)))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"fanin: message-not-found: there is no message 9999 in {ARRIVALS} (")


def test_a_message_without_attributes_is_shown_too() -> None:
    bare = Message(id="bare", receipt="", body="", sent_at_ms=AT_MS, attributes={"quarantinedAt": "soon"})
    result = run("quarantine", "list", "--zone", "UTC", hub=holding(bare))
    assert result.stdout.splitlines()[1].split() == ["bare", "2026-03-31", "18:58:00+00:00", "-", "-"]
