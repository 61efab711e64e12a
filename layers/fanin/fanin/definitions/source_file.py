"""The text of a definitions file: a regular file of at most 1 MB, in UTF-8 without a byte order mark.

Opened without blocking and judged by what was opened, so that a FIFO, a device or a directory is refused instead of waited for.
"""

from __future__ import annotations

import os
import re
import stat

from fanin.definitions.locations import START, LocatedProblem, Position
from fanin.definitions.problems import Code, Problem

MAX_FILE_BYTES = 1_000_000

_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")  # UTF-8, UTF-16 and, beginning like it, UTF-32
_LINE_END = re.compile(rb"\r\n|\r|\n")


class RefusedFileError(Exception):
    """The file cannot be read as definitions; `located` says why."""

    def __init__(self, located: LocatedProblem) -> None:
        super().__init__(str(located))
        self.located = located


def read_source(file: str) -> str:
    """The text of a file; RefusedFileError when it is missing, not a regular file, over 1 MB or not plain UTF-8."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except FileNotFoundError:
        raise _refused(file, Code.FILE_MISSING, "there is no such file", "check the name") from None
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        what = "a directory" if stat.S_ISDIR(mode) else "no regular file"
        raise _refused(file, Code.FILE_NOT_REGULAR, f"this is {what}", "give a file of definitions")
    try:
        with os.fdopen(descriptor, "rb") as opened:
            raw = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise _unreadable(file, error) from error
    return _decoded(file, raw)


def _decoded(file: str, raw: bytes) -> str:
    if len(raw) > MAX_FILE_BYTES:
        raise _refused(file, Code.FILE_TOO_LARGE, f"the file has more than {MAX_FILE_BYTES} bytes", "divide it into several")
    if raw.startswith(_MARKS):
        raise _refused(file, Code.FILE_BOM, "the file begins with a byte order mark", "save it as UTF-8 without one")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        before = _LINE_END.split(raw[: error.start])
        position = Position(len(before), len(before[-1].decode()) + 1)
        problem = Problem((), Code.FILE_NOT_UTF8, f"the byte 0x{raw[error.start]:02x} is not UTF-8", "save the file as UTF-8")
        raise RefusedFileError(LocatedProblem(file, position, problem)) from error


def _refused(file: str, code: Code, message: str, hint: str) -> RefusedFileError:
    return RefusedFileError(LocatedProblem(file, START, Problem((), code, message, hint)))


def _unreadable(file: str, error: OSError | ValueError) -> RefusedFileError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return _refused(file, Code.FILE_UNREADABLE, f"the file cannot be read: {reason}", "check its name and permissions")
