"""Discharges of a muscle that has come to rest, apart from those around an effort."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from myolens.emg.counting import complement, length
from myolens.emg.exclusion import VOLUNTARY, inside, merged
from myolens.emg.groups import GROUP_S
from myolens.emg.unrest import short_runs
from myolens.recording import Span

SETTLED_S = 5.0
"""Nearer to an effort a muscle may be about to work, or not yet relaxed (estimate)."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Analysed time at least five seconds away from voluntary activity, and the discharges in it.

    Attributes
    ----------
    seconds : float
        Analysed time.
    events : int
        Discharges.
    groups : int
        Times they came, those less than 0.9 s after another counted with it. Nine in ten discharges of
        healthy people, and two in three in motor neuron disease, had another within a quarter of a second
        (Sleutjes et al., Muscle Nerve 2016;53:227): the second adds nothing to the first.
    """

    seconds: float
    events: int
    groups: int


def settled(
    times_s: NDArray[np.float64],
    excluded: Iterable[Span],
    seconds: float,
    *,
    among_s: NDArray[np.float64] | None = None,
) -> Settled:
    """Discharges that no effort explains.

    A fasciculation does not wait for an effort; a motor unit of a muscle that is not relaxed fires before
    and after one, singly too. Five discharges that follow one another evenly are taken for an effort here
    (`myolens.emg.unrest.short_runs`), but not left out.

    Whether a unit can be recruited at will is not asked: in early motor neuron disease the units that
    fasciculate are mostly those recruited first (de Carvalho & Swash, Muscle Nerve 1998;21:336; J Physiol Sci
    2017, doi 10.1007/s12576-016-0484-x), so that it would count against just these.

    Parameters
    ----------
    times_s : ndarray
        Discharges, s.
    excluded : iterable of Span
        What was left out, with its reason.
    seconds : float
        Length of the recording.
    among_s : ndarray, optional
        All discharges, ascending, where the others are only some of them.
    """
    spans = [
        (span.start_s - margin, span.end_s + margin)
        for span in excluded
        for margin in (SETTLED_S if span.reason == VOLUNTARY else 0.0,)
    ]
    spans += [(a - SETTLED_S, b + SETTLED_S) for a, b in short_runs(times_s if among_s is None else among_s)]
    rest = complement(merged(spans), seconds)
    there = np.sort(times_s[inside(times_s, rest)])
    groups = np.count_nonzero(np.diff(there, prepend=-np.inf) > GROUP_S)
    return Settled(round(length(rest), 3), len(there), int(groups))
