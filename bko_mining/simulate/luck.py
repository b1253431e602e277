"""Keyed luck: a draw is a function of (seed, replication, purpose, name, visit, case), never of the order of events.

SplitMix64 (Steele, Lea, Flood 2014) maps a stream key and a case key to a uniform number. The same arithmetic runs in
numpy for whole blocks of cases and in Python or numba for single ones, bit for bit.
"""

from array import array
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from bko_mining.simulate.quantiles import Law

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
BITS = (12, 10, 8)
"""Blocks hold 4,096 cases; of second visits 1,024, and of later ones, which few cases make, 256."""

INNER = (1 << BITS[0]) - 1


def stream_key(*parts: object) -> int:
    """Turn what a stream is for into 64 bits; neighbouring names give unrelated keys."""
    return int.from_bytes(blake2b(repr(parts).encode(), digest_size=8).digest(), "little")


def uniforms(key: int, cases: NDArray[np.uint64]) -> NDArray[np.float64]:
    """One uniform number in (0, 1) for each case key.

    Examples
    --------
    >>> uniforms(1, np.array([7], np.uint64))[0] == uniform(1, 7)
    np.True_
    """
    with np.errstate(over="ignore"):
        z = np.uint64(key) + cases * np.uint64(_GOLDEN)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return ((z >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53


def uniform(key: int, case: int) -> float:
    """The same for one case."""
    z = (key + case * _GOLDEN) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    z = z ^ (z >> 31)
    return ((z >> 11) + 0.5) * 2.0**-53


class Draws:
    """Draws of one purpose (microseconds of a law, or uniforms) by case and visit; blocks are made when asked for."""

    __slots__ = ("_blocks", "_cases", "first", "law", "name")

    def __init__(self, name: tuple[object, ...], cases: NDArray[np.uint64], law: Law | None = None) -> None:
        self.name = name
        self._cases = cases
        self.law = law
        self.first: list[array[int] | array[float] | None] = [None] * ((len(cases) >> BITS[0]) + 1)
        self._blocks = [self.first]

    def __call__(self, case: int, visit: int) -> float:
        """Draw for one visit of one case."""
        try:
            if visit:
                bits = BITS[visit] if visit < 2 else BITS[2]
                return self._blocks[visit][case >> bits][case & (1 << bits) - 1]  # type: ignore[index]
            return self._blocks[0][case >> 12][case & INNER]  # type: ignore[index]
        except (IndexError, TypeError):
            return self._make(case, visit)

    def _make(self, case: int, visit: int) -> float:
        while len(self._blocks) <= visit:
            bits = BITS[min(len(self._blocks), 2)]
            self._blocks.append([None] * ((len(self._cases) >> bits) + 1))
        bits = BITS[min(visit, 2)]
        low = case >> bits << bits
        block = self.block(visit, self._cases[low : low + (1 << bits)])
        self._blocks[visit][case >> bits] = block
        return block[case - low]

    def forget(self, since: int, until: int) -> None:
        """Let go of the blocks of cases that are done, from one case to before another."""
        for visit, blocks in enumerate(self._blocks):
            bits = BITS[min(visit, 2)]
            low, high = since >> bits, until >> bits
            blocks[low:high] = [None] * (high - low)

    def block(self, visit: int, cases: NDArray[np.uint64]) -> "array[int] | array[float]":
        """Draws of one visit for many cases."""
        u = uniforms(stream_key(*self.name, visit), cases)
        if self.law is None:
            return array("d", u.tobytes())
        return array("q", np.rint(self.law.at(u) * 1e6).astype(np.int64).tobytes())


class CaseLuck:
    """Uniform numbers of one case, one after the other; the generator is made when the first is asked for."""

    __slots__ = ("_key", "_rng")

    def __init__(self, key: int, case: int) -> None:
        self._key = key, case
        self._rng: np.random.Generator | None = None

    def random(self) -> float:
        """Draw the next number in [0, 1)."""
        if self._rng is None:
            self._rng = np.random.Generator(np.random.Philox(key=self._key))
        return self._rng.random()
