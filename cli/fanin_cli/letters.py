"""What a dead letter is, told from its body as far as that can be read, and why it is dead, told from its attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from fanin.domain.errors import RejectedError
from fanin_cli.clients import Message

if TYPE_CHECKING:
    from fanin.signing.strict_json import JsonValue


@dataclass(frozen=True, slots=True)
class Letter:
    """What a message says; `error_code`, `error_message` and `rule` are EventBridge's, absent when a queue gave up on it."""

    what: str
    join: str | None = None
    key: str | None = None
    source: str | None = None
    execution: str | None = None
    status: str | None = None
    account: str | None = None
    rule: str | None = None
    error_code: str | None = None
    error_message: str | None = None

    @property
    def about(self) -> str:
        """What it is about, in a few words."""
        run = " ".join(filter(None, (self.join, self.key)))
        return run or " ".join(filter(None, (self.source, self.execution, self.status))) or "-"

    def members(self) -> dict[str, str | None]:
        """All of it, for JSON."""
        return {_camel(name): value for name, value in asdict(self).items()}


def read_letter(message: Message) -> Letter:
    """What a message is; one that cannot be read says so."""
    attributes = message.attributes
    return replace(
        Letter(**_told(message.body)),
        rule=attributes.get("RULE_ARN"),
        error_code=attributes.get("ERROR_CODE"),
        error_message=attributes.get("ERROR_MESSAGE"),
    )


def why_dead(letter: Letter, message: Message) -> str:
    """Why it lies here, in a few words."""
    if letter.error_code is not None:
        return f"{letter.error_code} of rule {(letter.rule or '-').rpartition('/')[2]}"
    if message.moved_from is not None:
        return f"given up on in {message.moved_from.rpartition(':')[2]}"
    return "-"


def _told(body: str) -> dict[str, str]:
    from fanin.sources.envelope import parse_body  # noqa: PLC0415 - start-up time

    try:
        value = parse_body(body)
    except RejectedError as error:
        return {"what": f"unreadable ({error.code})"}
    members = {"account": _text(value, "account")}
    detail = value.get("detail")
    if value.keys() == {"v", "found"}:
        return _of_completion(body, "found")
    told = _ours(value) or _of_event(value, body, detail if isinstance(detail, dict) else {})
    return {name: text for name, text in {**members, **told}.items() if text}


def _ours(value: Mapping[str, JsonValue]) -> dict[str, str]:
    """Messages that our own functions send; empty for an event."""
    for what in ("recheck", "expect"):
        inner = value.get(what)
        if value.keys() == {"v", what}:
            return {"what": what, **(_run(inner) if isinstance(inner, dict) else {})}
    return {"what": "wake-up", **_run(value)} if "delivery" in value else {}


def _of_event(value: Mapping[str, JsonValue], body: str, detail: Mapping[str, JsonValue]) -> dict[str, str]:
    said = (_text(value, "source"), _text(value, "detail-type"))
    data = detail.get("data")
    match said:
        case "fanin.hub", "Fan-in Release":
            return {"what": "release", **_run(data if isinstance(data, dict) else {})}
        case "fanin.hub" | "fanin.count", _:
            return {"what": said[1].removeprefix("Fan-in ").lower(), **_run(detail)}
        case "aws.events", "Scheduled Event":
            return {"what": "sweep"}
        case _:
            return _of_completion(body, "/".join(said))


def _of_completion(body: str, said: str) -> dict[str, str]:
    from fanin.domain.completion import Completion  # noqa: PLC0415 - start-up time
    from fanin.domain.receipt import Receipt, parse_subject  # noqa: PLC0415 - start-up time
    from fanin.sources.message import parse_message  # noqa: PLC0415 - start-up time

    try:
        message = parse_message(body)
        match message:
            case Completion():
                ended = {"source": message.source.arn, "execution": message.execution_id, "status": message.status.value}
                return {"what": "completion", **ended}
            case Receipt():
                run = parse_subject(message.sub)[0]
                return {"what": "receipt", "join": run.join, "key": run.key}
            case _:
                return {"what": "event", "source": said}
    except RejectedError as error:
        return {"what": f"event ({error.code})", "source": said}


def _run(value: Mapping[str, JsonValue]) -> dict[str, str]:
    return {name: _text(value, name) for name in ("join", "key")}


def _text(value: Mapping[str, JsonValue], name: str) -> str:
    found = value.get(name)
    return found if isinstance(found, str) else ""


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
