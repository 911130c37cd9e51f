"""What a visitor sees when something is wrong: a sentence, what to do about it, and nothing of the inside."""

from __future__ import annotations

from typing import NamedTuple
from uuid import uuid4

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed

from audits.model.said import phrase
from connector.errors import InstallNotActive, StorageBusy
from connector.logs import get_logger
from connector.web.api_refusals import api_refusal, is_api_path
from connector.web.languages import choose_texts
from connector.web.texts import t

_log = get_logger(__name__)


class _Said(NamedTuple):
    head: str
    remedy: str


_SAID = {
    400: _Said(
        phrase("This request could not be read."), phrase("Go back, load the page again and repeat what you did.")
    ),
    403: _Said(phrase("You may not open this page."), phrase("Ask an admin of your account if you need it.")),
    404: _Said(
        phrase("There is nothing at this address."),
        phrase(
            "The record may have been deleted in the CRM, or it belongs to another account. Start from the overview."
        ),
    ),
    405: _Said(phrase("This address does not take such a request."), phrase("Start from the overview.")),
    413: _Said(phrase("What was sent is too big."), phrase("Send less at once.")),
    429: _Said(phrase("Too many requests from here."), phrase("Wait a few minutes and try again.")),
    500: _Said(
        phrase("Something went wrong on our side."),
        phrase("Try again. If it happens again, tell the operator the number below."),
    ),
    503: _Said(
        phrase("The database is busy at the moment."),
        phrase("Wait a few seconds and load the page again. No data is lost."),
    ),
}


def error_response(
    status: int, *, head: str | None = None, remedy: str | None = None, retry_after_s: int | None = None
) -> Response:
    """A page for `status`, with our own words when given; for whoever calls the API, JSON."""
    if is_api_path(request.path):
        return api_refusal(status, retry_after_s=retry_after_s)
    if "texts" not in g:
        choose_texts()  # what failed came before
    g.is_error_page = True
    said = _SAID.get(status, _SAID[500])
    texts_given = (head or t(said.head), remedy or t(said.remedy))
    response = make_response(
        render_template(
            "error.html", status=status, head=texts_given[0], remedy=texts_given[1], request_id=g.get("request_id")
        ),
        status,
    )
    if retry_after_s is not None:
        response.headers["Retry-After"] = str(retry_after_s)
    return response


def register(app: Flask) -> None:
    """Put the handlers into `app`."""

    @app.before_request
    def number_request() -> None:
        g.request_id = uuid4().hex[:12]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.errorhandler(CSRFError)
    def on_csrf(error: CSRFError) -> Response:
        _log.info("csrf refused", endpoint=request.endpoint, reason=error.description)
        return error_response(
            400,
            head=t("This form is no longer valid."),
            remedy=t(
                "The page was open for too long, or you signed in or out since. Go back, load it again, and repeat."
            ),
        )

    @app.errorhandler(HTTPException)
    def on_http(error: HTTPException) -> Response:
        status = error.code or 500
        if isinstance(error, InternalServerError) and isinstance(error.original_exception, StorageBusy):
            return on_busy(error.original_exception)
        if status < 400:
            return make_response(error.get_response())
        retry_after_s = 600 if status == 429 else None
        own_words = (
            error.description if status in _OWN_WORDS and error.description != type(error).description else None
        )
        response = error_response(status, head=own_words, retry_after_s=retry_after_s)
        if isinstance(error, MethodNotAllowed):
            response.allow.update(error.valid_methods or ())
        return response

    @app.errorhandler(StorageBusy)
    def on_busy(error: StorageBusy) -> Response:
        _log.warning("storage busy", endpoint=request.endpoint, error=str(error))
        return error_response(503, retry_after_s=5)

    @app.errorhandler(InstallNotActive)
    def on_inactive(error: InstallNotActive) -> Response:
        return error_response(
            403,
            head=t("The connection to the CRM has stopped."),
            remedy=t("An admin can connect it again from the page Sync."),
        )

    @app.errorhandler(InternalServerError)
    def on_crash(error: InternalServerError) -> Response:
        cause = error.original_exception
        if isinstance(cause, StorageBusy):
            return on_busy(cause)
        _log.error("page crashed", endpoint=request.endpoint, exc_info=cause)
        return error_response(500)


#: Where abort(status, "sentence") of our own views speaks to the visitor.
_OWN_WORDS = frozenset({400, 403, 404, 429})
