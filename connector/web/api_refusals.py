"""What a program gets from the API when something is wrong: JSON, in English, and nothing of the inside."""

from __future__ import annotations

from flask import Response, g, jsonify

_SAID = {
    400: "The request could not be read.",
    401: "Send a key of your account that is not revoked: Authorization: Bearer la_...",
    404: "There is nothing at this address.",
    405: "This address does not take such a request.",
    408: "The body came too slowly.",
    411: "Say the length of the body.",
    413: "The body is too big.",
    415: "Send JSON, and say so: Content-Type: application/json.",
    429: "Too many requests. Wait as long as Retry-After says.",
    500: "Something went wrong on our side.",
    503: "The database is busy at the moment. Try again in a few seconds.",
}


def is_api_path(path: str) -> bool:
    """Whether programs ask there, and read no pages."""
    return path == "/api" or path.startswith("/api/")


def api_refusal(
    status: int, reason: str | None = None, *, field: str | None = None, retry_after_s: int | None = None
) -> Response:
    """The answer {"error": {"field", "reason"}}. `field`: which one is wrong; `reason`: a sentence, else that of the
    status; `retry_after_s`: seconds to wait."""
    error: dict[str, str | None] = {"field": field, "reason": reason or _SAID.get(status, _SAID[400])}
    if status == 500:
        # The number under which the log has it.
        error["request"] = g.get("request_id")
    response = jsonify(error=error)
    response.status_code = status
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Lead Assay"'
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
    return response
