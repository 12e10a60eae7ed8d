"""A rate map as a small picture."""

from __future__ import annotations

import numpy as np

from myolens.simulation.ectopic import RateMap

CELL, LEFT, TOP, LEGEND = 26, 64, 16, 120


def _colour(rate: float) -> str:
    if rate == 0:
        return "#eef1f4"
    share = min(np.log10(1 + rate) / 3.5, 1.0)
    return f"rgb({int(255 - 60 * share)},{int(225 - 190 * share)},{int(160 - 130 * share)})"


def _text(x: float, y: float, words: str, *, anchor: str = "middle", turn: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{turn}>{words}</text>'


def _box(x: float, y: float, size: int, rate: float) -> str:
    title = f"<title>{rate:.0f} per min</title>"
    return f'<rect x="{x}" y="{y}" width="{size}" height="{size}" fill="{_colour(rate)}">{title}</rect>'


def map_svg(found: RateMap, *, x_label: str, y_label: str) -> str:
    """Heat map of discharge rate; the healthy point is a ring."""
    columns, rows = found.x.size, found.y.size
    bottom = TOP + CELL * rows
    width, height = LEFT + CELL * columns + LEGEND, bottom + 48
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-size="11" '
        'font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for j in range(rows):
        y = bottom - CELL * (j + 1)
        out += [_box(LEFT + CELL * i, y, CELL - 1, found.rate_per_min[j, i]) for i in range(columns)]
        out.append(_text(LEFT - 6, y + 17, f"{found.y[j]:.3g}", anchor="end"))
    out += [_text(LEFT + CELL * (i + 0.5), bottom + 14, f"{found.x[i]:.3g}") for i in range(0, columns, 2)]
    x = LEFT + CELL * (float(np.interp(found.healthy[0], found.x, np.arange(columns))) + 0.5)
    y = bottom - CELL * (float(np.interp(found.healthy[1], found.y, np.arange(rows))) + 0.5)
    out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="8" fill="none" stroke="#0a6" stroke-width="3"/>')
    middle = TOP + CELL * rows / 2
    out.append(_text(LEFT + CELL * columns / 2, height - 10, x_label))
    out.append(_text(14, middle, y_label, turn=f' transform="rotate(-90 14 {middle:g})"'))
    for k, rate in enumerate((0, 1, 10, 100, 1000)):
        out.append(_box(width - 104, TOP + 22 * k, 18, rate))
        out.append(_text(width - 80, TOP + 22 * k + 13, f"{rate} per min", anchor="start"))
    return "\n".join([*out, "</svg>"]) + "\n"
