"""Authlib builds the OAuth requests, our transport sends them: its deadlines and allow-list hold here too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from authlib.common.urls import url_decode, url_encode

from connector.errors import UnexpectedPayload
from connector.payloads import JsonObject, JsonValue
from connector.transport import Answer, Transport

_JUDGED_BY_AUTHLIB = frozenset({400, 401, 403})


class _ClientAuth(Protocol):
    def prepare(
        self, method: str, uri: str, headers: dict[str, str], body: str
    ) -> tuple[str, dict[str, str], str]: ...


class TransportResponse:
    """What Authlib reads of a response."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self._body = answer.body

    def json(self) -> JsonValue:
        """The body as the transport parsed it."""
        return self._body

    def raise_for_status(self) -> None:
        """Called by Authlib for answers that are no JSON object."""
        raise UnexpectedPayload(f"A token endpoint answered {self.status_code} without a JSON object.")


class TransportSession:
    """The session of an authlib.oauth2.OAuth2Client. `last_body`: the last answer, for what Authlib leaves out.

    `judged`: further statuses that are handed on instead of raised; `last_status` tells them.
    """

    def __init__(self, transport: Transport, judged: frozenset[int] = frozenset()) -> None:
        self._transport = transport
        self._judged = _JUDGED_BY_AUTHLIB | judged
        self.last_body: JsonObject = {}
        self.last_status = 0

    def post(
        self,
        url: str,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: _ClientAuth | None = None,
    ) -> TransportResponse:
        """Send a form. Raises the transport's errors but for 400, 401 and 403, which Authlib reads."""
        sent_headers = {"Accept": "application/json", **(headers or {})}
        body = url_encode(list((data or {}).items()))
        if auth is not None:
            _, sent_headers, body = auth.prepare("POST", url, sent_headers, body)
        for name in ("Content-Type", "Content-Length"):
            sent_headers.pop(name, None)
        answer = self._transport.send(
            "POST", url, form=dict(url_decode(body)), headers=sent_headers, judged=self._judged
        )
        self.last_body = answer.body if isinstance(answer.body, dict) else {}
        self.last_status = answer.status
        return TransportResponse(answer)
