"""The sandbox of Pipedrive's dialect as a Flask app and as a threaded server on loopback."""

from __future__ import annotations

import re
from typing import Final

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from connector.sandbox.pipedrive.api_fields import create_fields
from connector.sandbox.pipedrive.api_v1 import create_v1
from connector.sandbox.pipedrive.api_v1_history import create_v1_history
from connector.sandbox.pipedrive.api_v2 import create_v2
from connector.sandbox.pipedrive.config import PipedriveConfig
from connector.sandbox.pipedrive.control import create_control
from connector.sandbox.pipedrive.core import Call, Sandbox, assemble
from connector.sandbox.pipedrive.limits import Blocked
from connector.sandbox.pipedrive.oauth import create_oauth
from connector.sandbox.pipedrive.page import create_page
from connector.sandbox.pipedrive.said import refused
from connector.sandbox.serving import ServerHandle, around_each_call
from connector.sandbox.wire import ApiError, correlation_id

#: What varies in a path: numbers, UUIDs, keys of fields, ids of call logs.
_VARIES: Final = re.compile(r"(?<=/)(\d+|[0-9a-f]{32,40}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=/|$)")


class PipedriveHandle(ServerHandle):
    """A running sandbox of Pipedrive's dialect."""

    def __init__(self, config: PipedriveConfig) -> None:
        self.sandbox = assemble(config)
        app = create_pipedrive(self.sandbox)
        super().__init__(app, config.port, config.control_token, self.sandbox.rules, self.sandbox.dispatcher)

    def stop(self) -> None:
        """As the base; jobs that are still to run are dropped."""
        for timer in self.sandbox.timers:
            timer.cancel()
        super().stop()


def create_pipedrive(sandbox: Sandbox) -> Flask:
    """The app over these parts."""
    app = Flask("connector.sandbox", template_folder="templates", static_folder=None)
    app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost"]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["sandbox"] = sandbox

    def log_call(response: Response) -> None:
        shape = _VARIES.sub("{id}", request.path)
        sandbox.requests.add(request.method, shape, request.path, response.status_code, **g.pop("caller", {}))

    around_each_call(app, sandbox.rules, lambda: request.path, log_call)

    @app.errorhandler(ApiError)
    def refuse(error: ApiError) -> Response:
        response = jsonify(error.body)
        response.status_code = error.status
        response.headers.update(error.headers)
        return response

    @app.errorhandler(Blocked)
    def block(error: Blocked) -> Response:
        page = (
            "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body>"
            f"<h1>Sorry, you have been blocked</h1><p>Ray ID: {correlation_id()}</p></body></html>"
        )
        return Response(page, 403, content_type="text/html; charset=UTF-8")

    @app.errorhandler(HTTPException)
    def http_refuse(error: HTTPException) -> Response:
        return refuse(refused(error.code or 500, error.name))

    listed: list[Call] = []
    for create in (create_v1, create_v1_history, create_v2, create_fields):
        blueprint, calls = create(sandbox)
        app.register_blueprint(blueprint)
        listed += calls.listed
    app.register_blueprint(create_oauth(sandbox))
    app.register_blueprint(create_control(sandbox, listed))
    app.register_blueprint(create_page(sandbox))
    return app
