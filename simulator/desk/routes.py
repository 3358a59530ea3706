"""The desk's addresses: each checks what it is given and asks one of the desk's parts."""

import shlex
from collections.abc import Awaitable, Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from pydantic import Field
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from simulator.cli.exits import told
from simulator.cli.report import MOST_RUNS
from simulator.desk.asked import (
    RunAsked,
    TapeFiles,
    comparison_arguments,
    in_folder,
    run_arguments,
)
from simulator.desk.bodies import RefusedError, read_json, read_upload
from simulator.desk.choices import choices
from simulator.desk.guard import language_asked
from simulator.desk.jobs import BusyError, Jobs
from simulator.desk.messages import said
from simulator.desk.runs import Place, job, row
from simulator.desk.tapes import Answers, Tapes
from simulator.desk.tickets import Tickets
from simulator.desk.words import words
from simulator.report.kit.language import listed, speaking
from simulator.report.kit.setting_words import title_of
from simulator.settings import LanguageCode
from simulator.validation import Frozen, UserError, build

PAGE: Final = {
    "/": ("desk.html", "text/html"),
    "/desk.js": ("desk.js", "text/javascript"),
    "/form.js": ("form.js", "text/javascript"),
    "/fields.js": ("fields.js", "text/javascript"),
    "/choose.js": ("choose.js", "text/javascript"),
    "/tape.js": ("tape.js", "text/javascript"),
    "/desk.css": ("desk.css", "text/css"),
}
"""Address -> file of the page and its type."""
Endpoint = Callable[[Request], Awaitable[Response]]


class FileAsked(Frozen):
    """A file of a run."""

    run: str = Field(max_length=100)
    file: str = Field(max_length=100)


class RunsAsked(Frozen):
    """Runs to be compared."""

    runs: tuple[str, ...] = Field(min_length=2, max_length=MOST_RUNS)


class Desk:
    """The parts of an open desk; ``root`` is the folder of its runs."""

    def __init__(self, root: Path) -> None:
        self.place, self.jobs = Place(root), Jobs(root)
        self.tickets, self.tapes = Tickets(), Tapes(root)
        self.jobs.adopt(self.place.folders())

    def app(self) -> Starlette:
        """The addresses; who may ask them is the guard's business."""
        api: list[tuple[str, str, Endpoint]] = [
            ("GET", "words", self.words),
            ("GET", "choices", self.choices),
            ("GET", "state", self.state),
            ("POST", "command", self.command),
            ("POST", "runs", self.run),
            ("POST", "comparisons", self.compare),
            ("POST", "tickets", self.ticket),
            ("POST", "runs/{run}/{action}", self.act),
            ("PUT", "tapes", self.upload),
            ("GET", "tapes/{tape}", self.tape),
            ("POST", "tapes/{tape}/answers", self.answer),
            ("POST", "tapes/{tape}/remove", self.remove),
        ]
        app = Starlette(
            routes=[
                *(Route(address, _page_file) for address in PAGE),
                *(Route(f"/api/{at}", _told(of), methods=[how]) for how, at, of in api),
                Route("/reports/{ticket}/{name}", self.report),
            ]
        )
        app.router.redirect_slashes = False
        return app

    async def words(self, request: Request) -> Response:
        """Every word of the page."""
        return JSONResponse(words())

    async def choices(self, request: Request) -> Response:
        """Books, scenarios and policies."""
        found = await run_in_threadpool(_choices, _language(request))
        return JSONResponse({**found, "tapes": list(self.tapes.listed())})

    async def state(self, request: Request) -> Response:
        """The command that runs, and all runs."""
        running, folders = self.jobs.running(), self.place.folders()
        found = None if running is None else job(running, folders)
        return JSONResponse({"job": found, "runs": [row(folder, running) for folder in folders]})

    async def command(self, request: Request) -> Response:
        """The command line of what is asked, which nobody runs."""
        try:
            arguments = run_arguments(*await self._asked(request))
        except UserError as error:  # while somebody still types: no failure of the page
            return JSONResponse({"command": "", "refused": said(str(error))})
        return JSONResponse({"command": shlex.join(["loanstress", *arguments]), "refused": ""})

    async def run(self, request: Request) -> Response:
        """Start a run."""
        asked, tape = await self._asked(request)
        arguments = run_arguments(asked, tape)
        book = title_of(asked.book) if asked.tape is None else self.tapes.name(asked.tape)
        named = (
            listed([title_of(n) for n in names]) for names in (asked.scenarios, asked.policies)
        )
        title = " · ".join([book, *(words for words in named if words)])
        folder = self.jobs.start("run", title, lambda at: [*arguments, in_folder(at)])
        return JSONResponse({"id": folder.name}, 201)

    async def _asked(self, request: Request) -> tuple[RunAsked, TapeFiles | None]:
        content = await read_json(request)
        asked = build("run", RunAsked, {**content, "language": _language(request)})
        return asked, None if asked.tape is None else self.tapes.files(asked.tape)

    async def compare(self, request: Request) -> Response:
        """Start a page that compares runs."""
        asked = build("comparison", RunsAsked, await read_json(request))
        folders = [self.place.folder(name) for name in dict.fromkeys(asked.runs)]
        code = _language(request)
        folder = self.jobs.start(
            "comparison",
            listed([folder.name for folder in folders]),
            lambda at: comparison_arguments(folders, at, code),
        )
        return JSONResponse({"id": folder.name}, 201)

    async def act(self, request: Request) -> Response:
        """Cancel a run, go on with it, or discard what it left."""
        await read_json(request)
        folder, action = (
            self.place.folder(request.path_params["run"]),
            request.path_params["action"],
        )
        actions = {
            "cancel": self.jobs.cancel,
            "continue": self.jobs.go_on,
            "discard": self.jobs.discard,
        }
        if action not in actions:
            raise UserError("there is no such action")
        await run_in_threadpool(actions[action], folder)
        return JSONResponse({"id": folder.name})

    async def ticket(self, request: Request) -> Response:
        """An address that opens one file of a run."""
        asked = build("file", FileAsked, await read_json(request))
        file = self.place.file(asked.run, asked.file)
        return JSONResponse({"address": f"/reports/{self.tickets.give(file)}/{file.name}"})

    async def report(self, request: Request) -> Response:
        """The file of a ticket."""
        try:
            file = self.tickets.file(request.path_params["ticket"], request.path_params["name"])
        except UserError as error:
            return JSONResponse({"error": said(str(error))}, 404)
        is_page = file.suffix == ".html"
        return FileResponse(
            file,
            media_type="text/html; charset=utf-8" if is_page else "application/octet-stream",
            filename=None if is_page else file.name,
        )

    async def upload(self, request: Request) -> Response:
        """Take a tape, and look at it."""
        number, file = self.tapes.new(request.query_params.get("name", ""))
        try:
            await read_upload(request, file)
            form = await run_in_threadpool(self.tapes.form, number)
        except BaseException:
            self.tapes.remove(number)
            raise
        return JSONResponse(form, 201)

    async def tape(self, request: Request) -> Response:
        """What the inspector says of a tape."""
        return JSONResponse(await run_in_threadpool(self.tapes.form, request.path_params["tape"]))

    async def answer(self, request: Request) -> Response:
        """Keep the answers to its questions."""
        answers = build("the answers", Answers, await read_json(request))
        number = request.path_params["tape"]
        return JSONResponse(await run_in_threadpool(self.tapes.answer, number, answers))

    async def remove(self, request: Request) -> Response:
        """Remove a tape."""
        await read_json(request)
        self.tapes.remove(request.path_params["tape"])
        return JSONResponse({})


def _told(endpoint: Endpoint) -> Endpoint:
    """``endpoint`` in the language that is asked for; its trouble becomes one clear answer."""

    async def answer(request: Request) -> Response:
        with speaking(_language(request)):
            try:
                return await endpoint(request)
            except RefusedError as error:
                headers = {"Connection": "close"}
                return JSONResponse({"error": said(str(error))}, error.status, headers)
            except BusyError as error:
                return JSONResponse({"error": said(str(error))}, 409)
            except Exception as trouble:
                text, code = told(trouble)
                return JSONResponse({"error": said(text)}, 422 if code == 2 else 500)

    return answer


def _language(request: Request) -> LanguageCode:
    return language_asked(request.headers)


@cache
def _choices(language: LanguageCode) -> dict[str, Any]:
    with speaking(language):
        return choices()


async def _page_file(request: Request) -> Response:
    name, kind = PAGE[request.url.path]
    return Response(_content(name), media_type=f"{kind}; charset=utf-8")


@cache
def _content(name: str) -> bytes:
    return (files("simulator.desk") / "page" / name).read_bytes()
