"""The cases of a run, drawn before it begins: when they arrive, of which type they are, what they carry."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bko_mining.simulate.arrivals import Window, arrivals_of, to_utc
from bko_mining.simulate.luck import stream_key, uniforms
from bko_mining.simulate.quantiles import law_of
from bko_mining.twin.arrivals import Attribute
from bko_mining.twin.model import Twin
from bko_mining.twin.start_state import OpenCase


@dataclass(slots=True)
class Cases:
    """Arrays with one entry a case, in order of arrival; cases that were open at the start come first.

    ``keys`` name the luck of each case: its place in its own stream, so that other streams do not touch it.
    """

    arrival: NDArray[np.int64]
    kind: NDArray[np.int32]
    keys: NDArray[np.uint64]
    kinds: tuple[str, ...]
    open_cases: tuple[OpenCase, ...] = ()
    columns: dict[str, Any] = field(default_factory=dict)
    _coded: dict[str, tuple[NDArray[np.int32], list[Any]]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.arrival)

    def coded(self, name: str) -> tuple[NDArray[np.int32], list[Any]]:
        """A column as codes into its distinct values, in the order in which they occur first."""
        if name not in self._coded:
            codes, values = pd.factorize(self.columns[name], use_na_sentinel=False)
            self._coded[name] = codes.astype(np.int32), values.tolist()
        return self._coded[name]

    def ids(self) -> pa.Array:
        """Identifiers: those of the open cases, then numbers that none of them has."""
        known = pa.array([case.case_id for case in self.open_cases], pa.string())
        numbers = pa.array(np.arange(1, len(self) + 1)).cast(pa.string())
        free = numbers.filter(pc.invert(pc.is_in(numbers, known))) if len(known) else numbers
        return pa.concat_arrays([known, free.slice(0, len(self) - len(known))])


def draw_cases(twin: Twin, window: Window, luck: tuple[object, ...]) -> Cases:
    """Draw all cases of a run."""
    kinds = tuple(twin.all_case_types)
    opened = twin.initial_state.cases if twin.initial_state else ()
    parts = [_open(twin, opened, kinds)]
    for i, stream in enumerate(twin.arrivals):
        name = (*luck, stream.name or i)
        at = arrivals_of(twin, stream, window, name)
        keys = np.uint64(stream_key(*name, "case")) + np.arange(len(at), dtype=np.uint64)
        parts.append((at, _kinds(stream, kinds, keys, name), keys))
    arrival, kind, keys = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(arrival, kind="stable")
    order = np.concatenate([order[order < len(opened)], order[order >= len(opened)]])
    if window.n is not None:
        order = order[: window.n + len(opened)]
    cases = Cases(arrival[order], kind[order], keys[order], kinds, opened)
    cases.columns = _attributes(twin, cases, luck)
    return cases


def _open(twin: Twin, opened: tuple[OpenCase, ...], kinds: tuple[str, ...]) -> tuple[Any, Any, Any]:
    arrival = np.array([to_utc(case.arrived, twin.timezone) for case in opened], np.int64)
    kind = np.array([kinds.index(case.case_type) for case in opened], np.int32)
    return arrival, kind, np.array([stream_key("open", case.case_id) for case in opened], np.uint64)


def _kinds(stream: Any, kinds: tuple[str, ...], keys: NDArray[np.uint64], luck: tuple[object, ...]) -> Any:
    if stream.mix is None:
        return np.full(len(keys), kinds.index(stream.case_type), np.int32)
    codes = np.array([kinds.index(name) for name in stream.mix], np.int32)
    edges = np.cumsum(list(stream.mix.values()))
    u = uniforms(stream_key(*luck, "type"), keys)
    return codes[np.minimum(np.searchsorted(edges / edges[-1], u, "right"), len(codes) - 1)]


def _attributes(twin: Twin, cases: Cases, luck: tuple[object, ...]) -> dict[str, Any]:
    chances = {name: uniforms(stream_key(*luck, "attribute", name), cases.keys) for name in twin.attributes}
    _correlate(twin, chances)
    columns: dict[str, Any] = {}
    for name, attribute in twin.attributes.items():
        column = _values(attribute, chances[name])
        for kind, other in attribute.by_type.items():
            concerned = cases.kind == cases.kinds.index(kind)
            column[concerned] = _values(other, chances[name])[concerned]
        for i, case in enumerate(cases.open_cases):
            column[i] = case.attributes.get(name, column[i])
        columns[name] = column
    return columns


def _values(attribute: Attribute, u: NDArray[np.float64]) -> Any:
    if attribute.distribution is not None:
        numbers = law_of(attribute.distribution).at(u)
        if attribute.digits == 0:
            return np.rint(numbers).astype(np.int64)
        return numbers if attribute.digits is None else np.round(numbers, attribute.digits)
    words = attribute.values or {}
    edges = np.cumsum(list(words.values()))
    place = np.minimum(np.searchsorted(edges / edges[-1], u, "right"), len(words) - 1)
    return np.array(list(words), dtype=object)[place]


def _correlate(twin: Twin, chances: dict[str, NDArray[np.float64]]) -> None:
    """Gaussian copula: normal scores with the correlation that gives the wanted rank correlation."""
    if not twin.correlations:
        return
    from scipy.special import ndtr, ndtri

    names = list(dict.fromkeys(name for pair in twin.correlations for name in pair.between))
    matrix = np.eye(len(names))
    for pair in twin.correlations:
        i, j = (names.index(name) for name in pair.between)
        matrix[i, j] = matrix[j, i] = 2 * np.sin(np.pi / 6 * pair.value)
    size, vectors = np.linalg.eigh(matrix)
    mixed = vectors * np.sqrt(np.maximum(size, 0)) @ vectors.T
    mixed /= np.sqrt((mixed**2).sum(axis=1, keepdims=True))
    scores = mixed @ np.array([ndtri(chances[name]) for name in names])
    for name, score in zip(names, scores, strict=True):
        chances[name] = np.clip(ndtr(score), 1e-12, 1 - 1e-12)
