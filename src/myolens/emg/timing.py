"""The instant of a discharge: where its potential, as it was before filtering, is largest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from myolens.emg.matching import Discharges
from myolens.emg.shapes import Shapes
from myolens.emg.streaming import Source, in_order

_AVERAGED = 60
_BEFORE_S, _AFTER_S = 0.025, 0.025
_EDGE_S = 0.005
_REACH_S = 0.014
_LARGE = 0.8
_SAME_LOBE_S = 0.002
_SURE = 3.0
_CLEAR = 0.15
"""Standard error of the average, relative to its peak, above which it tells nothing."""


def as_recorded(discharges: Discharges, shapes: Shapes, source: Source) -> Discharges:
    """Move each unit's discharges from the largest deflection after filtering to that before it.

    A high-pass at 20 Hz changes the lobes of a potential of 10–30 ms by a fifth, and which of two like
    lobes is larger with it. The unfiltered potential is the median of up to sixty discharges that
    stand alone, less a straight line between the ends of the window; another lobe must be larger by three
    standard errors, and where the baseline wanders too much to tell, the filtered potential decides.
    """
    level = shapes.level
    moved = np.zeros(len(shapes.templates) + 1, np.int64)
    for unit, template in enumerate(shapes.templates):
        own = np.flatnonzero((discharges.unit == unit) & discharges.alone)
        if not len(own):
            continue
        chosen = own[np.unique(np.linspace(0, len(own) - 1, _AVERAGED).astype(int))]
        size = np.max(np.abs(template), axis=0) / level
        moved[unit] = _late(source, discharges.sample[chosen], size >= _LARGE * size.max(), level)
    discharges = replace(discharges, sample=discharges.sample + moved[discharges.unit])
    return discharges.where(np.argsort(discharges.sample, kind="stable"))


def _late(
    source: Source, samples: NDArray[np.int64], channels: NDArray[np.bool_], level: NDArray[np.float32]
) -> int:
    """Samples from the given instants to the largest deflection of the unfiltered average; 0 if unclear."""
    rate = source.recording.rate
    before, after, edge = (max(1, round(s * rate)) for s in (_BEFORE_S, _AFTER_S, _EDGE_S))
    reach, same = round(_REACH_S * rate), round(_SAME_LOBE_S * rate)
    inside = samples[(samples >= before) & (samples + after < source.samples)]
    if not len(inside):
        return 0
    ramp = np.linspace(0, 1, before + after + 1)[:, None]

    def window(at: int) -> NDArray[np.float32]:
        x = source.raw(at - before, at + after + 1)[:, channels] / level[channels]
        first, last = x[:edge].mean(axis=0), x[-edge:].mean(axis=0)
        return np.asarray(x - first - ramp * (last - first), np.float32)

    windows = np.stack(list(in_order(window, [int(at) for at in inside])))
    average = np.median(windows, axis=0)
    near = np.abs(average[before - reach : before + reach + 1])
    spread = np.median(np.abs(windows - average), axis=0).max() * 1.4826 * 1.2533 / np.sqrt(len(windows))
    if spread > _CLEAR * float(near.max()):
        return 0
    lobe = near.max(axis=1)
    if lobe.max() <= lobe[reach - same : reach + same + 1].max() + _SURE * spread:
        reach, lobe = same, lobe[reach - same : reach + same + 1]
    return int(np.argmax(lobe)) - reach
