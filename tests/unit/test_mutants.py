"""The hand-written mutants fit the code that they change: each text that one replaces is in its module exactly once."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.mutants import narrow, wide
from tests.mutants.mutant import Mutant

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("mutant", [*narrow.MUTANTS, *wide.MUTANTS], ids=lambda mutant: mutant.name)
def test_a_mutant_is_another_program(mutant: Mutant) -> None:
    spec = find_spec(mutant.module)
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).read_text(encoding="utf-8")
    other = mutant.patched(source)
    assert other != source
    compile(other, spec.origin, "exec", dont_inherit=True)
