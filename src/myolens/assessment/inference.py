"""Exact inference in a two-layer leaky noisy-OR network with several causes at once.

A finding is present unless its leak and every cause at work all fail to produce it:
P(present | causes) = 1 − (1 − leak) · Π (1 − q). Given what is observed, the table kept here
holds, for every subset of the findings that are open, the summed weight of all sets of causes
that have activated exactly that subset. A cause enters by splitting the table into "off" and
"on", where "on" passes its activation through one finding at a time. Only sums and products
of non-negative numbers occur, so nothing cancels; inclusion–exclusion over the same subsets
(Heckerman, "A tractable inference algorithm for diagnosing multiple diseases", 1989) loses
all digits in floating point. Absent findings fold into the weights of the causes, soft
evidence weights the two halves of the table when a finding closes, and a cause that other
causes bring about is a bit like a finding, so links are exact too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from myolens.assessment.order import Order, Step, frontier_order

if TYPE_CHECKING:
    from myolens.assessment.table_kernel import Numbers

Array = NDArray[np.float64]

MAXIMUM_FRONTIER = 18
"""Open findings beyond which the table is not built: 2 MB a table, some seconds an assessment."""

_TABLE_NUMBERS = 1 << 18
"""Numbers of the widest table worked on at once (2 MB): long inner loops, still near the cache."""
_WORTH_COMPILING = 1 << 12
"""Summed table size from which compiled loops repay the import of numba: one case needs many runs."""


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """One network with its evidence, in any number of variants (last axis) of the same shape.

    Attributes
    ----------
    prior : ndarray, shape (causes, variants)
        P(cause) before evidence and links.
    likelihood : ndarray, shape (causes, variants)
        What multiplies the odds of a cause by itself: absent findings and ratios.
    leak : ndarray, shape (findings, variants)
        P(present | no cause), of the findings kept as bits.
    activation : ndarray, shape (findings, causes, variants)
        q, the chance that a cause alone produces the finding, leak apart.
    if_absent, if_present : ndarray, shape (findings, variants)
        Likelihood of what was observed if the finding is truly absent or present: 0 and 1
        for one surely present, e**−x and 1 for soft evidence of log ratio x.
    links : tuple of (int, int)
        Causes that bring about another cause.
    link : ndarray, shape (links, variants)
        How often.
    """

    prior: Array
    likelihood: Array
    leak: Array
    activation: Array
    if_absent: Array
    if_present: Array
    links: tuple[tuple[int, int], ...]
    link: Array

    @property
    def variants(self) -> int:
        """Size of the last axis."""
        return int(self.prior.shape[1])

    def part(self, which: slice) -> Problem:
        """Return the problem restricted to some variants."""
        return Problem(
            self.prior[:, which],
            self.likelihood[:, which],
            self.leak[:, which],
            self.activation[:, :, which],
            self.if_absent[:, which],
            self.if_present[:, which],
            self.links,
            self.link[:, which],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Natural log odds of every cause (causes × variants) and log probability of the evidence."""

    log_odds: Array
    log_evidence: Array

    @property
    def probability(self) -> Array:
        """Posterior probability, shape (causes, variants)."""
        with np.errstate(over="ignore"):
            return np.asarray(1.0 / (1.0 + np.exp(-self.log_odds)))


def order_of(problem: Problem, *, like: Order | None = None) -> Order:
    """Return the frontier order for the findings of a problem; ``like`` as in `frontier_order`."""
    active = np.asarray(problem.activation.any(axis=2))
    parents = [np.flatnonzero(row).tolist() for row in active]
    return frontier_order(parents, problem.links, problem.prior.shape[0], like=like)


def solve(problem: Problem, *, order: Order | None = None) -> Posterior:
    """Return the exact posterior of every cause in every variant.

    Raises
    ------
    ValueError
        If more than `MAXIMUM_FRONTIER` findings are open at once, or the evidence is impossible.
    """
    order = order or order_of(problem)
    if order.frontier > MAXIMUM_FRONTIER:
        raise ValueError(f"{order.frontier} findings are open at once, more than {MAXIMUM_FRONTIER}")
    with np.errstate(divide="ignore"):
        log_odds = np.log(problem.prior * problem.likelihood) - np.log1p(-problem.prior)
    log_evidence = _apart(problem, order)
    if order.size >= _WORTH_COMPILING:
        from myolens.assessment.table_kernel import layout_of, solved

        odds = np.ascontiguousarray(log_odds.T)
        log_evidence += solved(layout_of(order), _by_variant(problem, order), odds)
        log_odds = odds.T
    else:
        chunk = max(1, _TABLE_NUMBERS >> order.frontier)
        count = -(-problem.variants // chunk)
        for number in range(count):
            which = slice(number * problem.variants // count, (number + 1) * problem.variants // count)
            log_evidence[which] += _solved(problem.part(which), order, log_odds[:, which])
    if not np.isfinite(log_evidence).all():
        raise ValueError("the evidence is impossible in this network")
    return Posterior(log_odds, log_evidence)


def _by_variant(problem: Problem, order: Order) -> Numbers:
    """Return the numbers of a problem as the compiled loops take them."""
    from myolens.assessment.table_kernel import Numbers

    entering = [(item, step.cause) for step in order.steps for _, item in step.touches]
    weights = np.array([weight_of(problem, item, cause) for item, cause in entering])
    by_item = (
        problem.prior,
        problem.likelihood,
        np.concatenate([problem.leak, problem.prior]),
        weights.reshape(len(entering), problem.variants),
        problem.if_absent,
        problem.if_present,
    )
    return Numbers(*(np.ascontiguousarray(each.T) for each in by_item))


def _solved(problem: Problem, order: Order, log_odds: Array) -> Array:
    """Write the log odds of every cause that enters a table; return the log evidence of the tables."""
    tables, log_evidence = forward(problem, order)
    message = np.ones((1, problem.variants))
    for step, table in zip(reversed(order.steps), reversed(tables), strict=True):
        for position, item in reversed(step.closes):
            message = _reopened(message, position, problem.if_absent[item], problem.if_present[item])
        on_message = message.copy()
        for position, item in reversed(step.touches):
            _pulled_back(on_message, position, weight_of(problem, item, step.cause))
        on_message *= problem.likelihood[step.cause]
        if step.own is None:
            prior = problem.prior[step.cause]
            on_message *= prior
            message *= 1 - prior
            on, off = (on_message * table).sum(axis=0), (message * table).sum(axis=0)
            message += on_message
        else:
            halves = _halves(table, step.own)
            shape = halves[:, 0].shape
            on = (on_message.reshape(shape) * halves[:, 1]).sum(axis=(0, 1))
            off = (message.reshape(shape) * halves[:, 0]).sum(axis=(0, 1))
            message = np.stack([message.reshape(shape), on_message.reshape(shape)], axis=1)
            message = message.reshape(-1, problem.variants)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_odds[step.cause] = np.log(on) - np.log(off)
        for item in reversed(step.opens):
            leak = leak_of(problem, item)
            half = message.shape[0] // 2
            message = (1 - leak) * message[:half] + leak * message[half:]
    return log_evidence


def _apart(problem: Problem, order: Order) -> Array:
    """Log probability of the evidence on causes and findings that the order leaves out."""
    entered = {step.cause for step in order.steps}
    closed = {item for step in order.steps for _, item in step.closes}
    others = [cause for cause in range(problem.prior.shape[0]) if cause not in entered]
    alone = [item for item in range(problem.leak.shape[0]) if item not in closed]
    weight = 1 - problem.prior[others] + problem.prior[others] * problem.likelihood[others]
    leak = problem.leak[alone]
    with np.errstate(divide="ignore"):
        finding = np.log((1 - leak) * problem.if_absent[alone] + leak * problem.if_present[alone])
        return np.asarray(np.log(weight).sum(axis=0) + finding.sum(axis=0))


def filtered(problem: Problem, order: Order) -> list[Array]:
    """Return the tables of `forward` for the first variant, each of shape (2 ** open bits,)."""
    problem = problem.part(slice(0, 1))
    if order.size < _WORTH_COMPILING:
        return [table[:, 0] for table in forward(problem, order)[0]]
    from myolens.assessment.table_kernel import kept_tables

    return kept_tables(order, _by_variant(problem, order))


def forward(problem: Problem, order: Order) -> tuple[list[Array], Array]:
    """Run all steps; return the table before each, its bits opened, and the log evidence.

    Tables have shape (2 ** open bits, variants) and are scaled freely, each variant by itself.
    """
    table = np.ones((1, problem.variants))
    log_scale = np.zeros(problem.variants)
    tables = []
    for step in order.steps:
        for item in step.opens:
            leak = leak_of(problem, item)
            table = np.concatenate([(1 - leak) * table, leak * table])
        tables.append(table)
        table = entered(problem, step, table)
        for position, item in step.closes:
            halves = _halves(table, position)
            table = halves[:, 0] * problem.if_absent[item] + halves[:, 1] * problem.if_present[item]
            table = table.reshape(-1, problem.variants)
        if step.closes:
            scale = table.max(axis=0)
            scale[scale == 0] = 1
            table /= scale
            log_scale += np.log(scale)
    with np.errstate(divide="ignore"):
        return tables, log_scale + np.log(table[0])


def entered(problem: Problem, step: Step, table: Array) -> Array:
    """Return the table after the cause of a step has entered, before bits close."""
    if step.own is None:
        prior = problem.prior[step.cause]
        on, off = table * (prior * problem.likelihood[step.cause]), table * (1 - prior)
    else:
        halves = _halves(table, step.own)
        on = (halves[:, 1] * problem.likelihood[step.cause]).reshape(-1, problem.variants)
        off = halves[:, 0].reshape(-1, problem.variants)
    for position, item in step.touches:
        pushed(on, position, weight_of(problem, item, step.cause))
    return np.asarray(on + off)


def leak_of(problem: Problem, item: int) -> Array:
    """Chance that an item is on by itself: a finding's leak or a linked cause's prior."""
    findings = problem.leak.shape[0]
    return np.asarray(problem.leak[item] if item < findings else problem.prior[item - findings])


def weight_of(problem: Problem, item: int, cause: int) -> Array:
    """Chance that a cause turns an item on: an activation or a link."""
    findings = problem.leak.shape[0]
    if item < findings:
        return np.asarray(problem.activation[item, cause])
    return np.asarray(problem.link[problem.links.index((cause, item - findings))])


def pushed(table: Array, position: int, weight: Array) -> None:
    """Let a cause set one bit with the given chance, in place."""
    halves = _halves(table, position)
    halves[:, 1] += weight * halves[:, 0]
    halves[:, 0] *= 1 - weight


def _pulled_back(message: Array, position: int, weight: Array) -> None:
    halves = _halves(message, position)
    halves[:, 0] *= 1 - weight
    halves[:, 0] += weight * halves[:, 1]


def _reopened(message: Array, position: int, if_absent: Array, if_present: Array) -> Array:
    variants = message.shape[1]
    parts = message.reshape(1 << position, 1, -1, variants)
    wide = np.concatenate([parts * if_absent, parts * if_present], axis=1).reshape(-1, variants)
    scale = wide.max(axis=0)
    scale[scale == 0] = 1
    return np.asarray(wide / scale)


def _halves(table: Array, position: int) -> Array:
    """View of a table with the bit at a position as axis 1: (before, 2, after, variants)."""
    return table.reshape(1 << position, 2, -1, table.shape[1])
