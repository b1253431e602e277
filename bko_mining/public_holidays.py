"""Days on which nobody works: public holidays of countries and states, and days without business of markets."""

import re
from datetime import date
from functools import lru_cache

from bko_mining.errors import CalendarError

REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?$|BVMF$|XNYS$|ANBIMA$")
BRAZIL = ("public", "optional")
"""Carnival and Corpus Christi are optional by law and days off in practice."""


@lru_cache(maxsize=256)
def check_region(region: str) -> None:
    """Refuse a region of which no holidays are known (``CalendarError``)."""
    if region:
        holidays_of(region, (2026,))


@lru_cache(maxsize=1024)
def holidays_of(region: str, years: tuple[int, ...]) -> frozenset[date]:
    """Holidays of a country (``US``), a state (``BR-SP``) or a market (``BVMF``, ``ANBIMA``) in some years.

    Examples
    --------
    >>> sorted(str(day) for day in holidays_of("ANBIMA", (2026,)) if day.month in (2, 6))
    ['2026-02-16', '2026-02-17', '2026-06-04']
    """
    if region == "ANBIMA":
        return frozenset(day for day in _anbima() if day.year in years)
    import holidays

    country, _, subdivision = region.partition("-")
    try:
        if len(country) == 4:
            return frozenset(holidays.financial_holidays(country, years=years))
        kind = BRAZIL if country == "BR" else None
        return frozenset(holidays.country_holidays(country, subdiv=subdivision or None, years=years, categories=kind))
    except NotImplementedError as problem:
        raise CalendarError(
            f"no holidays are known for {region!r} ({problem}); use a country or state such as BR-SP or US, or a "
            "market: BVMF, ANBIMA, XNYS"
        ) from None


@lru_cache(maxsize=1)
def countries() -> dict[str, list[str]]:
    """Countries with known holidays, and their states; the ``holidays`` package lists some under longer names, too."""
    from holidays import list_supported_countries

    return {code: states for code, states in sorted(list_supported_countries().items()) if len(code) == 2}


@lru_cache(maxsize=1)
def _anbima() -> tuple[date, ...]:
    """Days without banking business, as the association of the Brazilian financial market publishes them."""
    from bizdays import Calendar

    return tuple(Calendar.load("ANBIMA").holidays)
