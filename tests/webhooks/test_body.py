"""Reading a body: exactly as much as was stated, and never more than allowed."""

from __future__ import annotations

import io
from typing import Any

import pytest

from webhooks.body import BodyRefused, read_body


class Pieces(io.RawIOBase):
    """A stream that gives a little at a time, and tells how much was asked of it."""

    def __init__(self, content: bytes, most: int = 7) -> None:
        self._content, self._most, self.taken = io.BytesIO(content), most, 0

    def read(self, size: int = -1) -> bytes:
        piece = self._content.read(min(size, self._most))
        self.taken += len(piece)
        return piece


def environ(stream: Pieces, length: str | None = None, **more: object) -> dict[str, Any]:
    return {"wsgi.input": stream, **({} if length is None else {"CONTENT_LENGTH": length}), **more}


def refused(made: dict[str, Any], max_bytes: int = 100, timeout_s: float = 5) -> int:
    with pytest.raises(BodyRefused) as refusal:
        read_body(made, max_bytes=max_bytes, timeout_s=timeout_s)
    return refusal.value.status


def test_stated_length_is_read_to_the_byte() -> None:
    stream = Pieces(b"0123456789 and the next request")
    assert read_body(environ(stream, "10"), max_bytes=10, timeout_s=5) == b"0123456789"
    assert stream.taken == 10


def test_unstated_length_is_read_to_the_end() -> None:
    chunked = environ(Pieces(b"x" * 100), HTTP_TRANSFER_ENCODING="chunked", **{"wsgi.input_terminated": True})
    assert read_body(chunked, max_bytes=100, timeout_s=5) == b"x" * 100


def test_too_big() -> None:
    stated, unstated = Pieces(b"x" * 1000), Pieces(b"x" * 1000)
    assert refused(environ(stated, "101")) == 413
    assert stated.taken == 0
    assert refused(environ(unstated, **{"wsgi.input_terminated": True})) == 413
    assert unstated.taken < 110


@pytest.mark.parametrize("length", ["-1", "1e3", "0x1", "٣", "1" * 19, "1 2"])
def test_a_length_that_is_none(length: str) -> None:
    assert refused(environ(Pieces(b"x" * 1000), length)) == 400


def test_cut_slow_and_unending() -> None:
    assert refused(environ(Pieces(b"123"), "4")) == 400
    assert refused(environ(Pieces(b"x" * 50), "50"), timeout_s=-1) == 408
    assert refused(environ(Pieces(b"x"), HTTP_TRANSFER_ENCODING="chunked")) == 411
    assert read_body(environ(Pieces(b"ignored")), max_bytes=10, timeout_s=5) == b""
