"""Further numbers of an analysis, ready for JSON: intervals, amplitudes, map, trend, time to exclude."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.emg.analysis import Event, Unit
from myolens.emg.clumping import limit_of_none
from myolens.emg.counting import (
    DOUBLET_S,
    Dispersion,
    Stretches,
    analysed_clock,
    intervals_s,
    length,
    seconds_to_exclude,
)
from myolens.emg.findings import LEAST_RATE_PER_MIN

_INTERVAL_EDGES_S = (0.01, 0.02, 0.05, 0.11, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
_TREND_PIECES = 12
ISOLATED_S = 0.25
"""A discharge is isolated when both intervals exceed 250 ms (Sleutjes et al. 2016)."""

_LEVEL, _FOUND = 0.95, 0.95


def intervals(times_s: NDArray[np.float64], units: tuple[Unit, ...], kept: Stretches) -> dict[str, Any]:
    """Inter-discharge intervals over all units, with doublets and the share of isolated discharges."""
    gaps = intervals_s(times_s, kept)
    doublets = sum(unit.doublets for unit in units)
    if not len(gaps):
        return {"count": 0, "doublets": doublets}
    both = np.minimum(gaps[1:], gaps[:-1])
    return {
        "count": len(gaps),
        "median_s": round(float(np.median(gaps)), 4),
        "mean_s": round(float(gaps.mean()), 4),
        "cv": round(float(gaps.std(ddof=1) / gaps.mean()), 3) if len(gaps) > 1 else None,
        "shortest_s": round(float(gaps.min()), 4),
        "isolated_share": round(float(np.mean(both > ISOLATED_S)), 3) if len(both) else None,
        "doublets": doublets,
        "doublet_limit_s": DOUBLET_S,
        "histogram": {
            "edges_s": list(_INTERVAL_EDGES_S),
            "counts": [int(n) for n in np.histogram(gaps, _INTERVAL_EDGES_S)[0]],
        },
    }


def amplitudes(events: tuple[Event, ...]) -> dict[str, Any]:
    """Peak-to-peak amplitude in µV over events, where the unit is known; else in noise levels."""
    known = [event.peak_to_peak_uv for event in events if event.peak_to_peak_uv is not None]
    unit = "uV" if known and len(known) == len(events) else "noise levels"
    sizes = np.array(known if unit == "uV" else [10 ** (event.snr_db / 20) for event in events])
    if not len(sizes):
        return {"count": 0, "unit": unit}
    quantiles = np.quantile(sizes, (0.05, 0.25, 0.5, 0.75, 0.95))
    return {
        "count": len(sizes),
        "unit": unit,
        "mean": round(float(sizes.mean()), 2),
        "cv": round(float(sizes.std(ddof=1) / sizes.mean()), 3) if len(sizes) > 1 else None,
        "quantiles": {
            name: round(float(q), 2)
            for name, q in zip(("p5", "p25", "p50", "p75", "p95"), quantiles, strict=True)
        },
        "largest": round(float(sizes.max()), 2),
    }


def trend(times_s: NDArray[np.float64], kept: Stretches, spread: Dispersion) -> dict[str, Any]:
    """Rate in twelve equal pieces of analysed time, and whether it changes from first to last.

    The test is the score test of a log-linear rate against a constant one, its variance multiplied by
    the dispersion index (Cox & Lewis, *The Statistical Analysis of Series of Events*, 1966, §3.3).
    """
    from scipy.special import ndtr

    total = length(kept)
    clock = analysed_clock(times_s, kept)
    counts, edges = np.histogram(clock, bins=_TREND_PIECES, range=(0, max(total, 1e-9)))
    minutes = total / _TREND_PIECES / 60
    pieces = [
        {"analysed_from_s": round(float(a), 2), "analysed_to_s": round(float(b), 2), "events": int(n),
         "rate_per_min": round(float(n / minutes), 3) if minutes > 0 else None}
        for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True)
    ]  # fmt: skip
    if len(times_s) < 5:
        return {"pieces": pieces, "p_value": None, "changes": None}
    z = float(np.sum(clock - total / 2) / (total * np.sqrt(len(clock) * spread.index / 12)))
    p = float(2 * ndtr(-abs(z)))
    changes = None if p >= 0.05 else "rises" if z > 0 else "falls"
    return {"pieces": pieces, "p_value": round(p, 4), "changes": changes}


def exclusion_time(count: int, analysed_s: float) -> dict[str, Any]:
    """How long one must record to be sure that there are none, and what this recording excludes.

    ``needed_s`` allows for discharges in clumps, ``needed_single_s`` is for those that come singly;
    ``excluded_above_per_min``, where none was found, allows for clumps too. A discharge is taken to be
    found with probability 0.95.
    """
    highest = limit_of_none(_LEVEL) / (analysed_s / 60 * _FOUND) if analysed_s > 0 else None
    needed, singly = (
        seconds_to_exclude(LEAST_RATE_PER_MIN, level=_LEVEL, sensitivity=_FOUND, clumps=clumps)
        for clumps in (True, False)
    )
    return {
        "confidence": _LEVEL,
        "rate_per_min": LEAST_RATE_PER_MIN,
        "needed_s": round(needed, 1),
        "needed_single_s": round(singly, 1),
        "analysed_s": round(analysed_s, 1),
        "excluded_above_per_min": round(highest, 3) if count == 0 and highest is not None else None,
    }
