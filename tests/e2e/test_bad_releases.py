"""What may come into a releases queue and must not start anything: cases "Signed releases", before a starter that is really deployed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, TypeGuard

import pytest

from fanin.signing.verification_failure import FAILURES, STEPS
from local.landscape import DAILY_CLOSE, HUB, SUCCESSOR
from tests.e2e.deployment import AUDIT, GONE, OTHER, UNLISTED, issuer
from tests.e2e.events import body, completion
from tests.e2e.forging import claims_of, data_of, release
from tests.e2e.watching import Kept, eventually
from tests.e2e.world import BY_DATE, World, definition, hub_machine, to
from tests.unit.signing.dishonest_releases import DISHONEST
from tests.unit.signing.keys import STRANGERS_KEY

pytestmark = pytest.mark.e2e

NOW_S = int(time.time())
HOUR_S = 3600
# The second successor pins the key of those cases, for another bus: every step before `audience` refuses as it would there.
_COMPARABLE = {step for step, _ in STEPS[: [step for step, _ in STEPS].index("audience")]}


def sendable(text: str | bytes) -> TypeGuard[str]:
    """What SQS takes: not empty, under 1 MiB, Unicode without surrogates and control characters."""
    return (
        isinstance(text, str)
        and 0 < len(text.encode("utf-8", "surrogatepass")) < 1_040_000
        and all(sendable_character(character) for character in set(text))
    )


def sendable_character(character: str) -> bool:
    return character in "\t\n\r" or " " <= character <= "\ud7ff" or "\ue000" <= character <= "\ufffd" or character > "\uffff"


def crafted(key: str, **claims: Any) -> str:
    return release(data_of(key), claims_of(data_of(key), **claims))


FORGED = {name: (text, code) for name, make, code in DISHONEST if FAILURES[code].step in _COMPARABLE and sendable(text := make())}
CRAFTED: dict[str, tuple[str, str]] = {
    "a key nobody trusts": (release(data_of("k"), key=STRANGERS_KEY), "release-kid-unknown"),
    "the issuer of the hub, by another hub's key": (crafted("k", iss=issuer(HUB)), "release-issuer"),
    "a target that is not this key's": (crafted("k", tgt=GONE), "release-target"),
    "another bus": (crafted("k", aud=f"arn:aws:events:us-east-1:{SUCCESSOR}:event-bus/fanin-successor"), "release-audience"),
    "expired": (crafted("k", iat=NOW_S - 26 * HOUR_S, exp=NOW_S - HOUR_S), "release-expired"),
    "issued an hour ahead": (crafted("k", iat=NOW_S + HOUR_S, exp=NOW_S + 2 * HOUR_S), "release-issued-ahead"),
    "living for a year": (crafted("k", exp=NOW_S + 365 * 24 * HOUR_S), "release-lifetime"),
    "from another account": (release(data_of("k"), account=HUB), "release-account"),
    "from another source": (release(data_of("k"), source="fanin.successor"), "release-source"),
    "under another detail-type": (release(data_of("k"), detail_type="Fan-in Notice"), "release-detail-type"),
    "a source that was not signed": (crafted("k", src="aws.states"), "release-source"),
    "one character of the data changed": (release(data_of("k"), claims_of(data_of("k", reason="Satisfied"))), "release-digest"),
    "data of another key": (release(data_of("k"), claims_of(data_of("k"), sub="forged/1/released/other")), "release-subject"),
}
NOTHING_STARTS = {**FORGED, **CRAFTED}


@pytest.fixture(scope="module")
def refused(world: World) -> dict[str, Kept]:
    """What the second successor kept of everything that was sent to it."""
    ids = world.send_releases_elsewhere(*(text for text, _ in NOTHING_STARTS.values()))
    return {name: world.quarantine_elsewhere.wait_for(message) for name, message in zip(NOTHING_STARTS, ids, strict=True)}


@pytest.fixture(scope="module")
def genuine(world: World) -> str:
    """A release that the hub signed for the first successor, which has started what it releases."""
    machine = hub_machine("genuine")
    world.apply(definition("genuine", {"it": machine}, to(DAILY_CLOSE), key=BY_DATE))
    world.send_arrivals(body(completion(machine, "x", businessDate="2026-03-31")))
    world.wait_for_state("genuine", "2026-03-31", "ACKNOWLEDGED")
    (text,) = world.releases.bodies(lambda event: event["detail"]["data"]["join"] == "genuine")
    return text


def test_there_are_cases_of_every_step() -> None:
    assert {FAILURES[code].step for _, code in NOTHING_STARTS.values()} == {step for step, _ in STEPS}
    assert len(FORGED) > 100


@pytest.mark.parametrize("case", NOTHING_STARTS)
def test_it_is_kept_as_it_came_with_its_code(refused: dict[str, Kept], case: str) -> None:
    text, code = NOTHING_STARTS[case]
    assert (refused[case].code, refused[case].body == text) == (code, True)


def test_an_honest_release_of_the_same_key_starts(world: World, refused: dict[str, Kept]) -> None:
    """Otherwise all of the above might be refused for a reason that nobody meant. Four minutes ahead is fine."""
    world.send_releases_elsewhere(release(data_of("honest")), crafted("ahead", iat=NOW_S + 240, exp=NOW_S + HOUR_S))
    eventually(lambda: len(world.executions_of("forged", AUDIT)) == 2, "two executions")
    assert [given["key"] for given in world.executions_of("forged", AUDIT)] == ["ahead", "honest"]


def test_another_input_under_a_name_that_is_taken_is_refused_loudly(world: World) -> None:
    data = data_of("taken")
    world.send_releases_elsewhere(release(data))
    eventually(lambda: [given for given in world.executions_of("forged", AUDIT) if given["key"] == "taken"], "the first to start")
    (message,) = world.send_releases_elsewhere(release({**data, "reason": "because"}))
    assert world.quarantine_elsewhere.wait_for(message).code == "execution-input-differs"


TAMPERED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "without its signature": (lambda event: event["detail"].pop("sig"), "release-unsigned"),
    "with a member more": (lambda event: event["detail"].update(target="report"), "release-detail-members"),
    "with another key": (lambda event: event["detail"]["data"].update(key="2026-04-01"), "release-digest"),
    "with another attempt": (lambda event: event["detail"]["data"].update(attempt=2), "release-digest"),
    "with a number turned into a float": (lambda event: event["detail"]["data"].update(attempt=1.0), "release-float"),
    "from another account": (lambda event: event.update(account=UNLISTED), "release-account"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_genuine_release_that_was_touched_starts_nothing(world: World, genuine: str, case: str) -> None:
    touch, code = TAMPERED[case]
    event = json.loads(genuine)
    touch(event)
    (message,) = world.send_releases(json.dumps(event))
    assert world.releases_quarantine.wait_for(message).code == code
    world.settle()
    assert len(world.executions_of("genuine", DAILY_CLOSE)) == 1


def test_a_genuine_release_carried_to_another_successor_starts_nothing(world: World) -> None:
    machine = hub_machine("carried")
    world.apply(definition("carried", {"it": machine}, to(AUDIT), key=BY_DATE))
    world.send_arrivals(body(completion(machine, "x", businessDate="2026-03-31")))
    world.wait_for_state("carried", "2026-03-31", "ACKNOWLEDGED")
    (text,) = world.releases_elsewhere.bodies(lambda event: event["detail"]["data"]["join"] == "carried")
    (message,) = world.send_releases(text)
    assert world.releases_quarantine.wait_for(message).code == "release-audience"
    assert len(world.executions_of("carried", AUDIT)) == 1


def test_a_genuine_release_for_a_target_that_the_other_successor_does_not_allow_starts_nothing(world: World, genuine: str) -> None:
    (message,) = world.send_releases_elsewhere(genuine)
    assert world.quarantine_elsewhere.wait_for(message).code == "release-target"


@pytest.mark.parametrize(
    ("target", "code"), [("unmapped", "target-not-configured"), (GONE, "state-machine-missing"), ("forbidden", "release-target")]
)
def test_a_release_that_the_hub_did_sign_is_kept_where_it_cannot_start(world: World, target: str, code: str) -> None:
    machine, join = hub_machine(f"to-{target}"), f"to-{target}"
    world.apply(definition(join, {"it": machine}, to(target), key=BY_DATE))
    world.send_arrivals(body(completion(machine, "x", businessDate="2026-03-31")))
    run = world.wait_for_state(join, "2026-03-31", "RELEASED")
    (told,) = world.releases_elsewhere.bodies(lambda event: event["detail"]["data"]["join"] == join)
    found = eventually(lambda: [kept for kept in world.quarantine_elsewhere.everything() if kept.body == told], "the release in quarantine")
    assert [kept.code for kept in found] == [code]
    assert (run["deliveries"][0]["state"], run["deliveries"][0]["tries"]) == ("SENT", 1)


class TestStarterInvokedDirectly:
    """Somebody who may invoke the function gets no further than somebody who may send to its queue."""

    def test_an_event_without_records_is_an_error(self, world: World, genuine: str) -> None:
        forgeries: list[object] = [json.loads(genuine), {"Records": []}, {"Records": [{"body": genuine, "messageId": "x"}]}]
        for forged in forgeries:
            with pytest.raises(RuntimeError, match="not-a-queue-event"):
                self.invoke(world, forged)

    def test_a_forged_release_in_a_record_is_refused_and_kept(self, world: World) -> None:
        text = release(data_of("direct"), key=STRANGERS_KEY)
        record = {"messageId": "direct", "body": text, "eventSource": "aws:sqs"}
        assert self.invoke(world, {"Records": [record]}) == {"batchItemFailures": []}
        assert world.quarantine_elsewhere.wait_for("direct").code == "release-kid-unknown"
        assert [given for given in world.executions_of("forged", AUDIT) if given["key"] == "direct"] == []

    def invoke(self, world: World, request: object) -> Any:
        return world.deployed.landscape.invoke(world.deployed.other["StarterFunctionName"], request, account=OTHER)


def test_refusals_that_deserve_an_alarm_are_counted_as_such(world: World, refused: dict[str, Kept]) -> None:
    alarming = sum(FAILURES[code].alarm for _, code in NOTHING_STARTS.values())
    world.wait_for_count("fanin-other-starter", "SecurityRefusals", alarming)
    world.wait_for_count("fanin-other-starter", "ReleasesRefused", len(NOTHING_STARTS))
