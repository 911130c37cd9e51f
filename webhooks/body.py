"""Read a request's body: never more than allowed, never for longer than allowed, and never half of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import IO, Any, cast

#: Small, so that a slow sender gives us the chance to look at the clock.
_PIECE_BYTES = 4096


class BodyRefused(Exception):
    """The body was not read to its end. `status`: the HTTP status that says why."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def read_body(environ: Mapping[str, Any], *, max_bytes: int, timeout_s: float) -> bytes:
    """The body of the WSGI request `environ`, at most `max_bytes`, read within about `timeout_s` seconds.

    A stated length above the limit is refused before a byte is read; an unstated one (chunked) when the limit is
    passed. Raises BodyRefused: 413 too big, 408 too slow, 411 no length and no end, 400 a bad length or a cut body.
    """
    length = _stated_length(environ)
    if length is not None and length > max_bytes:
        raise BodyRefused(413, f"At most {max_bytes} bytes are taken.")
    if length is None and not environ.get("wsgi.input_terminated"):
        if environ.get("HTTP_TRANSFER_ENCODING"):
            raise BodyRefused(411, "Say the length of the body.")
        return b""
    stream = cast("IO[bytes]", environ["wsgi.input"])
    deadline = time.monotonic() + timeout_s
    pieces: list[bytes] = []
    size = 0
    while length is None or size < length:
        piece = stream.read(_PIECE_BYTES if length is None else min(_PIECE_BYTES, length - size))
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
        if size > max_bytes:
            raise BodyRefused(413, f"At most {max_bytes} bytes are taken.")
        if time.monotonic() > deadline:
            raise BodyRefused(408, "The body came too slowly.")
    if length is not None and size < length:
        raise BodyRefused(400, "The body ended before its stated length.")
    return b"".join(pieces)


def _stated_length(environ: Mapping[str, Any]) -> int | None:
    text = str(environ.get("CONTENT_LENGTH") or "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise BodyRefused(400, "The stated length is no number.")
    return int(text)
