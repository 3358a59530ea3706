"""An open desk, and a client that says to it whatever a test wants."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests import ROOT
from tests.report.browser import conftest

browser = conftest.browser
"""The browser of the reports' tests."""
collect_ignore_glob = [] if find_spec("starlette") else ["test_*.py"]
"""Without the extra desk there is nothing to test."""
PATIENCE = 120.0
"""Seconds for anything to happen: machines are shared."""


@dataclass(frozen=True)
class Answer:
    """What the desk has answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class OpenDesk:
    """A desk that runs, its folder, and what its page knows."""

    folder: Path
    address: str
    port: int
    token: str
    process: "subprocess.Popen[str]"

    def headers(self, **changed: str | None) -> dict[str, str]:
        """Those of the page itself; ``changed`` ones go where they are None."""
        usual: dict[str, str | None] = {
            "Host": f"127.0.0.1:{self.port}",
            "Origin": f"http://127.0.0.1:{self.port}",
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
        }
        given = {name.replace("_", "-"): value for name, value in changed.items()}
        return {name: value for name, value in (usual | given).items() if value is not None}

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request; a ``body`` that is no bytes goes as JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        sent = dict(self.headers() if headers is None else headers)
        if content is not None:
            sent.setdefault("Content-Length", str(len(content)))
        for name, value in sent.items():
            connection.putheader(name, value)
        try:
            connection.endheaders()
            if content is not None:
                connection.send(content)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before the body: the answer is there
        answer = connection.getresponse()
        found = Answer(answer.status, dict(answer.getheaders()), answer.read())
        connection.close()
        return found

    def state(self) -> Any:
        return self.call("GET", "/api/state").content

    def run(self, name: str) -> Any:
        """One run as the page lists it."""
        return next(run for run in self.state()["runs"] if run["id"] == name)

    def wait_for(self, what: Callable[[Any], object]) -> Any:
        """The state once ``what`` of it is true."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            state = self.state()
            if what(state):
                return state
            time.sleep(0.1)
        raise AssertionError(f"waited in vain: {state}")

    def wait_until_idle(self) -> Any:
        return self.wait_for(lambda state: state["job"] is None)


def opened(folder: Path, **environment: str) -> OpenDesk:
    """A desk in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "simulator", "desk", "--no-browser", "--folder", str(folder)],
        cwd=folder.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    address = process.stdout.readline().strip()
    plain, _, token = address.partition("#token=")
    return OpenDesk(folder, address, int(plain.rstrip("/").rpartition(":")[2]), token, process)


def closed(desk: OpenDesk) -> int:
    """Exit code of a desk that was asked to end."""
    desk.process.terminate()
    assert desk.process.stdout is not None
    desk.process.stdout.close()
    return desk.process.wait(PATIENCE)


@pytest.fixture(scope="package")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenDesk]:
    found = opened(tmp_path_factory.mktemp("desk") / "runs")
    yield found
    closed(found)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OpenDesk]:
    """A desk for one test."""
    found = opened(tmp_path / "runs")
    yield found
    closed(found)
