"""A rotation of the signing key in memory: releases under way at each step, none lost, none doubled, the old key refused at the end."""

from __future__ import annotations

import pytest

from fanin.adapters.memory_deliveries import MemoryDeliveries
from fanin.adapters.memory_due_index import MemoryDueIndex
from fanin.adapters.memory_signing_history import MemorySigningHistory
from fanin.adapters.memory_trust import MemoryTrust
from fanin.domain.delivery import DeliveryKind, DeliveryState
from fanin.signing.trust import TrustDocument, TrustedKey
from fanin.use_cases.export_trust import ExportTrust
from fanin.use_cases.view_keys import PublishedKeys, ViewKeys
from tests.unit.signing.keys import HUB_KEY, OTHER_HUB_KEY, SoftwareKey
from tests.unit.sources.events import HUB, status_change
from tests.unit.use_cases.landscape import ISSUER, LEDGER, POSITIONS, Landscape, definition
from tests.unit.use_cases.software_signer import SoftwareSigner, one_key

pytestmark = pytest.mark.unit

OLD, NEW = HUB_KEY, OTHER_HUB_KEY


def pinning(*keys: SoftwareKey) -> TrustDocument:
    return TrustDocument(tuple(TrustedKey(key.kid(), key.jwk(), ISSUER, (HUB,), ("*",)) for key in keys))


def landscape_of_two() -> Landscape:
    landscape = Landscape()
    landscape.trust = MemoryTrust(pinning(OLD))
    landscape.apply(definition({"ledger": LEDGER, "positions": POSITIONS}))
    return landscape


def decided(landscape: Landscape, date: str) -> None:
    """The completions of a date arrive, and its run is released, and no further."""
    landscape.arrive(*(status_change(arn, f"{date}-{name}", key=date) for name, arn in (("l", LEDGER), ("p", POSITIONS))))
    landscape.collect_all()


def viewing(landscape: Landscape, keys: PublishedKeys) -> ViewKeys:
    table = landscape.table
    return ViewKeys(keys, MemorySigningHistory(table), MemoryDueIndex(table), MemoryDeliveries(table), landscape.clock)


def test_a_delivery_remembers_the_key_of_its_last_sending_and_a_notice_has_none() -> None:
    landscape = landscape_of_two()
    decided(landscape, "2026-03-31")
    landscape.forward()
    by_kind = {one.kind: one.signed_by for one in landscape.table.deliveries.values()}
    assert by_kind == {DeliveryKind.RELEASE: OLD.kid(), DeliveryKind.NOTICE: None}
    landscape.hub_bus.put_events.clear()
    landscape.signer = SoftwareSigner(NEW)
    landscape.clock.advance(61_000)
    landscape.sweep()
    landscape.forward()
    assert [one.signed_by for one in landscape.deliveries()] == [NEW.kid()]


def test_what_is_under_way_is_counted_by_key() -> None:
    landscape = landscape_of_two()
    for date, key in (("2026-03-30", OLD), ("2026-03-31", OLD), ("2026-04-01", NEW)):
        decided(landscape, date)
        landscape.signer = SoftwareSigner(key)
        landscape.forward()
    decided(landscape, "2026-04-02")
    keys = PublishedKeys("B-after-A", SoftwareSigner(NEW), None, SoftwareSigner(OLD))
    seen = viewing(landscape, keys)()
    assert seen["unacknowledged"] == {OLD.kid(): 2, NEW.kid(): 1}
    assert (seen["signing"], seen["next"], seen["previous"], seen["arrangement"]) == (NEW.kid(), None, OLD.kid(), "B-after-A")
    assert (seen["signingSince"], seen["complete"]) == (None, True)
    MemorySigningHistory(landscape.table).note(NEW.kid(), 5)
    landscape.trust = MemoryTrust(pinning(OLD, NEW))
    landscape.until_quiet()
    after = viewing(landscape, keys)()
    assert (after["unacknowledged"], after["signingSince"]) == ({}, 5)


def test_every_published_key_is_exported_the_one_that_signs_first() -> None:
    both = PublishedKeys("A-then-B", SoftwareSigner(OLD), SoftwareSigner(NEW), None)
    assert ExportTrust(both, ISSUER, HUB)() == pinning(OLD, NEW).members()
    assert ExportTrust(one_key(NEW), ISSUER, HUB)() == pinning(NEW).members()


def test_a_rotation_loses_nothing_and_doubles_nothing() -> None:
    landscape = landscape_of_two()
    dates = [f"2026-03-{day:02d}" for day in range(1, 9)]

    def release(date: str) -> None:
        decided(landscape, date)
        landscape.forward()

    release(dates[0])  # under way while the new key is published and pinned
    decided(landscape, dates[1])
    landscape.trust = MemoryTrust(pinning(OLD, NEW))
    release(dates[2])  # signed with the old key, delivered after the new one signs
    landscape.carry()
    in_flight = list(landscape.releases)
    landscape.signer = SoftwareSigner(NEW)
    release(dates[3])
    landscape.hub_bus.put_events.clear()  # lost under the new key
    landscape.settle()
    release(dates[4])
    landscape.until_quiet()
    landscape.trust = MemoryTrust(pinning(NEW))
    release(dates[5])
    landscape.until_quiet()
    started = [str(said["key"]) for said in landscape.inputs()]
    assert sorted(started) == dates[:6]
    assert landscape.all_acknowledged()
    assert {one.state for one in landscape.deliveries()} == {DeliveryState.ACKNOWLEDGED}
    assert not landscape.releases_quarantine.kept
    # Whatever the old key signed is nobody's word any more.
    landscape.releases.extend(in_flight)
    landscape.start()
    assert {kept.code for kept in landscape.releases_quarantine.kept} == {"release-kid-unknown"}
    assert len(landscape.inputs()) == 6
