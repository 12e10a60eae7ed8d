"""Two questions on worry, for whoever wants them; the answers are not kept."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from myolens.errors import InputError
from myolens.knowledge import load
from myolens.web.pages import form_of, number_field, page

router = APIRouter(prefix="/worry")

THRESHOLD = 3
"""Answers and cut-off are those of two-item screens such as the GAD-2 (0 to 3 each, 3 or more of 6;
Kroenke and colleagues 2007, Ann Intern Med 146:317). The two questions are our own and not a validated
scale, which the page says."""

MEASURES = ("cbt_health_anxiety", "stress_reduction")


@router.get("")
def ask(request: Request) -> HTMLResponse:
    """The two questions."""
    return page(request, "worry.html", score=None)


@router.post("")
async def answer(request: Request) -> Response:
    """What may help; nothing is stored."""
    form = await form_of(request)
    given = [number_field(form, name) for name in ("serious", "checking")]
    if any(value not in {0, 1, 2, 3} for value in given):
        raise InputError("each answer is one of the four shown", where="worry")
    measures = [load().care[code] for code in MEASURES]
    score = sum(int(value or 0) for value in given)
    return page(request, "worry.html", score=score, threshold=THRESHOLD, measures=measures)
