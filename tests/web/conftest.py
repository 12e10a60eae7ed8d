"""The application over a real database in a folder of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright
from starlette.testclient import TestClient
from tests.web.living import Visit, chromium_path, serving

from myolens.web import Settings, create_app


class Browser:
    """A person's browser without scripts: keeps cookies, sends the forms' token."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, address: str, **options: Any):
        return self.client.get(address, **options)

    def token(self) -> str:
        found = re.search(r'data-csrf="([^"]+)"', self.get("/privacy").text)
        assert found
        return found.group(1)

    def post(self, address: str, files: Any = None, **fields: Any):
        return self.client.post(address, data={**fields, "csrf": self.token()}, files=files)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def browser(folder: Path) -> Iterator[Browser]:
    with TestClient(create_app(Settings(folder=folder, hosts=("testserver",)))) as client:
        yield Browser(client)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("end-to-end")) as (found, _process):
        yield found


@pytest.fixture
def visit(chromium: Any, address: str) -> Iterator[Visit]:
    visit = Visit(chromium, address)
    yield visit
    visit.done()
