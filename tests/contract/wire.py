"""Plays a talk: hands each request its answer and holds it against what has to be asked, to the letter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlsplit

import requests
import responses

from tests.contract.replies import Asked, Reply, Talk

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Wire:
    """The other end. `seen` counts requests; one more than the talk has is an error."""

    def __init__(self, origin: str, talk: Talk) -> None:
        self._origin = origin
        self._talk = talk
        self.seen = 0

    def answer(self, request: requests.PreparedRequest) -> tuple[int, Mapping[str, str], bytes]:
        assert self.seen < len(self._talk), (
            f"nobody expects {request.method} {request.url} after {self.seen} requests"
        )
        asked, reply = self._talk[self.seen]
        self.seen += 1
        hold(request, asked, self._origin)
        return _sent(reply)

    def hold_ended(self) -> None:
        """Every request of the talk was made."""
        left = [f"{asked.method} {asked.path}" for asked, _ in self._talk[self.seen :]]
        assert not left, f"never asked: {left}"


@contextmanager
def wired(origin: str, talk: Talk) -> Iterator[Wire]:
    """Every request of this process goes to a Wire meanwhile; at the end the whole talk must have been had."""
    wire = Wire(origin, talk)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        for method in METHODS:
            mock.add_callback(method, re.compile("https?://.*"), callback=wire.answer)
        yield wire
    wire.hold_ended()


def hold(request: requests.PreparedRequest, asked: Asked, origin: str) -> None:
    """The request is `asked`: method, address, query, body and headers."""
    url, wanted = urlsplit(str(request.url)), asked.path if "://" in asked.path else origin + asked.path
    assert (request.method, f"{url.scheme}://{url.netloc}{url.path}") == (asked.method, wanted)
    query = parse_qsl(url.query, keep_blank_values=True)
    assert sorted(query) == sorted(asked.query.items()), asked.path
    headers = dict(request.headers)
    body = request.body.encode() if isinstance(request.body, str) else request.body
    if asked.form is not None:
        assert isinstance(body, bytes)
        assert dict(parse_qsl(body.decode(), strict_parsing=True)) == asked.form
        assert headers.pop("Content-Type") == "application/x-www-form-urlencoded"
    elif asked.body is not None:
        assert isinstance(body, bytes), f"{asked.path}: no body was sent"
        assert json.loads(body) == asked.body, asked.path
        assert headers.pop("Content-Type") == "application/json"
    else:
        assert not body, asked.path
    expected = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "LeadAssay/1", **asked.headers}
    if asked.token:
        expected["Authorization"] = f"Bearer {asked.token}"
    headers.pop("Content-Length", None)
    assert headers.pop("Connection", "keep-alive") == "keep-alive"
    assert headers == expected, asked.path


def _sent(reply: Reply) -> tuple[int, Mapping[str, str], bytes]:
    if reply.raw is not None:
        return reply.status, reply.headers, reply.raw
    headers = {"Content-Type": "application/json", **reply.headers}
    return reply.status, headers, b"" if reply.json is None else json.dumps(reply.json).encode()
