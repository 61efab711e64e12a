"""The sum: units times prices, by what they are for. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fanin_cli.cost.prices import Prices
from fanin_cli.cost.units import units_of

_BYTES_PER_GB = 1024**3
_STARTER_CALLS = 2.0  # StartExecution and the receipt's PutEvents
_POLLS = 2.0  # a ReceiveMessage and a DeleteMessageBatch for each invocation that a queue brings about


@dataclass(frozen=True, slots=True)
class Load:
    """A join at work. `width`: completions that a run waits for; `cross_account`: the share of them from other accounts than the hub's."""

    join: str
    width: int
    completions_per_day: float
    batch: int
    successors: int = 1
    keeps_outputs: bool = False
    cross_account: float = 1.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars by what they are for: a month of a load, and a million of its completions."""

    load: Load
    month: Mapping[str, float]
    million: Mapping[str, float]

    @property
    def month_usd(self) -> float:
        """All of it, a month."""
        return sum(self.month.values())

    @property
    def million_usd(self) -> float:
        """All of it, a million completions."""
        return sum(self.million.values())


def cost_of(load: Load, prices: Prices) -> Cost:
    """What a load costs besides what the hub costs at rest."""
    run = _run(load, prices)
    a_million = {name: usd * 1e6 / load.width for name, usd in run.items()}
    runs_a_month = load.completions_per_day * prices.assumed["days_per_month"] / load.width
    return Cost(load, {name: usd * runs_a_month for name, usd in run.items()}, a_million)


def at_rest(prices: Prices) -> dict[str, float]:
    """Dollars a month of a hub with one successor in which nothing happens."""
    usd, assumed = prices.usd, prices.assumed
    sweeps = assumed["days_per_month"] * 24 * 60
    return {
        "polling empty queues": 3 * assumed["idle_polls_per_queue_month"] * usd["sqs_request"],
        "sweeps": sweeps
        * (
            usd["lambda_request"]
            + assumed["sweep_seconds"] * assumed["memory_gb"] * usd["lambda_gb_second"]
            + assumed["sweep_read_units"] * usd["dynamodb_read_unit"]
        ),
        "signing key": usd["kms_key_month"],
        "alarms and metrics": assumed["alarms"] * usd["alarm_month"] + assumed["metrics"] * usd["metric_month"],
    }


def dominant(parts: Mapping[str, float]) -> str:
    """What most of it is for."""
    return max(parts, key=lambda name: parts[name])


def joined(costs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Several sums as one, by what they are for."""
    names = dict.fromkeys(name for one in costs for name in one)
    return {name: sum(one.get(name, 0.0) for one in costs) for name in names}


def _run(load: Load, prices: Prices) -> dict[str, float]:
    """Dollars of one run, by what they are for."""
    usd, assumed, one = prices.usd, prices.assumed, units_of(load.width, load.batch)
    # Measured for one successor; each further one is a delivery more: its item, its index entries, its receipt.
    deliveries = load.successors
    outputs = float(load.width) if load.keeps_outputs else 0.0
    starts = deliveries * min(1.0, one.forwarded) if load.batch > 1 else float(deliveries)
    invocations = one.collected + one.forwarded + starts + (deliveries - 1) * 2
    calls = one.calls + outputs * 2 + deliveries * _STARTER_CALLS + (deliveries - 1) * _CALLS_PER_DELIVERY
    processor_ms = load.width * assumed["processor_ms_per_completion"] + calls * assumed["processor_ms_per_call"]
    lambda_s = (processor_ms / assumed["vcpu"] + calls * assumed["wait_ms_per_call"]) / 1000
    writes = one.write_units + outputs + (deliveries - 1) * _WRITES_PER_DELIVERY
    reads = one.read_units + outputs + (deliveries - 1) * _READS_PER_DELIVERY
    # EventBridge sends each completion and receipt to the arrivals queue, each release to its own.
    queue_requests = load.width + 2 * deliveries + one.queue_sends + invocations * _POLLS
    log_bytes = invocations * assumed["log_bytes_per_invocation"] + deliveries * assumed["log_bytes_per_delivery"]
    gb_months = one.stored_bytes / _BYTES_PER_GB * assumed["kept_months"]
    return {
        "table writes": writes * usd["dynamodb_write_unit"],
        "table reads": reads * usd["dynamodb_read_unit"],
        "table storage, 120 days": gb_months * (usd["dynamodb_gb_month"] + usd["dynamodb_backup_gb_month"]),
        "functions": invocations * usd["lambda_request"] + lambda_s * assumed["memory_gb"] * usd["lambda_gb_second"],
        "queues": queue_requests * usd["sqs_request"],
        "completions of other accounts": load.width * load.cross_account * usd["eventbridge_cross_account_event"],
        "releases, receipts, notices": (one.events + (deliveries - 1) + deliveries) * usd["eventbridge_custom_event"],
        "signatures": deliveries * one.signatures * usd["kms_sign"],
        "logs and traces": log_bytes / _BYTES_PER_GB * usd["logs_gb"] + invocations * assumed["traced_share"] * usd["xray_trace"],
    }


# What a second delivery adds to a run: written in the transaction (2 and its index entry), sent (1 and 2), acknowledged (1 and 1).
_WRITES_PER_DELIVERY, _READS_PER_DELIVERY, _CALLS_PER_DELIVERY = 8.0, 3.0, 6.0
