"""The ledger: every charge of the metered table, summed by what it was for, and by item where hot spots are looked for."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Aside = Callable[[str, str, str], "str | None"]


@dataclass(slots=True)
class Charge:
    """What one item of one request cost. `refused`: its condition failed, which AWS bills, but does not report."""

    operation: str
    pk: str
    sk: str
    write: float = 0.0
    index: float = 0.0
    read: float = 0.0
    refused: bool = False
    expression: str = ""


@dataclass(slots=True)
class Sums:
    """Charges of one purpose, summed."""

    write: float = 0.0
    index: float = 0.0
    read: float = 0.0
    refused: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)

    @property
    def units(self) -> float:
        """Write units, those of the index and of refused writes among them."""
        return self.write + self.index + self.refused


@dataclass(slots=True)
class Ledger:
    """Sums by purpose, and writes by item when asked for.

    `aside` names, from the operation, the sort key and the update expression, the purpose of what has one of its own, whatever else is
    going on: a collector's batch records completions, and its transactions release. `reported` is what an engine would say that each
    operation consumed.
    """

    by_item: bool = False
    purpose: str = "other"
    aside: Aside | None = None
    sums: defaultdict[str, Sums] = field(default_factory=lambda: defaultdict(Sums))
    item_writes: Counter[tuple[str, str]] = field(default_factory=Counter)
    index_writes: Counter[str] = field(default_factory=Counter)
    reported: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def on(self, purpose: str, aside: Aside | None = None) -> Iterator[None]:
        """What is charged within was for `purpose`."""
        before = self.purpose, self.aside
        self.purpose, self.aside = purpose, aside
        try:
            yield
        finally:
            self.purpose, self.aside = before

    def called(self, operation: str) -> None:
        """Count a request, whatever it cost."""
        self._sums(operation, "", "").calls[operation] += 1

    def charge(self, charge: Charge) -> None:
        """Write down what a request cost."""
        sums = self._sums(charge.operation, charge.sk, charge.expression)
        if charge.refused:
            sums.refused += charge.write
        elif charge.write:
            sums.write += charge.write
            self.reported[charge.operation] += charge.write + charge.index
        sums.index += charge.index
        sums.read += charge.read
        if self.by_item and charge.write:
            self.item_writes[charge.pk, charge.sk] += 1

    def total(self, *purposes: str) -> Sums:
        """The sums of some purposes, or of all."""
        whole = Sums()
        for purpose in purposes or tuple(self.sums):
            one = self.sums[purpose]
            whole.write, whole.index = whole.write + one.write, whole.index + one.index
            whole.read, whole.refused = whole.read + one.read, whole.refused + one.refused
            whole.calls.update(one.calls)
        return whole

    def _sums(self, operation: str, sk: str, expression: str) -> Sums:
        own = self.aside(operation, sk, expression) if self.aside else None
        return self.sums[own or self.purpose]
