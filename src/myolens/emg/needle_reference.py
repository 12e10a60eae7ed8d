"""Reference limits of motor-unit potentials, where they exist, and the reading they allow.

Limits hold for the mean over a number of potentials. Fewer potentials scatter more: Engstrom & Olney
give the biceps limits for 20 and for 5 potentials (7.4–13.0 and 6.6–14.2 ms, EO92), which
fixes the variance between people and within a muscle; the same widening is used for the other limits
(estimate).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from myolens.emg.potentials import Potential

Reading = Literal["normal", "neurogenic", "myopathic", "not_enough"]

LEAST_POTENTIALS = 5
"""The smallest sample for which a published limit exists (EO92)."""
_SHOWN = {
    "amplitude_uv": ("amplitude", "µV"),
    "area_uv_ms": ("area", "µV·ms"),
    "duration_ms": ("duration", "ms"),
}
POLYPHASIC_LIMIT_PERCENT = {"tibialis anterior": 35.0}
"""Upper limit of polyphasic potentials (TAref)."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Mean and half width of the normal range of the mean over 20 potentials, with its source."""

    quantity: str
    mean: float
    half_width: float
    source: str

    def limits(self, potentials: int) -> tuple[float, float]:
        """Normal range for the mean of so many potentials."""
        half = self.half_width * widening(potentials)
        return self.mean - half, self.mean + half


REFERENCES: dict[str, tuple[Reference, ...]] = {
    "biceps brachii": (Reference("duration_ms", 10.2, 2.8, "EO92"),),
    "tibialis anterior": (
        Reference("amplitude_uv", 661.5, 2 * 92.0, "TAref"),
        Reference("area_uv_ms", 851.5, 2 * 158.7, "TAref"),
        Reference("duration_ms", 9.35, 2 * 0.93, "TAref"),
    ),
}
"""Mean ± 2 SD (TAref) or tolerance limits (EO92); for other muscles none was found."""


def widening(potentials: int) -> float:
    """How much wider the limits of the mean of `potentials` are than those of 20.

    Half widths 2.8 (n = 20) and 3.8 ms (n = 5) solve ``h² = b² + w²/n`` (EO92).
    """
    within = (3.8**2 - 2.8**2) / (1 / 5 - 1 / 20)
    between = 2.8**2 - within / 20
    return float(np.sqrt(between + within / max(potentials, 1)) / 2.8)


def known_muscle(muscle: str | None) -> str | None:
    """Return the name under which `REFERENCES` holds the muscle, or None."""
    words = (muscle or "").lower()
    if "tibialis ant" in words or words.strip() in {"ta", "left ta", "right ta"}:
        return "tibialis anterior"
    if "biceps" in words and "fem" not in words:
        return "biceps brachii"
    return None


def read_potentials(
    potentials: Sequence[Potential], muscle: str | None, age: float | None
) -> tuple[Reading, Reading | None, tuple[str, ...]]:
    """Read motor-unit potentials against the muscle's limits.

    Returns
    -------
    reading : {'normal', 'neurogenic', 'myopathic', 'not_enough'}
    direction : same or None
        Where the sample leans when it is too small for a reading; None where it does not say.
    reasons : tuple of str
    """
    count = len(potentials)
    name = known_muscle(muscle)
    if name is None:
        why = f"no reference limits are available for {muscle}" if muscle else "the muscle was not named"
        return "not_enough", None, (why,)
    if count < 2:
        measured = "only one" if count else "no"
        return "not_enough", None, (f"{measured} motor-unit potential could be measured",)
    reasons, beyond = _compare(potentials, name)
    lean = _lean(beyond)
    if age is not None and age > 60:
        reasons.append(
            f"age {age:g}: amplitude and duration rise with age (How88), the limits are not adjusted for it"
        )
    if name == "biceps brachii" and lean == "normal":
        reasons.append("only the duration has limits for this muscle: a normal amplitude is not claimed")
    if count < LEAST_POTENTIALS:
        reasons.insert(0, f"{count} potentials; at least {LEAST_POTENTIALS} are needed, 20 are usual")
        return "not_enough", lean, tuple(reasons)
    if lean is None:
        only = beyond.get("polyphasic") and not {1, -1} & {beyond.get(q.quantity) for q in REFERENCES[name]}
        reasons.insert(
            0,
            "only the share of polyphasic potentials is beyond its limit, and both neurogenic and myopathic "
            "muscle can do that"
            if only
            else "the measures point in different directions",
        )
        return "not_enough", _tendency(potentials, name) if only else None, tuple(reasons)
    if count < 20:
        reasons.insert(0, f"{count} potentials (20 are usual): limits widened accordingly")
    return lean, lean, tuple(reasons)


def _compare(potentials: Sequence[Potential], name: str) -> tuple[list[str], dict[str, int]]:
    reasons: list[str] = []
    beyond: dict[str, int] = {}
    for reference in REFERENCES[name]:
        mean = float(np.mean([getattr(p, reference.quantity) for p in potentials]))
        low, high = reference.limits(len(potentials))
        side = 1 if mean > high else -1 if mean < low else 0
        beyond[reference.quantity] = side
        words = {1: "above", -1: "below", 0: "within"}[side]
        label, unit = _SHOWN[reference.quantity]
        shown = f"{mean:.0f}" if mean >= 1000 else f"{mean:.4g}"
        limits = f"{low:.4g}–{high:.4g} {unit}"
        reasons.append(f"mean {label} {shown} {unit} is {words} {limits} ({reference.source})")
    limit = POLYPHASIC_LIMIT_PERCENT.get(name)
    share = 100 * float(np.mean([p.polyphasic for p in potentials]))
    if limit is not None:
        words, both = ("above", "; neurogenic or myopathic") if share > limit else ("within", "")
        reasons.append(f"{share:.0f} % polyphasic is {words} the {limit:.0f} % limit (TAref{both})")
        beyond["polyphasic"] = int(share > limit)
    return reasons, beyond


def _tendency(potentials: Sequence[Potential], name: str) -> Reading | None:
    """Polyphasic potentials that are small (large) by a standard deviation in every size measure.

    A leaning, not a reading: small polyphasic potentials also occur in early reinnervation.
    """
    sizes = [r for r in REFERENCES[name] if r.quantity != "duration_ms"]
    units = [
        (float(np.mean([getattr(p, r.quantity) for p in potentials])) - r.mean)
        / (r.half_width / 2 * widening(len(potentials)))
        for r in sizes
    ]
    if units and max(units) < -1:
        return "myopathic"
    return "neurogenic" if units and min(units) > 1 else None


def _lean(beyond: dict[str, int]) -> Reading | None:
    """Large or long: neurogenic. Small area or short, none large: myopathic. Contradictions: None."""
    sizes = [beyond.get("amplitude_uv", 0), beyond.get("area_uv_ms", 0), beyond["duration_ms"]]
    if 1 in sizes and -1 in sizes:
        return None
    if 1 in sizes:
        return "neurogenic"
    if -1 in sizes:
        return "myopathic"
    return None if beyond.get("polyphasic") else "normal"
