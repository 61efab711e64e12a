"""Choices: everything that a schedule leaves open, from one seed, so that the same seed is the same schedule.

Every choice has an ordinary option, number 0: no fault, no switch, the oldest message. A choice takes one number from the stream
whatever it comes to, so that a schedule in which some of the unusual ones are made ordinary again goes on as before wherever it can:
that is how a failure is made small (`kept`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random


@dataclass(slots=True)
class Choices:
    """The choices of one schedule; `kept`, when given, are the numbers of the choices that may be unusual."""

    seed: int
    kept: frozenset[int] | None = None
    unusual: list[int] = field(default_factory=list)
    _random: Random = field(init=False)
    _number: int = 0

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    def pick(self, options: int, chance: float) -> int:
        """One of so many options: 0, or by that chance one of the others, each as likely."""
        drawn = self._random.random()
        self._number += 1
        if drawn >= chance or options < 2:
            return 0
        if self.kept is not None and self._number not in self.kept:
            return 0
        self.unusual.append(self._number)
        return 1 + int(drawn / chance * (options - 1))
