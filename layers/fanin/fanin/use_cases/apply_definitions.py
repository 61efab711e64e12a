"""Apply: make definitions the current plans. All or nothing as far as validity goes: one problem anywhere and nothing is written.

Then each join is published in a transaction of its own, conditional on the head it was compared with. Applying again changes nothing,
so a call that failed half-way is simply repeated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from fanin.composed import composed
from fanin.definitions.compiler import CompiledJoin, LabelledProblem, compile_documents
from fanin.domain.errors import RejectedError, RetryableError
from fanin.domain.plan import Plan
from fanin.domain.release import JsonValue
from fanin.ports import Clock, Expectations, Head, PlanRegistry, Runs, Streams
from fanin.use_cases.check_net import net_problems
from fanin.use_cases.expecting import next_expectation
from fanin.use_cases.stored_versions import stored_versions

if TYPE_CHECKING:
    from fanin.definitions.listening import Listening
    from fanin.use_cases.plan_join import PlannedJoin
    from fanin.use_cases.watch_sources import CatchUp, WatchSources

_ROUNDS = 5
_IN_FLIGHT_MS = 900_000  # batches that began with a head just read, and clocks that differ


class Applied(NamedTuple):
    """One join after `apply`: the version that is current, from when every collector knows (epoch ms), and what is caught up on."""

    join: str
    version: int
    changed: bool
    effective_from_ms: int
    catch_up: CatchUp | None = None

    def members(self) -> dict[str, JsonValue]:
        """As JSON values, as the operator answers it."""
        said: dict[str, JsonValue] = {
            "join": self.join,
            "version": self.version,
            "changed": self.changed,
            "effectiveFromMs": self.effective_from_ms,
        }
        return said if self.catch_up is None else {**said, "catchUp": self.catch_up.members()}


@composed
class ApplyDefinitions:
    """The operator's work on definitions. `allowed_*` are what the stack may reach: a definition that names another is refused."""

    registry: PlanRegistry
    runs: Runs
    streams: Streams
    expectations: Expectations
    clock: Clock
    allowed_accounts: frozenset[str] | None
    allowed_buses: frozenset[str]
    plan_cache_s: int
    watch_sources: WatchSources | None = None
    listening: Listening | None = None

    def __call__(
        self,
        documents: Sequence[tuple[str, Mapping[str, object]]],
        *,
        dry_run: bool = False,
        coerce_scalars: bool = False,
        catch_up_ms: int | None = None,
    ) -> tuple[list[Applied], list[LabelledProblem]]:
        """Compile and publish `(label, document)` pairs; either results or problems, never both.

        With `catch_up_ms`, their sources are asked for what ended in so long a time before now.
        """
        compiled, problems = self._compile(documents, coerce_scalars=coerce_scalars)
        if problems:
            return [], problems
        applied = [self._publish(join, dry_run=dry_run) for join in compiled]
        return [self._caught_up(one, join, catch_up_ms, dry_run=dry_run) for one, join in zip(applied, compiled, strict=True)], []

    def plan(self, documents: Sequence[tuple[str, Mapping[str, object]]]) -> tuple[list[PlannedJoin], list[LabelledProblem]]:
        """What applying `(label, document)` pairs would change, or problems; writes nothing."""
        compiled, problems = self._compile(documents, coerce_scalars=False)
        if problems:
            return [], problems
        effective_from_ms = self.clock.now_ms() + self.plan_cache_s * 1000
        from fanin.use_cases.plan_join import planned_join  # noqa: PLC0415 a cold start that applies does not pay for comparing

        return [planned_join(self.registry, self.runs, self.streams, join, effective_from_ms) for join in compiled], []

    def withdraw(self, join: str) -> None:
        """Delete a join: it opens no more runs, those that are open go on; RejectedError `join-not-found`, deleting twice is no error."""
        for _ in range(_ROUNDS):
            head = self.registry.head(join)
            if head is None:
                raise RejectedError("join-not-found", f"there is no join named {join}; fanin joins lists them")
            if head.deleted or self.registry.withdraw(head, self.clock.now_ms()):
                self._forget(head)
                return
        raise RetryableError("join-contended", f"the join {join} is being changed by somebody else; try again")

    def withdraw_if_there(self, join: str) -> None:
        """Delete a join that may never have been applied: what a stack does when it is rolled back."""
        if self.registry.head(join) is not None:
            self.withdraw(join)

    def _compile(
        self, documents: Sequence[tuple[str, Mapping[str, object]]], *, coerce_scalars: bool
    ) -> tuple[list[CompiledJoin], list[LabelledProblem]]:
        compiled, problems = compile_documents(
            documents,
            allowed_accounts=self.allowed_accounts,
            allowed_buses=self.allowed_buses,
            listening=self.listening,
            coerce_scalars=coerce_scalars,
            this_year=datetime.fromtimestamp(self.clock.now_ms() / 1000, UTC).year,
        )
        if not problems:
            labels = {str(document.get("join")): label for label, document in documents}
            found = net_problems(self.registry, [join.content for join in compiled])
            problems = [LabelledProblem(labels[join], problem) for join, problem in found]
        return compiled, problems

    def _publish(self, compiled: CompiledJoin, *, dry_run: bool) -> Applied:
        for _ in range(_ROUNDS):
            head = self.registry.head(compiled.join)
            now_ms = self.clock.now_ms()
            if head is not None and self._is_current(compiled, head):
                unchanged = Applied(compiled.join, head.version, False, head.applied_at_ms + self.plan_cache_s * 1000)
                if not dry_run:
                    self._ensure(compiled.to_plan(head.version), unchanged, now_ms)
                return unchanged
            version = 1 if head is None else head.version + 1
            applied = Applied(compiled.join, version, True, now_ms + self.plan_cache_s * 1000)
            plan = compiled.to_plan(version)
            if dry_run:
                return applied
            if self.registry.publish(plan, head, self._live(head, now_ms), now_ms):
                self._expect(plan, now_ms)
                self._follow(plan, head, applied)
                return applied
        raise RetryableError("join-contended", f"the join {compiled.join} is being changed by somebody else; try again")

    def _ensure(self, plan: Plan, applied: Applied, now_ms: int) -> None:
        """What follows publishing, again: the call before this one may have crashed in between."""
        self._expect(plan, now_ms)
        if self.watch_sources is not None:
            self.watch_sources.ensure(plan, applied.effective_from_ms)

    def _follow(self, plan: Plan, before: Head | None, applied: Applied) -> None:
        if self.watch_sources is not None:
            earlier = None if before is None else self.registry.plan(before.join, before.version)
            self.watch_sources.follow(plan, earlier, applied.effective_from_ms)

    def _forget(self, head: Head) -> None:
        plan = self.registry.plan(head.join, head.version)
        if self.watch_sources is not None and plan is not None:
            self.watch_sources.forget({one.source for one in plan.predecessors})

    def _caught_up(self, applied: Applied, compiled: CompiledJoin, catch_up_ms: int | None, *, dry_run: bool) -> Applied:
        if self.watch_sources is None or catch_up_ms is None:
            return applied
        plan, since_ms = compiled.to_plan(applied.version), self.clock.now_ms() - catch_up_ms
        return applied._replace(catch_up=self.watch_sources.catch_up(plan, since_ms, applied.effective_from_ms, dry_run=dry_run))

    def _expect(self, plan: Plan, now_ms: int) -> None:
        """Expect the next window under this plan, or none any more."""
        for _ in range(_ROUNDS):
            found = self.expectations.read(plan.join)
            if found is not None and plan.timing.expected and found.version == plan.version:
                return
            if found is not None and found.opens_ms <= now_ms:
                # That window has begun and nobody has opened it yet: whoever does goes on to this plan's.
                return
            following = next_expectation(plan, now_ms)
            if found is following or self.expectations.save(plan.join, found, following):
                return
        raise RetryableError("join-contended", f"the join {plan.join} is being changed by somebody else; try again")

    def _is_current(self, compiled: CompiledJoin, head: Head) -> bool:
        return head.digest == compiled.digest and not head.deleted and stored_versions(self.registry, head) == head.versions

    def _live(self, head: Head | None, now_ms: int) -> list[int]:
        """Older versions a completion is still offered to: those with open runs, and those which stale caches may yet open.

        That is always the last, and all that were live with it while collectors may not yet have heard of the last; but none that is gone.
        """
        if head is None:
            return []
        stored = stored_versions(self.registry, head)
        if now_ms - head.applied_at_ms <= self.plan_cache_s * 1000 + _IN_FLIGHT_MS:
            return list(stored)
        stream = self.streams.read(head.join)
        held = self.runs.open_versions(head.join) | ({stream.plan_version} if stream else set())
        return [version for version in stored if version in held or version == head.version]
