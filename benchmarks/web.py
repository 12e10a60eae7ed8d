"""Time the server takes for a page, and for a view of a long recording of many channels.

Run ``python -m benchmarks.web [--minutes 30] [--channels 64]``: everything lies in a temporary folder (an EDF
of that size takes 470 MB, and 10 000 events are kept with it). Times are of whole requests inside one
process, without a network; the envelope is written as it is after an upload, the analysis itself is
measured in `benchmarks.speed`.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from starlette.testclient import TestClient

from benchmarks.speed import RATE, write
from myolens.diary import Diary
from myolens.diary.database import transaction
from myolens.diary.models import StoredRecording
from myolens.diary.stored import to_stored
from myolens.emg.analysis import Analysis, Estimate, Event, Quality
from myolens.readers import read
from myolens.web import Settings, create_app
from myolens.web.envelope import write_envelope
from myolens.web.recordings_folder import recordings_folder
from myolens.web.work import ENVELOPE

PAGES = ("/", "/find", "/diary", "/recordings", "/learn", "/learn/cause/hypokalaemia", "/you", "/privacy")
SPANS_S = (1800.0, 300.0, 60.0, 10.0, 1.0, 0.1)
WIDTH = 1200
EVENTS = 10_000


def times_ms(ask: Callable[[], object], repeats: int) -> tuple[float, float, float]:
    """Median of processor time, median and worst of elapsed time of several requests, ms; the first left out.

    Processor time tells what a request costs whatever else the machine does meanwhile.
    """
    worked, taken = [], []
    for _ in range(repeats + 1):
        start, busy = time.perf_counter(), time.process_time()
        ask()
        worked.append(1e3 * (time.process_time() - busy))
        taken.append(1e3 * (time.perf_counter() - start))
    return float(np.median(worked[1:])), float(np.median(taken[1:])), max(taken[1:])


def first_page_bytes(client: TestClient) -> int:
    """Bytes of the first page with its style, script and icon."""
    page = client.get("/")
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    return len(page.content) + sum(len(client.get(file).content) for file in set(files))


def long_recording(client: TestClient, *, channels: int, minutes: float) -> tuple[int, float]:
    """Number of a stored recording whose envelope is made; seconds that took."""
    folder = recordings_folder(client.app.state.settings)  # type: ignore[attr-defined]
    file = folder / "long.edf"
    write(file, channels=channels, minutes=minutes, mains=True)
    recording = read(file)[0]
    start = time.perf_counter()
    write_envelope(recording, file.with_name(file.name + ENVELOPE))
    taken = time.perf_counter() - start
    engine = client.app.state.engine  # type: ignore[attr-defined]
    names = tuple(channel.name for channel in recording.channels)
    rng = np.random.default_rng(1)
    times = np.sort(rng.uniform(0, recording.seconds, EVENTS))
    found = Analysis(
        recording="long.edf", kind="surface_emg", muscle=None, rate=recording.rate, channels=names,
        positions_mm=(None,) * len(names), seconds=recording.seconds, analysed_seconds=recording.seconds,
        events=tuple(Event(float(t), 1, names[0], 100.0, 20.0) for t in times), units=(),
        rate_per_min=Estimate(EVENTS / minutes, 0.0, 2 * EVENTS / minutes), excluded=(),
        quality=Quality("good", 5.0, 30.0),
    )  # fmt: skip
    with transaction(engine) as session:
        row = StoredRecording(
            profile_id=Diary("me", database=engine).profile_id, created=datetime.now(UTC), name="long.edf",
            file="long.edf", size=file.stat().st_size, state="done", message="", options={},
            analysis=to_stored(recording, found, place=0),
        )  # fmt: skip
        session.add(row)
        session.flush()
        return row.id, taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--channels", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=20)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with TestClient(create_app(Settings(folder=folder, hosts=("testserver",)))) as client:
            print(f"first page with its files: {first_page_bytes(client) / 1000:.1f} kB\n")
            print("| page | processor ms | elapsed ms | worst ms | kB |\n|---|---|---|---|---|")
            for page in PAGES:
                worked, median, worst = times_ms(lambda page=page: client.get(page), wanted.repeats)
                size_kb = len(client.get(page).content) / 1000
                print(f"| {page} | {worked:.1f} | {median:.1f} | {worst:.1f} | {size_kb:.1f} |")
            number, taken = long_recording(client, channels=wanted.channels, minutes=wanted.minutes)
            size = (recordings_folder(client.app.state.settings) / "long.edf").stat().st_size
            print(
                f"\n{wanted.channels} channels, {wanted.minutes:g} min at {RATE} Hz, {size / 1e6:.0f} MB; "
                f"envelope written in {taken:.1f} s\n"
            )
            print("| span in view | processor ms | elapsed ms | worst ms |\n|---|---|---|---|")
            rng = np.random.default_rng(0)
            for span in SPANS_S:

                def ask(span: float = span) -> None:
                    start = rng.uniform(0, max(1e-3, wanted.minutes * 60 - span))
                    channel = rng.integers(wanted.channels)
                    answer = client.get(
                        f"/recordings/{number}/samples?start={start}&end={start + span}"
                        f"&width={WIDTH}&channel={channel}"
                    )
                    assert answer.status_code == 200

                worked, median, worst = times_ms(ask, wanted.repeats)
                print(f"| {span:g} s | {worked:.1f} | {median:.1f} | {worst:.1f} |")


if __name__ == "__main__":
    main()
