"""What an analysis implies for a case, with its weight."""

from __future__ import annotations

from math import log

from myolens.case import Finding
from myolens.emg.analysis import Estimate, Quality, Unit
from myolens.emg.clumping import probability_of_none
from myolens.emg.counting import seconds_to_exclude
from myolens.emg.effort import SETTLED_S, Settled
from myolens.emg.size import COUNTED_FROM_UV, Counted, units_among

SENSITIVITY, SPECIFICITY = 0.836, 0.916
"""Of automatic detection of fasciculation potentials (SPiQE: Bashford et al., Clin Neurophysiol
2019;130:1083)."""

PRESENT_STRENGTH, ABSENT_STRENGTH = 2.3, -1.7
"""Natural logs of the two likelihood ratios these give, 0.836/0.084 and 0.164/0.916."""

MODEST_STRENGTH = 0.7
"""Rate, number of units and doublets shift the odds by a factor of two at most (project estimate):
none of them decides, as benign and serious causes overlap (both show doublets: Kleine et al., Clin
Neurophysiol 2012;123:399)."""

STRAYS_PER_10_MIN = 3.0
"""Discharges of the counted size that resting hands show at least five seconds away from any effort: 13 in 40
minutes of ten people nobody knew to fasciculate (``benchmarks/README.md``). Half or double changes the weight
of muscles with one to four a minute only."""

LEAST_RATE_PER_MIN = 1.0
"""Rate that a recording must have been long enough to exclude before "none found" is said."""

HIGH_RATE_PER_MIN = 10.0
"""Project estimate. In biceps the rate in ALS was ten times that in benign fasciculation where the muscle was
strong and forty times where it was weak, in the calf five and one and a half (Bashford et al., Brain Commun
2020)."""

LARGEST_DETECTABLE_UV = 100.0
"""Where only larger potentials would be found, "none found" is not said. Project estimate, twice the limit
above which potentials were counted in health (van der Heijden et al., Electroencephalogr Clin Neurophysiol
1994;93:163); SPiQE takes recordings for too noisy from 100 µV on."""

USUAL_LIMIT_UV = 50.0
"""Where potentials of this size might be missed, "none found" weighs half (project estimate)."""

_FEWEST_FOR_UNITS = 10
_BUSY_IN_HEALTH = ("abductor hallucis", "foot", "calf", "gastrocnemius", "soleus")
"""Over a hundred a minute were seen in the foot of healthy people, fluctuating rates in the calf (van der
Heijden et al. 1994)."""


HALF_WEIGHT = "The finding of fasciculations therefore weighs half."
NOTHING_FOUND = "No discharge was found; the upper limit of the rate says what that excludes."
NOTHING_BUT_TRAIN = (
    "Besides the regular train that was left out no discharge was found; as that train may be of the muscle, "
    "nothing is said to be absent."
)


def so_many(some: int, of: int) -> str:
    """Return the words for some of the discharges that were found."""
    return "The only discharge" if of == 1 else f"{some} of {of} discharges"


def implied(
    *,
    counted: Counted,
    expected_false: float,
    analysed_s: float,
    units: tuple[Unit, ...],
    quality: Quality,
    muscle: str | None,
    at_rest: Settled,
    train: bool = False,
) -> tuple[Finding, ...]:
    """Findings of a recording at rest with surface electrodes.

    Only discharges of the size that is counted as twitches make findings (see `myolens.emg.size`).
    Fasciculations are present if so many are improbable (1 %) as false alarms; absent if no discharge of any
    size was found, not even a regular train (`train`), the analysed time excludes one a minute at 95 %, and
    potentials of 100 µV would have been found; how much that weighs depends on time and size
    (`absence_strength`). Otherwise nothing is said.
    A poor recording halves every weight. So does a doubt whether a muscle at rest fasciculates (`doubts`).
    """
    rate, count = counted.rate_per_min, len(counted.events)
    if rate is None or quality.verdict == "unusable":
        return ()
    trust = 0.5 if quality.verdict == "poor" else 1.0
    found: list[Finding] = []

    def say(name: str, strength: float, *, present: bool = True, value: float | None = None) -> None:
        found.append(
            Finding(
                name=name,
                present=present,
                value=value,
                unit=None if value is None else "/min",
                site=muscle,
                source="recording",
                strength=round(strength * trust, 2),
            )
        )

    if _improbable(count, expected_false):
        if doubts(counted=counted, expected_false=expected_false, analysed_s=analysed_s, at_rest=at_rest):
            trust /= 2
        say("emg_fasciculations", PRESENT_STRENGTH, value=round(rate.value, 2))
        large = units_among(units, counted.events)
        for name, present in (_rate_finding(rate, muscle), *_unit_findings(large, count)):
            if present is not None:
                say(name, MODEST_STRENGTH if present else -MODEST_STRENGTH, present=present)
    elif not train and not count and not counted.smaller and excludes(analysed_s, quality):
        strength = absence_strength(analysed_s, quality.detectable_uv)
        say("emg_fasciculations", strength, present=False)
        say("emg_no_fasciculations_found", -strength)
    return tuple(found)


def doubts(*, counted: Counted, expected_false: float, analysed_s: float, at_rest: Settled) -> str:
    """Why the discharges of a recording weigh half, where they make a finding at all, in words; else none.

    The muscle is not known to be at rest: away from any effort the discharges come no more often than false
    alarms and the strays of healthy muscles may (1 %; those close together count once). Or the size is not
    known, so that they may all be too small to be counted.
    """
    if not _improbable(len(counted.events), expected_false):
        return ""
    reasons = []
    often = expected_false / max(analysed_s, 1e-9) + STRAYS_PER_10_MIN / 600
    if not _improbable(at_rest.groups, often * at_rest.seconds):
        times = {0: "None was", 1: "Only once was one"}
        away = at_rest.seconds < analysed_s - 0.5
        where = f" that lie {SETTLED_S:.0f} s away from voluntary activity and even runs" if away else ""
        reasons.append(
            f"{times.get(at_rest.groups, f'Only {at_rest.groups} times was one')} seen in the "
            f"{at_rest.seconds:.0f} s{where}, as few as healthy muscles show: record two minutes of rest, "
            "with the limb supported."
        )
    if counted.least_uv is None:
        reasons.append(
            f"Without the unit of the signal it cannot be told whether any reaches {COUNTED_FROM_UV:.0f} µV, "
            "the size from which twitches are counted."
        )
    return " ".join([*reasons, HALF_WEIGHT]) if reasons else ""


def excludes(analysed_s: float, quality: Quality) -> bool:
    """Whether a recording without events was long and clear enough to say there are none.

    Long enough for discharges that come singly; that they may come in clumps is in the weight.
    """
    clear = quality.detectable_uv is not None and quality.detectable_uv <= LARGEST_DETECTABLE_UV
    return clear and analysed_s >= seconds_to_exclude(LEAST_RATE_PER_MIN)


def absence_strength(analysed_s: float, detectable_uv: float | None) -> float:
    """Natural log of the likelihood ratio of finding none, at most `ABSENT_STRENGTH` in size.

    A muscle that fasciculates once a minute shows none if none falls into the time analysed, clumps
    allowed for, or if the detector misses them.
    """
    seen = SENSITIVITY * (1 - probability_of_none(LEAST_RATE_PER_MIN * analysed_s / 60))
    strength = log((1 - seen) / SPECIFICITY)
    clear = detectable_uv is not None and detectable_uv <= USUAL_LIMIT_UV
    return max(strength if clear else strength / 2, ABSENT_STRENGTH)


def _improbable(count: int, expected_false: float) -> bool:
    """Whether a Poisson number of false alarms would reach the count in less than one case of a hundred."""
    from scipy.special import gammainc

    return bool(count >= 2 and gammainc(count, max(expected_false, 1e-9)) < 0.01)


def _rate_finding(rate: Estimate, muscle: str | None) -> tuple[str, bool | None]:
    """High, not high, or (None) not to be told; foot and calf are busy in healthy people."""
    name = "emg_high_fasciculation_rate"
    if any(word in (muscle or "").lower() for word in _BUSY_IN_HEALTH):
        return name, None
    return name, True if rate.low > HIGH_RATE_PER_MIN else False if rate.high < HIGH_RATE_PER_MIN else None


def _unit_findings(units: tuple[Unit, ...], count: int) -> list[tuple[str, bool | None]]:
    if count < _FEWEST_FOR_UNITS:
        return []
    sorted_share = sum(unit.events for unit in units) / count
    doublets = sum(unit.doublets for unit in units)
    return [
        ("emg_single_unit", True if len(units) == 1 and sorted_share >= 0.9 else None),
        ("emg_several_units", True if len(units) >= 3 else None),
        ("emg_doublets", True if doublets >= 2 else None),
    ]
