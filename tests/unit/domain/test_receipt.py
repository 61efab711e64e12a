"""The subject of a receipt: it reads back in one way only, and nothing unbounded gets into a key of the table."""

from __future__ import annotations

import pytest

from fanin.domain.errors import RejectedError
from fanin.domain.receipt import parse_subject
from fanin.domain.run import RunId
from fanin.signing.claims import subject

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("key", ["2026-03-31", "a/b//c/", "é\U0001f600", "x" * 256, "#"])
def test_a_subject_names_the_run_and_attempt_it_was_made_of(key: str) -> None:
    assert parse_subject(subject("daily-close", 12, "released", key)) == (RunId("daily-close", key), 12)
    assert parse_subject(subject("j" * 48, 9999, "failed", key)) == (RunId("j" * 48, key), 9999)


@pytest.mark.parametrize(
    "sub", ["", "daily-close", "j/1/released", "j/x/released/k", "j//released/k", "j/-1/released/k", "j/\u0661/released/k"]
)
def test_what_is_no_subject_is_refused(sub: str) -> None:
    with pytest.raises(RejectedError, match=r"^receipt-malformed: the receipt's sub is not <join>/<attempt>/<outcome>/<key>$"):
        parse_subject(sub)


@pytest.mark.parametrize("key", ["k" * (512 - len("j/1/released/")), "é" * 249 + "k"])
def test_a_subject_of_up_to_512_bytes_is_taken(key: str) -> None:
    assert parse_subject(f"j/1/released/{key}") == (RunId("j", key), 1)


@pytest.mark.parametrize(
    "sub", ["j/10000/released/k", f"j/1/released/{'k' * 512}", f"{'j' * 512}/1/released/k", f"j/1/released/{'é' * 300}"]
)
def test_a_subject_that_is_too_long_for_the_table_is_refused(sub: str) -> None:
    with pytest.raises(RejectedError, match="receipt-malformed"):
        parse_subject(sub)
