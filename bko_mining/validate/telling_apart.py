"""A second opinion on a twin: can a simple model tell real cases from simulated ones?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bko_mining.errors import LogError
from bko_mining.log.event_log import EventLog
from bko_mining.results import Result
from bko_mining.words import number, say

_MOST, _FEWEST = 2000, 20
_HOUR = 3.6e9
_FOLDS = 5

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ToldApart(Result):
    """How well simulated cases can be told from real ones.

    Attributes
    ----------
    table : pandas.DataFrame
        What gives the simulated cases away, strongest first: ``feature``, ``loss`` (by how much the area falls when the
        feature is shuffled), ``observed`` and ``simulated`` (means).
    area : float
        Area under the ROC curve by cross-validation: 0.5 cannot tell, 1 always can.
    """

    area: float = 0.5
    picture: ClassVar[str] = ""

    @property
    def summary(self) -> str:
        """The answer in one sentence."""
        area = number(self.area, 2)
        if self.area < 0.6:
            return say("A simple model can hardly tell simulated cases from real ones (area {area}).", area=area)
        feature = self.table["feature"].iloc[0]
        if self.area < 0.75:
            return say(
                "A simple model tells some simulated cases from real ones (area {area}), above all by {feature}.",
                area=area,
                feature=feature,
            )
        return say(
            "A simple model tells simulated cases from real ones (area {area}), above all by {feature}.",
            area=area,
            feature=feature,
        )


def told_apart(observed: EventLog, simulated: EventLog, *, seed: int = 0) -> ToldApart:
    """Train a random forest to tell real cases from simulated ones (classifier two-sample test).

    It sees, for each case, how often each activity occurs, its length, cycle, working and waiting times, and hour and
    weekday of its arrival. Source: Lopez-Paz and Oquab (2017), *Revisiting classifier two-sample tests*.

    Parameters
    ----------
    observed, simulated : EventLog
        At most 2,000 cases of each are used.
    seed : int
        Same logs and seed, same answer.

    Raises
    ------
    LogError
        If one of the logs has fewer than 20 cases.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.inspection import permutation_importance
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    if min(observed.n_cases, simulated.n_cases) < _FEWEST:
        raise LogError(f"telling cases apart needs {_FEWEST} cases of each log, not {observed.n_cases} and "
                       f"{simulated.n_cases}")  # fmt: skip
    rng = np.random.default_rng(seed)
    names = tuple(dict.fromkeys(observed.activities + simulated.activities))
    real, made = (_features(_some(log, rng), names) for log in (observed, simulated))
    features = pd.concat([real, made], ignore_index=True)
    truth = np.repeat([0, 1], [len(real), len(made)])
    # Leaves of a fortieth of the cases: smaller ones learn by heart which of two like cases was simulated.
    leaf = max(5, len(truth) // 40)
    forest = RandomForestClassifier(100, min_samples_leaf=leaf, class_weight="balanced", random_state=seed, n_jobs=1)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    guess = cross_val_predict(forest, features, truth, cv=folds, method="predict_proba")[:, 1]
    train, test = next(folds.split(features, truth))
    forest.fit(features.iloc[train], truth[train])
    losses = permutation_importance(
        forest, features.iloc[test], truth[test], scoring="roc_auc", n_repeats=5, random_state=seed
    ).importances_mean
    table = pd.DataFrame(
        {"feature": features.columns, "loss": losses, "observed": real.mean().values, "simulated": made.mean().values}
    )
    table = table.sort_values("loss", ascending=False, kind="stable").head(12).reset_index(drop=True)
    return ToldApart(table, area=_area(truth, guess))


def _area(truth: NDArray[np.int64], guess: Numbers) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, guess))


def _some(log: EventLog, rng: np.random.Generator) -> EventLog:
    return log if log.n_cases <= _MOST else log.take_cases(np.sort(rng.choice(log.n_cases, _MOST, replace=False)))


def _features(log: EventLog, names: tuple[str, ...]) -> pd.DataFrame:
    code = np.array([names.index(name) for name in log.activities])[log.activity]
    counts = np.zeros((log.n_cases, len(names)))
    np.add.at(counts, (log.case, code), 1)
    work = np.add.reduceat(log.finish - log.begin, log.offsets[:-1]) / _HOUR
    cycle = (log.case_end - log.case_start) / _HOUR
    gap = np.where(log.follows, log.begin - np.append(log.finish[:1], log.finish[:-1]), 0)
    arrival = log.local(log.case_start)
    return pd.DataFrame(counts, columns=list(names)).assign(
        **{
            "number of steps": log.n_instances.astype(float),
            "cycle time": cycle,
            "working time": work,
            "longest wait": np.maximum.reduceat(gap, log.offsets[:-1]) / _HOUR,
            "hour of arrival": arrival.hour.to_numpy(float),
            "weekday of arrival": arrival.weekday.to_numpy(float),
        }
    )
