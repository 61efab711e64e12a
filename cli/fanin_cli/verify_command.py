"""verify: a signed release checked offline, exactly as a starter checks it, every step told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Annotated

import typer

from fanin.domain.errors import SecurityError
from fanin.signing.envelope import MAX_BODY_BYTES
from fanin.signing.trust import TrustDocument
from fanin.signing.verification_failure import STEPS, VerificationError
from fanin_cli.failures import ExitCode
from fanin_cli.input_files import read_input, read_trust
from fanin_cli.options import JsonFlag, epoch_seconds
from fanin_cli.rendering import can_show, moment, say, say_json

if TYPE_CHECKING:
    from fanin.signing.verification import VerifiedRelease

EventFile = Annotated[
    str,
    typer.Argument(
        metavar="EVENT",
        help="File with the event as EventBridge delivered it, the body of the SQS message, or a batch of one; - for standard input.",
        show_default=False,
    ),
]
Trust = Annotated[str, typer.Option("--trust", metavar="FILE", help="The successor's trust document.", show_default=False)]
Audience = Annotated[str, typer.Option("--audience", metavar="BUS_ARN", help="ARN of the successor's bus.", show_default=False)]
At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="Check as of then: ISO 8601 with an offset, or epoch seconds. Default: now.")
]


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What came of it: a release or the step that failed. `at_epoch_s` is the time it was checked for."""

    at_epoch_s: int
    release: VerifiedRelease | None
    error: VerificationError | None

    def steps(self) -> Iterator[tuple[str, str, bool | None]]:
        """Each step with what holds once it has passed, and whether it did; None for one that was not reached."""
        passed: bool | None = True
        for step, claim in STEPS:
            if self.error is not None and step == self.error.step:
                yield step, claim, False
                passed = None
            else:
                yield step, claim, passed


def verify(event: EventFile, trust: Trust, audience: Audience, at: At = None, as_json: JsonFlag = False) -> None:
    """Check a signed release offline, as a starter does, and tell which step refused it.

    Exit code 0 when it is right, 1 when it is refused. Nothing is started, and nothing is asked of AWS.
    """
    at_epoch_s = epoch_seconds(at)
    document = read_trust(trust, ExitCode.MISUSE)
    verdict = _verdict(_body_of(read_input(event, 2 * MAX_BODY_BYTES)), document, audience, at_epoch_s)
    if as_json:
        say_json(_members(verdict))
    else:
        _tell(verdict)
    if verdict.error is not None:
        raise typer.Exit(ExitCode.BAD)


def _verdict(body: bytes, trust: TrustDocument, audience: str, at_epoch_s: int) -> _Verdict:
    from fanin.signing.verification import verify_text  # noqa: PLC0415 - start-up time: a JOSE library and cryptography

    try:
        return _Verdict(at_epoch_s, verify_text(body, trust, audience, at_epoch_s), None)
    except VerificationError as error:
        return _Verdict(at_epoch_s, None, error)


def _tell(verdict: _Verdict) -> None:
    signs = {True: "✓", False: "✗", None: "·"} if can_show("✓✗·") else {True: "+", False: "x", None: "."}
    width = max(len(step) for step, _ in STEPS)
    for step, claim, passed in verdict.steps():
        say(f"{signs[passed]} {step.ljust(width)}  {claim}" if passed is not None else f"{signs[passed]} {step.ljust(width)}  not reached")
        if passed is False and verdict.error is not None:
            say(f"  {' ' * width}  {verdict.error.code}: {verdict.error.message}")
    if verdict.release is not None:
        say("")
        for name, value in _summary(verdict.release).items():
            say(f"{name.ljust(width)}  {value}")
    elif verdict.error is not None:
        say("")
        say(f"Refused at the step {verdict.error.step}: {verdict.error.code}{_alarm(verdict.error)}.")


def _alarm(error: VerificationError) -> str:
    if error.code == "release-kid-unknown":
        return "; a starter raises an alarm: the hub has a new key that is not pinned here yet, or somebody is trying something"
    return "; a starter raises an alarm, for no honest hub sends this" if isinstance(error, SecurityError) else ""


def _body_of(text: bytes) -> bytes:
    """The event in a file: the file itself, or the one message of a batch as Lambda hands it over (what events/ holds)."""
    try:
        match json.loads(text):
            case {"Records": [{"body": str(body)}]}:
                return body.encode()
    except (ValueError, RecursionError):
        pass  # what it is not is told by the verification
    return text


def _summary(release: VerifiedRelease) -> Mapping[str, object]:
    claims = release.claims
    join, attempt, outcome, key = claims.sub.split("/", 3)
    return {
        "join": join,
        "key": key,
        "attempt": attempt,
        "outcome": outcome,
        "target": claims.tgt,
        "issuer": claims.iss,
        "signed by": release.kid,
        "delivery": claims.jti,
        "issued": moment(claims.iat * 1000, UTC),
        "expires": moment(claims.exp * 1000, UTC),
    }


def _members(verdict: _Verdict) -> Mapping[str, object]:
    error, release = verdict.error, verdict.release
    return {
        "ok": error is None,
        "checkedAt": verdict.at_epoch_s,
        "step": None if error is None else error.step,
        "code": None if error is None else error.code,
        "message": None if error is None else error.message,
        "alarm": isinstance(error, SecurityError),
        "steps": [{"step": step, "passed": passed} for step, _, passed in verdict.steps()],
        "release": None if release is None else _release_members(release),
    }


def _release_members(release: VerifiedRelease) -> Mapping[str, object]:
    claims = release.claims
    join, attempt, outcome, key = claims.sub.split("/", 3)
    return {
        "kid": release.kid,
        "iss": claims.iss,
        "join": join,
        "key": key,
        "attempt": int(attempt),
        "outcome": outcome,
        "target": claims.tgt,
        "jti": claims.jti,
        "issuedAt": claims.iat,
        "expiresAt": claims.exp,
    }
