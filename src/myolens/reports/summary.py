"""The first page: what a neurologist wants to know in two minutes, as plain data for screen and paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from myolens.assessment.result import Assessment, CauseResult, CheckedFor, Understood
from myolens.assessment.words import capital, of_hundred, range_of
from myolens.case import Case, Lab
from myolens.emg import Comparison
from myolens.emg.size import counted_of
from myolens.knowledge import load
from myolens.knowledge.vocabulary import DURATION
from myolens.reports import needle
from myolens.reports.examined import Examined
from myolens.reports.followed import (
    Followed,
    ability_sentence,
    span_sentence,
    telling_triggers,
    trend_sentence,
)

MOST_COMPLAINT = 320
MOST_SITES = 12
SHOWN_CHECKED, SHOWN_TESTS, SHOWN_EVIDENCE, SHOWN_CAUTIONS = 3, 4, 3, 3

SIGNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Weakness",
        (
            "weakness", "arm_weakness", "hand_weakness", "leg_weakness", "proximal_weakness",
            "distal_weakness", "facial_weakness", "neck_weakness", "weakness_progressive",
            "weakness_rapidly_worsening", "weakness_sudden", "weakness_on_examination",
        ),
    ),
    ("Wasting", ("muscle_wasting", "wasting_hand", "wasting_thenar", "wasting_shoulder", "wasting_leg",
                 "wasting_tongue")),
    ("Swallowing, speech", ("dysphagia", "dysarthria", "choking", "drooling")),
    ("Breathing", ("breathlessness", "breathless_lying_flat", "breathless_at_rest")),
    ("Upper motor neurone signs", ("upper_motor_neuron_signs", "hyperreflexia", "babinski_sign",
                                   "spasticity", "clonus")),
    ("Numbness, sensory loss", ("numbness", "hand_numbness", "numbness_feet", "sensory_loss")),
    ("Clumsiness, falls", ("clumsy_hands", "falls", "gait_disturbance")),
    ("Cramps, stiffness", ("muscle_cramps", "muscle_stiffness")),
    ("Weight loss", ("weight_loss",)),
    ("Bladder, bowel", ("bladder_bowel_symptoms",)),
    ("Motor neuron disease in the family", ("family_mnd",)),
)  # fmt: skip
"""What a neurologist looks for first in somebody who twitches, general sign before particular ones."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Two recordings of one muscle beside each other."""

    muscle: str
    first: str
    last: str
    comparison: Comparison


def comparison_sentence(compared: Compared) -> str:
    """Whether the rate has changed, with the interval and what else differs."""
    ratio = compared.comparison.ratio
    high = f"{ratio.high:.2f}" if ratio.high != float("inf") else "no upper limit"
    value = f"{ratio.value:.2f} times" if ratio.value == ratio.value and ratio.value != float("inf") else ""
    change = {"higher": "a higher rate", "lower": "a lower rate", "not shown": "no change shown"}
    words = change[compared.comparison.change]
    numbers = f"{value + ', ' if value else ''}{ratio.level:.0%} interval {ratio.low:.2f} to {high}"
    return (
        f"{capital(compared.muscle)}, {compared.last} against {compared.first}: {words} ({numbers}). "
        + " ".join(compared.comparison.cautions)
    ).strip()


def summary_of(
    assessment: Assessment,
    case: Case,
    likely: Sequence[CauseResult],
    checked: Sequence[CheckedFor],
    examined: Sequence[Examined] = (),
    followed: Followed | None = None,
    compared: Sequence[Compared] = (),
) -> dict[str, Any]:
    """Collect the summary as plain text, in the order shown."""
    urgency = assessment.urgency
    first = [rule for rule in urgency.rules if rule.level == urgency.level]
    return {
        "because": [f"{rule.action} Because: {'; '.join(rule.because).rstrip('.')}." for rule in first[:2]],
        "complaint": _clipped(case.complaint),
        "lasted": next((item.value for item in assessment.understood if item.finding == DURATION), None),
        "sites": _sites(case),
        "signs": signs(assessment.understood),
        "labs": [lab_row(lab) for lab in case.labs],
        "medicines": ", ".join(case.medicines),
        "cautions": [caution.text for caution in assessment.cautions[:SHOWN_CAUTIONS]],
        "recordings": [recording_row(item) for item in examined],
        "compared": [comparison_sentence(pair) for pair in compared],
        "followed": _followed(followed),
        "causes": [_cause(cause) for cause in likely],
        "checked": [f"{capital(item.name)}: {item.words}" for item in checked[:SHOWN_CHECKED]],
        "tests": [test.name for test in assessment.tests[:SHOWN_TESTS]],
        "open": list(urgency.not_asked[:3]),
    }


def signs(understood: Sequence[Understood]) -> list[list[str]]:
    """Each group of signs as present, absent or not asked, with the signs that say so."""
    told = {item.finding: item for item in understood}
    rows = []
    for name, codes in SIGNS:
        known = [told[code] for code in codes if code in told]
        there = [item.label for item in known if item.present]
        gone = [item.label for item in known if item.present is False]
        if there:
            rows.append([name, "present", "; ".join(there)])
        elif gone:
            whole = codes[0] in told and told[codes[0]].present is False and len(codes) > 1
            only = "" if whole or len(codes) == 1 else "; ".join(gone)
            rows.append([name, "absent", only])
        else:
            rows.append([name, "not asked", ""])
    return rows


def recording_row(item: Examined) -> list[str]:
    """One recording as a row: name, muscle, time used, what was found, units, quality, review."""
    analysis = item.analysis
    reading = needle.reading_of(analysis)
    counts = counted_of(analysis)
    rate = counts.rate_per_min
    if reading is not None:
        shown, units = needle.sentence(reading).partition(",")[0], len(reading["potentials"])
    elif rate is None or analysis.quality.verdict == "unusable":
        shown, units = "nothing could be counted", 0
    else:
        units = len(analysis.units)
        size = f" of {counts.least_uv:.0f} µV or more" if counts.smaller else ""
        shown = f"{rate.value:.1f} a minute{size} ({rate.low:.1f} to {rate.high:.1f})"
    return [
        f"{analysis.recording}, {item.when}" if item.when else analysis.recording,
        analysis.muscle or "not named",
        used(analysis.analysed_seconds, analysis.seconds),
        shown,
        str(units),
        analysis.quality.verdict,
        "by hand" if item.decided else "no",
    ]


def used(analysed_s: float, seconds: float) -> str:
    """How much of a recording was used, in minutes where there are any."""
    if seconds < 120:
        return f"{analysed_s:.0f} of {seconds:.0f} s"
    return f"{analysed_s / 60:.1f} of {seconds / 60:.1f} min"


RECORDING_COLUMNS = (
    "Recording",
    "Muscle",
    "Used",
    "Found (95 % interval)",
    "Units",
    "Quality",
    "Reviewed",
)


def lab_row(lab: Lab) -> list[str]:
    """A laboratory test under the name a doctor knows it by, with its value and unit."""
    known = load().labs.get(lab.name)
    value = "not known" if lab.value is None else f"{lab.value} {lab.unit or ''}".strip()
    return [known.name if known else capital(lab.name), value]


def _cause(cause: CauseResult) -> dict[str, str]:
    strongest = sorted(cause.evidence, key=lambda item: -abs(item.bits))[:SHOWN_EVIDENCE]
    moved = "; ".join(
        f"{item.label}{' absent' if item.present is False else ''} {item.bits:+.1f}".replace("-", "−")
        for item in strongest
    )
    return {
        "name": capital(cause.plain_name),
        "clinical": cause.name,
        "probability": of_hundred(cause.probability) + f" ({range_of(cause.low, cause.high)})",
        "moved": moved,
    }


def _followed(told: Followed | None) -> list[str]:
    if told is None:
        return []
    lines = [
        span_sentence(told),
        trend_sentence(told.trend),
        telling_triggers(told.triggers),
        ability_sentence(told.days),
    ]
    return [line for line in lines if line]


def _sites(case: Case) -> str:
    names = list(dict.fromkeys(f.site for f in case.findings if f.site and f.present and f.source == "story"))
    more = len(names) - MOST_SITES
    everywhere = any(f.name == "twitching_generalised" and f.present for f in case.findings)
    shown = ", ".join(names[:MOST_SITES]) + (f" and {more} more" if more > 0 else "")
    return "; ".join(
        part for part in ("in many places, or moving around" if everywhere else "", shown) if part
    )


def _clipped(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= MOST_COMPLAINT else words[: MOST_COMPLAINT - 1].rstrip() + "…"
