"""Late parts of a potential that stand out as events of their own, put back to their discharge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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

    A long potential, or one with a satellite (Finsterer & Fuglsang-Frederiksen, Clin Neurophysiol
    2001;112:1391), has parts 10–36 ms apart that are locked to each other, while the lag of
    doublets varies by milliseconds and most discharges of a unit that makes them are single. Pairs whose
    first events are alike (correlation above 0.8) and whose lags agree within 1.5 ms are parts of one
    potential if there are three or more and seven in ten events like the first have such a partner; the
    part that is smaller on average is left out.
    """
    times = waves.sample / waves.recording_rate
    result = np.zeros(len(times), bool)
    first = np.flatnonzero(np.diff(times) <= LONGEST_S)
    if len(first) < _FEWEST:
        return result
    lags = times[first + 1] - times[first]
    open_pairs = np.ones(len(first), bool)
    for _ in range(_MOST_SEEDS):
        if np.count_nonzero(open_pairs) < _FEWEST:
            break
        crowd = np.array([np.sum(np.abs(lags[open_pairs] - lag) <= _JITTER_S) for lag in lags])
        seed = int(np.argmax(np.where(open_pairs, crowd, 0)))
        if crowd[seed] < _FEWEST:
            break
        like = _like(waves, int(first[seed]), float(lags[seed]))
        same = np.abs(lags - lags[seed]) <= _JITTER_S
        members = first[same & like[first]]
        open_pairs &= ~(same & like[first])
        open_pairs[seed] = False
        singles = np.setdiff1d(np.flatnonzero(like), np.concatenate([members, members + 1]))
        if len(members) >= _FEWEST and len(members) >= _SHARE * (len(members) + len(singles)):
            later = np.median(waves.height[members + 1]) <= np.median(waves.height[members])
            result[members + 1 if later else members] = True
    return result


def _like(waves: Waveforms, seed: int, lag_s: float) -> NDArray[np.bool_]:
    """Events shaped like the seed around its deflection, short of what follows at the lag."""
    centre = round(BEFORE_S * waves.rate)
    before, after = (round(s * waves.rate) for s in (_AROUND_S, min(_AROUND_S, lag_s / 2)))
    x = waves.windows[:, centre - before : centre + after + 1, waves.channel[seed]]
    size = np.maximum(np.linalg.norm(x, axis=1), 1e-12)
    return np.asarray(x @ x[seed] > _ALIKE * size * size[seed])
