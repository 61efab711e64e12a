"""The execution's name: a lock that people can read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fanin.signing.claims import delivery_jti, subject
from fanin.signing.execution_name import execution_name

pytestmark = pytest.mark.unit

JOINS = st.from_regex(r"[a-z0-9-]{1,48}", fullmatch=True)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
JTIS = st.binary(min_size=8, max_size=8).map(lambda seed: delivery_jti("i", "a", seed.hex(), "t"))


def test_it_reads_as_join_and_key() -> None:
    jti = "A" * 43
    assert execution_name("daily-close/1/released/2026-03-31", jti) == f"fanin-daily-close-2026-03-31-{jti}"
    assert execution_name("daily-close/1/released/eu/日次/1", jti) == f"fanin-daily-close-eu-1-{jti}"
    assert execution_name("a-join-with-a-very-long-name/2/failed/2026-03-31", jti) == f"fanin-a-join-with-a-very--2026-03-31-{jti}"


@given(JOINS, st.integers(1, 999), st.sampled_from(["released", "failed"]), KEYS, JTIS)
def test_every_release_has_a_name_that_step_functions_and_logs_accept(join: str, attempt: int, outcome: str, key: str, jti: str) -> None:
    name = execution_name(subject(join, attempt, outcome, key), jti)
    assert re.fullmatch(r"[0-9A-Za-z_-]{1,80}", name)
    assert name.endswith(jti)
    assert name == execution_name(subject(join, attempt, outcome, key), jti)


@given(JOINS, KEYS, JTIS, JTIS)
def test_two_deliveries_never_share_a_name(join: str, key: str, one: str, other: str) -> None:
    sub = subject(join, 1, "released", key)
    assert (execution_name(sub, one) == execution_name(sub, other)) == (one == other)
