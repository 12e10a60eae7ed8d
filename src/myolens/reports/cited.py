"""The sources a report cites, numbered in the order in which they are first met."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from myolens.assessment.result import Assessment, CauseResult, Caution, CheckedFor, SourceLine
from myolens.emg.analysis import Analysis
from myolens.knowledge import load
from myolens.knowledge.model import SourceEntry
from myolens.reports import needle

SHOWN_EVIDENCE = 10
"""Findings listed with each cause on the page."""

_SHORT_NAME = re.compile(r"\b[A-Z][A-Za-z]{1,}[A-Za-z0-9-]*\b")

NOT_SAID = ("not said yet",)
"""Ground of a caution that nothing told gives rise to: what to make sure of first."""


def told_and_open(cautions: Sequence[Caution]) -> tuple[tuple[Caution, ...], tuple[Caution, ...]]:
    """Part the cautions into those due to what was told and those that wait for an answer."""
    told = tuple(caution for caution in cautions if caution.because != NOT_SAID)
    return told, tuple(caution for caution in cautions if caution.because == NOT_SAID)


def cited_sources(
    assessment: Assessment, likely: Sequence[CauseResult], checked: Sequence[CheckedFor]
) -> dict[str, SourceLine]:
    """Return the sources of what the page shows; those of causes it does not name are left out."""
    ids = dict.fromkeys(id for group in _groups(assessment, likely, checked) for id in group)
    return {id: assessment.sources[id] for id in ids if id in assessment.sources}


def named_sources(analysis: Analysis) -> list[tuple[str, str, str]]:
    """Return short name, citation and address of the sources that the words about a recording name."""
    reading = needle.reading_of(analysis)
    words = [*(reading["reasons"] if reading else ()), *analysis.quality.problems, *analysis.notes]
    known = load().sources
    named = dict.fromkeys(token for text in words for token in _SHORT_NAME.findall(text) if token in known)
    return [(id, known[id].citation, _address(known[id])) for id in named]


def _address(source: SourceEntry) -> str:
    return source.url or (f"https://doi.org/{source.doi}" if source.doi else "")


def _groups(
    assessment: Assessment, likely: Sequence[CauseResult], checked: Sequence[CheckedFor]
) -> Iterator[Sequence[str]]:
    yield from (rule.sources for rule in assessment.urgency.rules)
    for cause in likely:
        yield cause.sources
        yield from (item.sources for item in cause.evidence[:SHOWN_EVIDENCE])
    yield from (item.sources for item in assessment.criteria)
    yield from (item.sources for item in checked)
    yield from (test.sources for test in assessment.tests)
    yield from (measure.sources for measure in assessment.care)
    yield from (caution.sources for caution in assessment.cautions)
    yield assessment.course.sources if assessment.course.points else ()
