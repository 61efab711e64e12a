"""cost: what joins cost on AWS at a rate of completions, from measured units and list prices. Nothing is asked of anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from fanin_cli.cost.model import Cost, Load, at_rest, cost_of, dominant, joined
from fanin_cli.cost.prices import Prices, prices
from fanin_cli.cost.units import BATCHES, WIDEST
from fanin_cli.definition_commands import Files, load_right
from fanin_cli.failures import CommandError
from fanin_cli.options import JsonFlag
from fanin_cli.rendering import say, say_json

if TYPE_CHECKING:
    from fanin.definitions.compiler import CompiledJoin

Rates = Annotated[
    list[str],
    typer.Option(
        "--rate", metavar="N|JOIN=N", help="Completions a day, of each join or of the one named. May be repeated.", show_default=False
    ),
]
Counts = Annotated[
    list[str] | None,
    typer.Option(
        "--count", metavar="N|JOIN=N", help="How many executions a counted predecessor has, where the definition does not say it."
    ),
]
Batch = Annotated[int, typer.Option("--batch", metavar="1|10|1000", help="Messages in a batch: 1 when they come one by one.")]
HubAccount = Annotated[
    str | None, typer.Option("--hub-account", metavar="ID", help="Its own completions cross no account. Default: all do.")
]

_NAMED = re.compile(r"(?:([a-z0-9-]+)=)?([0-9][0-9_]{0,15})")
_CENT = 0.01


def cost(
    files: Files,
    rate: Rates,
    batch: Batch = 1,
    count: Counts = None,
    hub_account: HubAccount = None,
    as_json: JsonFlag = False,
) -> None:
    """Estimate what joins cost on AWS: dollars a month and for a million completions, and what most of it is for.

    Offline, from units measured by this release's benchmarks and list prices of one day; docs/performance.md says how. Exit code 2 when a
    definition is wrong, or a counted predecessor's number is neither in it nor given.
    """
    if batch not in BATCHES:
        raise typer.BadParameter(f"{batch} was not measured; choose one of {', '.join(map(str, BATCHES))}.", param_hint="--batch")
    joins = load_right(files, as_json=as_json).joins
    rates, counts = _by_join(rate, joins, "--rate"), _by_join(count or [], joins, "--count")
    table = prices()
    costs = [cost_of(_load(join, rates, counts, batch, hub_account), table) for join in joins]
    if as_json:
        say_json(_document(costs, table))
        return
    for line in _lines(costs, table):
        say(line)


def _by_join(given: Sequence[str], joins: Sequence[CompiledJoin], option: str) -> dict[str, int]:
    """Numbers by join: one without a name is every join's that has none of its own."""
    names, found, everyone = {one.join for one in joins}, dict[str, int](), None
    for text in given:
        parts = _NAMED.fullmatch(text)
        if parts is None or int(parts[2]) == 0:
            raise typer.BadParameter(f"{text!r} is neither a number above 0 nor JOIN=NUMBER.", param_hint=option)
        if parts[1] is None:
            everyone = int(parts[2])
        elif parts[1] not in names:
            raise typer.BadParameter(f"no file defines a join {parts[1]}.", param_hint=option)
        else:
            found[parts[1]] = int(parts[2])
    return found if everyone is None else {**dict.fromkeys(names, everyone), **found}


def _load(join: CompiledJoin, rates: Mapping[str, int], counts: Mapping[str, int], batch: int, hub_account: str | None) -> Load:
    plan, name = join.content, join.join
    if name not in rates:
        raise typer.BadParameter(f"how many completions a day has {name}? Say --rate {name}=NUMBER.", param_hint="--rate")
    width, foreign = 0, 0
    for predecessor in plan.predecessors:
        number = 1 if predecessor.counted is None else predecessor.counted.number or counts.get(name)
        if number is None:
            hint = f"say how many there will be: --count {name}=NUMBER"
            raise CommandError(
                "count-unknown", f"{name}: the executions of {predecessor.name} are counted, and N is not in the definition", hint
            )
        width += number
        foreign += number * (_account(predecessor.source.route) != hub_account)
    if width > WIDEST:
        raise CommandError("too-wide", f"{name}: a run of {width:,} completions is wider than {WIDEST:,}")
    return Load(name, width, rates[name], batch, len(plan.successors), plan.projects_outputs, foreign / width)


def _account(route: str) -> str | None:
    """The account of a source; None for another join, whose releases are told on the hub's own bus."""
    kind, _, arn = route.partition(":")
    parts = arn.split(":")
    match kind:
        case "join":
            return None
        case "event":
            return parts[0]
        case _:
            return parts[4]


def _lines(costs: Sequence[Cost], table: Prices) -> Iterator[str]:
    for one in costs:
        load = one.load
        runs = load.completions_per_day / load.width
        yield f"{load.join}: {load.completions_per_day:,.0f} completions a day, {runs:,.1f} runs of {load.width:,}, {load.batch} a batch"
        yield f"  {'':32}{'a month':>12}{'a million completions':>24}"
        for name in sorted(one.month, key=lambda name: one.month[name], reverse=True):
            yield f"  {name:32}{_dollars(one.month[name]):>12}{_dollars(one.million[name]):>24}"
        yield f"  {'in all':32}{_dollars(one.month_usd):>12}{_dollars(one.million_usd):>24}"
        yield f"  Most of it is for {dominant(one.month)}."
        yield ""
    rest = at_rest(table)
    yield f"The hub at rest, whatever its joins: {_dollars(sum(rest.values()))} a month, most of it for {dominant(rest)}."
    yield f"Everything: {_dollars(sum(one.month_usd for one in costs) + sum(rest.values()))} a month."
    yield ""
    yield f"List prices of {table.region} on {table.read_on}, without free tiers and taxes; the jobs themselves are not in it. Assumed:"
    yield from (f"  - {text}" for text in table.assumptions)


def _dollars(usd: float) -> str:
    return f"${usd:,.2f}" if usd >= _CENT or usd == 0 else f"${usd:.6f}"


def _document(costs: Sequence[Cost], table: Prices) -> dict[str, object]:
    rest = at_rest(table)
    return {
        "ok": True,
        "joins": [
            {
                "join": one.load.join,
                "width": one.load.width,
                "completionsPerDay": one.load.completions_per_day,
                "batch": one.load.batch,
                "usdPerMonth": _rounded(one.month),
                "usdPerMonthInAll": round(one.month_usd, 6),
                "usdPerMillionCompletions": _rounded(one.million),
                "usdPerMillionCompletionsInAll": round(one.million_usd, 6),
                "dominant": dominant(one.month),
            }
            for one in costs
        ],
        "atRestUsdPerMonth": _rounded(rest),
        "usdPerMonthInAll": round(sum(joined([rest, *(one.month for one in costs)]).values()), 6),
        "prices": {"region": table.region, "readOn": table.read_on, "pages": list(table.pages)},
        "assumptions": list(table.assumptions),
    }


def _rounded(parts: Mapping[str, float]) -> dict[str, float]:
    return {name: round(usd, 6) for name, usd in parts.items()}
