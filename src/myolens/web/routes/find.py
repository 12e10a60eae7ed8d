"""Find the cause: an interview of one question a page, and its result."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from markupsafe import Markup
from pydantic import ValidationError
from starlette.datastructures import FormData

from myolens.assessment import Assessment
from myolens.assessment.words import per_hundred
from myolens.diary.answers import (
    answer_kept,
    answers_given,
    beside,
    diary_counts,
    interview_of,
    keep_interview,
    open_interview,
    start_interview,
)
from myolens.diary.collection import kept_recordings
from myolens.diary.database import transaction
from myolens.diary.interview import ENOUGH_QUESTIONS, PAIRED, PLACES, SITES, STEPS, Beside, Interview
from myolens.diary.models import Profile
from myolens.errors import InputError, first_problem
from myolens.knowledge import load
from myolens.knowledge.model import UrgencyLevel
from myolens.reports import figures, report
from myolens.reports.body import FIGURE, HEIGHT, SPOTS, WIDTH
from myolens.reports.cited import told_and_open
from myolens.reports.dossier import Dossier, dossier
from myolens.reports.page import SHOWN_CHECKED, checked_in_order, likely_causes, plan_of
from myolens.web.pages import (
    Number,
    diary_of,
    engine_of,
    form_of,
    number_field,
    page,
    pdf_answer,
    report_answer,
    see_other,
    text_field,
)
from myolens.web.recordings_folder import recordings_folder

router = APIRouter(prefix="/find")
PAGES = STEPS[:-1]
BESIDES = ("recording", "diary")


@router.get("")
def overview(request: Request) -> HTMLResponse:
    """Start, resume, or look at earlier answers."""
    diary = diary_of(request)
    return page(request, "find.html", resume=open_interview(diary), earlier=answers_given(diary))


@router.post("/start")
async def start(request: Request) -> Response:
    """Begin."""
    await form_of(request)
    number = start_interview(diary_of(request))
    return see_other(f"/find/{number}/about")


@router.get("/{number}/result")
def result(request: Request, number: Number) -> HTMLResponse:
    """The answer, with what it rests on."""
    told, besides = _load(request, number), _besides(request)
    diary = diary_of(request)
    answer = told.assessment(f"answer-{number}", besides)
    before = answer_kept(diary, number)
    keep_interview(diary, number, told, answer=answer)
    if stops(answer) and request.query_params.get("all") != "yes":
        return page(request, "emergency.html", number=number, answer=answer)
    checked = checked_in_order(answer)
    likely = likely_causes(answer)
    told_cautions, open_cautions = told_and_open(answer.cautions)
    return page(
        request,
        "result.html",
        number=number,
        answer=answer,
        likely=likely,
        plan=plan_of(answer.care),
        cautions=told_cautions,
        make_sure=open_cautions,
        told=told,
        knowledge=load(),
        checked_first=checked[:SHOWN_CHECKED],
        checked_rest=checked[SHOWN_CHECKED:],
        moved=_moved(before, answer),
        hide=_hides_numbers(request),
        bars={cause.cause: Markup(figures.probability_bar(cause)) for cause in likely},
        evidence={cause.cause: Markup(figures.evidence_bars(cause)) for cause in likely},
        curve=Markup(figures.course_curve(answer.course)) if answer.course.points else "",
        more=told.next_question(answer) is not None or len(told.asked) >= ENOUGH_QUESTIONS,
        unchanged=_unchanged(request, number, answer),
        besides=[item for item in answer.understood if item.source in BESIDES],
        source_of={item.finding: item.source for item in answer.understood if item.source in BESIDES},
        recordings=kept_recordings(diary),
        diary_days=len(diary.days()),
        diary_counts=diary_counts(diary),
    )


@router.get("/{number}/report")
def report_shown(request: Request, number: Number) -> Response:
    """The pages for the doctor, to look at and to print."""
    return report_answer(report(**_dossier(request, number).parts()))


@router.get("/{number}/report.html")
def report_page(request: Request, number: Number) -> Response:
    """The pages for the doctor, as one file."""
    return report_answer(report(**_dossier(request, number).parts()), download="myolens-report.html")


@router.get("/{number}/report.pdf")
def report_pdf(request: Request, number: Number) -> Response:
    """The pages for the doctor, as PDF."""
    return pdf_answer(_dossier(request, number))


@router.get("/{number}/question")
def question(request: Request, number: Number, again: str = "", then: str = "") -> Response:
    """The next question, or one answered before."""
    told = _load(request, number)
    answer = told.assessment(f"answer-{number}", _besides(request))
    knowledge = load()
    if again in knowledge.findings and (again in told.asked or again in told.answers):
        finding = knowledge.findings[again]
        text, why, safety = finding.ask, finding.why_ask, finding.safety
        earlier = told.asked[: told.asked.index(again)] if again in told.asked else ()
    else:
        found = told.next_question(answer)
        if found is None or stops(answer):
            return see_other(f"/find/{number}/result")
        finding = knowledge.findings[found.finding]
        text, why, safety, earlier = found.text, found.why, found.safety, told.asked
    back = f"/find/{number}/question?again={earlier[-1]}" if earlier else f"/find/{number}/labs"
    if then == "result":
        back = f"/find/{number}/result"
    return page(
        request,
        "question.html",
        number=number,
        finding=finding,
        text=text,
        why=why,
        safety=safety,
        given=told.answers.get(finding.code),
        place=len(earlier) + 1,
        most=ENOUGH_QUESTIONS,
        back=back,
        then="result" if then == "result" else "",
    )


@router.post("/{number}/question")
async def answer_question(request: Request, number: Number) -> Response:
    """Keep an answer and go on, or stop where help is needed now."""
    form = await form_of(request)
    told = _load(request, number)
    code = text_field(form, "finding", most=100)
    finding = load().findings.get(code)
    if finding is None:
        raise InputError(f"{code!r} is not a question", where="finding")
    answers = dict(told.answers)
    given = text_field(form, "answer", most=20)
    value = number_field(form, "value")
    if finding.number is not None and value is not None:
        if not finding.number.minimum <= value <= finding.number.maximum:
            raise InputError(
                f"must lie between {finding.number.minimum:g} and {finding.number.maximum:g} "
                f"{finding.number.unit}",
                where=finding.name,
            )
        answers[code] = value
    elif given in {"yes", "no", "unknown"}:
        answers[code] = given  # type: ignore[assignment]
    else:
        answers[code] = "unknown"
    asked = told.asked if code in told.asked else (*told.asked, code)
    told = told.model_copy(update={"answers": answers, "asked": asked})
    keep_interview(diary_of(request), number, told)
    following = "result" if text_field(form, "then", most=10) == "result" else "question"
    return see_other(f"/find/{number}/{following}")


@router.post("/{number}/more")
async def ask_more(request: Request, number: Number) -> Response:
    """Go on asking after the result: what was skipped may be put again."""
    await form_of(request)
    told = _load(request, number)
    kept = tuple(code for code in told.asked if told.answers.get(code) != "unknown")
    keep_interview(diary_of(request), number, told.model_copy(update={"asked": kept[-4:]}))
    return see_other(f"/find/{number}/question")


@router.get("/{number}/{step}")
def step_page(request: Request, number: Number, step: str) -> Response:
    """One of the pages before the questions."""
    told = _load(request, number)
    if step not in PAGES:
        return page(request, "error.html", status=404, code=404, message=None)
    again = request.query_params.get("more") == "yes"
    then = "result" if again or request.query_params.get("then") == "result" else ""
    if step == "safety" and (again or not told.safety):
        shown = told.safety_questions(f"answer-{number}", _besides(request))
        if not shown:
            return see_other(f"/find/{number}/{then or 'where'}")
    else:
        shown = told.safety
    before = [name for name in _step_pages(told) if STEPS.index(name) < STEPS.index(step)]
    back = f"/find/{number}/{before[-1]}" if before else "/find"
    return page(
        request,
        f"step_{step}.html",
        number=number,
        told=told,
        sites=SITES,
        paired=PAIRED,
        figure=Markup(FIGURE),
        spots=SPOTS,
        map_size=(WIDTH, HEIGHT),
        knowledge=load(),
        shown=shown,
        then=then,
        back=f"/find/{number}/result" if then else back,
    )


@router.post("/{number}/{step}")
async def keep_step(request: Request, number: Number, step: str) -> Response:
    """Keep one of the pages before the questions and go to the next."""
    form = await form_of(request)
    told = _load(request, number)
    readers = {
        "about": _about,
        "words": _words,
        "safety": _safety,
        "where": _where,
        "medicines": _medicines,
        "labs": _labs,
    }
    if step not in readers:
        return page(request, "error.html", status=404, code=404, message=None)
    try:
        new = readers[step](form)
        if step == "safety":
            new["answers"] = told.answers | new["answers"]  # type: ignore[operator]
        changed = Interview.model_validate(told.model_dump() | new)
    except ValidationError as error:
        raise InputError(first_problem(error.errors())) from None
    keep_interview(diary_of(request), number, changed)
    if text_field(form, "then", most=10) == "result":
        return see_other(f"/find/{number}/result")
    answer = changed.assessment(f"answer-{number}", _besides(request))
    if step in {"words", "safety"} and stops(answer):
        return see_other(f"/find/{number}/result")
    after = [name for name in _step_pages(changed) if STEPS.index(name) > STEPS.index(step)]
    return see_other(f"/find/{number}/{after[0] if after else 'question'}")


def _step_pages(told: Interview) -> tuple[str, ...]:
    """The pages before the questions that this interview has."""
    return tuple(name for name in PAGES if name != "words" or told.read_words())


def _about(form: FormData) -> dict[str, object]:
    return {
        "age": number_field(form, "age"),
        "sex": text_field(form, "sex") or None,
        "complaint": text_field(form, "complaint"),
    }


def _words(form: FormData) -> dict[str, object]:
    said = {key.removeprefix("read_"): value for key, value in form.items() if key.startswith("read_")}
    return {
        "confirmed": tuple(code for code, value in said.items() if value == "yes"),
        "refused": tuple(code for code, value in said.items() if value == "no"),
    }


def _safety(form: FormData) -> dict[str, object]:
    """Signs of danger: ticked is yes; what was shown and not ticked is no, unless all was skipped."""
    shown, ticked = (tuple(str(code) for code in form.getlist(name)) for name in ("shown", "ticked"))
    unknown = sorted(({*shown, *ticked}) - load().findings.keys())
    if unknown:
        raise InputError(f"{unknown[0][:40]!r} is not a question", where="ticked")
    if text_field(form, "skip") == "yes":
        return {"safety": shown, "answers": {}}
    return {"safety": shown, "answers": {code: "yes" if code in ticked else "no" for code in shown}}


def _where(form: FormData) -> dict[str, object]:
    sites = tuple(str(value) for value in form.getlist("site"))
    unknown = sorted(set(sites) - PLACES)
    if unknown:
        raise InputError(f"{unknown[0][:40]!r} is not a place on the map", where="site")
    amount, unit = number_field(form, "amount"), text_field(form, "unit", most=10)
    since = (
        f"{amount:g} {unit}" if amount is not None and unit in {"days", "weeks", "months", "years"} else ""
    )
    return {"sites": sites, "everywhere": text_field(form, "everywhere") == "yes", "since": since}


def _medicines(form: FormData) -> dict[str, object]:
    lines = text_field(form, "medicines").replace(",", "\n").replace(";", "\n").splitlines()
    return {"medicines": tuple(line.strip()[:100] for line in lines if line.strip())}


def _labs(form: FormData) -> dict[str, object]:
    labs: dict[str, tuple[float, str]] = {}
    for code, lab in load().labs.items():
        value = number_field(form, f"lab_{code}")
        unit = text_field(form, f"unit_{code}", most=20) or lab.number.unit
        if unit != lab.number.unit and unit not in lab.number.factors:
            raise InputError(f"{unit!r} is not a unit of {lab.name}", where=lab.name)
        if value is not None:
            labs[code] = (value, unit)
    return {"labs": labs}


def stops(answer: Assessment) -> bool:
    """Whether the interview stops here because help is needed now."""
    return answer.urgency.level is UrgencyLevel.EMERGENCY


def _load(request: Request, number: int) -> Interview:
    told = interview_of(diary_of(request), number)
    if told is None:
        raise HTTPException(404)
    return told


def _besides(request: Request) -> Beside:
    """What recordings and diary add to the answers."""
    diary = diary_of(request)
    return beside(diary, kept_recordings(diary), today=date.today())


def _dossier(request: Request, number: int) -> Dossier:
    _load(request, number)
    folder = recordings_folder(request.app.state.settings)
    return dossier(diary_of(request), number, folder=folder, today=date.today())


def _hides_numbers(request: Request) -> bool:
    with transaction(engine_of(request)) as session:
        return session.get_one(Profile, diary_of(request).profile_id).hide_numbers


def _moved(before: dict[str, Any] | None, answer: Assessment) -> dict[str, Any] | None:
    """What the newest change of answers did: the urgency and the causes that moved by a point or more."""
    if before is None:
        return None
    old = {cause["cause"]: cause["probability"] for cause in before["causes"]}
    moves = [
        (cause.plain_name, old[cause.cause], cause.probability)
        for cause in answer.causes
        if abs(old.get(cause.cause, cause.probability) - cause.probability) >= 0.01
    ]
    moves.sort(key=lambda move: -abs(move[2] - move[1]))
    was = before["urgency"]["level"]
    level = None if was == answer.urgency.level else (was, str(answer.urgency.level))
    if not moves and level is None:
        return None
    shown = [(name, per_hundred(old), per_hundred(new), new > old) for name, old, new in moves[:5]]
    return {"level": level, "causes": shown}


def _unchanged(request: Request, number: int, answer: Assessment) -> str | None:
    """The brake on re-checking: the review date, if an answer of the last 14 days says the same."""
    for given in answers_given(diary_of(request)):
        earlier, created = given.answer, given.created.astimezone().date()
        days = (date.today() - created).days
        if given.number == number or days > 14 or answer.urgency.level.rank >= 3:
            continue
        same_level = earlier.get("urgency", {}).get("level") == answer.urgency.level
        first = (earlier.get("causes") or [{}])[0].get("cause")
        if same_level and answer.causes and first == answer.causes[0].cause:
            return created.isoformat()
    return None
