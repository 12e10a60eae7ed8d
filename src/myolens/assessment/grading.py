"""How severe what was told is: the grade of every finding, from its own and those of its forms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from myolens.assessment.network import Network
from myolens.knowledge.grades import ANY_GRADE, SEVERE, Levels, hull


@dataclass(frozen=True, slots=True)
class Told:
    """One statement about one finding: present, absent, or soft evidence with its log ratio.

    ``levels`` are the grades it was told to have, more than one if they do not agree.
    """

    code: str
    present: bool | None
    log_ratio: float | None = None
    levels: tuple[Levels, ...] = ()


def levels_told(
    network: Network, told: Iterable[Told], present: set[str], absent: set[str]
) -> dict[str, Levels]:
    """Return the grade of each finding that has one, as its lowest and highest level.

    A general finding is as severe as the most severe of its forms: severe weakness of a leg is
    severe weakness, mild weakness of a leg leaves the rest open. Grades of one finding that
    overlap hold together; of such that do not, all are left open. Where felt and tested weakness
    are both graded, the grade counts once, as tested.

    Parameters
    ----------
    told : iterable of Told
    present, absent : set of str
        What is present and absent by all statements together, closed under implication.
    """
    said = {each.code: each for each in told if each.present or (each.log_ratio or 0) > 0}
    own = {
        code: _joined(each.levels)
        for code, each in said.items()
        if each.levels and network.findings[code] in network.severity
    }
    forms = {network.codes[form]: network.codes[of] for form, of in network.severe_forms.items()}
    found = dict(own)
    for code in present - forms.keys():
        number = network.findings[code]
        if number not in network.severity:
            continue
        below = [
            own.get(each, ANY_GRADE)
            for each in said.keys() - forms.keys()
            if each in present and number in network.above[network.findings[each]]
        ]
        least, most = own.get(code) or (hull(below) if below and code not in said else ANY_GRADE)
        severe = any(of == code and form in present for form, of in forms.items())
        if severe and code in own and most < SEVERE[0]:
            found.pop(code)
            continue
        least = max([least, *(low for low, _ in below), SEVERE[0] if severe else least])
        most = max(most, least)
        if least < SEVERE[0] and any(of == code and form in absent for form, of in forms.items()):
            most = min(most, SEVERE[0] - 1)
        found[code] = least, most
    for code, graded in network.knowledge.severities.items():
        if graded.like is not None and found.get(code, ANY_GRADE) != ANY_GRADE:
            found.pop(graded.like, None)
    return {code: levels for code, levels in found.items() if levels != ANY_GRADE}


def severe_forms_told(network: Network, told: Iterable[Told]) -> set[str]:
    """Return the findings that say that something is severe, where a grade says so in other words."""
    severe = {each.code for each in told if each.present and any(low == SEVERE[0] for low, _ in each.levels)}
    return {
        graded.severe_form
        for code, graded in network.knowledge.severities.items()
        if graded.severe_form is not None and severe & {code, *graded.severe_when}
    }


def _joined(several: Iterable[Levels]) -> Levels:
    lows, highs = zip(*several, strict=True)
    return (max(lows), min(highs)) if max(lows) <= min(highs) else (min(lows), max(highs))
