"""What a case tells, put together: facts for the rules, likelihoods for the inference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from myolens.assessment.grading import Told, levels_told, severe_forms_told
from myolens.assessment.measured import (
    Interval,
    crossed,
    interval_log_ratio,
    log_ratio,
    state_log_ratio,
    worded_log_ratio,
)
from myolens.assessment.network import ABSENT, PRESENT, Network, Weights, soft
from myolens.assessment.triage import Facts
from myolens.knowledge.grades import ANY_GRADE
from myolens.knowledge.model import Threshold

Reading = float | Interval

SURE = 2.0
"""A measured log likelihood ratio beyond this overrules a plain statement to the contrary."""

UNMENTIONED = -1.0
"""Log likelihood ratio of a place left out by somebody who names other places: about two of three
who have it there would say so (project estimate)."""


@dataclass(frozen=True, slots=True)
class Combined:
    """All statements about all findings.

    Attributes
    ----------
    facts : Facts
        For rules: closed under implication, warnings kept where statements contradict.
    observed : dict of finding code to Weights
        For the inference: contradictions left out, implications included.
    contradictions : tuple of str
        Codes about which the statements contradict each other.
    """

    facts: Facts
    observed: dict[str, Weights]
    contradictions: tuple[str, ...]


def combined(
    network: Network,
    told: Iterable[Told],
    *,
    disputed: Iterable[str] = (),
    numbers: Mapping[str, float],
    labs: Mapping[str, float],
    more: Mapping[str, Sequence[float]] | None = None,
    readings: Mapping[str, Sequence[Reading]] | None = None,
    age: float | None,
    sex: str | None,
) -> Combined:
    """Put statements together; their order does not matter.

    A number measured in the person overrules a plain statement about the same finding when it
    is clear (`SURE`). A finding said to be both present and absent, directly or by implication,
    counts as unknown in the inference and as present for the rules; ``disputed`` are codes
    already known to be contradictory. ``numbers`` and ``labs`` are the values the rules go by, the
    worst where there are several, and ``more`` the others of the same number or test. ``readings``
    are what the causes go by, all values of each, whose log ratios are averaged, and the interval
    that a graded word stands for; by default ``numbers`` and ``labs``. A blood result told as a
    word without a grade is soft evidence (`worded_log_ratio`).
    """
    told, more = tuple(told), more or {}
    yes: set[str] = set()
    no: set[str] = set()
    hints: dict[str, list[float]] = {}
    for each in told:
        if each.log_ratio is not None:
            hints.setdefault(each.code, []).append(each.log_ratio)
        elif each.present is not None:
            (yes if each.present else no).add(each.code)
    valued = {code: [value, *more.get(code, ())] for code, value in (*numbers.items(), *labs.items())}
    ratios = _summed(hints, _measured(network, valued if readings is None else readings, sex, _mean))
    feared = _summed(hints, _measured(network, valued, sex, max))
    overruled = {code for code in yes if ratios.get(code, 0) < -SURE}
    overruled |= {code for code in no if ratios.get(code, 0) > SURE}
    hinted = {code: ratio for code, ratio in ratios.items() if ratio > 0 or not _milestone(network, code)}
    worded = {code: ratio for code, ratio in _worded(network, yes, no).items() if code not in hinted}
    present = _closed_up(network, yes - overruled)
    absent = _closed_down(network, no - overruled)
    clash = _with_particular(network, set(disputed) | (present & absent), present)
    certain = (present | absent) - clash
    levels = levels_told(network, told, present, absent)
    hinted |= _unmentioned(network, present, certain | clash | hinted.keys())
    observed = {}
    for code in network.findings:
        if code in certain and code in worded:
            observed[code] = soft(worded[code])
        elif code in certain and code in hinted and _is_lab(network, code):
            observed[code] = soft(hinted[code])
        elif code in certain:
            if code in present:
                observed[code] = Weights(0.0, 1.0, levels[code]) if code in levels else PRESENT
            elif not _milestone(network, code):
                observed[code] = ABSENT
        elif code in hinted and code not in clash and hinted[code] != 0:
            observed[code] = soft(hinted[code], levels.get(code, ANY_GRADE))
    return Combined(
        facts=_facts(
            network,
            present,
            absent,
            yes | set(disputed) | severe_forms_told(network, told),
            feared,
            valued,
            numbers=numbers,
            labs=labs,
            age=age,
            sex=sex,
        ),
        observed=_without_implied_absences(network, observed, stated=no),
        contradictions=tuple(
            code
            for code in network.findings
            if (code in clash and code in yes | no | set(disputed)) or code in overruled
        ),
    )


def _facts(
    network: Network,
    present: set[str],
    absent: set[str],
    yes: set[str],
    ratios: Mapping[str, float],
    valued: Mapping[str, Sequence[float]],
    *,
    numbers: Mapping[str, float],
    labs: Mapping[str, float],
    age: float | None,
    sex: str | None,
) -> Facts:
    """Facts for the rules: soft evidence counts as a fact from `SURE` on, a warning never gets lost.

    A number answers the questions of its thresholds by the cut-off: twelve days is not over two weeks.
    Of several values told, one past the cut-off is enough.
    """
    there = _closed_up(network, yes) | present | {code for code, ratio in ratios.items() if ratio >= SURE}
    gone = absent | {code for code, ratio in ratios.items() if ratio <= -SURE and code not in yes}
    for code in numbers:
        number = network.knowledge.findings[code].number
        for threshold in number.thresholds if number is not None else ():
            if threshold.finding not in there | gone and threshold.sex in (None, sex):
                past = any(crossed(threshold, value) for value in valued[code])
                (there if past else gone).add(threshold.finding)
    there = _closed_up(network, there)
    return Facts(
        frozenset(there),
        frozenset(gone - there),
        dict(numbers),
        dict(labs),
        age,
        sex,
        more={code: tuple(values[1:]) for code, values in valued.items() if len(values) > 1},
    )


def _worded(network: Network, yes: set[str], no: set[str]) -> dict[str, float]:
    """Log ratios of blood results that were told in words and stand for themselves.

    Results that imply each other ("very high" implies "high") are told as one chain instead.
    """
    told = {code for code in yes | no if _is_lab(network, code)}
    numbers = {network.findings[code] for code in told}
    related = {network.codes[general] for code in told for general in network.above[network.findings[code]]}
    alone = {code for code in told - related if not network.above[network.findings[code]] & numbers}
    return {code: _plain_word(network, code, present=code in yes) for code in sorted(alone)}


def _plain_word(network: Network, code: str, *, present: bool = True) -> float:
    """Log ratio of a blood result told only as "low", "high" or "normal"."""
    if code in network.states:
        return worded_log_ratio((), present=present)
    labs = network.knowledge.labs.values()
    of = [each for lab in labs for each in lab.number.thresholds if each.finding == code]
    return worded_log_ratio(of, present=present)


def _is_lab(network: Network, code: str) -> bool:
    return network.knowledge.findings[code].kind == "lab"


def _milestone(network: Network, code: str) -> bool:
    return network.knowledge.findings[code].milestone


def _unmentioned(network: Network, present: set[str], told: set[str]) -> dict[str, float]:
    """Soft absence of the place that defines a cause, where other places were told and this was not."""
    findings = network.knowledge.findings
    placed = any(findings[code].family == "twitching" and findings[code].site for code in present)
    return {
        cause.place[0]: UNMENTIONED
        for cause in network.knowledge.causes.values()
        if placed and cause.place and told.isdisjoint(cause.place)
    }


def _summed(hints: Mapping[str, list[float]], measured: list[tuple[str, float]]) -> dict[str, float]:
    """Log ratio of each finding, over all that hints at it."""
    found = {code: list(ratios) for code, ratios in hints.items()}
    for code, ratio in measured:
        found.setdefault(code, []).append(ratio)
    return {code: sum(sorted(ratios)) for code, ratios in found.items()}


def _measured(
    network: Network,
    valued: Mapping[str, Sequence[Reading]],
    sex: str | None,
    of_several: Callable[[list[float]], float],
) -> list[tuple[str, float]]:
    """Soft evidence of numeric answers and laboratory values by their thresholds.

    Several values of one number or test are averaged in the log ratio, as each may be the one that
    counts, or the one that speaks most for the finding is taken.
    """
    knowledge = network.knowledge
    found = []
    for code, values in valued.items():
        number = (knowledge.labs.get(code) or knowledge.findings[code]).number
        either: dict[str, list[float]] = {}
        for threshold in number.thresholds if number is not None else ():
            if threshold.sex is None or sex in (None, threshold.sex):
                ratio = of_several(sorted(_ratio(network, threshold, value) for value in values))
                if threshold.sex is None:
                    found.append((threshold.finding, ratio))
                else:
                    either.setdefault(threshold.finding, []).append(ratio)
        # Where the sex is not known, what its range would say least counts.
        found += [(finding, min(ratios, key=abs)) for finding, ratios in either.items()]
    return found


def _mean(ratios: list[float]) -> float:
    return sum(ratios) / len(ratios)


def _ratio(network: Network, threshold: Threshold, value: Reading) -> float:
    if isinstance(value, Interval):
        state = threshold.finding in network.states
        found = interval_log_ratio(threshold, value, state=state, at=lambda x: _ratio(network, threshold, x))
        # What may lie at the edge of the range says no more than the word without a grade.
        return min(found, _plain_word(network, threshold.finding)) if value.mild else found
    if threshold.finding in network.states:
        return state_log_ratio(threshold, value)
    ratio = log_ratio(threshold, value)
    # A value past the published cut-off never speaks against the finding.
    return max(ratio, 0.0) if crossed(threshold, value) else ratio


def _with_particular(network: Network, clash: set[str], present: set[str]) -> set[str]:
    """Contradictory findings and the present ones that would settle them, which are as doubtful."""
    numbers = {network.findings[code] for code in clash}
    return clash | {code for code in present if network.above[network.findings[code]] & numbers}


def _closed_up(network: Network, codes: Iterable[str]) -> set[str]:
    """The findings and all more general ones they imply."""
    closed = set(codes)
    for code in tuple(closed):
        closed |= {network.codes[general] for general in network.above[network.findings[code]]}
    return closed


def _closed_down(network: Network, codes: Iterable[str]) -> set[str]:
    """The findings and all more particular ones that cannot be there without them."""
    closed = set(codes)
    numbers = {network.findings[code] for code in closed}
    return closed | {code for code, number in network.findings.items() if network.above[number] & numbers}


def _without_implied_absences(
    network: Network, observed: dict[str, Weights], *, stated: set[str]
) -> dict[str, Weights]:
    """Drop absences that follow from the absence of something more general, which says it all."""
    absent = {network.findings[code] for code, weights in observed.items() if weights.if_present == 0}
    return {
        code: weights
        for code, weights in observed.items()
        if weights.if_present != 0 or (code in stated and not network.above[network.findings[code]] & absent)
    }
