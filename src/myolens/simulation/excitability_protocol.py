"""Points of the clinical excitability protocol, and the indices read off its curves.

Protocol: TROND (Kiernan, Burke, Andersen & Bostock 2000, Muscle Nerve 23:399).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TEST_MS = 1.0
ON_MS = 10.0  # the clinic counts delay from 10 ms before polarisation starts
POLARISATION_MS = 100.0
IV_MS = 200.0
CONDITIONING = 1.6  # conditioning stimulus of the recovery cycle, times threshold
PRECISION = 0.001  # of the 1-ms threshold
DT_MS = 0.02  # halving it moves no index by 1 % (docs/axon.md)
HIGHEST = 8.0  # stimulators give no more; beyond it the axon counts as inexcitable

WIDTHS_MS = np.array([0.2, 0.4, 0.6, 0.8, 1.0])
DELAYS_MS = {
    40: np.array(
        [10, 11, 15, 20, 26, 33, 41, *range(50, 101, 10), 109, 110, 111, *range(120, 211, 10)], float
    ),
    -40: np.array([10, 11, *range(20, 101, 10), 109, 110, 111, *range(120, 211, 10)], float),
}
DELAYS_MS[20] = DELAYS_MS[-20] = DELAYS_MS[-40]
IV_PERCENT = np.arange(50.0, -101.0, -10.0)
INTERVALS_MS = np.array([2, 2.5, 3.2, 4, 5, 6.3, 7.9, 10, 13, 18, 24, 32, 42, 56, 75, 100, 140, 200])


def _mean3(values: Array) -> Array:
    return np.asarray(np.convolve(values, np.ones(3) / 3.0, mode="valid"))


def _at(x: Array, y: Array, *points: float) -> float:
    return float(np.mean([y[np.flatnonzero(x == point)[0]] for point in points]))


def _first_fall_through_zero(interval: Array, change: Array) -> float:
    """Where the recovery cycle first falls through zero, on a logarithmic time axis; NaN if it never does."""
    for k in range(1, interval.size):
        if change[k - 1] > 0 >= change[k]:
            share = change[k - 1] / (change[k - 1] - change[k])
            return float(interval[k - 1] * (interval[k] / interval[k - 1]) ** share)
    return float("nan")


def _slope(current: Array, reduction: Array) -> float:
    """d(current)/d(reduction) by least squares."""
    return float(np.polyfit(reduction, current, 1)[0]) if np.isfinite(reduction).all() else float("nan")


def indices_of(
    widths_ms: Array,
    charge: Array,
    electrotonus: dict[int, Array],
    iv_reduction: Array,
    recovery: Array,
) -> dict[str, float]:
    """Indices from curves measured at the standard points of this module.

    The definitions were checked against the derived values stored with 280
    people's raw curves: running means of three points for extremes,
    log-interpolated zero of the recovery cycle, Weiss's law for strength–duration.
    """
    slope, intercept = np.polyfit(widths_ms, charge, 1)
    up, down, up20 = electrotonus[40], electrotonus[-40], electrotonus[20]
    at_up, at_down, at_20 = DELAYS_MS[40], DELAYS_MS[-40], DELAYS_MS[20]
    during, after = at_up < ON_MS + POLARISATION_MS, at_up >= ON_MS + POLARISATION_MS
    late = _at(at_up, up, 100, 109)
    peak = float(np.max(_mean3(up[during])))
    iv = IV_PERCENT
    return {
        "sdtc_ms": float(intercept / slope),
        "rrp_ms": _first_fall_through_zero(INTERVALS_MS, recovery),
        "refractoriness_2_5ms_percent": _at(INTERVALS_MS, recovery, 2.5),
        "superexcitability_percent": float(np.min(_mean3(recovery))),
        "subexcitability_percent": float(np.max(_mean3(recovery[INTERVALS_MS >= 10]))),
        "ted_10_20_percent": _at(at_up, up, 20, 26, 33),
        "ted_peak_percent": peak,
        "ted_40_60_percent": _at(at_up, up, 50, 60, 70),
        "ted_90_100_percent": late,
        "ted_undershoot_percent": float(np.min(_mean3(up[after]))),
        "ted20_peak_percent": float(np.max(_mean3(up20[at_20 < ON_MS + POLARISATION_MS]))),
        "s2_accommodation_percent": peak - late,
        "teh_10_20_percent": _at(at_down, down, 20, 30),
        "teh_20_40_percent": _at(at_down, down, 30, 40, 50),
        "teh_90_100_percent": _at(at_down, down, 100, 109),
        "teh_overshoot_percent": float(np.max(_mean3(down[at_down >= ON_MS + POLARISATION_MS]))),
        "resting_iv_slope": _slope(iv[np.abs(iv) <= 10], iv_reduction[np.abs(iv) <= 10]),
        "minimum_iv_slope": min(_slope(iv[k : k + 3], iv_reduction[k : k + 3]) for k in range(iv.size - 2)),
        "hyperpolarising_iv_slope": _slope(iv[iv <= -80], iv_reduction[iv <= -80]),
    }
