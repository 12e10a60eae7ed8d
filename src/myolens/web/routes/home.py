"""The first page, who is using it, privacy, and what makes it installable."""

from __future__ import annotations

from datetime import date
from importlib import resources
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response
from sqlalchemy import select

from myolens.diary import Diary
from myolens.diary.collection import forget_held
from myolens.diary.database import transaction
from myolens.diary.models import Profile, StoredRecording
from myolens.errors import InputError
from myolens.reports import report
from myolens.reports.dossier import Dossier, dossier, newest_answer
from myolens.web.pages import (
    LANGUAGE_COOKIE,
    LANGUAGES,
    PROFILE_COOKIE,
    catalogue,
    diary_of,
    engine_of,
    form_of,
    language_of,
    page,
    pdf_answer,
    profile_name,
    report_answer,
    see_other,
    static_url,
    text_field,
)
from myolens.web.recordings_folder import recordings_folder, remove_files

router = APIRouter()
YEAR = 31_536_000


@router.get("/")
def home(request: Request) -> HTMLResponse:
    """What can be done here."""
    return page(request, "home.html")


@router.get("/you")
def you(request: Request) -> HTMLResponse:
    """Who is using this browser, language, numbers, export and deletion."""
    diary = diary_of(request)
    with transaction(engine_of(request)) as session:
        names = list(session.scalars(select(Profile.name).order_by(Profile.name)))
        profile = session.get_one(Profile, diary.profile_id)
        hide = profile.hide_numbers
    return page(request, "you.html", names=names, hide=hide, chosen_language=language_of(request))


@router.get("/you/report")
def report_shown(request: Request) -> Response:
    """Everything stored as pages for the doctor, to look at and to print."""
    return report_answer(report(**_dossier(request).parts()))


@router.get("/you/report.pdf")
def report_pdf(request: Request) -> Response:
    """Everything stored as pages for the doctor, as PDF."""
    return pdf_answer(_dossier(request))


@router.post("/you/profile")
async def choose_profile(request: Request) -> Response:
    """Change to another person, made when new."""
    name = text_field(await form_of(request), "name", most=100)
    if not name:
        raise InputError("a name is needed", where="name")
    Diary(name, database=engine_of(request))
    answer = see_other("/you")
    answer.set_cookie(PROFILE_COOKIE, quote(name), max_age=YEAR, httponly=True, samesite="strict")
    return answer


@router.post("/you/settings")
async def change_settings(request: Request) -> Response:
    """Choose the language and whether numbers are shown."""
    form = await form_of(request)
    language = text_field(form, "language")
    if language not in LANGUAGES:
        raise InputError(f"{language!r} is not a language we have", where="language")
    diary = diary_of(request)
    with transaction(engine_of(request)) as session:
        profile = session.get_one(Profile, diary.profile_id)
        profile.hide_numbers = text_field(form, "hide_numbers") == "yes"
        profile.language = language
    answer = see_other("/you")
    answer.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR, httponly=True, samesite="strict")
    return answer


@router.post("/you/forget")
async def forget(request: Request) -> Response:
    """Delete everything of this person."""
    form = await form_of(request)
    name = profile_name(request)
    if text_field(form, "confirm") != name:
        raise InputError("the name typed does not match, nothing was deleted", where="confirm")
    diary = diary_of(request)
    await run_in_threadpool(_forget, request, diary)
    answer = see_other("/")
    answer.delete_cookie(PROFILE_COOKIE)
    answer.headers["clear-site-data"] = '"cache", "storage"'
    return answer


def _dossier(request: Request) -> Dossier:
    """Recordings and diary with the newest answer, if there is one."""
    diary = diary_of(request)
    folder = recordings_folder(request.app.state.settings)
    return dossier(diary, newest_answer(diary), folder=folder, today=date.today())


def _forget(request: Request, diary: Diary) -> None:
    """Stop what is being analysed, then delete files, rows and copies."""
    wanted = select(StoredRecording.id, StoredRecording.file).where(
        StoredRecording.profile_id == diary.profile_id
    )
    with transaction(request.app.state.engine) as session:
        rows = session.execute(wanted).all()
    for number, file in rows:
        request.app.state.jobs.cancel(number)
        remove_files(recordings_folder(request.app.state.settings), file)
    diary.forget_everything()
    forget_held()


@router.get("/privacy")
def privacy(request: Request) -> HTMLResponse:
    """Where the data are and who sees them."""
    return page(request, "privacy.html", folder=str(request.app.state.settings.folder))


@router.get("/offline")
def offline(request: Request) -> HTMLResponse:
    """Shown when the server is away."""
    return page(request, "offline.html")


@router.get("/worker.js")
def worker() -> Response:
    """The script that keeps the application's own files for use offline."""
    content = resources.files("myolens.web").joinpath("static", "worker.js").read_bytes()
    return Response(content, media_type="text/javascript", headers={"cache-control": "no-cache"})


@router.get("/manifest.webmanifest")
def manifest(request: Request) -> JSONResponse:
    """What a phone needs to install the application."""
    texts = catalogue(language_of(request))
    return JSONResponse(
        {
            "name": texts["app.name"],
            "short_name": texts["app.name"],
            "description": texts["home.lead"],
            "start_url": "/",
            "display": "standalone",
            "background_color": "#f4f7f7",
            "theme_color": "#0f6b66",
            "icons": [{"src": static_url("icon.svg"), "sizes": "any", "type": "image/svg+xml"}],
        },
        media_type="application/manifest+json",
    )
