"""National holidays as plain dates, from the library `holidays`; imported only when a definition names a country.

A plan holds the dates of the year before it was compiled to five years after: what the library says later never changes a run. Applying
the definition again takes the library's newest word, as a new version if that differs.
"""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches

from fanin.definitions.problems import Code, RefusedValueError, quoted

YEARS_BEFORE, YEARS_AFTER = 1, 5
COUNTRY_PATTERN = "^[A-Z]{2}$"


def country_code(text: str) -> str:
    """The code of a country whose holidays are known; RefusedValueError `calendar-country`."""
    import holidays  # noqa: PLC0415  (large, and only some definitions need it)

    try:
        if re.fullmatch(COUNTRY_PATTERN, text):
            holidays.country_holidays(text)
            return text
    except NotImplementedError:
        pass
    known = [code for code in holidays.list_supported_countries(include_aliases=False) if len(code) == 2]
    near = get_close_matches(text.upper()[:16], known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else "write an ISO 3166 code, as in JP or US"
    raise RefusedValueError(Code.CALENDAR_COUNTRY, f"no holidays are known of the country {quoted(text)}", hint)


def check_subdivision(country: str, text: str) -> None:
    """That a country has such a part; RefusedValueError `calendar-subdivision`."""
    import holidays  # noqa: PLC0415  (likewise)

    known = holidays.country_holidays(country).subdivisions
    if text in known:
        return
    near = get_close_matches(text.upper()[:16], known, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}" if known else "leave it out: there are none"
    raise RefusedValueError(Code.CALENDAR_SUBDIVISION, f"no part {quoted(text)} of {country} is known for its holidays", hint)


def national_holidays(country: str, subdivision: str | None, this_year: int) -> frozenset[date]:
    """The public holidays of the years that a plan covers when it is compiled in a year."""
    import holidays  # noqa: PLC0415  (likewise)

    years = range(this_year - YEARS_BEFORE, this_year + YEARS_AFTER + 1)
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=years))
