"""The hub, asked: a question to its operator or viewer, the answer as JSON values, a refusal as an error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from fanin_cli.answers import Fields
from fanin_cli.clients import Deployment, Functions, Session
from fanin_cli.failures import CommandError, ExitCode, HubProblem, HubRefusalError

Question: TypeAlias = Mapping[str, object]

MAX_QUESTION_BYTES = 6 * 1024 * 1024
"""Lambda's limit for a request that is waited for ("Lambda quotas" in its developer guide)."""


@dataclass(frozen=True, slots=True)
class HubClient:
    """One hub. Every answer is `{"ok":true,…}`; anything else becomes an error."""

    deployment: Deployment
    functions: Functions

    def operator(self, question: Question) -> Fields:
        """Ask for a change; HubRefusalError with every problem, and then nothing was changed."""
        return self._ask(f"{self.deployment.hub}-operator", question)

    def viewer(self, question: Question) -> Fields:
        """Ask for information; HubRefusalError when there is none."""
        return self._ask(f"{self.deployment.hub}-viewer", question)

    def _ask(self, function: str, question: Question) -> Fields:
        payload = json.dumps(question, separators=(",", ":")).encode()
        if len(payload) > MAX_QUESTION_BYTES:
            what = f"the request has {len(payload)} bytes, and Lambda takes {MAX_QUESTION_BYTES}"
            raise CommandError("request-too-large", what, "apply fewer files at once")
        answer = _answer(self.functions.invoke(function, payload), function)
        if answer.flag("ok"):
            return answer
        raise HubRefusalError(tuple(_problem(one) for one in answer.objects("problems")) or (_unexplained(function),))


def hub_of(session: Session) -> HubClient:
    """The hub of a session."""
    return HubClient(session.deployment, session.connect().functions(session.deployment))


def _answer(payload: bytes, function: str) -> Fields:
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        raise CommandError("hub-answer", f"{function} did not answer with JSON", exit_code=ExitCode.UNANSWERED) from None
    return Fields.of(value, function)


def _problem(fields: Fields) -> HubProblem:
    return HubProblem(
        fields.text_or_none("label") or "",
        fields.path("path"),
        fields.text("code"),
        fields.text("message"),
        fields.text_or_none("hint"),
    )


def _unexplained(function: str) -> HubProblem:
    return HubProblem("", (), "hub-answer", f"{function} refused and gave no reason", None)
