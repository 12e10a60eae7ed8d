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

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from myolens.assessment.order import Order, frontier_order
from myolens.assessment.tables import Array, Numbers, Sums, folded, kept_tables, solved

MAXIMUM_FRONTIER = 18
"""Open findings beyond which the table is not built: 2 MB a table, some seconds an assessment."""

_TABLE_NUMBERS = 1 << 18
"""Numbers of the widest table worked on at once in NumPy (2 MB): long inner loops, still near the cache."""
_WORTH_COMPILING = 1 << 24
"""Numbers in tables, run in NumPy, after which the compiled loops are loaded, which takes over a second."""


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
    names : tuple of str
        What the findings are called, if they are called anything.
    """

    prior: Array
    likelihood: Array
    leak: Array
    activation: Array
    if_absent: Array
    if_present: Array
    links: tuple[tuple[int, int], ...]
    link: Array
    names: tuple[str, ...] = ()

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
            self.names,
        )

    def without(self, finding: int) -> Problem:
        """Return the problem with nothing said about one finding."""
        return replace(
            self,
            leak=np.delete(self.leak, finding, axis=0),
            activation=np.delete(self.activation, finding, axis=0),
            if_absent=np.delete(self.if_absent, finding, axis=0),
            if_present=np.delete(self.if_present, finding, axis=0),
            names=self.names[:finding] + self.names[finding + 1 :],
        )

    def beside(self, others: Sequence[Problem]) -> Problem:
        """Return the variants of problems of the same shape and links as those of one."""
        every = (self, *others)

        def joined(name: str) -> Array:
            return np.concatenate([getattr(each, name) for each in every], axis=-1)

        return Problem(
            prior=joined("prior"),
            likelihood=joined("likelihood"),
            leak=joined("leak"),
            activation=joined("activation"),
            if_absent=joined("if_absent"),
            if_present=joined("if_present"),
            links=self.links,
            link=joined("link"),
            names=self.names,
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
    sums = _solved(order, numbers_of(problem, order))
    with np.errstate(divide="ignore", invalid="ignore"):
        log_odds = np.log(problem.prior * problem.likelihood) - np.log1p(-problem.prior)
        entered = [step.cause for step in order.steps]
        log_odds[entered] = np.log(folded(sums.at_work)) - np.log(folded(sums.off))
        log_evidence = _apart(problem, order) - np.log(sums.scale).sum(axis=0) + np.log(sums.total)
    if not np.isfinite(log_evidence).all():
        raise ValueError("the evidence is impossible in this network")
    return Posterior(log_odds, log_evidence)


def numbers_of(problem: Problem, order: Order) -> Numbers:
    """Return the numbers of a problem in the order in which the steps of its tables use them."""
    steps = order.steps
    causes = [step.cause for step in steps]
    linked = np.array([step.own is not None for step in steps], dtype=bool)[:, None]
    prior, likelihood = problem.prior[causes], problem.likelihood[causes]
    findings = len(problem.leak)
    opens = [item for step in steps for item in step.opens]
    touches = [(item, step.cause) for step in steps for _, item in step.touches]
    closes = [item for step in steps for _, item in step.closes]
    by_link = {(child + findings, parent): place for place, (parent, child) in enumerate(problem.links)}
    weights = np.array(
        [
            problem.activation[item, cause] if item < findings else problem.link[by_link[item, cause]]
            for item, cause in touches
        ]
    )
    return Numbers(
        at_work=np.where(linked, likelihood, prior * likelihood),
        off=np.where(linked, 1.0, 1 - prior),
        opening=np.concatenate([problem.leak, problem.prior])[opens],
        weights=weights.reshape(len(touches), problem.variants),
        if_absent=problem.if_absent[closes],
        if_present=problem.if_present[closes],
    )


def _solved(order: Order, numbers: Numbers) -> Sums:
    """Run the tables, compiled if that is at hand or has come to be worth its start."""
    variants = numbers.at_work.shape[1]
    if compiling(order.size * variants):
        from myolens.assessment import table_kernel

        return table_kernel.solved(order, numbers)
    together = max(2, _TABLE_NUMBERS >> order.frontier)
    count = -(-variants // together)
    ends = [number * variants // count for number in range(count + 1)]
    parts = [solved(order, numbers.part(slice(*each))) for each in pairwise(ends)]
    return Sums(*(np.concatenate(each, axis=-1) for each in zip(*parts, strict=True)))


def filtered(problem: Problem, order: Order) -> tuple[list[Array], Numbers]:
    """Return the tables before each step, shape (2 ** open bits,), and the numbers, of the first variant."""
    numbers = numbers_of(problem.part(slice(0, 1)), order)
    if compiling(order.size):
        from myolens.assessment import table_kernel

        tables = table_kernel.kept_tables(order, numbers)
    else:
        tables = kept_tables(order, numbers)
    return [table[:, 0] for table in tables], numbers


def compiling(work: int) -> bool:
    """Tell whether to use the compiled loops; ``work`` is the size of the tables about to be run.

    They are loaded in a process that has had enough to do for them to be missed: one case on its own is
    sooner done without them, a hundred are not. The numbers are the same either way.
    """
    _run[0] += work
    return _run[0] >= _WORTH_COMPILING or "myolens.assessment.table_kernel" in sys.modules


_run = [0]
"""Numbers in the tables run by this process."""


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
