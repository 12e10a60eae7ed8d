"""Average potentials of units made by hand, from the recording at their events."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from myolens.emg.analysis import Analysis, Unit
from myolens.emg.filtering import Mains, band_for, mains_at
from myolens.emg.streaming import Source
from myolens.recording import ChannelKind, Recording

AVERAGED = 60
"""Events averaged at most, evenly chosen: the error of more is hardly less."""

_AROUND_S = 0.020


def with_averages(analysis: Analysis, recording: Recording, *, units: int) -> Analysis:
    """Return the analysis with average potentials for those of its first units that have none.

    The median over up to sixty events of the recording as it was filtered for the analysis, 20 ms to
    either side, events at the very ends left out. A recording that does not have the channels analysed, or is
    of another rate, leaves all as it is.

    Parameters
    ----------
    units : int
        How many are looked at, most active first.
    """
    lacking = {unit.unit for unit in analysis.units[:units] if not unit.template.size}
    names = [channel.name for channel in recording.channels]
    if not lacking or recording.rate != analysis.rate or not set(analysis.channels) <= set(names):
        return analysis
    rows = tuple(names.index(name) for name in analysis.channels)
    source = Source(recording, rows, band_for(recording.rate, ChannelKind(analysis.kind)))
    mains = _mains(analysis, source)

    def shown(unit: Unit) -> Unit:
        if unit.unit not in lacking:
            return unit
        template = _average(source, _samples(analysis, unit.unit), mains)
        return replace(unit, template=template, template_rate=analysis.rate)

    return replace(analysis, units=tuple(shown(unit) for unit in analysis.units))


def _samples(analysis: Analysis, unit: int) -> list[int]:
    """Samples of up to `AVERAGED` events of a unit."""
    own = [round(event.time_s * analysis.rate) for event in analysis.events if event.unit == unit]
    return [own[k] for k in np.unique(np.linspace(0, len(own) - 1, AVERAGED).astype(int))]


def _mains(analysis: Analysis, source: Source) -> Mains | None:
    """The interference that was found, every harmonic in the band."""
    frequency = analysis.details.get("detection", {}).get("mains_hz")
    if not frequency:
        return None
    orders = range(1, int(source.band.high_hz // frequency) + 1)
    return mains_at(float(frequency), tuple(orders), source.recording.rate)


def _average(source: Source, samples: list[int], mains: Mains | None) -> NDArray[np.float32]:
    """Median potential, shape (channels, samples), the events' instant in the middle."""
    reach = max(1, round(_AROUND_S * source.recording.rate))
    unlimited = np.full(len(source.rows), np.inf, np.float32)
    windows = [
        source.both(at - reach, at + reach + 1, mains=mains, level=unlimited)[1]
        for at in samples
        if reach <= at < source.samples - reach
    ]
    if not windows:
        return np.zeros((len(source.rows), 0), np.float32)
    return np.ascontiguousarray(np.median(windows, axis=0).T, np.float32)
