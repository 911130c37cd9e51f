"""The sandbox as a Flask app and as a threaded server on loopback."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, overload

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from connector.sandbox.account import create_account
from connector.sandbox.associations import create_associations
from connector.sandbox.config import SandboxConfig
from connector.sandbox.control import create_control
from connector.sandbox.core import ORIGINAL_PATH, Sandbox, answer, assemble, original_path
from connector.sandbox.oauth import create_oauth
from connector.sandbox.objects import create_objects
from connector.sandbox.owners import create_owners
from connector.sandbox.page import create_page
from connector.sandbox.pipedrive.config import PipedriveConfig
from connector.sandbox.pipedrive.server import PipedriveHandle
from connector.sandbox.properties import create_properties
from connector.sandbox.serving import ServerHandle, around_each_call
from connector.sandbox.wire import ApiError, error_body

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Older and newer spellings of the same calls. The dated version answered is 2026-03; 2026-09 answers the same way.
_ALIASES: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"^/crm/v[34]/objects/", "/crm/objects/2026-03/"),
        (r"^/crm/v4/associations/", "/crm/associations/2026-03/"),
        (r"^/crm/v3/properties/", "/crm/properties/2026-03/"),
        (r"^/crm/v3/owners\b", "/crm/owners/2026-03"),
        (r"^/crm/v3/limits/", "/crm/limits/2026-03/"),
        (r"^/account-info/v3/", "/account-info/2026-03/"),
        (r"^/oauth/v[13]/token\b", "/oauth/2026-03/token"),
        (r"^/(crm/\w+|account-info|oauth|appinstalls)/2026-09/", r"/\1/2026-03/"),
    )
)
_ID: Final = re.compile(r"/\d+(?=/|$)")
_TOKEN: Final = re.compile(r"(/(?:access|refresh)-tokens)/.+")


class _Aliases:
    """Rewrites older spellings of a path to the dated one, keeping what was called."""

    def __init__(self, wrapped: WSGIApplication) -> None:
        self._wrapped = wrapped

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        environ[ORIGINAL_PATH] = path
        environ["PATH_INFO"] = canonical_path(path)
        return self._wrapped(environ, start_response)


def canonical_path(path: str) -> str:
    """The dated spelling of an API path, without a slash at the end."""
    for pattern, replacement in _ALIASES:
        path, count = pattern.subn(replacement, path, count=1)
        if count:
            break
    return path.rstrip("/") if path.startswith(("/crm/", "/oauth/", "/account-info/")) else path


def create_sandbox(config: SandboxConfig) -> Flask:
    """The app; its parts are at `app.extensions["sandbox"]`. Webhooks go out once `serve` or the thread runs it."""
    return _create_app(assemble(config))


def serve(config: SandboxConfig | PipedriveConfig, ready: threading.Event | None = None) -> None:
    """Serve on loopback until interrupted."""
    with run_in_thread(config) as handle:
        if ready is not None:
            ready.set()
        handle.join()


@overload
def run_in_thread(config: SandboxConfig | None = None) -> SandboxHandle: ...
@overload
def run_in_thread(config: PipedriveConfig) -> PipedriveHandle: ...
def run_in_thread(config: SandboxConfig | PipedriveConfig | None = None) -> SandboxHandle | PipedriveHandle:
    """A running sandbox in this process: `.base_url`, `.control_token`, `.stop()`; also a context manager.

    The kind of `config` chooses the dialect; None is HubSpot's.
    """
    if isinstance(config, PipedriveConfig):
        return PipedriveHandle(config)
    return SandboxHandle(config or SandboxConfig())


class SandboxHandle(ServerHandle):
    """A running sandbox of HubSpot's dialect."""

    def __init__(self, config: SandboxConfig) -> None:
        self.sandbox = assemble(config)
        app = _create_app(self.sandbox)
        super().__init__(app, config.port, config.control_token, self.sandbox.rules, self.sandbox.dispatcher)


def _create_app(sandbox: Sandbox) -> Flask:
    app = Flask("connector.sandbox", template_folder="templates", static_folder=None)
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["sandbox"] = sandbox
    app.wsgi_app = _Aliases(app.wsgi_app)  # type: ignore[method-assign]

    def log_call(response: Response) -> None:
        shape = _TOKEN.sub(r"\1/{token}", _ID.sub("/{id}", request.path))
        path = _TOKEN.sub(r"\1/{token}", original_path())
        sandbox.requests.add(request.method, shape, path, response.status_code, portalId=g.pop("portal_id", None))

    around_each_call(app, sandbox.rules, original_path, log_call)

    @app.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        response = answer(error.body, error.status)
        response.headers.update(error.headers)
        return response

    @app.errorhandler(HTTPException)
    def http_refuse(error: HTTPException) -> Response:
        return answer(error_body(error.description or error.name, "HTTP"), error.code or 500)

    for blueprint in (
        create_oauth(app, sandbox),
        create_objects(sandbox),
        create_associations(sandbox),
        create_properties(sandbox),
        create_owners(sandbox),
        create_account(sandbox),
        create_control(sandbox),
        create_page(sandbox),
    ):
        app.register_blueprint(blueprint)
    return app
