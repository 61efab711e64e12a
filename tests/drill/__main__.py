"""`make drill`: a burst of completions on the local AWS while everything around it fails and is mended, and then everything once more.

2,000 completions of 200 runs come at once, over the buses of two accounts. Meanwhile function processes are killed, calls are throttled,
permissions and bus policies are removed and restored. Then every completion, release and receipt is delivered a second time, under the same
troubles. In the end what lies in dead-letter queues is moved back, and each run must have exactly one execution, and be acknowledged.

SEED=… repeats an order of troubles, RUNS=… changes the size.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from local import LocalAws
from local.landscape import DAILY_CLOSE, HUB, PREDECESSOR, SUCCESSOR, machine_arn
from local.process import ROOT
from tests.drill.dead_letters import moved_back
from tests.drill.processes import session_of
from tests.drill.sabotage import Saboteur
from tests.e2e import events, faults
from tests.e2e.deployment import deploy
from tests.e2e.watching import eventually
from tests.e2e.world import BY_DATE, World, definition, to

JOIN = "drill"
PREDECESSORS = 10
_STATE = ROOT / "build" / "drill"
_PATIENCE_S = 600.0
_SENDERS = 4


def run(runs: int, seed: int) -> int:
    """Drill; 0 when every run has exactly one execution, 1 (and which has not) otherwise."""
    started = time.monotonic()

    def say(text: str) -> None:
        print(f"  {time.monotonic() - started:6.1f} s  {text}", flush=True)

    print(f"drill: {runs * PREDECESSORS} completions of {runs} runs, SEED={seed}; deploying", flush=True)
    with LocalAws(_STATE) as aws:
        world = World.around(aws, deploy(aws))
        world.apply(definition(JOIN, _machines(), to(DAILY_CLOSE), key=BY_DATE))
        chance = random.Random(seed)
        saboteur = Saboteur(world, session_of(aws), chance, say)
        completions = [(name, key) for key in _keys(runs) for name in _machines()]
        with _impatient(world):
            _under_trouble(saboteur, say, "the burst", lambda: _report(world, completions, chance))
            _under_trouble(saboteur, say, "every completion again", lambda: _report(world, completions, chance))
            replayed = _replay(world, say)
            dead = _converged(world, runs, say)
        wrong = _wrong(world, runs)
    for complaint in wrong:
        print(f"WRONG: {complaint}", file=sys.stderr)
    troubles = ", ".join(f"{number} {what}" for what, number in sorted(saboteur.troubles.items()))
    print(
        f"drill: {runs} runs, {len(completions)} completions twice, {replayed} releases and receipts again; {troubles}; "
        f"{dead} dead letters moved back; {runs - len(wrong)}/{runs} runs with exactly one execution; "
        f"seed {seed}, {time.monotonic() - started:.0f} s"
    )
    return 1 if wrong else 0


def _machines() -> dict[str, str]:
    accounts = (HUB, PREDECESSOR)
    return {f"p{number}": machine_arn(accounts[number % 2], f"drill-{number}") for number in range(PREDECESSORS)}


def _keys(runs: int) -> list[str]:
    return [f"day-{number:04d}" for number in range(runs)]


def _impatient(world: World) -> ExitStack:
    """What a killed function held comes again after a second, so that the drill does not last for hours."""
    stack = ExitStack()
    for account, url in _queues(world):
        stack.enter_context(faults.impatient(world, account, url))
    return stack


def _queues(world: World) -> list[tuple[str, str]]:
    hub, successor = world.deployed.landscape.hub, world.deployed.landscape.successor
    return [(HUB, hub["ArrivalsQueueUrl"]), (HUB, hub["DeparturesQueueUrl"]), (SUCCESSOR, successor["ReleasesQueueUrl"])]


def _under_trouble(saboteur: Saboteur, say: Callable[[str], None], what: str, work: Callable[[], None]) -> None:
    say(f"--- {what}")
    with ThreadPoolExecutor(max_workers=1) as pool:
        done = pool.submit(work)
        saboteur.bout()
        done.result()


def _report(world: World, completions: Sequence[tuple[str, str]], chance: random.Random) -> None:
    """Let Step Functions tell of every completion, in any order, over the bus of the account that it is of."""
    shuffled = list(completions)
    chance.shuffle(shuffled)
    with ThreadPoolExecutor(max_workers=_SENDERS) as pool:
        list(pool.map(lambda one: _tell(world, *one), shuffled))


def _tell(world: World, name: str, key: str) -> None:
    event = events.completion(_machines()[name], f"{name}-{key}", businessDate=key)
    world.aws.put_service_event(event["account"], event["source"], event["detail-type"], event["detail"], event["resources"])


def _replay(world: World, say: Callable[[str], None]) -> int:
    """Deliver every signed release and every receipt that passed by a second time, byte for byte."""
    releases = world.releases.bodies(lambda event: event["detail-type"] == "Fan-in Release")
    receipts = world.hub_bus.bodies(lambda event: event["detail-type"] == "Fan-in Receipt")
    say(f"--- {len(releases)} releases and {len(receipts)} receipts again")
    world.send_releases(*releases)
    world.send_arrivals(*receipts)
    return len(releases) + len(receipts)


def _converged(world: World, runs: int, say: Callable[[str], None]) -> int:
    """Wait until every run is acknowledged, moving dead letters back as an operator would; how many those were."""
    say("--- everything is mended; waiting for the rest")
    moved = 0

    def acknowledged() -> bool:
        nonlocal moved
        moved += moved_back(world)
        open_ones = runs - sum(run["state"] == "ACKNOWLEDGED" for run in world.ask_viewer(action="runs", join=JOIN, limit=500)["runs"])
        say(f"{open_ones} runs to go")
        time.sleep(2)
        return bool(open_ones == 0)

    eventually(acknowledged, "all runs to be acknowledged", _PATIENCE_S)
    world.settle()
    return moved


def _wrong(world: World, runs: int) -> list[str]:
    """The runs that do not have exactly one execution with every predecessor in it."""
    started: dict[str, list[dict[str, Any]]] = {key: [] for key in _keys(runs)}
    for given in world.executions_of(JOIN, DAILY_CLOSE):
        started.setdefault(given["key"], []).append(given)
    return [
        f"{key} has {len(found)} executions" if len(found) != 1 else f"{key} was released without all its predecessors"
        for key, found in started.items()
        if len(found) != 1 or set(found[0]["predecessors"]) != set(_machines())
    ]


if __name__ == "__main__":
    sys.exit(run(int(os.environ.get("RUNS", "200")), int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))))
