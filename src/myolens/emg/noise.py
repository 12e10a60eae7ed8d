"""A first look at the whole recording: noise per channel as it drifts, and how channels share it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from myolens.emg.filtering import Mains, find_mains
from myolens.emg.streaming import Source, in_order

_EVERYTHING = 60_000_000
"""Recordings of fewer samples in all are looked at whole, larger ones a quarter of one frame in four."""

_BASELINE_FRAMES = 10
_BASELINE_QUANTILE = 0.3
_DRIFT_PER_FRAME = 1.03
_DRIFT_LIMIT = 4.0
MAD_TO_SD = 1.4826
_FEW = 4
_ENOUGH_SAMPLES = 500
_MANY_CHANNELS = 16
_MAINS_CHANNELS = 16
_PIECE, _ENOUGH_STRETCHES = 128, 30


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """What the recording is like between discharges.

    Attributes
    ----------
    frames : ndarray of float32, shape (frames, channels)
        Robust standard deviation in the analysis band, as found in each frame of `Source.frame` samples.
    level : ndarray of float32, shape (frames, channels)
        The resting level: a running low quantile of `frames` that cannot rise faster than
        electrode noise drifts, so that a contraction does not become it.
    whitening : ndarray of float32, shape (channels, channels)
        Symmetric inverse square root of the shrunk correlation of the noise.
    even_scale, odd_scale : ndarray of float32, shape (widths, channels)
        One over twice the variance of the wavelet responses at rest.
    mains : Mains or None
        Interference to be subtracted.
    correlation : ndarray of float32, shape (channels, channels)
        Correlation of the unwhitened noise.
    power : ndarray of float32, shape (frequencies,)
        Spectrum of the whitened noise, evenly spaced from 0 to half of `power_rate`, mean 1.
    power_rate : float
        The rate of detection, Hz.
    fineness : int
        Samples for each that was recorded: there is noise in so much less of the spectrum.
    """

    frames: NDArray[np.float32]
    level: NDArray[np.float32]
    whitening: NDArray[np.float32]
    even_scale: NDArray[np.float32]
    odd_scale: NDArray[np.float32]
    mains: Mains | None
    correlation: NDArray[np.float32]
    power: NDArray[np.float32] = field(default_factory=lambda: np.ones(2, np.float32))
    power_rate: float = 1000.0
    fineness: int = 1

    @property
    def rise(self) -> NDArray[np.float32]:
        """Frame level over resting level: median over channels, or the largest of up to four."""
        ratio = self.frames / self.level
        return np.asarray(np.median(ratio, axis=1) if ratio.shape[1] > _FEW else ratio.max(axis=1))


def robust_sd(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """1.4826 × median |x| down the columns: the standard deviation if x is Gaussian about zero.

    Of longer columns some 500 samples, evenly spaced, are enough: the error is 5 %; of many channels
    125 of each, as what is made of them are medians over channels and frames.
    """
    from myolens.emg.quantiles import median_abs

    enough = _ENOUGH_SAMPLES // (4 if x.shape[1] > _MANY_CHANNELS else 1)
    level: NDArray[np.float32] = median_abs(x, max(1, len(x) // enough))
    return np.float32(MAD_TO_SD) * level


def survey(source: Source) -> Noise:
    """Estimate noise, its sharing between channels, and mains, from stretches of every frame."""
    frame = source.frame
    starts = list(range(0, source.samples, frame))
    some = slice(None, None, -(-len(source.rows) // _MAINS_CHANNELS))
    whole = in_order(lambda s: _standard(source, s, s + frame, None)[:, some], _spread(starts, 12))
    mains = find_mains(list(whole), source.band)
    stride, share = (1, 1.0) if source.samples * len(source.rows) <= _EVERYTHING else (4, 0.25)
    length = max(int(frame * share), source.band.factor * 48)
    looked = starts[::stride]

    def frame_level(start: int) -> NDArray[np.float32]:
        return robust_sd(_stretch(source, start, start + length, mains))

    frames = np.stack(list(in_order(frame_level, looked)))
    level = _baseline(frames, stride)
    quietness = np.median(frames / level, axis=1)
    quiet = [s for s, q in zip(looked, quietness, strict=True) if q <= np.median(quietness)]
    stretches = list(_detection_stretches(source, _spread(quiet, 120), length, mains))
    correlation, whitening = _whitening(stretches)
    even, odd = _response(stretches, source.band.halves, whitening)
    power, power_rate = _power(stretches, whitening), source.band.detection_rate
    level = np.repeat(level, stride, axis=0)[: len(starts)]
    frames = np.repeat(frames, stride, axis=0)[: len(starts)]
    return Noise(frames, level, whitening, even, odd, mains, correlation, power, power_rate, source.fineness)


def _spread(items: list[int], most: int) -> list[int]:
    """At most so many of the items, evenly spaced."""
    if len(items) <= most:
        return items
    return [items[round(i)] for i in np.linspace(0, len(items) - 1, most)]


def _stretch(source: Source, start: int, stop: int, mains: Mains | None) -> NDArray[np.float32]:
    """Band-passed values of a short stretch with a short margin; one fit of the mains over all of it."""
    margin = int(0.15 * source.recording.rate)
    low, high = max(0, start - margin), min(source.samples, stop + margin)
    x = source.filtered(source.raw(low, high), None, low)
    if mains is not None:
        mains.subtract_whole(x)
    return x[start - low : stop - low]


def _standard(source: Source, start: int, stop: int, mains: Mains | None) -> NDArray[np.float32]:
    """A stretch in units of its own robust deviation; channels without any are zero."""
    x = _stretch(source, start, stop, mains)
    level = robust_sd(x)
    return np.asarray(x / np.where(level > 0, level, np.inf), np.float32)


def _baseline(frames: NDArray[np.float32], stride: int) -> NDArray[np.float32]:
    """Running low quantile of each channel's frames, which may change by 3 % a second at most.

    Electrode noise drifts over minutes, by a factor of two in half a minute at the fastest (estimate); what
    rises faster, or above four times the recording's own low level, is activity.
    """
    from myolens.emg.quantiles import running_quantile

    around = ((_BASELINE_FRAMES, _BASELINE_FRAMES), (0, 0))
    padded = np.pad(frames, around, mode="reflect" if len(frames) > _BASELINE_FRAMES else "edge")
    level = running_quantile(padded, _BASELINE_FRAMES, _BASELINE_QUANTILE)[_BASELINE_FRAMES:-_BASELINE_FRAMES]
    level = np.minimum(level, _DRIFT_LIMIT * np.quantile(frames, 0.1, axis=0))
    for along in (level, level[::-1]):
        for at in range(1, len(along)):
            along[at] = np.minimum(along[at], along[at - 1] * _DRIFT_PER_FRAME**stride)
    positive = np.where(level > 0, level, np.nan)
    floor = np.nanmin(positive, axis=0, initial=np.inf, where=np.isfinite(positive))
    return np.where(level > 0, level, np.where(np.isfinite(floor), floor, 1.0)).astype(np.float32)


def _detection_stretches(
    source: Source, starts: list[int], length: int, mains: Mains | None
) -> Iterator[NDArray[np.float32]]:
    """Quiet stretches in noise units, at the rate of the statistic."""
    from myolens.emg.statistic import decimate

    def one(start: int) -> NDArray[np.float32]:
        x = _standard(source, start, start + length, mains)
        ones = np.ones((1, x.shape[1]), np.float32)
        return np.clip(decimate(x, source.band.factor, ones, 0, len(x)), -4, 4)

    return in_order(one, starts)


def _whitening(
    stretches: list[NDArray[np.float32]],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Correlation of the quiet stretches, and its inverse square root after shrinkage to the identity.

    Shrinkage follows the oracle-approximating rule of Chen, Wiesel, Eldar & Hero (IEEE Trans Signal
    Process 2010;58:5016) with a floor of 0.02, as neighbouring samples are not independent.
    """
    channels = stretches[0].shape[1]
    total = np.zeros((channels, channels))
    count = 0
    for z in stretches:
        total += z.T.astype(float) @ z
        count += len(z)
    scatter = total / max(count, 1)
    variance = np.diag(scatter)
    scale = np.sqrt(np.where(variance > 0, variance, 1.0))
    correlation = scatter / np.outer(scale, scale)
    np.fill_diagonal(correlation, 1.0)
    if channels == 1:
        return correlation.astype(np.float32), np.ones((1, 1), np.float32)
    independent = max(count / 4, 1)
    square = float(np.sum(correlation**2))
    shrink = ((1 - 2 / channels) * square + channels**2) / (
        (independent + 1 - 2 / channels) * max(square - channels, 1e-9)
    )
    shrink = float(np.clip(shrink, 0.02, 1.0))
    values, vectors = np.linalg.eigh((1 - shrink) * correlation + shrink * np.eye(channels))
    whitening = (vectors / np.sqrt(np.maximum(values, 1e-6))) @ vectors.T
    return correlation.astype(np.float32), (whitening / scale[:, None]).astype(np.float32)


def _power(stretches: list[NDArray[np.float32]], whitening: NDArray[np.float32]) -> NDArray[np.float32]:
    """Median spectrum of the whitened noise over pieces of quiet stretches and some of the channels.

    The median keeps discharges out, which are in few of the pieces.
    """
    some = whitening[:, :: -(-len(whitening) // _MAINS_CHANNELS)]
    window = np.hanning(_PIECE)[:, None].astype(np.float32)
    enough = stretches[:: -(-len(stretches) // _ENOUGH_STRETCHES)] if len(some) > _FEW else stretches
    pieces = [
        np.abs(np.fft.rfft((x[k : k + _PIECE] @ some) * window, axis=0)) ** 2
        for x in enough
        for k in range(0, len(x) - _PIECE + 1, _PIECE)
    ]
    if not pieces:
        return np.ones(_PIECE // 2 + 1, np.float32)
    power = np.median(np.concatenate(pieces, axis=1), axis=1)
    return np.asarray(power / max(float(power.mean()), 1e-12), np.float32)


def _response(
    stretches: list[NDArray[np.float32]], halves: NDArray[np.int64], whitening: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One over twice the robust variance of the wavelet responses of each whitened channel at rest."""
    from myolens.emg.statistic import mix, wavelets

    margin = int(halves.max())
    even_sd: list[NDArray[np.float32]] = []
    odd_sd: list[NDArray[np.float32]] = []
    for x in stretches:
        if len(x) < 4 * margin:
            continue
        z = np.empty_like(x)
        mix(x, whitening, z)
        pairs = [wavelets(z, int(half)) for half in halves]
        even_sd.append(np.stack([robust_sd(even[margin:-margin]) for even, _ in pairs]))
        odd_sd.append(np.stack([robust_sd(odd[margin:-margin]) for _, odd in pairs]))
    if not even_sd:
        even_sd = odd_sd = [np.sqrt(2.0 * halves)[:, None] * np.ones(len(whitening))]
    even, odd = (np.median(np.stack(sds), axis=0) for sds in (even_sd, odd_sd))
    return (
        (0.5 / np.maximum(even, 1e-6) ** 2).astype(np.float32),
        (0.5 / np.maximum(odd, 1e-6) ** 2).astype(np.float32),
    )
