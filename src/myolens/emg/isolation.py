"""What stands out by itself: potentials of a telling size, out of silence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myolens.emg.counting import Stretches
from myolens.emg.detection import distance
from myolens.emg.exclusion import RAISED
from myolens.emg.matching import Discharges
from myolens.emg.noise import Noise
from myolens.emg.streaming import Source, in_order
from myolens.emg.waveforms import Waveforms

AROUND_S = 0.15
"""A pause of this length on both sides is shorter than the intervals of the slowest voluntary firing."""

_OF_UNIT = 0.9
_POTENTIAL_S, _COMPLEX_S = 0.03, 0.06
_ENOUGH = 0.5


def indistinct(
    source: Source,
    noise: Noise,
    waves: Waveforms,
    discharges: Discharges,
    telling: float,
    threshold: float,
) -> NDArray[np.bool_]:
    """Events that are too small to be told from what noise makes.

    The peaks of a spiky background are as alike as those of a small unit. A potential that came once is
    to reach the size given, and the potentials of a unit 0.9 of it at the median, as noise takes from some
    and adds to others (ours: in mixtures hardly any true discharge is smaller, and half of what is false).
    The resting level is a low quantile of half a minute, which noise exceeds for seconds; what came once is
    measured by the noise of the three seconds around it where that is higher. What was
    recalled below the threshold and belongs to no unit after all is to exceed the size as much as a unit may
    fall short of it: on one channel such a size and a shape that recurs bear each other out (ours: of eleven
    in mixtures all were true). On several channels the size does not tell, and it is dropped.

    Parameters
    ----------
    source, noise
        As analysed.
    waves, discharges
        Events, and what they were sorted into.
    telling : float
        Times the noise, from `myolens.emg.detection.telling`.
    threshold : float
        Of the statistic.

    Returns
    -------
    ndarray of bool, shape (events,)
    """
    small = np.zeros(len(waves.sample), bool)
    size = waves.peak / waves.level
    there = np.maximum(waves.level, _around(source, noise, waves))
    for unit in np.unique(discharges.unit):
        own = discharges.event[discharges.unit == unit]
        if unit < 0:
            weak = waves.height[own] <= threshold
            above = waves.peak[own] >= telling * np.where(weak, 1 / _OF_UNIT, 1.0) * there[own]
            small[own] = ~above | (weak & (telling == 0))
        else:
            small[own] = np.median(size[own]) < _OF_UNIT * telling
    return small


def _around(source: Source, noise: Noise, waves: Waveforms) -> NDArray[np.float32]:
    """Noise in the frame of each event and the two beside it, on its channel."""
    whole = max(1, source.samples // source.frame)
    beside = waves.sample[:, None] // source.frame + np.arange(-1, 2)
    beside = np.clip(beside, 0, min(whole, len(noise.frames)) - 1)
    return np.asarray(noise.frames[beside, waves.channel[:, None]].mean(axis=1))


def accompanied(
    source: Source,
    noise: Noise,
    lone: Waveforms,
    *,
    of_units_s: NDArray[np.float64],
    explained_s: NDArray[np.float64],
) -> Stretches:
    """Stretches around potentials that rise out of weak activity.

    A fasciculation breaks a silence. A potential that no other of the recording resembles, and on both sides
    of which the signal of its channel is 1.5 times its resting level (root mean square from 30 to 150 ms
    away, as for a raised frame), is the highest peak of an effort or of a movement. Its like and what is
    explained are left out of that level; where less than half remains, or a unit fires, nothing is said.

    Parameters
    ----------
    source, noise
        As analysed.
    lone : Waveforms
        Discharges that belong to no unit.
    of_units_s : ndarray
        Discharges of units, ascending.
    explained_s : ndarray
        Heartbeats, pops and slow deflections, ascending.

    Returns
    -------
    list of (float, float)
        150 ms on either side of each such potential, s.
    """
    rate = source.recording.rate
    reach, own = round(AROUND_S * rate), round(_POTENTIAL_S * rate)
    level = np.median(noise.level, axis=0)
    lone_s = np.sort(lone.sample) / rate
    apart = distance(lone.sample / rate, of_units_s) > AROUND_S

    def raised(k: int) -> bool:
        sample, channel = int(lone.sample[k]), int(lone.channel[k])
        begin, end = max(0, sample - reach), min(source.samples, sample + reach + 1)
        x = source.both(begin, end, mains=noise.mains, level=level)[1][:, channel]
        at = np.arange(begin, end)
        quiet = np.abs(at - sample) > own
        quiet &= distance(at / rate, lone_s) > _POTENTIAL_S
        quiet &= distance(at / rate, explained_s) > _COMPLEX_S
        if np.count_nonzero(quiet) < _ENOUGH * 2 * (reach - own):
            return False
        usual = noise.level[min(sample // source.frame, len(noise.level) - 1), channel]
        return bool(np.sqrt(np.mean(np.square(x[quiet]))) > RAISED * usual)

    judged = np.flatnonzero(apart).tolist()
    times = lone.sample[[k for k, high in zip(judged, in_order(raised, judged), strict=True) if high]] / rate
    return [(float(t) - AROUND_S, float(t) + AROUND_S) for t in times]
