"""Random noisy-OR problems, and two slow ways to solve them that share nothing with the package."""

from __future__ import annotations

import itertools

import numpy as np

from myolens.assessment.inference import Problem


def random_problem(
    seed: int, *, causes: int = 8, findings: int = 7, density: float = 0.4, links: int = 2, variants: int = 2
) -> Problem:
    random = np.random.default_rng(seed)
    shape = (findings, causes)
    activation = random.uniform(0.02, 0.98, (*shape, variants)) * (random.random(shape) < density)[:, :, None]
    soft = random.random(findings) < 0.4
    ratio = np.exp(random.normal(0, 2.0, (findings, variants)))
    if_absent = np.where(soft[:, None], 1.0, 0.0) * np.ones((1, variants))
    if_present = np.where(soft[:, None], ratio, 1.0)
    pairs = [(a, b) for a in range(causes) for b in range(causes) if a != b]
    position = random.permutation(causes)
    chosen = [
        pairs[i] for i in random.permutation(len(pairs)) if position[pairs[i][0]] < position[pairs[i][1]]
    ]
    chosen = sorted(chosen[:links])
    return Problem(
        prior=random.uniform(0.001, 0.4, (causes, variants)),
        likelihood=random.uniform(0.05, 1.5, (causes, variants)),
        leak=random.uniform(0.001, 0.2, (findings, variants)),
        activation=activation,
        if_absent=if_absent,
        if_present=if_present,
        links=tuple(chosen),
        link=random.uniform(0.05, 0.9, (len(chosen), variants)),
    )


def weight(problem: Problem, on: tuple[int, ...], variant: int, number=float):
    """Joint weight of one set of causes and the evidence, by the definition of the network."""
    one = number(1)
    total = one
    for cause, at_work in enumerate(on):
        stays_off = one - number(float(problem.prior[cause, variant]))
        for index, (parent, child) in enumerate(problem.links):
            if child == cause and on[parent]:
                stays_off *= one - number(float(problem.link[index, variant]))
        total *= (
            (one - stays_off) * number(float(problem.likelihood[cause, variant])) if at_work else stays_off
        )
    for finding in range(problem.leak.shape[0]):
        stays_absent = one - number(float(problem.leak[finding, variant]))
        for cause, at_work in enumerate(on):
            if at_work:
                stays_absent *= one - number(float(problem.activation[finding, cause, variant]))
        total *= stays_absent * number(float(problem.if_absent[finding, variant])) + (
            one - stays_absent
        ) * number(float(problem.if_present[finding, variant]))
    return total


def brute_force(problem: Problem, variant: int, number=float):
    """Posterior of every cause and the probability of the evidence, by summing over all sets."""
    causes = problem.prior.shape[0]
    evidence, shares = number(0), [number(0)] * causes
    for on in itertools.product((0, 1), repeat=causes):
        share = weight(problem, on, variant, number)
        evidence += share
        for cause in range(causes):
            if on[cause]:
                shares[cause] += share
    return [share / evidence for share in shares], evidence
