"""Calls in threads: all are made, in any order, and their answers keep theirs."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from fanin.adapters.sequential import Sequential
from fanin.adapters.threads import MAX_THREADS, Threads
from fanin.ports import Parallel

pytestmark = pytest.mark.unit


@pytest.fixture(params=[Sequential, Threads])
def parallel(request: pytest.FixtureRequest) -> Parallel:
    found: Parallel = request.param()
    return found


@pytest.mark.parametrize("number", [0, 1, 2, 50])
def test_answers_come_in_the_order_of_the_calls(parallel: Parallel, number: int) -> None:
    assert parallel([partial(int, str(one)) for one in range(number)]) == list(range(number))


def test_every_call_is_made_before_an_error_is_raised(parallel: Parallel) -> None:
    made: list[int] = []

    def call(number: int) -> None:
        made.append(number)
        if number in (1, 3):
            raise ValueError(number)

    with pytest.raises(ValueError, match="1"):
        parallel([partial(call, number) for number in range(5)])
    assert sorted(made) == [0, 1, 2, 3, 4]


def test_as_many_calls_as_there_are_threads_run_at_once() -> None:
    barrier = threading.Barrier(MAX_THREADS, timeout=10)
    assert sorted(Threads()([barrier.wait] * MAX_THREADS)) == list(range(MAX_THREADS))
