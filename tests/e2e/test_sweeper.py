"""What an event loses, the sweeper finds: wake-ups that never came, buses that refused, decisions that were never taken."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

import pytest

from local.landscape import DAILY_CLOSE, HUB, SUCCESSOR, SUCCESSOR_NAME
from tests.e2e.deployment import AUDIT
from tests.e2e.events import body, completion
from tests.e2e.faults import closed, paused
from tests.e2e.grants import role_of
from tests.e2e.watching import eventually
from tests.e2e.world import BY_DATE, World, definition, hub_machine, to

pytestmark = pytest.mark.e2e

DATE = "2026-03-31"


def test_a_delivery_whose_wake_up_was_lost_goes_out(world: World) -> None:
    machine, queue = hub_machine("lost"), world.deployed.landscape.hub["DeparturesQueueUrl"]
    world.apply(definition("lost", {"it": machine}, to(DAILY_CLOSE), key=BY_DATE))
    with paused(world, HUB, "fanin-forwarder"):
        world.send_arrivals(body(completion(machine, "x", businessDate=DATE)))
        world.wait_for_state("lost", DATE, "SATISFIED")
        world.aws.client(HUB, "sqs").purge_queue(QueueUrl=queue)
    world.settle()
    assert world.executions_of("lost", DAILY_CLOSE) == []
    world.table.make_due("lost", DATE)
    world.sweep()
    world.wait_for_state("lost", DATE, "ACKNOWLEDGED")
    assert len(world.executions_of("lost", DAILY_CLOSE)) == 1
    eventually(lambda: sorted(world.notices_of("lost", DATE)) == ["ACKNOWLEDGED", "RELEASED"], "both notices")


def test_a_release_that_was_lost_between_the_accounts_is_sent_again(world: World) -> None:
    machine = hub_machine("lost-between")
    world.apply(definition("lost-between", {"it": machine}, to(DAILY_CLOSE), key=BY_DATE))
    with paused(world, SUCCESSOR, f"{SUCCESSOR_NAME}-starter"):
        world.send_arrivals(body(completion(machine, "x", businessDate=DATE)))
        world.wait_for_state("lost-between", DATE, "RELEASED")
        world.aws.client(SUCCESSOR, "sqs").purge_queue(QueueUrl=world.deployed.landscape.successor["ReleasesQueueUrl"])
    world.table.make_due("lost-between", DATE)
    world.sweep()
    run = world.wait_for_state("lost-between", DATE, "ACKNOWLEDGED")
    assert run["deliveries"][0]["tries"] == 2
    texts = world.releases.events(lambda event: event["detail"]["data"]["join"] == "lost-between")
    assert len(texts) == 2
    assert texts[0]["detail"]["data"] == texts[1]["detail"]["data"]
    assert len(world.executions_of("lost-between", DAILY_CLOSE)) == 1


def test_a_delivery_as_old_as_the_memory_of_names_is_given_up(world: World) -> None:
    """Step Functions will have forgotten that name some day; then sending it again would start it again."""
    machine = hub_machine("given-up")
    world.apply(definition("given-up", {"it": machine}, to(DAILY_CLOSE), key=BY_DATE))
    with paused(world, SUCCESSOR, f"{SUCCESSOR_NAME}-starter"):
        world.send_arrivals(body(completion(machine, "x", businessDate=DATE)))
        world.wait_for_state("given-up", DATE, "RELEASED")
        world.aws.client(SUCCESSOR, "sqs").purge_queue(QueueUrl=world.deployed.landscape.successor["ReleasesQueueUrl"])
    (delivery,) = [item for item in world.table.items_of_run("given-up", DATE) if item["sk"]["S"].startswith("DLV#")]
    world.table.write(delivery, frozen={"N": str(int(delivery["frozen"]["N"]) - 26 * 86_400_000)})
    world.table.make_due("given-up", DATE)
    world.sweep()
    world.wait_for_count("fanin-forwarder", "DeliveriesGivenUp", 1)
    run = world.show("given-up", DATE)
    assert run is not None
    assert [(one["state"], one["tries"], one["dueAtMs"]) for one in run["deliveries"]] == [("GIVEN_UP", 1, None)]
    assert world.executions_of("given-up", DAILY_CLOSE) == []


def test_a_bus_that_refuses_delays_its_own_deliveries_only(world: World) -> None:
    shut, open_ = hub_machine("shut"), hub_machine("open")
    world.apply(definition("shut", {"it": shut}, to(DAILY_CLOSE), key=BY_DATE), definition("open", {"it": open_}, to(AUDIT), key=BY_DATE))
    with closed(world, SUCCESSOR, SUCCESSOR_NAME, role_of(world.aws, HUB, "fanin-forwarder")):
        world.send_arrivals(*(body(completion(machine, str(n), businessDate=str(n))) for n in range(3) for machine in (shut, open_)))
        for n in range(3):
            world.wait_for_state("open", str(n), "ACKNOWLEDGED")
        runs = [wait_for_refusal(world, "shut", str(n)) for n in range(3)]
        assert {run["state"] for run in runs} == {"SATISFIED"}
        now_ms = time.time_ns() // 1_000_000
        for run in runs:
            (delivery,) = run["deliveries"]
            assert (delivery["state"], delivery["tries"], delivery["lastError"]) == ("DUE", 0, "AccessDeniedException")
            assert now_ms - 30_000 < delivery["dueAtMs"] < now_ms + 30_000
        world.settle()
    assert world.executions_of("shut", DAILY_CLOSE) == []
    for n in range(3):
        world.table.make_due("shut", str(n))
    world.sweep()
    for n in range(3):
        run = world.wait_for_state("shut", str(n), "ACKNOWLEDGED")
        assert (run["deliveries"][0]["refusals"], run["deliveries"][0]["lastError"]) == (0, None)
    assert [given["key"] for given in world.executions_of("shut", DAILY_CLOSE)] == ["0", "1", "2"]


def test_a_delivery_that_was_refused_waits_its_time_out(world: World) -> None:
    """5 s after the first refusal, doubling: a wake-up that comes before is not heeded."""
    machine = hub_machine("backoff")
    world.apply(definition("backoff", {"it": machine}, to(DAILY_CLOSE), key=BY_DATE))
    with closed(world, SUCCESSOR, SUCCESSOR_NAME, role_of(world.aws, HUB, "fanin-forwarder")):
        world.send_arrivals(body(completion(machine, "x", businessDate=DATE)))
        wait_for_refusal(world, "backoff", DATE)
        for _ in range(2):
            world.table.make_due("backoff", DATE)
            world.sweep()
            world.settle()
    run = world.show("backoff", DATE)
    assert run is not None
    (delivery,) = run["deliveries"]
    assert delivery["refusals"] == 3
    assert 10_000 < delivery["dueAtMs"] - time.time_ns() // 1_000_000 <= 20_000
    world.sweep()
    world.settle()
    assert world.show("backoff", DATE) == run
    world.table.make_due("backoff", DATE)
    world.sweep()
    world.wait_for_state("backoff", DATE, "ACKNOWLEDGED")


def test_a_run_that_was_written_and_never_decided_is_decided(world: World) -> None:
    """As when the collector died between the two, and its message went to the dead-letter queue."""
    a, b = hub_machine("undecided-a"), hub_machine("undecided-b")
    world.apply(definition("undecided", {"a": a, "b": b}, to(DAILY_CLOSE), key=BY_DATE))
    world.send_arrivals(body(completion(a, "same-name", businessDate=DATE)))
    world.wait_for_state("undecided", DATE, "OPEN")
    world.settle()
    (item,) = world.table.items_of_run("undecided", DATE)
    world.table.write(item, p1=item["p0"])
    world.table.make_due("undecided", DATE)
    world.sweep()
    run = world.wait_for_state("undecided", DATE, "ACKNOWLEDGED")
    assert run["arrivals"]["b"]["executionArn"].endswith(":undecided-b:same-name")


def test_a_run_that_still_waits_is_looked_at_again_later(world: World) -> None:
    a, b = hub_machine("waits-a"), hub_machine("waits-b")
    world.apply(definition("waits", {"a": a, "b": b}, to(DAILY_CLOSE), key=BY_DATE))
    world.send_arrivals(body(completion(a, "x", businessDate=DATE)))
    world.wait_for_state("waits", DATE, "OPEN")
    world.table.make_due("waits", DATE)
    world.sweep()
    world.settle()
    (item,) = world.table.items_of_run("waits", DATE)
    assert int(item["dueAt"]["N"]) > (time.time() + 240) * 1000
    assert [run["state"] for run in world.runs("waits")] == ["OPEN"]


def test_nothing_that_is_closed_stays_due(world: World) -> None:
    """The due index would otherwise grow, and every sweep wake what is long done."""
    machine = hub_machine("done")
    world.apply(definition("done", {"it": machine}, to(DAILY_CLOSE), key=BY_DATE))
    world.send_arrivals(body(completion(machine, "x", businessDate=DATE)))
    world.wait_for_state("done", DATE, "ACKNOWLEDGED")
    world.settle()
    assert due(world.table.items_of_run("done", DATE)) == []


def due(items: Iterable[dict[str, object]]) -> list[object]:
    return [item["sk"] for item in items if "dueAt" in item]


def wait_for_refusal(world: World, join: str, key: str) -> dict[str, Any]:
    def refused() -> dict[str, Any] | None:
        run = world.show(join, key)
        return run if run and run["deliveries"] and run["deliveries"][0]["refusals"] else None

    return eventually(refused, "the refusal to be written down")
