"""Units of a needle recording, and when they work: rest, slight and strong voluntary activity."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from myolens.emg.potentials import Potential, measure_potential
from myolens.emg.spontaneous import name_activity
from myolens.emg.trains import DEAD_TIME_S, Trains, locked_to
from myolens.recording import Recording, Span

HALF_WINDOW_S = 0.025
"""Half the stretch averaged for a potential: long enough for late components."""
STATE_S = 0.5
"""Rest and activity are told apart in steps of this length."""
STRONG_OCCUPANCY = 0.9
"""Activity is strong where fewer than one in ten 10 ms stretches is silent (estimate)."""
SAME_POTENTIAL = 0.3
"""Averages nearer than this share of the larger energy are one motor unit."""
CROWD_PER_S = 16.0
"""So many discharges a second that form no discharge of a known kind are taken for a contraction whose
units could not be told apart, never for rest (estimate)."""
ORGANISED = frozenset(
    {
        "fibrillation",
        "positive_sharp_wave",
        "complex_repetitive_discharge",
        "myokymic_discharge",
        "myotonic_discharge",
        "neuromyotonic_discharge",
    }
)
END_PLATE = frozenset({"end_plate_spike", "end_plate_noise"})
"""Irregular and fast, but fibres beside the needle, not a contraction."""
SIMILAR_POTENTIAL, REST_S, LEAST_CHANCE = 0.6, 0.03, 8.0
"""Two averages that differ by at most this share are one unit if their discharges keep so far apart, s, where
chance would bring so many together: a unit rests after a discharge. Estimates; in the myopathic record of
PhysioNet's emgdb 2 of 20 expected fell together where one unit was split, three in four or more elsewhere."""
PAUSE_S = 1.0
"""A halt of voluntary firing up to this long is not rest (estimate)."""


def windows_of(found: Trains, samples: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the stretch around each discharge that lies inside the signal, and those discharges."""
    half = round(HALF_WINDOW_S * found.rate)
    inside = samples[(samples >= half) & (samples < found.signal.size - half)]
    return found.signal[inside[:, None] + np.arange(-half, half + 1)], inside


def measure(found: Trains, samples: NDArray[np.int64]) -> Potential | None:
    """Measure the potential these discharges share."""
    shapes, inside = windows_of(found, samples)
    if not inside.size:
        return None
    return measure_potential(shapes, found.rate, instants_s=inside / found.rate)


def sizes_of(found: Trains, samples: NDArray[np.int64]) -> NDArray[np.float64]:
    """Peak-to-peak size of each discharge within 2 ms of its instant."""
    reach = round(0.002 * found.rate)
    index = np.clip(samples[:, None] + np.arange(-reach, reach + 1), 0, found.signal.size - 1)
    return np.asarray(np.ptp(found.signal[index], axis=1), np.float64)


class Firing(NamedTuple):
    """Discharges of one unit: all of them, and those that look alike, of which the potential is measured."""

    samples: NDArray[np.int64]
    alike: NDArray[np.int64]


def units_of(found: Trains) -> list[Firing]:
    """Return the units, most active first: trains of one potential, over the whole long window, are one unit.

    Averages that agree are one; so are those that agree in part, as when a fibre drops out now and then,
    if they never discharge together though chance would have it (`_exclusive`).
    """
    kept: list[tuple[NDArray[np.float64], Firing]] = []
    reach = round(0.004 * found.rate)
    for train in found.trains:
        shapes, _ = windows_of(found, train.samples)
        average = np.median(shapes, axis=0).astype(np.float64) if shapes.size else np.zeros(2 * reach + 1)
        for k, (other, unit) in enumerate(kept):
            lag, difference = _alignment(average, other, reach)
            moved = train.samples + lag
            same = difference <= SAME_POTENTIAL
            if same or (difference <= SIMILAR_POTENTIAL and _exclusive(unit.samples, moved, found.rate)):
                alike = _joined(found, unit.alike, moved) if same else unit.alike
                kept[k] = (other, Firing(_joined(found, unit.samples, moved), alike))
                break
        else:
            kept.append((average, Firing(train.samples, train.samples)))
    return [unit for _, unit in sorted(kept, key=lambda entry: -entry[1].samples.size)]


def _joined(found: Trains, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Both in order, one for two that are closer together than a unit can fire."""
    both = np.unique(np.concatenate([a, b]))
    apart = np.diff(both, prepend=-(10**9)) > round(DEAD_TIME_S * found.rate)
    return np.asarray(both[apart & (both >= 0) & (both < found.signal.size)], np.int64)


def _exclusive(a: NDArray[np.int64], b: NDArray[np.int64], rate: float) -> bool:
    """Whether discharges are within `REST_S` of one another far less often than they are 0.1–0.4 s apart."""

    def pairs(least_s: float, most_s: float) -> int:
        edges = [round(edge * rate) for edge in (-most_s, -least_s, least_s, most_s)]
        places = [np.searchsorted(b, a + edge) for edge in edges]
        return int(np.sum(places[1] - places[0] + places[3] - places[2]))

    near, chance = pairs(0.0, REST_S), pairs(0.1, 0.4) * REST_S / 0.3
    return chance >= LEAST_CHANCE and near <= chance / 4


def _alignment(a: NDArray[np.float64], b: NDArray[np.float64], reach: int) -> tuple[int, float]:
    """Shift of the instants of `a` that aligns it with `b`, and what then differs (share of the energy)."""
    larger = max(float(a @ a), float(b @ b), 1e-12)
    if a.size != b.size:
        return 0, 1.0
    products = np.correlate(a, b, "full")[a.size - 1 - reach : a.size + reach]
    best = int(np.argmax(products))
    return best - reach, (float(a @ a) + float(b @ b) - 2 * float(products[best])) / larger


def _per_step(found: Trains, samples: NDArray[np.int64], steps: int) -> NDArray[np.int64]:
    step = np.minimum((samples / found.rate / STATE_S).astype(int), steps - 1)
    return np.bincount(step, minlength=steps)


def voluntary_steps(found: Trains, trains: list[NDArray[np.int64]], steps: int) -> NDArray[np.bool_]:
    """Return the steps in which a unit under voluntary control fires; shorter halts are part of it."""
    active = np.zeros(steps, bool)
    named = [
        name_activity(samples / found.rate, sizes_of(found, samples), measure(found, samples))
        for samples in trains
    ]
    organised = [
        samples
        for samples, activity in zip(trains, named, strict=True)
        if activity.name in ORGANISED and activity.confidence != "possible"
    ]
    crowd = _per_step(found, _apart(organised, found.singles, found.rate), steps)
    for samples, activity in zip(trains, named, strict=True):
        if activity.name == "voluntary":
            counts = _per_step(found, samples, steps)
            firing = counts >= 2
            near = np.convolve(firing, np.ones(3), "same") > 0
            active |= firing | (near & (counts >= 1))  # the first and last discharges of a contraction
        leads = any(samples is leader for leader in organised)
        if activity.name not in END_PLATE and not leads:
            crowd = crowd + _per_step(found, _apart(organised, samples, found.rate), steps)
    active |= crowd >= CROWD_PER_S * STATE_S
    for start, end, on in runs_of(active):
        if not on and (end - start) * STATE_S <= PAUSE_S and start > 0 and end < steps:
            active[start:end] = True
    return active


def _apart(leaders: list[NDArray[np.int64]], samples: NDArray[np.int64], rate: float) -> NDArray[np.int64]:
    """Leave out what follows a leader at one lag, where half does: parts of the same potential."""
    for leader in leaders:
        pace = int(np.median(np.diff(leader)))
        locked = locked_to(leader, samples, pace, max(1, round(0.0005 * rate)))
        if 2 * locked.sum() >= samples.size:
            samples = samples[~locked]
    return samples


def overruled_by_marks(
    recording: Recording, offset_s: float, active: NDArray[np.bool_], strong: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Let marks in the file that say rest, slight or strong overrule what was inferred."""
    active, strong = active.copy(), strong.copy()
    for mark in recording.annotations:
        words = mark.text.lower()
        first = max(0, int((mark.onset_s - offset_s) / STATE_S))
        last = max(first, int((mark.onset_s - offset_s + mark.duration_s) / STATE_S))
        if any(word in words for word in ("maximal", "strong")):
            active[first:last] = strong[first:last] = True
        elif any(word in words for word in ("slight", "contraction", "effort", "voluntary")):
            active[first:last] = True
        elif words.split()[:1] in (["rest"], ["relaxed"], ["relaxation"]):
            active[first:last] = strong[first:last] = False
    return active, strong


def occupancy(found: Trains, steps: int) -> NDArray[np.float64]:
    """Share of 10 ms stretches in each step whose steepest change stands out of the noise."""
    short = round(0.01 * found.rate)
    many = round(STATE_S / 0.01)
    swing = np.ptp(found.signal[: found.signal.size // short * short].reshape(-1, short), axis=1)
    loud = np.pad(swing > 12 * found.noise_uv, (0, max(0, steps * many - swing.size)))[: steps * many]
    return np.asarray(loud.reshape(steps, many).mean(axis=1), np.float64)


def runs_of(values: NDArray[Any]) -> list[tuple[int, int, Any]]:
    """(first, behind last, value) of the stretches of equal values."""
    edges = [0, *(np.flatnonzero(values[1:] != values[:-1]) + 1).tolist(), values.size]
    return [(a, b, values[a]) for a, b in pairwise(edges)]


def segments_of(
    active: NDArray[np.bool_], strong: NDArray[np.bool_], length: float, offset_s: float
) -> list[Span]:
    """Name consecutive stretches of the recording."""
    names = ("rest", "slight activity", "strong activity")
    state = active.astype(int) + (active & strong)
    spans = []
    for a, b, value in runs_of(state):
        end = length if b == state.size else b * STATE_S
        spans.append(Span(offset_s + a * STATE_S, offset_s + end, names[int(value)]))
    return spans
