"""JSON with the place of every value, for state machines that stand in files: strict (RFC 8259), no name twice, at most 100 levels deep.

But for one thing: where a value should be, `${Name}` may stand without quotes, as a template fills it in before anybody reads the JSON. It
is read as that text.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NoReturn

from fanin.definitions.locations import LocatedProblem, Position, SourceDocument
from fanin.definitions.problems import Path, Problem, quoted
from fanin.definitions.source_file import RefusedFileError
from fanin_cli.lint.codes import MachineCode

MAX_DEPTH = 100
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")
_SUBSTITUTION = re.compile(r"\$\{[^{}\"\s]{1,255}\}")
_PLAIN = re.compile(r"true|false|null|-?(?:0|[1-9][0-9]{0,100})(?:\.[0-9]{1,100})?(?:[eE][-+]?[0-9]{1,3})?")


def parse_json(file: str, text: str) -> SourceDocument:
    """The document of a text; RefusedFileError says where it is no JSON. `file` is only a name."""
    return _Reading(file, text).document()


@dataclass(slots=True)
class _Reading:
    """One text being read, from `at` on."""

    file: str
    text: str
    at: int = 0
    lines: list[int] = field(default_factory=list)
    names: dict[Path, Position] = field(default_factory=dict)
    values: dict[Path, Position] = field(default_factory=dict)

    def document(self) -> SourceDocument:
        """The one value of the text."""
        self.lines = [0, *(found.end() for found in re.finditer(r"\r\n|\r|\n", self.text))]
        value = self._value(())
        if self._next():
            self._refuse(MachineCode.NOT_JSON, "something follows the end of the JSON value")
        return SourceDocument(self.file, self.file, value, self.names, self.values)

    def _value(self, path: Path) -> object:
        character = self._next()
        self.values[path] = self._position()
        if character == '"':
            return self._string()
        if character not in ("{", "["):
            return self._plain()
        if len(path) >= MAX_DEPTH:
            self._refuse(MachineCode.TOO_DEEP, f"the definition is more than {MAX_DEPTH} levels deep")
        return self._object(path) if character == "{" else self._array(path)

    def _object(self, path: Path) -> dict[str, object]:
        members: dict[str, object] = {}
        self.at += 1
        while not self._took("}"):
            if members:
                self._take(",")
            if self._next() != '"':
                self._refuse(MachineCode.NOT_JSON, "a name in double quotes is missing")
            position, name = self._position(), self._string()
            if name in members:
                self._refuse(MachineCode.DUPLICATE_NAME, f"the name {quoted(name)} stands twice in one object", position)
            self.names[*path, name] = position
            self._take(":")
            members[name] = self._value((*path, name))
        return members

    def _array(self, path: Path) -> list[object]:
        items: list[object] = []
        self.at += 1
        while not self._took("]"):
            if items:
                self._take(",")
            items.append(self._value((*path, len(items))))
        return items

    def _string(self) -> str:
        try:
            value, self.at = _DECODER.raw_decode(self.text, self.at)
        except json.JSONDecodeError as error:
            self.at = min(error.pos, len(self.text))
            self._refuse(MachineCode.NOT_JSON, "the text in double quotes does not end, or has a control character or a wrong escape")
        return str(value)

    def _plain(self) -> object:
        filled_in = _SUBSTITUTION.match(self.text, self.at)
        if filled_in is not None:
            self.at = filled_in.end()
            return filled_in[0]
        found = _PLAIN.match(self.text, self.at)
        if found is None:
            self._refuse(MachineCode.NOT_JSON, "this is no JSON value" if self.at < len(self.text) else "the JSON value ends too early")
        self.at = found.end()
        return json.loads(found[0])

    def _next(self) -> str:
        """The character after the space here, which is skipped; empty at the end."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.text[self.at : self.at + 1]

    def _took(self, character: str) -> bool:
        here = self._next() == character
        self.at += here
        return here

    def _take(self, character: str) -> None:
        if not self._took(character):
            self._refuse(MachineCode.NOT_JSON, f"{character!r} is missing")

    def _position(self) -> Position:
        line = bisect_right(self.lines, self.at)
        return Position(line, self.at - self.lines[line - 1] + 1)

    def _refuse(self, code: MachineCode, message: str, position: Position | None = None) -> NoReturn:
        hint = "give the state machine's definition as JSON" if code is MachineCode.NOT_JSON else None
        raise RefusedFileError(LocatedProblem(self.file, position or self._position(), Problem((), code, message, hint)))
