"""A mutant: protocol-critical code with one thing wrong, and what is expected to notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """`patches` are texts of one module and what replaces each; every text is there exactly once.

    `kinds` are the stories that are played against it, after every single crash of the small
    stories in `crashes`; `tests` are run when no story notices.
    """

    name: str
    module: str
    patches: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...] = ("keyed",)
    tests: tuple[str, ...] = ()
    crashes: tuple[str, ...] = ()

    def patched(self, source: str) -> str:
        """The source of the mutant; ValueError when it does not have each text exactly once."""
        for text, other in self.patches:
            if source.count(text) != 1:
                raise ValueError(f"{self.name}: {self.module} has {source.count(text)} times {text!r}")
            source = source.replace(text, other)
        return source
