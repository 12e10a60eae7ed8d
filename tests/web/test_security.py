"""Foreign hosts and sites, large bodies and other people's data are refused; headers are on everything."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from myolens.web import Settings, create_app

FORMS = [
    "/diary/moment", "/diary/moment/undo", "/diary/day", "/diary/day/remove", "/diary/import", "/you/profile",
    "/you/settings", "/you/forget", "/find/start", "/find/1/about", "/find/1/question", "/find/1/more",
    "/recordings", "/recordings/1/review", "/recordings/1/undo",
    "/recordings/1/cancel", "/recordings/1/remove", "/recordings/1/counted", "/diary/counted", "/worry",
]  # fmt: skip


def test_every_post_route_is_in_the_list(folder) -> None:
    app = create_app(Settings(folder=folder))
    paths = app.openapi()["paths"]
    posts = {path.replace("{number}", "1") for path, methods in paths.items() if "post" in methods}
    assert {path.replace("{step}", "about") for path in posts} == set(FORMS)


@pytest.mark.parametrize("address", FORMS)
def test_no_form_is_taken_without_its_token(browser, address: str) -> None:
    browser.post("/find/start")
    assert browser.client.post(address, data={"name": "x"}).status_code in {403, 404}
    assert browser.client.post(address, data={"csrf": "A" * 43}).status_code in {403, 404}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "null"},
    ],
)
def test_posts_from_other_sites_are_refused(browser, headers: dict) -> None:
    token = browser.token()
    answer = browser.client.post("/diary/moment", data={"csrf": token}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.nip.io", "[::2]"])
def test_other_names_are_not_answered(browser, host: str) -> None:
    assert browser.get("/", headers={"host": host}).status_code == 421


def test_loopback_names_are_answered(folder) -> None:
    with TestClient(create_app(Settings(folder=folder))) as client:
        for host in ("localhost", "localhost:8765", "127.0.0.1:9", "[::1]:8765", "LOCALHOST"):
            assert client.get("/privacy", headers={"host": host}).status_code == 200, host


@pytest.mark.parametrize("address", ["/", "/nope", "/static/app.css", "/worker.js", "/diary/export.json"])
def test_headers_are_on_every_answer(browser, address: str) -> None:
    headers = browser.get(address).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_health_data_are_never_cached(browser) -> None:
    for address in ("/diary", "/find", "/diary/export.json"):
        assert browser.get(address).headers["cache-control"] == "no-store"


def test_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites(browser) -> None:
    cookie = browser.get("/").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_a_forged_cookie_never_reaches_the_page(folder) -> None:
    with TestClient(create_app(Settings(folder=folder, hosts=("testserver",)))) as client:
        page = client.get(
            "/you", headers={"cookie": 'myolens_csrf="><script>alert(1)</script>AAAAAAAAAAAAAAAAAAAAAAAA'}
        )
        assert "<script>alert" not in page.text
        page = client.get("/you", headers={"cookie": "myolens_profile=%3Cscript%3Ealert(2)%3C/script%3E"})
        assert "<script>alert" not in page.text


def test_large_bodies_are_refused_declared_or_not(folder) -> None:
    settings = Settings(folder=folder, hosts=("testserver",), maximum_form_bytes=2000)
    with TestClient(create_app(settings)) as client:
        assert client.post("/diary/day", data={"note": "x" * 5000}).status_code == 413

        def trickle():
            for _ in range(50):
                yield b"note=" + b"x" * 100

        headers = {"content-type": "application/x-www-form-urlencoded"}
        assert client.post("/diary/day", content=trickle(), headers=headers).status_code == 413


@pytest.mark.parametrize(
    "address",
    ["/find/1/result", "/find/99/about", "/recordings/1", "/recordings/1/samples?start=0&end=1&width=10"],
)
def test_what_is_not_yours_is_not_there(browser, address: str) -> None:
    browser.post("/you/profile", name="somebody else")
    assert browser.get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/static/../application.py",
        "/static/%2e%2e/application.py",
        "/static/..%2fapplication.py",
        "/learn/cause/..%2f..%2fx",
    ],
)
def test_paths_do_not_climb(browser, address: str) -> None:
    assert browser.get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/recordings/x",
        "/find/1e9/result",
        "/find/99999999999999999999/result",
        "/recordings/compare?first=a&second=b",
    ],
)
def test_nonsense_addresses_are_refused_without_a_crash(browser, address: str) -> None:
    assert browser.get(address).status_code in {400, 404, 422}
