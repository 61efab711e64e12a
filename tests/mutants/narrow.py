"""Mutants of narrow runs, streams, releases and everything around them."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

RECORD, DECIDE = "fanin.use_cases.record_arrivals", "fanin.use_cases.decide_run"
STREAM, RUNS, STREAMS = "fanin.use_cases.record_in_stream", "fanin.adapters.memory_runs", "fanin.adapters.memory_streams"
SEND, START, ACKNOWLEDGE = "fanin.use_cases.send_delivery", "fanin.use_cases.start_successor", "fanin.use_cases.acknowledge_delivery"
LATEST, EXPECTED = ("latest",), ("expected",)

MUTANTS = (
    Mutant(
        "early return on what is already seen",
        RECORD,
        (("return self._decide(plan, run, Recorded.DUPLICATE), run", "return Recorded.DUPLICATE, run"),),
    ),
    Mutant("conditions or-ed", RUNS, (("not all(rises(found.slots", "not any(rises(found.slots"),)),
    Mutant(
        "condition missing",
        RUNS,
        (("if not held or not all(rises(found.slots, slot, arrival) for slot, arrival in slots.items()):", "if not held:"),),
    ),
    Mutant(
        "no split after a refusal",
        RECORD,
        (
            (
                'pending = {slot: arrival for slot, arrival in pending.items() if arrival > run.slots.get(slot, "")}\n',
                'pending = {} if any(arrival <= run.slots.get(slot, "") for slot, arrival in pending.items()) else pending\n',
            ),
        ),
    ),
    Mutant("no rev", RUNS, (("(found.state, found.rev) == (run.state, run.rev)", "found.state == run.state"),)),
    Mutant(
        "write without the plan's version",
        RUNS,
        (("held = found.state is RunState.OPEN and found.plan_version == version", "held = found.state is RunState.OPEN"),),
    ),
    Mutant("a closed run takes arrivals", RUNS, (("held = found.state is RunState.OPEN and ", "held = "),)),
    Mutant("success does not beat failure", "fanin.domain.arrival", (('Status.FAILED: "2"', 'Status.FAILED: "3"'),)),
    Mutant(
        "a timer asks, and nothing is decided",
        "fanin.use_cases.recheck_run",
        (("match self.decide_run(plan, run, woken=True):", "match Decided.WAITING if run.alerted is not None else Decided.CLOSED:"),),
        ("keyed", "expected"),
    ),
    Mutant(
        "the next attempt takes the number of the last",
        RUNS,
        (("attempt=found.attempt + 1,", "attempt=found.attempt,"),),
    ),
    Mutant(
        "news of a failed run is dropped",
        "fanin.use_cases.record_after_closing",
        (("return Late.KEPT if self.runs.keep(run, risen) else None", "return Late.KEPT"),),
    ),
    Mutant(
        "a repeat opens the next attempt",
        "fanin.use_cases.record_after_closing",
        (("return found is not None and same_report(found, arrival)", "return False"), ('if arrival > run.slots.get(slot, "")}', "}")),
    ),
    Mutant(
        "delivery not due until it is sent",
        "fanin.use_cases.freezing",
        (("due_at_ms=frozen.released_at_ms + WAKE_GRACE_MS,", "due_at_ms=None,"),),
    ),
    Mutant(
        "notice not due until it is sent",
        "fanin.use_cases.noticing",
        (("due_at_ms=at_ms + WAKE_GRACE_MS,", "due_at_ms=None,"),),
    ),
    Mutant(
        "sent, and not due again without a receipt",
        SEND,
        (("due_at_ms=None if delivery.kind is DeliveryKind.NOTICE else due_after_sending(tries, now_ms),", "due_at_ms=None,"),),
    ),
    Mutant(
        "PutEvents success assumed",
        SEND,
        (("refusal=one.refusal or refusals[one.delivery.id])", "refusal=one.refusal)"),),
    ),
    Mutant(
        "answers of PutEvents taken for one another's",
        SEND,
        (
            (
                "zip((one.delivery.id for one in group), answers, strict=True)",
                "zip((one.delivery.id for one in group), answers[::-1], strict=True)",
            ),
        ),
        kinds=(),
        tests=("tests/unit/use_cases/test_sending.py",),
    ),
    Mutant("no deterministic name", "fanin.signing.execution_name", (('-{end}-{jti}"', '-{end}-{jti[:20]}{id(object())}"'),)),
    Mutant(
        "another input under the name is taken for already started",
        START,
        (("        if isinstance(started, NameTaken):\n", "        if isinstance(started, NameTaken) and not started.execution_arn:\n"),),
        (),
        ("tests/unit/use_cases/test_starting.py",),
    ),
    Mutant(
        "receipt before the start",
        START,
        (
            (
                "        started = self.machines.start(machine, execution_name(claims.sub, claims.jti), verified.data_canonical.decode())\n",
                "        arn = machine.replace(':stateMachine:', ':execution:') + ':' + execution_name(claims.sub, claims.jti)\n"
                "        self._report(verified, Started(arn, verified_at_ms, already=False), verified_at_ms)\n"
                "        started = self.machines.start(machine, execution_name(claims.sub, claims.jti), verified.data_canonical.decode())\n",
            ),
        ),
    ),
    Mutant(
        "acknowledged by the first receipt",
        ACKNOWLEDGE,
        (("if any(one.state is not DeliveryState.ACKNOWLEDGED for one in of_attempt)", "if False"),),
    ),
    Mutant(
        "any account's receipt counts",
        ACKNOWLEDGE,
        (("if receipt.account != delivery.account or receipt.execution_arn", "if receipt.execution_arn"),),
        (),
        ("tests/unit/use_cases/test_receipts.py",),
    ),
    Mutant(
        "what a stream has seen is not consumed",
        STREAM,
        (("consumed = {**stream.consumed, **stream.seen}", "consumed = dict(stream.consumed)"),),
        LATEST,
    ),
    Mutant(
        "a stream takes what is consumed",
        STREAMS,
        (("        rises(stream.consumed, change.slot, change.watermark)\n        and ", "        "),),
        LATEST,
    ),
    Mutant("a stream's release without rev", STREAMS, (("found is not None and found.rev == stream.rev", "found is not None"),), LATEST),
    Mutant(
        "a stream takes what its version does not name",
        STREAMS,
        (("if found.plan_version != version or not begun", "if not begun"),),
        LATEST,
    ),
    Mutant(
        "older versions are not offered",
        "fanin.use_cases.match_joins",
        (("for version in head.versions]", "for version in (head.version,)]"),),
        ("keyed", "latest"),
        ("tests/unit/use_cases/test_versions.py",),
    ),
    Mutant(
        "expected before it is opened",
        "fanin.use_cases.open_expected",
        (
            ("            if plan is not None and self._open(plan, expectation):\n                outcome = Expected.OPENED\n", ""),
            (
                "            self.expectations.save(join, expectation, following)\n",
                "            self.expectations.save(join, expectation, following)\n"
                "            if plan is not None and self._open(plan, expectation):\n                outcome = Expected.OPENED\n",
            ),
        ),
        EXPECTED,
        crashes=("a window that nothing arrives in",),
    ),
    Mutant(
        "a failure in a batch is swallowed",
        "fanin.use_cases.collect_batch",
        (("            collected.failed.update(dict.fromkeys(ids, error))\n", "            del error\n"),),
        ("keyed", "latest"),
    ),
    Mutant(
        "found, remembered, and then handed over",
        "fanin.use_cases.ask_sources",
        (
            (
                "        if turn.news:\n            self.findings.hand_over(turn.news, look_up_spacing_s(watch.source))\n            asked.found += len(turn.news)\n"
                "        saved = self._save(watch, turn.watch)\n",
                "        saved = self._save(watch, turn.watch)\n        if turn.news:\n"
                "            self.findings.hand_over(turn.news, look_up_spacing_s(watch.source))\n            asked.found += len(turn.news)\n",
            ),
        ),
        ("keyed", "latest"),
        crashes=("an event that never comes",),
    ),
    Mutant(
        "passes over a list do not overlap",
        "fanin.domain.watch",
        (("since_ms = max(watch.since_ms, passing.began_ms - OVERLAP_MS)", "since_ms = max(watch.since_ms, passing.began_ms)"),),
        ("keyed", "latest", "wide"),
    ),
    Mutant(
        "a condition that is impossible waits",
        "fanin.domain.decision",
        (("            return Fail(IMPOSSIBLE)\n", "            return Wait(())\n"),),
    ),
    # What an operator writes, no queue redelivers: it makes something due, and a call that crashed in between is made again.
    Mutant(
        "an operator's catch-up makes nothing due",
        "fanin.domain.watch",
        (
            (
                "replace(set_back, failures=0, not_before_ms=known_at_ms, due_at_ms=known_at_ms)",
                "replace(set_back, failures=0, not_before_ms=known_at_ms)",
            ),
        ),
        kinds=(),
        tests=("tests/unit/use_cases/test_catching_up.py", "tests/unit/domain/test_watch.py"),
    ),
    Mutant(
        "an operator's call that crashed is not finished by the next",
        "fanin.use_cases.apply_definitions",
        (("                if not dry_run:\n", "                if not dry_run and head is None:\n"),),
        kinds=(),
        tests=("tests/unit/use_cases/test_lost_events.py",),
    ),
)
