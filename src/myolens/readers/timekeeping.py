"""The time line of EDF+ and BDF+ files: onsets of the records, gaps between them, annotations.

Source: Kemp and Olivan, Clin Neurophysiol 114:1755, 2003, §2.2 (time-stamped annotation lists).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from myolens.readers.records import Run
from myolens.readers.source import Source
from myolens.recording import Annotation

MOST_ANNOTATIONS = 200_000
LONGEST_LINE_S = 7 * 86_400.0
"""A discontinuous file may lie on a time line of this length, or of what it holds if that is more."""

_ONSET = re.compile(rb"([+-]\d{1,15}(?:\.\d{1,20})?)(?:\x15(\d{1,15}(?:\.\d{1,20})?))?")


@dataclass(frozen=True, slots=True)
class Timeline:
    """When each run of records began.

    Attributes
    ----------
    starts : tuple of (float, int, int)
        Onset in seconds from the first record, first record, number of records.
    first_onset_s : float
        Onset the file states for its first record: a fraction of a second after the header's clock time.
    notes : tuple of str
        Repairs.
    """

    starts: tuple[tuple[float, int, int], ...]
    first_onset_s: float = 0.0
    notes: tuple[str, ...] = ()

    @property
    def subsecond(self) -> timedelta:
        """What to add to the header's clock time."""
        return timedelta(seconds=self.first_onset_s if abs(self.first_onset_s) < 1e9 else 0.0)

    def runs(self, rate: float, per_record: int) -> tuple[Run, ...]:
        """Place the runs on the grid of a rate; none may overlap the one before."""
        placed: list[Run] = []
        free = 0
        for onset, first, records in self.starts:
            sample = max(free, round(onset * rate))
            placed.append(Run(sample, first, records))
            free = sample + records * per_record
        return tuple(placed)


def timeline(
    source: Source, marks: NDArray[np.uint8] | None, records: int, record_s: float, reserved: str
) -> Timeline:
    """Time line of a file; continuous unless the header says ``+D``.

    Parameters
    ----------
    source : Source
        For messages.
    marks : ndarray of uint8, shape (records, bytes), or None
        First annotation signal.
    records, record_s : int, float
        Number of records and their duration.
    reserved : str
        Reserved header field, where EDF+ says continuous or discontinuous.

    Raises
    ------
    InputError
        If records overlap in time, or their onsets are so far apart that the file cannot be right.
    """
    whole = ((0.0, 0, records),)
    if marks is None:
        return Timeline(whole)
    first = _onset(marks[0].tobytes())
    origin = 0.0 if first is None else first
    if not reserved.startswith(("EDF+D", "BDF+D")):
        return Timeline(whole, origin)
    starts: list[list[float]] = []
    missing = 0
    expected = 0.0
    for record in range(records):
        found = _onset(marks[record].tobytes())
        missing += found is None
        onset = expected if found is None else found - origin
        if starts and abs(onset - expected) <= 1e-3 * record_s + 1e-9:
            starts[-1][2] += 1
        elif starts and onset < expected:
            raise source.refuse(f"has record {record + 1} beginning before the one before it ends")
        else:
            starts.append([onset, record, 1])
        expected = starts[-1][0] + starts[-1][2] * record_s
    if expected > max(LONGEST_LINE_S, 2 * records * record_s):
        raise source.refuse(f"spreads {records * record_s:g} s of records over {expected:.3g} s")
    notes = (
        (f"{missing} records do not state when they began; they are taken to follow on",) if missing else ()
    )
    return Timeline(tuple((onset, int(record), int(n)) for onset, record, n in starts), origin, notes)


def annotations_of(
    signals: Sequence[NDArray[np.uint8]], origin_s: float
) -> tuple[tuple[Annotation, ...], tuple[str, ...]]:
    """Annotations of all annotation signals in order of time, without the time-keeping ones.

    Returns
    -------
    annotations : tuple of Annotation
        Onsets in seconds from the first sample.
    notes : tuple of str
        What was left out.
    """
    found: list[Annotation] = []
    broken = 0
    for signal, marks in enumerate(signals):
        for record in marks:
            lists = record.tobytes().rstrip(b"\0").split(b"\0")
            for place, text in enumerate(lists):
                if signal == 0 and place == 0 and text.endswith(b"\x14\x14"):
                    continue  # keeps the time of the record, annotates nothing
                if text and len(found) < MOST_ANNOTATIONS:
                    parsed = _parsed(text, origin_s, timekeeping=signal == 0 and place == 0)
                    broken += parsed is None
                    found += parsed or []
    notes = []
    if broken:
        notes.append(f"{broken} annotations are broken and were left out")
    if len(found) >= MOST_ANNOTATIONS:
        notes.append(f"Only the first {MOST_ANNOTATIONS} annotations were read")
    return tuple(sorted(found, key=lambda mark: mark.onset_s)), tuple(notes)


def _onset(record: bytes) -> float | None:
    match = _ONSET.match(record)
    return float(match[1]) if match and record[match.end() : match.end() + 1] == b"\x14" else None


def _parsed(text: bytes, origin_s: float, *, timekeeping: bool) -> list[Annotation] | None:
    match = _ONSET.match(text)
    if not match or text[match.end() : match.end() + 1] != b"\x14":
        return None
    words = [word.decode("utf-8", "replace") for word in text[match.end() + 1 :].split(b"\x14")]
    words = words[:-1] if words[-1] == "" else words
    if timekeeping:
        words = words[1:]
    duration = float(match[2]) if match[2] else 0.0
    # Twelve digits keep what was written and drop what the subtraction adds.
    onset = round(float(match[1]) - origin_s, 12)
    return [Annotation(onset, duration, word) for word in words] if math.isfinite(onset) else None
