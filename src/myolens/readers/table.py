"""Tables of numbers in text files: delimiter, decimal mark, heading, and the numbers, within bounds."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from myolens.readers.source import Source
from myolens.readers.spool import Spool

LONGEST_LINE = 1_000_000
MOST_COLUMNS = 4096
_BLOCK = 500_000
_LOOK_LINES = 400
_SPACING = dict.fromkeys(map(ord, "\n\t\f\0"))
_AGREEING = 8
"""Lines in a row that must look alike for a table to begin."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf(inity)?)", re.IGNORECASE)
_COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
_CLOCK = re.compile(r"\d{4}[-/]\d\d?[-/]\d\d?[ T]\d\d?:\d\d(:\d\d([.:,]\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a text file writes its table.

    Attributes
    ----------
    encoding : str
        Of the text.
    delimiter : str or None
        Between cells; None for runs of white space.
    decimal_comma : bool
        Whether numbers have a decimal comma.
    preamble : tuple of str
        Lines before the first row of numbers.
    columns : int
        Cells in a row.
    clocks : frozenset of int
        Columns holding date and time.
    words : frozenset of int
        Columns holding text.
    """

    encoding: str
    delimiter: str | None
    decimal_comma: bool
    preamble: tuple[str, ...]
    columns: int
    clocks: frozenset[int] = frozenset()
    words: frozenset[int] = frozenset()

    def cells(self, line: str) -> list[str]:
        """Cells of a line, without quotes."""
        return _split(line, self.delimiter)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The numbers of a table.

    Attributes
    ----------
    values : ndarray of float64, shape (rows, columns)
        NaN where a cell is empty or not a number; date and time as seconds since 1970. Belongs to
        the reader, which may change it.
    notes : tuple of str
        What was left out.
    """

    values: NDArray[np.float64]
    notes: tuple[str, ...] = ()


def encoding_of(head: bytes) -> str:
    """Encoding of a text file, by its mark or by what its first bytes can be."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    even, odd = head[:2000:2].count(0), head[1:2000:2].count(0)
    if len(head) > 8 and max(even, odd) > 0.4 * min(len(head), 2000) / 2:
        return "utf-16-le" if odd > even else "utf-16-be"
    try:
        head[: len(head) - 4 if len(head) > 4 else None].decode("utf-8")
    except UnicodeDecodeError as error:
        return "latin-1" if error.start < len(head) - 8 else "utf-8"
    return "utf-8"


def decoded(source: Source, data: bytes) -> str:
    """Beginning of the text."""
    encoding = encoding_of(source.head)
    return data.decode(encoding, "replace").replace("\r\n", "\n").replace("\r", "\n")


def is_text(source: Source) -> bool:
    """Whether the first bytes are text and not a binary format."""
    text = decoded(source, source.head[:8192])
    shown = text.translate(_SPACING)
    odd = 0 if shown.isprintable() else sum(not mark.isprintable() for mark in shown)
    return (
        bool(text.strip("\0\n\t "))
        and odd + 4 * text.count("\ufffd") <= 0.02 * len(text)
        and text.count("\0") <= 0.02 * len(text)
    )


def layout(source: Source) -> Layout:
    """Find the table in a text file.

    Raises
    ------
    InputError
        If there is none, or its lines or rows are too long.
    """
    lines = _first_lines(source)
    options = [option for delimiter in ("\t", ";", ",", None) for option in _options(lines, delimiter)]
    if not options:
        raise source.refuse(
            "is text without a table of numbers in it",
            mend="A table has one row a sample and one column a channel, with a time column if possible",
        )
    # A reading in which every cell is a number is better than one with words; then the more columns.
    strict, columns, begin, delimiter, comma = max(options, key=lambda o: (o[0], o[1]))
    if columns > MOST_COLUMNS:
        raise source.refuse(f"has rows of {columns} cells, and {MOST_COLUMNS} is the limit")
    rows = [_split(line, delimiter) for line in lines[begin : begin + 60] if line.strip()]
    rows = [row for row in rows if len(row) == columns]
    clocks = frozenset(i for i in range(columns) if all(_CLOCK.fullmatch(row[i].strip()) for row in rows))
    words = (
        set()
        if strict
        else {i for i in range(columns) if i not in clocks and _is_words(rows, i, comma=comma)}
    )
    encoding = encoding_of(source.head)
    return Layout(encoding, delimiter, comma, tuple(lines[:begin]), columns, clocks, frozenset(words))


def _is_words(rows: Sequence[Sequence[str]], column: int, *, comma: bool) -> bool:
    """Whether fewer than half of a column's filled cells are numbers."""
    filled = [row[column] for row in rows if row[column].strip()]
    return sum(_is_number(cell, comma=comma) for cell in filled) < len(filled) / 2


def numbers(source: Source, *, skip: int, shape: Layout | None = None) -> NDArray[np.float64]:
    """Numbers after `skip` lines, shape (rows, columns), for files known to be plain tables."""
    shape = shape or Layout(encoding_of(source.head), None, False, ("",) * skip, 0)  # noqa: FBT003
    return grid(source, shape, skip=skip).values


def grid(source: Source, shape: Layout, *, skip: int | None = None) -> Grid:
    """Read the whole table, block by block.

    Raises
    ------
    InputError
        If no row of numbers is there, a line is endless, or the disk has no room for the numbers.
    """
    spool: Spool | None = None
    ragged = dropped = 0
    columns = shape.columns
    for lines in _blocks(source, shape.encoding, len(shape.preamble) if skip is None else skip):
        part = None if shape.clocks or shape.words else _quick(lines, shape, columns)
        if part is None:
            part, uneven, empty = _slow(lines, shape, columns)
            ragged += uneven
            dropped += empty
        if part.size:
            columns = columns or part.shape[1]
            if part.shape[1] != columns:
                raise source.refuse("has rows of different lengths")
            spool = spool or Spool(source, columns)
            spool.append(part)
    if spool is None or spool.rows < 2:
        raise source.refuse("holds no rows of numbers")
    notes = []
    if ragged:
        notes.append(
            f"{ragged} rows have fewer or more cells than the others; missing cells were taken as empty"
        )
    if dropped:
        notes.append(f"{dropped} lines after the heading hold no numbers and were left out")
    if ragged > 0.5 * spool.rows and ragged > 10:
        raise source.refuse(f"has {ragged} rows of other lengths than the first ones")
    return Grid(spool.array(), tuple(notes))


def _first_lines(source: Source) -> list[str]:
    text = decoded(source, source.head)
    lines = text.split("\n")
    if source.size > len(source.head):
        if len(lines) < 2:
            raise source.refuse(f"has a line of more than {len(source.head)} bytes at its beginning")
        lines = lines[:-1]
    elif lines and not lines[-1]:
        lines = lines[:-1]
    return lines[:_LOOK_LINES]


def _options(
    lines: Sequence[str], delimiter: str | None
) -> Iterator[tuple[bool, int, int, str | None, bool]]:
    """Readings of the lines with one delimiter: (strict, columns, first row, delimiter, decimal comma)."""
    if delimiter is not None and not any(delimiter in line for line in lines):
        return
    split = [[cell.strip() for cell in _split(line, delimiter)] if line.strip() else [] for line in lines]
    for comma in (False,) if delimiter == "," else (False, True):
        if comma and not any(_COMMA_NUMBER.fullmatch(cell) for cells in split for cell in cells):
            continue
        counts = [_numeric(cells, comma=comma) for cells in split]
        begin = _begin(split, [0 < numeric == filled for numeric, filled in counts])
        strict = begin is not None
        if begin is None:
            begin = _begin(split, [numeric > 0 and 2 * numeric >= filled for numeric, filled in counts])
        if begin is None or (not strict and len(split[begin]) < 2):
            continue
        table = [cells for cells in split[begin:] if cells]
        if delimiter == "," and strict and _is_decimal_comma(split[:begin], table):
            yield True, 1, begin, "\t", True
            return
        yield strict, len(split[begin]), begin, delimiter, comma


def _begin(split: Sequence[Sequence[str]], good: Sequence[bool]) -> int | None:
    """First line from which the next lines are rows of one length."""
    filled = [i for i, cells in enumerate(split) if cells]
    for place, line in enumerate(filled):
        following = filled[place : place + _AGREEING]
        if len(following) >= min(2, _AGREEING) and all(
            good[i] and len(split[i]) == len(split[line]) for i in following
        ):
            return line
    return None


def _is_decimal_comma(before: Sequence[Sequence[str]], table: Sequence[Sequence[str]]) -> bool:
    """Whether pairs such as "0,004" are one number: second parts with leading zeros, and one heading cell."""
    if any(len(cells) != 2 for cells in table) or any(len(cells) == 2 for cells in before[-1:]):
        return False
    return any(re.fullmatch(r"0\d+", cells[1]) for cells in table) and all(
        cells[1].isdigit() for cells in table
    )


def _numeric(cells: Sequence[str], *, comma: bool) -> tuple[int, int]:
    """Number of cells that are numbers or clock times, and of cells that are not empty."""
    filled = [cell for cell in cells if cell]
    return sum(_is_number(c, comma=comma) or bool(_CLOCK.fullmatch(c)) for c in filled), len(filled)


def _is_number(cell: str, *, comma: bool) -> bool:
    cell = cell.strip()
    return bool(_NUMBER.fullmatch(cell) or (comma and _COMMA_NUMBER.fullmatch(cell)))


def _split(line: str, delimiter: str | None) -> list[str]:
    line = line.rstrip("\n").lstrip("\ufeff")
    if delimiter is None:
        return line.split()
    if '"' in line:
        try:
            cells = next(csv.reader([line], delimiter=delimiter), [])
        except csv.Error:
            cells = line.replace('"', "").split(delimiter)
    else:
        cells = line.split(delimiter)
    return cells[:-1] if len(cells) > 1 and not cells[-1].strip() and delimiter in {"\t", ";"} else cells


def _blocks(source: Source, encoding: str, skip: int) -> Iterator[list[str]]:
    """Lines of the file in blocks of about half a megabyte."""
    rest = ""
    with source.path.open(encoding=encoding, errors="replace") as file:
        while True:
            text = file.read(_BLOCK)
            whole = rest + text
            cut = whole.rfind("\n") + 1 if text else len(whole)
            if len(whole) - cut > LONGEST_LINE or (cut == 0 and text and len(whole) > LONGEST_LINE):
                raise source.refuse(f"has a line of more than {LONGEST_LINE} characters")
            lines, rest = whole[:cut].split("\n"), whole[cut:]
            left_out, skip = lines[:skip], max(0, skip - max(0, len(lines) - 1))
            if lines[len(left_out) :]:
                yield lines[len(left_out) :]
            if not text:
                return


def _quick(lines: Sequence[str], shape: Layout, columns: int) -> NDArray[np.float64] | None:
    """Numbers of regular lines; None where a line is irregular."""
    text = "\n".join(lines)
    if not text.strip() or '"' in text or "#" in text:
        return None
    if shape.decimal_comma:
        text = text.replace(",", ".")
    delimiter = None if shape.delimiter == "\t" else shape.delimiter
    try:
        values = np.loadtxt(text.split("\n"), delimiter=delimiter, ndmin=2, comments=None)
    except ValueError:
        return None
    return values if columns in {0, values.shape[1]} else None


def _slow(lines: Sequence[str], shape: Layout, columns: int) -> tuple[NDArray[np.float64], int, int]:
    """Numbers cell by cell: shape (rows, columns), uneven rows, rows without numbers."""
    rows, uneven, empty = [], 0, 0
    for line in lines:
        if not line.strip():
            continue
        cells = _split(line, shape.delimiter)
        columns = columns or len(cells)
        row = [
            _value(cell, comma=shape.decimal_comma, clock=i in shape.clocks)
            for i, cell in enumerate(cells[:columns])
        ]
        if all(value != value for value in row):  # noqa: PLR0124 - NaN differs from itself
            empty += 1
            continue
        uneven += len(cells) != columns
        rows.append(row + [np.nan] * (columns - len(row)))
    return np.array(rows, float).reshape(len(rows), columns), uneven, empty


def _value(cell: str, *, comma: bool, clock: bool) -> float:
    if clock:
        return seconds_of(cell)
    try:
        return float(cell.replace(",", ".") if comma else cell)
    except ValueError:
        return float("nan")


def seconds_of(text: str) -> float:
    """Seconds since 1970 of a date and time; NaN where it is not one. No zone is taken as UTC."""
    text = re.sub(r"(:\d\d)[:,](\d{1,6})\d*$", r"\1.\2", text.strip()).replace("/", "-")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return float("nan")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
