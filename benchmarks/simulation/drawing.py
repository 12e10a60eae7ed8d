"""Small SVG pictures for the documentation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
INK, PALE = "#1a4f8b", "#999999"


def path_of(x, y, colour=INK, width=0.8):
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'


def text(x, y, words, size=11, anchor="start"):
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}">{words}</text>'


def svg(name, width, height, title, parts):
    body = "\n".join(parts)
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / name).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" fill="#222222" role="img"><title>{title}</title>\n'
        f'<rect width="{width}" height="{height}" fill="white"/>\n{body}\n</svg>\n',
        encoding="utf-8",
    )


def envelope(row, bins):
    """Least and greatest value in each bin, so that no spike is lost in a small picture."""
    cut = row[: row.size // bins * bins].reshape(bins, -1)
    return np.column_stack([cut.min(axis=1), cut.max(axis=1)]).ravel()
