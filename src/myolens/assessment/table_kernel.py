"""The recursion of `myolens.assessment.inference`, compiled, for tables too wide for NumPy's overhead.

One variant at a time runs through all steps in two tables that stay in the cache of one core;
NumPy would stream every table through memory once for each bit a cause touches. numba is
imported with this module, so only wide cases pay for it. The arithmetic is that of `inference`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from myolens.assessment.order import Order

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

_LONG = 8
"""From this length on, views of the halves of a table pay: only through views are the loops vectorised."""


class Layout(NamedTuple):
    """The steps of an order as flat arrays.

    Row s of ``steps`` is: cause, position of its own bit or −1, then the ends of its share of
    ``opens`` (items), ``touches`` and ``closes`` (position, item), which start where row s − 1 ends.
    """

    steps: Integers
    opens: Integers
    touches: Integers
    closes: Integers
    frontier: int
    size: int


class Numbers(NamedTuple):
    """The numbers of a problem, one row per variant.

    ``opening`` is the chance that each item is on by itself, ``weights`` the chance that the cause
    sets the bit, in the order of ``Layout.touches``; the others are those of `Problem`.
    """

    prior: Array
    likelihood: Array
    opening: Array
    weights: Array
    if_absent: Array
    if_present: Array


def layout_of(order: Order) -> Layout:
    """Return the steps of an order as flat arrays."""
    steps = []
    opens: list[int] = []
    touches: list[tuple[int, int]] = []
    closes: list[tuple[int, int]] = []
    for step in order.steps:
        opens += step.opens
        touches += step.touches
        closes += step.closes
        own = -1 if step.own is None else step.own
        steps.append((step.cause, own, len(opens), len(touches), len(closes)))
    return Layout(
        np.array(steps, dtype=np.int64).reshape(-1, 5),
        np.array(opens, dtype=np.int64),
        np.array(touches, dtype=np.int64).reshape(-1, 2),
        np.array(closes, dtype=np.int64).reshape(-1, 2),
        order.frontier,
        order.size,
    )


@njit(cache=True, nogil=True)
def _push(table: Array, stride: int, weight: float) -> None:
    """Let a cause set one bit."""
    stays = 1.0 - weight
    if stride == 1:
        for at in range(0, table.size, 2):
            table[at + 1] += weight * table[at]
            table[at] *= stays
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
    """Transpose of `_push`."""
    stays = 1.0 - weight
    for block in range(0, message.size, 2 * stride):
        if stride < _LONG:
            for at in range(block, block + stride):
                message[at] = stays * message[at] + weight * message[at + stride]
        else:
            low, high = message[block : block + stride], message[block + stride : block + 2 * stride]
            for at in range(stride):
                low[at] = stays * low[at] + weight * high[at]


@njit(cache=True, nogil=True)
def _joined(table: Array, stride: int, low_weight: float, high_weight: float, into: Array) -> None:
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
    """Transpose of `_joined`."""
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
def _scaled(table: Array, factor: float, into: Array) -> None:
    for at in range(table.size):
        into[at] = factor * table[at]


@njit(cache=True, nogil=True)
def _added(table: Array, more: Array) -> None:
    for at in range(table.size):
        table[at] += more[at]


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _dot(first: Array, second: Array) -> float:
    """Sum of products, all non-negative, in whatever order is fastest."""
    total = 0.0
    for at in range(first.size):
        total += first[at] * second[at]
    return total


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _rescaled(table: Array) -> float:
    """Divide a table by its sum, so that no number underflows; return the sum."""
    total = 0.0
    for at in range(table.size):
        total += table[at]
    if total == 0.0:
        return 1.0
    _scaled(table, 1.0 / total, table)
    return total


@njit(cache=True, nogil=True)
def _forward(
    layout: Layout,
    numbers: Numbers,
    variant: int,
    kept: Array,
    table: Array,
    other: Array,
) -> float:
    """Fill ``kept`` with the table before each step; return the log evidence."""
    steps, opens, touches, closes, _, _ = layout
    prior, likelihood = numbers.prior[variant], numbers.likelihood[variant]
    opening, weights = numbers.opening[variant], numbers.weights[variant]
    if_absent, if_present = numbers.if_absent[variant], numbers.if_present[variant]
    table[0] = 1.0
    size, place, log_scale = 1, 0, 0.0
    opened = touched = closed = 0
    for step in range(steps.shape[0]):
        cause, own = steps[step, 0], steps[step, 1]
        for each in range(opened, steps[step, 2]):
            leak = opening[opens[each]]
            _scaled(table[:size], leak, table[size : 2 * size])
            _scaled(table[:size], 1.0 - leak, table[:size])
            size *= 2
        _scaled(table[:size], 1.0, kept[place : place + size])
        place += size
        if own < 0:
            _scaled(table[:size], prior[cause] * likelihood[cause], other[:size])
            _scaled(table[:size], 1.0 - prior[cause], table[:size])
        else:
            stride = size >> (own + 1)
            _joined(table[:size], stride, 0.0, likelihood[cause], other)
            _joined(table[:size], stride, 1.0, 0.0, table)
            size //= 2
        for each in range(touched, steps[step, 3]):
            _push(other[:size], size >> (touches[each, 0] + 1), weights[each])
        _added(table[:size], other[:size])
        for each in range(closed, steps[step, 4]):
            item = closes[each, 1]
            stride = size >> (closes[each, 0] + 1)
            _joined(table[:size], stride, if_absent[item], if_present[item], other)
            table, other = other, table
            size //= 2
        if steps[step, 4] > closed:
            log_scale += np.log(_rescaled(table[:size]))
        opened, touched, closed = steps[step, 2], steps[step, 3], steps[step, 4]
    return log_scale + np.log(table[0]) if table[0] > 0 else -np.inf


@njit(cache=True, nogil=True)
def _backward(
    layout: Layout,
    numbers: Numbers,
    variant: int,
    kept: Array,
    message: Array,
    other: Array,
    spare: Array,
    log_odds: Array,
) -> None:
    """Write the log odds of every cause that entered."""
    steps, opens, touches, closes, _, total = layout
    prior, likelihood = numbers.prior[variant], numbers.likelihood[variant]
    opening, weights = numbers.opening[variant], numbers.weights[variant]
    if_absent, if_present = numbers.if_absent[variant], numbers.if_present[variant]
    message[0] = 1.0
    size, place = 1, total
    for step in range(steps.shape[0] - 1, -1, -1):
        cause, own = steps[step, 0], steps[step, 1]
        first_open = steps[step - 1, 2] if step else 0
        first_touch = steps[step - 1, 3] if step else 0
        first_close = steps[step - 1, 4] if step else 0
        for each in range(steps[step, 4] - 1, first_close - 1, -1):
            item = closes[each, 1]
            stride = size >> closes[each, 0]
            size *= 2
            _split(message[: size // 2], stride, if_absent[item], if_present[item], other[:size])
            message, other = other, message
            _rescaled(message[:size])
        _scaled(message[:size], 1.0, other[:size])
        for each in range(steps[step, 3] - 1, first_touch - 1, -1):
            _pull(other[:size], size >> (touches[each, 0] + 1), weights[each])
        if own < 0:
            place -= size
            _scaled(other[:size], prior[cause] * likelihood[cause], other[:size])
            _scaled(message[:size], 1.0 - prior[cause], message[:size])
            before = kept[place : place + size]
            at_work, off = _dot(before, other[:size]), _dot(before, message[:size])
            _added(message[:size], other[:size])
        else:
            stride = size >> own
            size *= 2
            place -= size
            before = kept[place : place + size]
            _split(other[: size // 2], stride, 0.0, likelihood[cause], spare[:size])
            at_work = _dot(before, spare[:size])
            _split(message[: size // 2], stride, 1.0, 0.0, other[:size])
            off = _dot(before, other[:size])
            _scaled(spare[:size], 1.0, message[:size])
            _added(message[:size], other[:size])
        log_odds[cause] = np.log(at_work) - np.log(off)
        for each in range(steps[step, 2] - 1, first_open - 1, -1):
            leak = opening[opens[each]]
            size //= 2
            for at in range(size):
                message[at] = (1.0 - leak) * message[at] + leak * message[at + size]


@njit(cache=True, nogil=True)
def solved(layout: Layout, numbers: Numbers, log_odds: Array) -> Array:
    """Run every variant forward and back; return the log evidence of each.

    Parameters
    ----------
    layout : Layout
    numbers : Numbers
    log_odds : ndarray, shape (variants, causes)
        Written for the causes that enter.
    """
    variants, widest = log_odds.shape[0], 1 << layout.frontier
    kept, log_evidence = np.empty(layout.size), np.empty(variants)
    table, other, spare = np.empty(widest), np.empty(widest), np.empty(widest)
    for variant in range(variants):
        log_evidence[variant] = _forward(layout, numbers, variant, kept, table, other)
        _backward(layout, numbers, variant, kept, table, other, spare, log_odds[variant])
    return log_evidence


def kept_tables(order: Order, numbers: Numbers) -> list[Array]:
    """Return the table before each step for the first variant."""
    kept, table, other = np.empty(order.size), *np.empty((2, 1 << order.frontier))
    _forward(layout_of(order), numbers, 0, kept, table, other)
    ends = np.cumsum(order.sizes)
    return np.split(kept, ends[:-1])
