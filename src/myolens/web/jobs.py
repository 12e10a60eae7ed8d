"""Analyses in the background: one at a time, each in its own process, with progress and cancel."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine, select

from myolens.diary.database import transaction
from myolens.diary.models import StoredRecording
from myolens.web.work import RESULT

TIME_LIMIT_S = 1800.0


@dataclass(slots=True, eq=False)
class Jobs:
    """The queue of analyses of one application.

    A recording's row says where it stands: waiting, working, done, failed. What was
    waiting or working when the program stopped is taken up again at the next start.
    """

    engine: Engine
    folder: Path
    shares: dict[int, float] = field(default_factory=dict)
    _waiting: deque[int] = field(default_factory=deque)
    _wake: threading.Condition = field(default_factory=threading.Condition)
    _process: subprocess.Popen[str] | None = None
    _current: int | None = None
    _stopping: bool = False
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work on what is waiting."""
        unfinished = (
            select(StoredRecording.id)
            .where(StoredRecording.state.in_(("waiting", "working")))
            .order_by(StoredRecording.id)
        )
        with transaction(self.engine) as session:
            self._waiting.extend(session.scalars(unfinished))
        self._thread = threading.Thread(target=self._run, name="analyses", daemon=True)
        self._thread.start()

    def add(self, recording_id: int) -> None:
        """Put a recording into the queue."""
        with self._wake:
            self._waiting.append(recording_id)
            self._wake.notify()

    def cancel(self, recording_id: int) -> None:
        """Stop a recording's analysis, or take it out of the queue."""
        with self._wake:
            if recording_id in self._waiting:
                self._waiting.remove(recording_id)
            if self._current == recording_id and self._process is not None:
                self._process.kill()
        self._finish(recording_id, "failed", "The analysis was cancelled.")

    def stop(self) -> None:
        """Stop working; what was not finished is taken up at the next start."""
        with self._wake:
            self._stopping = True
            if self._process is not None:
                self._process.kill()
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._stopping:
                    self._wake.wait()
                if self._stopping:
                    return
                self._current = self._waiting.popleft()
            try:
                self._work(self._current)
            finally:
                with self._wake:
                    self._current = None
                    self._process = None

    def _work(self, recording_id: int) -> None:
        with transaction(self.engine) as session:
            row = session.get(StoredRecording, recording_id)
            if row is None or row.state not in {"waiting", "working"}:
                return
            row.state = "working"
            file, options = self.folder / row.file, {**row.options, "name": row.name}
        command = [sys.executable, "-m", "myolens.web.work", str(file), json.dumps(options)]
        # our own module, and file names we made ourselves
        with subprocess.Popen(  # noqa: S603
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as process:
            self._process = process
            timer = threading.Timer(TIME_LIMIT_S, process.kill)
            timer.start()
            message = self._follow(recording_id, process)
            timer.cancel()
        self.shares.pop(recording_id, None)
        if self._stopping:
            return
        result = file.with_name(file.name + RESULT)
        if process.returncode == 0 and result.is_file():
            analysis = json.loads(result.read_text(encoding="utf-8"))
            self._finish(recording_id, "done", "", analysis)
            result.unlink(missing_ok=True)
        else:
            fallback = "The analysis stopped: the file needs more memory or time than this machine allows."
            self._finish(recording_id, "failed", message or fallback)

    def _follow(self, recording_id: int, process: subprocess.Popen[str]) -> str:
        message = ""
        for line in process.stdout or ():
            said = json.loads(line)
            if "share" in said:
                self.shares[recording_id] = said["share"]
            message = said.get("error", message)
        process.wait()
        return message

    def _finish(
        self, recording_id: int, state: str, message: str, analysis: dict[str, object] | None = None
    ) -> None:
        with transaction(self.engine) as session:
            row = session.get(StoredRecording, recording_id)
            if row is not None and row.state in {"waiting", "working"}:
                row.state, row.message, row.analysis = state, message, analysis
