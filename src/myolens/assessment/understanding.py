"""A case as it was understood: recognised names, facts for the rules, likelihoods for the inference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from myolens.assessment.evidence import SURE, Told, combined
from myolens.assessment.network import Network, Weights
from myolens.assessment.result import Contradicted, Understood, Unrecognised
from myolens.assessment.triage import Facts
from myolens.assessment.words import contradiction, duration
from myolens.case import Case
from myolens.knowledge.consequences import closure
from myolens.knowledge.grades import limit_for
from myolens.knowledge.model import Knowledge, LabDefinition, Number
from myolens.knowledge.proposals import Proposal, propose
from myolens.knowledge.recognised import Recognised, RecognisedFinding, RecognisedLab
from myolens.knowledge.vocabulary import DURATION, recognise

if TYPE_CHECKING:
    from myolens.emg.analysis import Analysis

SLOW = "slow_over_years"
FAST = "weakness_rapidly_worsening"
SUDDEN = "weakness_sudden"
_LOSSES = frozenset({"weakness", "weakness_on_examination", "muscle_wasting"})
_SAME_VALUE = 0.02
"""Two values of one test that differ by less than this share are the same value, rounded."""
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
    values = _values(recognised)
    both = combined(
        network,
        [_told(finding) for finding in recognised.findings if _said(finding, knowledge)]
        + _course(recognised, knowledge),
        disputed=[contradiction.code for contradiction in recognised.contradictions],
        numbers=recognised.numbers,
        labs=_worst(values, recognised, knowledge),
        repeated=values,
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
        contradictions=_contradicted(both.contradictions, recognised, values, knowledge),
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
        value=None if proposal.value is None else _value(proposal.value, proposal.unit),
        source="story",
        given_as=proposal.words,
    )


def _said(finding: RecognisedFinding, knowledge: Knowledge) -> bool:
    """Said or following from a medicine; what follows from a finding is worked out by the network."""
    return finding.implied_by is None or finding.implied_by not in knowledge.findings


def _told(finding: RecognisedFinding) -> Told:
    if finding.log_ratio is not None and finding.present is not None:
        return Told(finding.code, None, finding.log_ratio if finding.present else -finding.log_ratio)
    return Told(finding.code, finding.present)


def _values(recognised: Recognised) -> dict[str, list[float]]:
    """All values given for each laboratory test, in order of size."""
    found: dict[str, list[float]] = {}
    for lab in recognised.labs:
        if lab.value is not None:
            found.setdefault(lab.code, []).append(lab.value)
    return {code: sorted(values) for code, values in found.items()}


def _worst(values: dict[str, list[float]], recognised: Recognised, knowledge: Knowledge) -> dict[str, float]:
    """Return the value of each test that is farthest outside its range, for the rules alone.

    A graded word ("severely low") counts as the critical value it stands for.
    """
    candidates = {code: list(several) for code, several in values.items()}
    for lab in recognised.labs:
        if lab.grade is not None and lab.word in ("low", "high"):
            limit = limit_for(knowledge.labs[lab.code], lab.word, lab.grade)
            if limit is not None:
                candidates.setdefault(lab.code, []).append(limit)
    return {
        code: max((_outside(knowledge.labs[code], value), value) for value in several)[1]
        for code, several in sorted(candidates.items())
    }


def _outside(lab: LabDefinition, value: float) -> float:
    """How far a value lies outside the range, in shares of the limit it passes."""
    if lab.normal_low is not None and value < lab.normal_low:
        return 1 - value / lab.normal_low
    if lab.normal_high is not None and value > lab.normal_high:
        return value / lab.normal_high - 1
    return 0.0


def _contradicted(
    codes: Sequence[str], recognised: Recognised, values: dict[str, list[float]], knowledge: Knowledge
) -> tuple[Contradicted, ...]:
    """Name both sides of everything that does not fit together."""
    told: dict[str, tuple[str, ...]] = {}
    for each in recognised.contradictions:
        told[each.code] = tuple(dict.fromkeys((*told.get(each.code, ()), *each.given_as)))
    found = []
    for code in knowledge.findings:
        said = told.get(code) or (_against_measured(code, recognised, knowledge) if code in codes else ())
        if len(said) > 1:
            found.append((knowledge.findings[code].name, tuple(sorted(said))))
    for code, several in values.items():
        if several[-1] > several[0] * (1 + _SAME_VALUE):
            unit = knowledge.labs[code].number.unit
            found.append((knowledge.labs[code].name, tuple(_value(value, unit) for value in several)))
    return tuple(Contradicted(name=name, said=said, text=contradiction(name, said)) for name, said in found)


def _against_measured(code: str, recognised: Recognised, knowledge: Knowledge) -> tuple[str, ...]:
    """A word about a blood result or a number, and the number that says otherwise."""
    words = [f"{f.given_as.replace('_', ' ')}: {'yes' if f.present else 'no'}"
             for f in recognised.findings if f.code == code and f.implied_by is None]  # fmt: skip
    numbers = [
        f"{knowledge.labs[lab.code].name} {_lab_value(lab)}"
        for lab in recognised.labs
        if lab.value is not None and code in _thresholds(knowledge.labs[lab.code].number)
    ]
    numbers += [
        f"{knowledge.findings[f.code].name} {_value(f.value, f.unit)}"
        for f in recognised.findings
        if f.value is not None and code in _thresholds(knowledge.findings[f.code].number)
    ]
    return (*words, *numbers)


def _thresholds(number: Number | None) -> set[str]:
    return {threshold.finding for threshold in number.thresholds} if number is not None else set()


def _notes(recognised: Recognised, knowledge: Knowledge) -> tuple[str, ...]:
    """Say which unit was taken where none was given."""
    return tuple(
        f"{knowledge.labs[lab.code].name} was given without a unit and read as {_lab_value(lab)}, "
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
            labels[finding.code] += f" {_value(finding.value, finding.unit)}"
    for code in dict.fromkeys(lab.code for lab in recognised.labs):
        given = {_lab_value(lab): lab.value for lab in recognised.labs if lab.code == code}
        ordered = sorted(given, key=lambda shown: (given[shown] is None, given[shown] or 0.0, shown))
        labels[code] = f"{knowledge.labs[code].name} {', '.join(ordered)}"
    if case.age is not None:
        labels["age"] = f"age {case.age:g}"
    if case.sex is not None:
        labels["sex"] = case.sex
    return labels


def _understood(knowledge: Knowledge, recognised: Recognised) -> tuple[Understood, ...]:
    """What was given, in the order of the knowledge base, so that the order of a case does not show."""
    order = {code: place for place, code in enumerate(knowledge.findings)}
    said = [finding for finding in recognised.findings if finding.implied_by is None]
    found = [
        Understood(
            finding=finding.code,
            label=knowledge.findings[finding.code].name,
            present=finding.present,
            value=None if finding.value is None else _value(finding.value, finding.unit),
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
            value=_lab_value(lab),
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
        Unrecognised(name=each.name, kind=each.kind, reason=each.reason, nearest=each.nearest)
        for each in recognised.unrecognised
    ]
    return tuple(sorted(listed, key=lambda each: (each.kind, each.name)))


def _value(value: float, unit: str | None) -> str:
    if unit == "day":
        return duration(value)
    shown = round(value, 2) if value >= 1 else float(f"{value:.2g}")
    return f"{shown:g} {unit or ''}".strip() if shown < 1e5 else f"{shown:.0f} {unit or ''}".strip()


def _lab_value(lab: RecognisedLab) -> str:
    if lab.value is not None:
        return _value(lab.value, lab.unit)
    return f"{_GRADES[lab.grade]} {lab.word}" if lab.grade and lab.word else lab.word or ""


_GRADES = {"marked": "very", "extreme": "extremely"}
