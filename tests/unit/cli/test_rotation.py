"""trust rotate: the next step from wherever a rotation stands, and never a step that would lose a release."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fanin.signing.trust import TrustDocument, TrustedKey
from fanin_cli.rotation import RETIRE_AFTER_S, HubKeys, Pinned, Rotation, Step, rotation
from tests.unit.cli.hub import FakeHub, JsonObject, run
from tests.unit.signing.keys import HUB_KEY, OTHER_HUB_KEY, STRANGERS_KEY, SoftwareKey
from tests.unit.signing.releases import HUB_ACCOUNT, ISSUER, OTHER_ISSUER

pytestmark = pytest.mark.unit

OLD, NEW = HUB_KEY.kid(), OTHER_HUB_KEY.kid()
NOW_MS = 1_774_983_600_000
WAITED_MS = NOW_MS + RETIRE_AFTER_S * 1000

ALONE = HubKeys("A", OLD, None, None, None, {}, complete=True)
PUBLISHED = replace(ALONE, arrangement="A-then-B", following=NEW)
SWITCHED = HubKeys("B-after-A", NEW, None, OLD, NOW_MS, {}, complete=True)
RETIRED = HubKeys("B", NEW, None, None, NOW_MS, {}, complete=True)


def pinned(name: str, *keys: SoftwareKey, issuer: str = ISSUER) -> Pinned:
    return Pinned(name, TrustDocument(tuple(TrustedKey(key.kid(), key.jwk(), issuer, (HUB_ACCOUNT,), ("*",)) for key in keys)))


def test_one_key_is_no_rotation() -> None:
    assert rotation(ALONE, [], NOW_MS) == Rotation(Step.PUBLISH, ready=True)
    assert rotation(ALONE, [pinned("a", HUB_KEY)], NOW_MS) == Rotation(Step.PUBLISH, ready=True)


def test_the_new_key_is_pinned_everywhere_before_it_signs() -> None:
    assert rotation(PUBLISHED, [], NOW_MS).step is Step.PIN
    half = [pinned("a", HUB_KEY, OTHER_HUB_KEY), pinned("b", HUB_KEY)]
    assert rotation(PUBLISHED, half, NOW_MS) == Rotation(Step.PIN, ready=True, lacking=(("b", NEW),))
    assert rotation(PUBLISHED, half[:1], NOW_MS) == Rotation(Step.SWITCH, ready=True)


def test_the_old_key_is_kept_for_the_longest_life_of_a_signature() -> None:
    assert RETIRE_AFTER_S > 25 * 3600
    for at_ms, step in ((NOW_MS, Step.WAIT), (WAITED_MS - 1, Step.WAIT), (WAITED_MS, Step.RETIRE)):
        found = rotation(SWITCHED, [], at_ms)
        assert (found.step, found.ready, found.not_before_ms) == (step, step is Step.RETIRE, WAITED_MS)


@pytest.mark.parametrize(
    "keys",
    [
        replace(SWITCHED, unacknowledged={OLD: 1}),
        replace(SWITCHED, unacknowledged={"unknown": 2}),
        replace(SWITCHED, complete=False),
        replace(SWITCHED, signing_since_ms=None),
    ],
    ids=["one under the old key", "of before keys were noted", "not all counted", "nobody knows since when"],
)
def test_the_old_key_is_kept_while_anything_may_be_under_way(keys: HubKeys) -> None:
    found = rotation(keys, [], WAITED_MS)
    assert (found.step, found.ready) == (Step.WAIT, False)


def test_releases_under_the_new_key_keep_nobody_waiting() -> None:
    assert rotation(replace(SWITCHED, unacknowledged={NEW: 7}), [], WAITED_MS).step is Step.RETIRE


@pytest.mark.parametrize("keys", [SWITCHED, RETIRED])
def test_a_successor_that_refuses_what_is_signed_comes_before_everything(keys: HubKeys) -> None:
    assert rotation(keys, [pinned("late", HUB_KEY)], WAITED_MS) == Rotation(Step.PIN, ready=True, lacking=(("late", NEW),))


def test_a_retired_key_is_unpinned_and_another_hubs_is_left_alone() -> None:
    both = pinned("a", HUB_KEY, OTHER_HUB_KEY)
    assert rotation(RETIRED, [both], NOW_MS) == Rotation(Step.UNPIN, ready=True, superfluous=(("a", OLD),))
    other = pinned("a", STRANGERS_KEY, issuer=OTHER_ISSUER).document.keys
    two_hubs = Pinned("a", TrustDocument((*pinned("a", OTHER_HUB_KEY).document.keys, *other)))
    assert rotation(RETIRED, [two_hubs], NOW_MS) == Rotation(Step.PUBLISH, ready=True)


def test_the_arrangements_follow_each_other_and_come_back() -> None:
    seen, keys = [], ALONE
    for _ in range(6):
        seen.append(keys.arrangement)
        keys = replace(keys, arrangement=keys.following_arrangement)
    assert keys.arrangement == "A"
    assert seen == ["A", "A-then-B", "B-after-A", "B", "B-then-A", "A-after-B"]
    assert replace(ALONE, arrangement="C").following_arrangement == "C"


def answer(keys: HubKeys) -> JsonObject:
    return {
        "ok": True,
        "keys": {
            "arrangement": keys.arrangement,
            "signing": keys.signing,
            "next": keys.following,
            "previous": keys.previous,
            "signingSince": keys.signing_since_ms,
            "unacknowledged": dict(keys.unacknowledged),
            "complete": keys.complete,
        },
    }


def hub_with(keys: HubKeys) -> FakeHub:
    return FakeHub().answering("viewer", "keys", answer(keys)).answering("operator", "note-signing-key", {"ok": True, "since": NOW_MS})


def written(path: Path, document: Pinned) -> str:
    path.write_text(document.document.text(), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("keys", "step", "deploy", "code"),
    [(ALONE, "publish", "A-then-B", 0), (PUBLISHED, "pin", None, 0), (SWITCHED, "retire", "B", 0)],
)
def test_the_next_step_is_told_as_json(keys: HubKeys, step: str, deploy: str | None, code: int) -> None:
    hub = hub_with(keys)
    first, again = (run("trust", "rotate", "--json", hub=hub) for _ in range(2))
    said = json.loads(first.stdout)
    assert (first.exit_code, said["step"], said["deploy"], said["ready"]) == (code, step, deploy, True)
    assert again.stdout == first.stdout
    assert hub.asked == [("fanin-viewer", {"action": "keys"})] * 2


def test_a_step_that_has_to_wait_is_exit_code_1() -> None:
    result = run("trust", "rotate", hub=hub_with(replace(SWITCHED, unacknowledged={OLD: 1})))
    assert result.exit_code == 1
    assert "not before 2026-04-01 20:15:00+00:00" in result.stdout
    assert "  releases that it may have signed and that wait for a receipt: 1" in result.stdout.splitlines()


def test_the_first_look_after_the_switch_starts_the_clock() -> None:
    hub = hub_with(replace(SWITCHED, signing_since_ms=None))
    said = json.loads(run("trust", "rotate", "--json", hub=hub).stdout)
    assert said["notBefore"] == WAITED_MS
    assert hub.asked[1] == ("fanin-operator", {"action": "note-signing-key", "kid": NEW})


def test_documents_are_read_and_their_faults_named(tmp_path: Path) -> None:
    ready = written(tmp_path / "ready.json", pinned("", HUB_KEY, OTHER_HUB_KEY))
    behind = written(tmp_path / "behind.json", pinned("", HUB_KEY))
    result = run("trust", "rotate", "--pinned", ready, "--pinned", behind, hub=hub_with(PUBLISHED))
    assert (result.exit_code, f"  {behind} lacks {NEW}" in result.stdout.splitlines()) == (0, True)
    result = run("trust", "rotate", "--pinned", ready, hub=hub_with(PUBLISHED))
    assert "deploy the hub with SigningKeys=B-after-A" in result.stdout
    result = run("trust", "rotate", "--pinned", ready, hub=hub_with(RETIRED))
    assert f"  {ready} still pins {OLD}" in result.stdout.splitlines()
    result = run("trust", "rotate", "--pinned", str(tmp_path / "missing.json"), hub=hub_with(PUBLISHED))
    assert (result.exit_code, result.stderr.startswith("fanin: file-missing: ")) == (2, True)
