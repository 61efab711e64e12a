"""A hub and its successors in memory, with real plans, keys, signatures and verification, and queues that deliver at least once.

What outlives a function (the table, the queues, the buses, the executions) is here; a function is made anew for each invocation
unless a test keeps one, so that caches die with a crash as a container does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from fanin.adapters.cached_plans import CachedPlans
from fanin.adapters.memory_bus import MemoryBus, PutEvent
from fanin.adapters.memory_clock import MemoryClock
from fanin.adapters.memory_deliveries import MemoryDeliveries
from fanin.adapters.memory_due_index import MemoryDueIndex
from fanin.adapters.memory_executions import MemoryExecutions, MemoryListings
from fanin.adapters.memory_expectations import MemoryExpectations
from fanin.adapters.memory_journals import MemoryJournals
from fanin.adapters.memory_machines import MemoryMachines
from fanin.adapters.memory_plans import MemoryPlans
from fanin.adapters.memory_queues import MemoryFindings, MemoryQuarantine, MemoryRechecks, MemoryWakeups
from fanin.adapters.memory_runs import MemoryRuns
from fanin.adapters.memory_streams import MemoryStreams
from fanin.adapters.memory_table import MemoryTable
from fanin.adapters.memory_trust import MemoryTrust
from fanin.adapters.memory_watches import MemoryWatches
from fanin.adapters.sequential import Sequential
from fanin.definitions.compiler import LabelledProblem
from fanin.domain.asking import Observed
from fanin.domain.delivery import Delivery, DeliveryState
from fanin.domain.errors import RejectedError
from fanin.domain.run import Run, RunId, Stream
from fanin.domain.watch import Watch
from fanin.signing.base64url import decode_base64url
from fanin.signing.trust import TrustDocument, TrustedKey
from fanin.sources.found import found_message
from fanin.sources.queue_event import QueuedMessage
from fanin.use_cases.acknowledge_delivery import AcknowledgeDelivery
from fanin.use_cases.announce_count import AnnounceCount
from fanin.use_cases.apply_definitions import Applied, ApplyDefinitions
from fanin.use_cases.ask_sources import AskSources
from fanin.use_cases.collect_batch import CollectBatch, Collected
from fanin.use_cases.complete_report import CompleteReport
from fanin.use_cases.decide_run import DecideRun
from fanin.use_cases.find_releases import FindReleases
from fanin.use_cases.hub import Hub
from fanin.use_cases.look_up_failures import LookUpFailures
from fanin.use_cases.offer_arrivals import OfferArrivals
from fanin.use_cases.open_expected import OpenExpected
from fanin.use_cases.quarantine_message import QuarantineMessage
from fanin.use_cases.recheck_run import RecheckRun
from fanin.use_cases.record_after_closing import RecordAfterClosing
from fanin.use_cases.record_arrivals import RecordArrivals
from fanin.use_cases.record_in_stream import RecordInStream
from fanin.use_cases.send_delivery import SendDelivery
from fanin.use_cases.start_successor import StartSuccessor, Successor
from fanin.use_cases.sweep_due import SweepDue, Swept
from fanin.use_cases.want_sources import WantSources
from fanin.use_cases.watch_sources import WatchSources
from fanin.use_cases.wide_runs import wide_runs
from tests.unit.signing.keys import HUB_KEY
from tests.unit.sources.events import HUB, NOW_MS, OTHER, REGION, event, machine_arn
from tests.unit.use_cases.faults import Crash, Faults
from tests.unit.use_cases.software_signer import SoftwareSigner

ISSUER = f"urn:fanin:aws:{REGION}:{HUB}:fanin"
HUB_BUS = f"arn:aws:events:{REGION}:{HUB}:event-bus/fanin"
SUCCESSOR, SECOND_SUCCESSOR = "222222222222", "444444444444"
PLAN_CACHE_S = 30
SWEEP_EVERY_MS = 60_000
OBSERVED = Observed(HUB, REGION, frozenset({OTHER}))
TARGETS = ("daily-close", "report")
LEDGER, POSITIONS = machine_arn("ledger"), machine_arn("positions", OTHER)
TWO = {"ledger": LEDGER, "positions": POSITIONS}


def bus_arn(account: str = SUCCESSOR) -> str:
    return f"arn:aws:events:{REGION}:{account}:event-bus/fanin-successor"


def successor(target: str = "daily-close", account: str = SUCCESSOR, *, outputs: bool = False) -> dict[str, object]:
    """A successor of a definition."""
    return {"target": target, "bus": bus_arn(account), "payload": {"outputs": outputs}}


def definition(
    machines: Mapping[str, str],
    join: str = "daily-close",
    key: Mapping[str, object] | None = None,
    successors: Sequence[Mapping[str, object]] | None = None,
) -> dict[str, object]:
    """A definition document; its key is `businessDate` in the input unless given."""
    return {
        "join": join,
        "key": {"input": "businessDate"} if key is None else dict(key),
        "predecessors": {name: {"stateMachine": arn} for name, arn in machines.items()},
        "successors": [dict(one) for one in successors or [successor()]],
    }


@dataclass(slots=True)
class Landscape:
    """Everything that outlives an invocation."""

    clock: MemoryClock = field(default_factory=lambda: MemoryClock(NOW_MS))
    table: MemoryTable = field(default_factory=MemoryTable)
    arrivals: list[QueuedMessage] = field(default_factory=list)
    timers: list[tuple[int, str]] = field(default_factory=list)
    releases: list[str] = field(default_factory=list)
    notices: list[PutEvent] = field(default_factory=list)
    wakeups: MemoryWakeups = field(default_factory=MemoryWakeups)
    rechecks: MemoryRechecks = field(default_factory=MemoryRechecks)
    findings: MemoryFindings = field(default_factory=MemoryFindings)
    quarantine: MemoryQuarantine = field(default_factory=MemoryQuarantine)
    releases_quarantine: MemoryQuarantine = field(default_factory=MemoryQuarantine)
    hub_bus: MemoryBus = field(default_factory=MemoryBus)
    successor_buses: dict[str, MemoryBus] = field(default_factory=lambda: {SUCCESSOR: MemoryBus(), SECOND_SUCCESSOR: MemoryBus()})
    executions: MemoryExecutions = field(default_factory=MemoryExecutions)
    listings: MemoryListings = field(init=False)
    machines: MemoryMachines = field(init=False)
    signer: SoftwareSigner = field(default_factory=SoftwareSigner)
    trust: MemoryTrust = field(default_factory=lambda: MemoryTrust(trusting()))
    faults: Faults = field(default_factory=Faults)
    next_sweep_ms: int = NOW_MS + 7_000
    due_partitions: int = 16
    page_segments: int = 3
    notices_return: bool = True
    _messages: int = 0

    def __post_init__(self) -> None:
        self.machines = MemoryMachines(self.clock)
        self.listings = MemoryListings(self.executions, self.clock)

    # The functions, each wired as the composition root wires it.

    def collector(self) -> CollectBatch:
        on, hub = self.faults.on, Hub(ISSUER, HUB_BUS)
        runs, streams, wakeups = on(MemoryRuns(self.table)), on(MemoryStreams(self.table)), on(self.wakeups)
        plans = CachedPlans(on(MemoryPlans(self.table)), self.clock, PLAN_CACHE_S * 1000)
        deliveries = on(MemoryDeliveries(self.table))
        want = WantSources(on(MemoryWatches(self.table)), self.clock, OBSERVED)
        rechecks, journals = on(self.rechecks), on(MemoryJournals(self.table, self.page_segments))
        look_up = LookUpFailures(on(self.executions), on(self.findings), OBSERVED)
        wide = wide_runs(runs, journals, deliveries, wakeups, rechecks, self.clock, hub, Sequential(), self.clock.advance, want, look_up)
        decide_run = DecideRun(runs, wakeups, rechecks, self.clock, hub, wide.look_into_journal, want)
        after_closing = RecordAfterClosing(runs, deliveries, wakeups, self.clock, hub)
        record_in_stream = RecordInStream(streams, runs, wakeups, self.clock, hub, want)
        record_arrivals = RecordArrivals(runs, decide_run, after_closing, self.clock)
        find_releases = FindReleases(runs, deliveries, record_arrivals)
        return CollectBatch(
            plans=plans,
            quarantine=QuarantineMessage(on(self.quarantine), self.clock),
            complete_report=CompleteReport(on(self.executions), self.clock),
            offer_arrivals=OfferArrivals(plans, runs, streams, record_arrivals, record_in_stream, wide.record_in_journal),
            announce_count=AnnounceCount(plans, wide.record_in_journal, hub),
            acknowledge_delivery=AcknowledgeDelivery(runs, deliveries, wakeups, self.clock, hub),
            recheck_run=RecheckRun(plans, runs, streams, decide_run, record_in_stream, self.clock, look_up, find_releases),
            open_expected=OpenExpected(plans, runs, on(MemoryExpectations(self.table)), decide_run, self.clock),
            hub=hub,
        )

    def forwarder(self) -> SendDelivery:
        on = self.faults.on
        return SendDelivery(on(MemoryDeliveries(self.table)), on(self.hub_bus), on(self.signer), self.clock, Hub(ISSUER, HUB_BUS))

    def starter(self, account: str) -> StartSuccessor:
        on = self.faults.on
        machines = {target: f"arn:aws:states:{REGION}:{account}:stateMachine:{target}" for target in TARGETS}
        return StartSuccessor(
            on(self.trust), on(self.machines), on(self.successor_buses[account]), self.clock, Successor(bus_arn(account), machines, HUB_BUS)
        )

    def sweeper(self) -> SweepDue:
        on = self.faults.on
        watches, listings, findings = on(MemoryWatches(self.table)), on(self.listings), on(self.findings)
        ask_sources = AskSources(watches, listings, findings, self.clock, OBSERVED, sweep_ms=25_000)
        return SweepDue(on(MemoryDueIndex(self.table, self.due_partitions)), on(self.wakeups), on(self.rechecks), self.clock, ask_sources)

    def operator(self) -> ApplyDefinitions:
        registry = MemoryPlans(self.table)
        return ApplyDefinitions(
            registry=registry,
            runs=MemoryRuns(self.table),
            streams=MemoryStreams(self.table),
            expectations=MemoryExpectations(self.table),
            clock=self.clock,
            allowed_accounts=frozenset({HUB, OTHER}),
            allowed_buses=frozenset({bus_arn(), bus_arn(SECOND_SUCCESSOR)}),
            plan_cache_s=PLAN_CACHE_S,
            watch_sources=WatchSources(registry, MemoryWatches(self.table), self.clock, OBSERVED),
        )

    # What people and AWS do.

    def apply(self, *documents: Mapping[str, object], catch_up_ms: int | None = None) -> list[Applied]:
        """Apply definitions, and let the time pass until every collector knows."""
        applied, problems = self.try_to_apply(*documents, catch_up_ms=catch_up_ms)
        assert not problems, problems
        self.clock.advance(PLAN_CACHE_S * 1000)
        return applied

    def try_to_apply(self, *documents: Mapping[str, object], catch_up_ms: int | None = None) -> tuple[list[Applied], list[LabelledProblem]]:
        labelled = [(f"joins/{number}.yaml", document) for number, document in enumerate(documents)]
        return self.operator()(labelled, catch_up_ms=catch_up_ms)

    def arrive(self, *bodies: str) -> None:
        """Bodies come into the arrivals queue."""
        for body in bodies:
            self._messages += 1
            self.arrivals.append(QueuedMessage(f"m-{self._messages}", body))

    # One invocation each. A message leaves its queue when it was handled, and only then.

    def collect(self, collector: CollectBatch | None = None, batch: int = 10) -> Collected | None:
        """One batch of the arrivals queue; None when the collector crashed."""
        taken = self.arrivals[:batch]
        try:
            collected = (collector or self.collector())(taken)
        except Crash:
            return None
        self.arrivals[: len(taken)] = [message for message in taken if message.id in collected.failed]
        return collected

    def collect_all(self, batch: int = 10) -> None:
        """The arrivals queue, until it is empty; what is given back or crashed upon comes again."""
        for _ in range(200):
            if not self.arrivals:
                return
            self.collect(batch=batch)
        raise AssertionError("the arrivals queue does not get empty")

    def forward(self) -> list[str]:
        """Everything in the departures queue, once; the outcomes."""
        outcomes: list[str] = []

        def send() -> None:
            for delivery in list(self.wakeups.sent):
                outcomes.append(self.forwarder()(delivery)[0].value)
                self.wakeups.sent.remove(delivery)

        self._invoke(send)
        return outcomes

    def start(self) -> None:
        """Everything in the releases queues, once."""

        def handle() -> None:
            for body in list(self.releases):
                self._start(body)
                self.releases.remove(body)

        self._invoke(handle)

    def sweep(self) -> Swept | None:
        """One sweep; what it nominates goes into the two queues. None when it crashed, or a queue refused."""
        swept: list[Swept] = []
        self._invoke(lambda: swept.append(self.sweeper()()))
        return swept[0] if swept else None

    def carry(self) -> None:
        """What EventBridge does: releases to their successors, receipts to the arrivals queue, notices to whoever listens.

        Notices come back to the hub as well; that is left out where no join waits for another.
        """
        for put in self.hub_bus.put_events:
            if put.bus_arn == HUB_BUS:
                self.notices.append(put)
                if self.notices_return and any(route.startswith("join:") for route in self.table.routes):
                    self.arrive(self.event_of(put, HUB))
            else:
                self.releases.append(self.event_of(put, HUB))
        self.hub_bus.put_events.clear()
        for account, bus in self.successor_buses.items():
            self.arrive(*(self.event_of(put, account) for put in bus.put_events if put.bus_arn == HUB_BUS))
            bus.put_events.clear()
        self.arrive(*map(found_message, self.findings.found))
        self.findings.found.clear()
        self._time_out()

    def _time_out(self) -> None:
        """Timers are messages that are held back: they join the arrivals queue when their delay is over."""
        now_ms = self.clock.at_ms
        self.timers = sorted([*self.timers, *self.timers_sent()])
        while self.timers and self.timers[0][0] <= now_ms:
            self.arrive(self.timers.pop(0)[1])

    def timers_sent(self) -> list[tuple[int, str]]:
        """The timers that were sent since this was last asked, as the bodies of messages, each with its moment."""
        now_ms, sent = self.clock.at_ms, self.rechecks
        timers = [
            *((delay_s, {"recheck": {"join": run.join, "key": run.key}}) for run, delay_s in zip(sent.sent, sent.delays, strict=True)),
            *((delay_s, {"expect": {"join": join}}) for join, delay_s in zip(sent.expected, sent.expected_delays, strict=True)),
        ]
        for taken in (sent.sent, sent.delays, sent.expected, sent.expected_delays):
            taken.clear()
        return [(now_ms + delay_s * 1000, json.dumps({"v": 1, **said})) for delay_s, said in timers]

    def pass_time(self, until_ms: int) -> None:
        """Let the clock run to a moment, timers and all: one sweep a minute, everything else as it comes."""
        while True:
            self.settle(40)
            ahead = [at_ms for at_ms, _ in self.timers] + [self.next_sweep_ms]
            if min(ahead) > until_ms:
                break
            self.clock.at_ms = max(min(ahead), self.clock.at_ms)
            if self.next_sweep_ms <= self.clock.at_ms:
                self.next_sweep_ms += SWEEP_EVERY_MS
                self.sweep()
        self.clock.at_ms = until_ms

    def settle(self, rounds: int = 12) -> None:
        """Let everything that is on its way arrive, without any time passing."""
        for _ in range(rounds):
            self.carry()
            if not (self.arrivals or self.wakeups.sent or self.releases):
                return
            if self.arrivals:
                self.collect()
            self.forward()
            self.start()

    def until_quiet(self, waits_s: Iterable[int] = (20, 60, 300, 600, 3600, 3600)) -> None:
        """Redeliver and sweep until nothing is left that time alone could change."""
        self.settle()
        for wait_s in waits_s:
            self.clock.advance(wait_s * 1000)
            self.sweep()
            self.settle()

    # What a test looks at.

    def run(self, key: str = "2026-03-31", join: str = "daily-close") -> Run | None:
        return self.table.runs.get(RunId(join, key))

    def watch(self, source: str) -> Watch:
        """The watch on a state machine."""
        return self.table.watches[f"stepfunctions:{source}"]

    def stream(self, join: str = "daily-close") -> Stream:
        return self.table.streams[join]

    def deliveries(self) -> list[Delivery]:
        """All releases on their way, by when they were frozen."""
        found = [one for one in self.table.deliveries.values() if one.sub]
        return sorted(found, key=lambda one: one.frozen_at_ms)

    def inputs(self) -> list[dict[str, object]]:
        """The inputs of all executions that were started."""
        return [json.loads(execution.input_text) for execution in self.machines.executions.values()]

    def told(self) -> list[str]:
        """The notices that came over the hub's bus: transition and key."""
        details = [json.loads(notice.detail) for notice in self.notices]
        return [f"{one['transition']} {one['key']}" for one in details]

    def all_acknowledged(self) -> bool:
        return all(one.state is DeliveryState.ACKNOWLEDGED for one in self.deliveries())

    def event_of(self, put: PutEvent, account: str) -> str:
        at = datetime.fromtimestamp(self.clock.at_ms / 1000, UTC)
        whole = event("@", source=put.source, detail_type=put.detail_type, account=account, time=f"{at:%Y-%m-%dT%H:%M:%SZ}")
        return json.dumps(whole).replace('"@"', put.detail)

    def _start(self, body: str) -> None:
        # The audience is signed; which starter gets the event is the business of buses and rules.
        account = bus_account(body)
        try:
            self.starter(account)(body)
        except RejectedError as error:
            QuarantineMessage(self.releases_quarantine, self.clock)(QueuedMessage("release", body), error)

    def _invoke(self, work: Callable[[], object]) -> None:
        try:
            work()
        except (Crash, Exception):  # noqa: BLE001 whatever it was, the message stays in its queue
            return


def bus_account(body: str) -> str:
    """The account of the bus that a release was put on, from its signed audience."""
    payload = json.loads(body)["detail"]["sig"].split(".")[1]
    claims = json.loads(decode_base64url(payload))
    account: str = claims["aud"].split(":")[4]
    return account


def trusting(*targets: str) -> TrustDocument:
    return TrustDocument((TrustedKey(HUB_KEY.kid(), HUB_KEY.jwk(), ISSUER, (HUB,), targets or ("*",)),))
