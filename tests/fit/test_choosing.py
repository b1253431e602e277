"""Which of the habits that were tried is kept."""

from bko_mining.fit.choosing import Habits, Trial, _mildest


def _trial(half_life: float | None, score: float) -> Trial:
    return Trial(Habits(arrivals_half_life=half_life), {"CAR": score})


def test_of_choices_that_are_as_good_the_mildest_is_kept() -> None:
    tried = [_trial(0.5, -0.02), _trial(0.25, -0.16), _trial(0.12, -0.18), _trial(0.06, -0.17)]
    assert _mildest(_trial(None, 0.0), tried).habits.arrivals_half_life == 0.25


def test_a_sharper_choice_must_be_better_by_more_than_noise() -> None:
    tried = [_trial(0.5, -0.10), _trial(0.25, -0.20)]
    assert _mildest(_trial(None, 0.0), tried).habits.arrivals_half_life == 0.25


def test_what_is_no_better_than_noise_changes_nothing() -> None:
    assert _mildest(_trial(None, 0.0), [_trial(0.5, -0.02)]).habits.arrivals_half_life is None
    assert _mildest(_trial(None, 0.0), []).habits.arrivals_half_life is None
