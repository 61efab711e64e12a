"""Scenarios with their definitions, from files: all of them ready to be run, or everything that is wrong with any."""

from __future__ import annotations

from collections.abc import Sequence

from fanin.definitions.locations import LocatedProblem
from fanin_cli.definition_files import read_files
from fanin_cli.scenario.matching import compare
from fanin_cli.scenario.reading import read_scenarios
from fanin_cli.scenario.report import Result
from fanin_cli.scenario.runner import run_script
from fanin_cli.scenario.script import Script
from fanin_cli.scenario.script_compiler import compile_scenario


def load_scripts(definitions_file: str, scenario_files: Sequence[str]) -> tuple[list[Script], list[LocatedProblem]]:
    """The scenarios of files over the joins of one; if there is any problem, run none of them."""
    definitions = read_files([definitions_file])
    scenarios, problems = read_scenarios(scenario_files)
    problems = [*definitions.problems, *problems]
    if definitions.problems:
        return [], problems
    scripts: list[Script] = []
    for scenario in scenarios:
        script, found = compile_scenario(scenario, definitions, read_files)
        problems += found
        scripts += [script] if script is not None else []
    order = {file: number for number, file in enumerate((definitions_file, *scenario_files))}
    return [] if problems else scripts, sorted(problems, key=lambda one: (order.get(one.file, len(order)), one.position))


def run(script: Script) -> Result:
    """Run a scenario and compare."""
    course = run_script(script)
    return Result(script, course, compare(script.expected, course.occurrences, course.open_at_end))
