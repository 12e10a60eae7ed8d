"""Has it changed? Two recordings of the same muscle beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from myolens.emg.analysis import Analysis, Estimate
from myolens.emg.clumping import Expected, Floats, cumulated, evidence, expected, weights
from myolens.emg.counting import Stretches, counts, length
from myolens.emg.exclusion import analysed
from myolens.errors import InputError


@dataclass(frozen=True, slots=True)
class Comparison:
    """Rate of the second recording over that of the first.

    Attributes
    ----------
    ratio : Estimate
        With its interval; the upper limit is infinite where the first had no event.
    change : {'higher', 'lower', 'not shown'}
        Whether the interval leaves out 1.
    cautions : tuple of str
        What else differs between the recordings.
    """

    ratio: Estimate
    change: Literal["higher", "lower", "not shown"]
    cautions: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain data; an infinite limit is null."""
        ratio = {
            "value": self.ratio.value if np.isfinite(self.ratio.value) else None,
            "low": self.ratio.low,
            "high": self.ratio.high if np.isfinite(self.ratio.high) else None,
            "level": self.ratio.level,
        }
        return {"rate_ratio": ratio, "change": self.change, "cautions": list(self.cautions)}


SHARED = 0.5
"""Prior probability that the discharges of both recordings clump alike (project estimate)."""

_NEGLIGIBLE = 1e-3
_WIDEST, _EXACT = 20.0, 1e-4


def compare(first: Analysis, second: Analysis, *, level: float = 0.95) -> Comparison:
    """Compare the rates of two analyses; see `rate_ratio`.

    Raises
    ------
    InputError
        If one of the recordings had no analysed time.
    """
    for analysis in (first, second):
        if analysis.analysed_seconds <= 0:
            raise InputError("nothing in it could be analysed", where=analysis.recording or None)
    ratio = rate_ratio(_times(first), analysed(first), _times(second), analysed(second), level=level)
    change: Literal["higher", "lower", "not shown"] = (
        "higher" if ratio.low > 1 else "lower" if ratio.high < 1 else "not shown"
    )
    return Comparison(ratio, change, _cautions(first, second))


def rate_ratio(
    first_s: NDArray[np.float64],
    first_kept: Stretches,
    second_s: NDArray[np.float64],
    second_kept: Stretches,
    *,
    level: float = 0.95,
) -> Estimate:
    """Rate of the second events over that of the first, with a central interval that allows for clumps.

    What each count tells of the number expected (`myolens.emg.clumping`) gives the distribution of the
    ratio. Both either share the dispersion index, which is then learnt from both, or each has its own; how
    events spread in them says which is the more probable. Where the first has no event the upper limit is
    infinite, where the second has none the lower limit is 0.

    Parameters
    ----------
    first_s, second_s : ndarray
        Instants, s, in order.
    first_kept, second_kept : list of (float, float)
        Stretches that were analysed, s; not empty.
    level : float
        Of the interval.
    """
    a, b = len(first_s), len(second_s)
    parts = _parts(expected(counts(first_s, first_kept)), expected(counts(second_s, second_kept)))
    exposure = length(first_kept) / length(second_kept)
    low = exposure * _quantile(parts, (1 - level) / 2) if b else 0.0
    high = exposure * _quantile(parts, (1 + level) / 2) if a else float("inf")
    value = exposure * b / a if a else float("inf") if b else float("nan")
    return Estimate(value, low, high, level)


def _times(analysis: Analysis) -> NDArray[np.float64]:
    return np.array([event.time_s for event in analysis.events])


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One case: its probability, the density of the first mean's log and the distribution of the second's."""

    weight: float
    first: tuple[Floats, Floats]
    second: tuple[Floats, Floats]

    def below(self, log_ratio: float) -> float:
        (means, density), (others, share) = self.first, self.second
        return self.weight * float(density @ np.interp(means + log_ratio, others, share, left=0, right=1))


def _parts(first: Expected, second: Expected) -> list[_Part]:
    """An index each, or, for every value of it, one that is shared."""
    together = first.likelihood + second.likelihood
    for_one, for_two = evidence(together), evidence(first.likelihood) + evidence(second.likelihood)
    shared = 1 / (1 + (1 - SHARED) / SHARED * np.exp(np.clip(for_two - for_one, -500, 500)))
    cases = zip(
        [1 - shared, *shared * weights(together)],
        [weights(first.likelihood) @ first.density, *first.density],
        [weights(second.likelihood) @ second.density, *second.density],
        strict=True,
    )
    return [
        _Part(float(weight), (first.log_mean, one), (second.log_mean, cumulated(other)))
        for weight, one, other in cases
        if weight > _NEGLIGIBLE
    ]


def _quantile(parts: list[_Part], share: float) -> float:
    """Quantile of the ratio of the expected numbers, by halving."""
    low, high, wanted = -_WIDEST, _WIDEST, share * sum(part.weight for part in parts)
    while high - low > _EXACT:
        middle = (low + high) / 2
        below = sum(part.below(middle) for part in parts)
        low, high = (middle, high) if below < wanted else (low, middle)
    return float(np.exp(high))


def _cautions(first: Analysis, second: Analysis) -> tuple[str, ...]:
    found = []
    if first.muscle != second.muscle:
        found.append(f"The muscles differ: {first.muscle or 'not named'}, {second.muscle or 'not named'}.")
    if first.kind != second.kind or len(first.channels) != len(second.channels):
        found.append("The electrodes differ, so that other units may be in reach.")
    smallest = (first.quality.detectable_uv, second.quality.detectable_uv)
    if smallest[0] and smallest[1] and not 0.5 < smallest[0] / smallest[1] < 2:
        found.append(
            f"The smallest potentials found differ: {smallest[0]:.0f} µV and {smallest[1]:.0f} µV; the rate "
            "may differ by that alone."
        )
    return tuple(found)
