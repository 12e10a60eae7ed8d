"""The clinical nerve-excitability battery on the model axon, by threshold tracking.

Protocol: TROND (Kiernan, Burke, Andersen & Bostock 2000, Muscle Nerve 23:399).
Signs follow the clinic: threshold *reduction* is positive when the axon is
easier to excite in threshold electrotonus and current–threshold; threshold
*change* is positive when it is harder to excite in the recovery cycle.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.simulation import axon_kernel as kernel
from myolens.simulation import threshold_kernel
from myolens.simulation.activity import after_activity
from myolens.simulation.axon import AxonState, healthy, pack
from myolens.simulation.axon_causes import CAUSES, SOURCES, altered
from myolens.simulation.axon_parameters import AxonParameters
from myolens.simulation.excitability_protocol import (
    CONDITIONING,
    DELAYS_MS,
    DT_MS,
    HIGHEST,
    INTERVALS_MS,
    IV_MS,
    IV_PERCENT,
    ON_MS,
    POLARISATION_MS,
    PRECISION,
    TEST_MS,
    WIDTHS_MS,
    indices_of,
)
from myolens.simulation.norms import load_norms, published_changes

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Battery:
    """Curves and indices of one axon.

    Parameters
    ----------
    threshold_pa : float
        Of the 1-ms test pulse.
    threshold_percent_of_healthy : float
        The same against the healthy axon of the same parameter set.
    stimulus_response_percent, stimulus_response : ndarray
        Response of a nerve of such axons in percent of its maximum, and the stimulus for it in units
        of the healthy nerve's stimulus for half the response. The spread between axons of one nerve is
        taken from people (`norms`), the position from the model.
    widths_ms, charge_pa_ms : ndarray
        Charge at threshold against pulse width.
    electrotonus_delays_ms, electrotonus_percent : dict of int to ndarray
        For +40, −40, +20 and −20 % polarisation: delays as the clinic counts them (polarisation from
        10 to 110 ms) and threshold reductions.
    iv_current_percent, iv_reduction_percent : ndarray
        Current–threshold relation: polarising current and threshold reduction.
    intervals_ms, recovery_percent : ndarray
        Recovery cycle: interval between onsets and threshold change.
    indices : dict of str to float
        Derived indices; NaN where the axon cannot be tested.
    stable : bool
        False when the axon fires without being stimulated, so that no index exists.
    """

    threshold_pa: float
    threshold_percent_of_healthy: float
    stimulus_response_percent: Array
    stimulus_response: Array
    widths_ms: Array
    charge_pa_ms: Array
    electrotonus_delays_ms: dict[int, Array]
    electrotonus_percent: dict[int, Array]
    iv_current_percent: Array
    iv_reduction_percent: Array
    intervals_ms: Array
    recovery_percent: Array
    indices: dict[str, float]
    stable: bool


@dataclass(frozen=True)
class _Jobs:
    """Thresholds still to be found: one row a snapshot, all for the same axon."""

    states: Array  # (jobs, N_STATE)
    widths_ms: Array
    levels_pa: Array
    off_ms: Array


def _find(
    jobs: _Jobs, constants: Array, scale_pa: float, *, dt_ms: float, threads: int, tolerance_pa: float
) -> Array:
    """Thresholds (pA) of all jobs, blocks of lanes shared among threads."""
    count = jobs.widths_ms.size
    P = np.repeat(constants, kernel.LANES)

    def block(start: int) -> Array:
        chosen = np.minimum(np.arange(start, start + kernel.LANES), count - 1)
        lanes = min(kernel.LANES, 8 * -(-(count - start) // 8))
        return np.asarray(
            threshold_kernel.track(
                np.ascontiguousarray(jobs.states[chosen].T).reshape(-1),
                P,
                lanes,
                jobs.widths_ms[chosen],
                jobs.levels_pa[chosen],
                jobs.off_ms[chosen],
                np.zeros(kernel.LANES),
                # short pulses need more current
                HIGHEST * scale_pa * (TEST_MS / jobs.widths_ms[chosen]) ** 0.5,
                tolerance_pa,
                dt_ms,
            )
        )

    starts = range(0, count, kernel.LANES)
    if threads > 1 and count > kernel.LANES:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(block, starts))
    else:
        parts = [block(start) for start in starts]
    return np.concatenate(parts)[:count]


def _polarise(states: Sequence[AxonState], level: Array, off: Array, at: Array, dt_ms: float) -> Array:
    """States of the lanes at the times `at`, shape (times, lanes, N_STATE)."""
    S, P, lanes = pack(states)
    filled = np.zeros((2, kernel.LANES))
    filled[0, : level.size], filled[1, : off.size] = level, off
    kept = threshold_kernel.polarise(S, P, lanes, filled[0], filled[1], at, dt_ms)
    by_lane = kept.reshape(at.size, kernel.N_STATE, kernel.LANES).transpose(0, 2, 1)
    return np.asarray(by_lane, dtype=np.float64)


def _rows(kept: Array, at: Array, lane: int, times: Array) -> Array:
    return np.asarray(kept[np.searchsorted(at, times), lane], dtype=np.float64)


def _at_rest(
    state: AxonState, *, dt_ms: float, widths_ms: Array = WIDTHS_MS, high_pa: float = 2000.0
) -> tuple[Array, Array, Array]:
    """Rest state, constants, and thresholds (pA) of pulses of these widths from rest."""
    S, P, _ = pack([state])
    start = S.reshape(kernel.N_STATE, kernel.LANES)[:, 0]
    constants = P.reshape(kernel.N_CONSTANT, kernel.LANES)[:, 0].copy()
    zeros = np.zeros(widths_ms.size)
    jobs = _Jobs(np.tile(start, (widths_ms.size, 1)), widths_ms, zeros, zeros)
    return (
        start,
        constants,
        _find(jobs, constants, high_pa / HIGHEST, dt_ms=dt_ms, threads=1, tolerance_pa=0.05),
    )


def threshold_pa(state: AxonState | None = None, *, width_ms: float = TEST_MS, dt_ms: float = DT_MS) -> float:
    """Threshold of a pulse from rest, pA; NaN when there is none."""
    return float(_at_rest(state or AxonState(), dt_ms=dt_ms, widths_ms=np.array([width_ms]))[2][0])


@lru_cache(maxsize=64)
def healthy_threshold_pa(control: AxonParameters) -> float:
    """Threshold of the healthy axon of a parameter set, pA."""
    return threshold_pa(healthy(control))


def _untestable() -> Battery:
    nan = float("nan")
    norms = load_norms()
    sr = norms.curves["stimulus_response"]
    return Battery(
        threshold_pa=nan,
        threshold_percent_of_healthy=nan,
        stimulus_response_percent=sr.x,
        stimulus_response=np.full(sr.x.size, nan),
        widths_ms=WIDTHS_MS,
        charge_pa_ms=np.full(WIDTHS_MS.size, nan),
        electrotonus_delays_ms=DELAYS_MS,
        electrotonus_percent={level: np.full(delays.size, nan) for level, delays in DELAYS_MS.items()},
        iv_current_percent=IV_PERCENT,
        iv_reduction_percent=np.full(IV_PERCENT.size, nan),
        intervals_ms=INTERVALS_MS,
        recovery_percent=np.full(INTERVALS_MS.size, nan),
        indices=dict.fromkeys(norms.indices, nan),
        stable=False,
    )


def battery(
    state: AxonState | None = None, *, dt_ms: float = DT_MS, precision: float = PRECISION, threads: int = 2
) -> Battery:
    """All curves and indices of the excitability battery.

    About 140 thresholds. Every conditioned state is computed once and kept;
    each threshold is then bisected from its snapshot.

    Parameters
    ----------
    state : AxonState, optional
        Default: the healthy axon. The trunk is tested, not its ectopic site.
    dt_ms : float, optional
        Step; all times of the protocol must be multiples of it.
    precision : float, optional
        Of each threshold, as a share of the 1-ms threshold.
    threads : int, optional
        Threads to use.

    Returns
    -------
    Battery
        With `stable` false and all values NaN when the axon fires by itself or
        cannot be excited.
    """
    state = state or AxonState()
    _, constants, weiss = _at_rest(state, dt_ms=dt_ms)
    threshold = float(weiss[-1])
    if not np.isfinite(weiss).all():
        return _untestable()

    # the last lane is only nudged: an unstable rest shows itself by firing
    levels = np.array([0.4, -0.4, 0.2, -0.2, CONDITIONING, -0.1]) * threshold
    offs = np.array([POLARISATION_MS] * 4 + [TEST_MS, TEST_MS])
    delays = [DELAYS_MS[level] - ON_MS for level in (40, -40, 20, -20)]
    at = np.unique(np.concatenate([*delays, INTERVALS_MS]))
    iv_at = np.array([IV_MS - TEST_MS])

    def conditioned(which: int) -> Array:
        if which == 0:
            return _polarise([state] * levels.size, levels, offs, at, dt_ms)
        iv_levels = IV_PERCENT / 100 * threshold
        return _polarise([state] * IV_PERCENT.size, iv_levels, np.full(IV_PERCENT.size, IV_MS), iv_at, dt_ms)

    if threads > 1:
        with ThreadPoolExecutor(2) as pool:
            kept, kept_iv = pool.map(conditioned, (0, 1))
    else:
        kept, kept_iv = conditioned(0), conditioned(1)
    if kept[-1, 5, kernel.SPIKES] > 0:
        return _untestable()

    pieces = [
        (_rows(kept, at, lane, times), levels[lane], offs[lane] - times) for lane, times in enumerate(delays)
    ]
    pieces.append((_rows(kept, at, 4, INTERVALS_MS), 0.0, np.zeros(INTERVALS_MS.size)))
    states = np.concatenate([piece[0] for piece in pieces] + [kept_iv[0]])
    own_spikes = states[:, kernel.SPIKES].copy()
    jobs = _Jobs(
        states=states,
        widths_ms=np.full(states.shape[0], TEST_MS),
        levels_pa=np.concatenate(
            [np.full(piece[2].size, piece[1]) for piece in pieces] + [IV_PERCENT / 100 * threshold]
        ),
        off_ms=np.concatenate([piece[2] for piece in pieces] + [np.full(IV_PERCENT.size, TEST_MS)]),
    )
    found = _find(
        jobs, constants, threshold, dt_ms=dt_ms, threads=threads, tolerance_pa=precision * threshold
    )
    ends = np.cumsum([piece[2].size for piece in pieces])
    allowed = np.zeros(states.shape[0])
    allowed[ends[3] : ends[4]] = 1.0  # the conditioning spike itself
    found[own_spikes != allowed] = np.nan  # the current alone made the axon fire
    reduction = 100.0 * (threshold - found) / threshold
    *tes, recovery, iv = np.split(reduction, ends)
    electrotonus = dict(zip((40, -40, 20, -20), tes, strict=True))
    sr = load_norms().curves["stimulus_response"]
    ratio = threshold / healthy_threshold_pa(state.control)
    return Battery(
        threshold_pa=threshold,
        threshold_percent_of_healthy=100.0 * ratio,
        stimulus_response_percent=sr.x,
        stimulus_response=sr.mean * ratio,
        widths_ms=WIDTHS_MS,
        charge_pa_ms=weiss * WIDTHS_MS,
        electrotonus_delays_ms=DELAYS_MS,
        electrotonus_percent=electrotonus,
        iv_current_percent=IV_PERCENT,
        iv_reduction_percent=iv,
        intervals_ms=INTERVALS_MS,
        recovery_percent=-recovery,
        indices=indices_of(WIDTHS_MS, weiss * WIDTHS_MS, electrotonus, iv, -recovery),
        stable=True,
    )


def to_json(
    cause: str | None = None, *, severity: float = 1.0, after: Sequence[tuple[float, float]] = ()
) -> dict[str, Any]:
    """The battery of the healthy axon or of one cause, beside healthy people.

    Parameters
    ----------
    cause : str, optional
        A code of `axon_causes.CAUSES`.
    severity : float, optional
        1 is the typical change.
    after : sequence of (rate in Hz, seconds)
        Bouts of activity and rest that went before (`activity.after_activity`).

    Returns
    -------
    dict
        Schema ``myolens.excitability/1``; values that do not exist are None.

    Raises
    ------
    InputError
        For an unknown cause.
    """
    state = altered(cause, severity) if cause else AxonState()
    result = battery(after_activity(state, after))
    norms = load_norms()

    def number(value: float) -> float | None:
        return round(float(value), 4) if np.isfinite(value) else None

    def numbers(values: Array) -> list[float | None]:
        return [number(value) for value in values]

    return {
        "schema": "myolens.excitability/1",
        "cause": cause,
        "why": CAUSES[cause].why if cause else None,
        "severity": severity if cause else None,
        "after": [{"rate_hz": rate, "seconds": seconds} for rate, seconds in after],
        "testable": result.stable,
        "threshold_percent_of_healthy": number(result.threshold_percent_of_healthy),
        "indices": {
            key: {
                "model": number(result.indices[key]),
                "mean": norm.mean,
                "sd": norm.sd,
                "z": number(norm.z(result.indices[key])),
                "source": norm.source,
            }
            for key, norm in norms.indices.items()
        },
        "published": {
            change.index: {"direction": change.direction, "source": change.source}
            for change in published_changes().get(cause or "", ())
        },
        "curves": {
            "stimulus_response": {
                "x": numbers(result.stimulus_response),
                "y": numbers(result.stimulus_response_percent),
            },
            "charge_duration": {"x": numbers(result.widths_ms), "y": numbers(result.charge_pa_ms)},
            **{
                f"electrotonus_{level}".replace("-", "minus_"): {
                    "x": numbers(result.electrotonus_delays_ms[level]),
                    "y": numbers(values),
                }
                for level, values in result.electrotonus_percent.items()
            },
            "current_threshold": {
                "x": numbers(result.iv_current_percent),
                "y": numbers(result.iv_reduction_percent),
            },
            "recovery": {"x": numbers(result.intervals_ms), "y": numbers(result.recovery_percent)},
        },
        "sources": {**norms.sources, **SOURCES},
    }
