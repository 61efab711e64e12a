"""What the hub says of its keys, asked with the `fanin` command: one key, which signs, and no rotation under way."""

from __future__ import annotations

import json

import pytest

from local.landscape import HUB
from tests.e2e.test_quarantine_command import fanin
from tests.e2e.world import World

pytestmark = pytest.mark.e2e


def test_the_key_that_signs_is_the_one_that_is_exported_and_the_next_step_is_to_publish_another(world: World) -> None:
    told = json.loads(fanin(world, HUB, "trust", "rotate", "--json"))
    (kid,) = json.loads(fanin(world, HUB, "trust", "export"))["keys"]
    assert (told["step"], told["signing"], told["next"], told["previous"], told["ready"]) == ("publish", kid, None, None, True)
