"""One target under libFuzzer, with our code instrumented: `python -m tests.fuzz.one_target NAME [libFuzzer's own arguments]`.

Runs in .venv-fuzz, the only place where atheris is installed.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["fanin"], enable_loader_override=False):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz until libFuzzer ends it."""
    name = sys.argv.pop(1)
    target = TARGETS[name]
    atheris.Setup(sys.argv, lambda data: target(bytes(data)) and None)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
