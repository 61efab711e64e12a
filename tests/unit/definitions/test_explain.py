"""Plans in plain sentences, the net they make, and what changes between two of them."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from fanin.definitions.compiler import compile_documents
from fanin.definitions.cycles import cycles, targets_by_name
from fanin.definitions.difference import differences
from fanin.definitions.explain import explain
from fanin.definitions.graph import mermaid
from fanin.definitions.problems import Code
from fanin.definitions.yaml_source import read_definitions
from fanin.domain.completion import Source, SourceKind
from fanin.domain.condition import all_of
from fanin.domain.plan import KeyKind, KeyRule, Plan, Predecessor

pytestmark = pytest.mark.unit

JOINS = Path(__file__).parents[3] / "joins"


def ms(utc: str) -> int:
    return round(datetime.fromisoformat(utc + "Z").timestamp() * 1000)


NOW_MS = ms("2026-03-19T12:00")


def plans_of(name: str) -> list[Plan]:
    documents, problems = read_definitions(str(JOINS / f"{name}.yaml"))
    assert problems == []
    labelled = [(one.label, one.document) for one in documents]
    joins, refused = compile_documents(labelled, allowed_accounts=None, allowed_buses=None, this_year=2026)
    assert refused == []
    return [join.to_plan(1) for join in joins]


@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        (
            "daily-close",
            [
                "There is one run for each key; the key is the day (Asia/Tokyo, beginning at 05:00) in which the execution started.",
                "It is satisfied when ledger, positions and prices have succeeded.",
                "If ledger, positions or prices fails, the run waits for a rerun or a redrive.",
                "It is not released before 06:00 Asia/Tokyo 1 day after its day.",
                "If it is not satisfied at 11:00 Asia/Tokyo 1 day after its day, the run fails.",
                "After the release, late and repeated arrivals are counted and change nothing.",
                "When a run fails, the target incident-desk in account 222222222222 is started with the key and each execution's ARN, "
                "status and times.",
                "Window 2026-03-20 opens Fri 2026-03-20 05:00, closes Sat 2026-03-21 05:00, is not released before Sat 2026-03-21 06:00, "
                "is late (alert) Sat 2026-03-21 08:30 and is late (fail) Sat 2026-03-21 11:00.",
            ],
        ),
        (
            "quorum",
            [
                "It is satisfied when signing and (at least 2 of frankfurt, ohio and tokyo) have succeeded.",
                "If signing fails, the run fails as soon as it can no longer be satisfied.",
                "It is released only when nothing new has arrived for 30 seconds.",
                "If it is not satisfied 4 hours after its first arrival, the run fails.",
            ],
        ),
        (
            "expected",
            [
                "A run is opened when its window opens, on each business day, whether anything arrives or not.",
                "Window 2026-03-20T21:00-0400 opens Fri 2026-03-20 21:00, closes Sat 2026-03-21 21:00, "
                "is late (alert) Fri 2026-03-20 22:00 and is late (alert) Sat 2026-03-21 03:00.",
                "Window 2026-03-23T21:00-0400 opens Mon 2026-03-23 21:00, closes Tue 2026-03-24 21:00, "
                "is late (alert) Mon 2026-03-23 22:00 and is late (alert) Tue 2026-03-24 03:00.",
            ],
        ),
        (
            "best-effort",
            [
                "If news has not started when the first deadline passes, it counts as done.",
                "If weather fails, it counts as done.",
                "If it is not satisfied at 07:00 Europe/Berlin on its day, the run is released with what has arrived.",
                "After the release, late and repeated arrivals change nothing, but people are told.",
            ],
        ),
        (
            "settlement",
            [
                "trades is arn:aws:states:ap-northeast-1:333333333333:stateMachine:trades, its key being what tradeDate finds in the "
                "execution's input, moved 1 business day later.",
                "Its day is the key when that is a date, otherwise the one on which it opened in Asia/Tokyo.",
            ],
        ),
        (
            "metric-math",
            [
                "It has no key: it takes the newest success of each predecessor since its last release, again and again.",
                "When a run is released, the target c in account 222222222222 is started with the key and each execution's ARN, "
                "status and times.",
            ],
        ),
    ],
)
def test_an_example_is_explained_in_plain_sentences(name: str, sentences: list[str]) -> None:
    told = explain(plans_of(name)[0], NOW_MS)
    assert [sentence for sentence in sentences if sentence not in told] == []


def test_three_windows_are_told_for_a_window_key_and_none_for_others() -> None:
    counts = {name: sum(line.startswith("Window ") for line in explain(plans_of(name)[0], NOW_MS)) for name in ("month-end", "rerun")}
    assert counts == {"month-end": 3, "rerun": 0}


def a_plan(**fields: object) -> Plan:
    document = {
        "join": "j",
        "predecessors": {"a": {"stateMachine": "arn:aws:states:us-east-1:111111111111:stateMachine:a"}},
        "successors": [{"target": "t", "bus": "arn:aws:events:us-east-1:222222222222:event-bus/b"}],
        **fields,
    }
    joins, problems = compile_documents([("a", document)], allowed_accounts=None, allowed_buses=None, this_year=2026)
    assert problems == []
    return joins[0].to_plan(4)


DAILY = {"key": {"window": {"every": "day"}}}


def test_a_time_that_daylight_saving_skips_is_pointed_out() -> None:
    plan = a_plan(zone="Europe/Berlin", key={"window": {"every": "day", "startsAt": "02:30"}}, notBefore="02:00")
    notes = [sentence for sentence in explain(plan, NOW_MS) if sentence.startswith("Note")]
    assert notes == [
        "Note: on 2026-03-29 there is no 02:30 in Europe/Berlin; 03:00 is meant then.",
        "Note: on 2026-03-29 there is no 02:00 in Europe/Berlin; 03:00 is meant then.",
    ]
    assert not any("Note" in sentence for sentence in explain(a_plan(**DAILY, zone="Asia/Tokyo", notBefore="02:30"), NOW_MS))


def test_a_successor_that_waits_for_failures_in_vain_is_pointed_out() -> None:
    successors = [{"target": "t", "bus": "arn:aws:events:us-east-1:222222222222:event-bus/b", "on": ["released", "failed"]}]
    in_vain = "Note: no failure and no deadline fails a run of this join, so nobody is told of a failed one."
    assert in_vain in explain(a_plan(successors=successors), NOW_MS)
    assert in_vain not in explain(a_plan(successors=successors, key={"input": "d"}, onFailure="fail"), NOW_MS)


def test_a_calendar_that_runs_out_is_pointed_out() -> None:
    plan = a_plan(**DAILY, expect="businessDays", calendar={"country": "JP"})
    assert not any("last known holiday" in sentence for sentence in explain(plan, NOW_MS))
    (note,) = [sentence for sentence in explain(plan, ms("2031-06-01T00:00")) if "last known holiday" in sentence]
    assert note == "Note: its last known holiday is 2031-11-24; apply the definition again to take newer ones."


def test_a_chain_is_drawn_through_the_state_machine_between_the_joins() -> None:
    plans = plans_of("chain")
    alone = mermaid(plans)
    assert 'target4(["load-warehouse<br/>222222222222"])' in alone
    joined = mermaid(plans, targets_by_name(plans))
    assert joined.count("load-warehouse") == 1
    assert "    join1 ==> machine4\n" in joined
    assert "    machine4 --> join5\n" in joined
    assert "%% circle" not in joined


def test_the_drawing_shows_what_is_optional_moved_or_for_failures() -> None:
    assert " -.-> " in mermaid(plans_of("best-effort"))
    assert '-->|"moved 1 business day later"|' in mermaid(plans_of("settlement"))
    assert "==>|failed|" in mermaid(plans_of("rerun"))
    assert "==>|released and failed|" in mermaid(plans_of("quorum"))


def test_foreign_names_cannot_leave_their_labels() -> None:
    odd = Predecessor("a", Source(SourceKind.STEP_FUNCTIONS, 'arn:aws:states:us-east-1:111111111111:stateMachine:x"]-->y\n日'))
    plan = Plan("j", 1, "", "", KeyRule(KeyKind.LATEST), (odd,), all_of(1), ())
    drawn = mermaid([plan])
    assert 'machine2["x#34;#93;--#62;y#10;#26085;<br/>111111111111"]' in drawn
    assert len(drawn.splitlines()) == 4


def link(name: str, waits_for: str, starts: str, offset: str | None = None) -> dict[str, object]:
    key = {"input": "day", **({"offset": offset} if offset else {})}
    return {
        "join": name,
        "key": {"input": "day"},
        "predecessors": {"p": {"stateMachine": f"arn:aws:states:us-east-1:222222222222:stateMachine:{waits_for}", "key": key}},
        "successors": [{"target": starts, "bus": "arn:aws:events:us-east-1:222222222222:event-bus/b"}],
    }


def test_joins_that_start_one_another_in_a_circle_are_refused_and_named() -> None:
    documents = [("1", link("a", "x", "y")), ("2", link("b", "y", "z")), ("3", link("c", "z", "x")), ("4", link("d", "y", "end"))]
    joins, problems = compile_documents(documents, allowed_accounts=None, allowed_buses=None)
    (problem,) = problems
    assert (problem.label, problem.problem.path, problem.problem.code) == ("1", ("successors", 0, "target"), Code.JOIN_CYCLE)
    assert "a -> b -> c -> a" in problem.problem.message
    drawn = mermaid([join.content for join in joins], targets_by_name([join.content for join in joins]))
    assert "    %% circle: a -> b -> c -> a\n" in drawn


def test_a_join_that_starts_its_own_predecessor_is_a_circle_unless_it_waits_for_another_day() -> None:
    (problem,) = compile_documents([("1", link("a", "x", "x"))], allowed_accounts=None, allowed_buses=None)[1]
    assert problem.problem.code == Code.JOIN_CYCLE
    assert compile_documents([("1", link("a", "x", "x", "+1d"))], allowed_accounts=None, allowed_buses=None)[1] == []


def test_circles_apart_are_told_apart() -> None:
    documents = [("1", link("a", "x", "x")), ("2", link("b", "y", "z")), ("3", link("c", "z", "y"))]
    joins, problems = compile_documents(documents, allowed_accounts=None, allowed_buses=None)
    plans = [join.content for join in joins]
    assert cycles(plans, targets_by_name(plans)) == [("a",), ("b", "c")]
    assert [problem.label for problem in problems] == ["1", "2"]
    assert cycles(plans, {}) == []


def test_a_new_a_deleted_and_an_unchanged_join() -> None:
    plan = a_plan()
    assert differences(None, None) == []
    assert differences(plan, replace(plan, version=5, digest="other")) == []
    assert differences(None, plan) == [
        "The join j is new: 1 predecessor, satisfied by a, releasing t on arn:aws:events:us-east-1:222222222222:event-bus/b."
    ]
    assert differences(plan, None) == ["The join j is deleted; runs that are open go on by version 4."]


def test_each_change_is_a_sentence() -> None:
    old = a_plan(**DAILY, notBefore="06:00", deadlines=[{"at": "09:00", "then": "alert"}])
    new = a_plan(
        key={"window": {"every": "day", "startsAt": "05:00"}},
        zone="Asia/Tokyo",
        description="New.",
        predecessors={
            "a": {"stateMachine": "arn:aws:states:us-east-1:111111111111:stateMachine:a2", "onFailure": "fail", "optional": True},
            "b": {"stateMachine": "arn:aws:states:us-east-1:111111111111:stateMachine:b"},
        },
        require="any",
        deadlines=[{"after": "PT2H", "then": "fail"}],
        settle="PT30S",
        expect="businessDays",
        calendar={"holidays": ["2026-12-31"]},
        expireAfter="P3D",
        afterRelease="again",
        successors=[{"target": "u", "bus": "arn:aws:events:us-east-1:222222222222:event-bus/b"}],
    )
    assert differences(old, new) == [
        "The description is New. (was: empty).",
        "Times are shown in Asia/Tokyo (was: UTC).",
        "The key is the day (Asia/Tokyo, beginning at 05:00) in which the execution started "
        "(was: the day (UTC) in which the execution started).",
        "The predecessor b is added: arn:aws:states:us-east-1:111111111111:stateMachine:b.",
        "The predecessor a is arn:aws:states:us-east-1:111111111111:stateMachine:a2 "
        "(was: arn:aws:states:us-east-1:111111111111:stateMachine:a).",
        "A failure of a means fail (was: wait).",
        "The predecessor a is now optional.",
        "It is satisfied by a or b (was: a).",
        "It is not released before any time (was: 06:00 UTC on its day).",
        "The quiet time before a release is 30 seconds (was: no time).",
        "A deadline is added: 2 hours after it opened, the run fails.",
        "A deadline is removed: at 09:00 UTC on its day, people are told.",
        "Runs are opened with their windows on business days (was: by their first arrival).",
        "An open run is abandoned after 3 days (was: 30 days).",
        "Late and repeated arrivals mean again (was: ignore).",
        "1 holiday is added, from 2026-12-31 to 2026-12-31.",
        "The successor u on arn:aws:events:us-east-1:222222222222:event-bus/b is added.",
        "The successor t on arn:aws:events:us-east-1:222222222222:event-bus/b is removed.",
    ]


def test_a_changed_payload_is_told() -> None:
    bus = "arn:aws:events:us-east-1:222222222222:event-bus/b"
    old = a_plan(key={"input": "d"}, onFailure="fail")
    new = a_plan(
        key={"input": "d"},
        onFailure="fail",
        successors=[{"target": "t", "bus": bus, "payload": {"outputs": True, "project": "key"}, "on": ["released", "failed"]}],
    )
    assert differences(old, new) == [
        f"The successor t on {bus} gets the key, each execution's ARN, status and times, the outputs and the value of key "
        "(was: the key and each execution's ARN, status and times).",
        f"The successor t on {bus} is told when a run is released or a run fails (was: a run is released).",
    ]
