"""How well found events agree with what was put in."""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

Stretches = list[tuple[float, float]]

TOLERANCE_S = 0.010
EDGE_S = 0.5
"""Events this close to the edge of voluntary activity are neither right nor wrong."""


@dataclass(frozen=True)
class Score:
    """Counts that can be added up over recordings.

    Attributes
    ----------
    true, hit, false : int
        Discharges put in outside voluntary activity, those found, and events found where none was put
        in; what is found within voluntary activity is false.
    analysed_true : int
        Discharges in the stretches that the tool analysed.
    agreed, matched : int
        Matched events in the right unit, and matched events.
    minutes, analysed_minutes : float
        Length without voluntary activity, and how much of it was analysed.
    cpu_s : float
        Processor seconds of the tool.
    recordings, stopped : int
        How many, and on how many of them the tool stopped with an error: it found nothing there.
    """

    true: int = 0
    hit: int = 0
    false: int = 0
    analysed_true: int = 0
    agreed: int = 0
    matched: int = 0
    minutes: float = 0.0
    analysed_minutes: float = 0.0
    cpu_s: float = 0.0
    recordings: int = 1
    stopped: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


def inside(times_s: NDArray[np.float64], spans: Stretches, *, margin_s: float = 0.0) -> NDArray[np.bool_]:
    """Whether each time lies in one of the spans, each made longer by the margin at both ends."""
    result = np.zeros(len(times_s), bool)
    for start, end in spans:
        result |= (times_s >= start - margin_s) & (times_s <= end + margin_s)
    return result


def matches(true_s: NDArray[np.float64], found_s: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs (true, found) within 10 ms, one to one, nearest first.

    A true discharge lasts from the first to the last of its like lobes, shape (discharges, 2).
    """
    pairs = sorted(
        (max(first - found_s[j], found_s[j] - last, 0.0), i, j)
        for i, (first, last) in enumerate(true_s)
        for j in range(*np.searchsorted(found_s, [first - TOLERANCE_S, last + TOLERANCE_S]))
    )
    left: set[int] = set()
    right: set[int] = set()
    result = []
    for _, i, j in pairs:
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
            result.append((i, j))
    return result


def score(
    true_s: NDArray[np.float64],
    true_units: NDArray[np.int64],
    busy: Stretches,
    seconds: float,
    found_s: NDArray[np.float64],
    labels: NDArray[np.int64] | None = None,
    left_out: Stretches | None = None,
    slight_s: NDArray[np.float64] | None = None,
) -> Score:
    """Match found events to the truth; what is found within 10 ms of a slight discharge is not false.

    Sorting agreement maps each found unit to the true unit it shares most events with, one to one,
    and counts matched events in the right unit among all matched. What was left without a unit is one by
    itself: right where nothing else was found of that unit (of several such, one).
    """
    left_out = left_out or []
    pairs = matches(true_s, found_s)
    instant_s = true_s.mean(axis=1)
    kept = ~inside(instant_s, busy, margin_s=EDGE_S)
    unsure = inside(found_s, busy, margin_s=EDGE_S) & ~inside(found_s, busy, margin_s=-EDGE_S)
    slight = [] if slight_s is None else [(float(a), float(b)) for a, b in slight_s]
    unsure |= inside(found_s, slight, margin_s=TOLERANCE_S)
    paired = {j for _, j in pairs}
    false = sum(not unsure[j] and j not in paired for j in range(len(found_s)))
    moments = np.arange(0.005, seconds, 0.01)
    free = ~inside(moments, busy, margin_s=EDGE_S)
    analysed = free & ~inside(moments, left_out)
    return Score(
        true=int(kept.sum()),
        hit=sum(bool(kept[i]) for i, _ in pairs),
        false=int(false),
        analysed_true=int((kept & ~inside(instant_s, left_out)).sum()),
        agreed=_agreed(pairs, true_units, labels),
        matched=len(pairs),
        minutes=float(free.sum()) / 6000,
        analysed_minutes=float(analysed.sum()) / 6000,
    )


def _agreed(
    pairs: list[tuple[int, int]], true_units: NDArray[np.int64], labels: NDArray[np.int64] | None
) -> int:
    from scipy.optimize import linear_sum_assignment

    if labels is None or not pairs:
        return 0
    true, found = true_units[[i for i, _ in pairs]], labels[[j for _, j in pairs]].copy()
    found[found <= 0] = -1 - np.arange(np.count_nonzero(found <= 0))
    table = np.array(
        [[np.sum((true == u) & (found == v)) for v in np.unique(found)] for u in np.unique(true)]
    )
    return int(table[linear_sum_assignment(-table)].sum()) if table.size else 0
