from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from fanin import bootstrap
from fanin.domain.errors import ConfigurationError
from fanin.settings import Settings

pytestmark = pytest.mark.unit


@pytest.fixture(autouse=True)
def _unfrozen() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


@pytest.mark.parametrize(("text", "names"), [("", frozenset()), ("1,2", {"1", "2"}), ("*", None)])
def test_a_list_may_be_of_every_name(text: str, names: frozenset[str] | None) -> None:
    """A hub that takes the completions of an organization has no list of its accounts."""
    assert Settings({"IT": text}).names_or_any("IT") == names


@pytest.fixture
def on_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "fanin-collector")


def test_outside_lambda_nothing_is_wired_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    wired: list[str] = []
    bootstrap.at_start(lambda: wired.append("wired"))
    assert wired == []


@pytest.mark.usefixtures("on_lambda")
def test_on_lambda_it_is_wired_at_once_and_garbage_is_only_looked_for_afterwards() -> None:
    seen: list[bool] = []
    bootstrap.at_start(lambda: seen.append(gc.isenabled()))
    assert seen == [False]
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[0] == bootstrap.GARBAGE_AFTER


@pytest.mark.usefixtures("on_lambda")
def test_what_the_environment_lacks_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FANIN_TABLE", raising=False)
    for name, value in {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match="FANIN_TABLE"):
        bootstrap.at_start(bootstrap.viewer)
    assert gc.isenabled()
