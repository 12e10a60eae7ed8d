"""What a number says: the log likelihood ratio of a value under two distributions."""

from __future__ import annotations

import math

from myolens.knowledge.model import NormalDistribution, Threshold


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
