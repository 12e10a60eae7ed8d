"""Discharges of a muscle that has come to rest, apart from those around an effort."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.emg.counting import complement, length
from myolens.emg.exclusion import VOLUNTARY, inside, merged
from myolens.recording import Span

SETTLED_S = 5.0
"""Nearer to an effort a muscle may be about to work, or not yet relaxed (estimate)."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Analysed time at least five seconds away from voluntary activity, and the discharges in it."""

    seconds: float
    events: int


def settled(times_s: NDArray[np.float64], excluded: Iterable[Span], seconds: float) -> Settled:
    """Discharges that no effort explains.

    A fasciculation does not wait for an effort; a motor unit of a muscle that is not relaxed fires before
    and after one, singly too.

    Parameters
    ----------
    times_s : ndarray
        Discharges, s.
    excluded : iterable of Span
        What was left out, with its reason.
    seconds : float
        Length of the recording.
    """
    spans = [
        (span.start_s - margin, span.end_s + margin)
        for span in excluded
        for margin in (SETTLED_S if span.reason == VOLUNTARY else 0.0,)
    ]
    rest = complement(merged(spans), seconds)
    return Settled(round(length(rest), 3), int(inside(times_s, rest).sum()))
