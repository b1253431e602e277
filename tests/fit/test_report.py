"""Observed beside simulated, on a small office; the pictures draw."""

from dataclasses import replace

import pytest

from bko_mining.fit.fitting import fit_twin
from bko_mining.fit.report import fit_report
from bko_mining.present.figures import png_bytes
from bko_mining.simulate.simulation import simulate
from bko_mining.twin.arrivals import RateArrivals
from bko_mining.twin.model import Evidence, Twin
from bko_mining.validate.fidelity import fidelity
from bko_mining.words import speaking

OFFICE = """
arrivals: [{per_hour: 3, calendar: office}]
calendars: {office: Mon-Fri 09:00-17:00}
roles: {Clerk: {members: [Ana, Bia], calendar: office}}
activities:
  Register: {role: Clerk, time: {family: lognormal, mean: 12 min, cv: 0.6}}
  Pay: {role: Clerk, time: {family: exponential, mean: 15 min}}
delays: [{after: Register, before: Pay, time: {family: exponential, mean: 20 h}}]
routing: [Register, {xor: [{share: 0.7, do: Pay}, {share: 0.3}]}]
"""


@pytest.fixture(scope="module")
def office():
    log = simulate(Twin.from_yaml(OFFICE), n_cases=350, seed=1)
    return log, fit_twin(log, seed=1)


def test_a_fitted_twin_is_close_to_its_log_part_by_part(office):
    log, twin = office
    report = fit_report(log, twin)
    off = report.differences
    assert off["cycle_time"] < 0.1
    # A few instances last overnight and weigh as much as the many that do not.
    assert off["processing_time"] < 0.5
    assert off["variants"] < 0.1
    assert off["arrivals"] < 0.25
    assert {"arrivals", "observed"} <= set(report.evidence["part"])
    assert report.summary.startswith("Closest: ")
    with speaking("pt_BR"):
        assert report.summary.startswith("Mais próximo: ")


def test_the_causal_twin_can_be_held_against_the_log_too(office):
    log, twin = office
    assert fit_report(log, twin.causal).differences["cycle_time"] < 0.3


def test_the_pictures_draw_the_same_twice(office):
    log, twin = office
    report = fit_report(log, twin)
    assert png_bytes(report.plot()) == png_bytes(fit_report(log, twin).plot())
    assert png_bytes(fidelity(log, simulate(twin, n_cases=350, seed=3)).plot()).startswith(b"\x89PNG")


def test_same_seed_same_twin(office):
    log, twin = office
    assert fit_twin(log, seed=1) == twin


def test_work_in_no_log_is_said_in_the_verdict(office):
    log, twin = office
    assert "no log" not in fit_report(log, twin).summary
    said = Evidence(
        part="unlogged work", found="late starts", n=200, assumption="like the logged", numbers={"share": 0.2}
    )
    report = fit_report(log, twin.replace(evidence=(*twin.evidence, said)))
    assert "of all work is in no log: do not trust it for staffing" in report.summary
    with speaking("pt_BR"):
        assert "não está em nenhum log" in report.summary


def test_what_moves_arrivals_is_said_in_both_languages(office):
    log, twin = office
    report = fit_report(log, twin)
    stream = RateArrivals(
        per_week=40,
        holidays="BR",
        month_end=(3, 1.8),
        months=(1.2,) * 6 + (0.8,) * 6,
        trend_per_year=0.1,
        trend_years=0.5,
    )
    moved = replace(report, stream=stream)
    assert "On holidays of BR 0" in moved.summary
    assert "On the last 3 business days of a month 1.8 times as many come." in moved.summary
    assert "The number of cases changes by 10" in moved.summary
    assert "half the pace seen in the log, for 6.0 months." in moved.summary
    with speaking("pt_BR"):
        assert "Nos feriados de BR chegam 0" in moved.summary
        assert "No mês mais movimentado chegam 1,2 vezes" in moved.summary
