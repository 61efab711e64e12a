"""The errors of fanin: one root, four kinds, a stable code on each.

The kind tells the caller what to do next, the code tells people and metrics what happened. Codes are kebab-case, part of the
public interface, and the same in logs, metrics, quarantined messages and the command line.
"""

from __future__ import annotations


class FaninError(Exception):
    """Root of every error raised by fanin.

    `code` is stable and machine-readable; `message` is one sentence for people that says what, where and how to mend it. Neither
    ever holds a payload, an input, an output or a signature.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class RejectedError(FaninError):
    """The thing itself is wrong and will stay wrong: quarantine it, never retry."""


class RetryableError(FaninError):
    """The world was not ready: give the message back to its queue."""


class ConfigurationError(FaninError):
    """The deployment or a definition is wrong: fail at start, or refuse the definition."""


class SecurityError(RejectedError):
    """Somebody may be trying something: quarantine and raise an alarm."""
