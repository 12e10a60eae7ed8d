"""Recordings: upload, analysis in the background, viewer, review of events, comparison."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from markupsafe import Markup
from sqlalchemy import select
from starlette.datastructures import UploadFile

from myolens.diary.database import transaction
from myolens.diary.models import EventReview, StoredRecording
from myolens.emg.analysis import Estimate
from myolens.emg.counting import poisson_rate
from myolens.errors import InputError
from myolens.readers import read
from myolens.recording import ChannelKind, Recording
from myolens.web.envelope import view
from myolens.web.jobs import Jobs
from myolens.web.pages import (
    Number,
    RecordNumber,
    diary_of,
    engine_of,
    form_of,
    number_field,
    page,
    see_other,
    text_field,
)
from myolens.web.recordings_folder import KEY_LENGTH, recordings_folder, remove_files
from myolens.web.work import ENVELOPE, REPORT

router = APIRouter(prefix="/recordings")
COPY_BYTES = 4 * 1024 * 1024
KINDS = ("", "surface_emg", "needle_emg")
WIDEST = 4000
EVENTS_A_PAGE = 50


@router.get("")
def overview(request: Request) -> HTMLResponse:
    """Upload a recording; the ones kept."""
    wanted = (
        select(StoredRecording)
        .where(StoredRecording.profile_id == diary_of(request).profile_id)
        .order_by(StoredRecording.id.desc())
    )
    with transaction(engine_of(request)) as session:
        rows = list(session.scalars(wanted))
    return page(
        request,
        "recordings.html",
        rows=rows,
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
    folder = recordings_folder(request.app.state.settings)
    key = secrets.token_hex(KEY_LENGTH // 2)
    main = await run_in_threadpool(_keep_files, folder, key, files)
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
        )
        session.add(row)
        session.flush()
        number = row.id
    _jobs(request).add(number)
    return see_other(f"/recordings/{number}")


@router.get("/compare")
def compare(request: Request, first: RecordNumber, second: RecordNumber) -> HTMLResponse:
    """Whether the rate differs between two recordings."""
    rows = [_own(request, number) for number in (first, second)]
    if any(row.state != "done" for row in rows):
        raise InputError("both recordings must be analysed first")
    counted = [_reviewed(request, row) for row in rows]
    minutes = [(row.analysis or {})["analysis"]["analysed_seconds"] / 60 for row in rows]
    return page(
        request,
        "compare.html",
        rows=rows,
        counts=[len(events) for events in counted],
        minutes=minutes,
        rates=[_rate(events, time) for events, time in zip(counted, minutes, strict=True)],
        ratio=_ratio([len(events) for events in counted], minutes),
    )


@router.get("/{number}")
def show(request: Request, number: Number, start: int = 0) -> HTMLResponse:
    """One recording: its state, then the viewer, numbers, units and events."""
    row = _own(request, number)
    if row.state != "done" or row.analysis is None:
        return page(request, "recording_waiting.html", row=row, share=_jobs(request).shares.get(number, 0.0))
    result = row.analysis
    analysis = result["analysis"]
    events = _with_verdicts(request, row)
    kept = [event for event in events if event["verdict"] != "reject"]
    start = max(0, min(start, max(0, len(events) - 1)))
    others = select(StoredRecording).where(
        StoredRecording.profile_id == row.profile_id,
        StoredRecording.state == "done",
        StoredRecording.id != number,
    )
    with transaction(engine_of(request)) as session:
        comparable = list(session.scalars(others))
    return page(
        request,
        "recording.html",
        row=row,
        result=result,
        analysis=analysis,
        pictures={
            name: [Markup(svg) for svg in value] if isinstance(value, list) else Markup(value)
            for name, value in result["pictures"].items()
        },
        events=events[start : start + EVENTS_A_PAGE],
        total=len(events),
        start=start,
        a_page=EVENTS_A_PAGE,
        reviewed=any(event["verdict"] != "found" for event in events),
        kept=len(kept),
        rate=_rate(kept, analysis["analysed_seconds"] / 60),
        units=sorted({event["unit"] for event in kept if event["unit"] is not None}),
        comparable=comparable,
    )


@router.get("/{number}/state")
def state(request: Request, number: Number) -> JSONResponse:
    """Where the analysis stands."""
    row = _own(request, number)
    return JSONResponse({"state": row.state, "share": _jobs(request).shares.get(number, 0.0)})


@router.get("/{number}/events")
def events_json(request: Request, number: Number) -> JSONResponse:
    """Every event with its verdict, for the viewer."""
    row = _done(request, number)
    analysis = (row.analysis or {})["analysis"]
    events = [
        {"t": e["time_s"], "u": e["unit"], "c": e["channel"], "v": e["verdict"]}
        for e in _with_verdicts(request, row)
    ]
    return JSONResponse({"events": events, "excluded": analysis["excluded"]})


@router.get("/{number}/samples")
def samples(
    request: Request, number: Number, start: float, end: float, width: int, channel: int = 0
) -> Response:
    """Extremes of one channel between two times as float32: all least values, then all greatest."""
    row = _done(request, number)
    result = row.analysis or {}
    if not (0 <= channel < len(result["channels"]) and 1 <= width <= WIDEST and start < end):
        raise InputError("no such view", where="samples")
    file = recordings_folder(request.app.state.settings) / row.file
    recording = _opened(str(file), result["place"], row.options.get("kind"), row.options.get("rate"))
    rate = result["rate"]
    first, last = int(max(0.0, start) * rate), int(min(end, recording.seconds) * rate) + 1
    columns = view(recording, file.with_name(file.name + ENVELOPE), channel, first, last, width)
    return Response(columns.astype("<f4").tobytes(), media_type="application/octet-stream")


@router.get("/{number}/report.html")
def report_file(request: Request, number: Number) -> Response:
    """The recording's report as one file."""
    row = _done(request, number)
    file = recordings_folder(request.app.state.settings) / (row.file + REPORT)
    return FileResponse(
        file,
        media_type="text/html",
        filename="myolens-recording.html",
        headers={"content-security-policy": "sandbox"},
    )


@router.post("/{number}/review")
async def review(request: Request, number: Number) -> Response:
    """Accept, reject or relabel an event."""
    form = await form_of(request)
    row = _done(request, number)
    found = (row.analysis or {})["analysis"]["events"]
    event, unit = number_field(form, "event"), number_field(form, "unit")
    verdict = text_field(form, "verdict", most=10)
    if event is None or event != int(event) or not 0 <= event < len(found):
        raise InputError("no such event", where="event")
    if verdict not in {"accept", "reject", "relabel"}:
        raise InputError(f"{verdict!r} is not a verdict", where="verdict")
    if verdict == "relabel" and (unit is None or unit != int(unit) or not 1 <= unit <= 999):
        raise InputError("a unit is a number from 1 to 999", where="unit")
    with transaction(engine_of(request)) as session:
        session.add(
            EventReview(
                recording_id=number,
                event=int(event),
                verdict=verdict,
                unit=int(unit) if verdict == "relabel" and unit is not None else None,
                at=datetime.now(UTC),
            )
        )
    return see_other(f"/recordings/{number}?start={_page_start(form)}#events")


@router.post("/{number}/undo")
async def undo(request: Request, number: Number) -> Response:
    """Take the newest decision back."""
    form = await form_of(request)
    _done(request, number)
    newest = (
        select(EventReview).where(EventReview.recording_id == number).order_by(EventReview.id.desc()).limit(1)
    )
    with transaction(engine_of(request)) as session:
        row = session.scalars(newest).one_or_none()
        if row is not None:
            session.delete(row)
    return see_other(f"/recordings/{number}?start={_page_start(form)}#events")


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
    remove_files(recordings_folder(request.app.state.settings), row.file)
    with transaction(engine_of(request)) as session:
        session.delete(session.get_one(StoredRecording, number))
    return see_other("/recordings")


def _keep_files(folder: Path, key: str, files: Sequence[UploadFile]) -> str:
    """Copy the uploads to names of our own; the first is the recording, others its companions.

    Companions (such as the .dat of a .hea) must keep the names their header calls them by,
    so they lie in a folder of their own when there is more than one file.
    """
    names = [_plain_name(item.filename or "") for item in files]
    if len(files) == 1:
        targets = [folder / f"{key}{Path(names[0]).suffix.lower()[:12]}"]
    else:
        (folder / f"{key}-files").mkdir(mode=0o700)
        targets = [folder / f"{key}-files" / name for name in names]
    for item, target in zip(files, targets, strict=True):
        partial = target.with_name(target.name + ".partial")
        with partial.open("wb") as out:
            while block := item.file.read(COPY_BYTES):
                out.write(block)
        partial.replace(target)
    main = next((t for t in targets if t.suffix in {".hea", ".vhdr"}), targets[0])
    return str(main.relative_to(folder))


def _plain_name(name: str) -> str:
    """The last part of a name people gave, without anything a file system could misread."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(letter for letter in last if letter.isprintable() and letter not in '<>:"|?*')
    return kept.strip(". ")[:120] or "recording"


def _page_start(form: Any) -> int:
    return int(number_field(form, "start") or 0)


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


def _own(request: Request, number: int) -> StoredRecording:
    with transaction(engine_of(request)) as session:
        row = session.get(StoredRecording, number)
    if row is None or row.profile_id != diary_of(request).profile_id:
        raise HTTPException(404)
    return row


def _done(request: Request, number: int) -> StoredRecording:
    row = _own(request, number)
    if row.state != "done" or row.analysis is None:
        raise HTTPException(404)
    return row


def _with_verdicts(request: Request, row: StoredRecording) -> list[dict[str, Any]]:
    wanted = select(EventReview).where(EventReview.recording_id == row.id).order_by(EventReview.id)
    with transaction(engine_of(request)) as session:
        latest = {review.event: review for review in session.scalars(wanted)}
    events = []
    for place, event in enumerate((row.analysis or {})["analysis"]["events"]):
        decided = latest.get(place)
        events.append(
            {
                **event,
                "index": place,
                "verdict": decided.verdict if decided else "found",
                "unit": decided.unit if decided and decided.unit is not None else event["unit"],
            }
        )
    return events


def _reviewed(request: Request, row: StoredRecording) -> list[dict[str, Any]]:
    return [event for event in _with_verdicts(request, row) if event["verdict"] != "reject"]


def _rate(events: Sequence[object], minutes: float) -> Estimate | None:
    return poisson_rate(len(events), minutes) if minutes > 0 else None


def _ratio(counts: Sequence[int], minutes: Sequence[float]) -> Estimate | None:
    """Ratio of the second rate to the first with its exact conditional interval.

    Given the total, the second count is binomial (Przyborowski & Wilenski 1940, Biometrika 31:313).
    """
    from scipy.stats import beta

    first, second = counts
    if first + second == 0 or min(minutes) <= 0:
        return None
    low = beta.ppf(0.025, second, first + 1) if second else 0.0
    high = beta.ppf(0.975, second + 1, first) if first else 1.0
    exposure = minutes[0] / minutes[1]

    def odds(share: float) -> float:
        return share / (1 - share) * exposure if share < 1 else float("inf")

    return Estimate(odds(second / (first + second)), odds(float(low)), odds(float(high)))


@lru_cache(maxsize=4)
def _opened(file: str, place: int, kind: str | None, rate: float | None) -> Recording:
    return read(Path(file), kind=ChannelKind(kind) if kind else None, rate=rate)[place]
