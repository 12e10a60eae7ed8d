"""The recursion of the exact inference over its tables, in NumPy: forward, and back.

A table has one row for every subset of the open bits and one column for every variant of the
problem. `myolens.assessment.table_kernel` does the same, compiled, and to the last bit: every
number is the result of the same operations in the same order, so which of the two worked on
a case does not show in its answer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from myolens.assessment.order import Order

Array = NDArray[np.float64]

SMALL = -200
"""Tables whose largest number is below two to this power are scaled up; doubles reach down to −1022."""
FOLD = 16
"""Sums over the rows of a table are kept apart by row modulo this; `folded` adds them up."""


class Numbers(NamedTuple):
    """The numbers of a problem in the order in which the steps use them, one column per variant.

    Attributes
    ----------
    at_work, off : ndarray, shape (steps, variants)
        Weight of the cause at work and not at work; of a cause that others bring about, its bit
        carries the prior.
    opening : ndarray, shape (opens, variants)
        Chance that an opened bit is on by itself.
    weights : ndarray, shape (touches, variants)
        Chance that the cause sets the bit.
    if_absent, if_present : ndarray, shape (closes, variants)
        Likelihood of what was observed about the finding whose bit is closed.
    """

    at_work: Array
    off: Array
    opening: Array
    weights: Array
    if_absent: Array
    if_present: Array

    def part(self, which: slice) -> Numbers:
        """Return some variants."""
        return Numbers(*(np.ascontiguousarray(each[:, which]) for each in self))


class Sums(NamedTuple):
    """What the recursion gives.

    Attributes
    ----------
    at_work, off : ndarray, shape (steps, FOLD, variants)
        Weight of all that fits the evidence with the cause at work and without it, up to a factor
        common to both, still to be `folded`.
    scale : ndarray, shape (steps, variants)
        What the tables were multiplied by.
    total : ndarray, shape (variants,)
        What is left in the last table.
    """

    at_work: Array
    off: Array
    scale: Array
    total: Array

    @classmethod
    def of(cls, steps: int, variants: int) -> Sums:
        """Return room for the sums of so many steps and variants."""
        parts = np.zeros((2, steps, FOLD, variants))
        return cls(parts[0], parts[1], np.ones((steps, variants)), np.zeros(variants))


def folded(sums: Array) -> Array:
    """Add up what was kept apart, shape (steps, FOLD, variants) to (steps, variants)."""
    while sums.shape[1] > 1:
        half = sums.shape[1] // 2
        sums = sums[:, :half] + sums[:, half:]
    return sums[:, 0]


def kept_tables(order: Order, numbers: Numbers) -> list[Array]:
    """Return the table before each step, its bits opened, shape (2 ** open bits, variants)."""
    return _forward(order, numbers, Sums.of(len(order.steps), numbers.at_work.shape[1]))


def solved(order: Order, numbers: Numbers) -> Sums:
    """Run all steps forward and back."""
    sums = Sums.of(len(order.steps), numbers.at_work.shape[1])
    _backward(order, numbers, _forward(order, numbers, sums), sums)
    return sums


def _forward(order: Order, numbers: Numbers, sums: Sums) -> list[Array]:
    variants = numbers.at_work.shape[1]
    table = np.ones((1, variants))
    stays = 1 - numbers.weights
    tables = []
    opened = touched = closed = 0
    for place, step in enumerate(order.steps):
        for leak in numbers.opening[opened : opened + len(step.opens)]:
            table = np.concatenate([(1 - leak) * table, leak * table])
        tables.append(table)
        before_on, before_off = _parts(table, step.own)
        on, off = before_on * numbers.at_work[place], before_off * numbers.off[place]
        for each, (position, _) in enumerate(step.touches, start=touched):
            halves = _halves(on, position)
            halves[:, 1] += numbers.weights[each] * halves[:, 0]
            halves[:, 0] *= stays[each]
        table = np.add(on, off, out=on)
        for each, (position, _) in enumerate(step.closes, start=closed):
            halves = _halves(table, position)
            table = halves[:, 0] * numbers.if_absent[each] + halves[:, 1] * numbers.if_present[each]
            table = table.reshape(-1, variants)
        if step.closes:
            _scaled(table, sums.scale[place])
        opened, touched, closed = (
            opened + len(step.opens),
            touched + len(step.touches),
            closed + len(step.closes),
        )
    sums.total[:] = table[0]
    return tables


def _backward(order: Order, numbers: Numbers, tables: list[Array], sums: Sums) -> None:
    variants = numbers.at_work.shape[1]
    message = np.ones((1, variants))
    stays = 1 - numbers.weights
    opened, touched, closed = len(numbers.opening), len(numbers.weights), len(numbers.if_absent)
    for place in range(len(order.steps) - 1, -1, -1):
        step = order.steps[place]
        for each, (position, _) in enumerate(reversed(step.closes), start=1):
            parts = message.reshape(1 << position, 1, -1, variants)
            both = parts * numbers.if_absent[closed - each], parts * numbers.if_present[closed - each]
            message = np.concatenate(both, axis=1).reshape(-1, variants)
        if step.closes:
            _scaled(message, np.ones(variants))
        on = message.copy()
        for each, (position, _) in enumerate(reversed(step.touches), start=1):
            halves = _halves(on, position)
            halves[:, 0] *= stays[touched - each]
            halves[:, 0] += numbers.weights[touched - each] * halves[:, 1]
        on *= numbers.at_work[place]
        message *= numbers.off[place]
        if step.own is not None:
            on, message = _with_bit(on, step.own, on=True), _with_bit(message, step.own, on=False)
        _sum(on, tables[place], sums.at_work[place])
        _sum(message, tables[place], sums.off[place])
        message += on
        for leak in numbers.opening[opened - len(step.opens) : opened][::-1]:
            half = len(message) // 2
            message = (1 - leak) * message[:half] + leak * message[half:]
        opened, touched, closed = (
            opened - len(step.opens),
            touched - len(step.touches),
            closed - len(step.closes),
        )


def _parts(table: Array, own: int | None) -> tuple[Array, Array]:
    """Rows of a table from which a cause at work, and one not at work, goes on: by its own bit, if any."""
    if own is None:
        return table, table
    halves = _halves(table, own)
    variants = table.shape[1]
    return halves[:, 1].reshape(-1, variants), halves[:, 0].reshape(-1, variants)


def _with_bit(table: Array, position: int, *, on: bool) -> Array:
    """Put in a bit that is on, or off, in all rows of a table; the other rows are 0."""
    variants = table.shape[1]
    both = np.zeros((1 << position, 2, len(table) >> position, variants))
    both[:, int(on)] = table.reshape(1 << position, -1, variants)
    return both.reshape(-1, variants)


def _halves(table: Array, position: int) -> Array:
    """View of a table with the bit at a position as axis 1: (before, 2, after, variants)."""
    return table.reshape(1 << position, 2, -1, table.shape[1])


def _scaled(table: Array, scale: Array) -> None:
    """Multiply a variant whose numbers have all become small by a power of two, before any underflows."""
    _, exponent = np.frexp(table.max(axis=0))
    small = np.flatnonzero(exponent < SMALL)
    if small.size:
        scale[small] = np.ldexp(1.0, -exponent[small])
        table *= scale


def _sum(first: Array, second: Array, into: Array) -> None:
    product = first * second
    rows = min(len(product), FOLD)
    into[:rows] = product.reshape(-1, rows * product.shape[1]).sum(axis=0).reshape(rows, -1)
