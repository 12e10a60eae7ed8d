"""The order in which causes enter the table, chosen so that few findings are open at once.

A finding is open from the first cause that can produce it to the last. The table of the
exact inference has one bit for each open finding, so its size is two to the widest point
of the order. A cause that other causes can bring about is itself a bit, open from the
first of those causes until its own turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One cause enters the table.

    Positions count the bits of the table from the most significant one.

    Attributes
    ----------
    cause : int
        Its number.
    opens : tuple of int
        Items whose bits are put in front, one after the other, before the step.
    own : int or None
        Position of the cause's own bit, removed as it enters; None where no cause brings it about.
    touches : tuple of (position, item)
        Bits the cause can set, positions counted after its own bit is gone.
    closes : tuple of (position, item)
        Bits removed after the step, each position counted after the ones before it are gone.
    """

    cause: int
    opens: tuple[int, ...]
    own: int | None
    touches: tuple[tuple[int, int], ...]
    closes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Order:
    """Steps in order, and the largest number of bits open at once."""

    steps: tuple[Step, ...]
    frontier: int


def frontier_order(parents: Sequence[Sequence[int]], links: Sequence[tuple[int, int]], causes: int) -> Order:
    """Order the causes that matter for the given findings.

    Parameters
    ----------
    parents : sequence of sequences of int
        For each finding, the causes that can produce it.
    links : sequence of (int, int)
        Pairs (cause, cause it can bring about), without circles.
    causes : int
        Number of causes.

    Returns
    -------
    Order
        The better of two greedy orders by the summed table size. Items are findings
        0 … F−1, and F + c for the bit of a cause c that others bring about.

    Raises
    ------
    ValueError
        If the links form a circle.
    """
    findings = len(parents)
    children: dict[int, set[int]] = {cause: set() for cause in range(causes)}
    for finding, of in enumerate(parents):
        for cause in of:
            children[cause].add(finding)
    above: dict[int, set[int]] = {}
    for parent, child in links:
        children[parent].add(findings + child)
        above.setdefault(child, set()).add(parent)
    relevant = {cause for cause in range(causes) if children[cause]} | set(above)
    last_users = [set(of) for of in parents]
    best: tuple[float, list[int]] | None = None
    for narrow_first in (True, False):
        sequence, cost = _greedy(relevant, children, above, last_users, findings, narrow_first=narrow_first)
        if best is None or cost < best[0]:
            best = (cost, sequence)
    assert best is not None
    return _laid_out(best[1], children, above, last_users, findings)


def _greedy(
    relevant: set[int],
    children: dict[int, set[int]],
    above: dict[int, set[int]],
    users: list[set[int]],
    findings: int,
    *,
    narrow_first: bool,
) -> tuple[list[int], float]:
    """Take, again and again, the cause that leaves (or makes) the narrowest table."""
    waiting = [len(of) for of in users]
    open_items: set[int] = set()
    left, sequence, cost = set(relevant), [], 0.0
    done: set[int] = set()
    while left:
        choice: tuple[tuple[int, int, int], int] | None = None
        for cause in sorted(left):
            if above.get(cause, set()) - done:
                continue
            opened = children[cause] - open_items
            peak = len(open_items) + len(opened)
            closed = sum(1 for item in children[cause] if item < findings and waiting[item] == 1)
            after = peak - closed - (1 if cause in above else 0)
            key = (peak, after, cause) if narrow_first else (after, peak, cause)
            if choice is None or key < choice[0]:
                choice = (key, cause)
        if choice is None:
            raise ValueError("links between causes form a circle")
        cause = choice[1]
        open_items |= children[cause]
        cost += 2.0 ** len(open_items)
        open_items.discard(findings + cause)
        for item in children[cause]:
            if item < findings:
                waiting[item] -= 1
                if waiting[item] == 0:
                    open_items.discard(item)
        left.discard(cause)
        done.add(cause)
        sequence.append(cause)
    return sequence, cost


def _laid_out(
    sequence: list[int],
    children: dict[int, set[int]],
    above: dict[int, set[int]],
    users: list[set[int]],
    findings: int,
) -> Order:
    """Give every bit its position at every step."""
    waiting = [len(of) for of in users]
    bits: list[int] = []
    steps, frontier = [], 0
    for cause in sequence:
        opens = tuple(sorted(children[cause] - set(bits)))
        for item in opens:
            bits.insert(0, item)
        frontier = max(frontier, len(bits))
        own = None
        if cause in above:
            own = bits.index(findings + cause)
            bits.pop(own)
        touches = tuple((bits.index(item), item) for item in sorted(children[cause]))
        closes = []
        for item in sorted(children[cause]):
            if item < findings:
                waiting[item] -= 1
                if waiting[item] == 0:
                    closes.append((bits.index(item), item))
                    bits.remove(item)
        steps.append(Step(cause, opens, own, touches, tuple(closes)))
    return Order(tuple(steps), frontier)
