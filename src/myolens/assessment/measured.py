"""What a number says: the log likelihood ratio of a value under two distributions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from myolens.knowledge.model import NormalDistribution, Threshold

WORDED = 3.0
"""Largest log likelihood ratio of a blood result told only as "low" or "high": about one in twenty
such statements is a mix-up, out of date, or only just outside the range (project estimate)."""
_CERTAIN = 10.6
"""Largest log likelihood ratio of a value that defines a state: about one blood sample in 2000
carries the wrong name (source Dzik03 of the knowledge base), and hardly one in twenty of
those comes from somebody with such a value (project estimate)."""
_PASSING = 4.6
"""Largest log likelihood ratio against a state: a normal value holds for the hour it was taken, and
salts swing (potassium is normal between attacks of periodic paralysis; project estimate)."""
_ERROR = 0.15
"""Standard deviation of a measurement as a share of that of healthy people (project estimate; for
potassium 0.05 mmol/L, an analytical variation of 1.5 %)."""
_POINTS = 401
"""Values at which an interval is looked at; enough for the error of measurement at its ends."""


def log_ratio(threshold: Threshold, value: float) -> float:
    """Return the natural log likelihood ratio of a value for the finding of a threshold.

    The ratio of two normal densities turns back far out where their spreads differ; beyond
    the turning point it is held, so that a more extreme value never says less. It is clipped
    to ± ``limit``, because no measurement is surer than its mix-ups.

    Parameters
    ----------
    threshold : Threshold
        Distributions with and without the finding.
    value : float
        In the unit of the definition.
    """
    present, absent = threshold.present, threshold.absent
    if present.log or absent.log:
        value = math.log(max(value, 1e-12))
    turn = _turning_point(present, absent)
    if turn is not None:
        inner = min(present.mean, absent.mean), max(present.mean, absent.mean)
        value = max(value, turn) if turn < inner[0] else min(value, turn) if turn > inner[1] else value
    ratio = _log_density(present, value) - _log_density(absent, value)
    return min(max(ratio, -threshold.limit), threshold.limit)


def state_log_ratio(threshold: Threshold, value: float) -> float:
    """Return the natural log likelihood ratio of a value for a state that the cut-off itself defines.

    Blood potassium below 3.5 mmol/L *is* hypokalaemia, so true values with and without the state
    lie on either side of the cut-off, and only an error of measurement takes them across. Each
    side is the stated normal distribution cut off there; a measurement adds an error of normal
    distribution, which gives N(x; m, s² + e²) Φ(±(c − t) / u) / Φ(±(c − m) / s) with
    t = (m e² + x s²) / (s² + e²) and u² = s² e² / (s² + e²). The ratio is monotone in the value;
    a value past the cut-off says at least as much as the word would.
    """
    error = _ERROR * threshold.absent.sd
    side = 1.0 if threshold.direction == "below" else -1.0
    ratio = _log_part(threshold.present, value, threshold.cutoff, error, side)
    ratio -= _log_part(threshold.absent, value, threshold.cutoff, error, -side)
    if crossed(threshold, value):
        ratio = max(ratio, WORDED)
    return min(max(ratio, -_PASSING), _CERTAIN)


def _log_part(normal: NormalDistribution, value: float, cutoff: float, error: float, side: float) -> float:
    """Log density of a measurement of a normal variable cut off on one side (1: below the cut-off)."""
    wide = math.hypot(normal.sd, error)
    true = (normal.mean * error**2 + value * normal.sd**2) / wide**2
    spread = normal.sd * error / wide
    return (
        -0.5 * ((value - normal.mean) / wide) ** 2
        - math.log(wide)
        + _log_below(side * (cutoff - true) / spread)
        - _log_below(side * (cutoff - normal.mean) / normal.sd)
    )


def _log_below(z: float) -> float:
    """Log of the normal distribution function, by its asymptotic series far out in the tail."""
    if z > -30.0:
        return math.log(0.5 * math.erfc(-z / math.sqrt(2.0)))
    return -0.5 * z * z - math.log(-z) - 0.5 * math.log(2 * math.pi)


@dataclass(frozen=True, slots=True)
class Interval:
    """A value known only to lie between two ends; ``mild`` if it may lie at the edge of the range."""

    low: float
    high: float
    mild: bool = False


def interval_log_ratio(
    threshold: Threshold, interval: Interval, *, state: bool, at: Callable[[float], float]
) -> float:
    """Return the natural log likelihood ratio of a value known only to lie between two ends.

    It is the mean of the ratio ``at`` each value between them, weighed by the density of the
    value without the finding: the ratio of the two chances of lying there. So it says no more
    than the most telling value of the interval, and no less than the least telling.

    Parameters
    ----------
    threshold : Threshold
        Distributions with and without the finding.
    interval : Interval
        In the unit of the definition.
    state : bool
        Whether the cut-off itself defines the finding, as for `state_log_ratio`.
    at : callable
        The log likelihood ratio of one value.
    """
    absent, low, high = threshold.absent, interval.low, interval.high
    if absent.log:
        steps = np.geomspace(max(low, 1e-9), max(high, 1e-9), _POINTS)
    else:
        steps = np.linspace(low, high, _POINTS)
    values = [float(value) for value in steps]
    if state:
        side = -1.0 if threshold.direction == "below" else 1.0
        error = _ERROR * absent.sd
        weights = [_log_part(absent, value, threshold.cutoff, error, side) for value in values]
    else:
        weights = [_log_density(absent, math.log(value) if absent.log else value) for value in values]
    weight = np.exp(np.array(weights) - max(weights))
    weight[[0, -1]] *= 0.5  # trapezoids
    ratio = np.exp([at(value) for value in values])
    return float(np.log(weight @ ratio) - np.log(weight.sum()))


def worded_log_ratio(thresholds: Iterable[Threshold], *, present: bool) -> float:
    """Return the natural log likelihood ratio of a result told in words, without its value.

    It is that of lying beyond the cut-off, on average over the values there, at most `WORDED`.
    """
    beyond = [
        _log_beyond(threshold, threshold.present, present=present)
        - _log_beyond(threshold, threshold.absent, present=present)
        for threshold in thresholds
    ]
    least = min([WORDED, *(abs(ratio) for ratio in beyond)])
    return least if present else -least


def _log_beyond(threshold: Threshold, normal: NormalDistribution, *, present: bool) -> float:
    """Log probability of a value on the side of the cut-off that the word names."""
    cutoff = math.log(threshold.cutoff) if normal.log else threshold.cutoff
    side = 1.0 if (threshold.direction == "below") == present else -1.0
    return _log_below(side * (cutoff - normal.mean) / normal.sd)


def crossed(threshold: Threshold, value: float) -> bool:
    """Tell whether a value is on the finding's side of the cut-off."""
    return value < threshold.cutoff if threshold.direction == "below" else value > threshold.cutoff


def _turning_point(present: NormalDistribution, absent: NormalDistribution) -> float | None:
    difference = present.sd**-2 - absent.sd**-2
    if abs(difference) < 1e-12:
        return None
    return (present.mean * present.sd**-2 - absent.mean * absent.sd**-2) / difference


def _log_density(normal: NormalDistribution, value: float) -> float:
    return -0.5 * ((value - normal.mean) / normal.sd) ** 2 - math.log(normal.sd)
