"""Numbers, grades and durations told more than once: which go together, and which cannot all hold."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from myolens.knowledge.grades import SEVERE
from myolens.knowledge.model import FindingDefinition, Knowledge
from myolens.knowledge.recognised import Disagreement, RecognisedFinding

ROUGHLY = 1.5
"""People round and days differ: numbers told that differ by no more than this factor agree, unless a
threshold lies between them (project estimate)."""
SAME_VALUE = 0.02
"""Two values that differ by less than this share are the same value, rounded."""
_DAY = 1.0


def values_of(group: Iterable[RecognisedFinding], definition: FindingDefinition) -> tuple[float, ...]:
    """Return the values that statements about one finding leave possible.

    Portions of a habit add up (three coffees and two teas), and belong to a total that is told
    beside them; of the places of a twitch the longest counts. The value that says most for the
    finding its thresholds name comes first: the largest, for hours of sleep the smallest.
    """
    whole, parts = _by_part(group)
    sums = _sums(parts, definition)
    if definition.kind == "habit":
        largest = max(whole, default=0.0)
        sums = [value for value in sums if not whole or value > largest * (1 + SAME_VALUE)]
    elif sums:
        whole, sums = ([], sums) if max(sums) > max(whole, default=0.0) else (whole, [])
    return tuple(sorted({*whole, *sums}, reverse=not _small_is_worse(definition)))


def disagreements(said: Sequence[RecognisedFinding], knowledge: Knowledge) -> tuple[Disagreement, ...]:
    """Return what was told of one finding and cannot all hold, in any order of the statements.

    Numbers disagree if their ranges do not touch and either a threshold lies between them or
    one is more than `ROUGHLY` times the other; grades of one place if they do not overlap; onsets
    if one is more than `ROUGHLY` times as long ago.
    """
    by_code: dict[str, list[RecognisedFinding]] = {}
    for finding in said:
        if finding.present:
            by_code.setdefault(finding.code, []).append(finding)
    found = []
    forms = {each.severe_form: code for code, each in knowledge.severities.items() if each.severe_form}
    for form, code in forms.items():
        by_code.setdefault(code, []).extend(replace(each, levels=(SEVERE,)) for each in by_code.get(form, ()))
    for code in knowledge.findings:
        group = sorted(by_code.get(code, ()), key=_in_any_order)
        definition = knowledge.findings[code]
        if told := _numbers(group, definition):
            found.append(Disagreement(code, "number", told))
        if told := _grades(group):
            found.append(Disagreement(code, "grade", told))
        if definition.family != "twitching" and (told := _onsets(group)):  # theirs is a number
            found.append(Disagreement(code, "since", told))
    return tuple(found)


def _in_any_order(finding: RecognisedFinding) -> tuple[str, float, float, tuple[tuple[int, int], ...]]:
    return finding.given_as, finding.value or 0.0, finding.since_days or 0.0, finding.levels


def same_place(group: Sequence[RecognisedFinding]) -> bool:
    """Tell whether all of several statements are about the same place."""
    return len({(finding.sites, finding.side) for finding in group}) == 1


def _by_part(group: Iterable[RecognisedFinding]) -> tuple[list[float], dict[str, list[float]]]:
    whole: list[float] = []
    parts: dict[str, list[float]] = {}
    for finding in group:
        if finding.value is not None:
            (whole if finding.counted is None else parts.setdefault(finding.counted, [])).append(
                finding.value
            )
    return whole, parts


def _sums(parts: dict[str, list[float]], definition: FindingDefinition) -> list[float]:
    """Return the least and the largest value that the parts leave possible."""
    if not parts:
        return []
    if definition.kind == "habit":
        return [sum(min(each) for each in parts.values()), sum(max(each) for each in parts.values())]
    return [max(max(each) for each in parts.values())]


def _small_is_worse(definition: FindingDefinition) -> bool:
    thresholds = definition.number.thresholds if definition.number is not None else ()
    return bool(thresholds) and all(each.direction == "below" for each in thresholds)


def _numbers(
    group: Sequence[RecognisedFinding], definition: FindingDefinition
) -> tuple[RecognisedFinding, ...]:
    valued = [finding for finding in group if finding.value is not None]
    clashing = _clashing(valued, lambda a, b: a.counted == b.counted and _differ(a, b, definition))
    whole, parts = _by_part(valued)
    if definition.kind == "habit" and not clashing and whole and parts:
        least = min(_sums(parts, definition))
        if least > ROUGHLY * max(whole):
            return tuple(valued)  # a part is more than the whole
    return clashing


def _differ(first: RecognisedFinding, second: RecognisedFinding, definition: FindingDefinition) -> bool:
    (a, b), (c, d) = _span(first), _span(second)
    if a <= d and c <= b:
        return False
    low, high = sorted((first.value or 0.0, second.value or 0.0))
    if high > ROUGHLY * low:
        return True
    thresholds = definition.number.thresholds if definition.number is not None else ()
    return high > low * (1 + SAME_VALUE) and any(low <= each.cutoff <= high for each in thresholds)


def _span(finding: RecognisedFinding) -> tuple[float, float]:
    value = finding.value or 0.0
    return finding.span or (value, value)


def _grades(group: Sequence[RecognisedFinding]) -> tuple[RecognisedFinding, ...]:
    graded = [finding for finding in group if finding.levels]

    def apart(first: RecognisedFinding, second: RecognisedFinding) -> bool:
        (a, b), (c, d) = first.levels[0], second.levels[0]
        return same_place((first, second)) and (a > d or c > b)

    return _clashing(graded, apart)


def _onsets(group: Sequence[RecognisedFinding]) -> tuple[RecognisedFinding, ...]:
    dated = [finding for finding in group if finding.since_days is not None]

    def apart(first: RecognisedFinding, second: RecognisedFinding) -> bool:
        low, high = sorted((first.since_days or 0.0, second.since_days or 0.0))
        return same_place((first, second)) and high > max(ROUGHLY * low, low + _DAY)

    return _clashing(dated, apart)


def _clashing(
    group: Sequence[RecognisedFinding], apart: Callable[[RecognisedFinding, RecognisedFinding], bool]
) -> tuple[RecognisedFinding, ...]:
    """Return the statements of which any two lie apart."""
    named = {place for one, other in itertools.combinations(enumerate(group), 2)
             if apart(one[1], other[1]) for place in (one[0], other[0])}  # fmt: skip
    return tuple(group[place] for place in sorted(named))
