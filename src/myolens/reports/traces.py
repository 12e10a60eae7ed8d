"""The recording as a picture needs it: envelopes small enough to embed, snippets at full rate."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.emg.analysis import Analysis
from myolens.recording import Recording

MAXIMUM_COLUMNS = 120_000
"""Envelope columns embedded per report; two minutes at 1 kHz keep every sample."""

SNIPPET_SECONDS = 0.06
"""Half width of a full-rate snippet around a discharge."""

MAXIMUM_SNIPPETS = 400
DRIFT_HZ = 5.0
BLOCK_SECONDS = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One channel as least and greatest value per column, slow drift removed.

    Attributes
    ----------
    channel, unit : str
        Name and unit ("µV", or the file's own).
    seconds_per_column : float
        Width of one column.
    least, greatest : ndarray of float32, shape (columns,)
        Envelope.
    snippets : tuple of (start_s, ndarray)
        Full-rate stretches around discharges, where the envelope is coarser than the recording.
    rate : float
        Sampling rate of the snippets, Hz.
    """

    channel: str
    unit: str
    seconds_per_column: float
    least: NDArray[np.float32]
    greatest: NDArray[np.float32]
    snippets: tuple[tuple[float, NDArray[np.float32]], ...]
    rate: float

    def embedded(self) -> dict[str, Any]:
        """JSON-ready form for the page's viewer: 16-bit values, base64, with their scale."""
        peak = float(max(np.abs(self.least).max(initial=0), np.abs(self.greatest).max(initial=0))) or 1.0
        scale = peak / 32000.0

        def packed(values: NDArray[np.float32]) -> str:
            return b64encode(np.round(values / scale).astype("<i2").tobytes()).decode("ascii")

        same = np.array_equal(self.least, self.greatest)
        return {
            "channel": self.channel,
            "unit": self.unit,
            "step": self.seconds_per_column,
            "scale": scale,
            "least": packed(self.least),
            "greatest": "" if same else packed(self.greatest),
            "rate": self.rate,
            "snippets": [{"start": start, "values": packed(values)} for start, values in self.snippets],
        }


def main_channels(analysis: Analysis, *, most: int = 3) -> tuple[str, ...]:
    """Names of the channels worth showing: those on which the most discharges are largest."""
    counts: dict[str, int] = {}
    for event in analysis.events:
        counts[event.channel] = counts.get(event.channel, 0) + 1
    busiest = sorted(counts, key=lambda name: (-counts[name], analysis.channels.index(name)))
    rest = [name for name in analysis.channels if name not in counts]
    return (
        tuple((busiest + rest)[:most]) if len(analysis.channels) <= most else tuple((busiest or rest)[:most])
    )


def traces_of(recording: Recording, analysis: Analysis, *, most: int = 3) -> tuple[Trace, ...]:
    """Envelopes of the main channels of a recording, read block by block."""
    names = [channel.name for channel in recording.channels]
    rows = [names.index(name) for name in main_channels(analysis, most=most) if name in names]
    if not rows or recording.samples == 0:
        return ()
    per_column = max(1, int(np.ceil(recording.samples * len(rows) / MAXIMUM_COLUMNS)))
    least, greatest = _envelopes(recording, rows, per_column)
    found = []
    for place, row in enumerate(rows):
        wanted = [event.time_s for event in analysis.events if event.channel == names[row]]
        snippets = _snippets(recording, row, wanted) if per_column > 1 else ()
        unit = "µV" if recording.is_voltage(row) else (recording.channels[row].unit or "stored units")
        found.append(
            Trace(
                names[row],
                unit,
                per_column / recording.rate,
                least[place],
                greatest[place],
                snippets,
                recording.rate,
            )
        )
    return tuple(found)


def _envelopes(
    recording: Recording, rows: list[int], per_column: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    columns_per_block = max(1, int(BLOCK_SECONDS * recording.rate) // per_column)
    block = columns_per_block * per_column
    overlap = int(recording.rate)
    least, greatest = [], []
    for begin in range(0, recording.samples, block):
        end = min(recording.samples, begin + block)
        values = _steady(recording, begin, end, rows, overlap)
        short = -(end - begin) % per_column
        if short:
            values = np.pad(values, ((0, 0), (0, short)), mode="edge")
        columns = values.reshape(len(rows), -1, per_column)
        least.append(columns.min(axis=2))
        greatest.append(columns.max(axis=2))
    return np.concatenate(least, axis=1), np.concatenate(greatest, axis=1)


def _steady(recording: Recording, begin: int, end: int, rows: list[int], overlap: int) -> NDArray[np.float32]:
    """Microvolts of a block without slow drift; the overlap keeps block edges invisible."""
    start, stop = max(0, begin - overlap), min(recording.samples, end + overlap)
    values = recording.microvolts(start, stop, rows)
    values = np.nan_to_num(values - np.median(values, axis=1, keepdims=True))
    from scipy.signal import butter, sosfiltfilt

    if recording.rate > 4 * DRIFT_HZ and values.shape[1] > 30:
        sections = butter(2, DRIFT_HZ, "highpass", fs=recording.rate, output="sos")
        values = sosfiltfilt(sections, values, axis=1).astype(np.float32)
    steady: NDArray[np.float32] = values[:, begin - start : end - start]
    return steady


def _snippets(
    recording: Recording, row: int, times: list[float]
) -> tuple[tuple[float, NDArray[np.float32]], ...]:
    half = int(SNIPPET_SECONDS * recording.rate)
    chosen = times[:: max(1, int(np.ceil(len(times) / MAXIMUM_SNIPPETS)))]
    cut = []
    for time in chosen:
        centre = round(time * recording.rate)
        begin, end = max(0, centre - half), min(recording.samples, centre + half)
        if end > begin:
            values = _steady(recording, begin, end, [row], int(0.5 * recording.rate))
            cut.append((begin / recording.rate, values[0]))
    return tuple(cut)
