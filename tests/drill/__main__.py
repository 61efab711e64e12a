"""`make drill`: a burst of completions on the local AWS while everything around it fails and is mended, and then everything once more.

2,000 completions of 200 runs come at once, over the buses of two accounts. Meanwhile function processes are killed, calls are throttled,
permissions and bus policies are removed and restored. What lies in dead-letter queues is moved back. Then every completion, release and
receipt is delivered a second time, under the same troubles. In the end each run must have exactly one execution, and be acknowledged.

SEED=… repeats an order of troubles, RUNS=… changes the size (500 at most, as many as the viewer tells).
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from local import LocalAws
from local.aws import DEFAULT_REGION
from local.landscape import DAILY_CLOSE, HUB, PREDECESSOR, machine_arn
from local.process import ROOT
from tests.drill.dead_letters import moved_back
from tests.drill.pace import few_at_once, impatient, waiting
from tests.drill.sabotage import Saboteur
from tests.e2e import events
from tests.e2e.deployment import deploy
from tests.e2e.watching import Watch, eventually
from tests.e2e.world import BY_DATE, World, definition, to
from tests.local.world import make_queue, make_rule

T = TypeVar("T")
Delivery = Callable[[], object]

JOIN = "drill"
PREDECESSORS = 10
_STATE = ROOT / "build" / "drill"
_PATIENCE_S = 400.0
_EACH_LOOK_S = 3.0
_TOGETHER = 10
_AT_ONCE, _LOOK_S = 200, 0.1
# A completion comes this many runs early or late at most: runs are satisfied all through the burst, so every function works all the time.
_DISORDER = 15


def run(runs: int, seed: int) -> int:
    """Drill; 0 when every run has exactly one execution, 1 (and which has not) otherwise."""
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"  {time.monotonic() - started:6.1f} s  {text}", flush=True)

    print(f"drill: {runs * PREDECESSORS:,} completions of {runs} runs, SEED={seed}; deploying", flush=True)
    with LocalAws(_STATE) as aws:
        world = World.around(aws, deploy(aws))
        receipts = _receipts(aws)
        world.apply(definition(JOIN, _machines(), to(DAILY_CLOSE), key=BY_DATE))
        few_at_once(world)
        chance = random.Random(seed)
        saboteur = Saboteur(world, chance, say)
        completions = _completions(runs, chance)
        with impatient(world):
            say(f"--- {len(completions):,} completions")
            _under_trouble(saboteur, lambda: _report(world, completions), lambda: _is_under_way(world))
            moved = _converged(world, runs, say)
            again = world.releases.bodies(lambda event: True), receipts.bodies(lambda event: True)
            deliveries = _deliveries(world, completions, *again)
            chance.shuffle(deliveries)
            say(f"--- every completion again, and {len(again[0])} releases and {len(again[1])} receipts")
            _under_trouble(saboteur, lambda: _deliver(world, deliveries), lambda: True)
            moved += _converged(world, runs, say)
        wrong = _wrong(world, runs)
    for complaint in wrong:
        print(f"WRONG: {complaint}", file=sys.stderr)
    troubles = saboteur.troubles
    print(
        f"drill: {runs - len(wrong)}/{runs} runs with exactly one execution, {len(completions):,} completions twice, "
        f"{sum(map(len, again))} releases and receipts again, {troubles['killed at work']} processes killed at work, "
        f"{troubles['calls throttled']} calls throttled, {troubles['permissions taken away']} permissions and "
        f"{troubles['policies taken away']} policies taken away ({troubles['calls denied']} calls denied), "
        f"{moved} dead letters moved back, {time.monotonic() - started:.0f} s (seed {seed})"
    )
    return 1 if wrong else 0


def _machines() -> dict[str, str]:
    accounts = (HUB, PREDECESSOR)
    return {f"p{number}": machine_arn(accounts[number % 2], f"drill-{number}") for number in range(PREDECESSORS)}


def _keys(runs: int) -> list[str]:
    return [f"day-{number:04d}" for number in range(runs)]


def _receipts(aws: LocalAws) -> Watch:
    """The receipts alone of all that passes over the hub's bus."""
    queue = make_queue(aws, HUB, "drill-receipts")
    make_rule(aws, HUB, "drill-receipts", {"detail-type": ["Fan-in Receipt"]}, {"Arn": queue.arn}, bus="fanin")
    return Watch(aws, HUB, queue.url)


def _completions(runs: int, chance: random.Random) -> list[dict[str, Any]]:
    """Every completion, as Step Functions tells of it."""
    places = [(number + chance.uniform(0, _DISORDER), name, key) for number, key in enumerate(_keys(runs)) for name in _machines()]
    return [events.completion(_machines()[name], f"{name}-{key}", businessDate=key) for _, name, key in sorted(places)]


def _under_trouble(saboteur: Saboteur, work: Callable[[], None], is_under_way: Callable[[], bool]) -> None:
    with ThreadPoolExecutor(max_workers=1) as pool:
        done = pool.submit(work)
        eventually(is_under_way, "the first of it to be done", _PATIENCE_S)
        saboteur.bout()
        done.result()


def _is_under_way(world: World) -> bool:
    """Collector, forwarder and starter have done something; before that there is nothing to spoil. Receipts wait behind the burst."""
    return len(world.executions_of(JOIN, DAILY_CLOSE)) > 0


def _report(world: World, completions: Sequence[dict[str, Any]]) -> None:
    """Let Step Functions tell of completions, over the buses of the accounts that they are of."""
    for some in _some(completions):
        world.aws.put_service_events([_entry(event) for event in some])


def _entry(event: dict[str, Any]) -> dict[str, object]:
    told = {"Source": event["source"], "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"])}
    return {**told, "Resources": event["resources"], "Account": event["account"], "Region": DEFAULT_REGION}


def _deliveries(world: World, completions: Sequence[dict[str, Any]], releases: Sequence[str], receipts: Sequence[str]) -> list[Delivery]:
    """Everything a second time; signed releases and receipts byte for byte."""
    return [
        *(partial(world.send_releases, *some) for some in _some(releases)),
        *(partial(world.send_arrivals, *some) for some in _some(receipts)),
        *(partial(_report, world, some) for some in _some(completions)),
    ]


def _deliver(world: World, deliveries: Sequence[Delivery]) -> None:
    """Not faster than it is taken, so that it lasts as long as the troubles."""
    for deliver in deliveries:
        while waiting(world) > _AT_ONCE:
            time.sleep(_LOOK_S)
        _insist(deliver)


def _some(things: Sequence[T]) -> Iterator[Sequence[T]]:
    return (things[place : place + _TOGETHER] for place in range(0, len(things), _TOGETHER))


def _insist(call: Delivery) -> None:
    """Throttling refuses the drill's own calls too."""
    while True:
        try:
            call()
        except ClientError as error:
            if error.response["Error"]["Code"] != "RequestThrottled":
                raise
        else:
            return


def _converged(world: World, runs: int, say: Callable[[str], None]) -> int:
    """Everything is mended: move dead letters back and sweep, as an operator and the schedule would, until all is done; how many moved."""
    moved, end = 0, time.monotonic() + _PATIENCE_S
    while True:
        moved += moved_back(world)
        left, open_ones = waiting(world), runs - _acknowledged(world)
        say(f"mended; {open_ones} runs to go, {left} messages in queues, {moved} dead letters moved back")
        if left == open_ones == 0 or time.monotonic() > end:
            return moved
        world.sweep()
        time.sleep(_EACH_LOOK_S)


def _acknowledged(world: World) -> int:
    return sum(run["state"] == "ACKNOWLEDGED" for run in world.ask_viewer(action="runs", join=JOIN, limit=500)["runs"])


def _wrong(world: World, runs: int) -> list[str]:
    """The runs that do not have exactly one execution with every predecessor in it, or are not acknowledged."""
    started: dict[str, list[dict[str, Any]]] = {key: [] for key in _keys(runs)}
    for given in world.executions_of(JOIN, DAILY_CLOSE):
        started.setdefault(given["key"], []).append(given)
    states = {run["key"]: run["state"] for run in world.ask_viewer(action="runs", join=JOIN, limit=500)["runs"]}
    return [f"{key}: {complaint}" for key, found in started.items() if (complaint := _complaint(found, states.get(key)))]


def _complaint(found: Sequence[dict[str, Any]], state: str | None) -> str | None:
    if len(found) != 1:
        return f"{len(found)} executions"
    if set(found[0]["predecessors"]) != set(_machines()):
        return "released without all its predecessors"
    return None if state == "ACKNOWLEDGED" else f"the run is {state}"


if __name__ == "__main__":
    sys.exit(run(int(os.environ.get("RUNS", "200")), int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))))
