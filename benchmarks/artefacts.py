"""What the benchmarks measure: the stacks' code as `sam build` and requirements/byte-code make it, and the same without byte-code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from local.landscape import BUILD
from local.process import ROOT
from local.stacks import sam_build

RESULTS = ROOT / "build" / "bench"
RUNTIME = ROOT / ".venv-lambda"
FUNCTIONS = {"collector": "hub", "forwarder": "hub", "sweeper": "hub", "operator": "hub", "viewer": "hub", "starter": "successor"}
_TEMPLATES = {"hub": ROOT / "template.yaml", "successor": ROOT / "stacks" / "successor.yaml"}


def built() -> Path:
    """A directory with a directory for each stack, as it is deployed; StackError when the SAM CLI fails."""
    directory = RESULTS / "built"
    for stack, template in _TEMPLATES.items():
        sam_build(template, directory / stack, BUILD)
    return directory


def without_byte_code(directory: Path) -> Path:
    """A copy of `directory` with sources only."""
    copy = RESULTS / "sources"
    shutil.rmtree(copy, ignore_errors=True)
    for stack in _TEMPLATES:
        shutil.copytree(directory / stack, copy / stack, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def import_path(directory: Path, function: str) -> list[str]:
    """Where a function's imports come from on Lambda, in its order: /var/task, /opt/python, /var/runtime."""
    stack = directory / FUNCTIONS[function]
    runtime = next(RUNTIME.glob("lib/python*/site-packages"))
    return [str(path) for path in (stack / f"{function.capitalize()}Function", stack / "FaninLayer" / "python", runtime)]


def environment(function: str) -> dict[str, str]:
    """The environment of a function; what names a resource names none that exists, and nothing is called."""
    given: dict[str, str] = json.loads((ROOT / "events" / "env.json").read_text(encoding="utf-8"))[f"{function.capitalize()}Function"]
    return {
        "AWS_LAMBDA_FUNCTION_NAME": f"fanin-{function}",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "POWERTOOLS_SERVICE_NAME": f"fanin-{function}",
        "POWERTOOLS_METRICS_NAMESPACE": "fanin",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "FANIN_PLAN_CACHE_S": "30",
        **given,
    }
