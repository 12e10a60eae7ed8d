"""Tests to ask the doctor for, with what each result would mean for this person."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from myolens.assessment.network import ABSENT, PRESENT, Network, Weights
from myolens.assessment.posterior import Judgement, probabilities_with
from myolens.assessment.questions import Information, answered
from myolens.assessment.result import TestAdvice
from myolens.assessment.tables import Array
from myolens.assessment.triage import Facts
from myolens.assessment.words import per_hundred
from myolens.knowledge.model import Setting, Test, TestResult, UrgencyLevel

MOST_TESTS = 5
_WORTH_BITS = 0.02
_RELEVANT = 0.15
"""A test named for a cause is offered from this probability of the cause on (project estimate)."""
_SHIFT = 0.03
"""Changes of a probability smaller than this are not told."""
_TESTS_TOLD, _RESULTS_TOLD, _QUICK = 3, 2, 500_000
"""For so many tests, and results of each, the shift is worked out, up to this summed table size."""


def test_advice(
    network: Network,
    judgement: Judgement,
    observed: Mapping[str, Weights],
    facts: Facts,
    informed: Information | None,
    *,
    setting: Setting,
    level: UrgencyLevel,
) -> tuple[TestAdvice, ...]:
    """Return the tests worth asking for, first-line ones and the most telling per effort first.

    A test is worth it if its possible findings tell enough about the causes, or if it is the
    test named for a probable cause. In self-care only first-line tests are offered.
    """
    knowledge = network.knowledge
    ranked = []
    for code, test in knowledge.tests.items():
        if level is UrgencyLevel.SELF_CARE and not test.first_line:
            continue
        if _done(test, facts):
            continue
        bits = _bits(network, test, facts, informed)
        relevance = max(
            (
                float(judgement.probability[network.causes[cause.code]])
                for cause in knowledge.causes.values()
                if code in cause.tests
            ),
            default=0.0,
        )
        if relevance >= _RELEVANT or (bits >= _WORTH_BITS and relevance >= 0.01):
            worth = (bits + 0.2 * relevance) / np.sqrt(test.cost) * (2 if test.first_line else 1)
            ranked.append((-round(worth, 9), code, bits))
    chosen = [(knowledge.tests[code], bits) for _, code, bits in sorted(ranked)[:MOST_TESTS]]
    quick = judgement.order is not None and judgement.order.size <= _QUICK
    told = [_RESULTS_TOLD if quick and place < _TESTS_TOLD else 0 for place in range(len(chosen))]
    open_results = [_open_results(test, facts) for test, _ in chosen]
    extras = [
        [_extra(test, result, facts) for result in results[:count]]
        for (test, _), results, count in zip(chosen, open_results, told, strict=True)
    ]
    moved = iter(
        probabilities_with(
            network,
            observed,
            [extra for group in extras for extra in group if extra],
            setting=setting,
            age=facts.age,
            sex=facts.sex,
            like=judgement,
        )
    )
    shifts = [
        [_shift(network, judgement.probability, next(moved)) if extra else "" for extra in group]
        for group in extras
    ]
    return tuple(
        TestAdvice(
            test=test.code,
            name=test.name,
            why=test.plain.text,
            bits=round(bits, 4),
            results=_meanings(results, shift),
            sources=test.plain.sources,
        )
        for (test, bits), results, shift in zip(chosen, open_results, shifts, strict=True)
    )


def _done(test: Test, facts: Facts) -> bool:
    """All findings the test can show are known already."""
    codes = [result.finding for result in test.results if result.finding is not None]
    return bool(codes) and all(answered(code, facts) for code in codes)


def _bits(network: Network, test: Test, facts: Facts, informed: Information | None) -> float:
    if informed is None:
        return 0.0
    codes = {result.finding for result in test.results if result.finding is not None}
    return float(
        sum(informed.value[network.findings[code]] for code in sorted(codes) if not answered(code, facts))
    )


def _open_results(test: Test, facts: Facts) -> list[TestResult]:
    """Results that are not known already."""
    return [each for each in test.results if each.finding is None or not answered(each.finding, facts)]


def _meanings(results: list[TestResult], shifts: list[str]) -> tuple[tuple[str, str], ...]:
    """Say for each result what it means in general, and, for the first ones, what it would change here."""
    return tuple(
        (result.result, f"{result.meaning} {shift}".strip())
        for result, shift in zip(results, [*shifts, *[""] * (len(results) - len(shifts))], strict=True)
    )


def _extra(test: Test, result: TestResult, facts: Facts) -> dict[str, Weights]:
    """Evidence of a result: its finding; for a normal result, which has none, the absence of the others."""
    if result.finding is not None:
        return {result.finding: PRESENT}
    if "normal" in result.result.lower():
        findings = {each.finding for each in test.results if each.finding is not None}
        return {code: ABSENT for code in sorted(findings) if not answered(code, facts)}
    return {}


def _shift(network: Network, before: Array, after: Array | None) -> str:
    """Name the causes that move most; nothing where the probabilities are out of reach."""
    if after is None:
        return ""
    change = after - before
    most = [
        int(cause) for cause in np.argsort(-np.abs(change), kind="stable")[:2] if abs(change[cause]) >= _SHIFT
    ]
    if not most:
        return "For you it would change little."
    names = [cause.plain_name for cause in network.knowledge.causes.values()]
    ends = ((names[cause], float(before[cause]), float(after[cause])) for cause in most)
    moves = (f"{name} from {per_hundred(old)} to {per_hundred(new)} of 100" for name, old, new in ends)
    return f"For you: {'; '.join(moves)}."
