"""Grades: exact against the sum over all causes and levels, and what they say to a clinician."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myolens.assessment import assess
from myolens.assessment.evidence import combined
from myolens.assessment.grading import Told
from myolens.assessment.inference import Problem, solve
from myolens.assessment.network import Weights, compiled, soft
from myolens.assessment.posterior import judge
from myolens.assessment.problems import prior_odds, problem_of
from myolens.assessment.severity import Shares, at_levels
from myolens.case import Case, Finding
from myolens.knowledge.answers import SLIGHTLY
from myolens.knowledge.grades import ANY_GRADE, MARKED, MILD, MODERATE, SEVERE, Levels
from myolens.knowledge.loading import load
from myolens.knowledge.vocabulary import recognise

KNOWLEDGE = load()
NETWORK = compiled(KNOWLEDGE)
GRADES = {"mild": MILD, "moderate": MODERATE, "marked": MARKED, "severe": SEVERE}


def level_chances(chances: list[float], shares: list[np.ndarray]) -> np.ndarray:
    """P(highest level = 0 … 3) of independent producers, by going through all their levels."""
    each = [np.concatenate([[1 - q], q * share]) for q, share in zip(chances, shares, strict=True)]
    found = np.zeros(4)
    for levels in itertools.product(range(4), repeat=len(each)):
        found[max(levels)] += np.prod([row[level] for row, level in zip(each, levels, strict=True)])
    return found


def random_shares(random: np.random.Generator, causes: int) -> Shares:
    def one() -> np.ndarray:
        return random.dirichlet([1.0, 1.0, 1.0])[:, None]

    return Shares(one(), {cause: one() for cause in range(causes) if random.random() < 0.6})


@pytest.mark.parametrize("seed", range(12))
def test_a_graded_answer_is_the_noisy_max_summed_over_all_levels(seed: int) -> None:
    random = np.random.default_rng(seed)
    causes, findings = 5, 3
    prior = random.uniform(0.02, 0.5, causes)
    told: list[Levels] = [(1, 1), (2, 2), (3, 3), (2, 3), (1, 2), (1, 3), (0, 2)]
    levels = [told[random.integers(len(told))] for _ in range(findings)]
    leak = random.uniform(0.01, 0.3, findings)
    chance = random.uniform(0.05, 0.95, (findings, causes)) * (random.random((findings, causes)) < 0.8)
    chance[:, 0] = 0.5
    shares = [random_shares(random, causes) for _ in range(findings)]
    doubt = [random.uniform(0, 0.2) if level == MILD else 0.0 for level in levels]

    likelihood, rows, leaks, absent = np.ones((causes, 1)), [], [], []
    for finding in range(findings):
        activation = {c: chance[finding, [c]] for c in range(causes) if chance[finding, c] > 0}
        how = at_levels(leak[[finding]], activation, {}, shares[finding], levels[finding], [0])
        for cause, factor in how.factor.items():
            likelihood[cause] *= factor
        if levels[finding][0] > 0:
            rows.append([how.activation.get(cause, np.zeros(1)) for cause in range(causes)])
            leaks.append(how.leak)
            absent.append([doubt[finding]])
    problem = Problem(
        prior=prior[:, None],
        likelihood=likelihood,
        leak=np.array(leaks).reshape(-1, 1),
        activation=np.array(rows).reshape(-1, causes, 1),
        if_absent=np.array(absent).reshape(-1, 1),
        if_present=np.ones((len(leaks), 1)),
        links=(),
        link=np.zeros((0, 1)),
    )
    total, on_total = 0.0, np.zeros(causes)
    for on in itertools.product((0, 1), repeat=causes):
        weight = float(np.prod(np.where(on, prior, 1 - prior)))
        for finding in range(findings):
            at_work = [c for c in range(causes) if on[c] and chance[finding, c] > 0]
            seen = level_chances(
                [leak[finding], *(chance[finding, c] for c in at_work)],
                [shares[finding].at(None)[:, 0], *(shares[finding].at(c)[:, 0] for c in at_work)],
            )
            low, high = levels[finding]
            weight *= seen[low : high + 1].sum() + doubt[finding] * seen[0]
        total += weight
        on_total += weight * np.array(on)
    np.testing.assert_allclose(solve(problem).probability[:, 0], on_total / total, rtol=1e-11)


def test_nothing_cancels_in_the_grade_of_a_rare_finding() -> None:
    """The difference of two products of cumulative chances would lose eight digits here."""
    shares = Shares(np.array([[0.5], [0.3], [0.2]]), {0: np.array([[0.999], [5e-4], [5e-4]])})
    how = at_levels(np.array([1e-9]), {0: np.array([1e-8])}, {}, shares, MODERATE, [0])
    assert how.activation[0][0] == pytest.approx(5e-12 / (1 - 5e-12), rel=1e-14)
    assert how.leak[0] == pytest.approx(3e-10 / (1 - 2e-10), rel=1e-14)


CAUSES = ("guillain_barre", "neuralgic_amyotrophy", "myopathy", "muscle_fatigue",
          "cervical_radiculopathy")  # fmt: skip


@pytest.mark.parametrize(
    ("weakness", "pain", "wasting"),
    [
        (SEVERE, MILD, MODERATE),
        (MILD, SEVERE, ANY_GRADE),
        (MARKED, MODERATE, MILD),
        (ANY_GRADE, (1, 2), SEVERE),
    ],
)
def test_a_case_with_grades_is_solved_exactly(weakness: Levels, pain: Levels, wasting: Levels) -> None:
    """Five causes of the knowledge base, all sets of them and all levels of what each produces."""
    told = {"weakness": weakness, "pain": pain, "muscle_wasting": wasting}
    observed = {
        code: soft(SLIGHTLY, MILD) if told[code] == MILD else Weights(0.0, 1.0, told[code])
        for code in KNOWLEDGE.findings
        if code in told
    }
    numbers = [NETWORK.causes[code] for code in CAUSES]
    odds = prior_odds(NETWORK, setting="neurology_clinic", age=50, sex="male")
    only = np.zeros_like(odds)
    only[numbers] = odds[numbers]
    problem = problem_of(NETWORK, only, observed, columns=np.zeros(1, dtype=np.int64), without=(None,))
    problem = replace(problem, links=(), link=np.zeros((0, 1)))
    total, on_total = 0.0, np.zeros(len(numbers))
    for on in itertools.product((0, 1), repeat=len(numbers)):
        weight = float(
            np.prod([only[n, 0] if at_work else 1.0 for n, at_work in zip(numbers, on, strict=True)])
        )
        for code, levels in told.items():
            finding, (low, high) = NETWORK.findings[code], levels
            leak, shares = NETWORK.leak[finding, 0], NETWORK.severity[finding]
            effects = {c: (value[0] - leak) / (1 - leak) for c, value in NETWORK.effects[finding]}
            producers = [n for n, at_work in zip(numbers, on, strict=True) if at_work and n in effects]
            seen = level_chances(
                [leak, *(effects[n] for n in producers)],
                [shares.at(None)[:, 0], *(shares.at(n)[:, 0] for n in producers)],
            )
            weight *= seen[low : high + 1].sum()
            if levels == MILD:
                weight += weight / seen[1] * seen[0] * np.exp(-SLIGHTLY) * shares.usual[0, 0]
        total += weight
        on_total += weight * np.array(on)
    np.testing.assert_allclose(solve(problem).probability[numbers, 0], on_total / total, rtol=1e-10)


def log_odds(told: list[Told], cause: str) -> float:
    both = combined(NETWORK, told, numbers={}, labs={}, age=50, sex="male")
    chance = judge(NETWORK, both.observed, setting="primary_care", age=50, sex="male").probability
    value = float(chance[NETWORK.causes[cause]])
    return float(np.log(value / (1 - value)))


def graded(code: str, levels: Levels) -> Told:
    return Told(code, None, SLIGHTLY, (MILD,)) if levels == MILD else Told(code, True, levels=(levels,))


STATED = [
    (cause.code, effect.finding, effect.severity)
    for cause in KNOWLEDGE.causes.values()
    for effect in cause.findings
    if effect.severity is not None
]


def bayes_factor(told: Told, cause: str) -> float:
    """How much a statement speaks for one cause, no other being possible."""
    observed = combined(NETWORK, [told], numbers={}, labs={}, age=50, sex="male").observed
    odds = np.zeros((len(NETWORK.causes), NETWORK.leak.shape[1]))
    odds[NETWORK.causes[cause]] = 0.01
    problem = problem_of(NETWORK, odds, observed, columns=np.zeros(1, dtype=np.int64), without=(None,))
    return float(np.exp(solve(problem).log_odds[NETWORK.causes[cause], 0])) / 0.01


@pytest.mark.parametrize(("cause", "finding"), [(cause, finding) for cause, finding, _ in STATED])
def test_severe_speaks_for_causes_that_are_severe_and_mild_for_those_that_are_mild(
    cause: str, finding: str
) -> None:
    severity = next(s for c, f, s in STATED if (c, f) == (cause, finding))
    usual = KNOWLEDGE.severities[finding].severity
    said = {levels: bayes_factor(Told(finding, True, levels=(levels,)), cause) for levels in (MILD, SEVERE)}
    present = bayes_factor(Told(finding, True), cause)
    assert (said[SEVERE] > present) == (severity.severe > usual.severe)
    if severity.severe > usual.severe:
        assert said[SEVERE] > said[MILD]
        assert bayes_factor(graded(finding, MILD), cause) < said[SEVERE]
        assert log_odds([graded(finding, SEVERE)], cause) > log_odds([graded(finding, MILD)], cause)
    elif severity.mild > 1.2 * usual.mild:
        assert said[MILD] > present > said[SEVERE]


@pytest.mark.parametrize(
    "cause", ["guillain_barre", "motor_neuron_disease", "myopathy", "entrapment_neuropathy"]
)
def test_mild_still_counts_as_there(cause: str) -> None:
    assert log_odds([graded("weakness", MILD)], cause) > log_odds([Told("weakness", False)], cause) + 0.5
    assert bayes_factor(graded("weakness", MILD), cause) > 1


def test_severe_weakness_is_weakness_at_its_highest_grade_by_whatever_name() -> None:
    form = log_odds([Told("weakness_severe", True)], "guillain_barre")
    assert form == pytest.approx(log_odds([graded("weakness", SEVERE)], "guillain_barre"), abs=1e-9)
    denied = log_odds([Told("weakness", True), Told("weakness_severe", False)], "guillain_barre")
    assert denied == pytest.approx(
        log_odds([Told("weakness", True, levels=((1, 2),))], "guillain_barre"), abs=1e-9
    )
    assert log_odds([Told("weakness_severe", False)], "guillain_barre") < log_odds([], "guillain_barre")


def test_the_general_is_as_severe_as_its_worst_form() -> None:
    def levels(*told: Told) -> Levels:
        return combined(NETWORK, told, numbers={}, labs={}, age=None, sex=None).observed["weakness"].levels

    assert levels(graded("leg_weakness", SEVERE), Told("arm_weakness", True)) == SEVERE
    assert levels(graded("leg_weakness", MODERATE), Told("arm_weakness", True)) == MARKED
    assert levels(Told("leg_weakness", True), Told("arm_weakness", True)) == ANY_GRADE
    assert levels(graded("weakness", MODERATE), graded("foot_drop", SEVERE)) == SEVERE
    assert levels(Told("weakness", True, levels=(MILD, SEVERE))) == ANY_GRADE


def test_a_grade_told_of_felt_and_of_tested_weakness_counts_once() -> None:
    tested = [graded("weakness_on_examination", SEVERE), Told("weakness", True)]
    both = [graded("weakness_on_examination", SEVERE), graded("weakness", SEVERE)]
    assert log_odds(both, "guillain_barre") == pytest.approx(log_odds(tested, "guillain_barre"), abs=1e-9)


def test_a_grade_of_a_finding_without_grades_changes_nothing() -> None:
    assert log_odds([graded("tremor", SEVERE)], "hyperthyroidism") == log_odds(
        [Told("tremor", True)], "hyperthyroidism"
    )


@pytest.mark.parametrize(
    ("name", "value", "levels"),
    [
        ("severe pain", None, (SEVERE,)),
        ("pain", "moderate to severe", (MARKED,)),
        ("pain", "7/10", (SEVERE,)),
        ("pain", "5 out of 10", (MODERATE,)),
        ("back pain", "mild", (MILD,)),
        ("weakness_on_examination", "3/5", (MODERATE,)),
        ("weakness_on_examination", "MRC 1/5", (SEVERE,)),
        ("weakness_severe", None, ()),
        ("shoulder_pain_severe_sudden", None, ()),
    ],
)
def test_grades_are_read_from_words_and_scales(
    name: str, value: str | None, levels: tuple[Levels, ...]
) -> None:
    found = recognise(Case(findings=(Finding(name=name, value=value),)), KNOWLEDGE)
    said = [finding for finding in found.findings if finding.implied_by is None and finding.present]
    assert [finding.levels for finding in said] == [levels]


@pytest.mark.parametrize(("name", "value"), [("pain", "0/10"), ("weakness_on_examination", "5/5")])
def test_the_healthy_end_of_a_scale_means_absent(name: str, value: str) -> None:
    assert recognise(Case(findings=(Finding(name=name, value=value),)), KNOWLEDGE)[name].present is False


def test_severe_in_any_words_reaches_the_rules() -> None:
    for finding in (
        Finding(name="weakness", value="severe"),
        Finding(name="severe leg weakness"),
        Finding(name="weakness_on_examination", value="2/5"),
    ):
        urgency = assess(Case(findings=(finding,)), knowledge=KNOWLEDGE).urgency
        assert "weakness_severe" in {rule.id for rule in urgency.rules}


GRADABLE = st.sampled_from(["weakness", "leg weakness", "arm weakness", "pain", "neck pain", "muscle wasting",
                            "weakness_on_examination", "tremor", "foot drop"])  # fmt: skip


@settings(max_examples=5, deadline=None)
@given(
    st.lists(st.tuples(GRADABLE, st.sampled_from(["", *GRADES])), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_grades_keep_order_indifferent_urgency_and_probabilities_valid(told, random) -> None:
    findings = [Finding(name=name, value=grade or None) for name, grade in told]
    result = assess(Case(findings=tuple(findings)), knowledge=KNOWLEDGE)
    assert all(0 <= c.low <= c.probability <= c.high <= 1 for c in result.causes)
    shuffled = (
        *random.sample(findings, len(findings)),
        Finding(name="numbness", present=None, value="severe"),
    )
    same = assess(Case(findings=shuffled), knowledge=KNOWLEDGE)
    assert same.causes == result.causes
    assert same.urgency == result.urgency
    worse = (*findings, Finding(name="weakness", value="severe"))
    assert assess(Case(findings=worse), knowledge=KNOWLEDGE).urgency.level.rank >= result.urgency.level.rank
