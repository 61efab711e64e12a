"""dlq list, show, redrive: what is dead, why, and back to where it belongs without losing any."""

import json
from dataclasses import replace
from typing import Any

import pytest

from fanin.domain.completion import Completion
from fanin.sources.found import found_message
from fanin.sources.message import parse_message
from fanin_cli.clients import Deployment, Message
from fanin_cli.letters import read_letter
from fanin_cli.redriving import move_back
from tests.unit.cli.hub import FakeDeadLetters, FakeDestination, FakeHub, run

pytestmark = pytest.mark.unit

AT_MS = 1_774_983_480_000
ARRIVALS, FORWARD, RELEASES, SWEEPER = (
    "fanin-arrivals-dlq",
    "fanin-predecessor-fanin-dlq",
    "fanin-successor-releases-dlq",
    "fanin-sweeper-dlq",
)
RULE = "arn:aws:events:us-east-1:111111111111:rule/fanin-completions"
LEDGER = "arn:aws:states:us-east-1:111111111111:stateMachine:ledger"


def event(source: str, detail_type: str, detail: dict[str, Any], account: str = "111111111111") -> str:
    envelope = {"version": "0", "id": "e", "account": account, "region": "us-east-1", "time": "2026-03-31T18:58:00Z", "resources": []}
    return json.dumps({**envelope, "source": source, "detail-type": detail_type, "detail": detail})


def completion(name: str = "x", account: str = "111111111111") -> str:
    machine = LEDGER.replace("111111111111", account)
    detail = {
        "executionArn": f"{machine.replace(':stateMachine:', ':execution:')}:{name}",
        "stateMachineArn": machine,
        "name": name,
        "status": "SUCCEEDED",
        "startDate": AT_MS,
        "stopDate": AT_MS,
        "input": "{}",
        "inputDetails": {"included": True},
        "output": "{}",
        "outputDetails": {"included": True},
    }
    return event("aws.states", "Step Functions Execution Status Change", detail, account)


def refused(number: int, body: str) -> Message:
    """What EventBridge put there."""
    told = {"RULE_ARN": RULE, "TARGET_ARN": "arn:t", "ERROR_CODE": "NO_PERMISSIONS", "ERROR_MESSAGE": "not allowed"}
    return Message(f"{number:04d}-id", "", body, AT_MS + number, told, 1)


def given_up(number: int, body: str, queue: str = "fanin-arrivals") -> Message:
    """What SQS moved there."""
    return Message(f"{number:04d}-id", "", body, AT_MS + number, {}, 11, f"arn:aws:sqs:us-east-1:111111111111:{queue}")


def holding(*messages: Message, name: str = ARRIVALS, **members: Any) -> FakeHub:
    return FakeHub(dead={name: FakeDeadLetters(name, messages, **members)})


def left(hub: FakeHub, name: str = ARRIVALS) -> list[str]:
    return [one.id for one in hub.dead[name].messages]


def test_the_queues_that_are_there_are_listed_with_their_depths() -> None:
    hub = FakeHub(dead={name: FakeDeadLetters(name, [refused(1, "{}")] * depth) for name, depth in ((ARRIVALS, 3), (SWEEPER, 0))})
    result = run("dlq", "list", hub=hub)
    lines = [line.split(maxsplit=3) for line in result.stdout.splitlines()]
    assert (result.exit_code, lines[0]) == (0, ["QUEUE", "MESSAGES", "NAME", "HOLDS"])
    assert [line[:3] for line in lines[1:]] == [["arrivals", "3", ARRIVALS], ["sweeper", "0", SWEEPER]]
    answer = json.loads(run("dlq", "list", "--json", hub=hub).stdout)
    assert [(one["label"], one["messages"]) for one in answer["queues"]] == [("arrivals", 3), ("sweeper", 0)]


def test_queues_are_those_of_the_hub_and_successor_that_were_named() -> None:
    names = ["night-arrivals-dlq", "night-departures-dlq", "fanin-predecessor-night-dlq", "close-releases-dlq"]
    hub = FakeHub(dead={name: FakeDeadLetters(name) for name in names})
    answer = json.loads(run("dlq", "list", "--json", "--hub", "night", "--successor", "close", hub=hub).stdout)
    assert [one["name"] for one in answer["queues"]] == names


def test_where_nothing_of_fanin_is_deployed_that_is_said() -> None:
    result = run("dlq", "list", hub=FakeHub())
    assert (result.exit_code, result.stderr.split(":")[1]) == (3, " not-found")
    assert json.loads(run("dlq", "list", "--json", hub=FakeHub()).stdout) == {"queues": []}


@pytest.mark.parametrize(("queue", "code"), [("arivals", 2), ("releases", 3)])
def test_a_queue_that_is_unknown_or_not_here_is_told(queue: str, code: int) -> None:
    for command in ("show", "redrive"):
        result = run("dlq", command, queue, hub=holding())
        assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (code, "", 1)


def test_messages_are_shown_with_what_they_are_of_and_why_they_are_there() -> None:
    hub = holding(refused(1, completion()), given_up(2, '{"v": 1, "recheck": {"join": "close", "key": "2026-03-31"}}'))
    result = run("dlq", "show", "arrivals", "--zone", "UTC", hub=hub)
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["ID", "SENT", "WHAT", "OF", "WHY"]
    assert lines[1].split("  ")[0::1][-2:] == [f"{LEDGER} x SUCCEEDED", "NO_PERMISSIONS of rule fanin-completions"]
    assert " ".join(lines[2].split()).endswith("recheck close 2026-03-31 given up on in fanin-arrivals")
    assert (hub.dead[ARRIVALS].hidden, len(left(hub))) == (set(), 2)


def test_a_queue_may_be_named_as_its_alarm_names_it() -> None:
    assert run("dlq", "show", ARRIVALS, hub=holding()).stdout == f"Nothing is in {ARRIVALS}.\n"


def test_as_json_a_message_has_everything_that_is_known_of_it() -> None:
    hub = holding(refused(1, completion()))
    (message,) = json.loads(run("dlq", "show", "arrivals", "--json", hub=hub).stdout)["messages"]
    assert message.pop("bytes") > 500
    assert message == {
        "id": "0001-id",
        "sentAtMs": AT_MS + 1,
        "what": "completion",
        "join": None,
        "key": None,
        "source": LEDGER,
        "execution": "x",
        "status": "SUCCEEDED",
        "account": "111111111111",
        "rule": RULE,
        "errorCode": "NO_PERMISSIONS",
        "errorMessage": "not allowed",
        "movedFrom": None,
        "receives": 1,
    }


def test_one_message_is_shown_whole_with_controls_escaped() -> None:
    hub = holding(*(refused(number, "{}") for number in range(12)), refused(77, "\x1b[31m"))
    told = run("dlq", "show", "arrivals", "0077-id", "--zone", "UTC", hub=hub)
    assert told.stdout.splitlines() == [
        "id        0077-id",
        "sent      2026-03-31 18:58:00.077+00:00",
        "what      unreadable (json-malformed)",
        "of        -",
        "why       NO_PERMISSIONS of rule fanin-completions",
        "reason    not allowed",
        "received  1 times",
        "",
        r"\x1b[31m",
    ]
    assert json.loads(run("dlq", "show", "arrivals", "0077-id", "--json", hub=hub).stdout)["body"] == "\x1b[31m"
    assert run("dlq", "show", "arrivals", "9999", hub=hub).exit_code == 1


@pytest.mark.parametrize(
    ("body", "what", "about"),
    [
        (event("fanin.hub", "Fan-in Release", {"v": 1, "data": {"join": "close", "key": "k"}, "sig": "eyJ"}), "release", "close k"),
        (event("fanin.hub", "Fan-in Notice", {"join": "close", "key": "k"}), "notice", "close k"),
        (event("fanin.count", "Fan-in Count", {"join": "close", "key": "k", "count": 3}), "count", "close k"),
        (event("aws.events", "Scheduled Event", {}), "sweep", "-"),
        (event("ours.jobs", "Job Done", {"id": 1}), "event", "ours.jobs/Job Done"),
        (event("aws.states", "Step Functions Execution Status Change", {}), "event (event-malformed)", "-"),
        ('{"join": "close", "key": "k", "delivery": "DLV#0001#x"}', "wake-up", "close k"),
        ('{"v": 1, "expect": {"join": "close"}}', "expect", "close"),
        ('{"v": 1, "found": {"source": "x"}}', "event (found-malformed)", "found"),
        ("[1]", "unreadable (event-not-an-object)", "-"),
        ('{"account": 1, "source": [], "detail": 2}', "event (event-without-detail)", "/"),
    ],
)
def test_a_letter_says_what_it_is_as_far_as_it_can_be_read(body: str, what: str, about: str) -> None:
    letter = read_letter(refused(1, body))
    assert letter.what == what
    assert about in ("-", letter.about)


def test_what_the_sweeper_found_is_a_completion_too() -> None:
    completed = parse_message(completion("found"))
    assert isinstance(completed, Completion)
    letter = read_letter(given_up(1, found_message(completed)))
    assert (letter.what, letter.about) == ("completion", f"{LEDGER} found SUCCEEDED")


def test_a_receipt_says_which_run_it_is_of() -> None:
    names = ("jti", "iss", "target", "executionArn")
    detail = {**dict.fromkeys(names, "x"), "sub": "close/1/released/2026-03-31", "verifiedAt": 1, "startedAt": 2}
    letter = read_letter(refused(1, event("fanin.successor", "Fan-in Receipt", detail)))
    assert (letter.what, letter.about) == ("receipt", "close 2026-03-31")
    odd = read_letter(refused(1, event("fanin.successor", "Fan-in Receipt", {**detail, "sub": "close"})))
    assert odd.what == "event (receipt-malformed)"


def test_everything_goes_back_whether_sqs_moves_it_or_not() -> None:
    hub = holding(given_up(1, "a"), refused(2, "b"), given_up(3, "c"), refused(4, "d"))
    result = run("dlq", "redrive", "arrivals", hub=hub)
    assert (result.exit_code, result.stdout) == (0, f"4 of 4 messages went from {ARRIVALS} to fanin-arrivals.\n")
    assert sorted(hub.destinations["fanin-arrivals"].bodies) == ["a", "b", "c", "d"]
    assert left(hub) == []
    assert result.stderr.splitlines()[-1] == "fanin: 4 of about 4 messages are back in fanin-arrivals"


def test_it_says_how_far_it_is_in_a_few_lines() -> None:
    hub = holding(*(refused(number, str(number)) for number in range(1000)))
    result = run("dlq", "redrive", "arrivals", hub=hub)
    lines = result.stderr.splitlines()
    assert (result.exit_code, lines[0]) == (0, "fanin: 50 of about 1000 messages are back in fanin-arrivals")
    assert (len(lines), lines[-1]) == (20, "fanin: 1000 of about 1000 messages are back in fanin-arrivals")


def test_where_sqs_cannot_move_they_go_one_by_one() -> None:
    hub = holding(*(given_up(number, str(number)) for number in range(25)), moves=False)
    assert run("dlq", "redrive", "arrivals", hub=hub).exit_code == 0
    assert (len(hub.destinations["fanin-arrivals"].bodies), left(hub)) == (25, [])


def test_a_task_that_somebody_stopped_is_told_and_can_be_repeated() -> None:
    letters = FakeDeadLetters(ARRIVALS, [given_up(number, str(number)) for number in range(3)], cancelled_after=1)
    hub = FakeHub(dead={ARRIVALS: letters})
    result = run("dlq", "redrive", "arrivals", hub=hub)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines()[-1].startswith("fanin: redrive-cancelled: somebody stopped it after 1 messages (")
    letters.cancelled_after = None
    assert run("dlq", "redrive", "arrivals", hub=hub).exit_code == 0
    assert sorted(hub.destinations["fanin-arrivals"].bodies) == ["0", "1", "2"]


def test_what_the_destination_does_not_take_stays() -> None:
    hub = holding(*(refused(number, str(number)) for number in range(5)))
    hub.destinations["fanin-arrivals"] = FakeDestination("fanin-arrivals", full_after=2)
    result = run("dlq", "redrive", "arrivals", hub=hub)
    assert (result.exit_code, result.stdout) == (3, "")
    assert (hub.destinations["fanin-arrivals"].bodies, left(hub)) == (["0", "1"], ["0002-id", "0003-id", "0004-id"])


def test_a_message_is_deleted_only_after_it_was_sent() -> None:
    """So a process that dies between the two leaves it in both queues, and none in neither."""
    order: list[str] = []

    class Noting(FakeDeadLetters):
        def delete(self, receipt: str) -> None:
            order.append(f"delete {receipt.split('@', maxsplit=1)[0]}")
            super().delete(receipt)

    class Taking(FakeDestination):
        def send(self, body: str) -> None:
            order.append(f"send {body}")

    move_back(Noting("q", [refused(1, "a"), refused(2, "b")], moves=False), Taking("to"), lambda _: None)
    assert order == ["send a", "delete 0001-id", "send b", "delete 0002-id"]


def test_what_a_predecessor_kept_goes_to_the_hub_with_the_hubs_credentials() -> None:
    hub = holding(refused(1, completion(account="333333333333")), name=FORWARD, account="333333333333")
    options = ["--profile", "positions", "--region", "eu-west-1", "--hub-profile", "hub", "--hub-region", "us-east-1"]
    result = run("dlq", "redrive", "forward", *options, hub=hub)
    assert (result.exit_code, result.stdout) == (0, f"1 of 1 messages went from {FORWARD} to fanin-arrivals.\n")
    assert hub.destinations["fanin-arrivals"].bodies == [completion(account="333333333333")]
    assert hub.deployments == [Deployment("fanin", "eu-west-1", "positions"), Deployment("fanin", "us-east-1", "hub")]


def test_a_predecessors_letters_speak_for_no_other_account() -> None:
    """Whoever may send to that queue could write anything; a person who redrives it vouches for what EventBridge wrote there."""
    forged = [refused(2, completion(account="111111111111")), refused(3, "not json"), refused(4, "{}")]
    hub = holding(refused(1, completion(account="333333333333")), *forged, name=FORWARD, account="333333333333")
    result = run("dlq", "redrive", "forward", hub=hub)
    assert (result.exit_code, result.stdout) == (1, f"1 of 4 messages went from {FORWARD} to fanin-arrivals.\n")
    assert left(hub, FORWARD) == ["0002-id", "0003-id", "0004-id"]
    assert "fanin: left-behind: 0002-id: it says that it is of account 111111111111, and lies in 333333333333" in result.stderr
    assert not hub.dead[FORWARD].hidden & set(left(hub, FORWARD))


def test_letters_that_are_left_end_the_command_when_they_come_again() -> None:
    class Forgetful(FakeDeadLetters):
        def receive(self, *, hidden_for_s: int) -> list[Message]:
            self.hidden.clear()
            return list(super().receive(hidden_for_s=hidden_for_s))

    letters = Forgetful(FORWARD, [refused(1, "{}"), refused(2, "{}")], account="333333333333")
    assert run("dlq", "redrive", "forward", hub=FakeHub(dead={FORWARD: letters})).exit_code == 1


def test_another_accounts_credentials_are_for_what_a_predecessor_kept() -> None:
    assert run("dlq", "redrive", "arrivals", "--hub-profile", "hub", hub=holding()).exit_code == 2


def test_dead_sweeps_are_made_up_for_by_one() -> None:
    hub = holding(*(refused(number, event("aws.events", "Scheduled Event", {})) for number in range(15)), name=SWEEPER)
    hub = replace(hub).answering("sweeper", "", {"woken": 0})
    result = run("dlq", "redrive", "sweeper", hub=hub)
    assert (result.exit_code, result.stdout) == (0, f"15 of 15 messages went from {SWEEPER} to fanin-sweeper.\n")
    assert (hub.asked, left(hub, SWEEPER)) == ([("fanin-sweeper", {})], [])


def test_a_releases_letters_go_back_to_the_starter() -> None:
    hub = holding(given_up(1, "r", "fanin-successor-releases"), name=RELEASES)
    assert run("dlq", "redrive", "releases", hub=hub).exit_code == 0
    assert hub.destinations["fanin-successor-releases"].bodies == ["r"]
