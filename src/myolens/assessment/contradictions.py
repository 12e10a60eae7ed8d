"""What does not fit together: both statements are named, as they were told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from myolens.assessment.result import Contradicted
from myolens.assessment.words import contradiction, duration, several_results
from myolens.knowledge.disagreements import SAME_VALUE
from myolens.knowledge.durations import days_from
from myolens.knowledge.grades import graded_as, named
from myolens.knowledge.model import Knowledge, Number
from myolens.knowledge.recognised import Disagreement, Recognised, RecognisedLab


def contradicted(
    codes: Sequence[str], recognised: Recognised, values: Mapping[str, Sequence[float]], knowledge: Knowledge
) -> tuple[Contradicted, ...]:
    """Name both sides of everything that does not fit together."""
    told: dict[str, tuple[str, ...]] = {}
    for each in recognised.contradictions:
        told[each.code] = tuple(dict.fromkeys((*told.get(each.code, ()), *each.given_as)))
    found = []
    for code in knowledge.findings:
        said = told.get(code) or (_against_measured(code, recognised, knowledge) if code in codes else ())
        if len(said) > 1:
            found.append((knowledge.findings[code].name, tuple(sorted(said))))
    repeated = []
    for code, several in values.items():
        if several[-1] > several[0] * (1 + SAME_VALUE):
            unit = knowledge.labs[code].number.unit
            repeated.append(
                (knowledge.labs[code].name, tuple(number_value(value, unit) for value in several))
            )
    found += [
        (knowledge.findings[each.code].name, _said_differently(each)) for each in recognised.disagreements
    ]
    found += _grades_apart(recognised, knowledge)
    return tuple(
        Contradicted(name=name, said=said, text=text(name, said))
        for text, group in ((contradiction, found), (several_results, repeated))
        for name, said in group
    )


def _grades_apart(recognised: Recognised, knowledge: Knowledge) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Results of one test told in words of one direction whose grades do not overlap."""
    graded: dict[tuple[str, str], list[RecognisedLab]] = {}
    for lab in recognised.labs:
        if lab.word is not None and lab.grade is not None:
            graded.setdefault((lab.code, lab.word), []).append(lab)
    for (code, _), labs in sorted(graded.items()):
        grades = [lab.grade for lab in labs if lab.grade is not None]
        if max(low for low, _ in grades) > min(high for _, high in grades):
            name = knowledge.labs[code].name
            yield name, tuple(sorted({f"{name} {lab_value(lab)}" for lab in labs}))


def _said_differently(disagreement: Disagreement) -> tuple[str, ...]:
    """Statements about one finding whose numbers, grades or onsets cannot all hold, as they were told."""
    said = []
    for finding in disagreement.told:
        given = finding.given_as.replace("_", " ")
        if disagreement.about == "number" and finding.value is not None:
            value = number_value(finding.value, finding.unit)
            given = value if days_from(given) is not None else f"{given}: {value}"
        elif disagreement.about == "grade":
            given = f"{given}: {' or '.join(graded_as(levels) for levels in finding.levels)}"
        elif disagreement.about == "since" and finding.since_days is not None:
            given = f"{given}: for {duration(finding.since_days)}"
        said.append(given)
    return tuple(dict.fromkeys(said))


def _against_measured(code: str, recognised: Recognised, knowledge: Knowledge) -> tuple[str, ...]:
    """A word about a blood result or a number, and the number that says otherwise."""
    words = [f"{f.given_as.replace('_', ' ')}: {'yes' if f.present else 'no'}"
             for f in recognised.findings if f.code == code and f.implied_by is None]  # fmt: skip
    numbers = [
        f"{knowledge.labs[lab.code].name} {lab_value(lab)}"
        for lab in recognised.labs
        if lab.value is not None and code in _thresholds(knowledge.labs[lab.code].number)
    ]
    numbers += [
        f"{knowledge.findings[f.code].name} {number_value(f.value, f.unit)}"
        for f in recognised.findings
        if f.value is not None and code in _thresholds(knowledge.findings[f.code].number)
    ]
    return (*words, *numbers)


def _thresholds(number: Number | None) -> set[str]:
    return {threshold.finding for threshold in number.thresholds} if number is not None else set()


def lab_value(lab: RecognisedLab) -> str:
    """Return a laboratory result as it is shown, its number or the word it was told as."""
    if lab.value is not None:
        return number_value(lab.value, lab.unit)
    return f"{named(lab.grade)} {lab.word}" if lab.grade and lab.word else lab.word or ""


def number_value(value: float, unit: str | None) -> str:
    """Return a number with its unit as it is shown; days as a length of time."""
    if unit == "day":
        return duration(value)
    shown = round(value, 2) if value >= 1 else float(f"{value:.2g}")
    return f"{shown:g} {unit or ''}".strip() if shown < 1e5 else f"{shown:.0f} {unit or ''}".strip()
