"""The compiler: definitions in, joins out, or everything that is wrong with them.

A compiled join is a plan that has no version yet. Predecessors are put in the order of their names: a mapping has no order of its own
(CloudFormation and JSON tools do not keep one), so the same definition always gives the same slots and the same digest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from fanin.definitions.conditions import condition
from fanin.definitions.conflicts import conflicts, join_conflicts
from fanin.definitions.count_document import counted
from fanin.definitions.cycles import Targets, cycles, followers, targets_by_name
from fanin.definitions.document import Definition, PredecessorDocument, SuccessorDocument
from fanin.definitions.fields import Options
from fanin.definitions.key_rules import key_rule
from fanin.definitions.listening import Listening, unheard
from fanin.definitions.plan_document import content_digest, size_bytes
from fanin.definitions.problems import Code, LabelledProblem, Path, Problem
from fanin.definitions.source_rules import event_rule, source
from fanin.definitions.time_document import CalendarDocument
from fanin.definitions.timings import calendar, timing
from fanin.definitions.validation import read_definition
from fanin.definitions.width import journal_partitions
from fanin.domain.outcome import Outcome
from fanin.domain.plan import AfterRelease, KeyRule, OnFailure, Plan, Predecessor, Successor

__all__ = ["CompiledJoin", "LabelledProblem", "circles", "compile_documents"]

MAX_PLAN_BYTES = 390_000  # of an item's 400 KB

_UNVERSIONED = 0


class CompiledJoin(NamedTuple):
    """Everything of a plan but its version. `digest` is SHA-256 in hex over the content, description included."""

    content: Plan

    @property
    def join(self) -> str:
        """The join's name."""
        return self.content.join

    @property
    def digest(self) -> str:
        """The same for the same content, whatever the order of fields and predecessors in the document."""
        return self.content.digest

    def to_plan(self, version: int) -> Plan:
        """The plan of this content as a version, counted from 1."""
        return replace(self.content, version=version)


def compile_documents(
    documents: Sequence[tuple[str, object]],
    *,
    allowed_accounts: frozenset[str] | None,
    allowed_buses: frozenset[str] | None,
    listening: Listening | None = None,
    coerce_scalars: bool = False,
    this_year: int | None = None,
) -> tuple[list[CompiledJoin], list[LabelledProblem]]:
    """The joins of the `(label, document)` pairs that are right, and all problems; if there is any, apply nothing.

    A document is JSON values as a parser gives them. `allowed_*` are where predecessors and buses may be, None for anywhere;
    `listening` is what the hub hears of, None for everything.
    `coerce_scalars` takes text for booleans and numbers where those are needed, as CloudFormation turns every scalar of a custom resource
    into text. `this_year` is the current one: a country's holidays are compiled from the year before it to five years after.
    ConfigurationError `year-missing` if a country is named and it is not given.
    """
    options = Options(allowed_accounts, allowed_buses, coerce_scalars)
    joins: list[CompiledJoin] = []
    problems: list[LabelledProblem] = []
    labels: dict[str, str] = {}
    for label, document in documents:
        definition, found = read_definition(document, options)
        found += conflicts(document)
        problems += [LabelledProblem(label, problem) for problem in found]
        if definition is None or found:
            continue
        compiled = _compiled(definition, this_year)
        labels[definition.join] = label
        if listening is not None:
            problems += [LabelledProblem(label, problem) for problem in unheard(compiled.content, definition, listening)]
        if size_bytes(compiled.content) > MAX_PLAN_BYTES:
            what = f"the compiled definition has more than {MAX_PLAN_BYTES} bytes, which one item of the table does not hold"
            problems.append(LabelledProblem(label, Problem((), Code.PLAN_TOO_LARGE, what, "divide the join into several")))
            continue
        joins.append(compiled)
    problems += [LabelledProblem(label, problem) for label, problem in join_conflicts(documents)]
    problems += [LabelledProblem(labels[join], problem) for join, problem in circles([join.content for join in joins], labels)]
    return joins, problems


def _compiled(definition: Definition, this_year: int | None) -> CompiledJoin:
    key = key_rule(definition.key, definition.zone)
    predecessors = tuple(_predecessor(name, document, key, definition) for name, document in sorted(definition.predecessors.items()))
    times = timing(definition)
    counts_days = times.business_days_only or any(rule.business for rule in (key, *(one.key for one in predecessors if one.key)))
    plan = Plan(
        join=definition.join,
        version=_UNVERSIONED,
        digest="",
        description=definition.description,
        key=key,
        predecessors=predecessors,
        condition=condition(definition.require, {predecessor.name: slot for slot, predecessor in enumerate(predecessors)}),
        successors=tuple(map(_successor, definition.successors)),
        timing=times,
        after_release=AfterRelease(definition.after_release),
        calendar=calendar(definition.calendar or CalendarDocument(), this_year) if counts_days else None,
        zone=definition.zone,
        journal=journal_partitions(key, predecessors),
    )
    return CompiledJoin(replace(plan, digest=content_digest(plan)))


def _predecessor(name: str, document: PredecessorDocument, join_key: KeyRule, definition: Definition) -> Predecessor:
    own_key = join_key if document.key is None else key_rule(document.key, definition.zone)
    return Predecessor(
        name,
        source(document),
        key=None if own_key == join_key else own_key,
        on_failure=OnFailure(document.on_failure or definition.on_failure),
        optional=document.optional,
        event=None if document.event is None else event_rule(document.event),
        trusts_account=document.trust is not None,
        counted=None if document.count is None else counted(document.count, document.failures),
    )


def _successor(document: SuccessorDocument) -> Successor:
    outcomes = tuple(outcome for outcome in Outcome if outcome.value in document.on)
    return Successor(document.target, document.bus, document.payload.outputs, document.payload.project, outcomes)


def circles(plans: Sequence[Plan], told_of: Collection[str]) -> Iterator[tuple[str, Problem]]:
    """The problem of each circle of plans in which one of the joins `told_of` is, for that join."""
    targets = targets_by_name(plans)
    for circle in cycles(plans, targets):
        ours = next((number for number, join in enumerate(circle) if join in told_of), None)
        if ours is not None:
            yield _circle(circle[ours:] + circle[:ours], plans, targets)


def _circle(circle: tuple[str, ...], plans: Sequence[Plan], targets: Targets) -> tuple[str, Problem]:
    """The problem of a circle that begins with the join that it is told of: at its successor, or where it waits for a release."""
    join, before = circle[0], circle[-1]
    named = {plan.join: plan for plan in plans}
    what = f"the joins start one another in a circle: {' -> '.join((*circle, join))}"
    waits = next(one for one in followers(named[before], plans, targets) if one.join == join)
    if waits.successor is None:
        return join, Problem(("predecessors", waits.predecessor, "join"), Code.JOIN_CYCLE, what, "wait for something else")
    after = circle[1] if len(circle) > 1 else join
    starts = next((one.successor for one in followers(named[join], plans, targets) if one.join == after), None)
    hint = "a target is taken for the state machine of its name: rename the target if it starts another one"
    path: Path = ("predecessors", waits.predecessor) if starts is None else ("successors", starts, "target")
    return join, Problem(path, Code.JOIN_CYCLE, what, hint)
