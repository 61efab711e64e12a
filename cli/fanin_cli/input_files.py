"""Files and standard input given to the offline commands: read whole, never more than the limit asked for."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from fanin.domain.errors import ConfigurationError
from fanin.signing.trust import MAX_TRUST_BYTES, TrustDocument, parse_trust
from fanin_cli.failures import CommandError, ExitCode

STANDARD_INPUT = "-"


def read_input(name: str, max_bytes: int) -> bytes:
    """The bytes of a regular file, or of standard input for `-`; one more than `max_bytes` at most, so that the reader can tell.

    Raises CommandError `file-missing`, `file-not-regular`, `file-unreadable`: wrong use.
    """
    if name == STANDARD_INPUT:
        return sys.stdin.buffer.read(max_bytes + 1)
    try:
        # Without blocking, and judged by what was opened: a FIFO would otherwise be waited for.
        descriptor = os.open(name, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except FileNotFoundError:
        raise CommandError("file-missing", f"{name}: there is no such file", "check the name") from None
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CommandError("file-not-regular", f"{name}: this is no regular file", "give a file, or - for standard input")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(max_bytes + 1)
    except OSError as error:
        raise _unreadable(name, error) from error
    finally:
        os.close(descriptor)


def read_trust(name: str, exit_code: ExitCode) -> TrustDocument:
    """The trust document in a file or standard input; CommandError with the code and place that `parse_trust` tells."""
    try:
        return parse_trust(read_input(name, MAX_TRUST_BYTES).decode())
    except UnicodeDecodeError:
        raise CommandError("trust-json", f"{_shown(name)}: the bytes are not UTF-8", exit_code=exit_code) from None
    except ConfigurationError as error:
        raise CommandError(error.code, f"{_shown(name)}: {error.message}", exit_code=exit_code) from error


def write_output(name: str, text: str) -> None:
    """Write a text file, replacing what is there; CommandError `file-unwritable`."""
    try:
        Path(name).write_text(text, encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        raise CommandError("file-unwritable", f"{name}: {_reason(error)}", "check the directory and its permissions") from error


def _shown(name: str) -> str:
    return "standard input" if name == STANDARD_INPUT else name


def _unreadable(name: str, error: OSError | ValueError) -> CommandError:
    return CommandError("file-unreadable", f"{name}: {_reason(error)}", "check its name and permissions")


def _reason(error: OSError | ValueError) -> str:
    return str(getattr(error, "strerror", None) or error)
