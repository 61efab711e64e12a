"""The composition root: which adapter stands behind which port, for each function. Nothing else wires anything.

Imports are inside the functions on purpose: a cold start pays only for what its own function uses. Each is cached, so a container is
wired once, by `at_start` before its first event. What a cold start costs is measured by benchmarks/cold_start.py.
"""

from __future__ import annotations

import gc
from functools import cache
from typing import TYPE_CHECKING

from fanin.adapters.system_clock import SystemClock
from fanin.settings import Settings

GARBAGE_AFTER = 20_000  # new containers, some megabytes; Python's own 700 took a twelfth of a collector's time
SWEEP_ASKS_MS = 25_000  # with the last source's own time-outs, well inside the sweeper's 50 seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from fanin.adapters.aws_sources import AskedKind, AwsSources
    from fanin.domain.asking import Observed
    from fanin.domain.completion import SourceKind
    from fanin.use_cases.apply_definitions import ApplyDefinitions
    from fanin.use_cases.export_trust import ExportTrust
    from fanin.use_cases.gather_wakeups import CollectThenWake
    from fanin.use_cases.hub import Hub
    from fanin.use_cases.quarantine_message import QuarantineMessage
    from fanin.use_cases.send_delivery import SendDelivery
    from fanin.use_cases.start_successor import StartSuccessor
    from fanin.use_cases.sweep_due import SweepDue
    from fanin.use_cases.view_keys import PublishedKeys, ViewKeys
    from fanin.use_cases.view_sources import ViewSources
    from fanin.use_cases.view_state import ViewState


def at_start(wire: Callable[[], object]) -> None:
    """Wire while Lambda initialises, not in the first invocation ("Best practices for working with AWS Lambda functions").

    Nothing that is made here is garbage: nobody looks for any meanwhile, which was an eighth of a cold start, nor later among what stays.
    Outside Lambda nothing happens; what is needed is wired when it is needed. ConfigurationError when the environment lacks something.
    """
    if not Settings.from_environment().on_lambda:
        return
    gc.disable()
    try:
        wire()
    finally:
        settle()
        gc.enable()


def settle() -> None:
    """What is there now stays, and is looked at no more; garbage is looked for seldom, as nearly all of it goes by reference counts."""
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)


@cache
def collector() -> CollectThenWake:
    """The collector's work."""
    from fanin.adapters.aws_clients import aws_client
    from fanin.adapters.cached_plans import CachedPlans
    from fanin.adapters.dynamodb_deliveries import DynamoDbDeliveries
    from fanin.adapters.dynamodb_expectations import DynamoDbExpectations
    from fanin.adapters.dynamodb_journals import DynamoDbJournals
    from fanin.adapters.dynamodb_plans import DynamoDbPlans
    from fanin.adapters.dynamodb_runs import DynamoDbRuns
    from fanin.adapters.dynamodb_streams import DynamoDbStreams
    from fanin.adapters.dynamodb_watches import DynamoDbWatches
    from fanin.adapters.sqs_queues import SqsFindings, SqsQuarantine, SqsQueue, SqsRechecks, SqsWakeups
    from fanin.adapters.system_clock import pause
    from fanin.adapters.threads import Threads
    from fanin.use_cases.acknowledge_delivery import AcknowledgeDelivery
    from fanin.use_cases.announce_count import AnnounceCount
    from fanin.use_cases.collect_batch import CollectBatch
    from fanin.use_cases.complete_report import CompleteReport
    from fanin.use_cases.decide_run import DecideRun
    from fanin.use_cases.find_releases import FindReleases
    from fanin.use_cases.gather_wakeups import CollectThenWake, GatheredWakeups
    from fanin.use_cases.look_up_failures import LookUpFailures
    from fanin.use_cases.offer_arrivals import OfferArrivals
    from fanin.use_cases.open_expected import OpenExpected
    from fanin.use_cases.quarantine_message import QuarantineMessage
    from fanin.use_cases.recheck_run import RecheckRun
    from fanin.use_cases.record_after_closing import RecordAfterClosing
    from fanin.use_cases.record_arrivals import RecordArrivals
    from fanin.use_cases.record_in_stream import RecordInStream
    from fanin.use_cases.want_sources import WantSources
    from fanin.use_cases.wide_runs import wide_runs

    settings, clock = Settings.from_environment(), SystemClock()
    dynamodb, sqs, table, hub = aws_client("dynamodb"), aws_client("sqs"), settings.text("FANIN_TABLE"), _hub(settings)
    plans = CachedPlans(DynamoDbPlans(dynamodb, table), clock, settings.whole("FANIN_PLAN_CACHE_S") * 1000)
    runs, streams = DynamoDbRuns(dynamodb, table), DynamoDbStreams(dynamodb, table)
    wakeups = GatheredWakeups(SqsWakeups(SqsQueue(sqs, settings.text("FANIN_DEPARTURES_QUEUE_URL"))))
    arrivals, observed, sources = SqsQueue(sqs, settings.text("FANIN_ARRIVALS_QUEUE_URL")), _observed(settings), _sources(settings)
    want = WantSources(DynamoDbWatches(dynamodb, table), clock, observed)
    deliveries = DynamoDbDeliveries(dynamodb, table)
    journals, rechecks = DynamoDbJournals(dynamodb, table, clock), SqsRechecks(arrivals)
    look_up = LookUpFailures(sources, SqsFindings(arrivals), observed)
    wide = wide_runs(runs, journals, deliveries, wakeups, rechecks, clock, hub, Threads(), pause, want, look_up)
    decide_run = DecideRun(runs, wakeups, rechecks, clock, hub, wide.look_into_journal, want)
    record_in_stream = RecordInStream(streams, runs, wakeups, clock, hub, want)
    record_arrivals = RecordArrivals(runs, decide_run, RecordAfterClosing(runs, deliveries, wakeups, clock, hub), clock)
    find_releases = FindReleases(runs, deliveries, record_arrivals)
    collect = CollectBatch(
        plans=plans,
        quarantine=QuarantineMessage(SqsQuarantine(sqs, settings.text("FANIN_QUARANTINE_QUEUE_URL")), clock),
        complete_report=CompleteReport(sources, clock),
        offer_arrivals=OfferArrivals(plans, runs, streams, record_arrivals, record_in_stream, wide.record_in_journal),
        announce_count=AnnounceCount(plans, wide.record_in_journal, hub),
        acknowledge_delivery=AcknowledgeDelivery(runs, deliveries, wakeups, clock, hub),
        recheck_run=RecheckRun(plans, runs, streams, decide_run, record_in_stream, clock, look_up, find_releases),
        open_expected=OpenExpected(plans, runs, DynamoDbExpectations(dynamodb, table), decide_run, clock),
        hub=hub,
        parallel=Threads(),
    )
    return CollectThenWake(collect, wakeups)


@cache
def forwarder() -> SendDelivery:
    """The forwarder's work."""
    from fanin.adapters.aws_clients import aws_client, events_client
    from fanin.adapters.dynamodb_deliveries import DynamoDbDeliveries
    from fanin.adapters.eventbridge_bus import EventBridgeBus
    from fanin.adapters.kms_signer import KmsSigner
    from fanin.use_cases.send_delivery import SendDelivery

    settings = Settings.from_environment()
    return SendDelivery(
        DynamoDbDeliveries(aws_client("dynamodb"), settings.text("FANIN_TABLE")),
        EventBridgeBus(events_client),
        KmsSigner(aws_client("kms"), settings.text("FANIN_SIGNING_KEY")),
        SystemClock(),
        _hub(settings),
    )


@cache
def sweeper() -> SweepDue:
    """The sweeper's work."""
    from fanin.adapters.aws_clients import aws_client
    from fanin.adapters.dynamodb_due_index import DynamoDbDueIndex
    from fanin.adapters.dynamodb_watches import DynamoDbWatches
    from fanin.adapters.sqs_queues import SqsFindings, SqsQueue, SqsRechecks, SqsWakeups
    from fanin.use_cases.ask_sources import AskSources
    from fanin.use_cases.sweep_due import SweepDue

    settings, clock, dynamodb, sqs = Settings.from_environment(), SystemClock(), aws_client("dynamodb"), aws_client("sqs")
    table, arrivals = settings.text("FANIN_TABLE"), SqsQueue(sqs, settings.text("FANIN_ARRIVALS_QUEUE_URL"))
    watches = DynamoDbWatches(dynamodb, table)
    return SweepDue(
        DynamoDbDueIndex(dynamodb, table),
        SqsWakeups(SqsQueue(sqs, settings.text("FANIN_DEPARTURES_QUEUE_URL"))),
        SqsRechecks(arrivals),
        clock,
        AskSources(watches, _sources(settings), SqsFindings(arrivals), clock, _observed(settings), SWEEP_ASKS_MS),
    )


@cache
def starter() -> StartSuccessor:
    """The starter's work."""
    from fanin.adapters.aws_clients import aws_client, events_client
    from fanin.adapters.eventbridge_bus import EventBridgeBus
    from fanin.adapters.ssm_trust import SsmTrust
    from fanin.adapters.step_functions_machines import StepFunctionsMachines
    from fanin.use_cases.start_successor import StartSuccessor, Successor, pair_targets

    settings, clock = Settings.from_environment(), SystemClock()
    return StartSuccessor(
        SsmTrust(aws_client("ssm"), settings.text("FANIN_TRUST_PARAMETER"), clock),
        StepFunctionsMachines(aws_client("stepfunctions")),
        EventBridgeBus(events_client),
        clock,
        Successor(
            settings.text("FANIN_AUDIENCE"),
            pair_targets(settings.text("FANIN_TARGET_NAMES"), settings.text("FANIN_TARGET_STATE_MACHINES")),
            settings.text("FANIN_HUB_BUS_ARN"),
        ),
    )


@cache
def releases_quarantine() -> QuarantineMessage:
    """Where the starter keeps what it refused."""
    from fanin.adapters.aws_clients import aws_client
    from fanin.adapters.sqs_queues import SqsQuarantine
    from fanin.use_cases.quarantine_message import QuarantineMessage

    settings = Settings.from_environment()
    return QuarantineMessage(SqsQuarantine(aws_client("sqs"), settings.text("FANIN_QUARANTINE_QUEUE_URL")), SystemClock())


@cache
def operator() -> ApplyDefinitions:
    """The operator's work."""
    from fanin.adapters.aws_clients import aws_client
    from fanin.adapters.dynamodb_expectations import DynamoDbExpectations
    from fanin.adapters.dynamodb_plans import DynamoDbPlans
    from fanin.adapters.dynamodb_runs import DynamoDbRuns
    from fanin.adapters.dynamodb_streams import DynamoDbStreams
    from fanin.adapters.dynamodb_watches import DynamoDbWatches
    from fanin.definitions.listening import Listening
    from fanin.use_cases.apply_definitions import ApplyDefinitions
    from fanin.use_cases.watch_sources import WatchSources

    settings, dynamodb, clock = Settings.from_environment(), aws_client("dynamodb"), SystemClock()
    table = settings.text("FANIN_TABLE")
    registry = DynamoDbPlans(dynamodb, table)
    return ApplyDefinitions(
        registry=registry,
        runs=DynamoDbRuns(dynamodb, table),
        streams=DynamoDbStreams(dynamodb, table),
        expectations=DynamoDbExpectations(dynamodb, table),
        clock=clock,
        allowed_accounts=settings.names_or_any("FANIN_ALLOWED_ACCOUNTS"),
        allowed_buses=settings.names("FANIN_ALLOWED_BUSES"),
        plan_cache_s=settings.whole("FANIN_PLAN_CACHE_S"),
        watch_sources=WatchSources(registry, DynamoDbWatches(dynamodb, table), clock, _observed(settings)),
        listening=Listening(settings.names("FANIN_KINDS"), settings.names("FANIN_EVENT_SOURCES")),
    )


@cache
def viewer() -> ViewState:
    """The viewer's work."""
    from fanin.adapters.aws_clients import aws_client
    from fanin.adapters.dynamodb_deliveries import DynamoDbDeliveries
    from fanin.adapters.dynamodb_journals import DynamoDbJournals
    from fanin.adapters.dynamodb_plans import DynamoDbPlans
    from fanin.adapters.dynamodb_runs import DynamoDbRuns
    from fanin.adapters.dynamodb_streams import DynamoDbStreams
    from fanin.adapters.threads import Threads
    from fanin.use_cases.read_journal import ReadJournal
    from fanin.use_cases.view_state import ViewState

    settings, dynamodb = Settings.from_environment(), aws_client("dynamodb")
    table = settings.text("FANIN_TABLE")
    deliveries = DynamoDbDeliveries(dynamodb, table)
    read_journal = ReadJournal(DynamoDbJournals(dynamodb, table, SystemClock()), deliveries, Threads())
    return ViewState(
        DynamoDbPlans(dynamodb, table), DynamoDbRuns(dynamodb, table), DynamoDbStreams(dynamodb, table), deliveries, read_journal
    )


@cache
def source_viewer() -> ViewSources:
    """What the viewer tells of the sources that are asked."""
    from fanin.adapters.aws_clients import aws_client
    from fanin.adapters.dynamodb_plans import DynamoDbPlans
    from fanin.adapters.dynamodb_watches import DynamoDbWatches
    from fanin.use_cases.view_sources import ViewSources

    settings, dynamodb = Settings.from_environment(), aws_client("dynamodb")
    table = settings.text("FANIN_TABLE")
    return ViewSources(DynamoDbPlans(dynamodb, table), DynamoDbWatches(dynamodb, table), SystemClock(), _observed(settings))


@cache
def trust_exporter() -> ExportTrust:
    """What the viewer tells of the hub's own keys."""
    from fanin.use_cases.export_trust import ExportTrust

    settings = Settings.from_environment()
    return ExportTrust(_published_keys(settings), settings.text("FANIN_ISSUER"), settings.text("FANIN_HUB_ACCOUNT"))


@cache
def keys_viewer() -> ViewKeys:
    """What the viewer tells of a rotation of them."""
    from fanin.adapters.aws_clients import aws_client
    from fanin.adapters.dynamodb_deliveries import DynamoDbDeliveries
    from fanin.adapters.dynamodb_due_index import DynamoDbDueIndex
    from fanin.adapters.dynamodb_signing_history import DynamoDbSigningHistory
    from fanin.use_cases.view_keys import ViewKeys

    settings, dynamodb = Settings.from_environment(), aws_client("dynamodb")
    table = settings.text("FANIN_TABLE")
    return ViewKeys(
        _published_keys(settings),
        DynamoDbSigningHistory(dynamodb, table),
        DynamoDbDueIndex(dynamodb, table),
        DynamoDbDeliveries(dynamodb, table),
        SystemClock(),
    )


def note_signing_key(kid: str) -> int:
    """Note that a key signs, unless it is noted; since when, in epoch milliseconds."""
    from fanin.adapters.aws_clients import aws_client
    from fanin.adapters.dynamodb_signing_history import DynamoDbSigningHistory

    history = DynamoDbSigningHistory(aws_client("dynamodb"), Settings.from_environment().text("FANIN_TABLE"))
    return history.note(kid, SystemClock().now_ms())


def _published_keys(settings: Settings) -> PublishedKeys:
    from fanin.adapters.aws_clients import aws_client
    from fanin.adapters.kms_signer import KmsSigner
    from fanin.use_cases.view_keys import PublishedKeys

    def key(name: str) -> KmsSigner | None:
        return next((KmsSigner(aws_client("kms"), arn) for arn in settings.names(name)), None)

    return PublishedKeys(
        arrangement=settings.text("FANIN_SIGNING_KEYS"),
        signing=KmsSigner(aws_client("kms"), settings.text("FANIN_SIGNING_KEY")),
        following=key("FANIN_NEXT_SIGNING_KEY"),
        previous=key("FANIN_PREVIOUS_SIGNING_KEY"),
    )


def _sources(settings: Settings) -> AwsSources:
    """The sources, asked through their AWS APIs. Clients are made when they are first needed, which in a collector is rarely."""
    from fanin.adapters.aws_sources import AwsSources
    from fanin.adapters.source_clients import SourceClients

    clients = SourceClients(settings.text("FANIN_HUB_BUS_ARN"), settings.names_or_any("FANIN_OBSERVED_ACCOUNTS"), SystemClock())
    return AwsSources(clients, asked_kind)


def asked_kind(kind: SourceKind) -> AskedKind | None:
    """How a kind of source is asked; None for one that has no API for it."""
    from fanin.domain.completion import SourceKind

    match kind:
        case SourceKind.STEP_FUNCTIONS:
            from fanin.adapters.step_functions_source import StepFunctionsSource

            return StepFunctionsSource()
        case SourceKind.ECS:
            from fanin.adapters.ecs_source import EcsSource

            return EcsSource()
        case SourceKind.GLUE:
            from fanin.adapters.glue_source import GlueSource

            return GlueSource()
        case SourceKind.BATCH:
            from fanin.adapters.batch_source import BatchSource

            return BatchSource()
        case SourceKind.CODEBUILD:
            from fanin.adapters.codebuild_source import CodeBuildSource

            return CodeBuildSource()
        case SourceKind.LAMBDA | SourceKind.JOIN | SourceKind.EVENT:
            return None


def _observed(settings: Settings) -> Observed:
    from fanin.domain.asking import Observed

    region, account = settings.text("FANIN_HUB_BUS_ARN").split(":")[3:5]
    return Observed(account, region, settings.names_or_any("FANIN_OBSERVED_ACCOUNTS"))


def _hub(settings: Settings) -> Hub:
    from fanin.use_cases.hub import Hub

    return Hub(settings.text("FANIN_ISSUER"), settings.text("FANIN_HUB_BUS_ARN"))
