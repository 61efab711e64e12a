"""What is shipped is locked by hash, listed with its licence, and said in an SBOM that is always the same."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from supply_chain.components import COMMAND_LINE, LOCKED, ROOT, components
from supply_chain.documents import licences, sbom

pytestmark = pytest.mark.unit

REQUIREMENTS = sorted([*(ROOT / directory / "requirements.txt" for directory in LOCKED.values()), *(ROOT / "requirements").glob("*.txt")])
PERMISSIVE = re.compile(r"MIT|BSD|ISC|Apache|PSF|Python Software Foundation|MPL")


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_requirement_has_one_version_and_its_hashes(path: Path) -> None:
    text = path.read_text()
    requirements = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"(?m)^\s*#.*\n?", "", text))
    assert requirements
    for one in requirements:
        assert re.match(r"[A-Za-z0-9._-]+(\[[^]]*])?==", one), one[:80]
        assert "--hash=sha256:" in one, one[:80]
    assert "://" not in text  # no address that a package would come from


def test_everything_that_is_deployed_is_listed() -> None:
    assert {part for one in components() for part in one.used_by} == {*LOCKED, COMMAND_LINE}


def test_every_licence_lets_it_be_shipped() -> None:
    assert [one for one in components() if not PERMISSIVE.search(one.licence)] == []


def test_the_list_of_licences_is_current() -> None:
    assert (ROOT / "docs" / "licences.md").read_text() == licences(components()), "make audit writes it again"


def test_the_sbom_is_the_same_for_the_same_requirements() -> None:
    first, again = (sbom(components(), "1.2.3") for _ in range(2))
    assert first == again
    document = json.loads(first)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    references = [one["bom-ref"] for one in document["components"]]
    assert references == [one.purl for one in components()] == document["dependencies"][0]["dependsOn"]
    assert len(set(references)) == len(references) > 20
