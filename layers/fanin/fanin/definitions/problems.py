"""Problems: what is wrong with a definition, where, and how to mend it.

A problem is a value, not an error: a definition is read to its end and everything wrong with it is told at once. Codes are stable,
documented in docs/definitions.md (a test holds the two together), and the same in the command line and the operator's answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from fanin.domain.errors import ConfigurationError

Path = tuple[str | int, ...]
MAX_PROBLEMS = 100  # of one document, or of one file's YAML: nobody mends more at once
_SHOWN_CHARS = 60


class Code(StrEnum):
    """Every code a problem can have. The value is public: never rename one."""

    WRONG_TYPE = "wrong-type"
    UNKNOWN_FIELD = "unknown-field"
    MISSING_FIELD = "missing-field"
    VALUE_UNKNOWN = "value-unknown"
    VALUE_INVALID = "value-invalid"
    TEXT_INVALID = "text-invalid"
    TEXT_TOO_LONG = "text-too-long"
    TOO_DEEP = "too-deep"
    NAME_INVALID = "name-invalid"
    NUMBER_RANGE = "number-range"
    JOIN_DUPLICATE = "join-duplicate"
    JOIN_UNKNOWN = "join-unknown"
    JOIN_CYCLE = "join-cycle"

    KEY_CHOICE = "key-choice"
    KEY_CONSTANT = "key-constant"
    KEY_NEVER_TEXT = "key-never-text"
    KEY_OVERRIDE = "key-override"
    OFFSET_INVALID = "offset-invalid"
    OFFSET_WITHOUT_DATE = "offset-without-date"
    WINDOW_CHOICE = "window-choice"
    WINDOW_STARTS_AT = "window-starts-at"
    WINDOW_MISFIT = "window-misfit"
    BAD_CRON = "bad-cron"
    NOT_WITH_LATEST = "not-with-latest"
    BAD_JMESPATH = "bad-jmespath"
    JMESPATH_MAY_GROW = "jmespath-may-grow"
    BAD_REGEX = "bad-regex"
    REGEX_GROUPS = "regex-groups"
    REGEX_UNSUPPORTED = "regex-unsupported"
    REGEX_MAY_HANG = "regex-may-hang"

    ZONE_UNKNOWN = "zone-unknown"
    TIME_INVALID = "time-invalid"
    DURATION_INVALID = "duration-invalid"
    DURATION_RANGE = "duration-range"
    DATE_INVALID = "date-invalid"
    CALENDAR_COUNTRY = "calendar-country"
    CALENDAR_SUBDIVISION = "calendar-subdivision"
    CALENDAR_NEVER_OPEN = "calendar-never-open"
    CALENDAR_UNUSED = "calendar-unused"
    HOLIDAYS_FILE = "holidays-file"
    TOO_MANY_HOLIDAYS = "too-many-holidays"

    ARN_INVALID = "arn-invalid"
    ARN_ACCOUNT = "arn-account"
    ARN_WILDCARD = "arn-wildcard"
    ARN_QUALIFIED = "arn-qualified"

    BAD_PATTERN = "bad-pattern"
    STATUS_EMPTY = "status-empty"
    STATUS_TOO_LONG = "status-too-long"
    STATUS_REPEATED = "status-repeated"
    EVENT_HAS_KIND = "event-has-kind"
    SOURCE_CHOICE = "source-choice"
    TRUST_MISSING = "trust-missing"
    TRUST_MISPLACED = "trust-misplaced"
    KEY_NOT_OF_KIND = "key-not-of-kind"

    NO_PREDECESSORS = "no-predecessors"
    TOO_MANY_PREDECESSORS = "too-many-predecessors"
    DUPLICATE_SOURCE = "duplicate-source"
    ACCOUNT_NOT_ALLOWED = "account-not-allowed"
    KIND_NOT_HEARD = "kind-not-heard"
    EVENT_SOURCE_NOT_HEARD = "event-source-not-heard"

    COUNT_SOURCE = "count-source"
    COUNT_MISFIT = "count-misfit"
    PERCENTAGE_INVALID = "percentage-invalid"
    TOLERANCE_WITHOUT_COUNT = "tolerance-without-count"
    PLAN_TOO_LARGE = "plan-too-large"
    TOO_MANY_PROBLEMS = "too-many-problems"

    REQUIRE_CHOICE = "require-choice"
    REQUIRE_EMPTY = "require-empty"
    REQUIRE_UNKNOWN = "require-unknown"
    REQUIRE_UNUSED = "require-unused"
    REQUIRE_COUNT = "require-count"
    REQUIRE_DUPLICATE = "require-duplicate"
    REQUIRE_TOO_LARGE = "require-too-large"

    OPTIONAL_WITHOUT_DEADLINE = "optional-without-deadline"
    FAILURE_WITHOUT_KEY = "failure-without-key"
    START_UNREPORTED = "start-unreported"
    START_WITHOUT_KEY = "start-without-key"
    DEADLINE_CHOICE = "deadline-choice"
    DEADLINE_UNREACHABLE = "deadline-unreachable"
    TOO_MANY_DEADLINES = "too-many-deadlines"
    EXPECT_WITHOUT_WINDOW = "expect-without-window"
    EXPECT_BUSINESS_DAYS = "expect-business-days"

    NO_SUCCESSORS = "no-successors"
    TOO_MANY_SUCCESSORS = "too-many-successors"
    DUPLICATE_TARGET = "duplicate-target"
    BUS_NOT_ALLOWED = "bus-not-allowed"
    OUTCOME_EMPTY = "outcome-empty"
    OUTCOME_DUPLICATE = "outcome-duplicate"
    RELEASE_UNWANTED = "release-unwanted"

    FILE_MISSING = "file-missing"
    FILE_NOT_REGULAR = "file-not-regular"
    FILE_UNREADABLE = "file-unreadable"
    FILE_TOO_LARGE = "file-too-large"
    FILE_BOM = "file-bom"
    FILE_NOT_UTF8 = "file-not-utf8"
    YAML_SYNTAX = "yaml-syntax"
    YAML_ALIAS = "yaml-alias"
    YAML_TAG = "yaml-tag"
    YAML_KEY = "yaml-key"
    YAML_DUPLICATE_KEY = "yaml-duplicate-key"
    YAML_NUMBER = "yaml-number"
    YAML_TOO_DEEP = "yaml-too-deep"
    YAML_EMPTY = "yaml-empty"
    YAML_TOO_MANY_DOCUMENTS = "yaml-too-many-documents"


class Problem(NamedTuple):
    """One thing wrong. `path` leads to it from the document's root (a missing field is on it); `hint` says how to mend it."""

    path: Path
    code: str
    message: str
    hint: str | None = None


MORE_PROBLEMS = Problem((), Code.TOO_MANY_PROBLEMS, f"there are more than {MAX_PROBLEMS} problems", "mend those told, and look again")


def told(problems: Iterable[Problem]) -> list[Problem]:
    """The first hundred problems, and that there are more; what is behind them is not looked for."""
    every = iter(problems)
    first = list(islice(every, MAX_PROBLEMS))
    return [*first, MORE_PROBLEMS] if next(every, None) is not None else first


class LabelledProblem(NamedTuple):
    """A problem and the label of the document that has it."""

    label: str
    problem: Problem

    def to_document(self) -> dict[str, object]:
        """The problem as JSON values, as the operator answers it."""
        problem = self.problem
        return {
            "label": self.label,
            "path": list(problem.path),
            "code": str(problem.code),
            "message": problem.message,
            "hint": problem.hint,
        }


class RefusedValueError(ConfigurationError):
    """A single value that a definition may not hold, raised where the place of the value is not known; `hint` says how to mend it."""

    def __init__(self, code: Code, message: str, hint: str | None = None) -> None:
        super().__init__(code, message)
        self.hint = hint


def quoted(text: str) -> str:
    """Foreign text for a message: in quotes, on one line, what cannot be shown escaped, at most some 60 characters."""
    return repr(text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…")


def shown(text: str) -> str:
    """Likewise, without the quotes."""
    return quoted(text)[1:-1]


def where(path: Path) -> str:
    """A path for people: `predecessors.ledger.stateMachine`, `successors[0].bus`; empty for the whole definition."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{shown(step)}" for step in path).removeprefix(".")
