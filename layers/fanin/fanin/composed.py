"""What is composed of others, once in a container: use cases, and the adapters that they are given.

`dataclass` writes and compiles methods for each class at every start, which takes two thirds of a millisecond, and a collector makes dozens
of such classes before its first message. Nobody compares, prints or copies a use case: its constructor is all that is needed.
"""

from __future__ import annotations

from typing import TypeVar, dataclass_transform

C = TypeVar("C")


@dataclass_transform(frozen_default=True)
def composed(cls: type[C]) -> type[C]:
    """Give a class the constructor that `dataclass` would: its annotated members, in order or by name, defaults as they stand there.

    TypeError when a member is missing, unknown, one too many or given twice. That none is set later is for the type checker to see.
    """
    names = tuple(cls.__annotations__)
    wanted = set(names)
    defaults = {name: vars(cls)[name] for name in names if name in vars(cls)}

    def compose(self: C, *given: object, **named: object) -> None:
        members = {**defaults, **dict(zip(names, given, strict=False)), **named}
        if len(given) > len(names) or members.keys() != wanted or not named.keys().isdisjoint(names[: len(given)]):
            raise TypeError(f"{cls.__name__} is composed of: {', '.join(names)}")
        vars(self).update(members)

    cls.__init__ = compose  # type: ignore[assignment, method-assign]  # it is what the type checker believes to be there already
    return cls
