"""A hub's answer, read with types. A hub of another release may answer otherwise: that is said, not guessed around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fanin_cli.failures import CommandError, ExitCode


@dataclass(frozen=True, slots=True)
class Fields:
    """One JSON object of an answer; `where` names it for people. Every reader raises CommandError `hub-answer` for another shape."""

    members: Mapping[str, object]
    where: str

    @classmethod
    def of(cls, value: object, where: str) -> Fields:
        """The fields of a JSON value that must be an object."""
        if not isinstance(value, dict):
            raise _unexpected(where, "an object", value)
        return cls(value, where)

    def text(self, name: str) -> str:
        """A string."""
        value = self.members.get(name)
        if not isinstance(value, str):
            raise _unexpected(f"{self.where}.{name}", "a string", value)
        return value

    def text_or_none(self, name: str) -> str | None:
        """A string, null or nothing."""
        return None if self.members.get(name) is None else self.text(name)

    def number(self, name: str) -> int:
        """An integer."""
        value = self.members.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise _unexpected(f"{self.where}.{name}", "an integer", value)
        return value

    def number_or_none(self, name: str) -> int | None:
        """An integer, null or nothing."""
        return None if self.members.get(name) is None else self.number(name)

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self.members.get(name)
        if not isinstance(value, bool):
            raise _unexpected(f"{self.where}.{name}", "true or false", value)
        return value

    def nested(self, name: str) -> Fields:
        """An object."""
        return Fields.of(self.members.get(name), f"{self.where}.{name}")

    def nested_or_none(self, name: str) -> Fields | None:
        """An object, null or nothing."""
        return None if self.members.get(name) is None else self.nested(name)

    def objects(self, name: str) -> list[Fields]:
        """A list of objects."""
        return [Fields.of(one, f"{self.where}.{name}[{index}]") for index, one in enumerate(self._list(name))]

    def texts(self, name: str) -> list[str]:
        """A list of strings."""
        values = self._list(name)
        if not all(isinstance(one, str) for one in values):
            raise _unexpected(f"{self.where}.{name}", "a list of strings", values)
        return [str(one) for one in values]

    def path(self, name: str) -> tuple[str | int, ...]:
        """A list of field names and positions, or nothing."""
        values = self._list(name) if name in self.members else []
        return tuple(one for one in values if isinstance(one, str | int))

    def _list(self, name: str) -> list[object]:
        value = self.members.get(name)
        if not isinstance(value, list):
            raise _unexpected(f"{self.where}.{name}", "a list", value)
        return value


def _unexpected(where: str, wanted: str, value: object) -> CommandError:
    given = "missing" if value is None else f"a {type(value).__name__}"
    hint = "the hub and this command may be of different releases: compare fanin --version with what is deployed"
    return CommandError("hub-answer", f"{where} must be {wanted}, but is {given}", hint, ExitCode.UNANSWERED)
