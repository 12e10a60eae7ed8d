"""The result in short paragraphs for the person, and the same in technical terms for the clinician."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

import numpy as np

from myolens.assessment.network import Network
from myolens.assessment.posterior import INTERVAL_LEVEL, Judgement
from myolens.assessment.result import (
    CauseResult,
    CheckedFor,
    Contradicted,
    Evidence,
    ExpectedCourse,
    Fit,
    Question,
    TestAdvice,
    Understood,
    Urgency,
)
from myolens.assessment.triage import Facts
from myolens.assessment.words import (
    capital,
    listed,
    lowered,
    probability_sentence,
    serious_sentence,
)
from myolens.knowledge.model import Cause, Effect, Probability, Sourced, Strength, UrgencyLevel

LIKELY_ENOUGH = 0.05
"""A serious cause below this is reported as checked for rather than among the likely ones."""

FIRST_CHECKED = "motor_neuron_disease"
"""What people who twitch fear most is always answered, and first."""
MOST_CHECKED = 8
_STATE_ONLY = "Whether it is what makes the muscles twitch is another question."
"""Disturbed salts are states that blood tests show; being there is not being the cause."""
_UNSHOWN = frozenset({"suicidal_thoughts"})
"""Findings that call for help by themselves are never held up as a sign of something else."""
_TOLD_DIGITS = 12
"""What is equally probable stays in the order of the knowledge base, whatever later digits say."""
_WORTH_TELLING = 0.005
_TOLD_BITS = 0.05
_CLEAR_BITS = 0.3
_SIGNS = 7


def cause_results(
    network: Network, judgement: Judgement, facts: Facts, understood: Sequence[Understood]
) -> tuple[CauseResult, ...]:
    """Return every cause with its probability, words and evidence, most probable first.

    Evidence that was told as a number is named by it ("Caffeine 325 mg/day"), and a place that was
    left out is called not mentioned: nothing is called absent that nobody said is absent.
    """
    results = []
    told = _told_as(network, facts, understood)
    graded = {each.finding: each.value for each in understood if each.finding in network.findings}
    evidence = _evidence(network, judgement, told, graded)
    for code, cause in network.knowledge.causes.items():
        number = network.causes[code]
        value, low, high = (
            round(float(row[number]), _TOLD_DIGITS)
            for row in (judgement.probability, judgement.low, judgement.high)
        )
        results.append(
            CauseResult(
                cause=code,
                name=cause.name,
                plain_name=cause.plain_name,
                probability=value,
                low=low,
                high=high,
                prior=float(judgement.prior[number]),
                serious=cause.serious,
                lookalike=cause.lookalike,
                words=_words(cause, value, low, high),
                summary=cause.summary.text,
                mechanism=cause.mechanism.text,
                technical=cause.mechanism.technical,
                icd10=cause.icd10,
                evidence=evidence[number],
                sources=_sources_of(cause),
            )
        )
    return tuple(sorted(results, key=lambda result: -result.probability))


def _words(cause: Cause, value: float, low: float, high: float) -> str:
    said = probability_sentence(value, low, high)
    return f"{said} {_STATE_ONLY}" if cause.group == "electrolyte" and value >= LIKELY_ENOUGH else said


def checked_for(network: Network, causes: Sequence[CauseResult], facts: Facts) -> tuple[CheckedFor, ...]:
    """Return the serious causes that are not expected, with their signs and what is known of each.

    Motor neuron disease comes first; then, up to `MOST_CHECKED`, the most probable of those that
    are not negligible or one of whose signs was told, as present or as absent.
    """
    found: list[CheckedFor] = []
    findings = network.knowledge.findings
    for result in sorted(causes, key=lambda each: each.cause != FIRST_CHECKED):
        if not result.serious or result.probability >= LIKELY_ENOUGH or len(found) >= MOST_CHECKED:
            continue
        signs = _signs(network)[result.cause]
        told = any(_status(code, facts) != "not said" for code in signs)
        if not (told or result.probability >= _WORTH_TELLING or result.cause == FIRST_CHECKED):
            continue
        found.append(
            CheckedFor(
                cause=result.cause,
                name=result.plain_name,
                words=serious_sentence(result.probability),
                signs=tuple((findings[code].name, _status(code, facts)) for code in signs),
                sources=network.knowledge.causes[result.cause].summary.sources,
            )
        )
    return tuple(found)


def paragraphs(
    urgency: Urgency,
    fit: Fit,
    causes: Sequence[CauseResult],
    understood: Sequence[Understood],
    questions: Sequence[Question],
    tests: Sequence[TestAdvice],
    contradictions: Sequence[Contradicted] = (),
) -> tuple[str, ...]:
    """Explain: what was understood, what fits, what speaks for and against, what would change it."""
    told = [_understood(understood), *(each.text for each in contradictions), _urgency(urgency)]
    by_code = {cause.cause: cause for cause in causes}
    leading = [by_code[code] for code in fit.leading]
    if fit.text:
        named = f" This is about: {listed(lowered(name) for name in fit.unexplained)}."
        told.append(fit.text + (named if fit.unexplained else ""))
    if leading:
        told += [f"{_LEADS[fit.state]}: {leading[0].plain_name}. {leading[0].words} {leading[0].summary}"]
        told.append(_because(leading[0]))
        told += [
            f"{capital(cause.plain_name)}. {cause.words} {_because(cause)}".strip() for cause in leading[1:]
        ]
        told.append(f"How it works: {leading[0].mechanism}")
        if len(leading) > 1:
            told.append("Causes can act together, so these numbers need not add up to 100.")
        if urgency.level.rank >= UrgencyLevel.URGENT_DAYS.rank and not leading[0].serious:
            told.append("A cause like this does not make the warning sign harmless: be seen first.")
    told.append(_would_change(questions, tests))
    return tuple(paragraph for paragraph in told if paragraph)


def clinician_lines(
    network: Network,
    judgement: Judgement,
    causes: Sequence[CauseResult],
    facts: Facts,
    urgency: Urgency,
    fit: Fit,
    *,
    contradictions: Sequence[Contradicted],
    questions: Sequence[Question],
    tests: Sequence[TestAdvice],
    course: ExpectedCourse,
) -> tuple[str, ...]:
    """Say the same in technical terms.

    Triage, post-test probabilities, likelihood ratios, negatives, contradictions, fit, what would
    tell most next, and when to review.
    """
    findings = network.knowledge.findings
    lines = [
        f"Urgency: {urgency.level.value}; rules: {', '.join(rule.id for rule in urgency.rules) or 'none'}."
    ]
    level = round(100 * INTERVAL_LEVEL)
    method = f"post-test (pre-test) probability, {level} % interval over the ranges of the estimates"
    lines.append(
        f"Leaky noisy-OR over coexisting causes, {'exact' if judgement.exact else 'bounds only'}; {method}:"
    )
    for cause in causes[:5]:
        codes = f" [{', '.join(cause.icd10)}]" if cause.icd10 else ""
        weights = "; ".join(f"{each.label} LR {2**each.bits:.2g}" for each in cause.evidence[:3])
        lines.append(
            f"{cause.name}{codes}: {cause.probability:.3f} ({cause.prior:.4f}), "
            f"{cause.low:.3f} to {cause.high:.3f}{'; ' + weights if weights else ''}."
        )
    negatives = [
        each.name
        for code, each in findings.items()
        if code in facts.absent
        and each.kind in {"symptom", "sign"}
        and facts.absent.isdisjoint(
            network.codes[general] for general in network.above[network.findings[code]]
        )
    ]
    if negatives:
        lines.append(f"Relevant negatives: {', '.join(negatives[:15])}.")
    unknown = [
        findings[code].name
        for code in _EXAMINATION
        if code in findings and _status(code, facts) == "not said"
    ]
    if unknown:
        lines.append(f"Not recorded: {', '.join(unknown)}.")
    lines += [f"Contradictory: {each.name} ({'; '.join(each.said)})." for each in contradictions]
    if fit.state != "fits":
        named = f": {', '.join(fit.unexplained)}" if fit.unexplained else ""
        lines.append(f"Fit of the listed causes: {_FIT[fit.state]}{named}.")
    lines += _next_step(questions, tests)
    if course.review_in_days is not None and course.too_long_after_days is not None:
        late = course.too_long_after_days
        lines.append(f"Review in {course.review_in_days} days; unexpectedly long after {late} days.")
    return tuple(lines)


_LEADS = {"fits": "What fits best", "open": "What comes nearest", "unexplained": "What comes nearest"}
_FIT = {
    "open": "no single cause clearly fits",
    "unexplained": "leak or unlisted causes account for key findings",
    "not_enough": "too few findings to discriminate",
}


def _next_step(questions: Sequence[Question], tests: Sequence[TestAdvice]) -> list[str]:
    """Expected information of the best questions and tests."""
    asked = sorted(questions, key=lambda question: -question.bits)[:2]
    best = [f"{each.finding.replace('_', ' ')} {each.bits:.2f} bits" for each in asked if each.bits > 0]
    best += [f"{test.name} {test.bits:.2f} bits" for test in tests[:2]]
    return [f"Expected information next: {', '.join(best)}."] if best else []


_EXAMINATION = (
    "weakness_on_examination",
    "muscle_wasting",
    "hyperreflexia",
    "hyporeflexia",
    "upper_motor_neuron_signs",
    "sensory_loss",
    "twitching_tongue",
)
"""What a neurologist would want recorded in anybody with fasciculations."""


def _understood(understood: Sequence[Understood]) -> str:
    present = [
        lowered(f"{each.label} {each.value or ''}".strip())
        for each in understood
        if each.present is not False
    ]
    absent = [lowered(each.label) for each in understood if each.present is False]
    if not present and not absent:
        return "Nothing is known yet beyond the twitching itself."
    parts = []
    if present:
        parts.append(f"You told us of: {listed(present, most=12)}.")
    if absent:
        parts.append(f"You said this is not there: {listed(absent, most=12)}.")
    return " ".join(parts)


def _urgency(urgency: Urgency) -> str:
    if not urgency.rules:
        return "No warning sign was found among your answers."
    return " ".join(
        f"{rule.action} Reason: {listed(lowered(reason) for reason in rule.because).rstrip('.')}."
        for rule in urgency.rules[:2]
    )


def _because(cause: CauseResult) -> str:
    speaks_for = [_told(each) for each in cause.evidence if each.bits >= _CLEAR_BITS][:4]
    against = [_told(each) for each in cause.evidence if each.bits <= -_CLEAR_BITS][:3]
    parts = []
    if speaks_for:
        parts.append(f"Speaking for it: {listed(speaks_for)}.")
    if against:
        parts.append(f"Speaking against it: {listed(against)}.")
    return " ".join(parts)


def _told(evidence: Evidence) -> str:
    label = lowered(evidence.label)
    return label if evidence.present is not False else f"no {label}"


def _would_change(questions: Sequence[Question], tests: Sequence[TestAdvice]) -> str:
    parts = []
    if questions:
        best = max(questions, key=lambda question: question.bits)
        parts.append(f"What would help most to know next: {best.text}")
    if tests:
        parts.append(f"The test that would tell most: {tests[0].name}.")
    if not parts:
        return "Nothing that could be asked now would change this answer much."
    return " ".join(parts)


def _told_as(network: Network, facts: Facts, understood: Sequence[Understood]) -> dict[str, str]:
    """What to call evidence that is neither plainly present nor plainly absent, by finding."""
    knowledge = network.knowledge
    stated = {each.finding for each in understood if each.present is not None and not each.value}
    told: dict[str, str] = {}
    numbers: dict[str, dict[str, None]] = {}
    for each in understood:
        if each.value and (
            definition := knowledge.findings.get(each.finding) or knowledge.labs.get(each.finding)
        ):
            for threshold in definition.number.thresholds if definition.number else ():
                if threshold.finding not in stated:
                    values = numbers.setdefault(threshold.finding, {})
                    values[each.value] = None
                    told[threshold.finding] = f"{each.label} {' and '.join(values)}"
    for cause in knowledge.causes.values():
        for code in cause.place:
            if code not in facts.present | facts.absent:
                told[code] = f"{knowledge.findings[code].name} (not mentioned)"
    return told


def _evidence(
    network: Network, judgement: Judgement, told: Mapping[str, str], graded: Mapping[str, str | None]
) -> list[tuple[Evidence, ...]]:
    """Evidence of every cause, by number, the weightiest first; what tells next to nothing is left out."""
    found: list[list[Evidence]] = [[] for _ in network.causes]
    codes = [code for code in judgement.bits if code not in _UNSHOWN]
    figures = _figures(network)
    for code in codes:
        definition = network.knowledge.findings[code]
        grade = None if definition.number else graded.get(code)
        label = told.get(code, f"{definition.name} ({grade})" if grade else definition.name)
        present = None if code in told else judgement.seen[code]
        bits = judgement.bits[code]
        for number in np.flatnonzero(np.abs(bits) >= _TOLD_BITS).tolist():
            figure = figures[code].get(number, definition.leak)
            severity = figure.severity if grade and isinstance(figure, Effect) else None
            found[number].append(
                Evidence(
                    finding=code,
                    label=label,
                    present=present,
                    bits=round(float(bits[number]), 3),
                    strength=figure.strength,
                    sources=tuple(dict.fromkeys((*figure.sources, *(severity.sources if severity else ())))),
                )
            )
    return [tuple(sorted(each, key=lambda one: -abs(one.bits))) for each in found]


@lru_cache(maxsize=2)
def _figures(network: Network) -> dict[str, dict[int, Sourced]]:
    """For every finding, the figure that links each cause to it: its risk ratio, or how often it is there."""
    found: dict[str, dict[int, Sourced]] = {code: {} for code in network.findings}
    for number, cause in enumerate(network.knowledge.causes.values()):
        for risk in cause.risks:
            found[risk.finding].setdefault(number, risk)
        for effect in cause.findings:
            found[effect.finding].setdefault(number, effect)
    return found


@lru_cache(maxsize=2)
def _signs(network: Network) -> dict[str, list[str]]:
    """The symptoms and signs of each cause that would tell most: highest P(finding | cause) over the leak."""
    findings = network.knowledge.findings
    found = {}
    for code, cause in network.knowledge.causes.items():
        told = [each for each in cause.findings if findings[each.finding].kind in {"symptom", "sign"}]
        told.sort(key=lambda effect: -_weight(effect, findings[effect.finding].leak))
        found[code] = [effect.finding for effect in told if effect.finding not in _UNSHOWN][:_SIGNS]
    return found


def _weight(effect: Probability, leak: Probability) -> float:
    """How much a sign matters: how often it is there times how much it then says."""
    return float(effect.value * (effect.value / max(leak.value, 1e-6)) ** 0.5)


def _status(code: str, facts: Facts) -> Literal["present", "absent", "not said"]:
    if code in facts.present:
        return "present"
    return "absent" if code in facts.absent else "not said"


def _sources_of(cause: Cause) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*cause.summary.sources, *cause.course.sources, *cause.mechanism.sources)))


@lru_cache(maxsize=2)
def estimate_share(network: Network) -> float:
    """Share of the figures P(finding | cause) that no study measured and no guideline states."""
    causes = network.knowledge.causes.values()
    figures = [effect.strength for cause in causes for effect in cause.findings]
    firm = sum(strength in {Strength.MEASURED, Strength.GUIDELINE} for strength in figures)
    return 1 - firm / len(figures) if figures else 0.0
