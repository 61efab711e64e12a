"""test: scenarios of a definitions file, run in virtual time. Offline; teams put it in their own CI."""

from __future__ import annotations

from typing import Annotated

import typer

from fanin_cli.definition_problems import refuse
from fanin_cli.failures import ExitCode
from fanin_cli.options import JsonFlag
from fanin_cli.rendering import say, say_json

Definitions = Annotated[str, typer.Argument(metavar="FILE", help="A YAML file of join definitions.", show_default=False)]
Scenarios = Annotated[list[str], typer.Argument(metavar="SCENARIO", help="YAML files of scenarios.", show_default=False)]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Tell only of scenarios that did not go as expected.")]


def run_scenarios(file: Definitions, scenarios: Scenarios, quiet: Quiet = False, as_json: JsonFlag = False) -> None:
    """Run scenarios against definitions, offline and in virtual time: what would be released, and when.

    Exit code 0 when everything was as expected, 1 when anything was not, 2 when a file is wrong, and then nothing was run.
    """
    from fanin_cli.scenario.loading import load_scripts, run  # noqa: PLC0415 - start-up time: pydantic, PyYAML and the use cases

    scripts, problems = load_scripts(file, scenarios)
    if problems:
        refuse(problems, as_json=as_json)
    results = [run(script) for script in scripts]
    met = sum(result.comparison.is_met for result in results)
    if as_json:
        say_json({"ok": met == len(results), "scenarios": [result.members() for result in results]})
    else:
        for result in results:
            if not (quiet and result.comparison.is_met):
                for line in result.lines():
                    say(line)
                say("")
        say(f"{met} of {len(results)} scenario{'s' * (len(results) != 1)} as expected")
    if met < len(results):
        raise typer.Exit(ExitCode.BAD)
