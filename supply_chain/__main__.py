"""`make audit`: the SBOM under build/, docs/licences.md, and what pip-audit knows of the locked requirements; the figures in the last line.

A package that the database of vulnerabilities does not answer for is not called safe: it is counted as not audited. Exit code 1 for any
vulnerability that is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from supply_chain.components import LOCKED, ROOT, components
from supply_chain.documents import licences, sbom

SBOM = ROOT / "build" / "sbom.json"
LICENCES = ROOT / "docs" / "licences.md"
TIMEOUT_S = 300


def main() -> int:
    """Write both documents, audit, and tell."""
    shipped = components()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    SBOM.parent.mkdir(exist_ok=True)
    SBOM.write_text(sbom(shipped, version))
    LICENCES.write_text(licences(shipped))
    files = [ROOT / directory / "requirements.txt" for directory in LOCKED.values()]
    audited, vulnerable = _audited([*files, ROOT / "requirements" / "dev.txt"])
    for line in vulnerable:
        _say(line)
    asked = f"{audited} of {len(shipped)} audited" if audited else "none audited: the database of vulnerabilities did not answer for any"
    _say(f"audit: {len(shipped)} components in {SBOM.relative_to(ROOT)}, {len(vulnerable)} known vulnerabilities, {asked}")
    return int(bool(vulnerable))


def _audited(files: Sequence[Path]) -> tuple[int, list[str]]:
    """How many packages the database answered for, and the vulnerabilities that it knows of them."""
    command = [
        str(ROOT / ".venv-audit" / "bin" / "pip-audit"),
        "--format",
        "json",
        "--progress-spinner",
        "off",
        "--disable-pip",
        "--no-deps",
    ]
    for file in files:
        command += ["--requirement", str(file)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        packages = json.loads(done.stdout)["dependencies"]
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return 0, []
    known = {one["name"]: one["vulns"] for one in packages if "vulns" in one}
    shipped = {one.name for one in components()}
    lines = [f"{name}: {vulnerability['id']}" for name, found in sorted(known.items()) for vulnerability in found]
    return len(shipped & known.keys()), lines


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
