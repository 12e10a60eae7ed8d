"""The mechanism page: sliders, presets, and a model axon that answers; the model is loaded when asked for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from myolens.errors import InputError
from myolens.knowledge import load
from myolens.web.pages import page

if TYPE_CHECKING:
    from myolens.web.mechanism import Answer

router = APIRouter(prefix="/mechanism")

MANY = 30
"""Discharges in ten seconds from which they are called runs."""

EASIER, HARDER = 95.0, 105.0
"""Stimulus in percent of the healthy one below and above which a silent nerve is called easier or harder
to excite."""


@router.get("")
def show(request: Request) -> HTMLResponse:
    """Sliders with what the axon does at these settings."""
    from myolens.web.mechanism import SLIDERS, presets

    cause, values, answer = _asked(request)
    causes = load().causes
    names = {
        code: causes[code].plain_name if code in causes else code.replace("_", " ") for code in presets()
    }
    return page(
        request,
        "mechanism.html",
        sliders=SLIDERS,
        values=values,
        cause=cause,
        names=names,
        about=_about(cause),
        **_shown(answer),
    )


@router.get("/answer")
def answer_only(request: Request) -> HTMLResponse:
    """What the axon does, as the part of the page that changes."""
    cause, _values, answer = _asked(request)
    return page(request, "mechanism_answer.html", about=_about(cause), **_shown(answer))


def _asked(request: Request) -> tuple[str, dict[str, float], Answer]:
    from myolens.web.mechanism import SLIDERS, presets, run

    query = request.query_params
    cause = query.get("cause", "")
    if cause and cause not in presets():
        raise InputError(f"{cause[:60]!r} has no change of the axon in the model", where="cause")
    values = {}
    for slider in SLIDERS:
        words = query.get(slider.knob, "")
        try:
            value = float(words) if words else slider.healthy
        except ValueError:
            raise InputError(f"{words[:40]!r} is not a number", where=slider.knob) from None
        if not slider.low <= value <= slider.high:
            raise InputError(f"must lie between {slider.low:g} and {slider.high:g}", where=slider.knob)
        values[slider.knob] = value
    return cause, values, run(cause, values)


def _about(cause: str) -> str:
    """Two sentences: what changes in the model, and what that does to the nerve."""
    from myolens.web.mechanism import presets

    if not cause:
        return ""
    known = load().causes.get(cause)
    changed = _sentences(presets()[cause])
    effect = _sentences(known.mechanism.text)[:1] if known else changed[1:2]
    return " ".join([*changed[:1], *effect])


def _sentences(words: str) -> list[str]:
    return re.split(r"(?<=[.!?])\s+", words.strip())


def _says(answer: Answer) -> str:
    """Which sentence describes what the axon did in these seconds."""
    if answer.resting_mv is None:
        return "norest"
    if answer.times_s.size >= MANY:
        return "many"
    if answer.times_s.size:
        return "some"
    threshold = answer.threshold_percent
    if threshold is None:
        return "blocked"
    return "easier" if threshold < EASIER else "harder" if threshold > HARDER else "silent"


def _shown(answer: Answer) -> dict[str, Any]:
    from myolens.web.mechanism import SECONDS

    return {
        "says": _says(answer),
        "resting": answer.resting_mv,
        "threshold": answer.threshold_percent,
        "discharges": int(answer.times_s.size),
        "seconds": int(SECONDS),
        "action_potential": Markup(answer.action_potential),
        "skin": Markup(answer.skin),
    }
