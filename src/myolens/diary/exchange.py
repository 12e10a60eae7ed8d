"""A diary as files: everything as JSON, the days as CSV, import from both."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from myolens.diary.database import transaction
from myolens.diary.entries import ABILITIES, DayEntry, MomentEntry
from myolens.diary.everything import everything, read_everything
from myolens.diary.store import DAY_FIELDS, Diary, day_entry
from myolens.errors import InputError, first_problem

SCHEMA = "myolens.diary/1"
MAXIMUM_ENTRIES = 200_000
FORMULA_START = ("=", "+", "-", "@", "\t", "\r")
NUMBER_FIELDS = tuple(name for name in DAY_FIELDS if name not in {"medicines", "abilities", "note"})
CSV_COLUMNS = ("day", *NUMBER_FIELDS, "medicines", *ABILITIES, "note")


def to_json(diary: Diary) -> dict[str, Any]:
    """Return everything kept of a person as one JSON document, schema ``myolens.diary/1``.

    Days, moments, answers, and recordings with their analysis and decisions; of the recorded files
    themselves only name, size and SHA-256.
    """
    return {
        "schema": SCHEMA,
        "profile": diary.profile,
        "days": [entry.model_dump(mode="json", exclude_unset=True) for entry in diary.days()],
        "moments": [entry.model_dump(mode="json", exclude_defaults=True) for entry in diary.moments()],
        **everything(diary),
    }


def to_csv(diary: Diary) -> str:
    """Return the check-ins as CSV; text that a spreadsheet would run as a formula is quoted."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    for entry in diary.days():
        numbers = [getattr(entry, name) for name in NUMBER_FIELDS]
        abilities = [entry.abilities.get(name, "") for name in ABILITIES]
        medicines = "; ".join(entry.medicines)
        writer.writerow(
            [
                entry.day.isoformat(),
                *("" if n is None else n for n in numbers),
                _harmless(medicines),
                *abilities,
                _harmless(entry.note),
            ]
        )
    return text.getvalue()


def from_json(diary: Diary, text: str, *, where: str = "import") -> int:
    """Add everything of a JSON export to the diary, all or nothing.

    Returns
    -------
    int
        Number of entries added or brought up to date.

    Raises
    ------
    InputError
        With the first entry that cannot be used; nothing has been added then.
    """
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"is not valid JSON: {error}", where=where) from None
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise InputError(f"is not a diary export (schema {SCHEMA})", where=where)
    days, moments = data.get("days", []), data.get("moments", [])
    if not isinstance(days, list) or not isinstance(moments, list):
        raise InputError("days and moments must be lists", where=where)
    entries: list[DayEntry | MomentEntry] = [
        day_entry(item if isinstance(item, dict) else {"day": item}, where=f"{where}: day {place}")
        for place, item in enumerate(days, start=1)
    ]
    for place, item in enumerate(moments, start=1):
        try:
            entries.append(MomentEntry.model_validate(item))
        except ValidationError as error:
            raise InputError(f"moment {place}: {first_problem(error.errors())}", where=where) from None
    return _add_all(diary, entries, where, read_everything(data, where=where))


def from_csv(diary: Diary, text: str, *, where: str = "import") -> int:
    """Add check-ins from CSV with the columns of `to_csv`, in any order; all or nothing.

    Raises
    ------
    InputError
        With the line that cannot be used; nothing has been added then.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    columns = set(rows.fieldnames or ())
    if "day" not in columns:
        raise InputError("has no column named day", where=where, mend="The first line names the columns")
    unknown = sorted(str(name) for name in columns - set(CSV_COLUMNS))
    if unknown:
        raise InputError(
            f"has an unknown column {unknown[0]!r}", where=where, mend=f"Known are {', '.join(CSV_COLUMNS)}"
        )
    try:
        entries = [_csv_entry(row, where=f"{where} line {rows.line_num}") for row in rows]
    except csv.Error as error:
        raise InputError(f"is not CSV: {error}", where=f"{where} line {rows.line_num}") from None
    return _add_all(diary, entries, where)


def _csv_entry(row: dict[str, Any], *, where: str) -> DayEntry:
    if None in row:
        raise InputError("has more fields than the first line", where=where)
    data: dict[str, Any] = {key: value for key, value in row.items() if value not in (None, "")}
    for name in ("note", "medicines"):
        if name in data:
            data[name] = _original(data[name])
    if "medicines" in data:
        data["medicines"] = [part.strip() for part in data["medicines"].split(";") if part.strip()]
    abilities = {name: data.pop(name) for name in ABILITIES if name in data}
    if abilities:
        data["abilities"] = abilities
    return day_entry(data, where=where)


def _add_all(
    diary: Diary,
    entries: Sequence[DayEntry | MomentEntry],
    where: str,
    further: Callable[[Session, Diary], int] | None = None,
) -> int:
    if len(entries) > MAXIMUM_ENTRIES:
        raise InputError(f"has more than {MAXIMUM_ENTRIES} entries", where=where)
    known = {(moment.at, moment.site, moment.note) for moment in diary.moments()}
    fresh = [
        entry
        for entry in entries
        if isinstance(entry, DayEntry) or (entry.at, entry.site, entry.note) not in known
    ]
    with transaction(diary.engine) as session:
        diary.add_within(session, fresh)
        return len(fresh) + (further(session, diary) if further else 0)


def _harmless(words: str) -> str:
    return "'" + words if words.startswith((*FORMULA_START, "'")) else words


def _original(words: str) -> str:
    return words[1:] if words.startswith("'") else words
