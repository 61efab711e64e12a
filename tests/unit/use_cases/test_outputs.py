"""Outputs: sent along where a successor asks for them, whole or not at all, and said to be left out where they are."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from fanin.domain.completion import Completion
from fanin.domain.release import MAX_DATA_BYTES
from fanin.sources.message import parse_message
from fanin.use_cases.offer_arrivals import KEPT_OUTPUT_BYTES
from tests.unit.sources.events import status_change
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, SECOND_SUCCESSOR, TWO, Landscape, definition, successor

pytestmark = pytest.mark.unit


def sent(landscape: Landscape, ledger: object, positions: object, **changes: object) -> list[dict[str, Any]]:
    """What the starts were told of each predecessor, when the two had these outputs."""
    landscape.arrive(
        status_change(LEDGER, "l", changes={"output": ledger, **changes}), status_change(POSITIONS, "p", changes={"output": positions})
    )
    landscape.settle()
    found = [one["predecessors"] for one in landscape.inputs()]
    assert all(isinstance(one, dict) for one in found)
    return found  # type: ignore[return-value]  # asserted just above


def landscape_with(*, outputs: bool) -> Landscape:
    landscape = Landscape()
    landscape.apply(definition(TWO, successors=[successor(outputs=outputs)]))
    return landscape


def test_outputs_travel_as_the_texts_they_are() -> None:
    odd = '{"b": 1.50, "a": "\\u00e9", "b": NaN}'
    (said,) = sent(landscape_with(outputs=True), odd, '"é\U0001f600"')
    assert (said["ledger"]["output"], said["positions"]["output"]) == (odd, '"é\U0001f600"')
    assert said["ledger"]["outputDetails"] == {"included": True, "bytes": len(odd)}


def test_no_output_is_kept_or_sent_where_nobody_asked() -> None:
    landscape = landscape_with(outputs=False)
    (said,) = sent(landscape, '"x"', '"y"')
    assert not {"output", "outputDetails"} & said["ledger"].keys()
    assert landscape.table.outputs == {}


def test_each_successor_gets_what_it_asked_for() -> None:
    landscape = Landscape()
    landscape.apply(definition(TWO, successors=[successor(outputs=True), successor("report", SECOND_SUCCESSOR)]))
    with_outputs, without = sent(landscape, '"x"', '"y"')
    assert with_outputs["ledger"]["output"] == '"x"'
    assert "output" not in without["ledger"]
    assert len(landscape.table.payloads) == 2


def test_an_output_over_the_limit_is_left_out_with_its_size_and_digest() -> None:
    large = json.dumps("x" * KEPT_OUTPUT_BYTES)
    (said,) = sent(landscape_with(outputs=True), large, '"y"')
    digest = hashlib.sha256(large.encode()).hexdigest()
    assert said["ledger"]["outputDetails"] == {"included": False, "bytes": len(large), "sha256": digest}
    assert "output" not in said["ledger"]
    assert said["positions"]["output"] == '"y"'


def test_of_outputs_too_large_together_the_largest_is_left_out() -> None:
    larger, smaller = json.dumps("x" * 110_000), json.dumps("y" * 100_000)
    landscape = landscape_with(outputs=True)
    (said,) = sent(landscape, larger, smaller)
    digest = hashlib.sha256(larger.encode()).hexdigest()
    assert said["ledger"]["outputDetails"] == {"included": False, "bytes": len(larger), "sha256": digest}
    assert said["positions"]["output"] == smaller
    assert all(len(text.encode()) <= MAX_DATA_BYTES for text in landscape.table.payloads.values())


def test_an_output_that_grows_when_it_is_quoted_is_measured_as_it_is_sent() -> None:
    quotes = '"' * 100_000
    (said,) = sent(landscape_with(outputs=True), quotes, '"y"')
    assert said["ledger"]["outputDetails"]["included"] is False
    assert said["positions"]["outputDetails"]["included"] is True


def test_an_output_that_aws_left_out_is_fetched() -> None:
    landscape = landscape_with(outputs=True)
    left_out: dict[str, object] = {"outputDetails": {"included": False}}
    whole = parse_message(status_change(LEDGER, "l", changes={"output": '"fetched"'}))
    assert isinstance(whole, Completion)
    landscape.executions.known[whole.execution_arn] = whole._replace(output='"fetched"', output_included=True)
    (said,) = sent(landscape, None, '"y"', **left_out)
    assert said["ledger"]["output"] == '"fetched"'
    assert landscape.executions.asked == [whole.execution_arn]


def test_an_output_that_cannot_be_fetched_is_said_to_be_left_out() -> None:
    (said,) = sent(landscape_with(outputs=True), None, '"y"', outputDetails={"included": False})
    assert said["ledger"]["outputDetails"] == {"included": False}


def test_the_output_of_a_failure_is_never_asked_for() -> None:
    landscape = landscape_with(outputs=True)
    landscape.arrive(status_change(LEDGER, "l", "FAILED", changes={"outputDetails": {"included": False}}))
    landscape.settle()
    assert landscape.executions.asked == []
    assert landscape.table.outputs == {}


def test_the_output_that_is_sent_is_that_of_the_execution_that_is_named() -> None:
    landscape = landscape_with(outputs=True)
    landscape.arrive(status_change(LEDGER, "l-2", changes={"output": '"second"'}))
    landscape.arrive(status_change(LEDGER, "l-1", changes={"output": '"first"'}))
    (said,) = sent(landscape, '"third"', '"y"')
    assert said["ledger"]["executionArn"].endswith(":l-2")
    assert said["ledger"]["output"] == '"second"'
