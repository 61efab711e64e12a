"""The components: every package that a deployed function or the command line brings, in the one version that is locked.

The layer and the functions are deployed from requirements that name versions and hashes; the command line is installed from pyproject.toml,
whose closure is looked up in the environment of the tests, which is locked as well. Licences are what the packages' own metadata say.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LOCKED = {"layer": "layers/fanin", "operator": "functions/operator", "starter": "functions/starter"}
COMMAND_LINE = "command line"

_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^ ;\\]+)", re.MULTILINE)
_CLASSIFIER = "License :: OSI Approved :: "


@dataclass(frozen=True, slots=True)
class Component:
    """A package in a version, its licence, and the deployables that bring it, in their order."""

    name: str
    version: str
    licence: str
    used_by: tuple[str, ...]

    @property
    def purl(self) -> str:
        """Its package URL."""
        return f"pkg:pypi/{self.name}@{self.version}"


def components() -> list[Component]:
    """Every component by name; ValueError when two deployables bring one package in two versions, or one states no licence."""
    found: dict[str, dict[str, str]] = {}
    for part, name, version in [*_locked(), *_command_line()]:
        found.setdefault(_normal(name), {})[part] = version
    return [_component(name, versions) for name, versions in sorted(found.items())]


def _component(name: str, versions: dict[str, str]) -> Component:
    if len(set(versions.values())) != 1:
        raise ValueError(f"{name} is brought in several versions: {versions}")
    return Component(name, next(iter(versions.values())), _licence(name), tuple(versions))


def _locked() -> Iterator[tuple[str, str, str]]:
    for part, directory in LOCKED.items():
        for name, version in _PINNED.findall((ROOT / directory / "requirements.txt").read_text()):
            yield part, name, version


def _command_line() -> Iterator[tuple[str, str, str]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    waiting, seen = [Requirement(text) for text in project["dependencies"]], set[str]()
    while waiting:
        requirement = waiting.pop()
        name = _normal(requirement.name)
        if name in seen:
            continue
        seen.add(name)
        package = distribution(name)
        yield COMMAND_LINE, name, package.version
        waiting += [one for one in map(Requirement, package.requires or ()) if one.marker is None or one.marker.evaluate({"extra": ""})]


def _licence(name: str) -> str:
    package = distribution(name)
    licence = _expression(package) or _classified(package) or _named(package)
    if licence is None:
        raise ValueError(f"{name} states no licence")
    return licence


def _expression(package: Distribution) -> str | None:
    # The first, or none: the protocol of metadata has no get.
    return next(iter(package.metadata.get_all("License-Expression") or ()), None)


def _classified(package: Distribution) -> str | None:
    stated = [one.removeprefix(_CLASSIFIER) for one in package.metadata.get_all("Classifier") or () if one.startswith(_CLASSIFIER)]
    return " OR ".join(sorted(stated)) or None


def _named(package: Distribution) -> str | None:
    licence = next(iter(package.metadata.get_all("License") or ()), "").strip()
    return licence if licence and "\n" not in licence else None


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
