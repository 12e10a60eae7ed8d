"""Grades of findings: the noisy-MAX, exact within the tables of the noisy-OR.

Every cause at work produces a finding at some level, absent (0), mild (1), moderate (2) or severe
(3), independently of the others, and so does the leak; what is seen is the highest of them (the
leaky noisy-MAX: Henrion, "Some practical issues in constructing belief networks", 1987; Díez,
"Parameter adjustment in Bayes networks: the generalized noisy OR-gate", UAI 1993). A cause that
produces the finding with chance q does so at each level in given shares. Then

    P(level ≤ k | causes) = Π (1 − q · share above k)

over the causes at work and the leak, and a level told to lie from l to h has the probability

    Π b · [1 − Π (1 − a)],   b = 1 − q · share above h,   a = q · share from l to h / b.

The b are factors on single causes, like an absent finding; the bracket is a noisy-OR with the
chances a. So a graded finding is one bit of the same table, and nothing is subtracted. With
l = 1 and h = 3 it is the finding without a grade: b = 1, a = q.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from myolens.assessment.tables import Array
from myolens.knowledge.grades import Levels
from myolens.knowledge.model import Knowledge, Severity


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """How a finding is shared out over the levels 1 to 3.

    Attributes
    ----------
    usual : ndarray, shape (3, columns)
        In people with the leak, or with a cause that states no shares of its own.
    of : dict of cause to ndarray of the same shape
    """

    usual: Array
    of: dict[int, Array]

    def at(self, cause: int | None) -> Array:
        """Return the shares of one cause, of the leak for None."""
        return self.usual if cause is None else self.of.get(cause, self.usual)


@dataclass(frozen=True, slots=True, eq=False)
class AtLevels:
    """How causes produce a finding within some levels, given that none produces it above them.

    Attributes
    ----------
    leak, activation, rarer
        As in `myolens.assessment.network.Produced`.
    factor : dict of cause to ndarray
        What the odds of a cause are multiplied by, as it has not produced the finding above the levels.
    """

    leak: Array
    activation: dict[int, Array]
    rarer: dict[int, Array]
    factor: dict[int, Array]


def at_levels(
    leak: Array,
    activation: Mapping[int, Array],
    rarer: Mapping[int, Array],
    shares: Shares,
    levels: Levels,
    columns: Sequence[int] | Array,
) -> AtLevels:
    """Return how causes produce a finding at some of its levels.

    Parameters
    ----------
    leak, activation, rarer : as in `myolens.assessment.network.Produced`, shape (len(columns),) each
    shares : Shares
    levels : (int, int)
        Lowest and highest level; from 0 it includes that the finding is absent.
    columns : ndarray of int
        Draws of the shares to use.
    """

    def split(chance: Array, cause: int | None) -> tuple[Array, Array]:
        share = shares.at(cause)[:, columns]
        within = share[max(levels[0], 1) - 1 : levels[1]].sum(axis=0)
        not_above = 1 - chance * share[levels[1] :].sum(axis=0)
        return not_above, chance * within / not_above

    below, leak_within = split(leak, None)
    chances, rare, factor = {}, {}, {}
    for cause, chance in activation.items():
        factor[cause], chances[cause] = split(chance, cause)
    for cause, value in rarer.items():
        not_above, rare[cause] = split(value, cause)
        factor[cause] = not_above / below
    return AtLevels(leak_within, chances, rare, factor)


def compiled_severity(
    knowledge: Knowledge, above: Sequence[frozenset[int]], *, columns: int
) -> dict[int, Shares]:
    """Return the shares of every finding that has grades, its own or of what it is a form of.

    Column 0 holds the stated shares; the others are drawn: the logarithm of each share is shifted
    within the stated factor, uniformly and stratified, and the three are brought back to a sum of one.
    """
    random = np.random.default_rng(20_261_122)
    findings = {code: number for number, code in enumerate(knowledge.findings)}
    own: dict[int, Shares] = {}
    for code, graded in knowledge.severities.items():
        if graded.severity is not None:
            stated = {
                number: _drawn(effect.severity, random, columns)
                for number, cause in enumerate(knowledge.causes.values())
                for effect in cause.findings
                if effect.finding == code and effect.severity is not None
            }
            own[findings[code]] = Shares(_drawn(graded.severity, random, columns), stated)
    for code, graded in knowledge.severities.items():
        if graded.like is not None:
            own[findings[code]] = own[findings[graded.like]]
    found = {}
    for finding, general in enumerate(above):
        nearest = finding if finding in own else next((each for each in sorted(general) if each in own), None)
        if nearest is not None:
            found[finding] = own[nearest]
    return found


def _drawn(severity: Severity, random: np.random.Generator, columns: int) -> Array:
    stated = np.array(severity.shares)[:, None]
    places = random.permuted(np.tile((np.arange(columns - 1) + 0.5) / (columns - 1), (3, 1)), axis=1)
    drawn = stated * severity.factor ** (2 * places - 1)
    return np.hstack([stated, drawn / drawn.sum(axis=0)])
