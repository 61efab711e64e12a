"""What goes wrong during the drill: each trouble lasts for a moment and is then mended, as an operator would mend it."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Event

from local.landscape import HUB, HUB_NAME, SUCCESSOR, SUCCESSOR_NAME
from tests.drill.denials import Denials
from tests.drill.pace import waiting
from tests.drill.processes import kill_one_at_work
from tests.e2e import faults
from tests.e2e.grants import role_of
from tests.e2e.world import World

_KILL_PATIENCE_S = 1.0
# A killed process costs the next invocation a cold start, seconds of a processor: more kills, and nothing but cold starts would happen.
_BETWEEN_KILLS_S = (1.0, 3.0)
_THROTTLED_FOR_S, _BETWEEN_THROTTLES_S = (3.0, 6.0), (1.0, 3.0)
_LASTS_S = (1.0, 3.0)
# How long a permission stays away when nobody asks for it.
_UNASKED_S = 6.0
_PERMISSIONS = (
    (HUB, f"{HUB_NAME}-collector", "dynamodb:UpdateItem"),
    (HUB, f"{HUB_NAME}-collector", "dynamodb:PutItem"),
    (HUB, f"{HUB_NAME}-collector", "sqs:SendMessage"),
    (HUB, f"{HUB_NAME}-forwarder", "kms:Sign"),
    (HUB, f"{HUB_NAME}-forwarder", "dynamodb:UpdateItem"),
    (HUB, f"{HUB_NAME}-forwarder", "events:PutEvents"),
    (SUCCESSOR, f"{SUCCESSOR_NAME}-starter", "states:StartExecution"),
    (SUCCESSOR, f"{SUCCESSOR_NAME}-starter", "events:PutEvents"),
)
_THROTTLED = {
    "dynamodb:UpdateItem": 0.5,
    "dynamodb:GetItem": 0.3,
    "dynamodb:TransactWriteItems": 0.5,
    "kms:Sign": 0.6,
    "events:PutEvents": 0.5,
    "states:StartExecution": 0.6,
    "sqs:SendMessageBatch": 0.5,
}


@dataclass(slots=True)
class Saboteur:
    """Makes trouble, in an order that its seed decides, and counts it."""

    world: World
    chance: random.Random
    say: Callable[[str], None]
    troubles: Counter[str] = field(default_factory=Counter)

    def bout(self) -> None:
        """Each permission and policy is away once, one after another; beside that processes are killed and calls throttled."""
        over = Event()
        with ThreadPoolExecutor(max_workers=2) as pool:
            beside = [pool.submit(lane, over, random.Random(self.chance.random())) for lane in (self._kill, self._throttle)]
            try:
                for window in self.chance.sample(windows := self._windows(), len(windows)):
                    self._open(*window)
            finally:
                over.set()
            for lane in beside:
                lane.result()

    def _windows(self) -> Sequence[tuple[str, str, str, AbstractContextManager[None]]]:
        forwarder = role_of(self.world.aws, HUB, f"{HUB_NAME}-forwarder")
        starter = role_of(self.world.aws, SUCCESSOR, f"{SUCCESSOR_NAME}-starter")
        put, policy = "events:PutEvents", "policies taken away"
        return [
            (policy, put, "the successor's bus has no policy", faults.closed(self.world, SUCCESSOR, SUCCESSOR_NAME, forwarder)),
            (policy, put, "the hub's bus has no policy", faults.closed(self.world, HUB, HUB_NAME, starter)),
            *(
                (
                    "permissions taken away",
                    action,
                    f"{function} may not {action}",
                    faults.without_permission(self.world, account, function, action),
                )
                for account, function, action in _PERMISSIONS
            ),
        ]

    def _open(self, kind: str, action: str, what: str, trouble: AbstractContextManager[None]) -> None:
        """Until somebody was refused, and a moment longer; or for a while when nobody asks."""
        denials = Denials(self.world.aws.iam_calls, action)
        with trouble:
            denials.wait_for_one(_UNASKED_S)
            time.sleep(self.chance.uniform(*_LASTS_S))
        refused = denials.number()
        self.troubles[kind] += 1
        self.troubles["calls denied"] += refused
        self.say(f"{what}: {refused} calls denied; {waiting(self.world)} messages in queues")

    def _kill(self, over: Event, chance: random.Random) -> None:
        while not over.wait(chance.uniform(*_BETWEEN_KILLS_S)):
            killed = kill_one_at_work(self.world.aws.process_id, chance, _KILL_PATIENCE_S)
            if killed is not None:
                self.troubles["killed at work"] += 1
                self.say(f"killed {killed} at work")

    def _throttle(self, over: Event, chance: random.Random) -> None:
        while not over.wait(chance.uniform(*_BETWEEN_THROTTLES_S)):
            before = sum(self.world.aws.throttle(_THROTTLED).values())
            try:
                over.wait(chance.uniform(*_THROTTLED_FOR_S))
            finally:
                refused = sum(self.world.aws.throttle({}).values()) - before
            self.troubles["calls throttled"] += refused
            self.say(f"{refused} calls throttled")
