"""Pages: templates, the text catalogue, the person at the browser, forms."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Any

from fastapi import Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from sqlalchemy import Engine
from starlette.datastructures import FormData

from myolens.assessment.words import duration, lowered
from myolens.diary import Diary
from myolens.errors import InputError
from myolens.knowledge.proposals import Proposal
from myolens.knowledge.vocabulary import DURATION
from myolens.reports.dossier import Dossier
from myolens.web.security import CSRF_FIELD, CSRF_HEADER, csrf_ok

LANGUAGES = {"en": "English", "de": "Deutsch"}
LARGEST_NUMBER = 2**31 - 1
Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]
"""Number of a stored thing in an address."""
RecordNumber = Annotated[int, Query(ge=1, le=LARGEST_NUMBER)]
"""The same behind the question mark."""
PROFILE_COOKIE = "myolens_profile"
LANGUAGE_COOKIE = "myolens_language"


class ForbiddenError(Exception):
    """A form without its token."""


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Texts of the interface by key; English stands in for what a language lacks."""
    files = resources.files("myolens.web").joinpath("catalogue")
    english: dict[str, str] = json.loads(files.joinpath("en.json").read_text(encoding="utf-8"))
    if language == "en":
        return english
    own: dict[str, str] = json.loads(files.joinpath(f"{language}.json").read_text(encoding="utf-8"))
    return english | own


def language_of(request: Request) -> str:
    """The language chosen, else the browser's first that we have, else English."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    for part in request.headers.get("accept-language", "").split(","):
        code = part.split(";")[0].strip().split("-")[0].lower()
        if code in LANGUAGES:
            return code
    return "en"


def engine_of(request: Request) -> Engine:
    """The application's database."""
    engine: Engine = request.app.state.engine
    return engine


def profile_name(request: Request) -> str:
    """The person chosen in this browser."""
    from urllib.parse import unquote

    name = unquote(request.cookies.get(PROFILE_COOKIE, "")).strip()
    return name[:100] or "me"


def diary_of(request: Request) -> Diary:
    """The diary of the person chosen in this browser."""
    return Diary(profile_name(request), database=engine_of(request))


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a template with the texts of the reader's language."""
    language = language_of(request)
    texts = catalogue(language)

    def t(key: str, **values: object) -> str:
        return texts[key].format(**values) if values else texts[key]

    body = (
        environment()
        .get_template(template)
        .render(
            t=t,
            language=language,
            languages=LANGUAGES,
            csrf=request.scope["csrf"],
            csrf_field=Markup(f'<input type="hidden" name="{CSRF_FIELD}" value="{request.scope["csrf"]}">'),
            static=static_url,
            profile=profile_name(request),
            path=request.url.path,
            english=Markup("") if language == "en" else Markup(' lang="en"'),
            **context,
        )
    )
    return HTMLResponse(body, status_code=status)


def see_other(where: str) -> RedirectResponse:
    """After a form, the browser asks for the page that shows the result."""
    return RedirectResponse(where, status_code=303)


def local_address(wanted: str, otherwise: str) -> str:
    """An address of this application that a form may lead back to; another one for anything else."""
    return wanted if re.fullmatch(r"/(find|recordings|diary|you)(/[\w/]*)?", wanted) else otherwise


def report_answer(content: str, *, download: str | None = None) -> HTMLResponse:
    """A report, to be kept as a file or looked at; it may run its own script and style, and nothing else."""
    script, style = (_sums(content, tag) for tag in ("script", "style"))
    policy = (
        f"default-src 'none'; img-src data:; style-src {style}; script-src {script}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    headers = {"content-security-policy": policy}
    if download:
        headers["content-disposition"] = f'attachment; filename="{download}"'
    return HTMLResponse(content, headers=headers)


def pdf_answer(told: Dossier) -> Response:
    """A report as PDF, to be kept as a file."""
    from myolens.reports.pdf import pdf

    headers = {"content-disposition": 'attachment; filename="myolens-report.pdf"'}
    return Response(pdf(**told.parts()), media_type="application/pdf", headers=headers)


def _sums(content: str, tag: str) -> str:
    """Content-policy sources that allow exactly the elements of this kind that a page has."""
    parts = re.findall(rf"<{tag}>(.*?)</{tag}>", content, re.DOTALL)
    sums = [b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in parts]
    return " ".join(f"'sha256-{found}'" for found in sums) or "'none'"


async def form_of(request: Request) -> FormData:
    """The form sent, its token checked.

    Raises
    ------
    ForbiddenError
        If the token is missing or not this browser's.
    """
    form = await request.form(max_files=4, max_fields=400)
    token = form.get(CSRF_FIELD) or request.headers.get(CSRF_HEADER)
    if not csrf_ok(request.scope, token if isinstance(token, str) else None):
        raise ForbiddenError
    return form


def text_field(form: FormData, name: str, *, most: int = 5000) -> str:
    """One text field of a form, without spaces around it; empty when it was not sent.

    Raises
    ------
    InputError
        If it is longer than `most` characters or not text.
    """
    value = form.get(name, "")
    if not isinstance(value, str) or "\x00" in value:
        raise InputError("is not text", where=name)
    if len(value) > most:
        raise InputError(f"is longer than {most} characters", where=name)
    return value.strip()


def number_field(form: FormData, name: str) -> float | None:
    """One number of a form, decimal comma accepted; None when left empty.

    Raises
    ------
    InputError
        If it is not a finite number.
    """
    from math import isfinite

    words = text_field(form, name, most=40).replace(",", ".")
    if not words:
        return None
    try:
        value = float(words)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise InputError(f"{words!r} is not a number", where=name)
    return value


@cache
def static_url(name: str) -> str:
    """Address of a static file that changes with its content, so that it may be cached for ever."""
    content = resources.files("myolens.web").joinpath("static", name).read_bytes()
    return f"/static/{name}?v={hashlib.sha256(content).hexdigest()[:12]}"


@cache
def environment() -> Environment:
    """The template environment: everything escaped, every missing name an error."""
    made = Environment(
        loader=PackageLoader("myolens.web", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        lstrip_blocks=True,
        trim_blocks=True,
    )
    made.filters["sentence"] = sentence
    made.filters["lowered"] = lowered
    made.filters["amount"] = amount
    return made


def amount(read: Proposal) -> str:
    """A number read in somebody's words, with its unit; a time as people say it."""
    if read.value is None:
        return ""
    if read.code == DURATION:
        return duration(read.value)
    return f"{read.value:g} {read.unit or ''}".strip()


def sentence(words: str) -> str:
    """Words as they stand at the start of a line: the first letter a capital."""
    return words[:1].upper() + words[1:]
