"""The contract of `Deliveries`: the outbox changes only under the hands of who saw it last."""

from __future__ import annotations

import pytest

from fanin.domain.delivery import Delivery, DeliveryState
from fanin.domain.run import RunId, Transition
from fanin.ports import ReleaseWrite
from tests.contract.given import DUE_MS, JOIN, NOW_MS, RUN, arrival, delivery, merged, notice, release_write, released
from tests.contract.stores import Stores

SENT = delivery()._replace(state=DeliveryState.SENT, tries=1, sent_at_ms=NOW_MS + 1, due_at_ms=NOW_MS + 60_000)
ACKNOWLEDGED = SENT._replace(
    state=DeliveryState.ACKNOWLEDGED,
    due_at_ms=None,
    acknowledged_at_ms=NOW_MS + 5,
    verified_at_ms=NOW_MS + 3,
    started_at_ms=NOW_MS + 4,
    execution_arn="arn:aws:states:us-east-1:222222222222:execution:close:fanin-x",
)


def test_what_is_not_there_is_none(stores: Stores) -> None:
    assert stores.deliveries.read(delivery().id) is None
    assert stores.deliveries.payload(RUN, "REL#0001#0") is None
    assert list(stores.deliveries.of_run(RUN)) == []


def test_a_delivery_reads_back_as_it_was_written(stores: Stores) -> None:
    released(stores)
    assert stores.deliveries.read(delivery().id) == delivery()
    assert stores.deliveries.read(notice().id) == notice()


def test_a_delivery_may_be_written_whole_and_without_being_due(stores: Stores) -> None:
    whole = ACKNOWLEDGED._replace(tries=7, refusals=3, last_error="ThrottlingException")
    assert stores.runs.close(merged(stores, {0: arrival()}), Transition.SATISFY, ReleaseWrite({}, (whole,)), NOW_MS)
    assert stores.deliveries.read(whole.id) == whole


def test_deliveries_come_before_notices_and_belong_to_one_run(stores: Stores) -> None:
    later = delivery(jti="0" * 43)
    again = later._replace(id=later.id._replace(name=f"DLV#0002#{'0' * 43}"), attempt=2)
    first, second, told = release_write().deliveries
    assert stores.runs.close(merged(stores, {0: arrival()}), Transition.SATISFY, ReleaseWrite({}, (told, again, second, first)), NOW_MS)
    released(stores, RunId(JOIN, f"{RUN.key}-2"))
    assert list(stores.deliveries.of_run(RUN)) == [first, second, again, told]
    assert list(stores.deliveries.of_run(RUN, notices=False)) == [first, second, again]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (delivery(), SENT),
        (SENT, ACKNOWLEDGED),
        (delivery(), delivery()._replace(refusals=1, due_at_ms=DUE_MS + 5_000, last_error="ThrottlingException")),
        (delivery()._replace(refusals=2, last_error="x"), SENT._replace(refusals=0, last_error=None)),
        (delivery(), delivery()._replace(state=DeliveryState.GIVEN_UP, due_at_ms=None)),
        (delivery()._replace(state=DeliveryState.GIVEN_UP, due_at_ms=None), ACKNOWLEDGED._replace(tries=0, sent_at_ms=None)),
    ],
)
def test_a_save_replaces_what_changed(stores: Stores, before: Delivery, after: Delivery) -> None:
    assert stores.runs.close(merged(stores, {0: arrival()}), Transition.SATISFY, ReleaseWrite({}, (before,)), NOW_MS)
    assert stores.deliveries.save(before, after)
    assert stores.deliveries.read(before.id) == after


# The last one is a receipt that came before its sending was marked.
@pytest.mark.parametrize("moved", [SENT, delivery()._replace(refusals=1), delivery()._replace(tries=1), ACKNOWLEDGED._replace(tries=0)])
def test_a_save_is_refused_when_state_tries_or_refusals_have_moved(stores: Stores, moved: Delivery) -> None:
    assert stores.runs.close(merged(stores, {0: arrival()}), Transition.SATISFY, ReleaseWrite({}, (moved,)), NOW_MS)
    assert not stores.deliveries.save(delivery(), SENT._replace(sent_at_ms=NOW_MS + 99))
    assert stores.deliveries.read(delivery().id) == moved


def test_a_save_writes_nothing_where_there_is_no_delivery(stores: Stores) -> None:
    assert not stores.deliveries.save(delivery(), SENT)
    assert stores.deliveries.read(delivery().id) is None


def test_a_payload_is_the_very_text(stores: Stores) -> None:
    text = '{"a":"é\U0001f600","b":[1,2]}'
    assert stores.runs.close(merged(stores, {0: arrival()}), Transition.SATISFY, ReleaseWrite({"REL#0001#0": text}, ()), NOW_MS)
    assert stores.deliveries.payload(RUN, "REL#0001#0") == text
    assert stores.deliveries.payload(RunId(JOIN, "other"), "REL#0001#0") is None


def test_a_notice_is_added_once_and_stays_as_it_became(stores: Stores) -> None:
    told = notice(RUN, "LATE_ARRIVAL#0#x#SUCCEEDED")
    assert stores.deliveries.add(told)
    assert stores.deliveries.read(told.id) == told
    sent = told._replace(state=DeliveryState.SENT, tries=1, sent_at_ms=NOW_MS, due_at_ms=None)
    assert stores.deliveries.save(told, sent)
    assert not stores.deliveries.add(told)
    assert stores.deliveries.read(told.id) == sent


def test_many_are_read_at_once_and_who_is_not_there_is_absent(stores: Stores) -> None:
    released(stores)
    released(stores, RunId(JOIN, f"{RUN.key}-2"))
    other = delivery(RunId(JOIN, f"{RUN.key}-2"))
    asked = [notice().id, other.id, delivery(jti="c" * 43).id, delivery().id]
    assert stores.deliveries.read_all(asked) == {notice().id: notice(), other.id: other, delivery().id: delivery()}
    assert stores.deliveries.read_all([]) == {}


def test_more_are_read_than_one_request_takes(stores: Stores) -> None:
    notices = [notice(RUN, f"LATE_ARRIVAL#{number:03d}") for number in range(103)]
    for one in notices:
        assert stores.deliveries.add(one)
    assert stores.deliveries.read_all([one.id for one in notices]) == {one.id: one for one in notices}


def test_many_payloads_are_read_at_once(stores: Stores) -> None:
    released(stores)
    first, second, gone = (RUN, "REL#0001#0"), (RUN, "REL#0001#1"), (RUN, "REL#0009#0")
    assert stores.deliveries.payloads([first, gone, second]) == {first: '{"a":"é"}', second: "{}"}
    assert stores.deliveries.payloads([]) == {}


def test_sent_notices_are_written_whatever_is_there(stores: Stores) -> None:
    notices = [notice(RUN, f"LATE_ARRIVAL#{number:03d}") for number in range(27)]
    for one in notices:
        assert stores.deliveries.add(one._replace(refusals=3, last_error="ThrottlingException"))
    sent = [one._replace(state=DeliveryState.SENT, tries=1, sent_at_ms=NOW_MS, due_at_ms=None) for one in notices]
    stores.deliveries.save_sent(sent)
    assert stores.deliveries.read_all([one.id for one in notices]) == {one.id: one for one in sent}
    assert stores.due(DUE_MS + 1) == []
