"""An execution in a scenario, of any kind of source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from fanin.domain.completion import Source, Status
from fanin.domain.errors import ConfigurationError
from fanin.domain.event_rule import EventRule
from fanin_cli.scenario.codes import ScenarioCode


class ImpossibleReportError(ConfigurationError):
    """No event of that kind can say this; `hint` says what to write."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(ScenarioCode.REPORT_IMPOSSIBLE, message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of a source, as it was last reported. Input and output are texts, times epoch milliseconds."""

    source: Source
    name: str
    input: str
    status: Status
    started_ms: int
    reported_ms: int
    output: str | None = None
    tags: Mapping[str, str] | None = None
    rule: EventRule | None = None

    def ended(self, status: Status, at_ms: int, output: str | None) -> Execution:
        """The same execution, which has ended (or ended again, after a redrive)."""
        return replace(self, status=status, reported_ms=at_ms, output=output)

    @property
    def stopped_ms(self) -> int | None:
        """When it ended; None while it runs."""
        return None if self.status is Status.RUNNING else self.reported_ms

    @property
    def given(self) -> Mapping[str, object]:
        """The input as an object; ImpossibleReportError for anything else, where the parts of it stand in different places of an event."""
        try:
            found = json.loads(self.input)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ImpossibleReportError(f"the input of {self.source.kind} is a mapping", "write the fields that docs/kinds.md names")
        return found
