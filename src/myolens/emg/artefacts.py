"""What stands out of the noise and is no potential: electrode pops and slow deflections."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myolens.emg.detection import Scan
from myolens.emg.interpolation import limited
from myolens.emg.noise import MAD_TO_SD
from myolens.emg.streaming import Source
from myolens.emg.waveforms import BEFORE_S, Waveforms

RINGING_S = 0.08
"""Within this distance of an artefact what is much smaller is its ringing."""

_DISPLACEMENT = 0.35
_DOMINANCE = 4.0
_SPREAD = 1.3
_DECAYS_S = (0.005, 0.01, 0.02, 0.05, 0.2)
_RISE_S = 0.002
_LIKENESS, _ITSELF = 0.85, 0.92
_LOPSIDED = 0.02
_SHIFT_S = 0.004
_AROUND_S, _ALIKE, _OTHERS_SIZE, _SAME_SIZE = 0.010, 0.9, 1.3, 1.2
_FEWEST_OTHERS, _FEWEST_LIKE = 2, 4
_RINGING = 0.35
_FEWEST_TO_SPREAD, _MOVING_S, _PART, _SAME_SPREAD = 4, 2.0, 0.5, 0.96
_DENSE_CHANNELS = 8
_DENSE_SPACING_MM = 15.0
_DENSE_WITHOUT_POSITIONS = 32
SLOW_HZ, SLOW_SHARE = 50.0, 0.3
"""What has less of its energy above the frequency than the share is no potential of muscle."""


def electrode_pops(waves: Waveforms, source: Source, result: Scan) -> NDArray[np.bool_]:
    """Electrode pops: a decaying step, known by its shape, or one electrode alone in a dense grid.

    The discharge of an electrode–skin junction rises at once and decays over 5–200 ms, where a potential
    rises and falls alike and ends where it began. An event is a pop if the raw signal is displaced by it
    and it is shaped like a filtered decaying step, or if it is nearly nothing else and less like the
    same run backwards. What is near and much smaller is the ringing of its filtered step. Volume
    conduction spreads a potential over neighbouring electrodes 8 mm apart (correlation 0.96 in a real
    grid); a pop stays on its own.
    """
    wander = MAD_TO_SD * np.median(np.abs(np.diff(result.mean, axis=0)), axis=0)
    displaced = np.abs(waves.slow) > np.maximum(
        _DISPLACEMENT * waves.peak, 4 * np.maximum(wander[waves.channel], waves.level)
    )
    onward, backward = pop_likeness(waves, source)
    pops = displaced & (onward > _LIKENESS)
    pops |= (onward > _ITSELF) & (displaced | (onward > backward + _LOPSIDED))
    pops &= ~_repeated(waves, pops)
    if is_dense(source):
        pops |= _alone(waves)
    return _with_ringing(pops, waves)


def slow_deflections(waves: Waveforms, level: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Events of which less than three tenths of the energy lies above 50 Hz: movement, not muscle.

    With what is part of the same movement; `level` is the noise of every channel.

    What movement adds lies at the low end of the spectrum (De Luca et al., J Biomech 2010;43:1573). Both
    limits are project estimates, between what was measured here: of 1200 real potentials 99 % had more
    than 0.41 of their energy above 50 Hz, of deflections by moved cables and electrodes 95 % less than 0.24.
    """
    x = waves.windows[np.arange(len(waves.sample)), :, waves.channel]
    power = np.abs(np.fft.rfft(x * np.hanning(x.shape[1]) ** 0.25, 8 * x.shape[1], axis=1)) ** 2
    frequency = np.fft.rfftfreq(8 * x.shape[1], 1 / waves.rate)
    above = power[:, frequency >= SLOW_HZ].sum(axis=1) / np.maximum(power.sum(axis=1), 1e-12)
    slow = above < SLOW_SHARE
    return _with_ringing(slow | of_movement(waves, waves.where(slow), level), waves)


def of_movement(waves: Waveforms, slow: Waveforms, level: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Events within 2 s of a slow one twice as large or more that spread over the channels as it does.

    A cable or a limb that moves does so with starts and stops, each in the same proportions on all
    electrodes; muscle near them has its own (in mixtures cosines below 0.95, of parts of a movement above).
    """
    result = np.zeros(len(waves.sample), bool)
    if len(level) < _FEWEST_TO_SPREAD or not len(slow.sample) or not len(result):
        return result
    spread, size = _spread(waves, level), waves.peak / waves.level
    rate = waves.recording_rate
    for sample, own, large in zip(slow.sample, _spread(slow, level), slow.peak / slow.level, strict=True):
        reach = [sample - _MOVING_S * rate, sample + _MOVING_S * rate]
        near = slice(*np.searchsorted(waves.sample, reach))
        result[near] |= (size[near] < _PART * large) & (spread[near] @ own > _SAME_SPREAD)
    return result


def _spread(waves: Waveforms, level: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much of what the strongest channel shows each one shows, over its noise; length 1 per event."""
    each = [(x[:, channel] @ x) / level for x, channel in zip(waves.windows, waves.channel, strict=True)]
    spread = np.stack(each)
    return np.asarray(spread / np.maximum(np.linalg.norm(spread, axis=1, keepdims=True), 1e-12))


def _with_ringing(chosen: NDArray[np.bool_], waves: Waveforms) -> NDArray[np.bool_]:
    """These events, and what follows or precedes one within 80 ms and is smaller than 0.35 of it."""
    times = waves.sample / waves.recording_rate
    result = chosen.copy()
    for i in np.flatnonzero(chosen):
        result |= (np.abs(times - times[i]) <= RINGING_S) & (waves.peak < _RINGING * waves.peak[i])
    return result


def _repeated(waves: Waveforms, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the chosen events have two like ones among the others, or four among all.

    Alike are deflections with a correlation above 0.9 within 10 ms and with sizes that differ by less than a
    factor of 1.3 for the others, or of 1.2: charges that break through an electrode's junction differ in
    size from one to the next, a unit's potential varies by a tenth. The limits are project estimates,
    checked on made pops and real potentials.
    """
    result = np.zeros(len(chosen), bool)
    centre, reach = round(BEFORE_S * waves.rate), round(_AROUND_S * waves.rate)
    x = waves.windows[:, max(0, centre - reach) : centre + reach + 1]
    for i in np.flatnonzero(chosen):
        near = x[:, :, waves.channel[i]]
        size = np.maximum(np.linalg.norm(near, axis=1), 1e-12)
        like = near @ near[i] > _ALIKE * size * size[i]
        ratio = np.maximum(size, size[i]) / np.minimum(size, size[i])
        others = np.count_nonzero(like & ~chosen & (ratio < _OTHERS_SIZE))
        result[i] = others >= _FEWEST_OTHERS or np.count_nonzero(like & (ratio < _SAME_SIZE)) > _FEWEST_LIKE
    return result


def _alone(waves: Waveforms) -> NDArray[np.bool_]:
    """Seen on one electrode only."""
    ordered = np.sort(waves.ratios, axis=1)
    alone = (ordered[:, -1] > _DOMINANCE * ordered[:, -2]) | (waves.spread < _SPREAD)
    return np.asarray(alone)


def pop_likeness(waves: Waveforms, source: Source) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Largest correlation of each event with filtered steps that decay with 5–200 ms, shifts up to 4 ms.

    The second is that with the same steps run backwards.
    """
    from myolens.emg.kernels import zero_phase

    rate = waves.recording_rate
    step = round(rate / waves.rate)
    long = round(0.5 * rate)
    after = np.arange(long)[:, None] / rate
    decay = np.exp(-after / np.array(_DECAYS_S))
    bank = np.concatenate([decay, decay * (1 - np.exp(-after / _RISE_S))], axis=1)
    made = np.concatenate([np.zeros_like(bank), bank]).astype(np.float32)
    made = limited(made, source.fineness)
    zero_phase(made, source.band.sections)
    length, reach = waves.windows.shape[1], round(_SHIFT_S * waves.rate)
    before = round(BEFORE_S * waves.rate)
    x = waves.windows[np.arange(len(waves.sample)), :, waves.channel]
    x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12)

    def best(shapes: NDArray[np.float32]) -> NDArray[np.float64]:
        first = np.argmax(np.abs(shapes), axis=0) - before * step
        parts = np.stack(
            [
                shape[start + shift * step :][: length * step : step]
                for shape, start in zip(shapes.T, first, strict=True)
                for shift in range(-reach, reach + 1)
            ],
            axis=1,
        )
        return np.asarray(np.max(np.abs(x @ (parts / np.linalg.norm(parts, axis=0))), axis=1))

    return best(made), best(made[::-1])


def is_dense(source: Source) -> bool:
    """Whether the electrodes are a grid in which neighbours see the same potential."""
    places = [source.recording.channels[row].position_mm for row in source.rows]
    known = np.array([place for place in places if place is not None], float)
    if len(known) >= _DENSE_CHANNELS:
        gaps = np.linalg.norm(known[:, None] - known[None, :], axis=2)
        np.fill_diagonal(gaps, np.inf)
        return bool(np.median(gaps.min(axis=1)) <= _DENSE_SPACING_MM)
    return len(places) >= _DENSE_WITHOUT_POSITIONS
