"""The command that opens the desk: its help and its mistakes."""

import json
import signal
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from simulator.cli.app import main
from simulator.desk import command, server
from tests import ROOT
from tests.desk.conftest import PATIENCE, opened


def _error(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["desk", *words]) == 2
    return capsys.readouterr().err


def test_help_and_mistakes_start_nothing(capsys, tmp_path):
    assert main(["desk", "--help"]) == 0
    assert "loanstress[desk]" in capsys.readouterr().out
    assert "[0, 65535]" in _error(["--port", "70000"], capsys)
    assert "[0, 65535]" in _error(["--port", "-1"], capsys)
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert "must be a folder" in _error(["--folder", str(tmp_path / "file")], capsys)
    assert "--language" in _error(["--language", "fr"], capsys)
    assert "unrecognized" in _error(["book=cn_online"], capsys)


def test_without_the_extra_it_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setattr(command, "find_spec", lambda name: None)
    assert "pip install 'loanstress[desk]'" in _error(["--no-browser"], capsys)


def test_a_browser_is_opened_by_a_private_file_where_there_is_a_screen(monkeypatch):
    opened: list[str] = []
    modes: list[int] = []

    def take(address: str) -> None:
        opened.append(address)
        modes.append(stat.S_IMODE(Path(urlsplit(address).path).stat().st_mode))

    monkeypatch.setattr(server.webbrowser, "open", take)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    with server._opened("http://127.0.0.1:1/#token=x"):
        assert opened == []  # a browser of the terminal would take it
    monkeypatch.setenv("DISPLAY", ":0")
    with server._opened("http://127.0.0.1:1/#token=x"):
        (address,) = opened
        assert address.startswith("file://")
        assert modes == [0o600]
        assert "token" not in address
    assert not Path(urlsplit(address).path).exists()


def test_a_port_that_is_taken(own, capsys):
    told = _error(["--no-browser", "--port", str(own.port)], capsys)
    assert f"--port {own.port}" in told


def test_nothing_of_it_is_loaded_before_it_is_needed():
    """What a script imports, and help, know neither server nor frames."""
    code = (
        "import sys, json, loanstress, simulator.desk.command\n"
        "print(json.dumps([n for n in ('starlette', 'uvicorn', 'numpy') if n in sys.modules]))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(told.stdout) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_ctrl_c_closes_it(tmp_path: Path):
    desk = opened(tmp_path / "runs")
    assert desk.state()["runs"] == []
    desk.process.send_signal(signal.SIGINT)
    assert desk.process.wait(PATIENCE) == 130
    assert desk.process.stdout is not None
    desk.process.stdout.close()
    assert not (tmp_path / "runs").exists()
