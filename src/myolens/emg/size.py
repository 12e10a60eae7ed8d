"""Discharges of the size that is counted as twitches, and smaller ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myolens.emg.analysis import Analysis, Estimate, Event, Unit
from myolens.emg.counting import Stretches, rate_per_min
from myolens.emg.exclusion import analysed
from myolens.recording import ChannelKind

COUNTED_FROM_UV = 50.0
"""Peak to peak, the size from which potentials at the skin were counted as fasciculations in healthy people
(van der Heijden et al., Electroencephalogr Clin Neurophysiol 1994;93:163)."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What published rates can be compared with.

    Quiet amplifiers show potentials of a few µV: of deep units, and of a muscle that is not quite relaxed.
    They were seen in most of 16 recordings of a resting hand muscle, of ten people nobody knew to fasciculate
    (``benchmarks/README.md``), so they say nothing about a cause.

    Attributes
    ----------
    least_uv : float or None
        Least peak-to-peak size, µV; None where all discharges count: needles, and channels without a voltage.
    events : tuple of Event
        Discharges of that size.
    smaller : int
        Number of the others.
    rate_per_min : Estimate or None
        Of those of that size.
    """

    least_uv: float | None
    events: tuple[Event, ...]
    smaller: int
    rate_per_min: Estimate | None

    @property
    def as_twitches(self) -> bool:
        """Whether all discharges are known to have the size that is counted as twitches."""
        return self.least_uv is not None and not self.smaller

    def to_json(self) -> dict[str, Any]:
        """Return the part ``counted`` of an analysis."""
        rate = self.rate_per_min
        return {
            "least_uv": self.least_uv,
            "events": len(self.events),
            "smaller": self.smaller,
            "rate_per_min": None if rate is None else rate.to_json(),
        }


def counted(events: tuple[Event, ...], kept: Stretches, kind: str) -> Counted:
    """Divide discharges by size.

    Parameters
    ----------
    events : tuple of Event
    kept : list of (float, float)
        Stretches that were analysed, s.
    kind : str
        Of the recording; a needle lies among the fibres, where size says how near.
    """
    known = all(event.peak_to_peak_uv is not None for event in events)
    least = COUNTED_FROM_UV if known and kind == ChannelKind.SURFACE_EMG else None
    large = events if least is None else tuple(event for event in events if _reaches(event, least))
    rate, _ = rate_per_min(event_times(large), kept)
    return Counted(least, large, len(events) - len(large), rate)


def event_times(events: tuple[Event, ...]) -> NDArray[np.float64]:
    """Instants of discharges, s."""
    return np.array([event.time_s for event in events], float)


def counted_of(analysis: Analysis) -> Counted:
    """The same of a whole analysis, as reviewed."""
    return counted(analysis.events, analysed(analysis), analysis.kind)


def units_among(units: Iterable[Unit], large: tuple[Event, ...]) -> tuple[Unit, ...]:
    """Units most of whose discharges are among these."""
    numbers = [event.unit for event in large]
    return tuple(unit for unit in units if 2 * numbers.count(unit.unit) > unit.events)


def _reaches(event: Event, least_uv: float) -> bool:
    return event.peak_to_peak_uv is not None and event.peak_to_peak_uv >= least_uv
