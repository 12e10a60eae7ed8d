"""When and how often an axon fires by itself.

A deterministic axon passes from silence to continuous firing within a
hair's breadth, and channel noise of the size measured in human axons does not
change that. Isolated discharges need a slow random drive at the ectopic site
(fluctuating potassium, pump, stretch or transmitter). Its size is the same
for every cause, so that causes differ only by what they do to the axon.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.errors import InputError
from myolens.simulation import axon_kernel as kernel
from myolens.simulation.axon import KNOBS, AxonState, pack, vary
from myolens.simulation.excitability import healthy_threshold_pa

Array = NDArray[np.float64]

NOISE_MS = 0.5  # correlation time of channel noise
DT_MS = 0.02
HOLD_STEPS = 5  # currents are drawn every 0.1 ms, a fifth of the faster correlation time
WARM_UP_MS = 200.0
CHUNK_MS = 1000.0
EVENT_GAP_S = 0.05
DOUBLET_S = 0.01


@dataclass(frozen=True)
class DischargeStatistics:
    """Spontaneous firing in numbers.

    Parameters
    ----------
    spikes_per_min, events_per_min : float
        All discharges, and groups of them more than 50 ms apart.
    doublet_share : float
        Share of intervals below 10 ms; NaN with fewer than two discharges.
    shortest_interval_ms : float
        NaN with fewer than two discharges.
    """

    spikes_per_min: float
    events_per_min: float
    doublet_share: float
    shortest_interval_ms: float


def statistics(times_s: Array, *, seconds: float) -> DischargeStatistics:
    """Rates and intervals of discharge times (s) within a record of `seconds`."""
    per_min = 60.0 / seconds
    gaps = np.diff(np.sort(times_s))
    events = (times_s.size > 0) + int(np.count_nonzero(gaps > EVENT_GAP_S))
    return DischargeStatistics(
        spikes_per_min=times_s.size * per_min,
        events_per_min=events * per_min,
        doublet_share=float(np.mean(gaps < DOUBLET_S)) if gaps.size else float("nan"),
        shortest_interval_ms=float(gaps.min() * 1000.0) if gaps.size else float("nan"),
    )


def discharge_times(
    state: AxonState | None = None, *, seconds: float, seed: int = 0, dt_ms: float = DT_MS
) -> Array:
    """Times at which one motor axon fires by itself.

    Parameters
    ----------
    state : AxonState, optional
        Default: the healthy axon. Its ectopic site is run.
    seconds : float
        Length of the record.
    seed : int, optional
        Same seed, same times.
    dt_ms : float, optional
        Step.

    Returns
    -------
    ndarray
        Times in seconds from 0 to `seconds`, rising.
    """
    return discharge_times_of([state or AxonState()], seconds=seconds, seed=seed, dt_ms=dt_ms)[0]


def discharge_times_of(
    states: Sequence[AxonState],
    *,
    seconds: float,
    seed: int = 0,
    dt_ms: float = DT_MS,
    threads: int = 2,
) -> list[Array]:
    """`discharge_times` of many axons side by side, each with its own random numbers.

    Axon ``k`` of a batch draws from the stream (`seed`, k), whatever the batch's size.
    """
    if not 0 < seconds <= 86400:
        raise InputError(f"{seconds} s cannot be simulated", where="seconds", mend="Give up to 86400 seconds")
    sites = [state.ectopic_site for state in states]
    blocks = [range(k, min(k + kernel.LANES, len(sites))) for k in range(0, len(sites), kernel.LANES)]

    def run(block: range) -> list[Array]:
        return _wander([sites[k] for k in block], list(block), seconds=seconds, seed=seed, dt_ms=dt_ms)

    if threads > 1 and len(blocks) > 1:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(run, blocks))
    else:
        parts = [run(block) for block in blocks]
    return [times for part in parts for times in part]


def _wander(
    sites: list[AxonState], numbers: list[int], *, seconds: float, seed: int, dt_ms: float
) -> list[Array]:
    """Discharge times (s) of up to `LANES` sites."""
    S, P, lanes = pack(sites)
    hold_ms = HOLD_STEPS * dt_ms
    keep, spread = np.zeros((2, kernel.LANES)), np.zeros((2, kernel.LANES))
    for lane, site in enumerate(sites):
        slow_pa = site.drive_percent / 100 * healthy_threshold_pa(site.control)
        for row, (sd, tau) in enumerate(((site.noise_pa, NOISE_MS), (slow_pa, site.drive_ms))):
            keep[row, lane] = np.exp(-hold_ms / tau)
            spread[row, lane] = sd * np.sqrt(1 - keep[row, lane] ** 2)
    streams = [np.random.default_rng([seed, number]) for number in numbers]
    fast, slow = np.zeros(kernel.LANES), np.zeros(kernel.LANES)
    found: list[tuple[Array, NDArray[np.int64]]] = []
    now, end = -WARM_UP_MS, seconds * 1000.0
    while now < end - 1e-9:
        intervals = max(1, round(min(CHUNK_MS, end - now) / hold_ms))
        normal = np.zeros((intervals, 2, kernel.LANES))
        for lane, stream in enumerate(streams):
            normal[:, :, lane] = stream.standard_normal((intervals, 2))
        times = np.empty(intervals * kernel.LANES)
        lane_of = np.empty(times.size, np.int64)
        count = kernel.wander(
            S, P, lanes, fast, slow, normal, keep, spread, HOLD_STEPS, dt_ms, now, times, lane_of
        )
        found.append((times[:count].copy(), lane_of[:count].copy()))
        now += intervals * hold_ms
    times = np.concatenate([part[0] for part in found]) / 1000.0
    lane_of = np.concatenate([part[1] for part in found])
    inside = (times >= 0) & (times < seconds)
    return [times[inside & (lane_of == lane)] for lane in range(len(sites))]


@dataclass(frozen=True)
class RateMap:
    """Spontaneous discharge over two parameters.

    Parameters
    ----------
    x_name, y_name : str
        The knobs turned (`axon.KNOBS`).
    x, y : ndarray
        Their values.
    rate_per_min : ndarray
        Discharges per minute, shape (len(y), len(x)).
    healthy : tuple of float
        Where the healthy axon lies, (x, y).
    """

    x_name: str
    y_name: str
    x: Array
    y: Array
    rate_per_min: Array
    healthy: tuple[float, float]


def _healthy_value(knob: str) -> float:
    state = AxonState()
    if KNOBS[knob] == "factor":
        return 1.0
    if KNOBS[knob] == "sum":
        return 0.0
    return float(getattr(state.milieu if hasattr(state.milieu, knob) else state, knob))


def rate_map(
    x: tuple[str, Sequence[float]],
    y: tuple[str, Sequence[float]],
    *,
    state: AxonState | None = None,
    also: Mapping[str, float] | None = None,
    seconds: float = 30.0,
    seed: int = 0,
    threads: int = 2,
) -> RateMap:
    """Discharge rate over a grid of two knobs.

    Parameters
    ----------
    x, y : tuple of (str, sequence of float)
        A knob of `axon.KNOBS` and its values.
    state : AxonState, optional
        The axon that is varied; default the healthy one.
    also : mapping, optional
        Further knobs, the same everywhere.
    seconds : float, optional
        Record per point; the smallest rate seen is 60/seconds per minute.
    seed, threads : int, optional
        Seed of the random drive; threads.

    Returns
    -------
    RateMap
    """
    (x_name, x_values), (y_name, y_values) = x, y
    for name in (x_name, y_name):
        if name not in KNOBS:
            raise InputError(f"the axon has no parameter called {name!r}")
    base = vary(state, **(also or {}))
    sites = [vary(base, **{x_name: a, y_name: b}) for b in y_values for a in x_values]
    times = discharge_times_of(sites, seconds=seconds, seed=seed, threads=threads)
    rates = np.array([one.size * 60.0 / seconds for one in times]).reshape(len(y_values), len(x_values))
    return RateMap(
        x_name=x_name,
        y_name=y_name,
        x=np.asarray(x_values, dtype=np.float64),
        y=np.asarray(y_values, dtype=np.float64),
        rate_per_min=rates,
        healthy=(_healthy_value(x_name), _healthy_value(y_name)),
    )
