"""Codes of what is wrong with a scenario; stable, and documented in docs/scenarios.md (a test holds the two together)."""

from __future__ import annotations

from enum import StrEnum


class ScenarioCode(StrEnum):
    """Every code that a scenario's own problems have; those of reading the file are the definitions'."""

    WRONG_TYPE = "wrong-type"
    UNKNOWN_FIELD = "unknown-field"
    MISSING_FIELD = "missing-field"
    VALUE_INVALID = "value-invalid"
    STEP_CHOICE = "step-choice"
    STEP_MISPLACED = "step-misplaced"
    STEP_ORDER = "step-order"
    EXPECT_CHOICE = "expect-choice"
    EXPECT_MISPLACED = "expect-misplaced"
    MOMENT_INVALID = "moment-invalid"
    MOMENT_CHOICE = "moment-choice"
    ZONE_CHOICE = "zone-choice"
    UNTIL_MISSING = "until-missing"
    UNTIL_RANGE = "until-range"
    JOIN_UNKNOWN = "join-unknown"
    PREDECESSOR_UNKNOWN = "predecessor-unknown"
    PREDECESSOR_AMBIGUOUS = "predecessor-ambiguous"
    EXECUTION_UNKNOWN = "execution-unknown"
    EXECUTION_TAKEN = "execution-taken"
    REPORT_IMPOSSIBLE = "report-impossible"
    SCENARIO_DUPLICATE = "scenario-duplicate"
