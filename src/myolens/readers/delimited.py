"""Delimited text: any table with one row a sample, with or without heading and time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from myolens.readers import table
from myolens.readers.clock import Timed, clocked, steadied
from myolens.readers.columns import beside, filled, finite, gathered, median, steps
from myolens.readers.naming import kind_of, numbered, split_unit, unit_notes, unit_of
from myolens.readers.records import interleaved
from myolens.readers.source import Source
from myolens.readers.spool import blocks
from myolens.recording import Annotation, Channel, ChannelKind, Recording

_TIME = re.compile(
    r"(rel(ative)?[ _]?|elapsed[ _]?|seconds?[ _]?|unix[ _]?|epoch[ _]?)?"
    r"(time([ _]?stamps?)?|t|sec(onds?)?|seconds_elapsed|elapsed|epoch|date[ _]?time|zeit|temps|tiempo|tempo)"
    r"([ _](s|sec|seconds|ms|us|ns|iso))?", re.IGNORECASE,
)  # fmt: skip
_SECOND_WORDS = {1.0: "s sec secs second seconds", 1e-3: "ms msec milliseconds", 1e-6: "us microseconds",
                 1e-9: "ns nanoseconds", 60.0: "min minutes"}  # fmt: skip
_SECONDS = {word: seconds for seconds, words in _SECOND_WORDS.items() for word in words.split()}
_RATE = re.compile(
    r"(?:sampl\w*[ _-]*(?:rate|freq\w*)|\bfs\b|\bsfreq\b|\bsrate\b|\brate\b|frequency)"
    r"\W*(?:\[?\(?k?hz\)?\]?)?\W*?([0-9]+(?:[.,][0-9]+)?(?:e[+-]?[0-9]+)?)\s*(k?hz)?", re.IGNORECASE,
)  # fmt: skip
_EPOCHS = ((1e17, 1e-9), (1e14, 1e-6), (1e11, 1e-3), (1e8, 1.0))
"""Least value of a time since 1970 written in ns, us, ms and s, and the seconds in one of each."""
MOST_LABELS = 20
LARGEST_PLAIN_STEP_S = 0.1
"""Times of an unstated unit are seconds only at steps below this: in milliseconds it would be 10 kHz."""


@dataclass(frozen=True, slots=True)
class Column:
    """Heading of a column."""

    name: str
    unit: str | None = None
    seconds: float | None = None
    """For a column of times, the seconds in one of its unit; NaN where it names none."""


def sniff(source: Source) -> bool:
    """Whether the file is text."""
    return table.is_text(source)


def read(source: Source) -> Sequence[Recording]:
    """Read a table: one recording per time column, or one at the stated rate.

    Raises
    ------
    InputError
        If there is no table, or neither a time column nor a sampling rate.
    """
    shape = table.layout(source)
    grid = table.grid(source, shape)
    columns = headings(shape)
    groups = _groups(columns, grid.values, shape)
    start = _start(grid.values, groups, columns, shape)
    if groups:
        timed = [(values, _timed(source, grid.values, columns, time, values)) for time, values in groups]
        notes = grid.notes
    else:
        rate, notes = _stated_rate(source, shape, grid.values)
        rows = [i for i in range(shape.columns) if i not in shape.words | shape.clocks]
        if len(rows) > 1 and _is_counter(grid.values[:, rows[0]]) and columns[rows[0]].unit is None:
            notes = (*notes, f"{columns[rows[0]].name} counts the samples and was left out")
            rows = rows[1:]
        more = filled(source, grid.values, rows, [columns[row].name for row in rows])
        whole = gathered(source, grid.values, rows, len(grid.values))
        timed = [(rows, Timed(whole, rate, (), more))]
        notes = (*grid.notes, *notes)
    return [_recording(source, columns, rows, part, notes, start) for rows, part in joined(source, timed)]


def headings(shape: table.Layout) -> list[Column]:
    """Name and unit of each column, from the heading where there is one."""
    names, units = _heading(shape)
    found = []
    for name, given in zip(names, units, strict=True):
        plain, unit = split_unit(name)
        word = (given or unit or "").strip("[]() ").replace("µ", "u").replace("μ", "u").lower()
        bare = re.sub(r"[ _](s|sec|seconds|ms|us|ns)$", "", plain.lower())
        if _TIME.fullmatch(plain) or (plain.lower() == "x" and word == "s"):
            own = (
                word or plain.lower()[len(bare) :].strip("_ ") or ("s" if "seconds" in plain.lower() else "")
            )
            found.append(Column(plain, None, _SECONDS.get(own, float("nan"))))
        else:
            found.append(Column(plain, unit_of(given) or unit))
    return found


def joined(source: Source, parts: Sequence[tuple[Sequence[int], Timed]]) -> list[tuple[list[int], Timed]]:
    """Put the columns of equal rate and nearly equal length together, shortened to the shortest."""
    groups: list[tuple[list[int], list[Timed]]] = []
    for rows, timed in parts:
        for known, members in groups:
            first = members[0]
            lengths = (len(first.values), len(timed.values))
            alike = abs(timed.rate / first.rate - 1) * max(lengths) < 0.5
            if (
                alike
                and abs(lengths[0] - lengths[1]) <= 1 + 0.001 * max(lengths)
                and not (first.gaps or timed.gaps)
            ):
                known.extend(rows)
                members.append(timed)
                break
        else:
            groups.append((list(rows), [timed]))
    result = []
    for rows, members in groups:
        shortest = min(len(member.values) for member in members)
        values = beside(source, [member.values for member in members], shortest)
        notes = tuple(dict.fromkeys(note for member in members for note in member.notes))
        result.append((rows, replace(members[0], values=values, notes=notes)))
    return result


def _heading(shape: table.Layout) -> tuple[list[str], list[str | None]]:
    """Names and units as written, one of each per column."""
    count = shape.columns
    none: list[str | None] = [None] * count
    names, units = [f"column {i}" for i in range(1, count + 1)], none
    lines = [line.lstrip("#%/ ").strip() for line in shape.preamble if line.strip("#%/ \t;,")]
    split = [shape.cells(line) for line in lines]
    for line in lines:
        keyed = re.match(r"(labels?|channels?|columns?|units?)\s*:?=?[:=]\s*(.+)", line, re.IGNORECASE)
        cells = [cell.strip() for cell in re.split(r"[\t,;]", keyed[2])] if keyed else []
        if keyed and keyed[1].lower().startswith("unit") and len(cells) in {1, count}:
            units = list(cells) * (count if len(cells) == 1 else 1)
        elif keyed and len(cells) == count:
            names = cells
    if split and len(split[-1]) == count and not re.search(r":=|^\s*units?\s*:", lines[-1], re.IGNORECASE):
        last = [cell.strip() for cell in split[-1]]
        if len(split) > 1 and len(split[-2]) == count and all(_is_unit(cell) for cell in last):
            return [cell.strip() for cell in split[-2]], list(last)
        if not re.search(r"^[\w ]+:\s*\S+$", lines[-1]) or count > 1:
            return last, units
    return names, units


def _is_unit(cell: str) -> bool:
    inner = cell.strip("[]() ")
    return not inner or inner.lower() in _SECONDS or unit_of(inner) not in {None, inner} or (
        cell[:1] in "[(" and len(inner) < 12
    ) or inner in {"V", "mV", "uV", "g", "N", "%"}  # fmt: skip


def _groups(
    columns: Sequence[Column], values: NDArray[np.float64], shape: table.Layout
) -> list[tuple[int, list[int]]]:
    """Each time column with the value columns that follow it."""
    groups: list[tuple[int, list[int]]] = []
    early: list[int] = []
    for place, column in enumerate(columns):
        if place in shape.words:
            continue
        if column.seconds is not None or place in shape.clocks:
            if groups and not groups[-1][1]:
                groups.pop()  # two times in a row: the later one is the finer (elapsed seconds)
            groups.append((place, []))
        elif groups:
            groups[-1][1].append(place)
        else:
            early.append(place)
    if groups and early:
        groups[0][1][:0] = early
    if not groups and len(early) > 1 and columns[early[0]].name == f"column {early[0] + 1}":
        # Without a heading only equal fractional steps tell a time in seconds from a signal.
        ends = [(part.min(), part.max()) for part in steps(values[:, early[0]]) if part.size]
        least, most = min(low for low, _ in ends), max(high for _, high in ends)
        if len(values) > 3 and 0 < least < 0.5 and most < 1.01 * least:
            return [(early[0], early[1:])]
    return [group for group in groups if group[1]]


def _timed(
    source: Source, grid: NDArray[np.float64], columns: Sequence[Column], time: int, rows: Sequence[int]
) -> Timed:
    """Values of one time column on a steady grid."""
    column = columns[time]
    last = 0
    for start, stop in blocks(grid):
        part = np.isfinite(grid[start:stop])
        there = np.flatnonzero(part[:, time] & part[:, rows].any(axis=1))
        last = start + int(there[-1]) + 1 if there.size else last
    if last < 2:
        raise source.refuse(f"has fewer than two rows with a time in {column.name}")
    used = grid[:last]
    scale, notes = _scale(source, column, used[:, time])
    more = filled(source, used, rows, [columns[row].name for row in rows])
    times, values, timeless = clocked(source, used[:, time], used, rows, scale)
    timed = steadied(source, times, values, timeless=timeless)
    return replace(timed, notes=(*notes, *more, *timed.notes))


def _scale(source: Source, column: Column, times: NDArray[np.float64]) -> tuple[float, tuple[str, ...]]:
    """Seconds in one of the column's unit."""
    known = [(p.min(), p[0], p[-1], p.size, bool((p % 1).any())) for p in finite(times) if p.size]
    if column.seconds is None:
        since_1970 = min(least for least, *_ in known) > 1e8
        return 1.0, () if since_1970 else (f"{column.name} was taken as time in seconds",)
    if np.isfinite(column.seconds):
        return column.seconds, ()
    usual = median(lambda: finite(times))
    for least, seconds in _EPOCHS:
        if usual > least:
            return seconds, ()
    step = float(known[-1][2] - known[0][1]) / (sum(size for *_, size, _ in known) - 1)
    # Whole numbers, or steps that could as well be milliseconds, are not guessed.
    if 0 < step < LARGEST_PLAIN_STEP_S and any(fractions for *_, fractions in known):
        return 1.0, (f"The unit of {column.name} is not stated; its steps fit seconds",)
    raise source.refuse(
        f"has a time column, {column.name}, whose unit is not stated",
        mend="Write the unit behind its name, such as time (ms)",
    )


def _stated_rate(
    source: Source, shape: table.Layout, values: NDArray[np.float64]
) -> tuple[float, tuple[str, ...]]:
    for line in shape.preamble:
        found = _RATE.search(line)
        if found:
            rate = source.checked_rate(
                float(found[1].replace(",", ".")) * (1000 if "khz" in line.lower() else 1)
            )
            return rate, ()
    if source.rate:
        return source.checked_rate(source.rate), (
            f"The sampling rate of {source.rate:g} Hz was given, not read",
        )
    raise source.refuse(
        f"holds {shape.columns} columns of {len(values)} numbers, and neither a time column nor a "
        "sampling rate",
        mend="Put a line such as '# sampling rate: 1000' at its top, or give the rate: rate=1000 in Python, "
        "--rate 1000 on the command line",
    )


def _recording(
    source: Source,
    columns: Sequence[Column],
    rows: Sequence[int],
    timed: Timed,
    notes: Sequence[str],
    start: datetime | None,
) -> Recording:
    names = numbered(columns[row].name for row in rows)
    channels, said = [], []
    marks: list[Annotation] = []
    for place, (row, name) in enumerate(zip(rows, names, strict=True)):
        unit = columns[row].unit
        kind = kind_of(name, unit)
        if kind is ChannelKind.OTHER and unit is None and len(rows) > 1 and _is_label(timed.values[:, place]):
            kind = ChannelKind.TRIGGER
            said.append(f"{name} keeps a few whole values for long and is taken as a label, not a signal")
            marks += _labels(name, timed.values[:, place], timed.rate)
        channels.append(Channel(name, unit, kind))
    return Recording(
        interleaved(timed.values),
        timed.rate,
        tuple(channels),
        tuple(marks),
        timed.gaps,
        start,
        source.name,
        (*notes, *said, *timed.notes, *unit_notes(channels)),
    )


def _is_counter(values: NDArray[np.float64]) -> bool:
    return values.size > 2 and all((part == 1).all() for part in steps(values))


def _is_label(values: NDArray[np.floating]) -> bool:
    """Whether a column keeps whole values, few of them, and changes rarely."""
    if values.size < 100:
        return False
    changes, seen = 0, set[float]()
    for start, stop in blocks(values):
        part = values[max(0, start - 1) : stop]
        if (part != np.round(part)).any() or part.min() < 0:
            return False
        changes += int((np.diff(part) != 0).sum())
        seen |= set(np.unique(part).tolist()) if len(seen) <= MOST_LABELS else set()
        if changes > values.size / 100 or len(seen) > MOST_LABELS:
            return False
    return True


def _labels(name: str, values: NDArray[np.floating], rate: float) -> list[Annotation]:
    edges, at = [0], 0
    for part in steps(values):
        # The first block begins at the first sample, the others one before theirs.
        edges += (np.flatnonzero(part) + at + 1).tolist()
        at += part.size
    return [
        Annotation(a / rate, (b - a) / rate, f"{name} = {values[a]:g}")
        for a, b in pairwise([*edges, values.size])
    ]


def _start(
    values: NDArray[np.float64],
    groups: Sequence[tuple[int, list[int]]],
    columns: Sequence[Column],
    shape: table.Layout,
) -> datetime | None:
    """Clock time of the first row, where a column tells it in seconds or parts of them since 1970."""
    for place, column in enumerate(columns):
        if column.seconds is None and place not in shape.clocks:
            continue
        first = float(values[0, place])
        for least, seconds in _EPOCHS:
            if first > least and first * seconds < 4e9:
                return datetime.fromtimestamp(first * seconds, UTC)
    return None
