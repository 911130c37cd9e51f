"""The smallest app with our door for webhooks, served by the real server: `python -m tests.process.intake_app`."""

from __future__ import annotations

import os

from flask import Flask, request

from connector.storage.inbox import Inbox
from connector.web.server import run_web
from tests.webhooks.signing import PUBLIC_URL, SECRET
from webhooks.blueprint import IntakeConfig, webhook_blueprint

BODY_TIMEOUT_S = 1.0
MAX_BODY_BYTES = 300_000


def make() -> Flask:
    """The app on the inbox INTAKE_URL."""
    app = Flask(__name__)
    config = IntakeConfig(
        public_url=PUBLIC_URL,
        secrets={"hubspot": (SECRET,)},
        max_body_bytes=MAX_BODY_BYTES,
        body_timeout_s=BODY_TIMEOUT_S,
    )
    app.register_blueprint(webhook_blueprint(Inbox.open(os.environ["INTAKE_URL"]), config))
    app.add_url_rule("/environment", view_func=_environment)
    return app


def _environment() -> dict[str, object]:
    return {
        "request": sorted(str(name) for name in request.environ),
        "process": sorted(os.environ),
        "headers": dict(request.headers),
    }


if __name__ == "__main__":
    run_web("tests.process.intake_app:make", host="127.0.0.1", port=int(os.environ["INTAKE_PORT"]), threads=16)
