"""A real server in a process of its own, and a real browser that notes everything that goes wrong."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "screenshots"
EXAMPLE = ROOT / "src" / "myolens" / "examples" / "left-biceps.edf"
PHONE, DESKTOP, SMALLEST = (390, 844), (1280, 900), (320, 640)


def chromium_path() -> str:
    """Debian's Chromium; without it the tests are skipped at home and fail where they must run."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        words = "no Chromium on the path: apt-get install chromium (`.ci/run` does it)"
        if os.environ.get("CI"):
            pytest.fail(words)
        pytest.skip(words)
    return found


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`myolens serve` on a free port; its address and its process."""
    command = [sys.executable, "-c", "from myolens.cli import main; main()", "serve", "--port", "0"]
    command += ["--folder", str(folder), *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        found = re.search(r"http://[\w.]+:\d+", line)
        assert found, line + process.stderr.read()
        yield found.group(0), process
    finally:
        process.kill()
        process.wait()


class Visit:
    """One person's browser: every console message, foreign request and server error is kept."""

    def __init__(self, browser: Any, address: str, *, scripts: bool = True, size=PHONE, **options: Any):
        self.address = address
        self.problems: list[str] = []
        self.context = browser.new_context(
            base_url=address,
            java_script_enabled=scripts,
            viewport={"width": size[0], "height": size[1]},
            locale=options.pop("locale", "en-GB"),
            accept_downloads=True,
            **options,
        )
        self.context.set_default_timeout(90_000)
        self.page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("request", self._request)
        self.page.on("response", self._response)

    def _console(self, message: Any) -> None:
        if message.type in {"error", "warning"} and not self._expected(message.text):
            self.problems.append(f"{message.type}: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:", "about:")):
            self.problems.append(f"request to another host: {request.url}")

    def _response(self, response: Any) -> None:
        if response.status >= 500:
            self.problems.append(f"{response.status} from {response.url}")

    @staticmethod
    def _expected(words: str) -> bool:
        return "status of 404" in words or "status of 400" in words

    def go(self, path: str) -> Any:
        self.page.goto(path)
        return self.page

    def done(self) -> None:
        problems = self.problems
        self.context.close()
        assert not problems, "\n".join(problems)


def look(visit: Visit, name: str, axe: str) -> None:
    """Audit the page as it stands in both themes and widths, and keep its pictures."""
    page = visit.page
    SCREENSHOTS.mkdir(exist_ok=True)
    before = page.viewport_size
    page.evaluate(axe)
    for width, height in (PHONE, DESKTOP):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = page.evaluate("() => axe.run({resultTypes: ['violations']}).then((r) => r.violations)")
            visit.problems += [
                f"{name} {width} {scheme}: {v['id']}: {n['html'][:160]} {n['failureSummary'][:200]}"
                for v in found
                for n in v["nodes"][:3]
            ]
            page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": SMALLEST[0], "height": SMALLEST[1]})
    over = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if over > 0:
        visit.problems.append(f"{name} scrolls sideways by {over} px at 320 px")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before)
