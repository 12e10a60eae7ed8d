"""Exact draws of whole sets of causes from the posterior, by backward sampling.

The forward tables of the exact inference are a filter; walking back through them, each step
is drawn from its exact conditional, so the draws are independent and from the joint
posterior itself, not from a chain that has to converge.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from myolens.assessment.inference import Problem, compiling, filtered
from myolens.assessment.order import Order, Step
from myolens.assessment.tables import Array, Numbers

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
    random = np.random.default_rng(seed)
    tables, numbers = filtered(problem, order)
    on = problem.prior[:, :1] * problem.likelihood[:, :1]
    drawn: Booleans = random.random((len(on), count)) < on / (on + 1 - problem.prior[:, :1])
    if compiling(count):
        from myolens.assessment.draw_kernel import walked

        uses = len(tables) + len(numbers.weights) + len(numbers.if_absent)
        entered = [step.cause for step in order.steps]
        drawn[entered] = walked(order, numbers, tables, random.random((uses, count)))
        return drawn
    state = np.zeros(count, dtype=np.int64)
    touched, closed = len(numbers.weights), len(numbers.if_absent)
    for place in range(len(tables) - 1, -1, -1):
        step, table = order.steps[place], tables[place]
        touched, closed = touched - len(step.touches), closed - len(step.closes)
        weights = numbers.weights[touched : touched + len(step.touches), 0].tolist()
        likely = [
            each[closed : closed + len(step.closes), 0] for each in (numbers.if_absent, numbers.if_present)
        ]
        off, stages = _stages(numbers, place, step, table, weights)
        state = _reopened(step, off + stages[-1], likely, state, random)
        state, drawn[step.cause] = _left(step, off, stages, weights, state, random)
        state &= (len(table) >> len(step.opens)) - 1
    return drawn


def _stages(
    numbers: Numbers, place: int, step: Step, table: Array, weights: list[float]
) -> tuple[Array, list[Array]]:
    """Return the table with the cause of a step off, and with it on after each bit it can set."""
    at_work, idle = numbers.at_work[place, 0], numbers.off[place, 0]
    if step.own is None:
        off, stages = table * idle, [table * at_work]
    else:
        halves = table.reshape(1 << step.own, 2, -1)
        off, stages = halves[:, 0].reshape(-1), [halves[:, 1].reshape(-1) * at_work]
    for (position, _), weight in zip(step.touches, weights, strict=True):
        after = stages[-1].copy()
        halves = after.reshape(1 << position, 2, -1)
        halves[:, 1] += weight * halves[:, 0]
        halves[:, 0] *= 1 - weight
        stages.append(after)
    return off, stages


def _reopened(
    step: Step, table: Array, likely: list[Array], state: Integers, random: np.random.Generator
) -> Integers:
    """Draw the bits that closed at a step; ``table`` is the one before they closed."""
    stages = [table]
    if_absent, if_present = likely
    for (position, _), absent, present in zip(step.closes, if_absent, if_present, strict=True):
        halves = stages[-1].reshape(1 << position, 2, -1)
        stages.append((halves[:, 0] * absent + halves[:, 1] * present).reshape(-1))
    for number in range(len(step.closes) - 1, -1, -1):
        stage = stages[number]
        width = len(stage).bit_length() - 1
        place = width - 1 - step.closes[number][0]
        without = _with_bit(state, place)
        present = stage[without | (1 << place)] * if_present[number]
        absent = stage[without] * if_absent[number]
        chosen = random.random(state.shape) * (present + absent) < present
        state = without | (chosen.astype(np.int64) << place)
    return state


def _left(
    step: Step,
    off: Array,
    stages: list[Array],
    weights: list[float],
    state: Integers,
    random: np.random.Generator,
) -> tuple[Integers, Booleans]:
    """Draw whether the cause of a step is at work and the state before it entered."""
    on_weight = stages[-1][state]
    on: Booleans = random.random(state.shape) * (on_weight + off[state]) < on_weight
    width = off.shape[0].bit_length() - 1
    busy = np.flatnonzero(on)
    after = state[busy]
    for number in range(len(weights) - 1, -1, -1):
        bit = 1 << (width - 1 - step.touches[number][0])
        chance = random.random(state.shape)[busy]
        without = after & ~bit
        came = weights[number] * stages[number][without]
        turned = (after != without) & (chance * (stages[number][after] + came) < came)
        after = np.where(turned, without, after)
    state[busy] = after
    if step.own is not None:
        shift = width - step.own
        state = _with_bit(state, shift) | (on.astype(np.int64) << shift)
    return state, on


def _with_bit(state: Integers, shift: int) -> Integers:
    """Make room for one bit, cleared, at a place counted from the least significant one."""
    low = state & ((1 << shift) - 1)
    return ((state >> shift) << (shift + 1)) | low
