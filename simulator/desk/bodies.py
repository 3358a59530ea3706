"""Bodies of requests, read with limits of size and of time."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request

from simulator.desk.records import PRIVATE

MOST_JSON: Final = 64 * 1024
MOST_UPLOAD: Final = 512 * 1024 * 1024
JSON_SECONDS: Final = 10.0
"""For a whole body of JSON."""
PIECE_SECONDS: Final = 10.0
"""Between two pieces of an upload."""
UPLOAD_SECONDS: Final = 900.0
"""For a whole upload."""
_JSON: Final = "application/json"
_BYTES: Final = "application/octet-stream"


class RefusedError(Exception):
    """A body that is not taken; ``status`` of HTTP and why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


async def read_json(request: Request) -> dict[str, Any]:
    """The object in the body of ``request``; ``RefusedError`` where there is none."""
    _check(request, _JSON, MOST_JSON)
    content = bytearray()
    try:
        async with asyncio.timeout(JSON_SECONDS):
            async for piece in request.stream():
                content += piece
                if len(content) > MOST_JSON:
                    raise _too_large(MOST_JSON)
        found = json.loads(content)
    except TimeoutError:
        raise RefusedError(408, "the request took too long") from None
    except (ValueError, RecursionError, ClientDisconnect):
        raise RefusedError(400, "the body must be JSON") from None
    if not isinstance(found, dict):
        raise RefusedError(400, "the body must be an object")
    return found


async def read_upload(request: Request, file: Path) -> None:
    """Write the body into the new private ``file``, which has its name once it is whole."""
    _check(request, _BYTES, MOST_UPLOAD)
    part = file.with_name(f".part-{file.name}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    whole = False
    try:
        with os.fdopen(descriptor, "wb") as out:
            async with asyncio.timeout(UPLOAD_SECONDS):
                await _write_pieces(request, out)
        whole = True
    except TimeoutError:
        raise RefusedError(408, "the upload took too long") from None
    except ClientDisconnect:
        raise RefusedError(400, "the upload was broken off") from None
    finally:
        if whole:
            part.rename(file)
        else:
            part.unlink(missing_ok=True)


async def _write_pieces(request: Request, out: Any) -> None:
    size, pieces = 0, request.stream().__aiter__()
    while True:
        async with asyncio.timeout(PIECE_SECONDS):
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                return
        size += len(piece)
        if size > MOST_UPLOAD:
            raise _too_large(MOST_UPLOAD)
        out.write(piece)


def _check(request: Request, kind: str, most: int) -> None:
    """Refuse another type of content, and a body that says it is too large, unread."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
        raise RefusedError(415, f"the content must be {kind}")
    length = request.headers.get("content-length")
    if length is not None and int(length) > most:
        raise _too_large(most)


def _too_large(most: int) -> RefusedError:
    return RefusedError(413, f"the body must be at most {most:,} bytes")
