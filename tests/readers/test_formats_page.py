"""The page about formats says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from myolens.readers import FORMATS
from myolens.readers.otbiolab import _SPACING_MM
from myolens.readers.unread import _SUFFIXES

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [entry.name for entry in FORMATS if entry.name != "unread"])
def test_every_format_has_its_row(name: str) -> None:
    assert f"\n| {name} | " in PAGE


def test_no_row_without_format() -> None:
    table = PAGE[PAGE.index("\n## Formats") : PAGE.index("What needs a library")]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")]
    assert set(rows[1:]) == {entry.name for entry in FORMATS} - {"unread"}


def test_grids_and_refused_endings_are_named() -> None:
    for grid in _SPACING_MM:
        assert grid in PAGE
    for ending in _SUFFIXES:
        assert ending in PAGE or ending.strip(".").upper() in PAGE
