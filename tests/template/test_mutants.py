"""Assertions that cannot fail assert nothing: each is shown a template that it must not accept."""

from __future__ import annotations

import inspect

import pytest

from tests.template.mutants import ASSERTIONS, MUTANTS
from tests.template.templates import mutated


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_template_is_noticed(name: str) -> None:
    mutant = MUTANTS[name]
    # What it says of the template as it is, with the same arguments, so that it is the change that it notices.
    mutant.run()
    with mutated(mutant.path, mutant.change), pytest.raises((AssertionError, ValueError, KeyError)):
        mutant.run()
    mutant.run()


def test_every_assertion_is_shown_a_template_that_it_must_not_accept() -> None:
    shown = {mutant.test for mutant in MUTANTS.values()}
    written = {test for module in ASSERTIONS for name, test in inspect.getmembers(module, inspect.isfunction) if name.startswith("test_")}
    assert {test.__name__ for test in written - shown} == set()
