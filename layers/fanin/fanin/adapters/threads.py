"""Calls in threads: the `Parallel` port where each call is a round trip. A boto3 client may be shared by threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import TypeVar

MAX_THREADS = 8  # fewer than the connections that a client keeps open (botocore: ten)

T = TypeVar("T")


@dataclass(slots=True)
class Threads:
    """The `Parallel` port. Calls must not make further ones through it, or they could wait for one another for ever."""

    _pool: ThreadPoolExecutor | None = field(default=None, init=False)

    def __call__(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """See the port. A single call is made here, and the threads begin with the first that are two."""
        if len(calls) < 2:
            return [call() for call in calls]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(MAX_THREADS)
        made = [self._pool.submit(call) for call in calls]
        wait(made)
        return [one.result() for one in made]
