"""What a case says, in codes and base units: the output of `myolens.knowledge.vocabulary.recognise`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from myolens.case import Source
from myolens.knowledge.grades import Levels


@dataclass(frozen=True)
class RecognisedFinding:
    """One finding by its code.

    Attributes
    ----------
    code : str
    present : bool or None
        None where it is not known, or where the case contradicts itself.
    value, unit : float or None, str or None
        The number in the base unit of the finding; of several that were told the one that
        says most for the finding its thresholds name.
    others : tuple of float
        Further values that were told of the same number.
    span : (float, float) or None
        Ends of the range the value was told as ("2 to 3 cups").
    counted : str or None
        What the number counts, where it is only a part: a portion, the place of a twitch.
    levels : tuple of (int, int)
        The grades told of it, as in `myolens.knowledge.grades`; none if it was not graded.
    sites, side : tuple of str, str or None
        Codes of body sites; left or right.
    since_days : float or None
        How long, in days.
    source : str
        Who or what says so.
    log_ratio : float or None
        Natural log of the likelihood ratio where the finding is only probable; None if certain.
    implied_by : str or None
        The more specific finding, lab or medicine from which it follows; None if it was said.
    given_as : str
        The words of the case.
    """

    code: str
    present: bool | None
    given_as: str
    value: float | None = None
    unit: str | None = None
    others: tuple[float, ...] = ()
    span: tuple[float, float] | None = None
    counted: str | None = None
    levels: tuple[Levels, ...] = ()
    sites: tuple[str, ...] = ()
    side: str | None = None
    since_days: float | None = None
    source: Source = "story"
    log_ratio: float | None = None
    implied_by: str | None = None


@dataclass(frozen=True)
class RecognisedLab:
    """One laboratory value in the base unit, or the word it was given as, with its grade if it has one.

    ``unit_given`` is false where the value came without a unit and only one gives a possible value.
    """

    code: str
    given_as: str
    value: float | None = None
    unit: str = ""
    word: Literal["low", "normal", "high"] | None = None
    grade: Levels | None = None
    unit_given: bool = True


@dataclass(frozen=True)
class RecognisedMedicine:
    """One medicine, or a class of medicines, and the findings it stands for."""

    code: str
    name: str
    implies: tuple[str, ...]
    given_as: str


@dataclass(frozen=True)
class Unrecognised:
    """A name or value that was not understood, why, and the nearest codes, best first; never none.

    ``closeness`` is "far" where none of the codes may be meant: nothing known is like the name.
    ``about`` is what sort of finding the writer said it is ("symptom", "habit").
    """

    name: str
    kind: Literal["finding", "lab", "medicine", "value"]
    reason: str
    nearest: tuple[str, ...]
    closeness: Literal["near", "far"] = "near"
    about: str | None = None

    @property
    def may_be_a_complaint(self) -> bool:
        """A symptom or sign by its kind, or a finding of unsaid kind that is like a known one."""
        near = self.about is None and self.closeness == "near"
        return self.kind == "finding" and (self.about in ("symptom", "sign") or near)

    @property
    def beside_the_point(self) -> bool:
        """A value, or a circumstance of life like nothing known ("habit: gardening")."""
        life = self.about in ("history", "habit", "exposure") and self.closeness == "far"
        return self.kind == "value" or life


@dataclass(frozen=True)
class Contradiction:
    """A finding that the case says to be both present and absent; ``given_as`` are the statements."""

    code: str
    name: str
    given_as: tuple[str, ...]


@dataclass(frozen=True)
class Disagreement:
    """Statements about one finding whose numbers, grades or durations cannot all hold."""

    code: str
    about: Literal["number", "grade", "since"]
    told: tuple[RecognisedFinding, ...]


@dataclass(frozen=True)
class Recognised:
    """Everything a case says, understood as far as possible; nothing is dropped in silence.

    ``findings`` holds each code once: first what was said, in the order of the case, then
    what follows from it.
    """

    findings: tuple[RecognisedFinding, ...]
    labs: tuple[RecognisedLab, ...]
    medicines: tuple[RecognisedMedicine, ...]
    unrecognised: tuple[Unrecognised, ...]
    contradictions: tuple[Contradiction, ...]
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def present(self) -> frozenset[str]:
        """Codes of the findings that are present."""
        return frozenset(finding.code for finding in self.findings if finding.present)

    @property
    def absent(self) -> frozenset[str]:
        """Codes of the findings that are absent."""
        return frozenset(finding.code for finding in self.findings if finding.present is False)

    @property
    def numbers(self) -> dict[str, float]:
        """Numbers of the findings that have one, in base units."""
        return {f.code: f.value for f in self.findings if f.value is not None}

    @property
    def all_numbers(self) -> dict[str, tuple[float, ...]]:
        """All numbers told of each finding that has one, in base units, that of `numbers` first."""
        return {f.code: (f.value, *f.others) for f in self.findings if f.value is not None}

    def __getitem__(self, code: str) -> RecognisedFinding:
        """Return the finding with a code; KeyError if the case does not say anything about it."""
        for finding in self.findings:
            if finding.code == code:
                return finding
        raise KeyError(code)
