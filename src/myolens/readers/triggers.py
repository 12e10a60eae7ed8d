"""The Status channel of BioSemi recordings: triggers, and what the amplifier said of itself.

Source: BioSemi, "What is the function of the Status channel" (biosemi.com, FAQ, trigger signals): bits 0-15
are the trigger inputs, bit 20 is set while the common mode is within range, bit 22 while the battery is low.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from myolens.readers.timekeeping import MOST_ANNOTATIONS
from myolens.recording import Annotation, Signal

_TRIGGERS, _IN_RANGE, _BATTERY_LOW = 0xFFFF, 1 << 20, 1 << 22
_OUT_OF_RANGE = "common mode out of range"
_BLOCK = 1_000_000


def status_marks(signal: Signal, row: int, rate: float) -> tuple[tuple[Annotation, ...], tuple[str, ...]]:
    """Annotations for every trigger value other than zero, and for what the amplifier warned of.

    Parameters
    ----------
    signal : Signal
        24-bit values.
    row : int
        The Status channel.
    rate : float
        Samples per second.

    Returns
    -------
    annotations : tuple of Annotation
        Such as ``trigger 4``, as long as the value lasted; ``common mode out of range``; ``battery low``.
    notes : tuple of str
        What the annotations were made of, and what was left out.
    """
    marks: list[Annotation] = []
    found = 0
    for mask, start, stop, bits in _stretches(signal, row):
        text = _text(mask, bits)
        if text == _OUT_OF_RANGE and stop - start == signal.shape[1]:
            continue  # a file that never sets the bit does not use it
        if text and found < MOST_ANNOTATIONS:
            marks.append(Annotation(start / rate, (stop - start) / rate, text))
        found += bool(text)
    if not marks:
        return (), ()
    notes = [f"{len(marks)} annotations were made of the bits of the Status channel"]
    if found > len(marks):
        notes.append(f"{found - len(marks)} more changes of the Status channel were left out")
    return tuple(sorted(marks, key=lambda mark: mark.onset_s)), tuple(notes)


def _text(mask: int, bits: int) -> str:
    """What these bits say, nothing where they are as usual."""
    if mask == _TRIGGERS:
        return f"trigger {bits}" if bits else ""
    if mask == _IN_RANGE:
        return "" if bits else _OUT_OF_RANGE
    return "battery low" if bits else ""


def _stretches(signal: Signal, row: int) -> Iterator[tuple[int, int, int, int]]:
    """(mask, start, stop, bits) of the stretches in which the bits under each mask stay the same."""
    masks = (_TRIGGERS, _IN_RANGE, _BATTERY_LOW)
    begins, before = dict.fromkeys(masks, 0), dict.fromkeys(masks, -1)
    samples = signal.shape[1]
    for start in range(0, samples, _BLOCK):
        status = signal.read(start, min(samples, start + _BLOCK), [row])[0].astype(np.int64)
        for mask in masks:
            bits = status & mask
            for edge in np.flatnonzero(np.diff(bits, prepend=before[mask])).tolist():
                if before[mask] >= 0:
                    yield mask, begins[mask], start + edge, before[mask]
                begins[mask], before[mask] = start + edge, int(bits[edge])
    for mask in masks:
        if before[mask] >= 0:
            yield mask, begins[mask], samples, before[mask]
