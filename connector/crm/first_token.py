"""The token of a grant that was just given, before there is an install."""

from __future__ import annotations

from connector.errors import ReauthorizationNeeded, UnexpectedPayload
from connector.payloads import JsonObject, get_text


class FixedToken:
    """A token source for the first calls of an install, when nothing is stored yet."""

    def __init__(self, token: str, server: str) -> None:
        """`server`: whose token it is, in words for an admin that begin a sentence."""
        self._token = token
        self._server = server

    def current(self) -> str:
        """The token."""
        return self._token

    def renewed(self, rejected: str) -> str:
        """There is none but the rejected one. Raises ReauthorizationNeeded."""
        raise ReauthorizationNeeded(f"{self._server} refuses the access token that it has just given: connect again.")

    def refused(self) -> None:
        """Nothing to mark: there is no install yet."""


def bearer_token(answer: JsonObject, what: str) -> str:
    """The access token of a token endpoint's answer, called `what`.

    Raises UnexpectedPayload where there is none, or one that is used in another way than ours.
    """
    if str(answer.get("token_type", "bearer")).lower() != "bearer":
        raise UnexpectedPayload(f"{what} has a token of a type that we do not know.")
    return get_text(answer, "access_token", what)
