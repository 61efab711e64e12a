"""Executions whose events are lost: their sources know of them, and nobody else does."""

from __future__ import annotations

from fanin.domain.completion import Completion, Status
from fanin.sources.message import parse_message
from tests.unit.sources.events import status_change
from tests.unit.use_cases.landscape import Landscape

MINUTE_MS = 60_000


def lose(
    landscape: Landscape, machine: str, execution: str = "close", status: str = "SUCCEEDED", *, key: str = "2026-03-31", ago_ms: int = 0
) -> str:
    """An execution ends now, or so long ago, and its event is lost; the event's body, should it come after all."""
    body = status_change(machine, execution, status, key=key, stopped_at_ms=landscape.clock.at_ms - ago_ms)
    completion = parse_message(body)
    assert isinstance(completion, Completion)
    landscape.executions.known[completion.execution_arn] = completion
    return body


def start(landscape: Landscape, machine: str, execution: str = "close", *, key: str = "2026-03-31") -> None:
    """An execution starts now, and goes on."""
    body = status_change(machine, execution, key=key, stopped_at_ms=landscape.clock.at_ms + 1_000)
    completion = parse_message(body)
    assert isinstance(completion, Completion)
    running = completion._replace(status=Status.RUNNING, stopped_at_ms=None, output=None, output_included=False)
    landscape.executions.known[completion.execution_arn] = running


def happen(landscape: Landscape, machine: str, execution: str = "close", status: str = "SUCCEEDED", *, key: str = "2026-03-31") -> None:
    """An execution ends now, and its event comes."""
    landscape.arrive(lose(landscape, machine, execution, status, key=key))
    landscape.settle()


def sweep(landscape: Landscape, times: int = 1) -> None:
    """So many sweeps, a minute apart, and everything that comes of them."""
    for _ in range(times):
        landscape.clock.advance(MINUTE_MS)
        landscape.sweep()
        landscape.settle()
