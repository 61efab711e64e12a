"""The models speak of the code that there is, and every mutant that they know is checked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import fanin.use_cases
from models.checks import CAUGHT, HOLDS, Check
from models.spin import MODELS, SearchError, read_report

pytestmark = pytest.mark.unit

USE_CASES = {path.stem for path in Path(fanin.use_cases.__path__[0]).glob("*.py")}
ACTIONS = {
    "narrow_run.pml": {
        "record_arrivals",
        "record_after_closing",
        "decide_run",
        "recheck_run",
        "send_delivery",
        "start_successor",
        "acknowledge_delivery",
        "sweep_due",
    },
    "wide_run.pml": {"record_in_journal", "look_into_journal"},
}


def text(model: str) -> str:
    return (MODELS / model).read_text()


def mutants(model: str) -> set[str]:
    macros = {one or other for one, other in re.findall(r"^#ifdef (\w+)$|^#ifndef (NO_\w+)$", text(model), re.MULTILINE)}
    return macros - {"FAIL_FAST"}


@pytest.mark.parametrize("model", ACTIONS)
def test_a_models_actions_are_use_cases(model: str) -> None:
    assert ACTIONS[model] <= USE_CASES
    for action in ACTIONS[model]:
        assert re.search(rf"\b{action}\b[:(.]", text(model)), action


def test_every_model_is_checked() -> None:
    assert {path.name for path in MODELS.glob("*.pml")} == set(ACTIONS) == {check.model for check in HOLDS} == {one.model for one in CAUGHT}


@pytest.mark.parametrize("model", ACTIONS)
def test_every_mutant_must_be_caught(model: str) -> None:
    assert mutants(model) == {check.mutant for check in CAUGHT if check.model == model}


@pytest.mark.parametrize("check", [*HOLDS, *CAUGHT], ids=lambda check: f"{check.name} {check.mutant or ''}")
def test_a_check_names_only_what_its_model_knows(check: Check) -> None:
    known = set(re.findall(r"#ifn?def (\w+)", text(check.model)))
    assert {macro.partition("=")[0] for macro in check.macros} <= known
    assert check.claim is None or f"ltl {check.claim} " in text(check.model)


HEAD = "State-vector 148 byte, depth reached 282, errors: {}\n {} states, stored (1.3e+08 visited)\n"


def test_a_report_is_read() -> None:
    assert read_report(HEAD.format(0, "6.5e+07")).states == 65_000_000
    found = read_report("pan:1: acceptance cycle (at depth 170)\n" + HEAD.format(1, 58))
    assert (found.states, found.error, found.depth) == (58, "acceptance cycle", 170)


@pytest.mark.parametrize(
    "report",
    [
        "",
        "error: max search depth too small\n" + HEAD.format(0, 5),
        "pan: reached -DMEMLIM bound\nWarning: Search not completed\n" + HEAD.format(0, 5),
        HEAD.format(1, 5),
    ],
    ids=["nothing", "too deep", "out of memory", "an error that is not told"],
)
def test_half_an_answer_is_none(report: str) -> None:
    with pytest.raises(SearchError):
        read_report(report)
