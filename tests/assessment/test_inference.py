"""The exact inference against brute force, 50-digit arithmetic and pyAgrum, and its laws."""

from __future__ import annotations

import sys
from dataclasses import replace

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.assessment.networks import brute_force, random_problem

from myolens.assessment import bounds, draws, inference, table_kernel, tables
from myolens.assessment.draws import joint_draws
from myolens.assessment.inference import MAXIMUM_FRONTIER, Problem, numbers_of, order_of, solve

SEEDS = st.integers(0, 10**6)


@pytest.mark.parametrize("seed", range(30))
def test_posterior_and_evidence_equal_the_sum_over_all_sets_of_causes(seed: int) -> None:
    problem = random_problem(seed, links=seed % 4, findings=seed % 9)
    posterior = solve(problem)
    for variant in range(problem.variants):
        expected, evidence = brute_force(problem, variant)
        np.testing.assert_allclose(posterior.probability[:, variant], expected, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(posterior.log_evidence[variant], np.log(evidence), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_nothing_cancels_where_inclusion_and_exclusion_loses_its_digits(seed: int) -> None:
    """Rare leaks and weak causes: alternating sums of doubles are off in the first digit here."""
    problem = random_problem(seed, causes=7, findings=12, density=0.9, links=1, variants=1)
    problem = replace(problem, leak=problem.leak * 1e-6, activation=problem.activation * 1e-4)
    with mpmath.workdps(50):
        expected, _ = brute_force(problem, 0, mpmath.mpf)
        wanted = [float(mpmath.log(value / (1 - value))) for value in expected]
    np.testing.assert_allclose(solve(problem).log_odds[:, 0], wanted, rtol=1e-12, atol=1e-12)


def pyagrum_posterior(problem: Problem, variant: int) -> list[float]:
    gum = pytest.importorskip("pyagrum")
    net = gum.BayesNet()
    causes, findings = problem.prior.shape[0], problem.leak.shape[0]
    followers = {child for _, child in problem.links}
    for cause in range(causes):
        name = f"c{cause}"
        if cause in followers:
            net.addNoisyORNet(gum.LabelizedVariable(name, name, 2), float(problem.prior[cause, variant]))
        else:
            net.add(gum.LabelizedVariable(name, name, 2))
            prior = float(problem.prior[cause, variant])
            net.cpt(name).fillWith([1 - prior, prior])
    for index, (parent, child) in enumerate(problem.links):
        net.addWeightedArc(f"c{parent}", f"c{child}", float(problem.link[index, variant]))
    engine_evidence = {}
    for finding in range(findings):
        name = f"f{finding}"
        net.addNoisyORNet(gum.LabelizedVariable(name, name, 2), float(problem.leak[finding, variant]))
        for cause in range(causes):
            chance = float(problem.activation[finding, cause, variant])
            if chance > 0:
                net.addWeightedArc(f"c{cause}", name, chance)
        absent, present = problem.if_absent[finding, variant], problem.if_present[finding, variant]
        engine_evidence[name] = [float(absent), float(present)]
    for cause in range(causes):
        engine_evidence[f"c{cause}"] = [1.0, float(problem.likelihood[cause, variant])]
    engine = gum.LazyPropagation(net)
    engine.setEvidence(engine_evidence)
    engine.makeInference()
    return [float(engine.posterior(f"c{cause}")[1]) for cause in range(causes)]


@pytest.mark.parametrize("seed", range(12))
def test_posterior_equals_that_of_an_independent_engine(seed: int) -> None:
    problem = random_problem(seed, causes=12, findings=10, density=0.25, links=seed % 5, variants=1)
    np.testing.assert_allclose(
        solve(problem).probability[:, 0], pyagrum_posterior(problem, 0), rtol=1e-12, atol=1e-12
    )


@settings(max_examples=60, deadline=None)
@given(SEEDS, st.integers(0, 10), st.integers(0, 4), st.sampled_from([1, 2, 3, 17]))
def test_compiled_loops_and_numpy_give_the_same_bits(
    seed: int, findings: int, links: int, variants: int
) -> None:
    """Which of the two worked depends on what the process did before, and must not show."""
    problem = random_problem(seed, causes=10, findings=findings, links=links, variants=variants)
    order = order_of(problem)
    numbers = numbers_of(problem, order)
    for plain, compiled in zip(
        tables.solved(order, numbers), table_kernel.solved(order, numbers), strict=True
    ):
        np.testing.assert_array_equal(plain, compiled)
    first = numbers.part(slice(0, 1))
    for plain, compiled in zip(
        tables.kept_tables(order, first), table_kernel.kept_tables(order, first), strict=True
    ):
        np.testing.assert_array_equal(plain, compiled)


def test_the_compiled_loops_are_loaded_once_they_repay_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "myolens.assessment.table_kernel")
    monkeypatch.setattr(inference, "_run", [0])
    assert not inference.compiling(inference._WORTH_COMPILING - 1)
    assert inference.compiling(1)


def test_evidence_too_rare_for_a_double_is_still_solved() -> None:
    """Twelve observations of a chance of 1e-30 each: a product of 1e-360."""
    problem = random_problem(3, causes=6, findings=12, density=0.3, links=1, variants=1)
    rare = replace(problem, if_absent=problem.if_absent * 1e-30, if_present=problem.if_present * 1e-30)
    posterior, usual = solve(rare), solve(problem)
    np.testing.assert_allclose(posterior.log_odds, usual.log_odds, rtol=1e-12, atol=1e-12)
    assert usual.log_evidence[0] - posterior.log_evidence[0] == pytest.approx(360 * np.log(10), rel=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_an_order_made_for_fewer_findings_serves_for_one_more(seed: int) -> None:
    problem = random_problem(seed, links=seed % 3)
    fewer = replace(
        problem,
        leak=problem.leak[:-1],
        activation=problem.activation[:-1],
        if_absent=problem.if_absent[:-1],
        if_present=problem.if_present[:-1],
    )
    kept = order_of(problem, like=order_of(fewer))
    np.testing.assert_allclose(solve(problem, order=kept).log_odds, solve(problem).log_odds, atol=1e-11)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_order_of_findings_and_causes_changes_nothing(seed: int) -> None:
    problem = random_problem(seed)
    random = np.random.default_rng(seed + 1)
    findings, causes = random.permutation(7), random.permutation(8)
    place = np.argsort(causes)
    shuffled = Problem(
        prior=problem.prior[causes],
        likelihood=problem.likelihood[causes],
        leak=problem.leak[findings],
        activation=problem.activation[findings][:, causes],
        if_absent=problem.if_absent[findings],
        if_present=problem.if_present[findings],
        links=tuple((int(place[a]), int(place[b])) for a, b in problem.links),
        link=problem.link,
    )
    np.testing.assert_allclose(solve(shuffled).log_odds, solve(problem).log_odds[causes], atol=1e-11)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_evidence_that_says_nothing_changes_nothing(seed: int) -> None:
    problem = random_problem(seed)
    random = np.random.default_rng(seed + 2)
    more = replace(
        problem,
        leak=np.vstack([problem.leak, [[0.1, 0.2]]]),
        activation=np.concatenate([problem.activation, random.uniform(0, 1, (1, 8, 2))]),
        if_absent=np.vstack([problem.if_absent, [[0.7, 0.7]]]),
        if_present=np.vstack([problem.if_present, [[0.7, 0.7]]]),
    )
    np.testing.assert_allclose(solve(more).log_odds, solve(problem).log_odds, atol=1e-11)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(0, 7), st.floats(1.05, 20))
def test_a_likelier_cause_beforehand_is_likelier_afterwards(seed: int, cause: int, factor: float) -> None:
    problem = random_problem(seed, variants=1)
    prior = problem.prior.copy()
    odds = prior[cause] / (1 - prior[cause]) * factor
    prior[cause] = odds / (1 + odds)
    before, after = solve(problem).log_odds[cause], solve(replace(problem, prior=prior)).log_odds[cause]
    assert (after > before).all()


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.floats(0.1, 6))
def test_stronger_soft_evidence_for_its_only_cause_raises_it(seed: int, ratio: float) -> None:
    problem = random_problem(seed, findings=4, links=0, variants=1)
    activation = problem.activation.copy()
    activation[0] = 0
    activation[0, 2] = 0.8
    weak = replace(problem, activation=activation)
    weak.if_absent[0], weak.if_present[0] = 1, 1
    strong = replace(weak, if_present=np.vstack([[[np.exp(ratio)]], weak.if_present[1:]]))
    assert solve(strong).log_odds[2, 0] > solve(weak).log_odds[2, 0]


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_probabilities_are_probabilities(seed: int) -> None:
    probability = solve(random_problem(seed, density=0.8)).probability
    assert ((probability >= 0) & (probability <= 1)).all()


@pytest.mark.parametrize("compiling", [False, True], ids=["NumPy", "compiled"])
def test_draws_have_the_joint_distribution_of_the_posterior(
    compiling: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inference, "compiling", lambda work: compiling)
    monkeypatch.setattr(draws, "compiling", lambda work: compiling)
    problem = random_problem(4, causes=6, findings=5, links=3, density=0.6, variants=1)
    drawn = joint_draws(problem, order_of(problem), count=200_000, seed=1)
    posterior = solve(problem).probability[:, 0]
    assert np.abs(drawn.mean(axis=1) - posterior).max() < 0.006
    for first, second in [(0, 1), (2, 4), (3, 5)]:
        fixed = replace(problem, prior=problem.prior.copy(), likelihood=problem.likelihood.copy())
        fixed.likelihood[first] *= 1e9
        both = solve(fixed).probability[second, 0] * posterior[first]
        assert abs((drawn[first] & drawn[second]).mean() - both) < 0.006


@pytest.mark.parametrize("seed", range(8))
def test_the_same_seed_draws_the_same_sets_compiled_or_not(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = random_problem(seed, causes=9, findings=seed, links=seed % 5, density=0.5)
    order = order_of(problem)
    sets = []
    for compiling in (False, True):
        monkeypatch.setattr(draws, "compiling", lambda work, answer=compiling: answer)
        sets.append(joint_draws(problem, order, count=300))
    np.testing.assert_array_equal(*sets)


@pytest.mark.parametrize("seed", range(20))
def test_bounds_hold_the_exact_posterior(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "_TARGET_FRONTIER", 3)
    problem = random_problem(seed, links=seed % 3, findings=9, density=0.5)
    exact = solve(problem).probability[:, 0]
    low, high = bounds.bounded(problem)
    assert (low <= exact + 1e-12).all()
    assert (exact <= high + 1e-12).all()
    assert (high - low).max() < 1


def test_too_wide_a_table_is_refused_rather_than_guessed() -> None:
    problem = random_problem(1, causes=30, findings=26, density=0.9, links=0, variants=1)
    assert order_of(problem).frontier > MAXIMUM_FRONTIER
    with pytest.raises(ValueError, match="open at once"):
        solve(problem)
    low, high = bounds.bounded(problem)
    assert ((low >= 0) & (low <= high) & (high <= 1)).all()


def test_a_circle_of_links_is_refused() -> None:
    problem = replace(random_problem(1, links=2), links=((0, 1), (1, 0)))
    with pytest.raises(ValueError, match="circle"):
        order_of(problem)


def test_impossible_evidence_is_refused() -> None:
    problem = random_problem(1, findings=1, density=0.0, links=0)
    problem = replace(problem, leak=problem.leak * 0, if_absent=problem.if_absent * 0)
    with pytest.raises(ValueError, match="impossible"):
        solve(problem)
