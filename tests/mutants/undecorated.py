"""Dataclasses and properties, written so that mutmut changes them: it leaves alone whatever is decorated.

`@dataclass class X: ...` becomes `class X: ...` and `X = dataclass(X)` after it, a property likewise. The module does the same.
"""

from __future__ import annotations

import ast
from collections import defaultdict

DECORATORS = ("dataclass", "property")


def undecorated(source: str) -> str:
    """The source of a module, with each dataclass and each property decorated after its definition."""
    dropped: set[int] = set()
    after: defaultdict[int, list[str]] = defaultdict(list)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and _is_alone(node.decorator_list):
            (decorator,) = node.decorator_list
            dropped.update(range(decorator.lineno, (decorator.end_lineno or decorator.lineno) + 1))
            # A class is met before what is in it, and both may end at one line.
            after[node.end_lineno or 0].insert(0, f"{' ' * node.col_offset}{node.name} = {ast.unparse(decorator)}({node.name})\n")
    lines = enumerate(source.splitlines(keepends=True), start=1)
    return "".join(text for number, line in lines for text in ([] if number in dropped else [line]) + after[number])


def _is_alone(decorators: list[ast.expr]) -> bool:
    names = [ast.unparse(one.func if isinstance(one, ast.Call) else one) for one in decorators]
    return len(names) == 1 and names[0] in DECORATORS
