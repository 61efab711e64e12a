"""The compiler: definitions in, joins out, or everything that is wrong with them.

A compiled join is a plan that has no version yet. Predecessors are put in the order of their names: a mapping has no order of its own
(CloudFormation and JSON tools do not keep one), so the same definition always gives the same slots and the same digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fanin.definitions.conflicts import conflicts, join_conflicts
from fanin.definitions.document import Definition, KeyDocument, SuccessorDocument
from fanin.definitions.fields import Options
from fanin.definitions.plan_document import content_digest
from fanin.definitions.problems import LabelledProblem
from fanin.definitions.validation import read_definition
from fanin.domain.completion import Source, SourceKind
from fanin.domain.condition import all_of
from fanin.domain.plan import KeyKind, KeyRule, Plan, Predecessor, Successor

__all__ = ["CompiledJoin", "LabelledProblem", "compile_documents"]

_UNVERSIONED = 0


@dataclass(frozen=True, slots=True)
class CompiledJoin:
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
    coerce_scalars: bool = False,
) -> tuple[list[CompiledJoin], list[LabelledProblem]]:
    """The joins of the `(label, document)` pairs that are right, and all problems; if there is any, apply nothing.

    A document is JSON values as a parser gives them. `allowed_*` are where predecessors and buses may be, None for anywhere.
    `coerce_scalars` takes "true" and "false" for booleans, as CloudFormation turns every scalar of a custom resource into text.
    """
    options = Options(allowed_accounts, allowed_buses, coerce_scalars)
    joins: list[CompiledJoin] = []
    problems: list[LabelledProblem] = []
    for label, document in documents:
        definition, found = read_definition(document, options)
        found += conflicts(document)
        problems += [LabelledProblem(label, problem) for problem in found]
        if definition is not None and not found:
            joins.append(_compiled(definition))
    problems += [LabelledProblem(label, problem) for label, problem in join_conflicts(documents)]
    return joins, problems


def _compiled(definition: Definition) -> CompiledJoin:
    predecessors = tuple(
        Predecessor(name, Source(SourceKind.STEP_FUNCTIONS, predecessor.state_machine))
        for name, predecessor in sorted(definition.predecessors.items())
    )
    plan = Plan(
        join=definition.join,
        version=_UNVERSIONED,
        digest="",
        description=definition.description,
        key=_key_rule(definition.key),
        predecessors=predecessors,
        condition=all_of(len(predecessors)),
        successors=tuple(map(_successor, definition.successors)),
    )
    return CompiledJoin(replace(plan, digest=content_digest(plan)))


def _key_rule(key: KeyDocument | None) -> KeyRule:
    if key is not None and key.input is not None:
        return KeyRule(KeyKind.INPUT, key.input)
    if key is not None and key.name is not None:
        return KeyRule(KeyKind.NAME, key.name)
    return KeyRule(KeyKind.LATEST)


def _successor(successor: SuccessorDocument) -> Successor:
    return Successor(successor.target, successor.bus, successor.payload.outputs)
