"""Watches: which answers are news, how the cursors move, and when a source is asked next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fanin.domain import watch as watches
from fanin.domain.completion import Completion, Source, SourceKind, Status
from fanin.domain.watch import (
    ASKED_EVERY_MS,
    IDLE_EVERY_MS,
    LOOK_BACK_MS,
    MAX_REMEMBERED,
    OLDEST_MS,
    OVERLAP_MS,
    ListedPage,
    Pass,
    Trouble,
    Watch,
    begun,
    caught_up_from,
    interrupted,
    new_watch,
    rebased,
    report_digest,
    retired,
    routed,
    turned,
    untold,
    wanted,
)

pytestmark = pytest.mark.unit

NOW_MS = 1_774_983_600_000
LEDGER = Source(SourceKind.STEP_FUNCTIONS, "arn:aws:states:us-east-1:111111111111:stateMachine:ledger")
ROUTED = routed(new_watch(LEDGER, NOW_MS), NOW_MS, NOW_MS)
MINUTE_MS = 60_000


def ended(name: str, at_ms: int, status: Status = Status.SUCCEEDED) -> Completion:
    return Completion(
        LEDGER, "111111111111", "us-east-1", name, f"arn:{name}", status, at_ms, at_ms - 1_000, at_ms, None, False, None, False
    )


def asked(watch: Watch, *pages: ListedPage, at_ms: int = NOW_MS) -> tuple[list[str], Watch]:
    """A whole pass at one moment: the names of what was handed over, and the watch after it."""
    watch, news = begun(watch, at_ms), list[str]()
    for page in pages:
        turn = turned(watch, page, at_ms)
        news += [one.execution_id for one in turn.news]
        watch = turn.watch
    return news, watch


def test_only_what_ends_after_a_source_is_first_watched_is_news() -> None:
    page = ListedPage((ended("after", NOW_MS + 10), ended("at once", NOW_MS), ended("before", NOW_MS - 1)))
    assert asked(ROUTED, page, at_ms=NOW_MS + 20)[0] == ["after", "at once"]


def test_what_was_handed_over_is_no_news_again_but_its_success_after_a_failure_is() -> None:
    failed = ended("close", NOW_MS + 10, Status.FAILED)
    news, watch = asked(ROUTED, ListedPage((failed,)), at_ms=NOW_MS + 20)
    assert news == ["close"]
    assert asked(watch, ListedPage((failed,)), at_ms=NOW_MS + MINUTE_MS)[0] == []
    assert asked(watch, ListedPage((ended("close", NOW_MS + 30),)), at_ms=NOW_MS + MINUTE_MS)[0] == ["close"]


def test_a_list_that_lags_for_less_than_the_overlap_loses_nothing() -> None:
    _, watch = asked(ROUTED, ListedPage((ended("shown", NOW_MS + 10),)), at_ms=NOW_MS + 20 * MINUTE_MS)
    late = ended("shown late", NOW_MS + 20 * MINUTE_MS - OVERLAP_MS)
    news, _ = asked(watch, ListedPage((late, ended("shown", NOW_MS + 10))), at_ms=NOW_MS + 21 * MINUTE_MS)
    assert news == ["shown late"]


def test_the_cursors_move_to_a_little_before_the_pass_began() -> None:
    at_ms = NOW_MS + 20 * MINUTE_MS
    under_way = begun(ROUTED, at_ms)
    first = turned(under_way, ListedPage((ended("one", NOW_MS + 1),), following="next"), at_ms)
    assert (first.watch.since_ms, first.watch.listed_from_ms) == (NOW_MS, NOW_MS - LOOK_BACK_MS)
    assert first.watch.due_at_ms == at_ms
    assert begun(first.watch, at_ms + MINUTE_MS) == first.watch
    second = turned(first.watch, ListedPage((ended("one", NOW_MS + 1), ended("two", NOW_MS + 2))), at_ms + MINUTE_MS)
    assert [one.execution_id for one in second.news] == ["two"]
    assert (second.watch.since_ms, second.watch.listed_from_ms) == (at_ms - OVERLAP_MS, at_ms - OVERLAP_MS)
    assert second.watch.passed_at_ms == at_ms + MINUTE_MS
    assert second.watch.passing is None


def test_a_pass_goes_back_to_the_oldest_start_that_was_seen_running() -> None:
    pages = [
        ListedPage((), running_since_ms=NOW_MS - 50, following="next"),
        ListedPage((), running_since_ms=NOW_MS - 70),
    ]
    _, watch = asked(ROUTED, *pages, at_ms=NOW_MS + 20 * MINUTE_MS)
    assert watch.listed_from_ms == NOW_MS - 70
    assert watch.since_ms == NOW_MS + 5 * MINUTE_MS
    _, watch = asked(watch, ListedPage(()), at_ms=NOW_MS + 30 * MINUTE_MS)
    assert watch.listed_from_ms == NOW_MS + 15 * MINUTE_MS


def test_cursors_never_move_back_by_themselves() -> None:
    _, watch = asked(ROUTED, ListedPage(()), at_ms=NOW_MS + 1)
    assert watch.since_ms == NOW_MS


def test_what_had_to_be_looked_up_is_remembered_for_as_long_as_it_is_listed() -> None:
    old = ended("old", NOW_MS - MINUTE_MS)
    news, watch = asked(ROUTED, ListedPage((old,), looked_up=True), at_ms=NOW_MS + 20 * MINUTE_MS)
    assert (news, list(watch.remembered)) == ([], [report_digest(old)])
    _, watch = asked(watch, ListedPage((), again=(report_digest(old),)), at_ms=NOW_MS + 21 * MINUTE_MS)
    assert watch.remembered == {report_digest(old): NOW_MS - MINUTE_MS}
    _, watch = asked(watch, ListedPage(()), at_ms=NOW_MS + 22 * MINUTE_MS)
    assert watch.remembered == {}


def test_of_a_busy_source_so_much_is_remembered_and_the_overlap_is_shorter() -> None:
    many = tuple(ended(f"e{number}", NOW_MS + number) for number in range(MAX_REMEMBERED + 50, 0, -1))
    news, watch = asked(ROUTED, ListedPage(many[:100], following="2"), ListedPage(many[100:]), at_ms=NOW_MS + 1_000)
    assert len(news) == MAX_REMEMBERED + 50
    assert len(watch.remembered) == MAX_REMEMBERED
    assert watch.since_ms == NOW_MS + 51
    assert asked(watch, ListedPage(many), at_ms=NOW_MS + 2_000)[0] == []


def test_a_source_that_something_waits_for_is_asked_at_every_sweep_and_any_other_now_and_then() -> None:
    at_ms = NOW_MS + MINUTE_MS
    assert asked(ROUTED, ListedPage(()), at_ms=at_ms)[1].due_at_ms == at_ms + IDLE_EVERY_MS
    assert asked(wanted(ROUTED, NOW_MS, at_ms + 1), ListedPage(()), at_ms=at_ms)[1].due_at_ms == at_ms + ASKED_EVERY_MS
    assert asked(wanted(ROUTED, NOW_MS, at_ms), ListedPage(()), at_ms=at_ms)[1].due_at_ms == at_ms + IDLE_EVERY_MS
    assert asked(retired(ROUTED), ListedPage(()), at_ms=at_ms)[1].due_at_ms is None
    assert asked(wanted(retired(ROUTED), NOW_MS, at_ms + 1), ListedPage(()), at_ms=at_ms)[1].due_at_ms == at_ms + ASKED_EVERY_MS


def test_wanting_makes_a_source_due_at_once_unless_it_is_asked_already_or_does_not_answer() -> None:
    idle = replace(ROUTED, due_at_ms=NOW_MS + IDLE_EVERY_MS)
    first = wanted(idle, NOW_MS, NOW_MS + 100)
    assert (first.due_at_ms, first.wanted_until_ms) == (NOW_MS, NOW_MS + 100)
    soon = replace(first, due_at_ms=NOW_MS + 40)
    assert wanted(soon, NOW_MS + 1, NOW_MS + 50) == soon
    assert wanted(soon, NOW_MS + 1, NOW_MS + 500).due_at_ms == NOW_MS + 40
    assert wanted(replace(soon, due_at_ms=NOW_MS + 900), NOW_MS + 100, NOW_MS + 500).due_at_ms == NOW_MS + 100
    refused = untold(idle, Trouble.REFUSED, NOW_MS)
    assert wanted(refused, NOW_MS + 1, NOW_MS + 500).due_at_ms == NOW_MS + IDLE_EVERY_MS
    assert wanted(new_watch(LEDGER, NOW_MS), NOW_MS, NOW_MS + 9).due_at_ms == NOW_MS


def test_a_source_that_does_not_answer_is_asked_ever_later_until_it_does() -> None:
    watch, waits = wanted(ROUTED, NOW_MS, NOW_MS + 10**9), []
    for _ in range(12):
        watch = untold(begun(watch, NOW_MS), Trouble.UNAVAILABLE, NOW_MS)
        assert watch.due_at_ms is not None
        waits.append(watch.due_at_ms - NOW_MS)
    assert waits[:5] == [100_000, 200_000, 400_000, 800_000, IDLE_EVERY_MS]
    assert set(waits[5:]) == {IDLE_EVERY_MS}
    _, watch = asked(watch, ListedPage(()))
    assert (watch.trouble, watch.failures) == (None, 0)
    assert untold(retired(ROUTED), Trouble.REFUSED, NOW_MS).due_at_ms is None


def test_a_definition_that_names_a_source_anew_is_told_again_what_stale_collectors_may_have_dropped() -> None:
    close = ended("close", NOW_MS + 10)
    _, watch = asked(ROUTED, ListedPage((close,)), at_ms=NOW_MS + 20)
    again = routed(watch, NOW_MS + 30, NOW_MS + 40)
    assert (again.since_ms, again.due_at_ms) == (NOW_MS, NOW_MS + 40)
    assert asked(again, ListedPage((close,)), at_ms=NOW_MS + 50)[0] == ["close"]


def test_nobody_is_asked_before_every_collector_knows_however_much_it_is_waited_for() -> None:
    soon = routed(new_watch(LEDGER, NOW_MS), NOW_MS, NOW_MS + 40)
    for watch in (soon, wanted(soon, NOW_MS, NOW_MS + 500), caught_up_from(soon, NOW_MS - 9, NOW_MS + 40)):
        assert [watch.is_due(NOW_MS + late_ms) for late_ms in (0, 39, 40)] == [False, False, True]
    assert not new_watch(LEDGER, NOW_MS).is_due(NOW_MS)


def test_a_source_that_was_not_asked_for_a_while_begins_anew_when_a_definition_names_it() -> None:
    _, forgotten = asked(retired(ROUTED), ListedPage(()), at_ms=NOW_MS + MINUTE_MS)
    later_ms = NOW_MS + 90 * 86_400_000
    again = routed(replace(forgotten, rev=7), later_ms, later_ms)
    assert (again.since_ms, again.listed_from_ms, again.rev) == (later_ms, later_ms - LOOK_BACK_MS, 7)


def test_catching_up_asks_from_the_past_at_once_and_again_when_it_is_said_again() -> None:
    close = ended("close", NOW_MS - 30)
    _, watch = asked(ROUTED, ListedPage((close,)), at_ms=NOW_MS + MINUTE_MS)
    for _ in range(2):
        watch = caught_up_from(replace(watch, passing=Pass(NOW_MS, "somewhere")), NOW_MS - 40, NOW_MS + MINUTE_MS)
        assert (watch.since_ms, watch.due_at_ms, watch.passing, watch.passed_at_ms) == (NOW_MS - 40, NOW_MS + MINUTE_MS, None, None)
        assert watch.listed_from_ms == NOW_MS - 40 - LOOK_BACK_MS
        news, watch = asked(watch, ListedPage((close,)), at_ms=NOW_MS + MINUTE_MS)
        assert news == ["close"]


def test_nothing_is_handed_over_that_the_collector_would_refuse_for_its_age() -> None:
    old = replace(ROUTED, since_ms=NOW_MS - 10 * OLDEST_MS)
    page = ListedPage((ended("young", NOW_MS - OLDEST_MS), ended("old", NOW_MS - OLDEST_MS - 1)))
    assert asked(old, page)[0] == ["young"]


def test_a_page_that_is_unknown_begins_the_pass_anew() -> None:
    watch = replace(ROUTED, passing=Pass(NOW_MS, "gone", None, {"digest00": 1}))
    assert begun(interrupted(watch, NOW_MS + 5), NOW_MS + 5).passing == Pass(NOW_MS + 5)


def test_what_was_worked_out_goes_on_top_of_somebodys_wish_and_of_nothing_else() -> None:
    before = replace(ROUTED, rev=3)
    _, after = asked(before, ListedPage(()), at_ms=NOW_MS + 20)
    wish = replace(wanted(before, NOW_MS, NOW_MS + 500), rev=4)
    merged = rebased(after, before, wish, NOW_MS + 30)
    assert merged is not None
    assert (merged.wanted_until_ms, merged.due_at_ms) == (NOW_MS + 500, NOW_MS + 30 + ASKED_EVERY_MS)
    assert rebased(after, before, replace(caught_up_from(before, NOW_MS - 9, NOW_MS), rev=4), NOW_MS) is None
    assert rebased(after, before, replace(before, rev=4, due_at_ms=NOW_MS + 9), NOW_MS) is None
    troubled = untold(before, Trouble.UNAVAILABLE, NOW_MS)
    kept = rebased(troubled, before, wish, NOW_MS)
    assert kept is not None
    assert kept.due_at_ms == troubled.due_at_ms


def test_digests_tell_executions_and_statuses_apart() -> None:
    names = [watches.digest_of(name, status.value) for name in ("a", "b") for status in Status]
    assert len(set(names)) == len(names)
    assert {len(name) for name in names} == {8}
    assert len(watches.digest_of("\ud800", "FAILED")) == 8
