"""What AWS APIs answer about executions, as completions: what is the same for every kind that is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fanin.domain.completion import Completion, Source, Status
from fanin.domain.errors import RejectedError
from fanin.domain.execution_arn import execution_arn
from fanin.domain.watch import Watch, digest_of
from fanin.sources.kind import LEFT_OUT, NONE, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ENDS = tuple(status.value for status in Status if status is not Status.RUNNING)


@dataclass(frozen=True, slots=True)
class Said:
    """What a source said of one execution; times are epoch milliseconds, `begun_at_ms` is when it came into its source's list."""

    execution_id: str
    status: Status | None
    begun_at_ms: int | None
    started_at_ms: int | None
    stopped_at_ms: int | None
    input: Text = LEFT_OUT
    output: Text = NONE
    detail: Mapping[str, object] | None = None
    tags: Mapping[str, str] | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it is over, in a way that this release of fanin knows."""
        return self.status is not None and self.status is not Status.RUNNING

    def completion(self, source: Source) -> Completion:
        """As a completion; one that has not ended, whatever it is instead, counts as running."""
        status = self.status if self.status is not None and self.has_ended else Status.RUNNING
        stopped_at_ms = self.stopped_at_ms if self.has_ended else None
        return Completion(
            source=source,
            account=source.account or "",
            region=source.region or "",
            execution_id=self.execution_id,
            execution_arn=execution_arn(source, self.execution_id),
            status=status,
            reported_at_ms=stopped_at_ms or self.started_at_ms or self.begun_at_ms or 0,
            started_at_ms=self.started_at_ms,
            stopped_at_ms=stopped_at_ms,
            input=self.input.text,
            input_included=self.input.included,
            output=self.output.text,
            output_included=self.output.included,
            detail=self.detail,
            tags=self.tags,
        )


def ended_of(source: Source, listed: Iterable[Said]) -> tuple[Completion, ...]:
    """The completions of what has ended."""
    return tuple(one.completion(source) for one in listed if one.has_ended)


def running_since_ms(listed: Iterable[Said]) -> int | None:
    """When the oldest of what has not ended came into the list."""
    return min((one.begun_at_ms for one in listed if not one.has_ended and one.begun_at_ms is not None), default=None)


def lies_before(one: Said, moment_ms: int) -> bool:
    """Whether an execution, with all its times, lies before a moment; then so does all that follows it in a list of any order."""
    return one.has_ended and one.stopped_at_ms is not None and one.stopped_at_ms < moment_ms


def remembered(watch: Watch, execution_id: str) -> str | None:
    """The digest under which it is remembered how an execution ended, so that it need not be looked up again."""
    met = {} if watch.passing is None else watch.passing.met
    return next((name for end in _ENDS if (name := digest_of(execution_id, end)) in watch.remembered or name in met), None)


def meaning(status_of: Callable[[], Status | None]) -> Status | None:
    """What a status means; None for one that AWS added since, which is left to its event to be told of."""
    try:
        return status_of()
    except RejectedError:
        return None


def milliseconds(moment: datetime | None) -> int | None:
    """Epoch milliseconds of a time that the SDK gave."""
    return None if moment is None else round(moment.timestamp() * 1000)


def as_event(value: object) -> object:
    """An answer of the SDK as the event would have it: its times as ISO 8601 texts."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(name): as_event(one) for name, one in value.items()}
    return [as_event(one) for one in value] if isinstance(value, list) else value
