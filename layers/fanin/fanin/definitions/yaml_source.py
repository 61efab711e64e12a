"""Definitions out of YAML: the part of YAML that is JSON with comments, and where everything stood.

Read from PyYAML's events, never its constructors: no anchors and aliases (a small file that unfolds into a large one), no tags, no merge
keys, no key twice, nothing deeper than a definition can be, scalars by the YAML 1.2 core schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from fanin.definitions.holiday_files import with_holiday_files
from fanin.definitions.locations import START, LocatedProblem, Position, SourceDocument
from fanin.definitions.malformed import MAX_DEPTH
from fanin.definitions.problems import MAX_PROBLEMS, MORE_PROBLEMS, Code, Path, Problem, RefusedValueError, quoted, shown
from fanin.definitions.source_file import RefusedFileError, read_source
from fanin.definitions.yaml_scalars import plain_scalar

MAX_DOCUMENTS = 100


def read_definitions(file: str) -> tuple[list[SourceDocument], list[LocatedProblem]]:
    """The documents of a file in order, or what is wrong with it or its holidays: one is empty. Labels are `file`, `file#2`, …"""
    try:
        documents, problems = parse_definitions(file, read_source(file))
    except RefusedFileError as error:
        return [], [error.located]
    if not problems:
        documents, problems = with_holiday_files(documents)
    return ([], problems) if problems else (documents, [])


def parse_definitions(file: str, text: str) -> tuple[list[SourceDocument], list[LocatedProblem]]:
    """Likewise for text that was read already; `file` is only a name."""
    reading = _Reading(file)
    try:
        documents = list(reading.documents(text))
    except _StopReadingError:
        documents = []
    if not documents and not reading.problems:
        reading.refuse(START, (), Code.YAML_EMPTY, "the file has no definition", "begin with join: <name>")
    return ([], reading.problems) if reading.problems else (documents, [])


class _StopReadingError(Exception):
    """What follows in the file cannot be made sense of."""


@dataclass(slots=True)
class _Reading:
    """One file being read: what was found wrong so far, and the places in the document at hand."""

    file: str
    problems: list[LocatedProblem] = field(default_factory=list)
    names: dict[Path, Position] = field(default_factory=dict)
    values: dict[Path, Position] = field(default_factory=dict)

    def documents(self, text: str) -> Iterator[SourceDocument]:
        """The documents of the text that are not empty."""
        events = self._events(text)
        number = 0
        for event in events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            self.names, self.values = {}, {}
            document = self._value(next(events), events, ())
            if document is None:
                continue
            number += 1
            if number > MAX_DOCUMENTS:
                hint = "divide it into several"
                self.refuse(_position(event), (), Code.YAML_TOO_MANY_DOCUMENTS, f"the file has more than {MAX_DOCUMENTS} definitions", hint)
                raise _StopReadingError
            label = self.file if number == 1 else f"{self.file}#{number}"
            yield SourceDocument(label, self.file, document, self.names, self.values)

    def refuse(self, position: Position, path: Path, code: Code, message: str, hint: str | None) -> None:
        """Note a problem and go on, unless there are a hundred already."""
        if len(self.problems) == MAX_PROBLEMS:
            self.problems.append(LocatedProblem(self.file, position, MORE_PROBLEMS))
            raise _StopReadingError
        self.problems.append(LocatedProblem(self.file, position, Problem(path, code, message, hint)))

    def _events(self, text: str) -> Iterator[yaml.Event]:
        position = START
        try:
            for event in yaml.parse(text, Loader=yaml.SafeLoader):
                position = _position(event)
                yield event
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._refuse_syntax(Position(mark.line + 1, mark.column + 1) if mark else position, str(error.problem or error.context))
        except yaml.reader.ReaderError as error:
            before = text[: error.position].split("\n")
            self._refuse_syntax(Position(len(before), len(before[-1]) + 1), f"the character U+{error.character:04X} is not allowed")
        except (ValueError, OverflowError):  # escapes and version numbers that PyYAML converts without a check
            self._refuse_syntax(position, "an escape or a directive after this is out of range")

    def _refuse_syntax(self, position: Position, what: str) -> None:
        self.refuse(position, (), Code.YAML_SYNTAX, f"this is not YAML: {shown(what)}", "check indentation, colons and quotes up to here")
        raise _StopReadingError

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], path: Path) -> object:
        position = _position(event)
        self.values.setdefault(path, position)
        self._refuse_features(event, path)
        match event:
            case yaml.ScalarEvent():
                return self._scalar(event, path)
            case yaml.AliasEvent():
                return None
            case _ if len(path) >= MAX_DEPTH:
                self.refuse(position, path, Code.YAML_TOO_DEEP, f"the definition is more than {MAX_DEPTH} levels deep", None)
                raise _StopReadingError
            case yaml.SequenceStartEvent():
                return self._sequence(events, path)
            case _:
                return self._mapping(events, path)

    def _refuse_features(self, event: yaml.Event, path: Path) -> None:
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor is not None:
            self.refuse(_position(event), path, Code.YAML_ALIAS, "anchors and aliases are not read", "write the value out")
        if tag is not None:
            self.refuse(_position(event), path, Code.YAML_TAG, f"the tag {quoted(str(tag))} is not read", "write the value without it")

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> object:
        if not event.implicit[0] or event.style is not None:
            return event.value
        try:
            return plain_scalar(event.value)
        except RefusedValueError as error:
            self.refuse(_position(event), path, Code(error.code), error.message, error.hint)
            return None

    def _sequence(self, events: Iterator[yaml.Event], path: Path) -> object:
        items: list[object] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self._value(event, events, (*path, len(items))))
        return items

    def _mapping(self, events: Iterator[yaml.Event], path: Path) -> object:
        members: dict[str, object] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            name = self._name(event, path)
            if name in members:
                at = self.names[*path, name]
                hint = f"remove one; the first is on line {at.line}"
                self.refuse(_position(event), (*path, name), Code.YAML_DUPLICATE_KEY, f"{quoted(name)} stands here twice", hint)
            self.names.setdefault((*path, name), _position(event))
            following = next(events)
            if not isinstance(following, yaml.ScalarEvent):
                self.values.setdefault((*path, name), _position(event))
            members[name] = self._value(following, events, (*path, name))
        return members

    def _name(self, event: yaml.Event, path: Path) -> str:
        """The name of a field, always as text: `on`, `2026` and `true` are names like any other."""
        self._refuse_features(event, path)
        if not isinstance(event, yaml.ScalarEvent):
            self.refuse(_position(event), path, Code.YAML_KEY, "the name of a field is a list, a mapping or an alias", "write text")
            raise _StopReadingError
        return str(event.value)


def _position(event: yaml.Event) -> Position:
    mark = event.start_mark
    return Position(mark.line + 1, mark.column + 1) if mark else START
