"""trust export, show, merge."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from fanin.signing.trust import TrustDocument
from tests.unit.cli.hub import FakeHub, JsonObject, refusal, run
from tests.unit.signing.keys import HUB_KEY, OTHER_HUB_KEY
from tests.unit.signing.releases import HUB_ACCOUNT, ISSUER, TRUST

pytestmark = pytest.mark.unit

KID = HUB_KEY.kid()
EXPORTED: JsonObject = {"v": 1, "keys": {KID: {"jwk": HUB_KEY.jwk().members(), "iss": ISSUER, "accounts": [HUB_ACCOUNT], "targets": ["*"]}}}


def exporting(document: object = EXPORTED) -> FakeHub:
    return FakeHub().answering("viewer", "trust", {"ok": True, "trust": document})


def written(path: Path, document: TrustDocument) -> str:
    path.write_text(document.text(), encoding="utf-8")
    return str(path)


def test_the_hubs_key_is_exported_as_a_trust_document() -> None:
    hub = exporting()
    result = run("trust", "export", hub=hub)
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == EXPORTED
    assert hub.asked == [("fanin-viewer", {"action": "trust"})]


def test_an_export_is_narrowed_to_targets() -> None:
    printed = json.loads(run("trust", "export", "--targets", "daily-close, report", hub=exporting()).stdout)
    assert printed["keys"][KID]["targets"] == ["daily-close", "report"]


@pytest.mark.parametrize("targets", ["", "a,,b", "a b", "a,a", "*,a"])
def test_targets_that_cannot_be_are_wrong_use(targets: str) -> None:
    result = run("trust", "export", "--targets", targets, hub=exporting())
    assert (result.exit_code, result.stdout, "--targets" in result.stderr) == (2, "", True)


def test_an_export_goes_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "trust.json"
    result = run("trust", "export", "--out", str(out), hub=exporting())
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", f"fanin: wrote {out} (1 key)\n")
    assert json.loads(out.read_text(encoding="utf-8")) == EXPORTED


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    result = run("trust", "export", "--out", str(tmp_path / "no" / "trust.json"), hub=exporting())
    assert (result.exit_code, "file-unwritable" in result.stderr) == (2, True)


def test_a_hub_that_cannot_use_its_key_is_told() -> None:
    result = run("trust", "export", hub=FakeHub().answering("viewer", "trust", refusal("signing-key", "the key cannot be used now")))
    assert (result.exit_code, result.stderr) == (3, "fanin: signing-key: the key cannot be used now\n")


def test_an_exported_document_that_no_starter_would_take_is_not_printed() -> None:
    result = run("trust", "export", hub=exporting({**EXPORTED, "v": 2}))
    assert (result.exit_code, result.stdout, result.stderr.startswith("fanin: trust-version: ")) == (3, "", True)


def test_a_trust_document_is_shown(tmp_path: Path) -> None:
    document = TrustDocument((TRUST.keys[0], replace(TRUST.keys[1], accounts=("444444444444", "555555555555"))))
    lines = run("trust", "show", written(tmp_path / "trust.json", document)).stdout.splitlines()
    assert lines[0].split() == ["KEY", "ISSUER", "ACCOUNTS", "TARGETS"]
    assert {line.split()[0]: line.split("  ")[-1] for line in lines[1:]} == {KID: "daily-close, other-target", OTHER_HUB_KEY.kid(): "all"}
    assert any("444444444444, 555555555555" in line for line in lines)


def test_a_trust_document_is_read_from_standard_input_and_shown_as_json() -> None:
    assert json.loads(run("trust", "show", "-", "--json", typed=json.dumps(EXPORTED)).stdout) == EXPORTED


def test_no_keys_is_a_document_that_trusts_nobody() -> None:
    assert run("trust", "show", "-", typed='{"v":1,"keys":{}}').stdout == "No keys: nobody is believed.\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"{", "trust-json"),
        (b"\xff", "trust-json"),
        (b" " * 70_000, "trust-json"),
        (b'{"v":1}', "trust-members"),
        (json.dumps(EXPORTED).replace("2026", "2027").replace(KID, "A" * 43).encode(), "trust-kid"),
        (json.dumps(EXPORTED).replace('"*"', r'"\u001b[31m"').encode(), "trust-targets"),
    ],
)
def test_a_document_that_a_starter_would_refuse_is_exit_code_1(text: bytes, code: str) -> None:
    result = run("trust", "show", "-", typed=text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"fanin: {code}: standard input: ")
    assert "\x1b" not in result.stderr


def test_what_is_no_file_is_wrong_use(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name, code in (("fifo", "file-not-regular"), (".", "file-not-regular"), ("missing", "file-missing"), ("a\0b", "file-unreadable")):
        result = run("trust", "show", f"{tmp_path}/{name}")
        assert (result.exit_code, result.stderr.split(": ")[1]) == (2, code)


def test_trust_documents_are_merged(tmp_path: Path) -> None:
    one, other = (written(tmp_path / f"{key.kid}.json", TrustDocument((key,))) for key in TRUST.keys)
    merged = json.loads(run("trust", "merge", one, other, one).stdout)
    assert merged == TRUST.members()


def test_one_key_with_two_permissions_is_not_merged(tmp_path: Path) -> None:
    one = written(tmp_path / "one.json", TrustDocument(TRUST.keys[:1]))
    other = written(tmp_path / "other.json", TrustDocument((replace(TRUST.keys[0], targets=("*",)),)))
    result = run("trust", "merge", one, other, "--out", str(tmp_path / "merged.json"))
    assert (result.exit_code, result.stderr.split(": ")[1:3]) == (1, ["trust-conflict", other])
    assert not (tmp_path / "merged.json").exists()
