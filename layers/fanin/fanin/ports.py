"""The ports: what the use cases need from the world, by role.

Every adapter, the in-memory twin included, passes the same contract suite (tests/contract). Ports speak domain types, translate
technology errors into `fanin.domain.errors`, and never hide an answer: what can be refused returns a value that says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from fanin.domain.completion import Completion, Source
    from fanin.domain.delivery import Delivery, DeliveryId
    from fanin.domain.plan import Plan
    from fanin.domain.release import Output
    from fanin.domain.run import Expectation, Run, RunId, Stream, Transition
    from fanin.domain.segment import Segment
    from fanin.domain.watch import ListedPage, Watch
    from fanin.signing.trust import TrustDocument

T = TypeVar("T")


class Clock(Protocol):
    """The time."""

    def now_ms(self) -> int:
        """Epoch milliseconds."""
        ...


class Parallel(Protocol):
    """Calls that do not depend on one another, made together where that is faster."""

    def __call__(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """Their answers, in order. All of them end before the first error among them is raised."""
        ...


class Pause(Protocol):
    """Waiting for somebody else's work."""

    def __call__(self, duration_ms: int, /) -> None:
        """Do nothing for so long."""
        ...


class Head(NamedTuple):
    """What is current for a join: the version that opens runs, and the older ones that may still have open runs, ascending."""

    join: str
    version: int
    digest: str
    live: tuple[int, ...]
    deleted: bool
    applied_at_ms: int

    @property
    def versions(self) -> tuple[int, ...]:
        """Every version a completion is offered to, oldest first."""
        return (*self.live, self.version)


class Plans(Protocol):
    """Plans and routes, read. A collector reads through a cache of a short, stated time; versions never change."""

    def joins_of(self, source: Source) -> Sequence[str]:
        """The joins that may name a source, in any live version; routes only nominate, so a superset is right."""
        ...

    def head(self, join: str) -> Head | None:
        """The head of a join, or None when there is no such join."""
        ...

    def plan(self, join: str, version: int) -> Plan | None:
        """One version of a join, or None."""
        ...

    def refresh(self, join: str) -> None:
        """Forget what is cached of a join's head: something newer was met."""
        ...


class PlanRegistry(Plans, Protocol):
    """Plans, read consistently and written."""

    def heads(self) -> Sequence[Head]:
        """The heads of all joins, deleted ones too, by name."""
        ...

    def publish(self, plan: Plan, after: Head | None, live: Sequence[int], now_ms: int) -> bool:
        """Write routes, then version and head in one transaction, on condition that the head is still `after`; False: it moved."""
        ...

    def withdraw(self, head: Head, now_ms: int) -> bool:
        """Mark a join deleted, on condition that the head is still `head`; open runs go on."""
        ...


@dataclass(frozen=True, slots=True)
class Merged:
    """Every slot rose and was written; this is the whole run after it."""

    run: Run


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was written; this is the run as it is (None: there is none, and it may not be opened here)."""

    run: Run | None


@dataclass(frozen=True, slots=True)
class StreamMerged:
    """The stream after the write."""

    stream: Stream


@dataclass(frozen=True, slots=True)
class StreamRefused:
    """Nothing was written; the stream as it is."""

    stream: Stream | None


class StreamChange(NamedTuple):
    """What one completion would raise in a stream: its slot's arrival, its slot's seen watermark, or both (None: does not rise)."""

    slot: int
    arrival: str | None
    seen: str | None
    watermark: str


class ReleaseWrite(NamedTuple):
    """What the deciding transaction writes besides the state: frozen payload texts by name, and the deliveries that carry them."""

    payloads: Mapping[str, str]
    deliveries: tuple[Delivery, ...]


class Runs(Protocol):
    """Narrow runs: one item each. Every write that changes state or arrivals adds 1 to `rev`."""

    def merge(self, run: RunId, version: int, slots: Mapping[int, str], *, may_open: bool, now_ms: int, due_at_ms: int) -> Merged | Refused:
        """Write all of `slots`, on condition that every one rises and the run is OPEN at `version`; one round trip."""
        ...

    def read(self, run: RunId) -> Run | None:
        """The run, read consistently."""
        ...

    def open(self, run: RunId, version: int, *, now_ms: int, due_at_ms: int) -> bool:
        """Open a run in which nothing has arrived, unless it is there; False: it is."""
        ...

    def reopen(self, run: Run, slots: Mapping[int, str], notice: Delivery, *, now_ms: int, due_at_ms: int) -> bool:
        """The next attempt of a closed run: these slots raised, the others kept, people told; one transaction on `run.rev`."""
        ...

    def keep(self, run: Run, slots: Mapping[int, str]) -> bool:
        """Raise these slots of a closed run and leave its state as it is, on `run.rev`; False: it moved."""
        ...

    def close(self, run: Run, event: Transition, write: ReleaseWrite, now_ms: int) -> bool:
        """The state after `event` with payloads and deliveries, in one transaction on `run.rev`; False: it moved (or met another)."""
        ...

    def acknowledge(self, run: RunId, attempt: int, notice: Delivery) -> bool:
        """ACKNOWLEDGED, with the notice, in one transaction on the attempt being SATISFIED; False: it is not (or met another)."""
        ...

    def alert(self, run: Run, deadlines: Sequence[int], notices: Sequence[Delivery]) -> bool:
        """Remember that people are told of deadlines, with the notices that tell them, in one transaction on `run.rev`."""
        ...

    def postpone(self, run: Run, due_at_ms: int) -> bool:
        """Move `dueAt` of an OPEN run that was looked at, on `run.rev`; False: it moved, somebody else looked."""
        ...

    def of_join(self, join: str, limit: int) -> Sequence[Run]:
        """Up to `limit` runs of a join, greatest key first."""
        ...

    def open_versions(self, join: str) -> frozenset[int]:
        """The plan versions of all OPEN runs of a join; reads every run of it, for operators only."""
        ...

    def keep_output(self, run: RunId, version: int, slot: int, arrival: str, output: Output) -> None:
        """Keep the output of an arrival until the release; idempotent. A slot means something only in a plan's version."""
        ...

    def outputs(self, run: RunId, version: int, slots: Mapping[int, str]) -> Mapping[int, Output]:
        """The kept outputs of these arrivals by slot of a version, read consistently; a slot without one is absent."""
        ...


class JournalId(NamedTuple):
    """The journal of one attempt of a wide run under one plan version, which says the number of `partitions`.

    `frozen_rev`: not the journal itself, but the contents that a decision on that `rev` froze.
    """

    run: RunId
    version: int
    attempt: int
    partitions: int
    frozen_rev: int | None = None


class Page(NamedTuple):
    """Segments, and the name to go on above when there are more of them."""

    segments: Sequence[bytes]
    resume: str | None


class Batch(NamedTuple):
    """What a batch adds to a hint; `announces`: it can lower the need, so nobody knows any more how many arrivals are missing."""

    arrivals: int
    failures: int
    announces: bool


class Journals(Protocol):
    """Wide runs: the hint on a run's item, and its segments. What `Runs` does with an item, it does with theirs too.

    An answer holds the whole item: after the write, or as it is when the write was refused. Bookkeeping of looks leaves `rev` alone.
    """

    def append(self, journal: JournalId, segment: Segment) -> None:
        """Write a segment; idempotent, since its name says what is in it."""
        ...

    def page(self, journal: JournalId, partition: int, above: str, up_to: str) -> Page:
        """Segments of a partition with names in a range, in their order, read consistently; as many as one round trip gives."""
        ...

    def add(self, journal: JournalId, batch: Batch, *, may_open: bool, now_ms: int, due_at_ms: int) -> Merged | Refused:
        """Add to hint and `rev`, on condition that the run is OPEN with that version and attempt and not closing.

        An announcing batch adds to `need` and forgets both thresholds in the same write.
        """
        ...

    def claim(self, run: Run, now_ms: int, until_ms: int) -> Merged | Refused:
        """Claim the look, on condition that the attempt is OPEN and no other claim lasts."""
        ...

    def postpone_look(self, run: Run, next_look: int, next_bad: int) -> Merged | Refused:
        """Set both thresholds and end the claim, on condition that the attempt is OPEN, `need` unmoved and neither threshold falls."""
        ...

    def begin_closing(self, run: Run) -> Merged | Refused:
        """Let nothing more be added, on condition that the attempt is OPEN."""
        ...

    def end_closing(self, run: Run) -> Merged | Refused:
        """Let arrivals be added again, on `run.rev`."""
        ...

    def make_due(self, run: Run, due_at_ms: int) -> Merged | Refused:
        """Move `dueAt`, on condition that the attempt is OPEN and due when `run` is."""
        ...

    def reopen(self, run: Run, batch: Batch, notice: Delivery, *, now_ms: int, due_at_ms: int) -> bool:
        """The next attempt of a closed run, with this in its journal already; people told; one transaction on `run.rev`."""
        ...

    def keep(self, run: Run) -> bool:
        """Say that a closed run's journal has more than was decided on, on `run.rev`; False: it moved."""
        ...


class Streams(Protocol):
    """The open item of each `latest` join."""

    def merge(
        self, join: str, version: int, change: StreamChange, *, may_open: bool, now_ms: int, due_at_ms: int
    ) -> StreamMerged | StreamRefused:
        """Write what rises, on condition that it rises, is beyond consumed, and the stream is at `version`; one round trip.

        Unless it `may_open`, also on condition that the stream is there and something has arrived in its generation.
        """
        ...

    def read(self, join: str) -> Stream | None:
        """The stream, read consistently."""
        ...

    def release(self, stream: Stream, run: Run, write: ReleaseWrite, following: Stream, now_ms: int) -> bool:
        """Replace `stream` by `following` and write `run`, payloads and deliveries, in one transaction on `stream.rev`; False: it moved."""
        ...

    def move(self, stream: Stream, following: Stream) -> bool:
        """Replace `stream` by `following` (another plan version, or a later dueAt), on `stream.rev`; False: it moved."""
        ...

    def epoch(self) -> str:
        """Names this incarnation of the table: new when a table is created or restored."""
        ...


class Deliveries(Protocol):
    """The outbox."""

    def read(self, delivery: DeliveryId) -> Delivery | None:
        """One delivery, read consistently."""
        ...

    def read_all(self, deliveries: Sequence[DeliveryId]) -> Mapping[DeliveryId, Delivery]:
        """Many, read consistently in few round trips; what is not there is absent."""
        ...

    def of_run(self, run: RunId, *, notices: bool = True) -> Sequence[Delivery]:
        """All deliveries of a run, and its notices unless they are not asked for, read consistently, oldest attempt first."""
        ...

    def payload(self, run: RunId, name: str) -> str | None:
        """A frozen payload text, or None."""
        ...

    def payloads(self, names: Sequence[tuple[RunId, str]]) -> Mapping[tuple[RunId, str], str]:
        """Many frozen payload texts in few round trips; what is not there is absent."""
        ...

    def add(self, notice: Delivery) -> bool:
        """Write a notice by itself; False: it is there already, so it has been told or will be."""
        ...

    def save(self, before: Delivery, after: Delivery) -> bool:
        """Write state, tries, dueAt and what was learned, on condition that state, tries and refusals are still those of `before`."""
        ...

    def save_sent(self, notices: Sequence[Delivery]) -> None:
        """Write notices that were put, in few round trips and whatever is there: nothing comes after a notice's being sent."""
        ...


class Expectations(Protocol):
    """The next expected window of each join that expects runs."""

    def read(self, join: str) -> Expectation | None:
        """The expectation of a join, read consistently."""
        ...

    def save(self, join: str, before: Expectation | None, after: Expectation | None) -> bool:
        """Put `after` (None: take it away) in the place of `before`; False: it is not `before` any more."""
        ...


class Watches(Protocol):
    """What is remembered of asking each source."""

    def read(self, route: str) -> Watch | None:
        """The watch on the source of a route, read consistently."""
        ...

    def save(self, before: Watch | None, after: Watch) -> bool:
        """Put `after` in the place of `before` (None: there is none yet), on `before.rev`, and add 1 to it; False: it moved."""
        ...


@dataclass(frozen=True, slots=True)
class DueDelivery:
    """The due index nominates a delivery."""

    id: DeliveryId
    due_at_ms: int


@dataclass(frozen=True, slots=True)
class DueRun:
    """The due index nominates a run (its key is `latest` for a stream)."""

    id: RunId
    due_at_ms: int


@dataclass(frozen=True, slots=True)
class DueExpectation:
    """The due index nominates a join whose next window opens."""

    join: str
    due_at_ms: int


@dataclass(frozen=True, slots=True)
class DueWatch:
    """The due index nominates a source that is to be asked, by its route."""

    route: str
    due_at_ms: int


Due = DueDelivery | DueRun | DueExpectation | DueWatch


class DueIndex(Protocol):
    """What depends on time. It only nominates: read the item consistently, act if its `dueAt` still says so."""

    @property
    def partitions(self) -> int:
        """How many hashed partitions there are."""
        ...

    def due(self, partition: int, until_ms: int, limit: int) -> Sequence[Due]:
        """Up to `limit` items of a partition due by then, longest due first."""
        ...


class Wakeups(Protocol):
    """The departures queue: only a wake-up, the table is the outbox."""

    def wake(self, deliveries: Sequence[DeliveryId], delay_s: int = 0) -> None:
        """Ask the forwarder to look at deliveries, in 0 to 900 seconds; RetryableError when any was not accepted."""
        ...


class Rechecks(Protocol):
    """The arrivals queue, as a timer: our own requests to look again."""

    def recheck(self, runs: Sequence[RunId], delay_s: int = 0) -> None:
        """Ask the collector to decide on runs again, in 0 to 900 seconds; RetryableError when any was not accepted."""
        ...

    def expect(self, joins: Sequence[str], delay_s: int = 0) -> None:
        """Ask the collector to open the windows of joins that have begun; RetryableError when any was not accepted."""
        ...


class Quarantine(Protocol):
    """Where rejected messages are kept: unchanged, with the reason beside them."""

    def keep(self, body: str, *, code: str, reason: str, message_id: str, now_ms: int) -> None:
        """Keep a message; RetryableError when it was not accepted (the message then stays in its queue)."""
        ...


class Bus(Protocol):
    """Event buses of any account and Region."""

    def put_all(self, bus_arn: str, source: str, detail_type: str, details: Sequence[str]) -> list[str | None]:
        """Put events on one bus, in few calls; for each None when accepted, else the code of the refusal (of its call or of its entry)."""
        ...


class Signer(Protocol):
    """The hub's one signing key."""

    def kid(self) -> str:
        """RFC 7638 thumbprint of the public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """ES256 signature of `message`, 64 bytes R||S; RetryableError when the key cannot be used now."""
        ...

    def public_jwk(self) -> Mapping[str, str]:
        """The public key as a JWK: kty, crv, x, y."""
        ...


class SigningHistory(Protocol):
    """Since when each of the hub's keys signs: a rotation may retire a key only so long after the next one took over."""

    def since(self, kid: str) -> int | None:
        """When the key was first noted to sign, in epoch milliseconds; None when it never was."""
        ...

    def note(self, kid: str, now_ms: int) -> int:
        """Note that the key signs now, unless it is noted; when it was first noted."""
        ...


class Executions(Protocol):
    """The sources, asked directly about one execution. RetryableError `source-unavailable` when one does not answer now."""

    def describe(self, completion: Completion) -> Completion | None:
        """The same report with what its event left out; None where this deployment may not or cannot ask."""
        ...

    def ask(self, source: Source, execution_id: str) -> Completion | None:
        """What the source says of an execution now, whole; None where it may not be asked or knows no such execution."""
        ...


class Unlisted(Enum):
    """Why there is no page, where asking again at once would not help."""

    MAY_NOT_ASK = "may-not-ask"
    PAGE_UNKNOWN = "page-unknown"  # its token has expired: begin anew


class Listings(Protocol):
    """The sources, asked which of their executions have ended."""

    def page(self, watch: Watch) -> ListedPage | Unlisted:
        """The page that the pass under way comes to; RetryableError `source-unavailable` when the source does not answer now."""
        ...


class Findings(Protocol):
    """The arrivals queue, for what was found by asking."""

    def hand_over(self, found: Sequence[Completion], spacing_s: float = 0.0) -> None:
        """Report executions as if their events had come, so many seconds apart; RetryableError when any was not accepted."""
        ...


class TrustSource(Protocol):
    """The pinned keys of a successor."""

    def load(self) -> TrustDocument:
        """The document as last read; ConfigurationError when it cannot be read or does not parse."""
        ...

    def reload(self) -> TrustDocument:
        """Read it again, at most once in a while: anybody can name an unknown key."""
        ...


@dataclass(frozen=True, slots=True)
class Started:
    """The execution of that name runs with that input; `already` says that an earlier call had started it."""

    execution_arn: str
    started_at_ms: int
    already: bool


@dataclass(frozen=True, slots=True)
class NameTaken:
    """An execution of that name exists with another input."""

    execution_arn: str


class StateMachines(Protocol):
    """The successor's state machines."""

    def start(self, state_machine_arn: str, name: str, input_text: str) -> Started | NameTaken:
        """Start under a name, at most once; RetryableError when throttled, RejectedError when it cannot be started at all."""
        ...
