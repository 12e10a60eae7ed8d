"""The body as a picture: where it twitches, on a report and to be tapped on a screen.

Seen from the front, so that a person's right is at the left. The head stands a second time beside it,
larger, because a place to tap needs 24 pixels (WCAG 2.2, 2.5.8) and an eyelid is small.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from myolens.reports.svg import SCREEN, Theme, picture, text

WIDTH, HEIGHT = 300, 424
MIDDLE, HEAD_MIDDLE = 95, 240

FIGURE = (
    '<circle cx="95" cy="36" r="27"/><rect x="84" y="56" width="22" height="26" rx="6"/>'
    '<path d="M69 80h52q14 0 16 14l-6 60-2 54H61l-2-54-6-60q2-14 16-14z"/>'
    '<path d="M61 202h68l-5 194q0 6-8 6h-12q-6 0-6-6l-3-118-3 118q0 6-6 6H74q-8 0-8-6z"/>'
    '<path class="limb" fill="none" d="M59 96 46 128 35 174 28 212M131 96l13 32 11 46 7 38"/>'
    '<circle cx="240" cy="64" r="52"/>'
)
"""Body and head as shapes without colours; `limb` is drawn as a thick line."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place: its value as told in an interview, and its ellipse."""

    place: str
    cx: float
    cy: float
    rx: float
    ry: float


def _spots() -> tuple[Spot, ...]:
    paired = {
        "shoulder": (55, 92, 14, 13),
        "upper_arm": (45, 127, 13, 20),
        "forearm": (34, 171, 13, 21),
        "hand": (26, 210, 13, 15),
        "thumb": (53, 212, 13, 13),
        "thigh": (79, 255, 14, 34),
        "calf": (79, 333, 13, 30),
        "foot": (75, 398, 14, 13),
    }
    head = {"eyelid": (222, 48, 15, 13), "face": (211, 80, 13, 14)}
    single = {
        "mouth": (240, 92, 15, 13),
        "tongue": (240, 121, 14, 13),
        "neck": (95, 71, 13, 13),
        "trunk": (95, 143, 23, 42),
    }
    spots = []
    for places, middle in ((paired, MIDDLE), (head, HEAD_MIDDLE)):
        for name, (cx, cy, rx, ry) in places.items():
            spots += [
                Spot(f"right:{name}", cx, cy, rx, ry),
                Spot(f"left:{name}", 2 * middle - cx, cy, rx, ry),
            ]
    return (*spots, *(Spot(name, *shape) for name, shape in single.items()))


SPOTS = _spots()


def body_picture(places: Collection[str], *, words: str, theme: Theme = SCREEN) -> str:
    """The body with the places told marked; `words` names them for whoever cannot see it."""
    shapes = FIGURE.replace('class="limb"', f'stroke="{theme.line}" stroke-width="20" stroke-linecap="round"')
    body = [f'<g fill="{theme.line}">{shapes}</g>']
    body += [
        f'<ellipse cx="{s.cx:g}" cy="{s.cy:g}" rx="{s.rx:g}" ry="{s.ry:g}" fill="{theme.accent}"/>'
        for s in SPOTS
        if s.place in places
    ]
    body += [
        text(2, 20, "right", fill=theme.faint, size=20),
        text(132, 20, "left", fill=theme.faint, size=20),
    ]
    return picture(WIDTH, HEIGHT, body, title=words)
