"""The sources in memory: executions as their sources know them, asked one by one or by lists that lag behind.

What is in `known` is the truth, running executions included; `account` and `region` of a completion say where it is. A list shows the
truth as it was `lag_ms` ago, in the order of starts, newest first, and forgets what ended longer ago than `kept_ms`: ECS shows stopped
tasks for an hour at least, Batch jobs for 7 days, Step Functions executions for 90 days.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fanin.domain.completion import Completion, Source, Status
from fanin.domain.errors import RetryableError
from fanin.domain.watch import ListedPage, Pass, Watch
from fanin.ports import Clock, Unlisted

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(slots=True)
class MemoryExecutions:
    """The `Executions` port; `known` is what the sources know, by execution ARN; `refused` are accounts that may not be asked."""

    known: dict[str, Completion] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    throttled: bool = False
    refused: set[str] = field(default_factory=set)

    def describe(self, completion: Completion) -> Completion | None:
        """See the port."""
        self._answer(completion.execution_arn)
        found = None if completion.account in self.refused else self.known.get(completion.execution_arn)
        if found is None:
            return None
        return found._replace(
            status=completion.status,
            reported_at_ms=completion.reported_at_ms,
            stopped_at_ms=completion.stopped_at_ms or found.stopped_at_ms,
            detail=completion.detail or found.detail,
        )

    def ask(self, source: Source, execution_id: str) -> Completion | None:
        """See the port."""
        found = next((one for one in self.of_source(source) if one.execution_id == execution_id), None)
        self._answer(execution_id if found is None else found.execution_arn)
        return None if source.account in self.refused else found

    def of_source(self, source: Source) -> Sequence[Completion]:
        """All executions of a source, newest start first."""
        found = [one for one in self.known.values() if one.source == source]
        return sorted(found, key=lambda one: (one.started_at_ms or 0, one.execution_id), reverse=True)

    def _answer(self, what: str) -> None:
        self.asked.append(what)
        if self.throttled:
            raise RetryableError("source-unavailable", "the source was told to throttle")


@dataclass(slots=True)
class MemoryListings:
    """The `Listings` port over the same executions; `throttled` are accounts that do not answer, `listed` is what was asked for."""

    executions: MemoryExecutions
    clock: Clock
    lag_ms: int = 0
    kept_ms: int = 90 * 86_400_000
    page_size: int = 100
    throttled: set[str] = field(default_factory=set)
    listed: list[str] = field(default_factory=list)

    def page(self, watch: Watch) -> ListedPage | Unlisted:
        """See the port."""
        source = watch.source
        self.listed.append(source.route)
        if source.account in self.throttled:
            raise RetryableError("source-unavailable", "the source was told to throttle")
        if source.account in self.executions.refused:
            return Unlisted.MAY_NOT_ASK
        passing = watch.passing or Pass(self.clock.now_ms())
        begin = 0 if passing.page is None else int(passing.page)
        shown = [known for known in self.executions.of_source(source) if self._is_shown(known)]
        if begin > len(shown):
            return Unlisted.PAGE_UNKNOWN
        page = [self._shown(known) for known in shown[begin : begin + self.page_size]]
        ended = tuple(one for one in page if one.stopped_at_ms is not None)
        running = [one.started_at_ms for one in page if one.stopped_at_ms is None and one.started_at_ms is not None]
        more = begin + self.page_size < len(shown) and not (ended and _is_before(ended[-1], watch.listed_from_ms))
        return ListedPage(ended, min(running, default=None), str(begin + self.page_size) if more else None)

    def _is_shown(self, known: Completion) -> bool:
        """Whether the list has an execution already, and still."""
        then_ms = self.clock.now_ms() - self.lag_ms
        return (known.started_at_ms or 0) <= then_ms and (known.stopped_at_ms or then_ms) >= then_ms - self.kept_ms

    def _shown(self, known: Completion) -> Completion:
        """An execution as the list shows it: without its texts, as it was a while ago."""
        then_ms = self.clock.now_ms() - self.lag_ms
        stripped = known._replace(input=None, input_included=False, output=None, output_included=False, detail=None)
        if known.stopped_at_ms is not None and known.stopped_at_ms > then_ms:
            return stripped._replace(status=Status.RUNNING, stopped_at_ms=None)
        return stripped


def _is_before(ended: Completion, moment_ms: int) -> bool:
    return ended.stopped_at_ms is not None and ended.stopped_at_ms < moment_ms
