"""Whether it is getting better: the slope of daily intensity with noise that comes in spells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from scipy.special import stdtrit

SMALLEST_TREND_DAYS = 14
"""Over fewer days no direction is stated."""

MEANINGFUL_PER_MONTH = 1.0
"""A change of less than one point of ten a month is called steady."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Change of intensity in points of ten per 30 days, with its 95 % interval.

    ``direction`` is ``unknown`` while the interval is too wide to say.
    """

    days: int
    mean: float | None
    change_per_month: float | None
    low: float | None
    high: float | None
    direction: Literal["falling", "steady", "rising", "unknown"]


def trend_of(entries: Sequence[tuple[date, float | int]]) -> Trend:
    """Fit a line to daily intensity; the interval allows for correlation from day to day.

    The effective number of days is n(1 − ρ)/(1 + ρ) with the lag-one correlation ρ of the
    residuals (Bartlett 1935, J R Stat Soc 98:536).

    Parameters
    ----------
    entries : sequence of (date, intensity)
        In any order, one a day.
    """
    ordered = sorted(entries)
    values = np.array([float(value) for _day, value in ordered])
    mean = float(values.mean()) if values.size else None
    if values.size < 3 or (ordered[-1][0] - ordered[0][0]).days < SMALLEST_TREND_DAYS - 1:
        return Trend(values.size, mean, None, None, None, "unknown")
    days = np.array([(day - ordered[0][0]).days for day, _value in ordered], float)
    centred = days - days.mean()
    slope = float(centred @ values / (centred @ centred))
    residuals = values - values.mean() - slope * centred
    spread = float(residuals @ residuals)
    rho = float(residuals[1:] @ residuals[:-1]) / spread if spread > 0 else 0.0
    rho = min(max(rho, 0.0), 0.95)
    effective = max(values.size * (1 - rho) / (1 + rho), 3.0)
    variance = spread / max(effective - 2, 1.0) / (centred @ centred) * (values.size / effective)
    reach = float(stdtrit(max(effective - 2, 1.0), 0.975)) * float(np.sqrt(variance))
    change, low, high = (30 * x for x in (slope, slope - reach, slope + reach))
    return Trend(values.size, mean, change, low, high, _direction(low, high))


def _direction(low: float, high: float) -> Literal["falling", "steady", "rising", "unknown"]:
    if high < 0:
        return "falling"
    if low > 0:
        return "rising"
    if low > -MEANINGFUL_PER_MONTH and high < MEANINGFUL_PER_MONTH:
        return "steady"
    return "unknown"
