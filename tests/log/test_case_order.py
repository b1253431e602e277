"""The order of a log's rows, against sorting them in plain Python."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bko_mining.log.coding import case_order

ROWS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9)), min_size=1, max_size=40)


def _by_hand(rows: list[tuple[int, int]]) -> tuple[list[int], list[int], list[int]]:
    first: dict[int, tuple[int, int]] = {}
    for k, (case, instant) in enumerate(rows):
        first[case] = min(first.get(case, (instant, k)), (instant, k))
    cases = sorted(first, key=lambda case: first[case])
    order = sorted(range(len(rows)), key=lambda k: (cases.index(rows[k][0]), rows[k][1], k))
    return order, cases, [sum(case == row[0] for row in rows) for case in cases]


@given(rows=ROWS, arranged=st.sampled_from(["as they come", "by time", "by case", "backwards"]))
def test_rows_stand_by_case_and_instant_and_cases_by_arrival(rows: list[tuple[int, int]], arranged: str) -> None:
    if arranged != "as they come":
        rows.sort(key=lambda row: row[::-1] if arranged == "by time" else row, reverse=arranged == "backwards")
    case, instant = np.array(rows, np.int64).T
    found = case_order(case.astype(np.int32), instant, 8)
    for column, expected in zip(found, _by_hand(rows), strict=True):
        assert column.tolist() == expected


def test_more_cases_than_two_bytes_hold() -> None:
    n = 70_000
    case = np.tile(np.random.default_rng(1).permutation(n).astype(np.int32), 2)
    instant = np.concatenate([case[:n], 2 * n - case[:n]]).astype(np.int64)
    order, cases, counts = case_order(case, instant, n)
    assert (cases == np.arange(n)).all()
    assert (counts == 2).all()
    assert (case[order] == np.repeat(np.arange(n), 2)).all()
    assert (instant[order][::2] == np.arange(n)).all()
