"""Files of holidays beside definitions: read by the command line, and put into the definition as the dates they list.

One date a line, `2026-12-31`; what follows `#` is for people. A definition that comes without its file, to the operator or out of
CloudFormation, is refused there: a date nobody sent would be a business day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from fanin.definitions.locations import LocatedProblem, Position, SourceDocument
from fanin.definitions.problems import Problem, RefusedValueError, quoted
from fanin.definitions.raw_document import field, fields, items
from fanin.definitions.source_file import RefusedFileError, read_source
from fanin.definitions.time_document import MAX_FILE_NAME_CHARS
from fanin.definitions.times import calendar_date

_FIELD = ("calendar", "holidaysFile")


def with_holiday_files(documents: Sequence[SourceDocument]) -> tuple[list[SourceDocument], list[LocatedProblem]]:
    """The documents with the dates of their files under `calendar.holidays`, and what is wrong with the files.

    A file's name is relative to the definition's. A file that cannot be read is a problem at the field, a wrong line one at that line.
    """
    resolved: list[SourceDocument] = []
    problems: list[LocatedProblem] = []
    for document in documents:
        name = field(document.document, *_FIELD)
        if isinstance(name, str) and 0 < len(name) <= MAX_FILE_NAME_CHARS:
            dates, found = _dates_beside(document, name)
            problems += found
            resolved.append(_with_dates(document, dates))
        else:
            resolved.append(document)
    return resolved, problems


def holiday_dates(file: str, text: str) -> Iterator[str | LocatedProblem]:
    """The dates in the text of a file, and its lines that are none."""
    for number, line in enumerate(text.splitlines(), start=1):
        date = line.partition("#")[0].strip()
        try:
            if date:
                calendar_date(date)
                yield date
        except RefusedValueError as error:
            hint = "write one date a line, as in 2026-12-31, and anything else behind a #"
            yield LocatedProblem(file, Position(number, 1), Problem((), error.code, error.message, hint))


def _dates_beside(document: SourceDocument, name: str) -> tuple[list[str], list[LocatedProblem]]:
    file = str(Path(document.file).parent / name)
    try:
        found = list(holiday_dates(file, read_source(file)))
    except RefusedFileError as error:
        what = error.located.problem
        problem = Problem(_FIELD, what.code, f"the file {quoted(file)} cannot be used: {what.message}", what.hint)
        return [], [document.located(problem)]
    return [one for one in found if isinstance(one, str)], [one for one in found if isinstance(one, LocatedProblem)]


def _with_dates(document: SourceDocument, dates: Sequence[str]) -> SourceDocument:
    calendar = {name: value for name, value in fields(field(document.document, "calendar")).items() if name != "holidaysFile"}
    listed = items(calendar.get("holidays"))
    if "holidays" not in calendar or isinstance(calendar["holidays"], list):
        calendar["holidays"] = [*listed, *(date for date in dates if date not in listed)]
    return replace(document, document={**fields(document.document), "calendar": calendar})
