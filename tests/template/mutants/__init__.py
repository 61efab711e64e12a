"""Every assertion on the templates, and at least one way to break a template that it must notice."""

from collections.abc import Mapping
from types import ModuleType

from tests.template import (
    test_alarms,
    test_choices,
    test_data,
    test_functions,
    test_matching,
    test_policies,
    test_predecessors,
    test_queues,
    test_rules,
)
from tests.template.mutants import alarms, choices, data, functions, matching, policies, predecessors, queues, rules
from tests.template.mutation import Mutant

ASSERTIONS: tuple[ModuleType, ...] = (
    test_alarms,
    test_choices,
    test_data,
    test_functions,
    test_matching,
    test_policies,
    test_predecessors,
    test_queues,
    test_rules,
)
MUTANTS: Mapping[str, Mutant] = {
    name: mutant
    for table in (alarms, choices, data, functions, matching, policies, predecessors, queues, rules)
    for name, mutant in table.MUTANTS.items()
}
