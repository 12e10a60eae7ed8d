"""A case as it was understood: recognised names, facts for the rules, likelihoods for the inference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from myolens.assessment.contradictions import contradicted, lab_value, number_value
from myolens.assessment.evidence import SURE, Reading, combined
from myolens.assessment.grading import Told
from myolens.assessment.measured import Interval
from myolens.assessment.network import Network, Weights
from myolens.assessment.result import Contradicted, Understood, Unrecognised
from myolens.assessment.triage import Facts
from myolens.case import Case
from myolens.knowledge.consequences import closure
from myolens.knowledge.grades import MODERATE, graded_as, interval_of, limit_for
from myolens.knowledge.model import Knowledge, LabDefinition, UrgencyLevel
from myolens.knowledge.proposals import Proposal, propose
from myolens.knowledge.recognised import Recognised, RecognisedFinding
from myolens.knowledge.vocabulary import DURATION, recognise

if TYPE_CHECKING:
    from myolens.emg.analysis import Analysis

SLOW = "slow_over_years"
FAST = "weakness_rapidly_worsening"
SUDDEN = "weakness_sudden"
_LOSSES = frozenset({"weakness", "weakness_on_examination", "muscle_wasting"})
MOST_LOST = 1
"""With more names than this not understood, self-care is not advised (project estimate)."""
YEARS_DAYS = 3 * 365.25
"""Weakness that began this long ago counts as evidence of a slow course (project estimate)."""
FAST_DAYS = 28
"""Weakness that began within four weeks hints at fast worsening (NICE NG127 sets the four weeks)."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """Everything the assessment needs from a case.

    Attributes
    ----------
    facts, observed
        As in `myolens.assessment.evidence.Combined`.
    labels : dict of code to str
        Names of findings, labs and medicines, numbers with their values.
    understood, proposed : tuple of Understood
        What was given, and what the free text seems to say but nobody has confirmed.
    unrecognised : tuple of Unrecognised
    lost : bool
        What was not understood may be what matters.
    contradictions : tuple of Contradicted
        What was said to be both present and absent, and values that differ.
    notes : tuple of str
        How a number was read where the case left it open.
    lasted_days : float or None
        How long the twitching has lasted.
    answers : int
        How many answers were given.
    """

    facts: Facts
    observed: dict[str, Weights]
    labels: dict[str, str]
    understood: tuple[Understood, ...]
    proposed: tuple[Understood, ...]
    unrecognised: tuple[Unrecognised, ...]
    lost: bool
    contradictions: tuple[Contradicted, ...]
    notes: tuple[str, ...]
    lasted_days: float | None
    answers: int


def gathered(
    case: Case,
    network: Network,
    *,
    analyses: Sequence[Analysis] = (),
    trust_text: bool = False,
    today: date | None = None,
) -> Understanding:
    """Read a case with the findings of its recordings; the order of findings does not matter."""
    knowledge = network.knowledge
    recorded = tuple(finding for analysis in analyses for finding in analysis.findings)
    told_case = case.model_copy(update={"findings": (*case.findings, *recorded)})
    recognised = recognise(told_case, knowledge, today=today)
    proposed = _proposed(case, knowledge, recognised, today=today)
    if trust_text and proposed:
        confirmed = tuple(proposal.finding for proposal in proposed)
        told_case = told_case.model_copy(update={"findings": (*told_case.findings, *confirmed)})
        recognised = recognise(told_case, knowledge, today=today)
    values, numbers = _values(recognised), recognised.all_numbers
    labs = _by_weight(values, recognised, knowledge)
    both = combined(
        network,
        [_told(finding) for finding in recognised.findings if _said(finding, knowledge)]
        + _course(recognised, knowledge),
        disputed=[contradiction.code for contradiction in recognised.contradictions],
        numbers=recognised.numbers,
        labs={code: several[0] for code, several in labs.items()},
        more={code: several[1:] for code, several in (*numbers.items(), *labs.items())},
        readings={**numbers, **_worded(recognised, knowledge), **values},
        age=case.age,
        sex=case.sex,
    )
    labels = _labels(knowledge, recognised, case)
    understood = _understood(knowledge, recognised)
    return Understanding(
        facts=replace(both.facts, since=_newest(recognised, knowledge)),
        observed=both.observed,
        labels=labels,
        understood=understood,
        proposed=() if trust_text else tuple(_proposal(each) for each in proposed),
        unrecognised=_unrecognised(recognised),
        lost=_lost(recognised),
        contradictions=contradicted(both.contradictions, recognised, values, knowledge),
        notes=_notes(recognised, knowledge),
        lasted_days=recognised.numbers.get(DURATION),
        answers=sum(each.present is not None or each.value is not None for each in understood),
    )


def _proposed(
    case: Case, knowledge: Knowledge, recognised: Recognised, *, today: date | None
) -> tuple[Proposal, ...]:
    """What the complaint says plainly, of the present, and the case does not say already."""
    if not case.complaint.strip():
        return ()
    known = {finding.code for finding in recognised.findings} | set(case.refused)
    return tuple(
        proposal
        for proposal in propose(case.complaint, knowledge, today=today)
        if proposal.present is not None and not proposal.past and proposal.code not in known
    )


def _proposal(proposal: Proposal) -> Understood:
    return Understood(
        finding=proposal.code,
        label=proposal.name,
        present=proposal.present,
        value=None if proposal.value is None else number_value(proposal.value, proposal.unit),
        source="story",
        given_as=proposal.words,
    )


def _said(finding: RecognisedFinding, knowledge: Knowledge) -> bool:
    """Said or following from a medicine; what follows from a finding is worked out by the network."""
    return finding.implied_by is None or finding.implied_by not in knowledge.findings


def _told(finding: RecognisedFinding) -> Told:
    if finding.log_ratio is not None and finding.present is not None:
        ratio = finding.log_ratio if finding.present else -finding.log_ratio
        return Told(finding.code, None, ratio, finding.levels)
    return Told(finding.code, finding.present, levels=finding.levels)


def _values(recognised: Recognised) -> dict[str, list[float]]:
    """All values given for each laboratory test, in order of size."""
    found: dict[str, list[float]] = {}
    for lab in recognised.labs:
        if lab.value is not None:
            found.setdefault(lab.code, []).append(lab.value)
    return {code: sorted(values) for code, values in found.items()}


def _worded(recognised: Recognised, knowledge: Knowledge) -> dict[str, list[Reading]]:
    """Return the intervals that graded words stand for, of each test."""
    found: dict[str, list[Reading]] = {}
    for lab in recognised.labs:
        if lab.grade is not None and lab.word in ("low", "high"):
            ends = interval_of(knowledge.labs[lab.code], lab.word, lab.grade)
            if ends is not None:
                found.setdefault(lab.code, []).append(Interval(*ends, mild=lab.grade[0] < MODERATE[0]))
    return found


def _by_weight(
    values: dict[str, list[float]], recognised: Recognised, knowledge: Knowledge
) -> dict[str, list[float]]:
    """Return the values of each test for the rules, the most critical first, then by distance from normal.

    A graded word ("severely low") counts as the critical value it stands for.
    """
    candidates = {code: list(several) for code, several in values.items()}
    for lab in recognised.labs:
        if lab.grade is not None and lab.word in ("low", "high"):
            limit = limit_for(knowledge.labs[lab.code], lab.word, lab.grade)
            if limit is not None:
                candidates.setdefault(lab.code, []).append(limit)
    return {
        code: sorted(set(several), key=lambda value: _weight(knowledge.labs[code], value), reverse=True)
        for code, several in sorted(candidates.items())
    }


def _weight(lab: LabDefinition, value: float) -> tuple[int, float, float]:
    met = [
        each.level.rank
        for each in lab.critical
        if (value <= each.value if each.direction == "at_or_below" else value >= each.value)
    ]
    return max(met, default=UrgencyLevel.SELF_CARE.rank), _outside(lab, value), value


def _outside(lab: LabDefinition, value: float) -> float:
    """How far a value lies outside the range, in shares of the limit it passes."""
    if lab.normal_low is not None and value < lab.normal_low:
        return 1 - value / lab.normal_low
    if lab.normal_high is not None and value > lab.normal_high:
        return value / lab.normal_high - 1
    return 0.0


def _notes(recognised: Recognised, knowledge: Knowledge) -> tuple[str, ...]:
    """Say which unit was taken where none was given."""
    return tuple(
        f"{knowledge.labs[lab.code].name} was given without a unit and read as {lab_value(lab)}, "
        "the only unit that gives a possible value."
        for lab in sorted(recognised.labs, key=lambda each: (each.code, str(each.value)))
        if not lab.unit_given
    )


def _newest(recognised: Recognised, knowledge: Knowledge) -> dict[str, float]:
    """Days since each finding began, told or implied; of several instances the newest."""
    since: dict[str, float] = {}
    for finding in recognised.findings:
        if finding.present and finding.since_days is not None:
            for code in closure((finding.code,), knowledge):
                since[code] = min(finding.since_days, since.get(code, finding.since_days))
    return since


def _course(recognised: Recognised, knowledge: Knowledge) -> list[Told]:
    """When weakness or wasting began hints at a fast or slow course, short of certainty."""
    lasted = [
        finding.since_days
        for finding in recognised.findings
        if finding.present
        and finding.since_days is not None
        and _LOSSES.intersection((finding.code, *knowledge.findings[finding.code].implies))
    ]
    if not lasted:
        return []
    hints = {
        SLOW: max(lasted) >= YEARS_DAYS,
        FAST: min(lasted) <= FAST_DAYS,
        SUDDEN: min(lasted) <= 1,
    }
    known = recognised.present | recognised.absent
    told = [Told(code, None, SURE * 0.9) for code, holds in hints.items() if holds and code not in known]
    if FAST not in known and min(lasted) > 2 * FAST_DAYS:
        told.append(Told(FAST, None, -SURE * 0.9))
    return [each for each in told if each.code in knowledge.findings]


def _labels(knowledge: Knowledge, recognised: Recognised, case: Case) -> dict[str, str]:
    labels = {code: definition.name for code, definition in knowledge.findings.items()}
    labels |= {code: definition.name for code, definition in knowledge.labs.items()}
    for finding in recognised.findings:
        if finding.value is not None:
            labels[finding.code] += f" {_given_value(finding)}"
    for code in dict.fromkeys(lab.code for lab in recognised.labs):
        given = {lab_value(lab): lab.value for lab in recognised.labs if lab.code == code}
        ordered = sorted(given, key=lambda shown: (given[shown] is None, given[shown] or 0.0, shown))
        labels[code] = f"{knowledge.labs[code].name} {', '.join(ordered)}"
    if case.age is not None:
        labels["age"] = f"age {case.age:g}"
    if case.sex is not None:
        labels["sex"] = case.sex
    return labels


def _given_value(finding: RecognisedFinding) -> str | None:
    """Return the number or numbers of a finding as they are shown, or the grade it was told to have."""
    if finding.value is not None:
        return " or ".join(number_value(value, finding.unit) for value in (finding.value, *finding.others))
    grades = " or ".join(graded_as(levels) for levels in finding.levels)
    return grades if grades and finding.present else None


def _understood(knowledge: Knowledge, recognised: Recognised) -> tuple[Understood, ...]:
    """What was given, in the order of the knowledge base, so that the order of a case does not show."""
    order = {code: place for place, code in enumerate(knowledge.findings)}
    said = [finding for finding in recognised.findings if finding.implied_by is None]
    found = [
        Understood(
            finding=finding.code,
            label=knowledge.findings[finding.code].name,
            present=finding.present,
            value=_given_value(finding),
            source=finding.source,
            given_as=finding.given_as,
        )
        for finding in sorted(said, key=lambda each: order[each.code])
    ]
    found += [
        Understood(
            finding=lab.code,
            label=knowledge.labs[lab.code].name,
            present=None,
            value=lab_value(lab),
            source="lab",
            given_as=lab.given_as,
        )
        for lab in sorted(recognised.labs, key=lambda each: (each.code, str(each.value)))
    ]
    found += [
        Understood(
            finding=medicine.code,
            label=medicine.name,
            present=True,
            value=None,
            source="story",
            given_as=medicine.given_as,
        )
        for medicine in sorted(recognised.medicines, key=lambda each: each.code)
    ]
    return tuple(found)


def _unrecognised(recognised: Recognised) -> tuple[Unrecognised, ...]:
    listed = [
        Unrecognised(
            name=each.name, kind=each.kind, reason=each.reason, nearest=each.nearest, closeness=each.closeness
        )
        for each in recognised.unrecognised
    ]
    return tuple(sorted(listed, key=lambda each: (each.kind, each.name)))


def _lost(recognised: Recognised) -> bool:
    """One lost complaint is too many, or more than `MOST_LOST` names that are not beside the point."""
    complaint = any(each.may_be_a_complaint for each in recognised.unrecognised)
    others = sum(not each.beside_the_point for each in recognised.unrecognised)
    return complaint or others > MOST_LOST
