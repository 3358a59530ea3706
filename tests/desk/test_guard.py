"""What does not come from the desk's own page has no effect."""

import contextlib
import json
import socket
import sys
import time
from pathlib import Path

import pytest

from simulator.desk.bodies import MOST_JSON, MOST_UPLOAD
from tests.desk.conftest import OpenDesk

RUN = {"book": "cn_online", "scenarios": {"baseline": 1}, "policies": {}}


def _refused(desk: OpenDesk, status: int, *call: object, **headers: str | None) -> None:
    """The call is refused with ``status``, and no run has begun."""
    method, path, body = call
    answer = desk.call(str(method), str(path), body, desk.headers(**headers))
    assert (answer.status, list(answer.content)) == (status, ["error"])
    assert desk.state() == {"job": None, "runs": []}


def test_the_page_itself_is_answered(desk):
    assert desk.call("POST", "/api/command", RUN).status == 200
    assert desk.call("GET", "/", None, {"Host": f"localhost:{desk.port}"}).status == 200


@pytest.mark.parametrize(
    "host", ["example.org", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.example.org", "[::1]", ""]
)
def test_a_foreign_host(desk, host):
    _refused(desk, 421, "POST", "/api/runs", RUN, Host=host)
    _refused(desk, 421, "GET", "/", None, Host=host)


@pytest.mark.parametrize(
    "origin", ["http://example.org", "null", "http://127.0.0.1", "file://", None]
)
def test_a_foreign_origin(desk, origin):
    _refused(desk, 403, "POST", "/api/runs", RUN, Origin=origin)


def test_a_request_that_another_site_made(desk):
    _refused(desk, 403, "GET", "/api/state", None, Sec_Fetch_Site="cross-site")


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer x", "Basic x", "bearer \xff"])
def test_no_token(desk, given):
    for method, path in (("POST", "/api/runs"), ("GET", "/api/state"), ("PUT", "/api/tapes")):
        body = None if method == "GET" else RUN
        _refused(desk, 401, method, path, body, Authorization=given)


def test_what_has_another_type(desk):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None):
        _refused(desk, 415, "POST", "/api/runs", RUN, Content_Type=kind)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"1", b"[" * 60_000, b"\xff"])
def test_what_is_no_object(desk, body):
    _refused(desk, 400, "POST", "/api/runs", body)


def test_other_methods(desk):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE"):
        assert desk.call(method, "/", None).status == 405
    assert desk.call("DELETE", "/api/runs", None).status == 405


def test_an_oversized_body_is_refused_unread(desk):
    _refused(desk, 413, "POST", "/api/runs", b"x", Content_Length=str(MOST_JSON + 1))
    kind = {"Content_Type": "application/octet-stream"}
    most = str(MOST_UPLOAD + 1)
    _refused(desk, 413, "PUT", "/api/tapes?name=a.csv", b"x", Content_Length=most, **kind)
    assert _uploads(desk) == []


def test_an_oversized_body_in_pieces(desk):
    piece = b"8000\r\n" + b" " * 0x8000 + b"\r\n"
    _refused(desk, 413, "POST", "/api/runs", 4 * piece, Transfer_Encoding="chunked")


def test_oversized_headers(desk):
    with socket.create_connection(("127.0.0.1", desk.port)) as connection:
        long = b"GET /api/state HTTP/1.1\r\nX-Long: " + b"x" * 2_000_000
        with contextlib.suppress(OSError):  # cut off while it is being sent
            connection.sendall(long)
            assert b"200 OK" not in _closes_within(connection, 30.0)
    assert desk.state() == {"job": None, "runs": []}


def _uploads(desk: OpenDesk) -> list[Path]:
    return [p for p in desk.folder.rglob("*") if p.is_file() and "upload" in str(p)]


def _closes_within(connection: socket.socket, seconds: float) -> bytes:
    connection.settimeout(seconds)
    said = b""
    with connection:
        while piece := connection.recv(4096):
            said += piece
    return said


def test_a_slow_client_is_cut_off_and_keeps_nobody_waiting(desk):
    head = "".join(f"{name}: {value}\r\n" for name, value in desk.headers().items())
    request = f"POST /api/runs HTTP/1.1\r\n{head}Content-Length: 90\r\n\r\n{{".encode()
    slow = [socket.create_connection(("127.0.0.1", desk.port)) for _ in range(40)]
    for at, connection in enumerate(slow):
        connection.sendall(request if at % 2 else request[:20])
    began = time.monotonic()
    assert desk.state() == {"job": None, "runs": []}
    assert time.monotonic() - began < 5.0
    said = [_closes_within(connection, 30.0) for connection in slow]
    assert {text[9:12] for text in said[1::2]} == {b"408"}
    assert set(said[::2]) == {b""}
    assert desk.state() == {"job": None, "runs": []}


TRAVERSALS = ("..", ".", "%2e%2e", "..%2f..", "/etc", ".desk-uploads", "a\\..", "x%00", "")


@pytest.mark.parametrize("name", TRAVERSALS)
def test_a_name_that_leads_elsewhere(desk, name):
    for action in ("cancel", "continue", "discard"):
        assert desk.call("POST", f"/api/runs/{name}/{action}", {}).status in (404, 422)
    asked = {"run": name, "file": "report.html"}
    assert desk.call("POST", "/api/tickets", asked).status == 422
    assert desk.call("POST", "/api/comparisons", {"runs": [name, "x"]}).status == 422
    assert desk.call("GET", f"/api/tapes/{name}", None).status in (404, 405, 422)
    assert desk.call("GET", f"/reports/{name}/report.html", None).status == 404


def test_a_file_that_is_no_report(desk, tmp_path):
    run = desk.folder / "mine"
    run.mkdir(parents=True)
    (run / "manifest.json").write_text("{}", encoding="utf-8")
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    (run / "report.html").symlink_to(tmp_path / "secret")
    (desk.folder / "linked").symlink_to(run)
    try:
        for name in ("report.html", "manifest.json", "../mine/report.html", "desk.json"):
            asked = {"run": "mine", "file": name}
            assert desk.call("POST", "/api/tickets", asked).status == 422
        assert [run["id"] for run in desk.state()["runs"]] == ["mine"]
    finally:
        (desk.folder / "linked").unlink()
        (run / "report.html").unlink()
        (run / "manifest.json").unlink()
        run.rmdir()


def test_reports_have_an_origin_of_their_own_and_tell_nobody_where_they_came_from(desk):
    run = desk.folder / "mine"
    run.mkdir(parents=True)
    for name in ("manifest.json", "report.html", "tables.xlsx"):
        (run / name).write_text("{}", encoding="utf-8")
    try:
        asked = {"run": "mine", "file": "report.html"}
        address = desk.call("POST", "/api/tickets", asked).content["address"]
        assert desk.token not in address
        answer = desk.call("GET", address, None, {"Host": f"127.0.0.1:{desk.port}"})
        assert answer.status == 200
        assert answer.headers["content-security-policy"] == "sandbox allow-scripts"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        other = address.replace("report.html", "tables.xlsx")
        assert desk.call("GET", other, None).status == 404
        sheet = desk.call("POST", "/api/tickets", asked | {"file": "tables.xlsx"}).content
        answer = desk.call("GET", sheet["address"], None)
        assert answer.headers["content-disposition"].startswith("attachment")
    finally:
        for name in ("manifest.json", "report.html", "tables.xlsx"):
            (run / name).unlink()
        run.rmdir()


def test_the_page_runs_its_own_script_alone(desk):
    for path in ("/", "/desk.js", "/form.js", "/tape.js", "/desk.css", "/nothing", "/api/state"):
        policy = desk.call("GET", path, None).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "require-trusted-types-for 'script'" in policy


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="127.0.0.2 is Linux's")
def test_no_other_address_is_listened_to(desk):
    with socket.socket() as other, pytest.raises(ConnectionRefusedError):
        other.connect(("127.0.0.2", desk.port))


def test_the_token_is_in_no_file_of_the_folder(desk):
    desk.call("POST", "/api/command", RUN)
    for file in desk.folder.rglob("*"):
        assert not file.is_file() or desk.token.encode() not in file.read_bytes()
    assert json.loads(desk.call("GET", "/api/state").body)["runs"] == []
