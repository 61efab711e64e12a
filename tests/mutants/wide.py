"""Mutants of wide runs: what breaks without each step of the journal (docs/adr/0018), in the order of that list."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

RECORD, LOOK = "fanin.use_cases.record_in_journal", "fanin.use_cases.look_into_journal"
JOURNALS, RUNS = "fanin.adapters.memory_journals", "fanin.adapters.memory_runs"
WIDE, COUNTED = ("wide", "counted"), ("counted",)

_APPEND = """            if appended != attempt:
                self.parallel([partial(self.journals.append, journal, segment) for segment in segments_of(contents)])
                appended = attempt
"""
_ADD = """            answer = self.journals.add(journal, batch, may_open=may_open, now_ms=now_ms, due_at_ms=now_ms + FIRST_LOOK_AFTER_MS)
"""
_READ = """            contents = self.read_journal(JournalId(run.id, plan.version, run.attempt, plan.journal))
"""

MUTANTS = (
    Mutant("hint before segment", RECORD, ((_APPEND, ""), (_ADD, _ADD + _APPEND)), WIDE, crashes=("a wide run, at once",)),
    Mutant(
        "hint read after the journal",
        LOOK,
        ((_READ, _READ + "            run = run._replace(hint=(self.runs.read(run.id) or run).hint)\n"),),
        WIDE,
        ("tests/unit/use_cases/test_journal_protocol.py",),
    ),
    Mutant(
        "rev read after the journal",
        LOOK,
        ((_READ, _READ + "            run = run._replace(rev=(self.runs.read(run.id) or run).rev)\n"),),
        WIDE,
    ),
    Mutant(
        "no rev in the transaction",
        RUNS,
        (("(found.state, found.rev) == (run.state, run.rev)", "found.state == run.state"),),
        WIDE,
    ),
    Mutant(
        "look only on crossing the threshold",
        RECORD,
        (
            (
                "        return _DECIDED.get(self.look_into_journal.after_adding(plan, run), Recorded.WAITING)\n",
                "        if run.hint.arrivals - batch.arrivals >= (run.hint.next_look or 1):\n"
                "            return Recorded.WAITING\n"
                "        return _DECIDED.get(self.look_into_journal.after_adding(plan, run), Recorded.WAITING)\n",
            ),
        ),
        WIDE,
    ),
    Mutant(
        "missing one too high",
        LOOK,
        (("run.hint.arrivals + (arrivals_missing", "run.hint.arrivals + 1 + (arrivals_missing"),),
        WIDE,
    ),
    Mutant(
        "whole item put",
        JOURNALS,
        (("self._put(found._replace(hint=found.hint._replace(next_look=", "self._put(run._replace(hint=run.hint._replace(next_look="),),
        WIDE,
    ),
    Mutant(
        "N said with the threshold kept",
        JOURNALS,
        (("need=hint.need + 1, next_look=None, next_bad=None)", "need=hint.need + 1)"),),
        COUNTED,
    ),
    Mutant(
        "threshold not conditional on the need",
        JOURNALS,
        (("if found is None or found.hint.need != run.hint.need:", "if found is None:"),),
        COUNTED,
        crashes=("counted, and announced at once",),
    ),
    Mutant(
        "segment named after its first entry",
        "fanin.domain.segment",
        (("digest = hashlib.sha256(raw).digest()[:NAME_BYTES]", "digest = hashlib.sha256(raw[:8]).digest()[:NAME_BYTES]"),),
        WIDE,
    ),
    Mutant(
        "waiter acknowledges early",
        LOOK,
        (
            (
                "            if (run.hint.claimed_until_ms or 0) > now_ms:\n                self.pause(WAIT_MS)\n        raise RetryableError("
                '"look-claimed", f"somebody else looks',
                "            if (run.hint.claimed_until_ms or 0) > now_ms:\n                return Decided.WAITING\n        raise RetryableError("
                '"look-claimed", f"somebody else looks',
            ),
        ),
        WIDE,
    ),
    Mutant(
        "no late path after a refusal",
        RECORD,
        (("        found = self.after_closing(plan, run, contents)\n", "        found = Late.DUPLICATE\n"),),
        WIDE,
    ),
    Mutant(
        "refused by closing, and nobody helps",
        RECORD,
        (
            (
                "                self.look_into_journal.to_close(plan, run)\n            return None\n",
                "                return Recorded.WAITING\n            return None\n",
            ),
        ),
        WIDE,
    ),
    Mutant(
        "no hint of failures",
        JOURNALS,
        (("failures=hint.failures + batch.failures)", "failures=hint.failures)"),),
        WIDE,
    ),
    Mutant(
        "additions to a run that is being closed",
        JOURNALS,
        (
            (
                "(found.state, found.plan_version, found.attempt, found.hint.closing) != (RunState.OPEN, journal.version, journal.attempt, False)",
                "(found.state, found.plan_version, found.attempt) != (RunState.OPEN, journal.version, journal.attempt)",
            ),
        ),
        (),
        tests=("tests/contract/test_journals.py::test_while_a_run_is_closing_nothing_is_added[memory]",),
    ),
    Mutant(
        "a tolerated failure too many",
        "fanin.domain.counting",
        (("tally.succeeded >= expected - tolerated", "tally.succeeded >= expected - tolerated - 1"),),
        COUNTED,
    ),
    Mutant(
        "a failed execution that succeeded counts twice",
        "fanin.domain.journal",
        (("len(failed) - len(failed.keys() & succeeded)", "len(failed)"),),
        COUNTED,
    ),
)
