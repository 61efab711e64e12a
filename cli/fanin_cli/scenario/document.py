"""The scenario document: the shape of the language, field by field. Closed and strict, as definitions are.

What one value must be is here; what it means for the joins at hand (names, order in time) is in `script_compiler`. The JSON Schema is
generated from these models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, JsonValue, WithJsonSchema, model_validator

from fanin.definitions.closed import Closed, exactly_one
from fanin.definitions.fields import After, ZoneName, refusal
from fanin.domain.counting import MAX_COUNT
from fanin_cli.scenario.codes import ScenarioCode
from fanin_cli.scenario.moments import MOMENT_PATTERN, START_PATTERN, MomentError, check_moment, check_start

MAX_NAME_CHARS = 200
REPORTS = ("succeeded", "failed", "timedOut", "aborted", "started")
STEPS = (*REPORTS, "repeat", "redriven", "announced", "apply", "delete", "outage")
EXPECTATIONS = ("released", "failed", "expired", "alerted", "late", "reopened", "rejected", "open")

_RUN_FIELDS = frozenset({"key", "attempt", "version", "predecessors"})
_MOMENT_FIELDS = frozenset({"at", "before", "after"})
_STEP_OPTIONS = {
    **dict.fromkeys(REPORTS, frozenset({"execution", "input", "output", "tags", "took", "delayed"})),
    "started": frozenset({"execution", "input", "tags", "delayed"}),
    "repeat": frozenset({"delayed"}),
    "redriven": frozenset({"output", "delayed"}),
    "announced": frozenset({"key", "count", "delayed"}),
}
_EXPECTED_FIELDS = {
    **dict.fromkeys(("released", "failed"), _RUN_FIELDS | _MOMENT_FIELDS | {"reason", "targets"}),
    **dict.fromkeys(("expired", "reopened"), _RUN_FIELDS | _MOMENT_FIELDS),
    "alerted": _RUN_FIELDS | _MOMENT_FIELDS | {"deadline"},
    "late": _RUN_FIELDS | _MOMENT_FIELDS,
    "rejected": _MOMENT_FIELDS | {"code"},
    "open": _RUN_FIELDS | {"missing"},
}


def _checked(check: Callable[[str], None]) -> AfterValidator:
    def validate(text: str) -> str:
        try:
            check(text)
        except MomentError as error:
            raise refusal(error.code, error.message, error.hint) from error
        return text

    return AfterValidator(validate)


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)]
KeyText = Annotated[Text, BeforeValidator(_as_text), WithJsonSchema({"type": ["string", "integer"]})]
Names = Annotated[
    list[Text],
    Field(min_length=1),
    BeforeValidator(_several),
    WithJsonSchema({"anyOf": [{"type": "string", "minLength": 1}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
Moment = Annotated[str, _checked(check_moment), Field(json_schema_extra={"pattern": MOMENT_PATTERN})]
Start = Annotated[str, _checked(check_start), Field(json_schema_extra={"pattern": START_PATTERN})]
Count = Annotated[int, Field(ge=1, le=9999)]
Announced = Annotated[int, Field(ge=0, le=MAX_COUNT)]


class Choice(Closed):
    """Something that is one of several kinds, which is said by the field that is there."""

    def chosen(self, kinds: Sequence[str]) -> list[str]:
        """The kinds that are there."""
        return [name for name in kinds if name in self.given]

    @property
    def given(self) -> set[str]:
        """The fields that the document has, by their names in it."""
        return {field.alias or name for name, field in type(self).model_fields.items() if name in self.model_fields_set}

    def only(self, kinds: Sequence[str], code: ScenarioCode, what: str) -> str:
        """The one kind; a refusal when it is none or several."""
        chosen = self.chosen(kinds)
        if len(chosen) == 1:
            return chosen[0]
        message = f"{' and '.join(chosen)} exclude one another" if chosen else f"{what} says nothing"
        raise refusal(code, message, f"give exactly one of {', '.join(kinds)}")


class StepDocument(Choice):
    """Something that happens; exactly one kind of thing, and when."""

    model_config = ConfigDict(json_schema_extra=exactly_one(STEPS))

    at: Moment | None = Field(default=None, description="When: the next such wall time, or a date and time.", examples=["05:10"])
    after: After | None = Field(default=None, description="When: so long after the step before, or the start.", examples=["PT5M"])
    succeeded: Names | None = Field(default=None, description="An execution of this predecessor, or of each of these, succeeds.")
    failed: Names | None = Field(default=None, description="It fails.")
    timed_out: Names | None = Field(default=None, description="It times out.")
    aborted: Names | None = Field(default=None, description="It is aborted.")
    started: Names | None = Field(default=None, description="It starts; what the next report of the predecessor says is of this execution.")
    repeat: Names | None = Field(default=None, description="The last report of this execution, by its name, comes once more.")
    redriven: Names | None = Field(default=None, description="This execution, by its name, is redriven and succeeds.")
    announced: Text | None = Field(default=None, description="An event says how often this counted predecessor completes for a key.")
    apply: Text | None = Field(default=None, description="The file of a definition that is applied; relative to the scenario's.")
    delete: Text | None = Field(default=None, description="The join that is deleted.")
    outage: After | None = Field(default=None, description="For so long nothing of the hub works; what is reported waits.")
    execution: Text | None = Field(default=None, description="The execution's name; <predecessor>-<number> if left out.")
    input: JsonValue = Field(default=None, description="The execution's input, as JSON values; a text is the input itself.")
    output: JsonValue = Field(default=None, description="Its output, likewise; a success has {} if left out.")
    tags: dict[Text, str] | None = Field(default=None, description="The tags of an ECS task or Batch job, which the hub looks up.")
    key: KeyText | None = Field(default=None, description="The key for which a count is announced.")
    count: Announced | None = Field(default=None, description="The count that is announced.")
    took: After | None = Field(default=None, description="How long it ran; a minute if left out, or since it was started.")
    delayed: After | None = Field(default=None, description="How much later the report reaches the hub.")

    @property
    def kind(self) -> str:
        """Which of the kinds it is."""
        return self.chosen(STEPS)[0]

    @model_validator(mode="after")
    def _fits_together(self) -> StepDocument:
        kind = self.only(STEPS, ScenarioCode.STEP_CHOICE, "the step")
        if {"at", "after"} <= self.given:
            raise refusal(ScenarioCode.MOMENT_CHOICE, "at and after exclude one another", "give one, or none for the same moment")
        foreign = sorted(self.given - {kind, "at", "after"} - _STEP_OPTIONS.get(kind, frozenset()))
        if foreign:
            raise refusal(ScenarioCode.STEP_MISPLACED, f"{' and '.join(foreign)} says nothing with {kind}", "remove it")
        if kind == "announced" and not {"key", "count"} <= self.given:
            raise refusal(ScenarioCode.STEP_MISPLACED, "an announcement needs a key and a count", "add key: … and count: …")
        if self.execution is not None and len(self.named) > 1:
            raise refusal(ScenarioCode.STEP_MISPLACED, "several executions cannot have one name", "give each a step of its own")
        return self

    @property
    def named(self) -> list[str]:
        """The predecessors or executions that it names."""
        return self.succeeded or self.failed or self.timed_out or self.aborted or self.started or self.repeat or self.redriven or []


class ExpectationDocument(Choice):
    """Something that must happen; what is left out may be anything."""

    model_config = ConfigDict(json_schema_extra=exactly_one(EXPECTATIONS))

    released: Text | None = Field(default=None, description="The join, a run of which is released.")
    failed: Text | None = Field(default=None, description="The join, a run of which fails.")
    expired: Text | None = Field(default=None, description="The join, a run of which is abandoned.")
    alerted: Text | None = Field(default=None, description="The join, of a run of which people are told that it misses a deadline.")
    late: Text | None = Field(default=None, description="The join, of which people are told that an arrival came after the release.")
    reopened: Text | None = Field(default=None, description="The join, a run of which begins its next attempt.")
    rejected: Text | None = Field(default=None, description="The execution, by its name, whose report is put in quarantine.")
    open: Text | None = Field(default=None, description="The join, a run of which is open at the end.")
    key: KeyText | None = Field(default=None, description="The run's key; of a join without keys the number of the release.")
    at: Moment | None = Field(default=None, description="When, exactly; a wall time is the next one after the expectation before.")
    before: Moment | None = Field(default=None, description="When, at the latest.")
    after: Moment | None = Field(default=None, description="When, at the earliest.")
    attempt: Count | None = Field(default=None, description="Which attempt at the run.")
    version: Count | None = Field(default=None, description="The version of the definition that the run is held to.")
    reason: Text | None = Field(default=None, description="Why: satisfied, deadline or impossible.")
    predecessors: list[Text] | None = Field(default=None, description="The predecessors that have arrived, no others; late: the late one.")
    targets: list[Text] | None = Field(default=None, description="The targets that it is sent to, no others.")
    deadline: Count | None = Field(default=None, description="The number of the deadline in the definition, from 1.")
    missing: list[Text] | None = Field(default=None, description="The predecessors that the run waits for, no others.")
    code: Text | None = Field(default=None, description="The code with which a report is rejected.", examples=["key-absent"])

    @property
    def kind(self) -> str:
        """Which of the kinds it is."""
        return self.chosen(EXPECTATIONS)[0]

    @property
    def subject(self) -> str:
        """The join or execution that it is about."""
        return str(getattr(self, self.kind))

    @model_validator(mode="after")
    def _fits_together(self) -> ExpectationDocument:
        kind = self.only(EXPECTATIONS, ScenarioCode.EXPECT_CHOICE, "the expectation")
        foreign = sorted(self.given - {kind} - _EXPECTED_FIELDS[kind])
        if foreign:
            raise refusal(ScenarioCode.EXPECT_MISPLACED, f"{' and '.join(foreign)} says nothing with {kind}", "remove it")
        if "at" in self.given and self.given & {"before", "after"}:
            raise refusal(ScenarioCode.MOMENT_CHOICE, "at excludes before and after", "give the one or the others")
        return self


class ScenarioDocument(Closed):
    """What happens, and what must come of it."""

    scenario: Text = Field(description="What it shows, in a line.", examples=["B is late"])
    start: Start = Field(description="When it begins, and the definitions are applied: a date and time.", examples=["2026-03-31T04:00"])
    zone: ZoneName | None = Field(default=None, description="The zone of wall times; the joins' own if left out.")
    input: JsonValue = Field(default=None, description="The input of executions whose steps have none; {} if left out.")
    steps: list[StepDocument] = Field(default=[], description="What happens, in order.")
    expect: list[ExpectationDocument] = Field(description="What must come of it, in order; anything else of these kinds must not.")
    until: Moment | None = Field(default=None, description="When it ends: a moment after the last step. If left out, when nothing is due.")
