"""Exact draws of whole sets of causes from the posterior, by backward sampling.

The forward tables of the exact inference are a filter; walking back through them, each step
is drawn from its exact conditional, so the draws are independent and from the joint
posterior itself, not from a chain that has to converge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myolens.assessment.inference import Problem, filtered, pushed, weight_of
from myolens.assessment.order import Order, Step

Numbers = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


def joint_draws(problem: Problem, order: Order, *, count: int, seed: int = 0) -> Booleans:
    """Draw sets of causes given the evidence of the first variant.

    Parameters
    ----------
    problem, order
        As for `myolens.assessment.inference.solve`.
    count : int
        Number of draws.
    seed : int
        Of the PCG64 generator; the same seed gives the same draws.

    Returns
    -------
    ndarray of bool, shape (causes, count)
    """
    problem = problem.part(slice(0, 1))
    random = np.random.default_rng(seed)
    tables = filtered(problem, order)
    on = problem.prior * problem.likelihood
    drawn: Booleans = random.random((problem.prior.shape[0], count)) < on / (on + 1 - problem.prior)
    state = np.zeros(count, dtype=np.int64)
    for step, table in zip(reversed(order.steps), reversed(tables), strict=True):
        off, stages = _stages(problem, step, table)
        state = _reopened(problem, step, off + stages[-1], state, random)
        state, drawn[step.cause] = _left(problem, step, off, stages, state, random)
        width = table.shape[0].bit_length() - 1
        state &= (1 << (width - len(step.opens))) - 1
    return drawn


def _stages(problem: Problem, step: Step, table: Numbers) -> tuple[Numbers, list[Numbers]]:
    """Return the table with the cause of a step off, and with it on after each bit it can set."""
    likelihood = problem.likelihood[step.cause, 0]
    if step.own is None:
        prior = problem.prior[step.cause, 0]
        off, stages = table * (1 - prior), [table * (prior * likelihood)]
    else:
        halves = table.reshape(1 << step.own, 2, -1)
        off, stages = halves[:, 0].reshape(-1), [halves[:, 1].reshape(-1) * likelihood]
    for position, item in step.touches:
        after = stages[-1].copy()
        pushed(after[:, None], position, weight_of(problem, item, step.cause))
        stages.append(after)
    return off, stages


def _reopened(
    problem: Problem, step: Step, table: Numbers, state: Integers, random: np.random.Generator
) -> Integers:
    """Draw the bits that closed at a step; ``table`` is the one before they closed."""
    stages = [table]
    for position, item in step.closes:
        halves = stages[-1].reshape(1 << position, 2, -1)
        closed = halves[:, 0] * problem.if_absent[item, 0] + halves[:, 1] * problem.if_present[item, 0]
        stages.append(closed.reshape(-1))
    for (position, item), stage in zip(reversed(step.closes), reversed(stages[:-1]), strict=True):
        width = stage.shape[0].bit_length() - 1
        without = _with_bit(state, width - 1 - position)
        present = stage[without | (1 << (width - 1 - position))] * problem.if_present[item, 0]
        absent = stage[without] * problem.if_absent[item, 0]
        chosen = random.random(state.shape) * (present + absent) < present
        state = without | (chosen.astype(np.int64) << (width - 1 - position))
    return state


def _left(
    problem: Problem,
    step: Step,
    off: Numbers,
    stages: list[Numbers],
    state: Integers,
    random: np.random.Generator,
) -> tuple[Integers, Booleans]:
    """Draw whether the cause of a step is at work and the state before it entered."""
    on_weight = stages[-1][state]
    on: Booleans = random.random(state.shape) * (on_weight + off[state]) < on_weight
    width = off.shape[0].bit_length() - 1
    for (position, item), stage in zip(reversed(step.touches), reversed(stages[:-1]), strict=True):
        bit = 1 << (width - 1 - position)
        weight = float(weight_of(problem, item, step.cause)[0])
        stayed = stage[state]
        came = weight * stage[state & ~bit]
        turned = on & ((state & bit) != 0) & (random.random(state.shape) * (stayed + came) < came)
        state = np.where(turned, state & ~bit, state)
    if step.own is not None:
        shift = width - step.own
        state = _with_bit(state, shift) | (on.astype(np.int64) << shift)
    return state, on


def _with_bit(state: Integers, shift: int) -> Integers:
    """Make room for one bit, cleared, at a place counted from the least significant one."""
    low = state & ((1 << shift) - 1)
    return ((state >> shift) << (shift + 1)) | low
