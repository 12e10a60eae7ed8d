"""From a case to everything that can honestly be said about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from myolens.assessment.care import care_plan
from myolens.assessment.course import expected_course
from myolens.assessment.criteria import criteria_results
from myolens.assessment.explanation import (
    cause_results,
    checked_for,
    clinician_lines,
    estimate_share,
    paragraphs,
)
from myolens.assessment.fit import fit_of
from myolens.assessment.inference import MAXIMUM_FRONTIER
from myolens.assessment.network import Network, compiled
from myolens.assessment.posterior import Judgement, judge
from myolens.assessment.questions import (
    ENOUGH_CHANCE,
    JOINT_DRAWS,
    OpenQuestion,
    information,
    next_questions,
    open_safety,
)
from myolens.assessment.result import Assessment, FiredRule, SourceLine, Urgency
from myolens.assessment.safety_net import safety_net
from myolens.assessment.triage import fired_rules, level_of, with_probable
from myolens.assessment.understanding import Understanding, gathered
from myolens.assessment.words import headline, when
from myolens.assessment.workup import test_advice
from myolens.case import Case
from myolens.knowledge.loading import load
from myolens.knowledge.model import Knowledge, UrgencyLevel

if TYPE_CHECKING:
    from myolens.emg.analysis import Analysis

_MOST_OPEN = 12
_ADULT = 16


def assess(
    case: Case,
    *,
    analyses: Sequence[Analysis] = (),
    knowledge: Knowledge | None = None,
    trust_text: bool = False,
    today: date | None = None,
) -> Assessment:
    """Assess one case.

    Parameters
    ----------
    case : Case
        What is known about the person.
    analyses : sequence of Analysis
        Analyses of the person's recordings; their findings enter with their strength.
    knowledge : Knowledge, optional
        The knowledge base; by default the one that comes with the package.
    trust_text : bool
        Let findings proposed from the complaint's free text enter without confirmation.
    today : date, optional
        Day from which dates are counted; without it the result speaks of "in 4 weeks".

    Returns
    -------
    Assessment
        The same case and the same ``today`` give the same bytes.
    """
    knowledge = knowledge if knowledge is not None else load()
    network = compiled(knowledge)
    evidence = gathered(case, network, analyses=analyses, trust_text=trust_text, today=today)
    facts = evidence.facts
    judgement = judge(network, evidence.observed, setting=case.setting, age=case.age, sex=case.sex)
    probability = {code: float(judgement.probability[number]) for code, number in network.causes.items()}
    drawn = judgement.draws(JOINT_DRAWS)
    informed = None if drawn is None else information(network, drawn, facts)
    rules = with_probable(knowledge, fired_rules(knowledge, facts, evidence.labels), probability)
    open_questions = open_safety(network, facts, informed)
    level, enough = _level(rules, open_questions, evidence)
    course = expected_course(
        knowledge, probability, level=level, lasted_days=evidence.lasted_days, today=today
    )
    urgency = _urgency(
        level, rules, open_questions, evidence, enough=enough, review=when(course.review_in_days, today)
    )
    causes = cause_results(network, judgement, facts, evidence.understood)
    fit = fit_of(network, facts, evidence.observed, probability, drawn, level=level, answers=evidence.answers)
    questions = next_questions(network, facts, open_questions, informed, level)
    tests = test_advice(
        network, judgement, evidence.observed, facts, informed, setting=case.setting, level=level
    )
    care = care_plan(knowledge, facts, probability, evidence.labels, level=level)
    result = Assessment(
        id=case.id,
        knowledge_version=knowledge.version,
        setting=case.setting,
        urgency=urgency,
        fit=fit,
        causes=causes,
        checked_for=checked_for(network, causes, facts),
        unrecognised=evidence.unrecognised,
        understood=evidence.understood,
        proposed=evidence.proposed,
        questions=questions,
        tests=tests,
        care=care.advice,
        cautions=care.cautions,
        course=course,
        criteria=criteria_results(knowledge, facts),
        contradictions=evidence.contradictions,
        explanation=paragraphs(
            urgency, fit, causes, evidence.understood, questions, tests, evidence.contradictions
        ),
        clinician=clinician_lines(
            network,
            judgement,
            causes,
            facts,
            urgency,
            fit,
            contradictions=evidence.contradictions,
            questions=questions,
            tests=tests,
            course=course,
        ),
        limits=_limits(case, network, judgement, evidence),
        sources={},
    )
    return result.model_copy(update={"sources": _sources(knowledge, result)})


def assess_many(
    cases: Iterable[Case],
    *,
    knowledge: Knowledge | None = None,
    trust_text: bool = False,
    today: date | None = None,
) -> Iterator[Assessment]:
    """Assess cases one after the other, in order; the network is compiled once."""
    knowledge = knowledge if knowledge is not None else load()
    for case in cases:
        yield assess(case, knowledge=knowledge, trust_text=trust_text, today=today)


def _level(
    rules: Sequence[FiredRule], open_questions: Sequence[OpenQuestion], evidence: Understanding
) -> tuple[UrgencyLevel, bool]:
    """Return the level and whether enough is known for it.

    Too little is known while a question that has not been answered could well be answered
    "yes" and would then ask for a doctor within weeks or sooner. Self-care needs a rule that
    says why it is harmless, and every complaint understood; else the level is routine.
    """
    level = level_of(rules)
    weighty = [
        question for question in open_questions if question.chance >= ENOUGH_CHANCE.get(question.level, 1.0)
    ]
    enough = level.rank >= UrgencyLevel.URGENT_DAYS.rank or not weighty
    if level is UrgencyLevel.SELF_CARE and (not rules or evidence.lost):
        return UrgencyLevel.ROUTINE, False
    return level, enough


def _urgency(
    level: UrgencyLevel,
    rules: Sequence[FiredRule],
    open_questions: Sequence[OpenQuestion],
    evidence: Understanding,
    *,
    enough: bool,
    review: str,
) -> Urgency:
    return Urgency(
        level=level,
        rules=tuple(rules),
        headline=headline(
            level,
            enough=enough,
            review=review,
            actions=[rule.action for rule in rules if rule.level is level],
        ),
        safety_net=safety_net(level, review=review, present=evidence.facts.present),
        not_asked=tuple(evidence.labels[question.finding] for question in open_questions[:_MOST_OPEN]),
        enough=enough,
    )


def _limits(case: Case, network: Network, judgement: Judgement, evidence: Understanding) -> tuple[str, ...]:
    """What the reader must know about how far to trust the numbers."""
    knowledge = network.knowledge
    share = round(100 * estimate_share(network))
    limits = [
        "This is information, not a diagnosis: the program cannot examine you.",
        f"In the knowledge base (version {knowledge.version}) about {share} of 100 figures are textbook "
        "teaching or estimates rather than measured; the ranges show what follows from their spread.",
        f"They hold for adults in this setting: {_SETTINGS[case.setting]}.",
        f"{len(knowledge.causes)} causes are considered; what is not among them is not counted.",
    ]
    if case.age is None or case.sex is None:
        limits.append("Age or sex is not known; base rates are those of all adults.")
    elif case.age < _ADULT:
        limits.append("The knowledge base is written for adults; for a child, ask a doctor.")
    limits += [each.text for each in evidence.contradictions]
    limits += evidence.notes
    if evidence.unrecognised:
        count = len(evidence.unrecognised)
        lost = "One of the things you gave was" if count == 1 else f"{count} of the things you gave were"
        limits.append(f"{lost} not understood and not used.")
    if evidence.proposed:
        limits.append("Findings proposed from your text are not used until you confirm them.")
    if judgement.exact and len(judgement.bits) < len(judgement.seen):
        limits.append(f"Evidence is shown for {len(judgement.bits)} of {len(judgement.seen)} findings.")
    if not judgement.exact:
        limits.append(
            f"So many findings hang together that more than {MAXIMUM_FRONTIER} are open at once: the ranges "
            "are proven bounds, the numbers between them are not exact, and evidence per finding is left out."
        )
    return tuple(limits)


_SETTINGS = {
    "community": "people in the community who notice twitching",
    "primary_care": "people who bring twitching to a family doctor",
    "neurology_clinic": "people seen in a neurology clinic for twitching",
}


def _sources(knowledge: Knowledge, result: Assessment) -> dict[str, SourceLine]:
    """Every source the result names, in the order of the knowledge base."""
    lists = {each.sources for cause in result.causes for each in cause.evidence} | {result.course.sources}
    for group in (
        result.urgency.rules,
        result.causes,
        result.checked_for,
        result.tests,
        result.care,
        result.cautions,
        result.criteria,
    ):
        lists.update(each.sources for each in group)
    named = set().union(*lists)
    return {
        code: SourceLine(citation=source.citation, url=source.url or _resolver(source.doi, source.pmid))
        for code, source in knowledge.sources.items()
        if code in named
    }


def _resolver(doi: str | None, pmid: str | None) -> str | None:
    if doi:
        return f"https://doi.org/{doi}"
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else None
