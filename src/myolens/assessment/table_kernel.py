"""The recursion of `myolens.assessment.tables`, compiled.

One variant at a time runs through all steps in tables that stay in the cache of one core; NumPy
streams every table through memory once for each bit a cause touches. numba is imported with this module.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from myolens.assessment.order import Order
from myolens.assessment.tables import FOLD, SMALL, Array, Numbers, Sums

Integers = NDArray[np.int64]

_LONG = 8
"""From this length on, views of the halves of a table pay: only through views are the loops vectorised.
The shortest strides are written out, so that they are vectorised too."""


class Layout(NamedTuple):
    """The steps of an order as flat arrays.

    Row s of ``steps`` is: stride of the cause's own bit or 0, then the ends of its share of opened
    bits, ``touches`` and ``closes``, which start where row s − 1 ends. Touches, closes and own bits are
    given by their stride, the distance between two rows of the table that differ in that bit alone.
    """

    steps: Integers
    touches: Integers
    closes: Integers
    widest: int
    size: int


def layout_of(order: Order) -> Layout:
    """Return the steps of an order as flat arrays."""
    steps = []
    touches: list[int] = []
    closes: list[int] = []
    opened = 0
    for step, before in zip(order.steps, order.sizes, strict=True):
        own = 0 if step.own is None else before >> (step.own + 1)
        rows = before if step.own is None else before // 2
        opened += len(step.opens)
        touches += [rows >> (position + 1) for position, _ in step.touches]
        for position, _ in step.closes:
            closes.append(rows >> (position + 1))
            rows //= 2
        steps.append((own, opened, len(touches), len(closes)))
    return Layout(
        np.array(steps, dtype=np.int64).reshape(-1, 4),
        np.array(touches, dtype=np.int64),
        np.array(closes, dtype=np.int64),
        1 << order.frontier,
        order.size,
    )


def solved(order: Order, numbers: Numbers) -> Sums:
    """Run all steps forward and back: `myolens.assessment.tables.solved`, compiled."""
    steps, variants = numbers.at_work.shape
    sums = Sums(
        np.zeros((variants, steps, FOLD)),
        np.zeros((variants, steps, FOLD)),
        np.ones((variants, steps)),
        np.zeros(variants),
    )
    _solved(layout_of(order), _by_variant(numbers), sums)
    return Sums(*(np.ascontiguousarray(np.moveaxis(each, 0, -1)) for each in sums))


def kept_tables(order: Order, numbers: Numbers) -> list[Array]:
    """Return the table before each step: `myolens.assessment.tables.kept_tables` of one variant, compiled."""
    kept = np.empty(order.size)
    room = np.empty((2, 1 << order.frontier))
    _forward(layout_of(order), _by_variant(numbers), 0, kept, np.ones(len(order.steps)), *room)
    return [table[:, None] for table in np.split(kept, np.cumsum(order.sizes, dtype=np.int64))[:-1]]


def _by_variant(numbers: Numbers) -> Numbers:
    return Numbers(*(np.ascontiguousarray(each.T) for each in numbers))


@njit(cache=True, nogil=True)
def push(table: Array, stride: int, weight: float) -> None:
    """Let a cause set one bit."""
    stays = 1.0 - weight
    if stride == 1:
        for pair in range(table.size // 2):
            low, high = table[2 * pair], table[2 * pair + 1]
            table[2 * pair], table[2 * pair + 1] = low * stays, high + weight * low
        return
    if stride == 2:
        for four in range(table.size // 4):
            at = 4 * four
            first, second, third, fourth = table[at], table[at + 1], table[at + 2], table[at + 3]
            table[at], table[at + 1] = first * stays, second * stays
            table[at + 2], table[at + 3] = third + weight * first, fourth + weight * second
        return
    for block in range(0, table.size, 2 * stride):
        if stride < _LONG:
            for at in range(block, block + stride):
                table[at + stride] += weight * table[at]
                table[at] *= stays
        else:
            low, high = table[block : block + stride], table[block + stride : block + 2 * stride]
            for at in range(stride):
                high[at] += weight * low[at]
                low[at] *= stays


@njit(cache=True, nogil=True)
def _pull(message: Array, stride: int, weight: float) -> None:
    """Transpose of `push`."""
    stays = 1.0 - weight
    if stride == 1:
        for pair in range(message.size // 2):
            message[2 * pair] = stays * message[2 * pair] + weight * message[2 * pair + 1]
        return
    if stride == 2:
        for four in range(message.size // 4):
            at = 4 * four
            first, second, third, fourth = message[at], message[at + 1], message[at + 2], message[at + 3]
            message[at], message[at + 1] = stays * first + weight * third, stays * second + weight * fourth
        return
    for block in range(0, message.size, 2 * stride):
        if stride < _LONG:
            for at in range(block, block + stride):
                message[at] = stays * message[at] + weight * message[at + stride]
        else:
            low, high = message[block : block + stride], message[block + stride : block + 2 * stride]
            for at in range(stride):
                low[at] = stays * low[at] + weight * high[at]


@njit(cache=True, nogil=True)
def joined(table: Array, stride: int, low_weight: float, high_weight: float, into: Array) -> None:
    """Remove one bit: the weighted sum of the halves without and with it."""
    to = 0
    for block in range(0, table.size, 2 * stride):
        if stride < _LONG:
            for at in range(block, block + stride):
                into[to] = low_weight * table[at] + high_weight * table[at + stride]
                to += 1
        else:
            low, high = table[block : block + stride], table[block + stride : block + 2 * stride]
            part = into[to : to + stride]
            for at in range(stride):
                part[at] = low_weight * low[at] + high_weight * high[at]
            to += stride


@njit(cache=True, nogil=True)
def _split(message: Array, stride: int, low_weight: float, high_weight: float, into: Array) -> None:
    """Transpose of `joined`."""
    of = 0
    for block in range(0, into.size, 2 * stride):
        if stride < _LONG:
            for at in range(block, block + stride):
                into[at] = low_weight * message[of]
                into[at + stride] = high_weight * message[of]
                of += 1
        else:
            low, high = into[block : block + stride], into[block + stride : block + 2 * stride]
            part = message[of : of + stride]
            for at in range(stride):
                low[at] = low_weight * part[at]
                high[at] = high_weight * part[at]
            of += stride


@njit(cache=True, nogil=True)
def _weighted(table: Array, weight: float, into: Array) -> None:
    for at in range(table.size):
        into[at] = table[at] * weight


@njit(cache=True, nogil=True)
def _added(table: Array, more: Array) -> None:
    for at in range(table.size):
        table[at] += more[at]


@njit(cache=True, nogil=True)
def _sum(first: Array, second: Array, into: Array) -> None:
    """Add the products of two tables to sums by row modulo `FOLD`."""
    if first.size < FOLD:
        for at in range(first.size):
            into[at] += first[at] * second[at]
        return
    for block in range(0, first.size, FOLD):
        left, right = first[block : block + FOLD], second[block : block + FOLD]
        for at in range(FOLD):
            into[at] += left[at] * right[at]


@njit(cache=True, nogil=True, fastmath={"nnan", "nsz"})
def _scaled(table: Array) -> float:
    """Multiply a table by a power of two if its numbers have all become small; return the factor."""
    largest = 0.0
    for at in range(table.size):
        largest = max(largest, table[at])
    exponent = math.frexp(largest)[1]
    if exponent >= SMALL:
        return 1.0
    factor = math.ldexp(1.0, -exponent)
    _weighted(table, factor, table)
    return factor


@njit(cache=True, nogil=True)
def _forward(
    layout: Layout, numbers: Numbers, variant: int, kept: Array, scale: Array, table: Array, other: Array
) -> float:
    """Fill ``kept`` with the table before each step, its bits opened; return what is left in the last one."""
    steps = layout.steps
    at_work, off, opening = numbers.at_work[variant], numbers.off[variant], numbers.opening[variant]
    weights, if_absent, if_present = (
        numbers.weights[variant],
        numbers.if_absent[variant],
        numbers.if_present[variant],
    )
    table[0] = 1.0
    size, place = 1, 0
    opened = touched = closed = 0
    for step in range(steps.shape[0]):
        own = steps[step, 0]
        now = kept[place:]
        _weighted(table[:size], 1.0, now[:size])
        for each in range(opened, steps[step, 1]):
            _weighted(now[:size], opening[each], now[size : 2 * size])
            _weighted(now[:size], 1.0 - opening[each], now[:size])
            size *= 2
        place += size
        if own:
            joined(now[:size], own, 0.0, at_work[step], other)
            joined(now[:size], own, off[step], 0.0, table)
            size //= 2
        else:
            _weighted(now[:size], at_work[step], other[:size])
            _weighted(now[:size], off[step], table[:size])
        for each in range(touched, steps[step, 2]):
            push(other[:size], layout.touches[each], weights[each])
        _added(table[:size], other[:size])
        for each in range(closed, steps[step, 3]):
            joined(table[:size], layout.closes[each], if_absent[each], if_present[each], other)
            table, other = other, table
            size //= 2
        if steps[step, 3] > closed:
            scale[step] = _scaled(table[:size])
        opened, touched, closed = steps[step, 1], steps[step, 2], steps[step, 3]
    return float(table[0])


@njit(cache=True, nogil=True)
def _backward(
    layout: Layout,
    numbers: Numbers,
    variant: int,
    kept: Array,
    sum_on: Array,
    sum_off: Array,
    message: Array,
    other: Array,
    spare: Array,
) -> None:
    """Fill the sums of every step."""
    steps = layout.steps
    at_work, off, opening = numbers.at_work[variant], numbers.off[variant], numbers.opening[variant]
    weights, if_absent, if_present = (
        numbers.weights[variant],
        numbers.if_absent[variant],
        numbers.if_present[variant],
    )
    message[0] = 1.0
    size, place = 1, layout.size
    for step in range(steps.shape[0] - 1, -1, -1):
        own = steps[step, 0]
        first_open = first_touch = first_close = 0
        if step:
            first_open, first_touch, first_close = steps[step - 1, 1], steps[step - 1, 2], steps[step - 1, 3]
        for each in range(steps[step, 3] - 1, first_close - 1, -1):
            size *= 2
            _split(message[: size // 2], layout.closes[each], if_absent[each], if_present[each], other[:size])
            message, other = other, message
        if steps[step, 3] > first_close:
            _scaled(message[:size])
        _weighted(message[:size], 1.0, other[:size])
        for each in range(steps[step, 2] - 1, first_touch - 1, -1):
            _pull(other[:size], layout.touches[each], weights[each])
        if own:
            size *= 2
            _split(other[: size // 2], own, 0.0, at_work[step], spare[:size])
            _split(message[: size // 2], own, off[step], 0.0, other[:size])
            message, spare = spare, message
        else:
            _weighted(other[:size], at_work[step], other[:size])
            _weighted(message[:size], off[step], message[:size])
            message, other = other, message
        place -= size
        before = kept[place : place + size]
        _sum(message[:size], before, sum_on[step])
        _sum(other[:size], before, sum_off[step])
        _added(message[:size], other[:size])
        for each in range(steps[step, 1] - 1, first_open - 1, -1):
            size //= 2
            leak = opening[each]
            for at in range(size):
                message[at] = (1.0 - leak) * message[at] + leak * message[at + size]


@njit(cache=True, nogil=True)
def _solved(layout: Layout, numbers: Numbers, sums: Sums) -> None:
    """Run every variant forward and back."""
    kept = np.empty(layout.size)
    room = np.empty((3, layout.widest))
    for variant in range(numbers.at_work.shape[0]):
        sums.total[variant] = _forward(layout, numbers, variant, kept, sums.scale[variant], room[0], room[1])
        _backward(
            layout,
            numbers,
            variant,
            kept,
            sums.at_work[variant],
            sums.off[variant],
            room[0],
            room[1],
            room[2],
        )
