"""The world of a schedule: the landscape of the unit tests, with queues, buses and containers that behave as badly as they may.

What people and AWS do comes from a story; what goes wrong at a call comes from the stage. `heal` ends both: from then on everything
works, and what is observable must end as it should.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fanin.adapters.memory_bus import MemoryBus, PutEvent
from fanin.adapters.memory_executions import MemoryListings
from fanin.definitions import width
from fanin.domain.completion import Completion
from fanin.sources.found import found_message
from fanin.sources.message import parse_message
from fanin.use_cases.apply_definitions import ApplyDefinitions
from fanin.use_cases.sweep_due import AHEAD_MS
from tests.simulation.containers import StageClock
from tests.simulation.documents import Document
from tests.simulation.faults import Fault
from tests.simulation.functions import Functions
from tests.simulation.happenings import BEGIN_MS, JOIN, Announced, Applied, Happening, Report, Story, Trouble
from tests.simulation.queues import Message, Queue
from tests.simulation.stage import Stage
from tests.simulation.troubles import Troubles
from tests.unit.sources.events import HUB
from tests.unit.use_cases.landscape import HUB_BUS, SECOND_SUCCESSOR, SUCCESSOR, SWEEP_EVERY_MS, Landscape, bus_arn
from tests.unit.use_cases.recomposed import recomposed

DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
NEVER_MS = 10**15
MAX_NARROW = width.MAX_NARROW
ASKING_MS = 40 * MINUTE_MS  # twice the time after which an idle source is asked, and its throttling
TO_STARTER = {bus_arn(account): account for account in (SUCCESSOR, SECOND_SUCCESSOR)}
# What becomes of something on its way: the delays of its copies, in milliseconds (None: as late as it may be).
WAYS: tuple[tuple[Fault | None, tuple[int | None, ...]], ...] = (
    (None, (0,)),
    (Fault.DUPLICATE, (0, 5_000)),
    (Fault.DROPPED, ()),
    (Fault.REORDERED, (90_000,)),
    (Fault.LATE, (None,)),
)


@dataclass(slots=True)
class World:
    """Everything that outlives an invocation, and the way from one to the next."""

    story: Story
    stage: Stage
    land: Landscape = field(init=False)
    functions: Functions = field(init=False)
    documents: list[Document] = field(default_factory=list)
    observable: list[Report] = field(default_factory=list)
    lost: list[Report] = field(default_factory=list)
    happened: list[Report] = field(default_factory=list)
    announced: list[Announced] = field(default_factory=list)
    notices: list[PutEvent] = field(default_factory=list)
    sweeper_down: bool = False
    withdrawn: bool = False
    next_sweep_ms: int = BEGIN_MS + 7_000
    asking_until_ms: int = 0  # sweeps are simulated for the sake of asking only while somebody may have something new to tell
    _messages: int = 0
    _said_by: dict[str, Report | Announced] = field(default_factory=dict)
    _known: dict[str, Report] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # Both widths give the same releases: a wide story is a keyed one whose runs have journals.
        width.MAX_NARROW = 0 if self.story.kind == "wide" else MAX_NARROW
        self.land = Landscape(due_partitions=1, page_segments=self.story.page_segments)
        self.land.clock = self.land.machines.clock = StageClock(self.stage)  # type: ignore[assignment]  # any clock
        self.land.faults = self.stage  # type: ignore[assignment]  # what wraps a port
        self.land.listings = MemoryListings(self.land.executions, self.land.clock, self.story.list_lag_ms, page_size=self.story.list_page)
        self.functions = Functions(self.land, self.stage)
        _, problems = self.land.try_to_apply(self.story.document)
        assert not problems, problems
        self.documents.append(self.story.document)
        self.stage.now_ms = BEGIN_MS
        for happening in self.story.happenings:
            if isinstance(happening, Report):
                self.stage.at(happening.stopped_ms, partial(self._becomes_known, happening))
            self.stage.at(BEGIN_MS + happening.at_s * 1000, partial(self._happens, happening))

    # The main loop.

    def until(self, end_ms: int) -> None:
        """Let everything happen up to a moment."""
        while True:
            if self.stage.go_on(self.functions.startable()):
                continue
            sweep_ms, happens_ms = self._next_sweep_ms(), self.stage.next_ms() or NEVER_MS
            if min(sweep_ms, happens_ms) > end_ms:
                self.stage.now_ms = max(self.stage.now_ms, end_ms)
                return
            self.stage.pass_until(min(sweep_ms, happens_ms))
            if sweep_ms <= happens_ms:
                self.next_sweep_ms = sweep_ms + SWEEP_EVERY_MS
                if not self.sweeper_down:
                    self.functions.sweep(asking=self.stage.now_ms < self.asking_until_ms)

    def heal(self) -> None:
        """From now on nothing goes wrong: buses, keys, clocks, sources and the sweeper work, and dead letters are redriven."""
        self.stage.told("* everything works again")
        self.stage.faulty = False
        self.functions.renew()
        Troubles(self).heal()
        self.asking_until_ms = self.stage.now_ms + ASKING_MS

    def accepted(self) -> list[Report | Announced]:
        """What was acknowledged to its queue: whatever is decided from now on must have it."""
        return [found for body in self.functions.accepted if (found := self._said_by.get(body)) is not None]

    def told(self) -> list[Report]:
        """What somebody can know in the end: what was reported, and the last that became of each execution, whose source can be asked."""
        return [*self.observable, *(one for one in self.lost if one.status != "RUNNING" and one in self._known.values())]

    def late_ms(self) -> int:
        """A day, as long as EventBridge tries; where every hour is a window of its own, a few of them."""
        return (2 * HOUR_MS if self.story.kind == "expected" else DAY_MS) - 3_000

    def document(self, version: int) -> Document:
        """The document of a version, whether or not its applying was answered: each has a description of its own."""
        description = self.land.table.plans[JOIN, version].description
        return next(one for one in self.documents if one["description"] == description)

    def ends_later(self, execution_arn: str) -> None:
        """A successor's execution ends after a while: its name is taken from then on."""
        self.stage.at(self.stage.now_ms + 40_000, lambda: self.land.machines.close(execution_arn))

    def _next_sweep_ms(self) -> int:
        """When a sweep would find something: those that would find nothing change nothing."""
        due_ms = min(self._due(), default=NEVER_MS)
        behind_ms = max(0, due_ms - AHEAD_MS - self.next_sweep_ms)
        return self.next_sweep_ms + -(-behind_ms // SWEEP_EVERY_MS) * SWEEP_EVERY_MS

    def _due(self) -> Iterator[int]:
        table = self.land.table
        for items in (table.deliveries.values(), table.runs.values(), table.streams.values()):
            yield from (one.due_at_ms for one in items if one.due_at_ms is not None)
        yield from (one.opens_ms for one in table.expectations.values())
        if self.stage.now_ms < self.asking_until_ms:
            # Wanted sources are due at every sweep: for their sake alone one in five is played.
            seldom_ms = self.next_sweep_ms + 4 * SWEEP_EVERY_MS
            yield from (max(one.due_at_ms, seldom_ms) for one in table.watches.values() if one.due_at_ms is not None)

    # What people and AWS do.

    def _happens(self, happening: Happening) -> None:
        self.stage.told(f"* {happening}")
        match happening:
            case Report():
                self._report(happening)
            case Announced():
                self._announced(happening)
            case Applied(_, document):
                self.stage.injected[Fault.DEFINITION] += 1
                self.apply_meanwhile(document)
            case Trouble():
                Troubles(self).begin(happening)

    def _report(self, report: Report) -> None:
        delays_ms = [] if report.lost else self._way()
        (self.observable if delays_ms else self.lost).append(report)
        if delays_ms != [0]:
            self.asking_until_ms = self.stage.now_ms + ASKING_MS
        body = report.body()
        self._said_by[body] = report
        self._later(self.functions.arrivals, [(body, delay_ms) for delay_ms in delays_ms])

    def _announced(self, announced: Announced) -> None:
        delays_ms, body = self._way(), announced.body()
        self._said_by[body] = announced
        if delays_ms:
            self.announced.append(announced)
        self._later(self.functions.arrivals, [(body, delay_ms) for delay_ms in delays_ms])

    def _becomes_known(self, report: Report) -> None:
        """A look-up tells the last that became of an execution."""
        self.happened.append(report)
        whole = parse_message(report.body(whole=True))
        assert isinstance(whole, Completion)
        before = self._known.get(whole.execution_arn)
        if before is not None and before.status not in {"RUNNING", report.status}:
            self.stage.injected[Fault.REDRIVE] += 1
        elif report.execution.endswith("-rerun"):
            self.stage.injected[Fault.RERUN] += 1
        if before is None or report.order > before.order:
            self.land.executions.known[whole.execution_arn], self._known[whole.execution_arn] = whole, report

    def apply_meanwhile(self, document: Document) -> None:
        """Somebody applies a definition, and again until it is done."""
        operator = self._operator()
        self.documents.append(document)

        def apply() -> None:
            operator([("joins/0.yaml", document)])

        self.people("operator", apply)

    def _operator(self) -> ApplyDefinitions:
        on, operator = self.stage.on, self.land.operator()
        watching = operator.watch_sources
        assert watching is not None
        return recomposed(
            operator,
            registry=on(operator.registry),
            runs=on(operator.runs),
            streams=on(operator.streams),
            expectations=on(operator.expectations),
            watch_sources=recomposed(watching, registry=on(watching.registry), watches=on(watching.watches)),
        )

    def people(self, name: str, work: Callable[[], None]) -> None:
        """People do something, and again after a minute until it works."""

        def again() -> None:
            self.stage.at(self.stage.now_ms + MINUTE_MS, lambda: self.people(name, work))

        def attempt() -> None:
            try:
                work()
            except Exception as error:  # noqa: BLE001 whatever it was, people try again
                self.stage.told(f"{name}: {error}")
                again()

        self.stage.begin(name, attempt, again, time_s=50)

    # Messages and events on their way.

    def send(self, queue: Queue, body: object) -> None:
        """A message comes into a queue."""
        self._messages += 1
        queue.show(Message(self._messages, body))

    def later(self, queue: Queue, body: object, delay_ms: int) -> None:
        """A message comes into a queue after a while."""
        if delay_ms <= 0:
            self.send(queue, body)
        else:
            self.stage.at(self.stage.now_ms + delay_ms, lambda: self.send(queue, body))

    def carry(self, port: str, args: tuple[Any, ...]) -> None:
        """What a call has sent goes on its way."""
        land, functions = self.land, self.functions
        match port:
            case "Wakeups":
                delay_s = args[1] if len(args) > 1 else 0
                self._later(functions.departures, [(delivery, delay_s * 1000) for delivery in land.wakeups.sent])
                land.wakeups.sent.clear()
            case "Rechecks":
                self._later(functions.arrivals, [(body, at_ms - self.stage.now_ms) for at_ms, body in land.timers_sent()])
            case "Findings":
                self._later(functions.arrivals, [(found_message(completion), 0) for completion in land.findings.found])
                land.findings.found.clear()
            case "Bus":
                self._deliver(land.hub_bus, HUB)
                for account, bus in land.successor_buses.items():
                    self._deliver(bus, account)

    def _later(self, queue: Queue, bodies: Iterable[tuple[object, int]]) -> None:
        for body, delay_ms in bodies:
            self.later(queue, body, delay_ms)

    def _deliver(self, bus: MemoryBus, account: str) -> None:
        for put in bus.put_events:
            if put.bus_arn == HUB_BUS and account == HUB:
                self.notices.append(put)
                continue
            queue = self.functions.arrivals if put.bus_arn == HUB_BUS else self.functions.releases[TO_STARTER[put.bus_arn]]
            body = self.land.event_of(put, account)
            for delay_ms in self._way():
                self.later(queue, body, delay_ms)
        bus.put_events.clear()

    def _way(self) -> list[int]:
        fault, delays_ms = WAYS[self.stage.choices.pick(len(WAYS), self.stage.swarm.transport if self.stage.faulty else 0)]
        if fault is not None:
            self.stage.injected[fault] += 1
        return [self.late_ms() if delay_ms is None else delay_ms for delay_ms in delays_ms]
