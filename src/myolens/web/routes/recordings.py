"""Recordings: upload, analysis in the background, viewer, review of events, comparison."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse, Response
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import defer
from starlette.datastructures import FormData, UploadFile

from myolens.diary.collection import (
    decide,
    kept_recording,
    kept_recordings,
    let_count,
    open_recording,
    undo_decision,
)
from myolens.diary.database import transaction
from myolens.diary.models import StoredRecording
from myolens.diary.recordings import KeptRecording
from myolens.emg import Analysis, compare
from myolens.errors import InputError
from myolens.reports import figures, needle, report
from myolens.reports.examined import examined
from myolens.reports.page import DRAWN_UNITS, recording_sentence
from myolens.reports.tables import tables_of
from myolens.web.envelope import view
from myolens.web.jobs import Jobs
from myolens.web.pages import (
    LARGEST_NUMBER,
    Number,
    RecordNumber,
    catalogue,
    diary_of,
    engine_of,
    form_of,
    language_of,
    local_address,
    number_field,
    page,
    report_answer,
    see_other,
    text_field,
)
from myolens.web.recordings_folder import KEY_LENGTH, recordings_folder, remove_files
from myolens.web.work import ENVELOPE

router = APIRouter(prefix="/recordings")
COPY_BYTES = 4 * 1024 * 1024
KINDS = ("", "surface_emg", "needle_emg")
WIDEST = 4000
EVENTS_A_PAGE = 50


@router.get("")
def overview(request: Request) -> HTMLResponse:
    """Upload a recording; the ones kept."""
    diary = diary_of(request)
    wanted = (
        select(StoredRecording)
        .options(defer(StoredRecording.analysis))
        .where(StoredRecording.profile_id == diary.profile_id)
        .order_by(StoredRecording.id.desc())
    )
    with transaction(engine_of(request)) as session:
        rows = list(session.scalars(wanted))
    return page(
        request,
        "recordings.html",
        rows=rows,
        analysed={kept.id: kept for kept in kept_recordings(diary)},
        kinds=KINDS,
        shares=_jobs(request).shares,
        limit_mb=request.app.state.settings.maximum_upload_bytes // 1024**2,
    )


@router.post("")
async def upload(request: Request) -> Response:
    """Keep an uploaded file under a name of our own and queue its analysis."""
    form = await form_of(request)
    kind = text_field(form, "kind", most=20)
    if kind not in KINDS:
        raise InputError(f"{kind!r} is not a kind of recording", where="kind")
    options = {
        "kind": kind or None,
        "muscle": text_field(form, "muscle", most=60) or None,
        "rate": number_field(form, "rate"),
    }
    files = [item for item in form.getlist("file") if isinstance(item, UploadFile) and item.filename]
    if not files:
        raise InputError("no file was sent", where="file")
    folder = _folder(request)
    key = secrets.token_hex(KEY_LENGTH // 2)
    main, fingerprint = await run_in_threadpool(_keep_files, folder, key, files)
    with transaction(engine_of(request)) as session:
        row = StoredRecording(
            profile_id=diary_of(request).profile_id,
            created=datetime.now(UTC),
            name=_plain_name(files[0].filename or ""),
            file=main,
            size=sum(item.size or 0 for item in files),
            state="waiting",
            message="",
            options=options,
            fingerprint=fingerprint,
        )
        session.add(row)
        session.flush()
        number = row.id
    _jobs(request).add(number)
    return see_other(f"/recordings/{number}")


@router.get("/compare")
def compare_two(request: Request, first: RecordNumber, second: RecordNumber) -> HTMLResponse:
    """Whether the rate differs between two recordings, of which the older is the first however they came."""
    pair = sorted((_done(request, n) for n in (first, second)), key=lambda kept: (kept.created, kept.id))
    comparison = compare(pair[0].analysis, pair[1].analysis)
    return page(request, "compare.html", pair=pair, comparison=comparison)


@router.get("/{number}")
def show(request: Request, number: Number, start: int = 0) -> HTMLResponse:
    """One recording: its state, then the viewer, numbers, units and events."""
    row = _own(request, number)
    if row.state != "done":
        return page(request, "recording_waiting.html", row=row, share=_jobs(request).shares.get(number, 0.0))
    kept = _done(request, number)
    recording = open_recording(kept, _folder(request))
    analysis = examined(kept, recording).analysis
    total = len(kept.found.events)
    start = max(0, min(start, max(0, total - 1)))
    return page(
        request,
        "recording.html",
        kept=kept,
        analysis=analysis,
        sentence_of=recording_sentence(analysis),
        needle=needle.reading_of(analysis),
        tables=tables_of(analysis),
        pictures=_pictures(analysis),
        here=recording is not None,
        events=[_event(kept, place) for place in range(start, min(total, start + EVENTS_A_PAGE))],
        total=total,
        start=start,
        a_page=EVENTS_A_PAGE,
        words=_viewer_words(request),
        comparable=[other for other in kept_recordings(diary_of(request)) if other.id != number],
    )


@router.get("/{number}/state")
def state(request: Request, number: Number) -> JSONResponse:
    """Where the analysis stands."""
    row = _own(request, number)
    return JSONResponse({"state": row.state, "share": _jobs(request).shares.get(number, 0.0)})


@router.get("/{number}/events")
def events_json(request: Request, number: Number) -> JSONResponse:
    """Every event with its verdict, for the viewer."""
    kept = _done(request, number)
    excluded = [{"start_s": span.start_s, "end_s": span.end_s} for span in kept.found.excluded]
    events = [_short(kept, place) for place in range(len(kept.found.events))]
    return JSONResponse({"events": events, "excluded": excluded})


@router.get("/{number}/samples")
def samples(
    request: Request, number: Number, start: float, end: float, width: int, channel: int = 0
) -> Response:
    """Extremes of one channel between two times as float32: all least values, then all greatest."""
    kept = _done(request, number)
    recording = open_recording(kept, _folder(request))
    if recording is None:
        raise HTTPException(404)
    if not (0 <= channel < len(recording.channels) and 1 <= width <= WIDEST and start < end):
        raise InputError("no such view", where="samples")
    first = int(min(max(0.0, start), recording.seconds) * recording.rate)
    last = int(min(end, recording.seconds) * recording.rate) + 1
    file = _folder(request) / kept.file
    columns = view(recording, file.with_name(file.name + ENVELOPE), channel, first, last, width)
    return Response(columns.astype("<f4").tobytes(), media_type="application/octet-stream")


@router.get("/{number}/report.html")
def report_file(request: Request, number: Number) -> Response:
    """The recording's report as one file, as reviewed."""
    kept = _done(request, number)
    content = report(examined=[examined(kept, open_recording(kept, _folder(request)))])
    return report_answer(content, download="myolens-recording.html")


@router.post("/{number}/review")
async def review(request: Request, number: Number) -> Response:
    """Accept, reject or relabel an event."""
    form = await form_of(request)
    event, unit = (_whole(form, name) for name in ("event", "unit"))
    _done(request, number)
    verdict = text_field(form, "verdict", most=10)
    decide(diary_of(request), number, -1 if event is None else event, verdict, unit)
    return _decided(request, number, form, event)


@router.post("/{number}/undo")
async def undo(request: Request, number: Number) -> Response:
    """Take the newest decision back."""
    form = await form_of(request)
    _done(request, number)
    return _decided(request, number, form, undo_decision(diary_of(request), number))


@router.post("/{number}/counted")
async def change_counted(request: Request, number: Number) -> Response:
    """Let a recording count in answers and reports, or leave it out."""
    form = await form_of(request)
    _own(request, number)
    let_count(diary_of(request), number, counted=text_field(form, "counted", most=3) == "yes")
    return see_other(local_address(text_field(form, "back", most=200), f"/recordings/{number}"))


@router.post("/{number}/cancel")
async def cancel(request: Request, number: Number) -> Response:
    """Stop the analysis."""
    await form_of(request)
    _own(request, number)
    _jobs(request).cancel(number)
    return see_other(f"/recordings/{number}")


@router.post("/{number}/remove")
async def remove(request: Request, number: Number) -> Response:
    """Delete a recording and everything made of it."""
    await form_of(request)
    row = _own(request, number)
    _jobs(request).cancel(number)
    remove_files(_folder(request), row.file)
    with transaction(engine_of(request)) as session:
        session.delete(session.get_one(StoredRecording, number))
    return see_other("/recordings")


def _keep_files(folder: Path, key: str, files: Sequence[UploadFile]) -> tuple[str, str]:
    """Copy the uploads to names of our own; the name and the SHA-256 of the recording itself.

    Companions (such as the .dat of a .hea) must keep the names their header calls them by,
    so they lie in a folder of their own when there is more than one file.
    """
    names = [_plain_name(item.filename or "") for item in files]
    if len(files) == 1:
        targets = [folder / f"{key}{Path(names[0]).suffix.lower()[:12]}"]
    else:
        (folder / f"{key}-files").mkdir(mode=0o700)
        targets = [folder / f"{key}-files" / name for name in names]
    prints = {}
    for item, target in zip(files, targets, strict=True):
        partial, seen = target.with_name(target.name + ".partial"), hashlib.sha256()
        with partial.open("wb") as out:
            while block := item.file.read(COPY_BYTES):
                out.write(block)
                seen.update(block)
        partial.replace(target)
        prints[target] = seen.hexdigest()
    main = next((t for t in targets if t.suffix in {".hea", ".vhdr"}), targets[0])
    return str(main.relative_to(folder)), prints[main]


def _plain_name(name: str) -> str:
    """The last part of a name people gave, without anything a file system could misread."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*')
    return kept.strip(". ")[:120] or "recording"


def _viewer_words(request: Request) -> dict[str, str]:
    texts = catalogue(language_of(request))
    verdicts = {name: texts[f"verdict.{name}"] for name in ("found", "accept", "reject", "relabel")}
    return verdicts | {"unit": texts["recording.unit"], "refused": texts["viewer.refused"]}


def _whole(form: FormData, name: str) -> int | None:
    value = number_field(form, name)
    if value is not None and (value != int(value) or abs(value) > LARGEST_NUMBER):
        raise InputError("is not a whole number", where=name)
    return None if value is None else int(value)


def _decided(request: Request, number: int, form: FormData, event: int | None) -> Response:
    """What the viewer asks for, or the page the decision was made on."""
    if "application/json" not in request.headers.get("accept", ""):
        return see_other(f"/recordings/{number}?start={_whole(form, 'start') or 0}#events")
    kept = _done(request, number)
    rate = kept.analysis.rate_per_min
    return JSONResponse(
        {
            "event": event,
            "now": None if event is None else _short(kept, event),
            "kept": len(kept.analysis.events),
            "units": len(kept.analysis.units),
            "rate": None if rate is None else [rate.value, rate.low, rate.high],
        }
    )


def _event(kept: KeptRecording, place: int) -> dict[str, Any]:
    """One event as found, with the verdict and the unit it has now."""
    event, made = kept.found.events[place], kept.decisions.get(place)
    return {
        "index": place,
        "time_s": event.time_s,
        "channel": event.channel,
        "peak_to_peak_uv": event.peak_to_peak_uv,
        "verdict": made.verdict if made else "found",
        "unit": made.unit if made and made.verdict == "relabel" else event.unit,
    }


def _short(kept: KeptRecording, place: int) -> dict[str, Any]:
    """The same with the names the viewer uses, of which there may be very many."""
    event = _event(kept, place)
    return {"t": event["time_s"], "u": event["unit"], "c": event["channel"], "v": event["verdict"]}


def _pictures(analysis: Analysis) -> dict[str, Any]:
    """Pictures of a recording as reviewed."""
    drawn = analysis.units[:DRAWN_UNITS]
    return {
        "shapes": [Markup(shape) for unit in drawn if (shape := figures.unit_shape(unit, analysis))],
        "grids": [Markup(grid) for unit in drawn if (grid := figures.unit_on_grid(unit, analysis))],
        "raster": Markup(figures.raster(analysis)) if analysis.events else "",
        "intervals": Markup(figures.interval_histogram(analysis)),
        "map": Markup(figures.grid_map(analysis)) if analysis.events else "",
    }


def _folder(request: Request) -> Path:
    return recordings_folder(request.app.state.settings)


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


def _own(request: Request, number: int) -> StoredRecording:
    wanted = select(StoredRecording).options(defer(StoredRecording.analysis))
    with transaction(engine_of(request)) as session:
        row = session.scalars(wanted.where(StoredRecording.id == number)).one_or_none()
    if row is None or row.profile_id != diary_of(request).profile_id:
        raise HTTPException(404)
    return row


def _done(request: Request, number: int) -> KeptRecording:
    kept = kept_recording(diary_of(request), number)
    if kept is None:
        raise HTTPException(404)
    return kept
