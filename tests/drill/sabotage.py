"""What goes wrong during the drill: each trouble lasts for a moment and is then mended, as an operator would mend it."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from local.landscape import HUB, HUB_NAME, SUCCESSOR, SUCCESSOR_NAME
from tests.drill.processes import kill_one
from tests.e2e import faults
from tests.e2e.grants import role_of
from tests.e2e.world import World

_KILL_PATIENCE_S = 1.0
_PAUSE_S = 0.3
_LASTS_S = (1.0, 3.0)
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
_ROUNDS = 2  # each trouble of the lists comes so often in one bout


@dataclass(slots=True)
class Saboteur:
    """Makes trouble, in an order that its seed decides, and counts it."""

    world: World
    session: int
    chance: random.Random
    say: Callable[[str], None]
    kills_each_round: int = 12
    troubles: Counter[str] = field(default_factory=Counter)

    def bout(self) -> None:
        """Every trouble `_ROUNDS` times, one after another; everything is mended at the end."""
        steps: list[Callable[[], None]] = []
        for _ in range(_ROUNDS):
            steps += [self._kill] * self.kills_each_round
            steps += [lambda one=one: self._window(*one) for one in self._windows()]  # type: ignore[misc]  # bound now, called later
        self.chance.shuffle(steps)
        for step in steps:
            step()
            time.sleep(_PAUSE_S)

    def _windows(self) -> Sequence[tuple[str, str, AbstractContextManager[None]]]:
        forwarder = role_of(self.world.aws, HUB, f"{HUB_NAME}-forwarder")
        starter = role_of(self.world.aws, SUCCESSOR, f"{SUCCESSOR_NAME}-starter")
        return [
            ("throttled", "calls are throttled", self._throttled()),
            ("policies removed", "the successor's bus has no policy", faults.closed(self.world, SUCCESSOR, SUCCESSOR_NAME, forwarder)),
            ("policies removed", "the hub's bus has no policy", faults.closed(self.world, HUB, HUB_NAME, starter)),
            *(
                ("permissions removed", f"{function} may not {action}", faults.without_permission(self.world, account, function, action))
                for account, function, action in _PERMISSIONS
            ),
        ]

    def _window(self, kind: str, what: str, trouble: AbstractContextManager[None]) -> None:
        lasts_s = self.chance.uniform(*_LASTS_S)
        self.say(f"{what} for {lasts_s:.1f} s")
        with trouble:
            time.sleep(lasts_s)
        self.troubles[kind] += 1

    def _kill(self) -> None:
        killed = kill_one(self.session, self.chance, _KILL_PATIENCE_S)
        if killed is not None:
            self.troubles["killed at work" if killed.at_work else "killed idle"] += 1
            self.say(f"killed {killed.function}{' at work' if killed.at_work else ''}")

    @contextmanager
    def _throttled(self) -> Iterator[None]:
        before = sum(self.world.aws.throttle(_THROTTLED).values())
        try:
            yield
        finally:
            self.troubles["calls throttled"] += sum(self.world.aws.throttle({}).values()) - before
