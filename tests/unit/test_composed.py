"""`composed`: the constructor of use cases and adapters."""

import pytest

from fanin.composed import composed

pytestmark = pytest.mark.unit


@composed
class Kettle:
    """Two members, one of them with a default."""

    water: int
    lid: str = "steel"

    def boil(self) -> str:
        return f"{self.water} under {self.lid}"


def test_members_are_given_in_order_or_by_name() -> None:
    assert [Kettle(1).boil(), Kettle(2, "glass").boil(), Kettle(lid="tin", water=3).boil()] == [
        "1 under steel",
        "2 under glass",
        "3 under tin",
    ]


def test_what_one_got_another_has_not() -> None:
    first, second = Kettle(1, "glass"), Kettle(2)
    assert (first.lid, second.lid, Kettle.lid) == ("glass", "steel", "steel")


@pytest.mark.parametrize(
    ("given", "named"),
    [((), {}), ((1, "glass", 2), {}), ((1,), {"steam": 1}), ((), {"lid": "tin"}), ((1,), {"water": 2})],
    ids=["missing", "one-too-many", "unknown", "only-a-default", "twice"],
)
def test_anything_else_is_a_type_error_that_says_what_is_wanted(given: tuple[int, ...], named: dict[str, int]) -> None:
    with pytest.raises(TypeError, match=r"^Kettle is composed of: water, lid$"):
        Kettle(*given, **named)  # type: ignore[arg-type]
