"""Has it changed? Two recordings of the same muscle beside each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from myolens.emg.analysis import Analysis, Estimate
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


def compare(first: Analysis, second: Analysis, *, level: float = 0.95) -> Comparison:
    """Compare the rates of two analyses.

    Given the total, the events of the second recording are binomial; the exact interval of Clopper &
    Pearson (Biometrika 1934;26:404) for its share gives that of the ratio. Counts are first divided by
    the larger dispersion index of the two, so that bursts do not pass for change.

    Raises
    ------
    InputError
        If one of the recordings had no analysed time.
    """
    from scipy.stats import beta

    for analysis in (first, second):
        if analysis.analysed_seconds <= 0:
            raise InputError("nothing in it could be analysed", where=analysis.recording or None)
    index = max(float(a.details.get("dispersion", {}).get("index", 1.0)) for a in (first, second))
    a, b = len(first.events) / index, len(second.events) / index
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, b, a + 1)) if b > 0 else 0.0
    high = float(beta.isf(tail, b + 1, a)) if a > 0 else 1.0
    exposure = first.analysed_seconds / second.analysed_seconds
    limits = [exposure * p / (1 - p) if p < 1 else float("inf") for p in (low, high)]
    value = exposure * b / a if a > 0 else float("nan") if b == 0 else float("inf")
    change: Literal["higher", "lower", "not shown"] = (
        "higher" if limits[0] > 1 else "lower" if limits[1] < 1 else "not shown"
    )
    return Comparison(Estimate(value, limits[0], limits[1], level), change, _cautions(first, second))


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
