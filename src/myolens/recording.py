"""The one signal type: what a file or the simulation gives and the analysis takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from myolens.errors import InputError

MICROVOLTS_PER_UNIT: Mapping[str, float] = {"V": 1e6, "mV": 1e3, "uV": 1.0, "nV": 1e-3}
"""Microvolts in one of each voltage unit, keyed by the spelling `Channel.unit` uses."""


class ChannelKind(StrEnum):
    """What a channel measures."""

    SURFACE_EMG = "surface_emg"
    NEEDLE_EMG = "needle_emg"
    ECG = "ecg"
    ACCELERATION = "acceleration"
    GYROSCOPE = "gyroscope"
    FORCE = "force"
    TRIGGER = "trigger"
    OTHER = "other"


EMG_KINDS = frozenset({ChannelKind.SURFACE_EMG, ChannelKind.NEEDLE_EMG})


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel of a recording.

    Attributes
    ----------
    name : str
        As the file gives it; unique within a recording (readers number duplicates).
    unit : str or None
        Physical unit after ``stored * gain + offset``: ``"uV"``, ``"mV"``, ``"V"``,
        ``"g"``, ``"m/s^2"``, ``"deg/s"``, ...; None where the file does not say.
    kind : ChannelKind
        What it measures; ``other`` where neither the file nor the name tells.
    gain, offset : float
        Physical value = stored value × gain + offset.
    position_mm : tuple of float or None
        (x, y) of the electrode on its grid, x along columns and y along rows.
    """

    name: str
    unit: str | None = None
    kind: ChannelKind = ChannelKind.OTHER
    gain: float = 1.0
    offset: float = 0.0
    position_mm: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Annotation:
    """A mark in the recording: onset and duration in seconds from its first sample."""

    onset_s: float
    duration_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a recording, in seconds from its first sample, with the reason it is named."""

    start_s: float
    end_s: float
    reason: str


@runtime_checkable
class Signal(Protocol):
    """Stored samples, read block by block in the file's own number type."""

    @property
    def shape(self) -> tuple[int, int]:
        """(channels, samples)."""
        ...

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Number type of the stored samples."""
        ...

    def read(self, start: int, stop: int, channels: Sequence[int] | slice = ...) -> NDArray[np.generic]:
        """Stored values, shape (channels, stop − start), of the samples start ≤ i < stop."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class ArraySignal:
    """A `Signal` over an array or memory map of shape (channels, samples)."""

    values: NDArray[np.generic]

    def __post_init__(self) -> None:
        if self.values.ndim != 2:
            raise ValueError(f"a signal is channels × samples, not {self.values.ndim}-dimensional")

    @property
    def shape(self) -> tuple[int, int]:
        """(channels, samples)."""
        return (self.values.shape[0], self.values.shape[1])

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """Number type of the stored samples."""
        return self.values.dtype

    def read(
        self, start: int, stop: int, channels: Sequence[int] | slice = slice(None)
    ) -> NDArray[np.generic]:
        """Stored values, shape (channels, stop − start)."""
        return self.values[channels, start:stop]


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """Signals of one rate on one clock, with what is known about them. Immutable.

    Attributes
    ----------
    signal : Signal
        Stored samples, channels × samples.
    rate : float
        Samples per second, the same for every channel.
    channels : tuple of Channel
        One per row of the signal.
    annotations : tuple of Annotation
        Marks that came with the file, or that the simulation states as truth.
    gaps : tuple of Span
        Stretches where nothing was recorded (discontinuous files); the signal
        holds zeros there and analysis leaves them out.
    start : datetime or None
        Clock time of the first sample, where known.
    source : str
        File name (never a full path) or description of the simulation.
    notes : tuple of str
        What the reader had to say: assumptions, repairs, missing units.
    """

    signal: Signal
    rate: float
    channels: tuple[Channel, ...]
    annotations: tuple[Annotation, ...] = ()
    gaps: tuple[Span, ...] = ()
    start: datetime | None = None
    source: str = ""
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if not (np.isfinite(self.rate) and self.rate > 0):
            raise InputError(f"the sampling rate is {self.rate} Hz", where=self.source or None)
        if self.signal.shape[0] != len(self.channels):
            raise ValueError(f"{len(self.channels)} channels described, {self.signal.shape[0]} in the signal")
        names = [channel.name for channel in self.channels]
        if len(set(names)) != len(names):
            raise ValueError("channel names are not unique")

    @classmethod
    def from_array(
        cls,
        values: NDArray[np.generic],
        rate: float,
        channels: Sequence[Channel],
        *,
        annotations: Sequence[Annotation] = (),
        gaps: Sequence[Span] = (),
        start: datetime | None = None,
        source: str = "",
        notes: Sequence[str] = (),
    ) -> Recording:
        """Make a recording of an array of shape (channels, samples)."""
        return cls(
            ArraySignal(values),
            float(rate),
            tuple(channels),
            tuple(annotations),
            tuple(gaps),
            start,
            source,
            tuple(notes),
        )

    @property
    def samples(self) -> int:
        """Number of samples per channel."""
        return self.signal.shape[1]

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.samples / self.rate

    def indices(self, *kinds: ChannelKind) -> tuple[int, ...]:
        """Rows whose channel is of one of the kinds."""
        return tuple(i for i, channel in enumerate(self.channels) if channel.kind in kinds)

    def select(self, rows: Sequence[int]) -> Recording:
        """Return the same recording with only these rows, in this order."""
        return replace(
            self,
            signal=_RowsOf(self.signal, tuple(rows)),
            channels=tuple(self.channels[row] for row in rows),
        )

    def with_kind(self, kind: ChannelKind, rows: Sequence[int] | None = None) -> Recording:
        """Return the same recording with the kind of these rows (all when None) set."""
        chosen = set(range(len(self.channels)) if rows is None else rows)
        return replace(
            self,
            channels=tuple(
                replace(channel, kind=kind) if row in chosen else channel
                for row, channel in enumerate(self.channels)
            ),
        )

    def physical(
        self, start: int = 0, stop: int | None = None, rows: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        """Physical values in each channel's own unit.

        Returns
        -------
        ndarray of float32, shape (channels, stop − start)
        """
        return self._scaled(start, stop, rows, [1.0] * len(self.channels))

    def microvolts(
        self, start: int = 0, stop: int | None = None, rows: Sequence[int] | None = None
    ) -> NDArray[np.float32]:
        """Voltages in µV; channels whose unit is not a voltage keep their own scale.

        Use `is_voltage` to tell the two apart.

        Returns
        -------
        ndarray of float32, shape (channels, stop − start)
        """
        return self._scaled(
            start, stop, rows, [MICROVOLTS_PER_UNIT.get(c.unit or "", 1.0) for c in self.channels]
        )

    def is_voltage(self, row: int) -> bool:
        """Whether the row's unit is a voltage, so that µV can be stated."""
        return self.channels[row].unit in MICROVOLTS_PER_UNIT

    def blocks(self, samples: int, *, overlap: int = 0) -> Iterator[tuple[int, int]]:
        """(start, stop) of consecutive blocks, each reaching `overlap` samples into both neighbours."""
        if samples <= 0:
            raise ValueError("a block holds at least one sample")
        for begin in range(0, self.samples, samples):
            yield max(0, begin - overlap), min(self.samples, begin + samples + overlap)

    def _scaled(
        self, start: int, stop: int | None, rows: Sequence[int] | None, scale: Sequence[float]
    ) -> NDArray[np.float32]:
        stop = self.samples if stop is None else min(stop, self.samples)
        chosen = tuple(range(len(self.channels))) if rows is None else tuple(rows)
        everything = chosen == tuple(range(len(self.channels)))
        stored = self.signal.read(max(0, start), stop, slice(None) if everything else chosen)
        gain = np.array([self.channels[r].gain * scale[r] for r in chosen], np.float32)
        offset = np.array([self.channels[r].offset * scale[r] for r in chosen], np.float32)
        values = stored.astype(np.float32)
        values *= gain[:, None]
        if offset.any():
            values += offset[:, None]
        return values


@dataclass(frozen=True, slots=True, eq=False)
class _RowsOf:
    """Some rows of a signal, without copying it."""

    whole: Signal
    rows: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, int]:
        return (len(self.rows), self.whole.shape[1])

    @property
    def dtype(self) -> np.dtype[np.generic]:
        return self.whole.dtype

    def read(
        self, start: int, stop: int, channels: Sequence[int] | slice = slice(None)
    ) -> NDArray[np.generic]:
        rows = self.rows[channels] if isinstance(channels, slice) else tuple(self.rows[i] for i in channels)
        return self.whole.read(start, stop, rows)
