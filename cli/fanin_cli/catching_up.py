"""Catching up: what apply --catch-up set off, and how far the sources have been asked since."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import tzinfo

from fanin_cli.answers import Fields
from fanin_cli.failures import CommandError, ExitCode
from fanin_cli.hub_client import HubClient
from fanin_cli.rendering import complain, moment

POLL_S = 5.0
PATIENCE_S = 3600.0


def catch_up_lines(told: Fields, zone: tzinfo | None, *, dry_run: bool) -> Iterator[str]:
    """What is caught up on for one join, and what cannot be."""
    number, since = told.number("sources"), moment(told.number("sinceMs"), zone, "seconds")
    asked = "would be asked" if dry_run else "are asked" if number != 1 else "is asked"
    yield f"    {number} source{'s' * (number != 1)} {asked} for what ended since {since}"
    yield from (f"    {source} cannot be asked: what it did before now stays unknown" for source in told.texts("cannotAsk"))


def wait_until_caught_up(
    hub: HubClient,
    joins: Sequence[str],
    *,
    tell: bool,
    pause: Callable[[float], None] = time.sleep,
    elapsed_s: Callable[[], float] = time.monotonic,
) -> None:
    """Wait until every source of the joins that can be asked has been asked to the end of its list.

    CommandError `catch-up-unfinished` when one does not answer, or it takes longer than an hour; the hub goes on by itself all the same.
    """
    begun_s, last = elapsed_s(), ""
    while True:
        sources = {one.text("arn"): one for join in joins for one in hub.viewer({"action": "sources", "join": join}).objects("sources")}
        asked = [one for one in sources.values() if one.flag("asked")]
        waiting = [one for one in asked if _is_behind(one)]
        said = f"caught up with {len(asked) - len(waiting)} of {len(asked)} sources"
        if tell and said != last:
            complain(said)
        last = said
        if not waiting:
            return
        refused = [one.text("arn") for one in waiting if one.text_or_none("trouble") == "refused"]
        if refused:
            hint = "see whether the hub may look there: docs/guarantees.md says what it needs"
            raise CommandError("catch-up-unfinished", f"{refused[0]} may not be asked, or is not there", hint, ExitCode.UNANSWERED)
        if elapsed_s() - begun_s > PATIENCE_S:
            raise CommandError("catch-up-unfinished", f"after an hour, {said}", "fanin sources shows how far it is", ExitCode.UNANSWERED)
        pause(POLL_S)


def _is_behind(source: Fields) -> bool:
    """Whether a source has not been asked to the end of its list since its cursor was set back."""
    return source.flag("reading") or source.number_or_none("passedAtMs") is None
