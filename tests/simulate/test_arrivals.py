"""Streams of arrivals: when cases come, of which type, with what; and laws of chance."""

from textwrap import dedent

import numpy as np
import pandas as pd
import pytest

from bko_mining.errors import SimulationError
from bko_mining.simulate.arrivals import Window, arrivals_of, to_utc
from bko_mining.simulate.cases import draw_cases
from bko_mining.simulate.quantiles import law_of
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.model import Twin
from bko_mining.twin.values import Distribution

ZONE = "America/Sao_Paulo"


def twin(stream: str, more: str = "") -> Twin:
    text = f"timezone: {ZONE}\nstart: 2026-01-05\narrivals: [{stream}]\nactivities: {{A: {{time: 1}}}}\nrouting: [A]\n"
    return Twin.from_yaml(text + dedent(more))


def local(stream: str, *, days: int | None = 364, n: int | None = None, seed: int = 0) -> pd.DatetimeIndex:
    made = twin(stream)
    start = to_utc(made.begin(), ZONE)
    stop = None if days is None else start + days * 86_400_000_000
    found = arrivals_of(made, made.arrivals[0], Window(start, stop, n), (seed, 0, 0))
    return pd.DatetimeIndex(found.astype("M8[us]"), tz="UTC").tz_convert(ZONE).tz_localize(None)


def test_a_table_of_rates_is_followed_hour_by_hour() -> None:
    row = "[" + "0, " * 9 + "3, 1, " + "0, " * 12 + "0]"
    at = local(f"{{table: {{Mon: {row}, Thu: {row}}}}}")
    assert set(at.weekday) == {0, 3}
    assert set(at.hour) == {9, 10}
    # 104 days with 3 expected at nine: 312 ± 4 √312.
    assert (at.hour == 9).sum() == pytest.approx(312, abs=71)


def test_rate_within_a_calendar_with_holidays_and_month_end() -> None:
    at = local("{per_week: 200, calendar: 'Mon-Fri 08:00-12:00 13:00-17:00', holidays: BR-SP, month_end: [2, 3.0]}")
    assert set(at.hour) == {8, 9, 10, 11, 13, 14, 15, 16}
    days = pd.Series(at.normalize()).value_counts()
    assert pd.Timestamp("2026-04-21") not in days.index
    # The last two business days of January 2026 are Thursday 29 and Friday 30.
    last = days[[pd.Timestamp("2026-01-29"), pd.Timestamp("2026-01-30")]].mean()
    assert last == pytest.approx(120, abs=32)
    assert days[pd.Timestamp("2026-01-28")] == pytest.approx(40, abs=25)


def test_trend_season_and_peaks() -> None:
    grown = local("{per_week: 400, trend_per_year: 1.0}")
    halves = np.array([(grown < "2026-07-06").sum(), (grown >= "2026-07-06").sum()])
    assert halves[1] / halves[0] == pytest.approx(2**0.5, rel=0.06)
    ended = local("{per_week: 400, trend_per_year: 1.0, trend_years: 0.01}")
    halves = np.array([(ended < "2026-07-06").sum(), (ended >= "2026-07-06").sum()])
    assert halves[1] / halves[0] == pytest.approx(1, rel=0.06)
    season = local("{per_week: 400, months: [1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1]}")
    assert 7 not in set(season.month)
    peak = local("{per_week: 400, peaks: [{since: 2026-03-02, until: 2026-03-08, factor: 2}]}")
    assert ((peak >= "2026-03-02") & (peak < "2026-03-09")).sum() == pytest.approx(800, abs=115)


def test_over_dispersion_widens_the_days() -> None:
    counts = [pd.Series(local(f"{{per_week: 700, dispersion: {d}}}").normalize()).value_counts() for d in (0, 0.25)]
    # A day has 100 on average: Poisson variance 100; with dispersion .25 it is 100 + .25 · 100².
    assert counts[0].var() == pytest.approx(100, rel=0.4)
    assert counts[1].var() == pytest.approx(2600, rel=0.4)


def test_more_demand_only_squeezes_the_same_cases_together() -> None:
    base = local("{per_hour: 2}", days=None, n=500)
    more = local("{per_hour: 2, factor: 2}", days=None, n=500)
    start = pd.Timestamp("2026-01-05")
    assert np.allclose((base - start).total_seconds(), 2 * (more - start).total_seconds(), atol=1e-5)


def test_intervals_grids_batches_and_lists() -> None:
    assert list(local("{kind: interval, interval: 3 h, calendar: 'Mon-Fri 09:00-17:00'}", n=4).strftime("%d %H")) == [
        "05 12", "05 15", "06 10", "06 13",
    ]  # fmt: skip
    grid = local("{kind: grid, every: 3 h, calendar: 'Mon-Fri 09:00-17:00'}", n=4)
    assert list(grid.strftime("%d %H")) == ["05 09", "05 12", "05 15", "06 09"]
    batch = local("{kind: batch, at: ['08:00', '14:00'], size: 2, calendar: 'Tue 09:00-10:00'}", n=5)
    assert list(batch.strftime("%d %H")) == ["06 08", "06 08", "06 14", "06 14", "13 08"]
    given = local("{kind: list, at: [2026-01-07 10:00, 2026-01-06 09:00, 2026-01-01 09:00]}")
    assert list(given.strftime("%d %H")) == ["06 09", "07 10"]
    several = local("{per_hour: 1, batch_size: 3}", n=9)
    assert several.nunique() == 3


def test_streams_types_and_attributes() -> None:
    made = twin(
        "{per_hour: 3, mix: {a: 3, b: 1}}, {name: second, per_hour: 1, case_type: b}",
        """
        case_types: {a: {}, b: {}}
        attributes:
          x: {distribution: {family: lognormal, mean: 100, cv: 1}, by_type: {b: {distribution: 7}}, digits: 1}
          y: {distribution: {family: uniform, low: 0, high: 1}}
          z: {values: {red: 9, blue: 1}}
        correlations: [{between: [x, y], value: 0.8}]
        """,
    )
    cases = draw_cases(made, Window(to_utc(made.begin(), ZONE), None, 8000), (0, 0))
    is_b = cases.kind == cases.kinds.index("b")
    assert is_b.mean() == pytest.approx(1.75 / 4, abs=0.03)
    assert set(cases.columns["x"][is_b]) == {7.0}
    x, y = (pd.Series(cases.columns[name][~is_b]) for name in "xy")
    assert x.mean() == pytest.approx(100, abs=6)
    assert x.rank().corr(y.rank()) == pytest.approx(0.8, abs=0.03)
    assert (cases.columns["z"] == "red").mean() == pytest.approx(0.9, abs=0.02)


def test_processes_share_their_people_and_background_work_is_not_logged() -> None:
    text = """
    start: 2026-01-05
    arrivals:
      - {kind: list, at: ["2026-01-05 09:00", "2026-01-05 09:20"], case_type: invoice}
      - {kind: list, at: ["2026-01-05 09:05"], case_type: other}
    case_types:
      invoice: {routing: [Enter]}
      other: {routing: [Phone], logged: false}
    roles: {Clerk: {members: [Ana]}}
    activities: {Enter: {role: Clerk, time: 10 min}, Phone: {role: Clerk, time: 30 min}}
    """
    log = simulate(Twin.from_yaml(dedent(text)), n_cases=3)
    assert list(log.frame["start"].dt.strftime("%H:%M")) == ["09:00", "09:40"]
    assert set(log.frame["activity"]) == {"Enter"}


def test_load_changes_the_pace() -> None:
    text = """
    start: 2026-01-05
    arrivals: [{kind: list, at: ["2026-01-05 09:00", "2026-01-05 09:00", "2026-01-05 09:00"]}]
    roles: {Clerk: {members: [Ana]}}
    activities: {Do: {role: Clerk, time: 10 min, time_factors: [{when: queue(Clerk) >= 1, factor: 0.5}]}}
    routing: [Do]
    """
    log = simulate(Twin.from_yaml(dedent(text)), n_cases=3)
    # The first starts before others wait, the second with one behind it, the last alone.
    assert ((log.end - log.start) / 6e7).tolist() == [10, 5, 10]


@pytest.mark.parametrize("family", ["exponential", "lognormal", "gamma", "weibull", "normal"])
def test_families_have_their_mean_and_spread(family: str) -> None:
    cv = {"exponential": 1.0, "normal": 0.25}.get(family, 0.4)
    law = law_of(Distribution(family=family, mean=500, cv=cv))
    x = law.at((np.arange(400_000) + 0.5) / 400_000)
    assert x.mean() == pytest.approx(500, rel=1e-3)
    assert x.std() / x.mean() == pytest.approx(cv, rel=5e-3)


def test_other_laws() -> None:
    u = (np.arange(100_000) + 0.5) / 100_000
    mixture = Distribution.model_validate(
        {
            "family": "mixture",
            "components": [
                {"weight": 1, "time": 10},
                {"weight": 3, "time": {"family": "uniform", "low": 0, "high": 4}},
            ],
        }
    )
    assert law_of(mixture).at(u).mean() == pytest.approx(0.25 * 10 + 0.75 * 2, rel=1e-3)
    zeros = Distribution(family="exponential", mean=10, zero_share=0.3)
    assert (law_of(zeros).at(u) == 0).mean() == pytest.approx(0.3, abs=1e-4)
    assert law_of(zeros).mean == pytest.approx(7)
    seen = Distribution(family="empirical", values=(1, 2, 4), weights=(1, 1, 2))
    assert np.unique(law_of(seen).at(u), return_counts=True)[1].tolist() == [25_000, 25_000, 50_000]
    beta = Distribution(family="scipy", name="beta", parameters={"a": 2, "b": 3, "scale": 100})
    assert law_of(beta).at(u).mean() == pytest.approx(40, rel=1e-3)
    clipped = Distribution(family="quantiles", values=(0, 10, 100), minimum=5, maximum=50, factor=2)
    # Half of [0, 10] is below 5, five ninths of [10, 100] above 50: 5 and 50 get a quarter and five eighteenths.
    values = law_of(clipped).at(u)
    assert ((values == 10).mean(), (values == 100).mean()) == pytest.approx((1 / 4, 5 / 18), abs=1e-4)
    with pytest.raises(ValueError, match="no law 'betta'"):
        Distribution(family="scipy", name="betta")


def test_a_stream_that_brings_nothing_is_said() -> None:
    with pytest.raises(SimulationError, match="brings only 0 of 10 cases"):
        simulate(twin("{per_week: 0}"), n_cases=10)
