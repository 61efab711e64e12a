"""What a Task state gives to the API that it calls, as far as it can be known without running it.

JSONPath: `Parameters`, where a name that ends in `.$` is filled in at run time. JSONata: `Arguments`, where a text in `{% %}` is; a text
constant in there is as good as a literal. Texts with `${…}` are what a template fills in at deployment: literals, here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fanin_cli.lint.machines import State

_CONSTANT = re.compile(r"""\{%\s*(?:'([^'\\]*)'|"([^"\\]*)")\s*%\}""")


@dataclass(frozen=True, slots=True)
class Parameters:
    """One object of them."""

    members: Mapping[str, object]
    jsonata: bool

    @classmethod
    def of(cls, state: State) -> Parameters:
        """The state's; none of them is known where one expression makes them all."""
        jsonata = state.language == "JSONata"
        given = state.body.get("Arguments" if jsonata else "Parameters")
        return cls(given if isinstance(given, dict) else {}, jsonata)

    def literal(self, name: str) -> str | None:
        """The text of a member, when it is known."""
        value = self.members.get(name)
        if not isinstance(value, str):
            return None
        constant = _CONSTANT.fullmatch(value) if self.jsonata else None
        if constant is not None:
            return constant[1] if constant[1] is not None else constant[2]
        return None if self._is_expression(value) else value

    def expression(self, name: str) -> str | None:
        """What fills a member in at run time."""
        value = self.members.get(name) if self.jsonata else self.members.get(f"{name}.$")
        filled_in = isinstance(value, str) and self.literal(name) is None
        return value if isinstance(value, str) and filled_in else None

    def nested(self, name: str) -> Parameters:
        """An object among the members; empty when it is none, or not known."""
        value = self.members.get(name)
        return Parameters(value if isinstance(value, dict) else {}, self.jsonata)

    def listed(self, name: str) -> Iterator[Parameters]:
        """The objects of a list among the members."""
        value = self.members.get(name)
        for one in value if isinstance(value, list) else []:
            if isinstance(one, dict):
                yield Parameters(one, self.jsonata)

    def filled_in(self) -> Iterator[tuple[str, str]]:
        """The names of the members that are filled in at run time, each with what fills it in."""
        for name in self.members:
            plain = name if self.jsonata else name.removesuffix(".$")
            expression = self.expression(plain)
            if expression is not None:
                yield plain, expression

    def _is_expression(self, value: str) -> bool:
        return self.jsonata and value.lstrip().startswith("{%")
