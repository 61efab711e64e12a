"""Projections: each successor gets the value that its expression has, as a JSON text, or is told why it does not."""

from __future__ import annotations

import hashlib
import json

import pytest

from fanin.domain.release import MAX_DATA_BYTES
from tests.unit.sources.events import status_change
from tests.unit.use_cases.joins_in_time import BEGIN_MS, KEY, MINUTE_MS, begun, went
from tests.unit.use_cases.landscape import LEDGER, POSITIONS, SECOND_SUCCESSOR, TWO, Landscape, bus_arn, successor

pytestmark = pytest.mark.unit


def asking(project: str, target: str = "daily-close", account: str = "222222222222", **said: object) -> dict[str, object]:
    return {"target": target, "bus": bus_arn(account), "payload": {"project": project, **said}}


def released(project: str, output: str, *, outputs: bool = False) -> dict[str, object]:
    """What a successor with a projection gets when the ledger had this output."""
    landscape = begun(TWO, successors=[asking(project, outputs=outputs)])
    landscape.arrive(status_change(LEDGER, "l1", changes={"output": output}), status_change(POSITIONS, "p1"))
    landscape.settle(40)
    (data,) = landscape.inputs()
    return data


def ended(landscape: Landscape, machine: str, status: str = "SUCCEEDED") -> None:
    landscape.arrive(status_change(machine, "x", status, stopped_at_ms=landscape.clock.at_ms))
    landscape.settle(40)


@pytest.mark.parametrize(
    ("project", "output", "value"),
    [
        ("predecessors.ledger.output.total", '{"total": 1.5}', 1.5),
        ("{day: key, total: predecessors.ledger.output.total, again: attempt}", '{"total": 7}', {"day": KEY, "total": 7, "again": 1}),
        ("predecessors.ledger.output", "not JSON", "not JSON"),
        ("predecessors.ledger.output", "[NaN]", ["NaN"]),
        ("predecessors.nobody.output", "{}", None),
        ("sum(predecessors.ledger.output)", '["a"]', None),
        ("[outcome, reason, join]", "{}", ["released", "satisfied", "daily-close"]),
    ],
)
def test_a_projection_is_the_json_text_of_its_value(project: str, output: str, value: object) -> None:
    data = released(project, output)
    text = data["projection"]
    assert isinstance(text, str)
    assert json.loads(text) == value
    assert data["projectionDetails"] == {"included": True, "bytes": len(text.encode())}


def test_outputs_are_not_sent_along_unless_asked_for_too() -> None:
    assert "output" not in json.dumps(released("key", '{"total": 1}')["predecessors"])
    assert '"output": "{\\"total\\": 1}"' in json.dumps(released("key", '{"total": 1}', outputs=True)["predecessors"])


@pytest.mark.parametrize("length", [MAX_DATA_BYTES // 2, MAX_DATA_BYTES - 12_000])
def test_a_projection_over_the_limit_is_left_out_with_its_size_and_digest(length: int) -> None:
    project = "[predecessors.ledger.output, predecessors.ledger.output]"
    output = json.dumps("x" * length)
    data = released(project, output)
    text = f"[{output},{output}]"
    assert "projection" not in data
    assert data["projectionDetails"] == {"included": False, "bytes": len(text), "sha256": hashlib.sha256(text.encode()).hexdigest()}


def test_successors_of_one_join_get_each_their_own_payload_for_the_outcomes_that_they_asked_for() -> None:
    successors = [
        successor(outputs=True),
        asking("key", "report", SECOND_SUCCESSOR),
        {**asking("reason", "report"), "on": ["failed"]},
        {**successor("daily-close", SECOND_SUCCESSOR), "on": ["released", "failed"]},
    ]
    landscape = begun(TWO, successors=successors, deadlines=[{"after": "PT1M", "then": "fail"}])
    ended(landscape, LEDGER)
    landscape.pass_time(BEGIN_MS + MINUTE_MS)
    ended(landscape, POSITIONS)
    assert [(one[0], one[1]) for one in went(landscape)] == [(1, "failed"), (2, "released")]
    sent = [(one.attempt, one.bus_arn.split(":")[4], one.target) for one in landscape.deliveries()]
    assert sorted(sent) == [
        (1, "222222222222", "report"),
        (1, "444444444444", "daily-close"),
        (2, "222222222222", "daily-close"),
        (2, "444444444444", "daily-close"),
        (2, "444444444444", "report"),
    ]
    projections = {(one["attempt"], one.get("projection")) for one in landscape.inputs()}
    assert projections == {(1, '"deadline"'), (1, None), (2, None), (2, f'"{KEY}"')}
    assert landscape.all_acknowledged()
