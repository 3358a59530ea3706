"""The desk's server: on this machine only, with a launch token that its page alone knows."""

import asyncio
import contextlib
import os
import secrets
import socket
import sys
import tempfile
import webbrowser
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from simulator.desk.guard import Guard
from simulator.desk.records import PRIVATE
from simulator.desk.routes import Desk
from simulator.validation import UserError

LOOPBACK: Final = "127.0.0.1"
HEADER_SECONDS: Final = 10.0
"""For a connection to send its first request."""
MOST_HEADER_BYTES: Final = 16 * 1024
_SCREENS: Final = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
"""Variables of which one is set where there is a screen, or a browser that somebody chose."""


class Impatient(H11Protocol):
    """A connection that begins a request and does not end its headers in time is closed."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self.loop.call_later(HEADER_SECONDS, self._close_if_silent)

    def on_response_complete(self) -> None:
        """Wait for the next one, if there is one."""
        super().on_response_complete()
        self.loop.call_later(HEADER_SECONDS, self._close_if_silent)

    def _close_if_silent(self) -> None:
        is_waiting = self.cycle is None or self.cycle.response_complete
        has_begun = self.cycle is None or bool(self.conn.trailing_data[0])
        if is_waiting and has_begun and not self.transport.is_closing():
            self.transport.close()


def serve(
    root: Path, port: int, language: str | None, tell: Callable[[str], None], *, browser: bool
) -> None:
    """Keep the desk of the folder ``root`` open until Ctrl-C or SIGTERM; port 0 takes a free one.

    ``language``: of the page; None leaves it to the browser. ``tell`` is given the address with
    its token.
    """
    with _listening(port) as listening:
        found = int(listening.getsockname()[1])
        token, desk = secrets.token_urlsafe(32), Desk(root)
        address = f"http://{LOOPBACK}:{found}/#token={token}"
        address += f"&language={language}" if language else ""
        server = uvicorn.Server(_config(Guard(desk.app(), found, token)))
        tell(address)
        try:
            with _opened(address) if browser else contextlib.nullcontext():
                server.run(sockets=[listening])
        finally:
            desk.jobs.end()


@contextlib.contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((LOOPBACK, port))
            listening.listen()  # who is told the address may come at once
        except OSError as error:
            raise UserError(f"--port {port} cannot be used: {error.strerror}") from None
        yield listening
    finally:
        listening.close()


def _config(app: Guard) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=Impatient,
        ws="none",
        lifespan="off",
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
    )


def _has_screen() -> bool:
    """Whether a browser with windows can be opened; other systems than Linux have a screen."""
    return not sys.platform.startswith("linux") or any(map(os.environ.get, _SCREENS))


@contextlib.contextmanager
def _opened(address: str) -> Iterator[None]:
    """The page in a browser, by a private file: arguments of processes are seen by all users.

    Without a screen nothing is opened: a browser of the terminal would take it, and show nothing.
    """
    if not _has_screen():
        yield
        return
    descriptor, name = tempfile.mkstemp(suffix=".html")
    try:
        os.chmod(name, PRIVATE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(
                '<!doctype html><meta charset="utf-8"><title>loanstress</title>'
                '<meta name="referrer" content="no-referrer">'
                f'<meta http-equiv="refresh" content="0; url={escape(address, quote=True)}">'
            )
        webbrowser.open(Path(name).as_uri())
        yield
    finally:
        Path(name).unlink(missing_ok=True)
