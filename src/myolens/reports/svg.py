"""Small pictures as SVG text: scales, shapes, and the colours of screen and paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of a picture; on screen they are the page's variables, so that dark mode works.

    ``units`` are told apart without relying on hue alone: pictures also number them.
    """

    ink: str
    faint: str
    line: str
    accent: str
    accent_soft: str
    against: str
    paper: str
    units: tuple[str, ...]


MARGIN, HALF_LETTER = 8.0, 3.6
"""Room right of an axis, and half the width of a sign of ordinary size."""

SCREEN = Theme(
    ink="var(--ink)",
    faint="var(--faint)",
    line="var(--line)",
    accent="var(--accent)",
    accent_soft="var(--accent-soft)",
    against="var(--against)",
    paper="var(--paper)",
    units=tuple(f"var(--unit-{number})" for number in range(1, 9)),
)

PAPER = Theme(
    ink="#1c2b33",
    faint="#5b6b74",
    line="#c9d3d8",
    accent="#0f6b66",
    accent_soft="#cfe6e3",
    against="#8a5a1b",
    paper="#ffffff",
    units=("#0f6b66", "#9a4f12", "#4a4fa3", "#8b2f5e", "#4d6b1d", "#8a6a00", "#25699c", "#5b5b5b"),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Linear map from data to pixels."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Pixel of a value, rounded to a tenth."""
        span = (self.high - self.low) or 1.0
        return round(self.start + (value - self.low) / span * (self.end - self.start), 1)

    def ticks(self, count: int = 5) -> tuple[float, ...]:
        """Round numbers inside the range, about `count` of them."""
        span = self.high - self.low
        if not span > 0:
            return (self.low,)
        raw = span / max(1, count)
        step = 10.0 ** floor(log10(raw))
        step *= next(factor for factor in (1, 2, 5, 10) if step * factor >= raw * 0.999)
        first = ceil(self.low / step - 1e-9)
        last = floor(self.high / step + 1e-9)
        return tuple(round(index * step, 10) for index in range(first, last + 1))


def number(value: float) -> str:
    """Short text of a number: no trailing zeros, minus as a real minus sign."""
    text = f"{value:.6g}"
    return text.replace("-", "−")


def picture(width: float, height: float, body: Sequence[str], *, title: str, description: str = "") -> str:
    """Wrap shapes into an SVG that scales to its container and has a spoken description."""
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
        f'aria-label="{escape(title, quote=True)}" xmlns="http://www.w3.org/2000/svg" '
        'font-family="system-ui, sans-serif" font-size="11">'
        f"<title>{escape(title)}</title>"
        + (f"<desc>{escape(description)}</desc>" if description else "")
        + "".join(body)
        + "</svg>"
    )


def text(
    x: float, y: float, words: str, *, fill: str, anchor: str = "start", size: float | None = None
) -> str:
    """Text at a point."""
    extent = f' font-size="{size:g}"' if size else ""
    return f'<text x="{x:g}" y="{y:g}" fill="{fill}" text-anchor="{anchor}"{extent}>{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, *, stroke: str, width: float = 1, dash: str = "") -> str:
    """Straight line."""
    pattern = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{stroke}" '
        f'stroke-width="{width:g}"{pattern}/>'
    )


def rectangle(x: float, y: float, width: float, height: float, *, fill: str, radius: float = 0) -> str:
    """Filled rectangle; negative sizes are drawn as nothing."""
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{max(0.0, width):g}" height="{max(0.0, height):g}" '
        f'rx="{radius:g}" fill="{fill}"/>'
    )


def polyline(
    xs: Sequence[float] | NDArray[np.floating],
    ys: Sequence[float] | NDArray[np.floating],
    *,
    stroke: str,
    width: float = 1.2,
) -> str:
    """Line through points."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    return (
        f'<polyline points="{points}" fill="none" stroke="{stroke}" stroke-width="{width:g}" '
        'stroke-linejoin="round"/>'
    )


def area(
    xs: Sequence[float], lows: Sequence[float], highs: Sequence[float], *, fill: str, opacity: float = 1
) -> str:
    """Filled band between two curves."""
    there = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, highs, strict=True))
    back = " ".join(f"{x:.1f},{y:.1f}" for x, y in reversed(list(zip(xs, lows, strict=True))))
    return f'<polygon points="{there} {back}" fill="{fill}" opacity="{opacity:g}"/>'


def inside(x: float, words: str, right: float) -> float:
    """Middle of a label of ordinary size so that it ends no more than a margin right of an axis."""
    return min(x, round(right + MARGIN - HALF_LETTER * len(words), 1))


def bottom_axis(scale: Scale, y: float, *, label: str, theme: Theme, count: int = 6) -> list[str]:
    """Ticks, numbers and label under a picture."""
    body = [line(scale.start, y, scale.end, y, stroke=theme.line)]
    for tick in scale.ticks(count):
        x = scale(tick)
        body += [
            line(x, y, x, y + 4, stroke=theme.line),
            text(inside(x, number(tick), scale.end), y + 15, number(tick), fill=theme.faint, anchor="middle"),
        ]
    body.append(text((scale.start + scale.end) / 2, y + 30, label, fill=theme.faint, anchor="middle"))
    return body


def left_axis(scale: Scale, x: float, *, label: str, theme: Theme, count: int = 4) -> list[str]:
    """Ticks and numbers left of a picture, with the label above them."""
    body = [line(x, scale.start, x, scale.end, stroke=theme.line)]
    for tick in scale.ticks(count):
        y = scale(tick)
        body += [
            line(x - 4, y, x, y, stroke=theme.line),
            text(x - 7, y + 4, number(tick), fill=theme.faint, anchor="end"),
        ]
    top = min(scale.start, scale.end)
    body.append(text(x, top - 8, label, fill=theme.faint, anchor="middle"))
    return body
