"""Global options, help, exit codes, start-up."""

import os
import subprocess
import sys

import pytest

from fanin.domain.errors import ConfigurationError, RetryableError
from fanin_cli.clients import Deployment
from fanin_cli.failures import CommandError, exit_code_of
from fanin_cli.main import main
from tests.unit.cli.hub import FakeHub, run

pytestmark = pytest.mark.unit

GROUPS = {
    "trust": ("export", "show", "merge"),
    "quarantine": ("list", "show"),
}
COMMANDS = ("validate", "test", "explain", "graph", "plan", "apply", "delete", "joins", "runs", "show", "quarantine", "trust", "verify")
HEAVY = ("boto3", "botocore", "pydantic", "yaml", "joserfc", "cryptography", "rich.console")
HELP_PROGRAM = f"""
import sys
from fanin_cli.main import main
sys.argv = ["fanin", "--help"]
try:
    main()
except SystemExit:
    print(*(name for name in {HEAVY} if name in sys.modules), file=sys.stderr)
"""
NO_JOINS = {"ok": True, "joins": []}


def asking(*args: str, env: dict[str, str] | None = None) -> FakeHub:
    hub = FakeHub().answering("viewer", "joins", NO_JOINS)
    assert run(*args, hub=hub, env=env).exit_code == 0
    return hub


@pytest.mark.parametrize(
    "arguments",
    [
        ["--hub", "night", "--region", "eu-west-1", "--profile", "ops", "joins"],
        ["joins", "--hub", "night", "--region", "eu-west-1", "--profile", "ops"],
        ["--profile=ops", "joins", "--json", "--hub=night", "--region=eu-west-1"],
    ],
)
def test_global_options_may_stand_anywhere(arguments: list[str]) -> None:
    hub = asking(*arguments)
    assert hub.deployments == [Deployment("night", "eu-west-1", "ops")]
    assert hub.asked[0][0] == "night-viewer"


def test_the_hub_comes_from_the_environment_or_is_called_fanin() -> None:
    assert asking("joins").deployments == [Deployment("fanin")]
    assert asking("joins", env={"FANIN_HUB": "night"}).deployments == [Deployment("night")]


def test_what_follows_two_dashes_is_no_option() -> None:
    hub = FakeHub().answering("viewer", "runs", {"ok": True, "runs": []})
    assert run("runs", "--", "--hub", hub=hub).exit_code == 0
    assert hub.asked[0][1]["join"] == "--hub"


@pytest.mark.parametrize(
    "arguments", [["joins", "--hub"], ["nope"], ["joins", "--nope"], ["show", "j"], ["--hub", "x"], ["runs", "j", "--limit", "x"]]
)
def test_wrong_use_is_exit_code_2_and_points_to_the_help(arguments: list[str]) -> None:
    result = run(*arguments, hub=FakeHub())
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--help' for help." in result.stderr


def test_the_help_shows_every_command_in_its_group() -> None:
    help_text = run("--help").stdout
    headings = ["Examples", "Options:", "Definitions:", "What is going on:", "Trust:"]
    assert [help_text.index(heading) for heading in headings] == sorted(help_text.index(heading) for heading in headings)
    assert all(
        f"\n  {name} " in help_text
        for name in (
            "validate",
            "test",
            "explain",
            "graph",
            "plan",
            "apply",
            "delete",
            "joins",
            "runs",
            "show",
            "quarantine",
            "trust",
            "verify",
        )
    )
    assert "..." not in help_text.split("Options:")[1]
    assert "--install-completion" in help_text


@pytest.mark.parametrize("command", [*COMMANDS, *(f"{group} {name}" for group, names in GROUPS.items() for name in names)])
def test_every_command_explains_itself(command: str) -> None:
    result = run(*command.split(), "--help")
    assert (result.exit_code, result.stdout.startswith("Usage: ")) == (0, True)


def test_the_release_is_told() -> None:
    assert run("--version").stdout.startswith("fanin ")


def test_asking_for_help_imports_nothing_heavy() -> None:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", HELP_PROGRAM], capture_output=True, text=True, check=True, env=environment)
    assert done.stderr.strip() == ""


def test_a_defect_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(**_: object) -> None:
        raise KeyError("a\nb\x1b")

    monkeypatch.setattr("fanin_cli.main.app", broken)
    monkeypatch.delenv("FANIN_TRACEBACK", raising=False)
    with pytest.raises(SystemExit) as ended:
        main()
    [line] = capsys.readouterr().err.splitlines()
    assert ended.value.code == 70
    assert line.startswith("fanin: internal-error: KeyError: ")
    assert "\x1b" not in line


def test_a_traceback_is_there_for_who_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr("fanin_cli.main.app", broken)
    monkeypatch.setenv("FANIN_TRACEBACK", "1")
    with pytest.raises(KeyError):
        main()


def test_errors_of_the_layer_have_exit_codes_too() -> None:
    assert exit_code_of(RetryableError("busy", "later")) == 3
    assert exit_code_of(ConfigurationError("wrong", "mend it")) == 2
    assert exit_code_of(CommandError("wrong", "mend it")) == 2
