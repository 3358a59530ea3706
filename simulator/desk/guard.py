"""What stands before every request: who may ask, from where, and what no answer is without."""

import hmac
import json
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulator.desk.messages import said
from simulator.report.kit.language import LANGUAGES, speaking
from simulator.settings import LanguageCode

API: Final = "/api/"
REPORTS: Final = "/reports/"
PAGE_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
"""Content security policy of the page: its own script and style, no HTML from text."""
REPORT_POLICY: Final = "sandbox allow-scripts"
"""Of reports: an origin of their own, so that no label of a tape reaches the desk."""
_ALWAYS: Final = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
}
_READS: Final = ("GET", "HEAD")


LANGUAGE: Final = "desk-language"
"""Header with the language of the answers."""


def language_asked(headers: Headers) -> LanguageCode:
    """The language of the page that asks."""
    found = headers.get(LANGUAGE, "en")
    return found if found in LANGUAGES else "en"


class Guard:
    """Refuses what does not come from the desk's own page; sets the headers of all answers."""

    def __init__(self, app: ASGIApp, port: int, token: str) -> None:
        self._app = app
        self._hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        self._token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it before a byte of its body is read."""
        if scope["type"] != "http":
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers[name] = value
                is_report = scope["path"].startswith(REPORTS) and message["status"] < 300
                headers["Content-Security-Policy"] = REPORT_POLICY if is_report else PAGE_POLICY
            await send(message)

        refused = self._refusal(scope)
        if refused is None:
            await self._app(scope, receive, with_headers)
        else:
            status, reason = refused
            with speaking(language_asked(Headers(scope=scope))):
                await _answer(status, said(reason), with_headers)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """Status and reason, where the request is none of the page's."""
        headers, path, method = Headers(scope=scope), scope["path"], scope["method"]
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return 421, "the host must be this machine's own address"
        origins = headers.getlist("origin")
        if any(origin != f"http://{hosts[0].lower()}" for origin in origins):
            return 403, "the origin must be the desk's own page"
        if not path.startswith(API):
            return None if method in _READS else (405, "only read here")
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return 403, "the origin must be the desk's own page"
        kind, _, given = headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or not hmac.compare_digest(given.encode(), self._token):
            return 401, "the launch token is missing or wrong"
        if method not in _READS and not origins:
            return 403, "the origin must be the desk's own page"
        return None


async def _answer(status: int, reason: str, send: Send) -> None:
    """A refusal, after which the connection closes."""
    body = json.dumps({"error": reason}).encode()
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
