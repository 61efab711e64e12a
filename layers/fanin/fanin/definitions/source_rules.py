"""Sources out of predecessor documents, and what else tells one completion of theirs from another."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict

from fanin.definitions.document import PredecessorDocument
from fanin.definitions.event_pattern import checked_pattern
from fanin.definitions.source_document import EventDocument
from fanin.domain.completion import Source, SourceKind
from fanin.domain.event_rule import EventRule, StatusWords

_DIGEST_CHARS = 16


def source(document: PredecessorDocument) -> Source:
    """The source that a predecessor names; its kind was checked to be exactly one."""
    if document.ecs_task is not None:
        return Source(SourceKind.ECS, f"{document.ecs_task.cluster}/{document.ecs_task.family}")
    if document.batch_job is not None:
        return Source(SourceKind.BATCH, f"{document.batch_job.queue}/{document.batch_job.definition}")
    if document.event is not None:
        return _of_events(document.event)
    named = {
        SourceKind.STEP_FUNCTIONS: document.state_machine,
        SourceKind.GLUE: document.glue_job,
        SourceKind.CODEBUILD: document.code_build_project,
        SourceKind.LAMBDA: document.lambda_function,
        SourceKind.JOIN: document.join,
    }
    return next(Source(kind, name) for kind, name in named.items() if name is not None)


def event_rule(document: EventDocument) -> EventRule:
    """The rule that picks a predecessor's events and reads them."""
    status = document.status
    return EventRule(
        id=document.id,
        pattern=None if document.pattern is None else checked_pattern(document.pattern),
        status=None if status is None else StatusWords(status.path, tuple(sorted(status.succeeded)), tuple(sorted(status.failed))),
        started_at=document.started_at,
        stopped_at=document.stopped_at,
        input=document.input,
    )


def _of_events(document: EventDocument) -> Source:
    """The digest tells rules for one route apart, and is the same for the same rule in every join."""
    said = json.dumps([document.source, document.detail_type, asdict(event_rule(document))], sort_keys=True)
    digest = hashlib.sha256(said.encode()).hexdigest()[:_DIGEST_CHARS]
    route = f"{document.account}:{document.region}:{document.source}/{document.detail_type}"
    return Source(SourceKind.EVENT, f"{route}#{digest}")
