"""Crowds of discharges that no will made: doublets, grouped discharges, runs and chance meetings of units."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from myolens.emg.noise import Noise
from myolens.emg.waveforms import BEFORE_S, Waveforms

GROUP_S, RUN_S = 0.9, 1.8
"""A grouped discharge is shorter than the first, a run of one unit than the second; voluntary contractions
mostly last longer (estimates)."""

CARRIED_S = 0.3
"""At will a unit hardly fires at longer intervals than this. Discharges more than 0.25 s from their like are
called isolated; they set motor neuron disease apart (Sleutjes et al., Muscle Nerve 2016;53:227)."""

_FEWEST_IN_GROUP, _EVENTS_PER_SHAPE, _REPEATED = 3, 3, 0.8
_ALIKE, _ALIKE_SIZE, _AROUND_S, _SHIFT_S = 0.9, 0.6, 0.010, 0.006
_DEVIATIONS, _LEAST_ALIKE = 1.64, 0.7
_MOST_KNOWN, _FEWEST_LIKE = 4, 2
_FAMILIAR, _EVEN, _EVENLY = 2 / 3, 4, 1 / 3
_CHANCE, _LEAST_SIZE, _BESIDE_S = 0.01, 5.0, 2.0


def of_units(waves: Waveforms, others: Waveforms, noise: Noise, *, seconds: float, dense: bool) -> bool:
    """Whether the events of a crowd are of a few units by themselves, and not an effort.

    Parameters
    ----------
    waves : Waveforms
        Events of the crowd, in order of time.
    others : Waveforms
        Those that stand apart from all crowds.
    noise : Noise
    seconds : float
        How long the crowd lasts.
    dense : bool
        Whether it holds activity without a pause for longer than two potentials on top of one another.

    Noise is allowed for in the likeness of potentials five times its level or more, at the median: of
    smaller ones hardly two can be told apart.
    """
    if seconds <= GROUP_S and (_grouped(waves, None) or _known(waves, others)):
        return True
    if not dense and _familiar(waves, others):
        return True
    if seconds > RUN_S or (dense and seconds > GROUP_S):
        return False
    if not len(waves.sample) or np.median(waves.ratios.max(axis=1)) < _LEAST_SIZE:
        return False
    if _in_step(waves, noise) or _goes_on(waves, others, noise):
        return False
    return (seconds <= GROUP_S and _grouped(waves, noise)) or (not dense and _run(waves, noise))


def _in_step(waves: Waveforms, noise: Noise) -> bool:
    """Whether events keep step with the mains, or with its half cycles, as what is left of it does.

    The phases of others agree as well as theirs once in a hundred times (Rayleigh's test: Mardia & Jupp,
    Directional Statistics, 2000, ch. 6).
    """
    if noise.mains is None or not len(waves.sample):
        return False
    turns = noise.mains.frequency_hz * waves.sample / waves.recording_rate
    return any(
        np.abs(np.exp(2j * np.pi * order * turns).sum()) ** 2 > -np.log(_CHANCE) * len(turns)
        for order in (1, 2)
    )


def _goes_on(waves: Waveforms, others: Waveforms, noise: Noise) -> bool:
    """Whether the potential that is most frequent comes twice more in the two seconds before and after.

    A volley breaks a silence; a unit of a muscle that is not relaxed fires on.
    """
    near_s = _BESIDE_S * waves.recording_rate
    beside = others.where(
        (others.sample > waves.sample[0] - near_s) & (others.sample < waves.sample[-1] + near_s)
    )
    if len(beside.sample) < _FEWEST_LIKE:
        return False
    own = int(np.argmax(alike(waves, waves, noise, shift_s=_SHIFT_S).sum(axis=1)))
    like = alike(waves.where(np.array([own])), beside, noise, shift_s=_SHIFT_S)
    return bool(like.sum() >= _FEWEST_LIKE)


def _known(waves: Waveforms, others: Waveforms) -> bool:
    """Whether the events of a short stretch, four at most, are all potentials that came on their own too.

    Two units may fire at nearly the same time, and a doublet lasts as long as a brief effort. Each event is
    to have two like ones among those that stand apart.
    """
    if not 0 < len(waves.sample) <= _MOST_KNOWN or len(others.sample) < _FEWEST_LIKE:
        return False
    return bool(np.all(_come_alone(waves, others) >= _FEWEST_LIKE))


def _familiar(waves: Waveforms, others: Waveforms) -> bool:
    """Whether most events of a stretch are potentials that came on their own too, more often than here.

    An effort recruits units that are silent at rest, in an interference pattern or in a regular train: in
    efforts one event in four at most was known from elsewhere, in crowds of discharges mostly three (ours).
    """
    if not 0 < len(waves.sample) <= len(others.sample):
        return False
    known = _come_alone(waves, others) >= _FEWEST_LIKE
    return bool(known.mean() >= _FAMILIAR) and not _regular(waves)


def _come_alone(waves: Waveforms, others: Waveforms) -> NDArray[np.int64]:
    """How many others each event resembles that have no like one within 0.3 s.

    At will a unit hardly fires more slowly than that: what does is not of an effort that went unnoticed.
    """
    times_s = others.sample / others.recording_rate

    def alone(like: NDArray[np.bool_]) -> int:
        far = np.diff(times_s[like], prepend=-np.inf, append=np.inf) > CARRIED_S
        return int(np.count_nonzero(far[:-1] & far[1:]))

    return np.array([alone(like) for like in alike(waves, others, shift_s=_SHIFT_S)], np.int64)


def _regular(waves: Waveforms) -> bool:
    """Whether a potential comes five times at even intervals, as at will (Clamann, Biophys J 1969;9:1233)."""
    times_s = waves.sample / waves.recording_rate
    for like in alike(waves, waves, shift_s=_SHIFT_S):
        gaps = np.diff(times_s[like])
        parts = (gaps[k : k + _EVEN] for k in range(len(gaps) - _EVEN + 1))
        if any(part.max() <= CARRIED_S and part.std() < _EVENLY * part.mean() for part in parts):
            return True
    return False


def _grouped(waves: Waveforms, noise: Noise | None) -> bool:
    """Whether the events of a short stretch are one or two potentials over and over: a grouped discharge.

    Fasciculations come as doublets, multiplets and volleys too, which begin and end in silence. An
    effort that brief is an interference pattern, in which hardly a potential looks like another; a
    volley repeats its own. So there are to be three events for every shape, and four in five are to have
    a like one: shares that are estimates, set on simulated motor neuron disease and on real bursts and
    interference.
    """
    count = len(waves.sample)
    if count < _FEWEST_IN_GROUP:
        return False
    like = alike(waves, waves, noise, shift_s=_SHIFT_S if noise else 0.0)
    left, shapes = np.ones(count, bool), 0
    while left.any():
        seed = int(np.argmax(np.where(left, np.sum(like & left, axis=1), -1)))
        left &= ~like[seed]
        left[seed] = False
        shapes += 1
    repeated = np.mean(like.sum(axis=1) > 1)
    return bool(count >= _EVENTS_PER_SHAPE * shapes and repeated >= _REPEATED)


def _run(waves: Waveforms, noise: Noise) -> bool:
    """Whether a stretch is one unit that fires for a second or two, unevenly.

    Of fasciculating units some fire in runs at intervals near 80 ms (Kleine et al., Neurology
    2008;70:353). At will a unit that fires so fast has others beside it and keeps its pace: intervals
    deviate by a tenth or two (Clamann, Biophys J 1969;9:1233). So four events in five are to be of one
    shape, and their intervals are to deviate by a third.
    """
    if len(waves.sample) < _FEWEST_IN_GROUP:
        return False
    like = alike(waves, waves, noise, shift_s=_SHIFT_S)
    own = like[int(np.argmax(like.sum(axis=1)))]
    gaps = np.diff(waves.sample[own])
    return bool(own.mean() >= _REPEATED and len(gaps) >= _EVEN and gaps.std() >= _EVENLY * gaps.mean())


def alike(
    waves: Waveforms, others: Waveforms, noise: Noise | None = None, *, shift_s: float = 0.0
) -> NDArray[np.bool_]:
    """Which others each event resembles in shape and size, on the channels that show it best.

    The correlation within 10 ms of the deflection is to be above 0.9 and the size to differ by less than a
    factor of 0.6: where noise is given, without what it adds to energies and as far as it lets them be known.
    Of two lobes of like size noise decides which is the larger: a shift brings the same ones together.
    """
    centre, reach, shift = (round(s * waves.rate) for s in (BEFORE_S, _AROUND_S, shift_s))
    near = slice(max(0, centre - reach), centre + reach + 1)
    everyone = np.arange(len(others.sample))[:, None]
    level = np.ones(waves.windows.shape[2]) if noise is None else np.median(noise.level, axis=0)
    result = np.zeros((len(waves.sample), len(others.sample)), bool)
    for i, ratios in enumerate(waves.ratios):
        best = ratios >= ratios.max() / 2
        own = waves.windows[i, near][:, best] / level[best]
        at = np.arange(near.start, near.stop)[None, :]
        if shift:
            one = others.windows[:, near.start - shift : near.stop + shift, waves.channel[i]]
            places = sliding_window_view(one, near.stop - near.start, axis=1)
            at = at + np.argmax(places @ waves.windows[i, near, waves.channel[i]], axis=1)[:, None] - shift
        x = others.windows[:, :, best][everyone, at] / level[best]
        product = np.einsum("kij,ij->k", x, own)
        energy, of_own = np.einsum("kij,kij->k", x, x), float(np.sum(own * own))
        if noise is None:
            size = np.sqrt(np.maximum(energy, 1e-24) / max(of_own, 1e-24))
            like = (size > _ALIKE_SIZE) & (size < 1 / _ALIKE_SIZE)
            result[i] = like & (product > _ALIKE * np.sqrt(energy * of_own))
            continue
        clean = np.maximum(energy - own.size * others.power, 0.1 * energy)
        of_clean = max(of_own - own.size * float(waves.power[i]), 0.1 * of_own)
        size = np.sqrt(clean / of_clean)
        alone = max(1.0, waves.rate / noise.power_rate) * float(np.mean(np.square(noise.power)))
        unsure = _DEVIATIONS * np.sqrt(alone * (clean + of_clean + own.size))
        expected = np.sqrt(clean * of_clean)
        like = (size > _ALIKE_SIZE) & (size < 1 / _ALIKE_SIZE)
        result[i] = like & (product > np.maximum(_ALIKE * expected - unsure, _LEAST_ALIKE * expected))
    return result
