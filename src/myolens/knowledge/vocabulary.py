"""From a case as people write it to codes and base units."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Literal

from myolens.case import Case, Finding, Lab, Source
from myolens.knowledge.answers import as_given, degree, direction, grade, lab_word, presence, vague
from myolens.knowledge.consequences import closure, merged, with_consequences
from myolens.knowledge.disagreements import disagreements
from myolens.knowledge.durations import days_from
from myolens.knowledge.embedded import apart, told_of_class
from myolens.knowledge.grades import grade_of, graded_findings, lab_state, multiple_of, named
from myolens.knowledge.lexicon import Lexicon, lexicon
from myolens.knowledge.meaning import Meaning
from myolens.knowledge.model import Knowledge, Medicine, Number
from myolens.knowledge.neighbours import Kinds, Nearest
from myolens.knowledge.quantities import Quantity, daily_dose, quantity_from
from myolens.knowledge.recognised import (
    Recognised,
    RecognisedFinding,
    RecognisedLab,
    RecognisedMedicine,
    Unrecognised,
)
from myolens.knowledge.text import key, words
from myolens.knowledge.wording import (
    EVERYWHERE,
    NO,
    NOT_KNOWN,
    WEAKNESS_MODIFIERS,
    YES,
    beside_medicine,
)

DURATION = "duration_of_twitching"
_NO_DURATION = "not a duration that can be counted in days"
NEW_MEDICINE, TOO_MUCH = "medicine_started_or_changed", "medicine_overdose"
CLEARLY_MORE = 1.5
"""A daily dose of this many times the usual maximum counts as an overdose (project estimate)."""
SEROTONERGIC, TWO_SEROTONERGIC = "takes_serotonergic", "takes_two_serotonergic"


def recognise(case: Case, knowledge: Knowledge, *, today: date | None = None) -> Recognised:
    """Return what a case says in codes and base units.

    Parameters
    ----------
    case : Case
        Names as written.
    knowledge : Knowledge
        From `myolens.knowledge.load`.
    today : date, optional
        The day from which "since March" counts; without it such durations are not understood.

    Notes
    -----
    A finding that implies a more general one makes that present too; a general one that is
    absent makes the specific ones absent. What is said twice is kept once; said both ways, it
    is reported as a contradiction and counts as unknown, or as present where its answer can
    change the urgency, so that a contradiction never hides a warning sign.
    """
    reader = _Reader(case, knowledge, today)
    for finding in case.findings:
        reader.read_finding(apart(finding, reader.names, today=today))
    for lab in case.labs:
        reader.read_lab(lab)
    for medicine in case.medicines:
        reader.read_medicine(medicine)
    if case.duration_of_twitching:
        reader.read_duration(case.duration_of_twitching)
    return reader.result()


class _Reader:
    """Collects what one case says."""

    def __init__(self, case: Case, knowledge: Knowledge, today: date | None) -> None:
        self.case = case
        self.knowledge = knowledge
        self.names: Lexicon = lexicon(knowledge)
        self.today = today
        self.said: list[RecognisedFinding] = []
        self.labs: list[RecognisedLab] = []
        self.medicines: list[RecognisedMedicine] = []
        self.unrecognised: list[Unrecognised] = []

    def read_finding(self, finding: Finding) -> None:
        """Understand one finding: as a finding, or else as a medicine or a laboratory test."""
        drug = finding.kind in ("drug", "medicine", "medication")
        named = self.knowledge.findings.get(self.names.findings.get(key(finding.name), ""))
        if drug and (named is None or named.kind == "medicine") and self._as_medicine(finding):
            return
        meaning = self.names.finding(finding.name, kind=finding.kind)
        if meaning is None and daily_dose(finding.value, finding.unit) and self._as_medicine(finding):
            return
        if meaning is None or self._is_lab_value(finding):
            lab = self.names.lab(finding.name)
            if lab and finding.value is not None:
                if meaning is None and not self._is_lab_value(finding):
                    read = quantity_from(
                        finding.value, finding.unit, self.knowledge.labs[lab].number, guess=True
                    )
                    worded = lab_word(finding.value) is not None
                    if not isinstance(read, Quantity) and not worded:
                        self._as_medicine(finding)  # the dose cannot be read, but the medicine is taken
                self.read_lab(Lab(name=finding.name, value=finding.value, unit=finding.unit))
                return
        own = finding.kind not in ("family_history", "family")
        if meaning is None and own and self._as_medicine(finding):
            return
        if meaning is None and (taken := told_of_class(finding, self.names)) and presence(finding):
            self._take(RecognisedMedicine(taken, self.knowledge.findings[taken].name, (taken,), finding.name))
            return
        if meaning is None:
            kinds: Kinds = ("finding", "lab", "medicine") if own else ("family",)
            why = "no finding, lab or medicine has this name"
            self._not_understood(finding.name, "finding", why, kinds, about=finding.kind)
            return
        self._say(finding, meaning)

    def _is_lab_value(self, finding: Finding) -> bool:
        """A chemical's name with a unit of concentration ("lithium 2.0 mmol/L") is a laboratory value."""
        return isinstance(finding.value, int | float) and "/l" in (finding.unit or "").lower().replace(
            "dl", "l"
        )

    def _as_medicine(self, finding: Finding) -> bool:
        code = self.names.medicine(finding.name)
        if code is None:
            return False
        if presence(finding):
            medicine = self.knowledge.medicines[code]
            self._take(RecognisedMedicine(code, medicine.name, medicine.implies, finding.name))
            self._too_much(medicine, daily_dose(finding.value, finding.unit), finding.name)
        return True

    def _too_much(self, medicine: Medicine, dose: float | None, given_as: str) -> None:
        """Clearly more a day than the usual maximum is an overdose."""
        if medicine.maximum is None or dose is None or TOO_MUCH not in self.knowledge.findings:
            return
        if dose >= CLEARLY_MORE * medicine.maximum.mg_per_day:
            self.said.append(RecognisedFinding(TOO_MUCH, present=True, given_as=given_as))

    def _say(self, finding: Finding, meaning: Meaning) -> None:
        site, side = self.names.site_of(finding.site) if finding.site else (None, None)
        if finding.site and site is None and side is None:
            self._not_understood(finding.site, "value", "no part of the body has this name", ("site",))
        site, side = site or meaning.site, side or meaning.side
        present = presence(finding)
        source: Source = "sign" if finding.kind == "sign" and finding.source == "story" else finding.source
        for code, positive in self._placed(meaning, site, source, present=present):
            told = present if positive or present is None else not present
            joint = code in WEAKNESS_MODIFIERS.values()  # "no sudden weakness" denies just that
            if told is False and ((meaning.special and not joint) or self._only_here(code, site)):
                told = None
            levels = grade(finding, self.knowledge.findings[code], self.knowledge) if told else None
            if levels and (state := lab_state(code, self.knowledge)):
                self.read_lab(Lab(name=state[0].name, value=f"{named(levels)} {state[1]}"))
                continue
            told = told and levels != (0, 0)
            record = RecognisedFinding(
                code, told, finding.name, sites=(site,) if site else (), side=side, source=source,
                log_ratio=degree(finding, levels), levels=(levels,) if levels and told else (),
            )  # fmt: skip
            record = self._with_numbers(record, finding)  # may put another list of what was said in place
            self.said.append(record)

    def _only_here(self, code: str, site: str | None) -> bool:
        """Absence at one site says nothing about the others, nor about the larger part it belongs to."""
        definition = self.knowledge.findings[code]
        family = self.knowledge.families.get(definition.family or "")
        if family is None or site in (None, *EVERYWHERE):
            return False
        return code == family.general or definition.site not in (None, site)

    def _placed(
        self, meaning: Meaning, site: str | None, source: Source, *, present: bool | None
    ) -> list[tuple[str, bool]]:
        """Move a general finding to its site, and add what an examiner's word adds."""
        codes: dict[str, bool] = {}
        for code, positive in meaning.findings:
            family = self.knowledge.families.get(self.knowledge.findings[code].family or "")
            if family and site and code == family.general:
                codes |= dict.fromkeys(self.names.for_site(family.code, site), positive)
            else:
                codes[code] = positive
            seen = family.on_examination if family and source == "sign" else None
            if seen and family and (present is not False or code == family.general):
                # An examiner who found one limb strong says nothing about the others.
                codes[seen] = positive
        return list(codes.items())

    def _with_numbers(self, record: RecognisedFinding, finding: Finding) -> RecognisedFinding:
        definition = self.knowledge.findings[record.code]
        record = self._with_duration(record, finding)
        worded = isinstance(finding.value, str) and key(finding.value) in YES | NO | NOT_KNOWN
        if finding.value is None or worded:
            if vague(finding) and definition.number and record.present and not record.levels:
                why = f"{finding.value!r} holds no number"
                self._not_understood(as_given(finding), "value", why, Nearest((record.code,)))
            if definition.answer == "number" and record.present is False:
                return replace(record, value=0.0, unit=definition.number.unit if definition.number else None)
            return record
        return self._with_value(record, finding, definition.number) if definition.number else record

    def _with_value(self, record: RecognisedFinding, finding: Finding, number: Number) -> RecognisedFinding:
        value = finding.value if finding.value is not None else ""
        if record.code == DURATION and isinstance(value, str):
            days = days_from(f"{value} {finding.unit or ''}", today=self.today)
            read = Quantity(days, "day") if days is not None else quantity_from(value, finding.unit, number)
        else:
            read = quantity_from(value, finding.unit, number, about=finding.name)
        if isinstance(read, Quantity):
            none_taken = read.value == 0 and self.knowledge.findings[record.code].kind == "habit"
            present = False if none_taken else record.present
            told = replace(record, value=read.value, unit=read.unit, span=read.span, present=present)
            return replace(told, counted=read.portion.name if read.portion is not None else None)
        self._not_understood(as_given(finding), "value", read.reason, Nearest((record.code,)))
        return replace(record, present=None if record.present else record.present)

    def _with_duration(self, record: RecognisedFinding, finding: Finding) -> RecognisedFinding:
        definition, days = self.knowledge.findings[record.code], None
        if finding.since:
            days = days_from(finding.since, today=self.today)
            if days is None:
                self._not_understood(finding.since, "value", _NO_DURATION, Nearest((record.code,)))
        elif isinstance(finding.value, int | float) and finding.unit and definition.number is None:
            days = days_from(f"{finding.value} {finding.unit.replace('_', ' ')}", today=self.today)
        if days is None:
            return record
        if record.present and definition.family == "twitching":
            self._twitching_for(days, finding.name, place=record.code if definition.site else None)
        return replace(record, since_days=days)

    def read_duration(self, text: str) -> None:
        """Understand the duration of twitching given for the whole case."""
        days = days_from(text, today=self.today)
        if days is None:
            self._not_understood(text, "value", _NO_DURATION, Nearest((DURATION,)))
        else:
            self._twitching_for(days, text)

    def _twitching_for(self, days: float, given_as: str, place: str | None = None) -> None:
        """Keep how long it has been twitching, altogether or at one place."""
        if DURATION in self.knowledge.findings:
            told = RecognisedFinding(DURATION, present=True, given_as=given_as, counted=place)
            self.said.append(replace(told, value=days, unit="day"))

    def read_lab(self, lab: Lab) -> None:
        """Understand one laboratory value, as a number or as a word."""
        code = self.names.lab(lab.name)
        word = lab_word(lab.value)
        if code is None:
            self._lab_without_number(lab, word)
            return
        definition = self.knowledge.labs[code]
        if lab.value is None or (isinstance(lab.value, str) and key(lab.value) in NOT_KNOWN):
            return
        states = {"low": definition.low_finding, "high": definition.high_finding}
        if (word := direction(lab.value, word, states)) is not None:
            levels = None if word == "normal" else grade_of(str(lab.value))
            self.labs.append(RecognisedLab(code, lab.name, word=word, grade=levels))
            if levels is not None and word != "normal":
                for passed in graded_findings(definition, word, levels):
                    self._follow(passed, f"{lab.name} {lab.value}", present=True)
            for state, finding in states.items():
                if finding and (word in (state, "normal") or states.get(word) != finding):
                    self._follow(finding, f"{lab.name} {lab.value}", present=word == state)
            return
        multiple = multiple_of(f"{lab.value} {lab.unit or ''}")
        read = (
            Quantity(multiple * definition.normal_high, definition.number.unit)
            if multiple is not None and definition.normal_high is not None
            else quantity_from(lab.value, lab.unit, definition.number, guess=True)
        )
        if isinstance(read, Quantity):
            given = f"{lab.value} {lab.unit or ''}".strip("0123456789.,<>=+- ") != ""
            plain = definition.number.unit in ("", "1")
            self.labs.append(
                RecognisedLab(code, lab.name, value=read.value, unit=read.unit, unit_given=given or plain)
            )
        else:
            shown = f"{lab.name} {lab.value} {lab.unit or ''}".strip()
            self._not_understood(shown, "value", read.reason, Nearest((code,)))

    def _lab_without_number(self, lab: Lab, word: str | None) -> None:
        """Understand a test with a worded result, such as an antibody, or a state ("low magnesium: yes")."""
        finding = self.names.results.get(key(lab.name))
        if finding is None and (meaning := self.names.finding(lab.name)):
            finding = meaning.findings[0][0]
        if finding is None:
            self._not_understood(lab.name, "lab", "no laboratory test has this name", ("lab",))
        elif lab.value is None or (isinstance(lab.value, str) and key(lab.value) in NOT_KNOWN):
            return
        elif word is not None or (isinstance(lab.value, str) and key(lab.value) in YES | NO):
            negative = word == "normal" or key(str(lab.value)) in NO
            self._follow(finding, f"{lab.name} {lab.value}", present=not negative)
        else:
            reason = "this result can be read as positive, negative, normal or abnormal only"
            self._not_understood(f"{lab.name} {lab.value}", "value", reason, Nearest((finding,)))

    def _follow(self, code: str, given_as: str, *, present: bool) -> None:
        self.said.append(RecognisedFinding(code, present=present, given_as=given_as, source="lab"))

    def read_medicine(self, name: str) -> None:
        """Understand one medicine by generic name, brand or class."""
        tokens = words(name)
        if not tokens or key(name) in NO:
            return
        if (code := self.names.medicine(name)) is not None:
            medicine = self.knowledge.medicines[code]
            self._take(RecognisedMedicine(code, medicine.name, medicine.implies, name))
            self._too_much(medicine, daily_dose(name, None), name)
            return
        meaning = self.names.finding(name)
        classes = [code for code, present in meaning.findings if present] if meaning else []
        if classes and all(
            self.knowledge.findings[c].kind in ("medicine", "habit", "exposure") for c in classes
        ):
            self._take(
                RecognisedMedicine(classes[0], self.knowledge.findings[classes[0]].name, tuple(classes), name)
            )
        else:
            self._not_understood(
                name, "medicine", "no medicine or class of medicines has this name", ("medicine",)
            )

    def _take(self, medicine: RecognisedMedicine) -> None:
        """Keep a medicine that is taken; "stopped", "missed", "new" or "overdose" beside it say more."""
        around, given = set(words(medicine.given_as)) - set(words(medicine.name)), medicine.given_as
        told = beside_medicine(key(given), around)
        if told & {"stopped", "cut"}:
            ends = sorted(filter(None, {self.knowledge.findings[c].stopped for c in medicine.implies}))
            self.said += [RecognisedFinding(code, present=True, given_as=given) for code in ends]
            if "stopped" in told:
                if not ends:
                    why = "that this medicine was stopped is told of no cause here"
                    self._not_understood(given, "medicine", why, Nearest((medicine.code,)))
                return
        for word, code in (("changed", NEW_MEDICINE), ("overdose", TOO_MUCH)):
            if word in told and code in self.knowledge.findings:
                self.said.append(RecognisedFinding(code, present=True, given_as=given))
        if medicine.code not in {held.code for held in self.medicines}:
            self.medicines.append(medicine)

    def _not_understood(
        self,
        name: str,
        kind: Literal["finding", "lab", "medicine", "value"],
        reason: str,
        near: Kinds | Nearest,
        about: str | None = None,
    ) -> None:
        if not isinstance(near, Nearest):
            near = self.names.neighbours.nearest(name, kinds=near, about=about)
        close = near.close or (kind == "finding" and self.names.site_of(name)[0] is not None)
        entry = Unrecognised(name, kind, reason, near.codes, "near" if close else "far", about)
        if entry not in self.unrecognised:
            self.unrecognised.append(entry)

    def result(self) -> Recognised:
        """Merge what was said, then add what follows from it."""
        held, contradictions = merged(self.said, self.knowledge)
        for medicine in self.medicines:
            generic = medicine.code if medicine.code in self.knowledge.medicines else None
            for code in medicine.implies:
                record = RecognisedFinding(code, present=True, given_as=medicine.given_as, implied_by=generic)
                held.setdefault(code, record)
        if len(double := self._serotonergic()) >= 2 and TWO_SEROTONERGIC in self.knowledge.findings:
            record = RecognisedFinding(TWO_SEROTONERGIC, present=True, given_as=", ".join(double))
            held.setdefault(TWO_SEROTONERGIC, record)
        found, more = with_consequences(held, self.knowledge)
        return Recognised(
            tuple(found.values()),
            tuple(self.labs),
            tuple(self.medicines),
            tuple(self.unrecognised),
            (*contradictions, *more),
            disagreements(self.said, self.knowledge),
        )

    def _serotonergic(self) -> list[str]:
        """Return the different medicines and classes that act on serotonin, as they were given."""
        given = {m.code: m.given_as for m in self.medicines if self._acts_on_serotonin(m.implies)}
        for finding in self.said:
            told = finding.present and self.knowledge.findings[finding.code].kind == "medicine"
            if told and self._acts_on_serotonin((finding.code,)) and not self._named_above(finding.code):
                given[finding.code] = finding.given_as
        return list(given.values())

    def _acts_on_serotonin(self, codes: tuple[str, ...]) -> bool:
        return SEROTONERGIC in closure(codes, self.knowledge)

    def _named_above(self, code: str) -> bool:
        """A class beside one of its own medicines ("antidepressant: sertraline") is not a second medicine."""
        return any(code in closure(medicine.implies, self.knowledge) for medicine in self.medicines)
