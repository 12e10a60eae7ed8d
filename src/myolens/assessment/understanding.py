"""A case as it was understood: recognised names, facts for the rules, likelihoods for the inference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from myolens.assessment.evidence import SURE, Told, combined
from myolens.assessment.network import Network, Weights
from myolens.assessment.result import Understood, Unrecognised
from myolens.assessment.triage import Facts
from myolens.assessment.words import duration
from myolens.case import Case
from myolens.knowledge.consequences import closure
from myolens.knowledge.grades import limit_for
from myolens.knowledge.model import Knowledge
from myolens.knowledge.proposals import Proposal, propose
from myolens.knowledge.recognised import Recognised, RecognisedFinding, RecognisedLab
from myolens.knowledge.vocabulary import DURATION, recognise

if TYPE_CHECKING:
    from myolens.emg.analysis import Analysis

SLOW = "slow_over_years"
FAST = "weakness_rapidly_worsening"
_LOSSES = frozenset({"weakness", "weakness_on_examination", "muscle_wasting"})
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
    contradictions : tuple of str
        Names of what was said to be both present and absent.
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
    contradictions: tuple[str, ...]
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
    labs = {lab.code: lab.value for lab in recognised.labs if lab.value is not None}
    both = combined(
        network,
        [_told(finding) for finding in recognised.findings if _said(finding, knowledge)]
        + _course(recognised, knowledge),
        disputed=[contradiction.code for contradiction in recognised.contradictions],
        numbers=recognised.numbers,
        labs=labs,
        age=case.age,
        sex=case.sex,
    )
    labels = _labels(knowledge, recognised, case)
    understood = _understood(knowledge, recognised)
    return Understanding(
        facts=replace(
            both.facts, since=_newest(recognised, knowledge), labs=labs | _worded_labs(recognised, knowledge)
        ),
        observed=both.observed,
        labels=labels,
        understood=understood,
        proposed=() if trust_text else tuple(_proposal(each) for each in proposed),
        unrecognised=_unrecognised(recognised),
        contradictions=tuple(labels[code] for code in both.contradictions),
        lasted_days=recognised.numbers.get(DURATION),
        answers=sum(each.present is not None or each.value is not None for each in understood),
    )


def _proposed(
    case: Case, knowledge: Knowledge, recognised: Recognised, *, today: date | None
) -> tuple[Proposal, ...]:
    """What the complaint says plainly, of the present, and the case does not say already."""
    if not case.complaint.strip():
        return ()
    known = {finding.code for finding in recognised.findings if finding.present is not None}
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


def _worded_labs(recognised: Recognised, knowledge: Knowledge) -> dict[str, float]:
    """Critical values that graded words stand for ("severely low"); the rules alone use them."""
    found = {}
    for lab in recognised.labs:
        if lab.grade is not None and lab.word in ("low", "high"):
            limit = limit_for(knowledge.labs[lab.code], lab.word, lab.grade)
            if limit is not None:
                found[lab.code] = limit
    return found


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
    hints = {SLOW: max(lasted) >= YEARS_DAYS, FAST: min(lasted) <= FAST_DAYS}
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
    for lab in recognised.labs:
        labels[lab.code] = f"{knowledge.labs[lab.code].name} {_lab_value(lab)}"
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
    return duration(value) if unit == "day" else f"{value:g} {unit or ''}".strip()


def _lab_value(lab: RecognisedLab) -> str:
    if lab.value is not None:
        return _value(lab.value, lab.unit)
    return f"{_GRADES[lab.grade]} {lab.word}" if lab.grade and lab.word else lab.word or ""


_GRADES = {"marked": "very", "extreme": "extremely"}
