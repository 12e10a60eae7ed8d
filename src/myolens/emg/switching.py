"""What keeps step with the mains: spikes of a switched machine nearby, told from discharges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from myolens.emg.counting import Stretches
from myolens.emg.detection import distance
from myolens.emg.exclusion import VOLUNTARY
from myolens.emg.filtering import Mains
from myolens.emg.matching import Discharges
from myolens.emg.shapes import Shapes
from myolens.emg.waveforms import Waveforms

if TYPE_CHECKING:
    from myolens.emg.events import Events

NOMINAL_HZ = (50.0, 60.0)
"""Frequencies of the mains; where it was measured, what was found stands for the nearer one."""

SWITCHED = "switching in step with the mains"
"""Reason for which stretches are left out."""

FALSE_ALARM = 1e-6
"""Probability that a unit without any relation to the mains passes one test; there are four to a unit."""

_ONCE_KNOWN = 1e-3
"""The same for what else a machine does, once it is known to be there."""

LONGEST_S = 1.5
"""Over longer intervals the mains may drift out of the step that is known."""

_IN_STEP = 0.7
BESIDE_S = 0.1
_MOST = 0.5
_NEAR_STEP, _OF_STRETCH = 0.05, 0.25
_SLOPES = np.geomspace(0.05, 500.0, 120)


@dataclass(frozen=True, slots=True, eq=False)
class Switching:
    """Spikes of a machine.

    Attributes
    ----------
    mains_hz : float
        Frequency they keep step with.
    times_s : ndarray of float64
        When they came, ascending.
    stepping_s : ndarray of float64
        Those of them that are in step.
    events : ndarray of bool, shape (events,)
        Events that hold one.
    """

    mains_hz: float
    times_s: NDArray[np.float64]
    stepping_s: NDArray[np.float64]
    events: NDArray[np.bool_]

    @property
    def spikes(self) -> int:
        """How many there are."""
        return len(self.times_s)

    def details(self) -> dict[str, Any]:
        """As an analysis tells it."""
        return {"spikes_left_out": self.spikes, "mains_hz": round(self.mains_hz, 2)}


def unswitched(
    waves: Waveforms,
    discharges: Discharges,
    shapes: Shapes,
    mains: Mains | None,
    sort: Callable[[Waveforms], tuple[Waveforms, Discharges, Shapes]],
) -> tuple[Waveforms, Discharges, Shapes, Switching | None]:
    """Leave the spikes of a machine out and sort what remains anew, until there are none."""
    found: Switching | None = None
    while more := find_switching(discharges, waves, mains, already=found):
        found = more
        waves, discharges, shapes = sort(waves.where(~more.events))
    return waves, discharges, shapes, found


def find_switching(
    discharges: Discharges, waves: Waveforms, mains: Mains | None, *, already: Switching | None = None
) -> Switching | None:
    """Units that keep step with the mains, and those that come beside them.

    What a thyristor, a relay or a charger does when it switches reaches the electrodes as brief spikes of one
    shape at a fixed moment of the mains cycle; what starts such a group need not be in step itself. So a
    unit goes with the machine as well if, where the machine is at work (within 1.5 s of a spike in step),
    half of its discharges come within 0.1 s of one, and that many by chance once in a thousand. Where this
    holds for the discharges of no unit, those beside a spike go with it.

    Parameters
    ----------
    discharges : Discharges
        As sorted into units.
    waves : Waveforms
        Events they were seen in.
    mains : Mains or None
        What was found of it.
    already : Switching, optional
        Spikes found before: their times and number are counted in.

    Returns
    -------
    Switching or None
        None if there is nothing (or, with `already`, nothing more).
    """
    times, units = discharges.sample / waves.recording_rate, discharges.unit
    numbers = np.unique(units[units >= 0])
    none = np.zeros(0)
    before, known = (already.times_s, already.stepping_s) if already else (none, none)
    for frequency in sorted(_frequencies(mains), key=lambda one: already is None or one != already.mains_hz):
        rate = waves.recording_rate
        stepping = [k for k in numbers if in_step(times[units == k], frequency, rate=rate)]
        if already and frequency == already.mains_hz:
            stepping += [k for k in numbers if _with(times[units == k], known, frequency, rate)]
        own = np.isin(units, stepping)
        steps = np.sort(np.concatenate([known, times[own]]))
        own |= np.isin(units, [k for k in numbers if _beside(times[units == k], steps)])
        if _beside(times[units < 0], steps):
            own |= (units < 0) & (distance(times, steps) <= BESIDE_S)
        held = _largest_is(own, discharges, waves)
        if held.any():
            return Switching(frequency, np.sort(np.concatenate([before, times[own]])), steps, held)
    return None


def in_step(times_s: NDArray[np.float64], mains_hz: float, *, rate: float) -> bool:
    """Whether the intervals of a train are whole numbers of cycles of the mains, or of half cycles.

    Rayleigh's test of uniform phases against a known direction (Mardia & Jupp, Directional Statistics, Wiley
    2000, section 6.3): the mean cosine of the phase by which intervals up to 1.5 s miss a whole
    number of cycles. If discharges have nothing to do with the mains these phases are independent and
    uniform, and the probability of such a mean is bounded after Chernoff; it is to be below one in a million,
    and the mean above 0.7, that is a jitter below 3 ms, where intervals of motor units vary by a tenth.
    Intervals of one number of cycles have one vote together: a train as regular as a clock is no
    more in step than its one interval is.

    Parameters
    ----------
    times_s : ndarray of float64
        Ascending.
    mains_hz : float
    rate : float
        Instants a second that the times may take: with few to a cycle they agree by chance.
    """
    intervals = np.diff(times_s)
    for frequency in (mains_hz, 2 * mains_hz):
        cycles = intervals[intervals <= LONGEST_S] * frequency
        whole = np.round(cycles).astype(np.int64)
        cosine = np.cos(2 * np.pi * cycles)[whole > 0]
        _, which, many = np.unique(whole[whole > 0], return_inverse=True, return_counts=True)
        votes = np.bincount(which, cosine) / many
        mean = float(votes.mean()) if len(votes) else 0.0
        if mean >= _IN_STEP and _by_chance(mean, len(votes), int(rate / frequency)) < FALSE_ALARM:
            return True
    return False


def _largest_is(own: NDArray[np.bool_], discharges: Discharges, waves: Waveforms) -> NDArray[np.bool_]:
    """Events whose largest deflection is one of these discharges: one upon another potential leaves that."""
    held = np.zeros(len(waves.sample), bool)
    apart = np.abs(discharges.sample - waves.sample[discharges.event])
    for k in np.lexsort((-apart, discharges.event)):
        held[discharges.event[k]] = own[k]
    return held


def by_machine(
    stretches: Stretches, events: Events, mains: Mains | None, found: Switching | None
) -> dict[str, Stretches]:
    """Stretches that were taken for voluntary activity, and those that are the work of a machine.

    Many spikes of several shapes and moments make a crowd as an effort does, but their intervals tell.

    Parameters
    ----------
    stretches : list of (float, float)
        Taken for voluntary activity, s.
    events : Events
    mains : Mains or None
    found : Switching or None
        Spikes left out at rest.
    """
    times = events.times_s[events.muscle]
    result: dict[str, Stretches] = {VOLUNTARY: [], SWITCHED: []}
    for start, stop in stretches:
        own = times[(times >= start) & (times < stop)]
        machine = many_in_step(own, events.waves.recording_rate, mains, known=found is not None)
        result[SWITCHED if machine else VOLUNTARY].append((start, stop))
    return result


def many_in_step(
    times_s: NDArray[np.float64], rate: float, mains: Mains | None, *, known: bool = False
) -> bool:
    """Whether of the intervals of events of any kind more are whole numbers of cycles than by chance.

    By chance one in ten is, to within a twentieth of a cycle; here it is to be one in four or more, with a
    probability of one in a million (one in a thousand where a machine is known). The number of
    cycles that is there most often does not count, so that a regular train is no machine.
    """
    intervals = np.diff(times_s)
    intervals = intervals[intervals <= LONGEST_S]
    return any(
        _stepping(intervals * half, int(rate / half)) < (_ONCE_KNOWN if known else FALSE_ALARM)
        for frequency in _frequencies(mains)
        for half in (frequency, 2 * frequency)
    )


def _stepping(cycles: NDArray[np.float64], phases: int) -> float:
    """Probability that so many of these intervals are whole by chance; 1 if hardly any are."""
    whole = np.round(cycles).astype(np.int64)
    if not len(whole) or phases < 1:
        return 1.0
    numbers, many = np.unique(whole, return_counts=True)
    own = (whole > 0) & (whole != numbers[np.argmax(many)])
    share = float(np.mean(np.abs(cycles - whole)[own] <= _NEAR_STEP)) if own.any() else 0.0
    chance = (1 + 2 * int(_NEAR_STEP * phases)) / phases
    return _tail(share, min(1.0, chance), int(own.sum())) if share >= _OF_STRETCH else 1.0


def _by_chance(mean: float, votes: int, phases: int) -> float:
    """Bound on the probability that so many cosines of phases at random have this mean or more.

    Chernoff (Ann Math Stat 1952;23:493) for as many phases, evenly spaced, as a cycle has samples. A vote
    that is itself a mean keeps the bound.
    """
    cosine = np.cos(2 * np.pi * np.arange(max(1, phases)) / max(1, phases))
    moments = np.log(np.exp(_SLOPES[:, None] * (cosine - 1)).mean(axis=1)) + _SLOPES * (1 - mean)
    return float(np.exp(votes * min(0.0, float(moments.min()))))


def _beside(times_s: NDArray[np.float64], spikes_s: NDArray[np.float64]) -> bool:
    """Whether most discharges of a unit are near spikes, where there are any, and by no chance.

    By chance they are near as often as the time near spikes is of the time where there are any. Discharges
    within 0.1 s of the last count once.
    """
    if not len(spikes_s):
        return False
    apart = np.diff(times_s, prepend=-np.inf) > BESIDE_S
    gap = distance(times_s[apart], spikes_s)
    gap = gap[gap <= LONGEST_S]
    chance = _covered(spikes_s, BESIDE_S) / _covered(spikes_s, LONGEST_S)
    share = float(np.mean(gap <= BESIDE_S)) if len(gap) else 0.0
    if share <= max(_MOST, chance):
        return False
    return _tail(share, chance, len(gap)) < _ONCE_KNOWN


def _with(times_s: NDArray[np.float64], spikes_s: NDArray[np.float64], mains_hz: float, rate: float) -> bool:
    """Whether a unit, too seldom to tell by itself, is whole cycles away from the nearest known spikes."""
    gap = distance(times_s, spikes_s)
    cosine = np.cos(2 * np.pi * mains_hz * gap[gap <= LONGEST_S])
    mean = float(cosine.mean()) if len(cosine) else 0.0
    return mean >= _IN_STEP and _by_chance(mean, len(cosine), int(rate / mains_hz)) < _ONCE_KNOWN


def _tail(share: float, chance: float, count: int) -> float:
    """Bound after Chernoff on the probability of such a share or more, where it is expected to be smaller."""
    if share <= chance:
        return 1.0
    surprise = share * np.log(share / chance)
    if share < 1:
        surprise += (1 - share) * np.log((1 - share) / (1 - chance))
    return float(np.exp(-count * surprise))


def _covered(times_s: NDArray[np.float64], reach_s: float) -> float:
    """Time within reach of any of these."""
    return float(np.minimum(np.diff(times_s), 2 * reach_s).sum() + 2 * reach_s)


def _frequencies(mains: Mains | None) -> list[float]:
    """What was measured in place of the nearer nominal frequency, and the other."""
    if mains is None:
        return list(NOMINAL_HZ)
    other = max(NOMINAL_HZ, key=lambda nominal: abs(nominal - mains.frequency_hz))
    return [mains.frequency_hz, other]
