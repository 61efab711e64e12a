"""What directly invoked functions are asked: texts of a length that names and keys have, and nothing else."""

from __future__ import annotations

import pytest

from fanin.answers import MAX_TEXT_BYTES, answered, asked_text
from fanin.domain.errors import RejectedError

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("value", [None, 1, "", [], "x" * (MAX_TEXT_BYTES + 1), "é" * MAX_TEXT_BYTES, "\ud800" * MAX_TEXT_BYTES])
def test_what_is_no_name_and_no_key_is_refused_before_anything_is_asked_of_the_table(value: object) -> None:
    with pytest.raises(RejectedError) as refused:
        asked_text({"key": value}, "key")
    assert refused.value.code == "request-invalid"


@pytest.mark.parametrize("value", ["k", "x" * MAX_TEXT_BYTES])
def test_a_name_or_a_key_is_taken_as_it_is(value: str) -> None:
    assert asked_text({"key": value}, "key") == value


def test_a_refusal_is_an_answer() -> None:
    def refuse() -> dict[str, None]:
        raise RejectedError("run-not-found", "there is none")

    answer = answered(refuse)  # type: ignore[arg-type]  # it never answers
    assert answer == {
        "ok": False,
        "problems": [{"code": "run-not-found", "message": "there is none", "label": "", "path": [], "hint": None}],
    }
