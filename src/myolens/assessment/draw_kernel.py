"""The backward sampling of `myolens.assessment.draws`, compiled, with the same numbers to the last bit."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from myolens.assessment.order import Order
from myolens.assessment.table_kernel import Integers, Layout, joined, layout_of, push
from myolens.assessment.tables import Array, Numbers


def walked(order: Order, numbers: Numbers, tables: list[Array], uniform: Array) -> NDArray[np.bool_]:
    """Draw whether the cause of each step is at work.

    Parameters
    ----------
    order, numbers, tables
        As from `myolens.assessment.inference.filtered`.
    uniform : ndarray, shape (closes + steps + touches, draws)
        Uniform numbers in the order in which they are used, from the last step to the first: those
        of the bits that closed, from the last, of the cause, and of the bits it sets, from the last.

    Returns
    -------
    ndarray of bool, shape (steps, draws)
    """
    drawn = np.zeros((len(tables), uniform.shape[1]), dtype=np.bool_)
    one = Numbers(*(each[:, 0].copy() for each in numbers))
    rows = np.array(order.sizes, dtype=np.int64)
    _walked(layout_of(order), rows, one, np.concatenate([*tables, np.zeros(0)]), uniform, drawn)
    return drawn


@njit(cache=True, nogil=True)
def _walked(
    layout: Layout,
    sizes: Integers,
    numbers: Numbers,
    kept: Array,
    uniform: Array,
    drawn: NDArray[np.bool_],
) -> None:
    steps = layout.steps
    end, used = kept.size, 0
    state = np.zeros(uniform.shape[1], dtype=np.int64)
    for step in range(steps.shape[0] - 1, -1, -1):
        first_open = first_touch = first_close = 0
        if step:
            first_open, first_touch, first_close = steps[step - 1, 1], steps[step - 1, 2], steps[step - 1, 3]
        own, rows = steps[step, 0], sizes[step]
        touches = layout.touches[first_touch : steps[step, 2]]
        closes = layout.closes[first_close : steps[step, 3]]
        table = kept[end - rows : end]
        end -= rows
        stages = np.empty((touches.size + 1, rows // 2 if own else rows))
        off = np.empty(stages.shape[1])
        if own:
            joined(table, own, 0.0, numbers.at_work[step], stages[0])
            joined(table, own, numbers.off[step], 0.0, off)
        else:
            stages[0] = table * numbers.at_work[step]
            off[:] = table * numbers.off[step]
        weights = numbers.weights[first_touch : steps[step, 2]]
        for each in range(touches.size):
            stages[each + 1] = stages[each]
            push(stages[each + 1], touches[each], weights[each])
        if_absent, if_present = numbers.if_absent[first_close:], numbers.if_present[first_close:]
        _reopened(off + stages[-1], closes, if_absent, if_present, uniform[used:], state)
        used += closes.size
        _left(off, stages, touches, weights, own, uniform[used:], state, drawn[step])
        used += 1 + touches.size
        state &= (rows >> (steps[step, 1] - first_open)) - 1


@njit(cache=True, nogil=True)
def _reopened(
    table: Array, closes: Integers, if_absent: Array, if_present: Array, uniform: Array, state: Integers
) -> None:
    """Draw the bits that closed at a step; ``table`` is the one before they closed."""
    stages = np.empty((closes.size + 1, table.size))
    stages[0] = table
    rows = table.size
    for each in range(closes.size):
        joined(stages[each, :rows], closes[each], if_absent[each], if_present[each], stages[each + 1])
        rows //= 2
    for draw in range(state.size):
        row = state[draw]
        for each in range(closes.size - 1, -1, -1):
            stride = closes[each]
            low = row & (stride - 1)
            without = ((row - low) << 1) | low
            present = stages[each, without | stride] * if_present[each]
            absent = stages[each, without] * if_absent[each]
            chosen = uniform[closes.size - 1 - each, draw] * (present + absent) < present
            row = without | stride if chosen else without
        state[draw] = row


@njit(cache=True, nogil=True)
def _left(
    off: Array,
    stages: Array,
    touches: Integers,
    weights: Array,
    own: int,
    uniform: Array,
    state: Integers,
    drawn: NDArray[np.bool_],
) -> None:
    """Draw whether the cause of a step is at work and the state before it entered."""
    for draw in range(state.size):
        row = state[draw]
        at_work = stages[touches.size, row]
        on = uniform[0, draw] * (at_work + off[row]) < at_work
        if on:
            for each in range(touches.size - 1, -1, -1):
                without = row & ~touches[each]
                came = weights[each] * stages[each, without]
                chance = uniform[touches.size - each, draw]
                if row != without and chance * (stages[each, row] + came) < came:
                    row = without
        if own:
            low = row & (own - 1)
            row = ((row - low) << 1) | low | (own if on else 0)
        state[draw] = row
        drawn[draw] = on
