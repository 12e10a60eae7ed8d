"""Compiled inner loops: potentials of fibres, and their sum into a recording.

Imported late, by the functions that need them, because the compiler is slow to load.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@numba.njit(cache=True, nogil=True, error_model="numpy")
def clipped(travel: float, length: float) -> float:
    """Where on its half of the fibre a pole is: it waits at the end plate and stays at the tendon."""
    if travel < 0.0:
        return 0.0
    return min(travel, length)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _line(table: F32, low: int, weight: float, x_mm: float, step: float, line: F64) -> None:
    """Kernel along z at one depth and lateral distance, by bilinear interpolation."""
    place = x_mm / step
    column = min(int(place), table.shape[1] - 2)
    part = min(place - column, 1.0)
    a, b = (1 - weight) * (1 - part), (1 - weight) * part
    c, d = weight * (1 - part), weight * part
    for i in range(line.size):
        line[i] = (
            a * table[low, column, i]
            + b * table[low, column + 1, i]
            + c * table[low + 1, column, i]
            + d * table[low + 1, column + 1, i]
        )


@numba.njit(cache=True, nogil=True, error_model="numpy")
def skin_potentials(
    table: F32,
    log_depths: F64,
    step: float,
    columns: F64,
    column_of: I64,
    z_points: F64,
    x: F64,
    y: F64,
    endplate: F64,
    proximal: F64,
    distal: F64,
    speed: F64,
    delay: F64,
    strength: F64,
    component: I64,
    behind: F64,
    charge: F64,
    rate: float,
    start_ms: float,
    out: F64,
) -> None:
    """Add the potential of every fibre at every surface point to out[component, sample, point].

    `columns` are the distinct x of the points, `column_of` which one each point has. Strength
    is in µA per (mV/mm), charge in mV/mm, table in mV per µA, out in mV.
    """
    lines = np.empty((columns.size, table.shape[2]))
    last = table.shape[2] - 2
    poles, samples, points = behind.size, out.shape[1], z_points.size
    for f in range(x.size):
        depth = (np.log(max(y[f], 1e-6)) - log_depths[0]) / (log_depths[1] - log_depths[0])
        depth = min(max(depth, 0.0), log_depths.size - 1.000001)
        low = int(depth)
        for c in range(columns.size):
            _line(table, low, depth - low, abs(columns[c] - x[f]), step, lines[c])
        group = component[f]
        for s in range(samples):
            travel = speed[f] * (start_ms + 1000.0 * s / rate - delay[f])
            if travel <= 0.0 or travel - behind[poles - 1] >= max(proximal[f], distal[f]):
                continue
            for k in range(poles):
                current = strength[f] * charge[k]
                forward = endplate[f] + clipped(travel - behind[k], distal[f])
                backward = endplate[f] - clipped(travel - behind[k], proximal[f])
                for e in range(points):
                    line = lines[column_of[e]]
                    place = abs(z_points[e] - forward) / step
                    i = min(int(place), last)
                    value = line[i] + (place - i) * (line[i + 1] - line[i])
                    place = abs(z_points[e] - backward) / step
                    i = min(int(place), last)
                    value += line[i] + (place - i) * (line[i + 1] - line[i])
                    out[group, s, e] += current * value


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=True)
def _poles_seen(
    radial2: float,
    z_point: float,
    endplate: float,
    proximal: float,
    distal: float,
    travel: float,
    behind: F64,
    charge: F64,
) -> float:
    """Σ charge / √(radial² + z²) over the poles of both waves."""
    total = 0.0
    for k in range(behind.size):
        moved = max(travel - behind[k], 0.0)
        ahead = z_point - endplate - min(moved, distal)
        back = z_point - endplate + min(moved, proximal)
        total += charge[k] * (1.0 / np.sqrt(radial2 + ahead * ahead) + 1.0 / np.sqrt(radial2 + back * back))
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")
def needle_potentials(
    points: F64,
    weights: F64,
    anisotropy: float,
    conductivity: float,
    x: F64,
    y: F64,
    endplate: F64,
    proximal: F64,
    distal: F64,
    diameter: F64,
    speed: F64,
    delay: F64,
    strength: F64,
    component: I64,
    behind: F64,
    charge: F64,
    rate: float,
    start_ms: float,
    out: F64,
) -> None:
    """Add each fibre's potential, weighted over points, to out[component, sample] in mV.

    φ = Σ i / (4π σ_r √((σ_z/σ_r) r² + z²)); r is at least the fibre's own radius.
    """
    for f in range(x.size):
        floor = 0.0005 * diameter[f]
        gain = strength[f] / (4.0 * np.pi * conductivity)
        for s in range(out.shape[1]):
            travel = speed[f] * (start_ms + 1000.0 * s / rate - delay[f])
            if travel <= 0.0 or travel - behind[behind.size - 1] >= max(proximal[f], distal[f]):
                continue
            value = 0.0
            for p in range(points.shape[0]):
                r2 = max((x[f] - points[p, 0]) ** 2 + (y[f] - points[p, 1]) ** 2, floor * floor)
                value += weights[p] * _poles_seen(
                    anisotropy * r2, points[p, 2], endplate[f], proximal[f], distal[f],
                    travel, behind, charge,
                )  # fmt: skip
            out[component[f], s] += gain * value


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=True)
def add_discharges(
    out: F32, channels: int, starts: I64, templates: I64, buffer: F32, offsets: I64, lengths: I64
) -> None:
    """Add template after template into out.

    Parameters
    ----------
    out : (samples × channels) values in row order, flat, so that each template is one contiguous addition.
    starts : first sample of each discharge, in any order.
    templates : which template each uses.
    buffer : templates one after another, each (samples × channels) in row order.
    offsets, lengths : where in the buffer each template begins and its number of samples.
    """
    samples = out.size // channels
    for n in range(starts.size):
        t = templates[n]
        skip = max(0, -starts[n])
        stop = min(lengths[t], samples - starts[n])
        here = np.uint64(max(starts[n] + skip, 0) * channels)
        base = np.uint64(offsets[t] + skip * channels)
        for i in range(np.uint64(max(stop - skip, 0) * channels)):
            out[here + i] += buffer[base + i]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=True)
def shape_noise(
    white: F32, poles: F32, weights: F32, state: F32, levels: F32,
    hum: F32, share: F32, wander: F32, first: int, knot: int, out: F32,
) -> None:  # fmt: skip
    """Add noise, hum and wander to out[sample, channel].

    Noise is levels·Σ weights·AR1(poles) of `white`, its state[pole, channel] goes on to the next
    block; hum[sample] counts with share[channel]; wander[knot number, channel] is joined by straight
    lines of `knot` samples, `first` being the number of the block's first sample.
    """
    samples, channels = out.shape
    for s in range(samples):
        k = (first + s) // knot
        part = np.float32((first + s - k * knot) / knot)
        for c in range(channels):
            total = weights[0] * white[s, c]
            for p in range(poles.size):
                state[p, c] = poles[p] * state[p, c] + white[s, c]
                total += weights[p + 1] * state[p, c]
            drift = wander[k, c] + part * (wander[k + 1, c] - wander[k, c])
            out[s, c] += levels[c] * total + hum[s] * share[c] + drift


@numba.njit(cache=True, nogil=True, error_model="numpy")
def junction_course(times_s: F64, probability: float, growth: float, decay_s: float, reserve: float) -> F64:
    """Release of each impulse relative to a rested junction's; `junction.response_course` explains it."""
    course = np.empty(times_s.size)
    store, extra, last, first = 1.0, 0.0, -1e9, -1e9
    for index in range(times_s.size):
        pause = times_s[index] - last
        if pause > 5.0:
            store, extra, first = 1.0, 0.0, times_s[index]
        else:
            refill_s = 1.0 + 1.5 * np.exp(-(last - first) / 1.2)
            store = 1.0 - (1.0 - store) * np.exp(-pause / refill_s)
            extra *= np.exp(-pause / decay_s)
        released = min(probability * (1.0 + extra), 0.95)
        course[index] = store * released / probability
        store = max(store * (1.0 - released), min(store, reserve))
        extra += growth
        last = times_s[index]
    return course


@numba.njit(cache=True, nogil=True, error_model="numpy")
def weaken(
    times_s: F64,
    loss_per_s: float,
    shape: tuple[float, float, float, float],
    recovery: tuple[float, float, float, float],
) -> F64:
    """Share of its force that a unit has at each discharge.

    `shape` holds contraction time (s), slowing, the straight part of the force–rate relation and its slope;
    `recovery` the gap from which a unit rests (s), the fast share and both time constants (s).
    """
    contraction, slowing, straight, slope = shape
    gap, fast, fast_s, slow_s = recovery
    left = np.ones(times_s.size)
    for index in range(1, times_s.size):
        interval = times_s[index] - times_s[index - 1]
        before = left[index - 1]
        x = contraction * (1 + slowing * (1 - before)) / interval
        relative = x * slope if x <= straight else 1 - np.exp(-2 * x**3)
        active = min(interval, gap)
        after = max(before - loss_per_s * relative * active, 0.0)
        if interval > gap:
            rest = interval - gap
            still = fast * np.exp(-rest / fast_s) + (1 - fast) * np.exp(-rest / slow_s)
            after = 1 - (1 - after) * still
        left[index] = after
    return left


@numba.njit(cache=True, nogil=True, error_model="numpy")
def add_twitches(force: F64, rate_hz: float, times_s: F64, gains: F64, contraction_ms: F64) -> None:
    """Add a twitch ``g (t/T) e^{1−t/T}`` at each time, over eight contraction times."""
    for index in range(times_s.size):
        first = int(np.ceil(times_s[index] * rate_hz))
        per_sample = 1000.0 / (rate_hz * contraction_ms[index])
        start = (first - times_s[index] * rate_hz) * per_sample
        last = min(first + int(8.0 / per_sample) + 2, force.size)
        for sample in range(first, last):
            t = start + (sample - first) * per_sample
            force[sample] += gains[index] * t * np.exp(1.0 - t)
