"""The order in which causes enter the table, chosen so that few findings are open at once.

A finding is open from the first cause that can produce it to the last. The table of the
exact inference has one bit for each open finding, so its size is two to the widest point
of the order. A cause that other causes can bring about is itself a bit, open from the
first of those causes until its own turn. Sets of causes and items are kept as bits of
integers here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

_WORTH_A_SECOND = 50_000
_WORTH_SEARCHING, _HOPELESS = 1 << 21, 1 << 26
"""Summed table sizes from which a second order, and a search for a better one, repay their time, and
beyond which no search would bring it into reach."""


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
    """Steps in order, and the size of the table before each, its bits opened."""

    steps: tuple[Step, ...]
    sizes: tuple[int, ...]

    @property
    def frontier(self) -> int:
        """Largest number of bits open at once."""
        return max(self.sizes, default=1).bit_length() - 1

    @property
    def size(self) -> int:
        """Summed size of all tables."""
        return sum(self.sizes)


def frontier_order(
    parents: Sequence[Sequence[int]],
    links: Sequence[tuple[int, int]],
    causes: int,
    *,
    like: Order | None = None,
) -> Order:
    """Order the causes that matter for the given findings.

    Parameters
    ----------
    parents : sequence of sequences of int
        For each finding, the causes that can produce it.
    links : sequence of (int, int)
        Pairs (cause, cause it can bring about), without circles.
    causes : int
        Number of causes.
    like : Order, optional
        Order for nearly the same findings, kept as far as it goes instead of looking for a new one.

    Returns
    -------
    Order
        A greedy order; where the table is large the better of two, improved by moving single
        causes. Items are findings 0 … F−1, and F + c for the bit of a cause c that others
        bring about.

    Raises
    ------
    ValueError
        If the links form a circle.
    """
    graph = _Graph(parents, links, causes)
    if like is not None:
        return graph.laid_out(graph.as_before(like))
    sequence = graph.by_items()
    if graph.size(sequence) > _WORTH_A_SECOND:
        sequence = min((sequence, graph.by_causes()), key=graph.size)
    if _WORTH_SEARCHING < graph.size(sequence) < _HOPELESS:
        sequence = graph.improved(sequence)
    return graph.laid_out(sequence)


class _Graph:
    """Who produces what, as bit sets."""

    def __init__(
        self, parents: Sequence[Sequence[int]], links: Sequence[tuple[int, int]], causes: int
    ) -> None:
        self.findings = len(parents)
        self.children = [0] * causes
        self.parents = [0] * (self.findings + causes)
        self.above = [0] * causes
        for finding, of in enumerate(parents):
            for cause in of:
                self.children[cause] |= 1 << finding
                self.parents[finding] |= 1 << cause
        for parent, child in links:
            self.children[parent] |= 1 << (self.findings + child)
            self.parents[self.findings + child] |= 1 << parent
            self.above[child] |= 1 << parent
        self.relevant = sum(
            1 << cause for cause in range(causes) if self.children[cause] or self.above[cause]
        )

    @cached_property
    def ancestors(self) -> list[int]:
        """Causes that can bring each cause about, directly or through others."""
        found = list(self.above)
        linked = [cause for cause, up in enumerate(self.above) if up]
        for _ in linked:
            for cause in linked:
                found[cause] |= _union(found, found[cause])
        if any(found[cause] >> cause & 1 for cause in linked):
            raise ValueError("links between causes form a circle")
        return found

    def closing(self, cause: int, done: int) -> int:
        """Items that close once this cause is done, as a bit set; ``done`` includes it."""
        closed = 1 << (self.findings + cause) if self.above[cause] else 0
        for item in _bits(self.children[cause]):
            if item < self.findings and not self.parents[item] & ~done:
                closed |= 1 << item
        return closed

    def after(self, cause: int, opened: int, done: int) -> tuple[int, int]:
        """Items open while a cause enters, and after it."""
        during = opened | self.children[cause]
        return during, during & ~self.closing(cause, done | 1 << cause)

    def cheapest(self, among: int, opened: int, done: int) -> int:
        """Return the cause, of some that may enter now, that widens the table least."""
        best: tuple[tuple[int, int, int], int] | None = None
        for cause in _bits(among):
            if self.above[cause] & ~done:
                continue
            during, left = self.after(cause, opened, done)
            key = (during.bit_count(), left.bit_count(), cause)
            if best is None or key < best[0]:
                best = (key, cause)
        assert best is not None
        return best[1]

    def as_before(self, order: Order) -> list[int]:
        """Take the causes of an order that still matter, then those that did not matter in it."""
        kept = [step.cause for step in order.steps if self.relevant >> step.cause & 1]
        return [*kept, *(cause for cause in _bits(self.relevant) if cause not in set(kept))]

    def by_causes(self) -> list[int]:
        """Take, again and again, the cause that widens the table least."""
        return self._taken([self.relevant])

    def by_items(self) -> list[int]:
        """Complete, again and again, the item that can be closed with the narrowest table."""
        needs = {}
        for item, of in enumerate(self.parents):
            if of:
                own = 1 << (item - self.findings) if item >= self.findings else 0
                need = of | own | _union(self.ancestors, of | own)
                needs[item] = need, _union(self.children, need)
        groups, done, opened, closed = [], 0, 0, 0
        while needs:
            wide = opened & ~closed
            item = min(needs, key=lambda i: ((wide | needs[i][1] & ~closed).bit_count(), i))
            need, touched = needs[item]
            groups.append(need & ~done)
            done |= need
            opened |= touched
            closed |= sum(1 << i for i in _bits(opened & ~closed) if not self.needed(i) & ~done)
            needs = {i: both for i, both in needs.items() if both[0] & ~done}
        return self._taken(groups)

    def needed(self, item: int) -> int:
        """Causes that must be done before an item closes."""
        return self.parents[item] | (1 << (item - self.findings) if item >= self.findings else 0)

    def _taken(self, groups: list[int]) -> list[int]:
        sequence: list[int] = []
        opened = done = 0
        for group in groups:
            while left := group & ~done:
                cause = self.cheapest(left, opened, done)
                _, opened = self.after(cause, opened, done)
                done |= 1 << cause
                sequence.append(cause)
        return sequence

    def size(self, sequence: Sequence[int]) -> int:
        """Summed size of the tables of an order."""
        opened = done = total = 0
        for cause in sequence:
            during, opened = self.after(cause, opened, done)
            done |= 1 << cause
            total += 1 << during.bit_count()
        return total

    def improved(self, sequence: list[int]) -> list[int]:
        """Move each cause once to the place where the tables are smallest, trying every third place."""
        size = self.size(sequence)
        for cause in tuple(sequence):
            rest = [other for other in sequence if other != cause]
            first = max((rest.index(up) + 1 for up in _bits(self.above[cause])), default=0)
            downs = (place for place, other in enumerate(rest) if self.above[other] >> cause & 1)
            last = next(downs, len(rest))
            for place in range(first, last + 1, 3):
                moved = [*rest[:place], cause, *rest[place:]]
                better = self.size(moved)
                if better < size:
                    sequence, size = moved, better
        return sequence

    def laid_out(self, sequence: Sequence[int]) -> Order:
        """Give every bit its position at every step."""
        bits: list[int] = []
        steps: list[Step] = []
        sizes: list[int] = []
        done = 0
        for cause in sequence:
            opens = tuple(item for item in _bits(self.children[cause]) if item not in bits)
            for item in opens:
                bits.insert(0, item)
            sizes.append(1 << len(bits))
            done |= 1 << cause
            own = None
            if self.above[cause]:
                own = bits.index(self.findings + cause)
                bits.pop(own)
            touches = tuple((bits.index(item), item) for item in _bits(self.children[cause]))
            closes = []
            for item in _bits(self.closing(cause, done)):
                if item < self.findings:
                    closes.append((bits.index(item), item))
                    bits.remove(item)
            steps.append(Step(cause, opens, own, touches, tuple(closes)))
        return Order(tuple(steps), tuple(sizes))


def _bits(mask: int) -> Iterator[int]:
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _union(sets: Sequence[int], which: int) -> int:
    total = 0
    for member in _bits(which):
        total |= sets[member]
    return total
