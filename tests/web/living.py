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
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

ROOT = Path(__file__).resolve().parents[2]
SCREENSHOTS = ROOT / "screenshots"
EXAMPLE = ROOT / "src" / "myolens" / "examples" / "left-biceps.edf"
PHONE, DESKTOP, SMALLEST = (390, 844), (1280, 900), (320, 640)

WHOLE_AUDITS = {(PHONE[0], "light"), (DESKTOP[0], "dark")}
BOTH = ["color-contrast", "target-size", "scrollable-region-focusable", "link-in-text-block"]
"""Rules that depend on theme and width at once are checked in all four; the others see both of each."""


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


def look(visit: Visit, name: str) -> None:
    """Audit the page as it stands in both themes and widths, and keep a picture of each theme and width."""
    page = visit.page
    SCREENSHOTS.mkdir(exist_ok=True)
    before = page.viewport_size
    page.evaluate(AXE_SCRIPT)
    for width, height in (PHONE, DESKTOP):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            whole = (width, scheme) in WHOLE_AUDITS
            wanted = {} if whole else {"runOnly": {"type": "rule", "values": BOTH}}
            visit.problems += [f"{name} {width} {scheme}: {words}" for words in violations(page, **wanted)]
            if whole:
                page.screenshot(path=SCREENSHOTS / f"{name}-{width}-{scheme}.png", full_page=True)
    page.set_viewport_size({"width": SMALLEST[0], "height": SMALLEST[1]})
    over = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if over > 0:
        visit.problems.append(f"{name} scrolls sideways by {over} px at 320 px")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(before)


def violations(page: Any, **options: Any) -> list[str]:
    """What axe-core finds, the size of targets (WCAG 2.2, 2.5.8) included."""
    wanted = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}, **options}
    found = page.evaluate("(wanted) => axe.run(wanted).then((r) => r.violations)", wanted)
    return [
        f"{v['id']}: {n['html'][:160]} {n['failureSummary'][:200]}" for v in found for n in v["nodes"][:3]
    ]


def person(visit: Visit, name: str) -> Any:
    page = visit.go("/you")
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Change to this person").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    return page


def begin(visit: Visit, *, age: str, sex: str, story: str = "") -> None:
    page = visit.go("/find")
    page.get_by_role("button", name="Start").click()
    page.get_by_label("Age in years").fill(age)
    page.get_by_label(sex, exact=True).check()
    page.get_by_label("What happens").fill(story)
    follow(page, "Next")
    if not story:
        follow(page, "Skip these")


def follow(page: Any, button: str) -> None:
    """Press a button and wait for its page: what is counted next must not be the page before it."""
    with page.expect_navigation():
        page.get_by_role("button", name=button, exact=True).click()


def answer_all(page: Any, yes: tuple[str, ...] = ()) -> list[str]:
    """Answer no to everything not named; the findings asked for, in order."""
    asked: list[str] = []
    while page.locator('input[name="finding"]').count():
        code = page.locator('input[name="finding"]').get_attribute("value")
        assert code not in asked
        asked.append(code)
        number = page.locator("#value").count()
        follow(page, "I do not know, skip" if number else "Yes" if code in yes else "No")
    return asked


def level(page: Any) -> str:
    return re.search(r"urgency (\w+)", page.locator(".urgency").first.get_attribute("class")).group(1)
