"""What goes out of order in the world for a while, or is done to it by people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulation.containers import ROTATION_MS
from tests.simulation.faults import Fault
from tests.simulation.happenings import JOIN, Trouble
from tests.unit.sources.events import HUB
from tests.unit.use_cases.landscape import HUB_BUS, bus_arn

if TYPE_CHECKING:
    from tests.simulation.world import World

POISON = ('{"detail": [', '{"source": "aws.states", "detail-type": "?"}', "[]")


@dataclass(frozen=True, slots=True)
class Troubles:
    """Begins them, and ends them."""

    world: World

    def begin(self, trouble: Trouble) -> None:
        table: dict[Fault, Callable[[Trouble], object]] = {
            Fault.BUS: self._bus,
            Fault.KEY: self._key,
            Fault.LIMIT: self._limit,
            Fault.SOURCE: self._source,
            Fault.SWEEPER: self._sweeper,
            Fault.ROTATED: self._rotated,
            Fault.POISON: self._poison,
            Fault.REDRIVEN: lambda _: self._redriven(),
            Fault.DEFINITION: self._definition,
            Fault.WITHDRAWN: self._withdrawn,
        }
        self.world.stage.injected[trouble.what] += 1
        table[trouble.what](trouble)

    def heal(self) -> None:
        """Whatever is out of order works again, and dead letters come back."""
        world = self.world
        for bus in (world.land.hub_bus, *world.land.successor_buses.values()):
            bus.refusals.clear()
        world.functions.keys.disabled = world.sweeper_down = False
        world.land.machines.throttled = world.land.executions.throttled = False
        world.land.listings.throttled.clear()
        self._redriven()

    def _ends(self, trouble: Trouble, work: Callable[[], object]) -> None:
        def end() -> None:
            self.world.stage.told(f"* {trouble.what.value}: over")
            work()

        self.world.stage.at(self.world.stage.now_ms + trouble.for_s * 1000, end)

    def _bus(self, trouble: Trouble) -> None:
        """A bus policy is removed: of a successor's bus, or of the hub's, to which receipts go."""
        land = self.world.land
        refused = bus_arn() if trouble.at_s % 3 else HUB_BUS
        buses = (land.hub_bus, *land.successor_buses.values())
        for bus in buses:
            bus.refusals[refused] = "AccessDeniedException"
        self._ends(trouble, lambda: [bus.refusals.pop(refused, None) for bus in buses])

    def _key(self, trouble: Trouble) -> None:
        keys = self.world.functions.keys
        keys.disabled = True
        self._ends(trouble, lambda: setattr(keys, "disabled", False))

    def _limit(self, trouble: Trouble) -> None:
        machines = self.world.land.machines
        machines.throttled = True
        self._ends(trouble, lambda: setattr(machines, "throttled", False))

    def _source(self, trouble: Trouble) -> None:
        executions, listings = self.world.land.executions, self.world.land.listings
        executions.throttled = True
        listings.throttled.add(HUB)

        def end() -> None:
            executions.throttled = False
            listings.throttled.clear()

        self._ends(trouble, end)

    def _sweeper(self, trouble: Trouble) -> None:
        self.world.sweeper_down = True
        self._ends(trouble, lambda: setattr(self.world, "sweeper_down", False))

    def _rotated(self, _: Trouble) -> None:
        keys, stage = self.world.functions.keys, self.world.stage
        keys.publish()
        stage.at(stage.now_ms + ROTATION_MS, keys.rotate)

    def _poison(self, _: Trouble) -> None:
        for body in POISON:
            self.world.send(self.world.functions.arrivals, body)

    def _redriven(self) -> None:
        for queue in self.world.functions.queues():
            queue.redrive()

    def _definition(self, trouble: Trouble) -> None:
        self.world.apply_meanwhile({**self.world.documents[-1], "description": f"as before, at {trouble.at_s} s"})

    def _withdrawn(self, _: Trouble) -> None:
        self.world.withdrawn = True
        operator = self.world.land.operator()
        self.world.people("operator", lambda: operator.withdraw(JOIN))
