"""A recording's least and greatest values at several resolutions, so that any view is quick.

Kept beside the uploaded file: ``<file>.envelope.npy`` holds, for every channel, the extremes of
bins of 64 samples and of ever eight times longer bins; finer views read the recording itself.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from myolens.recording import Recording

FINEST = 64
COARSER = 8
BLOCK_SAMPLES = 262_144


def level_lengths(samples: int) -> tuple[int, ...]:
    """Number of bins of each level, finest first; the last has at most 512."""
    lengths = [-(-samples // FINEST)]
    while lengths[-1] > 512:
        lengths.append(-(-lengths[-1] // COARSER))
    return tuple(lengths)


def write_envelope(recording: Recording, path: Path) -> None:
    """Write the pyramid of a recording, read block by block."""
    lengths = level_lengths(recording.samples)
    partial = path.with_name(path.name + ".partial")
    shape = (len(recording.channels), 2, sum(lengths))
    pyramid = np.lib.format.open_memmap(partial, mode="w+", dtype=np.float32, shape=shape)
    for start in range(0, recording.samples, BLOCK_SAMPLES):
        values = recording.microvolts(start, min(recording.samples, start + BLOCK_SAMPLES))
        short = -values.shape[1] % FINEST
        if short:
            values = np.pad(values, ((0, 0), (0, short)), mode="edge")
        bins = values.reshape(values.shape[0], -1, FINEST)
        place = slice(start // FINEST, start // FINEST + bins.shape[1])
        pyramid[:, 0, place], pyramid[:, 1, place] = bins.min(axis=2), bins.max(axis=2)
    begin = 0
    for finer, coarser in pairwise(lengths):
        edges = np.arange(0, finer, COARSER)
        end = begin + finer
        pyramid[:, 0, end : end + coarser] = np.minimum.reduceat(pyramid[:, 0, begin:end], edges, axis=1)
        pyramid[:, 1, end : end + coarser] = np.maximum.reduceat(pyramid[:, 1, begin:end], edges, axis=1)
        begin = end
    pyramid.flush()
    del pyramid
    partial.replace(path)


def view(
    recording: Recording, path: Path, row: int, start: int, stop: int, width: int
) -> NDArray[np.float32]:
    """Extremes of one channel over `width` columns of the samples start ≤ i < stop.

    Returns
    -------
    ndarray of float32, shape (2, columns)
        Least and greatest value; `columns` is at most `width` and at most the number of samples.
    """
    start, stop = max(0, start), min(recording.samples, stop)
    if stop <= start:
        return np.zeros((2, 0), np.float32)
    per_column = (stop - start) / width
    if per_column < FINEST:
        values = recording.microvolts(start, stop, [row])[0]
        return _columns(values, values, width)
    pyramid = np.load(path, mmap_mode="r")
    lengths = level_lengths(recording.samples)
    level, bin_samples, begin = 0, FINEST, 0
    while level + 1 < len(lengths) and bin_samples * COARSER <= per_column:
        begin += lengths[level]
        level, bin_samples = level + 1, bin_samples * COARSER
    first, last = start // bin_samples, min(lengths[level], -(-stop // bin_samples))
    part = pyramid[row, :, begin + first : begin + last]
    return _columns(part[0], part[1], width)


def _columns(least: NDArray[np.float32], greatest: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    if least.size <= width:
        return np.stack([least, greatest]).astype(np.float32)
    edges = np.linspace(0, least.size, width, endpoint=False).astype(np.int64)
    return np.stack([np.minimum.reduceat(least, edges), np.maximum.reduceat(greatest, edges)]).astype(
        np.float32
    )
