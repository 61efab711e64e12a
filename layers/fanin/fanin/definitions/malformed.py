"""What no definition may hold anywhere, whatever the field: things that are not JSON, and text that cannot be stored or shown.

Checked before anything else, so that the rest reads plain JSON values of bounded depth.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from fanin.definitions.problems import Code, Path, Problem, quoted

MAX_DEPTH = 48  # a condition takes two for each of its levels

_UNSTORABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # line ends and tabs are text


def malformed(document: object, path: Path = ()) -> Iterator[Problem]:
    """The problems of a document as such; none means JSON values, at most 48 deep, whose text has no control characters."""
    if len(path) >= MAX_DEPTH:
        yield Problem(path, Code.TOO_DEEP, f"the definition is more than {MAX_DEPTH} levels deep")
    elif isinstance(document, dict):
        for name, value in document.items():
            yield from _name_problems(name, path)
            yield from malformed(value, (*path, name)) if _is_text(name) else ()
    elif isinstance(document, list):
        for index, item in enumerate(document):
            yield from malformed(item, (*path, index))
    else:
        yield from _scalar_problems(document, path)


def _scalar_problems(value: object, path: Path) -> Iterator[Problem]:
    if isinstance(value, str):
        if not _is_text(value):
            yield Problem(path, Code.TEXT_INVALID, f"{quoted(value)} has control characters or lone surrogates", "remove them")
    elif isinstance(value, float) and not math.isfinite(value):
        yield Problem(path, Code.VALUE_INVALID, "the number is not finite")
    elif value is not None and not isinstance(value, bool | int | float):
        yield Problem(path, Code.WRONG_TYPE, f"{type(value).__name__} is not a JSON value")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not _UNSTORABLE.search(value)


def _name_problems(name: object, path: Path) -> Iterator[Problem]:
    if not isinstance(name, str):
        yield Problem(path, Code.WRONG_TYPE, f"a field is named by {type(name).__name__} instead of text", "put the name in quotes")
    elif not _is_text(name):
        yield Problem(path, Code.TEXT_INVALID, f"the name {quoted(name)} has control characters or lone surrogates", "remove them")
