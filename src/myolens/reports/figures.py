"""The pictures of a report, drawn from an assessment or an analysis as SVG."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from myolens.assessment.result import CauseResult, ExpectedCourse
from myolens.emg.analysis import Analysis, Event, Unit
from myolens.reports.svg import (
    SCREEN,
    Scale,
    Theme,
    area,
    bottom_axis,
    left_axis,
    line,
    number,
    picture,
    polyline,
    rectangle,
    text,
)
from myolens.reports.traces import Trace

WIDTH = 720.0
SMALLEST_GRID = 6
"""Fewer electrodes make no map."""
STATIC_COLUMNS = 1400


def unit_colour(unit: int | None, theme: Theme = SCREEN) -> str:
    """Colour of a unit; grey for events without one."""
    return theme.faint if unit is None else theme.units[(unit - 1) % len(theme.units)]


def probability_bar(cause: CauseResult, *, theme: Theme = SCREEN) -> str:
    """Probability from 0 to 100 with its interval."""
    scale = Scale(0, 1, 2, 238)
    body = [
        rectangle(2, 8, 236, 10, fill=theme.line, radius=5),
        rectangle(2, 8, scale(cause.probability) - 2, 10, fill=theme.accent, radius=5),
        line(scale(cause.low), 13, scale(cause.high), 13, stroke=theme.ink, width=1.6),
        line(scale(cause.low), 9, scale(cause.low), 17, stroke=theme.ink, width=1.6),
        line(scale(cause.high), 9, scale(cause.high), 17, stroke=theme.ink, width=1.6),
    ]
    title = (
        f"{cause.plain_name}: about {round(cause.probability * 100)} of 100, "
        f"range {round(cause.low * 100)} to {round(cause.high * 100)}"
    )
    return picture(240, 26, body, title=title)


def evidence_bars(cause: CauseResult, *, most: int = 10, theme: Theme = SCREEN) -> str:
    """Bits of evidence per finding: to the right for, to the left against."""
    rows = sorted(
        (item for item in cause.evidence if abs(item.bits) >= 0.05),
        key=lambda item: -abs(item.bits),
    )[:most]
    reach = max([abs(item.bits) for item in rows], default=1.0)
    reach = max(1.0, reach)
    scale = Scale(-reach, reach, 330, 640)
    zero = scale(0)
    body: list[str] = []
    for place, item in enumerate(rows):
        y = 22 + place * 22
        end = scale(item.bits)
        colour = theme.accent if item.bits > 0 else theme.against
        state = "" if item.present is None or item.present else " (absent)"
        body += [
            text(318, y + 11, _clip(item.label + state, 52), fill=theme.ink, anchor="end"),
            rectangle(min(zero, end), y, abs(end - zero), 15, fill=colour, radius=2),
            text(652, y + 11, f"{'+' if item.bits > 0 else '−'}{abs(item.bits):.1f}", fill=theme.faint),
        ]
    height = 26 + len(rows) * 22
    body += [
        line(zero, 16, zero, height - 4, stroke=theme.faint),
        text(zero - 6, 11, "against", fill=theme.faint, anchor="end"),
        text(zero + 6, 11, "for (bits)", fill=theme.faint),
    ]
    return picture(700, height, body, title=f"Evidence for and against: {cause.plain_name}")


def course_curve(course: ExpectedCourse, *, theme: Theme = SCREEN) -> str:
    """Share expected to have improved against days, with its band and the review date."""
    days = [point.day for point in course.points]
    x = Scale(0, max(days, default=1.0), 60, 690)
    y = Scale(0, 100, 190, 24)
    body = [*left_axis(y, 60, label="improved, of 100", theme=theme)]
    body += bottom_axis(x, 190, label="days from now", theme=theme)
    xs = [x(point.day) for point in course.points]
    body.append(
        area(
            xs,
            [y(point.low * 100) for point in course.points],
            [y(point.high * 100) for point in course.points],
            fill=theme.accent_soft,
        )
    )
    body.append(
        polyline(xs, [y(point.improved * 100) for point in course.points], stroke=theme.accent, width=2)
    )
    for height, day, words in (
        (34, course.review_in_days, "review"),
        (48, course.too_long_after_days, "lasted too long"),
    ):
        if day is not None and days and day <= max(days):
            body += [
                line(x(day), 24, x(day), 190, stroke=theme.faint, dash="4 3"),
                _beside(x(day), height, f"{words}: day {day}", theme),
            ]
    return picture(WIDTH, 226, body, title="Expected course", description=course.text)


def trace_overview(
    traces: Sequence[Trace],
    analysis: Analysis,
    *,
    rejected: Sequence[Event] = (),
    theme: Theme = SCREEN,
    height_each: float = 96,
) -> str:
    """The whole recording, one row per channel, with every discharge and exclusion marked.

    What a person rejected is a hollow ring above.
    """
    if not traces:
        return ""
    x = Scale(0, max(analysis.seconds, 1e-9), 64, WIDTH - 8)
    total = 30 + len(traces) * height_each + 36
    bottom = total - 36
    body = [
        rectangle(x(span.start_s), 22, x(span.end_s) - x(span.start_s), bottom - 22, fill=theme.line)
        for span in analysis.excluded
    ]
    for row, trace in enumerate(traces):
        body += _trace_row(trace, analysis, x, 26 + row * height_each, height_each - 10, theme)
    body += _marks(analysis.events, x, 14, 22, theme)
    body += [
        f'<circle cx="{x(event.time_s):g}" cy="8" r="2.6" fill="none" stroke="{theme.against}"/>'
        for event in rejected
    ]
    body += bottom_axis(x, bottom, label="seconds", theme=theme, count=8)
    title = f"{analysis.recording}: {len(analysis.events)} discharges marked above the trace"
    return picture(WIDTH, total, body, title=title)


def _trace_row(
    trace: Trace, analysis: Analysis, x: Scale, top: float, height: float, theme: Theme
) -> list[str]:
    least, greatest = _coarser(trace, STATIC_COLUMNS)
    reach = float(np.quantile(np.maximum(np.abs(least), np.abs(greatest)), 0.999)) or 1.0
    y = Scale(-reach, reach, top + height, top)
    times = (np.arange(least.size) + 0.5) * analysis.seconds / least.size
    xs = [x(float(time)) for time in times]
    lows = [y(max(-reach, float(value))) for value in least]
    highs = [y(min(reach, float(value))) for value in greatest]
    return [
        area(xs, lows, [min(h, lo - 0.4) for h, lo in zip(highs, lows, strict=True)], fill=theme.ink),
        text(4, top + 10, _clip(trace.channel, 11), fill=theme.faint),
        text(4, top + 24, f"±{_short(reach)}", fill=theme.faint),
        text(4, top + 37, trace.unit, fill=theme.faint),
    ]


def _coarser(trace: Trace, columns: int) -> tuple[np.ndarray, np.ndarray]:
    size = trace.least.size
    if size <= columns:
        return trace.least, trace.greatest
    edges = np.linspace(0, size, columns + 1).astype(int)[:-1]
    return np.minimum.reduceat(trace.least, edges), np.maximum.reduceat(trace.greatest, edges)


def unit_shape(unit: Unit, analysis: Analysis, *, theme: Theme = SCREEN) -> str:
    """Average potential of a unit on its largest channel, 0 ms at the largest deflection; empty if none."""
    if not unit.template.size:
        return ""
    row = analysis.channels.index(unit.channel)
    values = np.asarray(unit.template[row], float)
    milliseconds = (np.arange(values.size) - np.argmax(np.abs(values))) / unit.template_rate * 1000
    peak = float(np.abs(values).max(initial=0)) or 1.0
    x = Scale(float(milliseconds[0]), float(milliseconds[-1]), 12, 188)
    y = Scale(-peak, peak, 100, 20)
    body = [
        line(12, y(0), 188, y(0), stroke=theme.line),
        polyline(
            [x(float(value)) for value in milliseconds],
            [y(float(value)) for value in values],
            stroke=unit_colour(unit.unit, theme),
            width=1.8,
        ),
        text(12, 13, f"Unit {unit.unit}", fill=theme.ink, size=12),
        text(188, 13, f"{unit.events} ×", fill=theme.faint, anchor="end"),
        *bottom_axis(x, 104, label="ms", theme=theme, count=4),
    ]
    size = float(np.ptp(values))
    return picture(200, 138, body, title=f"Unit {unit.unit}, {size:.0f} µV peak to peak on {unit.channel}")


def unit_on_grid(unit: Unit, analysis: Analysis, *, theme: Theme = SCREEN) -> str:
    """Average potential of a unit at every electrode of the grid, drawn in place."""
    positions = [place for place in analysis.positions_mm if place is not None]
    if len(positions) != len(analysis.channels) or len(positions) < SMALLEST_GRID or not unit.template.size:
        return ""
    columns = sorted({place[0] for place in positions})
    rows = sorted({place[1] for place in positions})
    cell_width, cell_height = 46.0, 30.0
    peak = float(np.abs(unit.template).max(initial=0)) or 1.0
    body = [text(4, 13, f"Unit {unit.unit}", fill=theme.ink, size=12)]
    for row, place in enumerate(positions):
        left = 4 + columns.index(place[0]) * cell_width
        middle = 22 + (rows.index(place[1]) + 0.5) * cell_height
        values = np.asarray(unit.template[row], float)
        xs = left + np.arange(values.size) / max(1, values.size - 1) * (cell_width - 5)
        body.append(
            polyline(xs, middle - values / peak * cell_height, stroke=unit_colour(unit.unit, theme), width=1)
        )
    width, height = 8 + len(columns) * cell_width, 30 + len(rows) * cell_height
    return picture(width, height, body, title=f"Unit {unit.unit} over the grid, full scale {peak:.0f} µV")


def raster(analysis: Analysis, *, theme: Theme = SCREEN) -> str:
    """Discharges of every unit against time, with the rate per minute below."""
    labels: list[int | None] = [unit.unit for unit in analysis.units]
    if any(event.unit is None for event in analysis.events):
        labels.append(None)
    x = Scale(0, max(analysis.seconds, 1e-9), 84, WIDTH - 8)
    row_height = 16.0
    base = 18 + len(labels) * row_height
    body = [
        rectangle(x(span.start_s), 14, x(span.end_s) - x(span.start_s), base + 60, fill=theme.line)
        for span in analysis.excluded
    ]
    for place, label in enumerate(labels):
        y = 18 + place * row_height
        name = "unassigned" if label is None else f"unit {label}"
        body.append(text(78, y + 11, name, fill=theme.faint, anchor="end"))
        body += _marks([e for e in analysis.events if e.unit == label], x, y + 2, y + 13, theme)
    body += _rate_steps(analysis, x, base, theme)
    body += bottom_axis(x, base + 74, label="seconds", theme=theme, count=8)
    return picture(WIDTH, base + 108, body, title="Discharges of each unit over time and rate per minute")


def _marks(events: Sequence[Event], x: Scale, top: float, bottom: float, theme: Theme) -> list[str]:
    """A stroke for every event; those that would cover each other are drawn once."""
    places = dict.fromkeys((round(2 * x(event.time_s)) / 2, event.unit) for event in events)
    return [
        line(place, top, place, bottom, stroke=unit_colour(unit, theme), width=1.2) for place, unit in places
    ]


def _rate_steps(analysis: Analysis, x: Scale, base: float, theme: Theme) -> list[str]:
    width = max(10.0, analysis.seconds / 60)
    edges = np.arange(0, analysis.seconds + width, width)
    counts, _ = np.histogram([event.time_s for event in analysis.events], edges)
    analysed = np.full(counts.size, width)
    analysed[-1] = max(1e-9, analysis.seconds - edges[-2])
    for span in analysis.excluded:
        overlap = np.minimum(span.end_s, edges[1:]) - np.maximum(span.start_s, edges[:-1])
        analysed -= np.clip(overlap, 0, None)
    rates = np.where(analysed > width / 10, counts / np.maximum(analysed, width / 10) * 60, 0.0)
    top = float(rates.max(initial=0)) or 1.0
    y = Scale(0, top, base + 74, base + 22)
    body = [*left_axis(y, 84, label="per min", theme=theme, count=2)]
    for begin, end, rate in zip(edges[:-1], edges[1:], rates, strict=True):
        right = min(float(end), analysis.seconds)
        if rate > 0 and right > begin:
            body.append(
                rectangle(
                    x(float(begin)),
                    y(float(rate)),
                    x(right) - x(float(begin)) - 0.8,
                    base + 74 - y(float(rate)),
                    fill=theme.accent,
                )
            )
    return body


def interval_histogram(analysis: Analysis, *, theme: Theme = SCREEN) -> str:
    """Intervals between successive discharges, all units together, on a logarithmic axis."""
    times = np.array([event.time_s for event in analysis.events])
    intervals = np.diff(times)
    intervals = intervals[intervals > 0]
    if intervals.size < 5:
        return ""
    logs = np.log10(intervals)
    low, high = float(np.floor(logs.min())), float(np.ceil(logs.max()))
    counts, edges = np.histogram(logs, bins=np.arange(low, high + 0.1, 0.1))
    x = Scale(low, high, 56, 340)
    y = Scale(0, float(counts.max()), 140, 24)
    body = [
        *left_axis(y, 56, label="count", theme=theme, count=3),
        line(56, 140, 340, 140, stroke=theme.line),
    ]
    for begin, end, count in zip(edges[:-1], edges[1:], counts, strict=True):
        left, right = x(float(begin)), x(float(end))
        body.append(
            rectangle(left, y(float(count)), right - left - 0.6, 140 - y(float(count)), fill=theme.accent)
        )
    body += [
        text(x(power), 155, _seconds_words(10.0**power), fill=theme.faint, anchor="middle")
        for power in range(int(low), int(high) + 1)
    ]
    body.append(text(198, 170, "interval to the next discharge", fill=theme.faint, anchor="middle"))
    return picture(352, 178, body, title="Intervals between successive discharges")


def grid_map(analysis: Analysis, *, theme: Theme = SCREEN) -> str:
    """Where on the grid the discharges are largest: a disc per electrode, area by count."""
    positions = [place for place in analysis.positions_mm if place is not None]
    if len(positions) != len(analysis.channels) or len(positions) < SMALLEST_GRID:
        return ""
    counts = dict.fromkeys(analysis.channels, 0)
    for event in analysis.events:
        counts[event.channel] = counts.get(event.channel, 0) + 1
    most = max(counts.values(), default=0)
    xs, ys = [p[0] for p in positions], [p[1] for p in positions]
    span = max(max(xs) - min(xs), max(ys) - min(ys), 1.0)
    per_mm = 240.0 / span
    body: list[str] = []
    for name, place in zip(analysis.channels, positions, strict=True):
        cx = 20 + (place[0] - min(xs)) * per_mm
        cy = 30 + (place[1] - min(ys)) * per_mm
        radius = 1.5 + (10 * np.sqrt(counts[name] / most) if most else 0)
        fill = theme.accent if counts[name] else theme.line
        body.append(f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="{radius:.1f}" fill="{fill}"/>')
    body.append(text(10, 13, "discharges by electrode (area = count)", fill=theme.faint))
    width = 40 + (max(xs) - min(xs)) * per_mm
    height = 46 + (max(ys) - min(ys)) * per_mm
    return picture(max(width, 230), height, body, title="Where on the grid the discharges are largest")


def _beside(x: float, y: float, words: str, theme: Theme) -> str:
    """Words beside a line, on the side where there is room."""
    if x > WIDTH - 150:
        return text(x - 4, y, words, fill=theme.faint, anchor="end")
    return text(x + 4, y, words, fill=theme.faint)


def _seconds_words(seconds: float) -> str:
    if seconds < 1:
        return f"{number(seconds * 1000)} ms"
    return f"{number(seconds)} s"


def _short(value: float) -> str:
    return number(float(f"{value:.2g}"))


def _clip(words: str, length: int) -> str:
    return words if len(words) <= length else words[: length - 1].rstrip() + "…"
