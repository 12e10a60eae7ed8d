"""What protects the person at the browser: host and origin checks, headers, body limits, CSRF tokens.

Written as one ASGI middleware so that every response passes it, errors and static files
included. After OWASP ASVS 5.0 chapters 3.4, 3.5, 4.1 and 14.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from myolens.web.settings import Settings

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CSRF_COOKIE = "myolens_csrf"
CSRF_FIELD = "csrf"
CSRF_HEADER = "x-csrf-token"
TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Guard:
    """Refuses foreign hosts, foreign origins and oversized bodies; adds the headers to every answer.

    The CSRF token of a browser is a random cookie; each form sends it back as the field
    ``csrf`` (checked where the form is read, `csrf_ok`) or each script as a header.
    """

    def __init__(self, app: App, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        fresh = self._token(scope, headers)

        async def guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *self._headers(scope, message, fresh)]
            await send(message)

        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _plain(guarded, *refusal)
            return
        limit = self.settings.maximum_form_bytes
        if scope["path"].startswith("/recordings"):
            limit = self.settings.maximum_upload_bytes
        declared = headers.get("content-length", "0")
        if not declared.isdigit() or int(declared) > limit:
            await _plain(guarded, 413, "This is larger than the application accepts.")
            return
        await self.app(scope, _limited(receive, limit), guarded)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name.lower() not in self.settings.hosts:
            return 421, "This server does not answer to that name."
        if scope["method"] in SAFE_METHODS:
            return None
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return 403, "This request came from another site."
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return 403, "This request came from another site."
        return None

    def _token(self, scope: Scope, headers: dict[str, str]) -> str | None:
        """Put the browser's token into the scope; a new one to set, or None if it has one."""
        try:
            jar = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            jar = SimpleCookie()
        held = jar[CSRF_COOKIE].value if CSRF_COOKIE in jar else ""
        if TOKEN.fullmatch(held):
            scope["csrf"] = held
            return None
        scope["csrf"] = fresh = secrets.token_urlsafe(32)
        return fresh

    def _headers(
        self, scope: Scope, message: MutableMapping[str, Any], fresh: str | None
    ) -> list[tuple[bytes, bytes]]:
        present = {name.lower() for name, _ in message.get("headers", [])}
        added = [
            (name.encode(), value.encode()) for name, value in HEADERS.items() if name.encode() not in present
        ]
        if b"cache-control" not in present:
            added.append((b"cache-control", b"no-store"))
        if fresh is not None and not scope["path"].startswith("/static"):
            secure = "; Secure" if self.settings.secure_cookies else ""
            cookie = f"{CSRF_COOKIE}={fresh}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000{secure}"
            added.append((b"set-cookie", cookie.encode()))
        return added


def csrf_ok(scope: Scope, given: str | None) -> bool:
    """Whether the token sent with a form or header is the browser's own."""
    return bool(given) and hmac.compare_digest(str(given), str(scope.get("csrf", "")))


def _limited(receive: Receive, limit: int) -> Receive:
    """Stop reading a body that grows past the limit though it did not declare its length."""
    seen = 0

    async def counted() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise TooLargeError
        return message

    return counted


class TooLargeError(Exception):
    """A request body grew past its limit."""


async def _plain(send: Send, status: int, words: str) -> None:
    body = words.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
