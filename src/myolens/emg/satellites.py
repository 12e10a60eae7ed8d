"""Late parts of a potential that stand out as events of their own, put back to their discharge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myolens.emg.matching import Discharges
from myolens.emg.waveforms import BEFORE_S, Waveforms

LONGEST_S = 0.036
"""Parts of one potential are at most so far apart."""

_JITTER_S = 0.0015
_ALIKE = 0.8
_AROUND_S = 0.010
_FEWEST = 3
_SHARE = 0.7
_MOST_SEEDS = 40


def satellites(waves: Waveforms) -> NDArray[np.bool_]:
    """Events that follow, or go before, a larger one of one shape at one lag nearly every time.

    A long potential, or one with a satellite (a small part after more than 1 ms of silence: Finsterer &
    Mamoli, Muscle Nerve 1997;20:585), has parts that are locked to each other, while the lag of doublets
    varies by milliseconds and most discharges of a unit that makes them are single. Limits are project
    estimates. Pairs whose first events are alike (correlation above 0.8) and whose lags agree within
    1.5 ms are parts of one potential if there are three or more and seven in ten events like the first
    have such a partner; the part that is smaller on average is left out.
    """
    times = waves.sample / waves.recording_rate
    result = np.zeros(len(times), bool)
    ends = np.searchsorted(times, times + LONGEST_S, side="right")
    pairs = [(i, j) for i, end in enumerate(ends) for j in range(i + 1, end)]
    if len(pairs) < _FEWEST:
        return result
    first, second = np.array(pairs).T
    lags = times[second] - times[first]
    open_pairs = np.ones(len(first), bool)
    for _ in range(_MOST_SEEDS):
        if np.count_nonzero(open_pairs) < _FEWEST:
            break
        others = np.sort(lags[open_pairs])
        crowd = np.searchsorted(others, lags + _JITTER_S, side="right")
        crowd -= np.searchsorted(others, lags - _JITTER_S)
        seed = int(np.argmax(np.where(open_pairs, crowd, 0)))
        if crowd[seed] < _FEWEST:
            break
        like = _like(waves, int(first[seed]), float(lags[seed]))
        same = np.abs(lags - lags[seed]) <= _JITTER_S
        alike = same & like[first]
        leading, following = first[alike], second[alike]
        open_pairs &= ~alike
        open_pairs[seed] = False
        singles = np.setdiff1d(np.flatnonzero(like), np.concatenate([leading, following]))
        if len(leading) >= _FEWEST and len(leading) >= _SHARE * (len(leading) + len(singles)):
            later = np.median(waves.height[following]) <= np.median(waves.height[leading])
            result[following if later else leading] = True
    return result


def locked(discharges: Discharges, waves: Waveforms) -> NDArray[np.bool_]:
    """Discharges that follow, or go before, one of another unit in the same window at one lag.

    Two units that fire at once by chance do so at any lag. Where three pairs or more, and half of all within
    36 ms, agree within 1.5 ms, what was taken for a superposition is one potential of which no unit has
    the whole shape; that farther from the largest deflection is left out.
    """
    result = np.zeros(len(discharges.sample), bool)
    rate = waves.recording_rate
    away = np.abs(discharges.sample - waves.sample[discharges.event])
    together: dict[tuple[int, int], list[tuple[float, int]]] = {}
    crowded = np.flatnonzero((np.bincount(discharges.event)[discharges.event] > 1) & (discharges.unit >= 0))
    for event in np.unique(discharges.event[crowded]):
        own = crowded[discharges.event[crowded] == event]
        own = own[np.argsort(discharges.unit[own], kind="stable")]
        for k, i in enumerate(own):
            for j in own[k + 1 :][discharges.unit[own[k + 1 :]] != discharges.unit[i]]:
                lag = float(discharges.sample[j] - discharges.sample[i]) / rate
                farther = int(j if away[j] >= away[i] else i)
                pair = int(discharges.unit[i]), int(discharges.unit[j])
                together.setdefault(pair, []).append((lag, farther))
    for pairs in together.values():
        lags = np.array([lag for lag, _ in pairs])
        near = np.abs(lags) <= LONGEST_S
        crowd = np.array([np.sum(np.abs(lags - lag) <= _JITTER_S) for lag in lags])
        seed = int(np.argmax(crowd))
        if crowd[seed] >= max(_FEWEST, 0.5 * near.sum()):
            for lag, farther in pairs:
                result[farther] |= abs(lag - lags[seed]) <= _JITTER_S
    return result


def _like(waves: Waveforms, seed: int, lag_s: float) -> NDArray[np.bool_]:
    """Events shaped like the seed around its deflection, short of what follows at the lag."""
    centre = round(BEFORE_S * waves.rate)
    before, after = (round(s * waves.rate) for s in (_AROUND_S, min(_AROUND_S, lag_s / 2)))
    x = waves.windows[:, centre - before : centre + after + 1, waves.channel[seed]]
    size = np.maximum(np.linalg.norm(x, axis=1), 1e-12)
    return np.asarray(x @ x[seed] > _ALIKE * size * size[seed])
