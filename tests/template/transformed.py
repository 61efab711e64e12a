"""The templates as CloudFormation would see them, for checks that know nothing of SAM: python -m tests.template.transformed DIRECTORY."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path

from tests.template.templates import TEMPLATES, template

_SECTIONS = ("AWSTemplateFormatVersion", "Description", "Parameters", "Conditions", "Outputs")


def write_transformed(directory: Path) -> list[Path]:
    """One JSON file for each template."""
    directory.mkdir(parents=True, exist_ok=True)
    return [_write(directory / f"{Path(path).stem}.json", path) for path in TEMPLATES]


def _write(file: Path, path: str) -> Path:
    stack = template(path)
    sections = {name: stack.written[name] for name in _SECTIONS if name in stack.written}
    file.write_text(json.dumps({**sections, "Resources": stack.resources}, indent=2) + "\n", encoding="utf-8")
    return file


if __name__ == "__main__":
    # The transform asks for the Region to know the partition.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    # The transform counts what it does for a publisher that it has in AWS only, and complains.
    logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)
    write_transformed(Path(sys.argv[1]))
