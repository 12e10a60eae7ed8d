"""Where nothing can be read: gaps, lost signal, clipping, and movement that an accelerometer shows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from myolens.emg.counting import Stretches
from myolens.emg.detection import Scan
from myolens.emg.exclusion import CLIPPING, GAP, MOVEMENT, NO_SIGNAL, runs
from myolens.emg.filtering import RINGING_S
from myolens.emg.noise import MAD_TO_SD, Noise
from myolens.emg.stimulation import STIMULATION
from myolens.emg.streaming import Source
from myolens.recording import ChannelKind, Recording

_PINNED_SAMPLES = 3
_CLIPPED_LEVELS = 10.0
_MOVED = 15.0


def disturbed(source: Source, noise: Noise, scan: Scan, evoked: Stretches) -> dict[str, Stretches]:
    """What no event tells of: stimuli, gaps, lost signal, clipping, movement that an accelerometer shows."""
    return {
        STIMULATION: evoked,
        GAP: [(gap.start_s, gap.end_s) for gap in source.recording.gaps],
        NO_SIGNAL: silent(source, scan),
        CLIPPING: clipped(source, scan, np.median(noise.level, axis=0)),
        MOVEMENT: moved(source.recording),
    }


def clipped(source: Source, scan: Scan, level: NDArray[np.float32]) -> Stretches:
    """Stretches in which a channel stays on its extreme value for three samples or more, with what rings."""
    top, bottom = scan.high.max(axis=0), scan.low.min(axis=0)
    far = np.abs(scan.flat_value - np.median(scan.mean, axis=0)) > _CLIPPED_LEVELS * level
    pinned = (scan.flat >= _PINNED_SAMPLES) & far & ((scan.flat_value == top) | (scan.flat_value == bottom))

    def extreme(x: NDArray[np.float32], channels: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.asarray((((x[1:] == top) | (x[1:] == bottom)) & (x[1:] == x[:-1]))[:, channels])

    return _to_the_sample(source, pinned, extreme, _PINNED_SAMPLES)


def silent(source: Source, scan: Scan) -> Stretches:
    """Stretches in which no channel changes for more than half of a bin, with the ringing of their ends."""
    width = source.bin // source.fineness
    still: NDArray[np.bool_] = np.all(scan.flat > width / 2, axis=1, keepdims=True)

    def unchanged(x: NDArray[np.float32], channels: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.asarray(np.all(x[1:] == x[:-1], axis=1, keepdims=True))

    return _to_the_sample(source, still, unchanged, width // 2)


def moved(recording: Recording) -> Stretches:
    """Stretches in which an accelerometer of the recording shows movement of the limb.

    The change of acceleration within 0.1 s, over all axes, is above fifteen times its robust
    deviation for 0.3 s or longer; a fasciculation moves the skin for less.
    """
    rows = recording.indices(ChannelKind.ACCELERATION)
    width = max(2, round(0.1 * recording.rate))
    if not rows or recording.samples < 10 * width:
        return []
    sizes = []
    for start in range(0, recording.samples - width + 1, 200 * width):
        x = recording.physical(start, min(start + 200 * width, recording.samples), rows)
        x = x[:, : x.shape[1] // width * width].reshape(len(rows), -1, width)
        sizes.append(np.sqrt(np.sum(np.var(x, axis=2), axis=0)))
    size = np.concatenate(sizes)
    usual = float(np.median(size))
    spread = MAD_TO_SD * float(np.median(np.abs(size - usual)))
    active = size > usual + _MOVED * max(spread, 1e-3 * usual, 1e-12)
    bin_s = width / recording.rate
    return [((a - 2) * bin_s, (b + 2) * bin_s) for a, b in runs(active) if (b - a) * bin_s >= 0.29]


def _to_the_sample(
    source: Source,
    bins: NDArray[np.bool_],
    held: Callable[[NDArray[np.float32], NDArray[np.bool_]], NDArray[np.bool_]],
    least: int,
) -> Stretches:
    """Runs of bins cut down to where the signal is held, and what rings on either side.

    Parameters
    ----------
    bins : ndarray of bool, shape (bins, channels or 1)
        In which it is held.
    held : callable
        Which samples of a stretch, from the second on, are as the one before, on some of the channels.
    least : int
        Samples that a run of these has to have, as noise in steps repeats itself too.
    """
    fine = source.fineness
    rate, width, samples = source.recording.rate / fine, source.bin // fine, source.samples // fine

    def among(first: int, last: int, channels: NDArray[np.bool_]) -> NDArray[np.int64]:
        low, high = max(0, first * width), min(samples, last * width)
        same = runs(np.asarray(held(source.recorded(low * fine, high * fine), channels).any(axis=1)))
        return low + same[same[:, 1] - same[:, 0] >= least - 1].ravel()

    spans = []
    for a, b in runs(np.asarray(bins.any(axis=1))):
        channels = np.asarray(bins[a:b].any(axis=0))
        start = among(a - 1, a + 1, channels).min(initial=(a + 1) * width)
        stop = among(b - 2, b + 1, channels).max(initial=(b - 1) * width)
        spans.append((float(start / rate) - RINGING_S, float(stop / rate) + RINGING_S))
    return spans
