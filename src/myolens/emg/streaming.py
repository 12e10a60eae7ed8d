"""Reading a recording block by block, filtered, on all cores, in bounded memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from myolens.emg.beats import Beats
from myolens.emg.filtering import Band, Mains
from myolens.emg.interpolation import FineSignal, fineness
from myolens.recording import MICROVOLTS_PER_UNIT, Recording, Signal

if TYPE_CHECKING:
    from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")

_DECAY_S, _MAINS_S = 0.2, 1.25
"""Read on either side of a block: the decay of the filters (to 2e-8, less than float32 resolves), or a
window of the mains fit."""

_BLOCK_VALUES = 1_500_000

_limits_lock = Lock()
_limits: list[threadpool_limits] = []
"""Of the analyses that run; the one that ends last restores what the first one found."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """The rows of a recording that are analysed, in µV (or their own unit), time-major.

    Attributes
    ----------
    recording : Recording
    rows : tuple of int
        Rows of the recording.
    band : Band
    beats : Beats or None
        Heartbeats to be taken out after filtering.
    gain : ndarray of float32, shape (channels,)
        µV (or the channel's own unit) per stored unit; offsets are left out, as the high-pass removes them.
    """

    recording: Recording
    rows: tuple[int, ...]
    band: Band
    beats: Beats | None = None
    lock: Lock = field(default_factory=Lock)
    gain: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        channels = [self.recording.channels[row] for row in self.rows]
        gain = [c.gain * MICROVOLTS_PER_UNIT.get(c.unit or "", 1.0) for c in channels]
        object.__setattr__(self, "gain", np.array(gain, np.float32))

    @property
    def samples(self) -> int:
        """Samples per channel."""
        return self.recording.samples

    @property
    def fineness(self) -> int:
        """Samples for each that was recorded."""
        return fineness(self.recording)

    def recorded(self, start: int, stop: int) -> NDArray[np.float32]:
        """Values of the samples start ≤ i < stop that were recorded; start and stop are whole ones."""
        signal = self.recording.signal
        own = signal.signal if isinstance(signal, FineSignal) else signal
        return self._scaled(own, start // self.fineness, stop // self.fineness)

    def raw(self, start: int, stop: int) -> NDArray[np.float32]:
        """Unfiltered values, shape (samples, channels), of the samples start ≤ i < stop."""
        return self._scaled(self.recording.signal, start, stop)

    def _scaled(self, signal: Signal, start: int, stop: int) -> NDArray[np.float32]:
        from myolens.emg.kernels import transpose_scaled

        everything = self.rows == tuple(range(len(self.recording.channels)))
        with self.lock:
            stored = signal.read(start, stop, slice(None) if everything else self.rows)
        if not stored.dtype.isnative:
            stored = stored.astype(stored.dtype.newbyteorder("="))
        x: NDArray[np.float32] = transpose_scaled(stored, self.gain)
        return (
            np.nan_to_num(x, copy=False, nan=0.0, posinf=0.0, neginf=0.0) if stored.dtype.kind == "f" else x
        )

    def both(
        self, start: int, stop: int, *, mains: Mains | None, level: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Raw and band-passed values of start ≤ i < stop, independent of the block's edges."""
        margin = self.margin(mains)
        low, high = max(0, start - margin), min(self.samples, stop + margin)
        raw = self.raw(low, high)
        core = slice(start - low, stop - low)
        kept = raw[core].copy()
        return kept, self.filtered(raw, mains, low, level, core)[core]

    def filtered(
        self,
        x: NDArray[np.float32],
        mains: Mains | None,
        first: int,
        level: NDArray[np.float32] | None = None,
        core: slice = slice(None),
    ) -> NDArray[np.float32]:
        """Band-pass x (samples, channels) in place, take out mains and beats; x[0] is sample `first`.

        Mains are taken out of the core only, a stretch of x a margin away from its ends or at those of the
        recording.
        """
        from myolens.emg.kernels import zero_phase

        zero_phase(x, self.band.sections)
        if mains is not None:
            unlimited = np.full(x.shape[1], np.inf, np.float32)
            mains.subtract(x, first, unlimited if level is None else level, core)
        if self.beats is not None:
            self.beats.subtract(x, first)
        return x

    def margin(self, mains: Mains | None) -> int:
        """Samples read on either side of a block, a whole number of averaged ones."""
        seconds, factor = _DECAY_S if mains is None else _MAINS_S, self.band.factor
        wavelet = int(self.band.halves.max())
        return factor * (int(np.ceil(seconds * self.recording.rate / factor)) + wavelet)

    @property
    def bin(self) -> int:
        """Samples in a bin of about 0.1 s, a whole number of averaged samples and of recorded ones."""
        unit = self.band.factor * self.fineness
        return unit * max(1, round(0.1 * self.recording.rate / unit))

    @property
    def frame(self) -> int:
        """Samples in a frame of about 1 s, ten bins: noise is estimated once a frame."""
        return 10 * self.bin

    def blocks(self, seconds: float | None = None) -> list[tuple[int, int]]:
        """(start, stop) of consecutive blocks of whole frames; sized for the cache unless given."""
        if seconds is None:
            seconds = float(np.clip(_BLOCK_VALUES / (len(self.rows) * self.recording.rate), 1.0, 120.0))
        length = self.frame * max(1, round(seconds * self.recording.rate / self.frame))
        return [(start, min(self.samples, start + length)) for start in range(0, self.samples, length)]


def in_order(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Apply the function to the items on all cores; results come in order, few are held at once."""
    workers = max(
        1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    workers = min(workers, 8)
    if workers == 1:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[Result]] = deque()
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) > workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextmanager
def products_on_one_thread() -> Iterator[None]:
    """Keep the matrix products of NumPy on the thread that asks for them; a decorator as well.

    Those of an analysis are small: other threads would spend more time waiting for their share than working,
    and the cores are busy with blocks already. The limit holds for the process, until the last analysis
    in it has ended.
    """
    from threadpoolctl import threadpool_limits

    with _limits_lock:
        _limits.append(threadpool_limits(1, user_api="blas"))
    try:
        yield
    finally:
        with _limits_lock:
            _limits.pop().restore_original_limits()
