"""/healthz: whether this process can serve. For balancers; says nothing about tenants."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify

from connector.errors import StorageBusy
from connector.web.access import Access, needs
from connector.web.site import site

pages = Blueprint("health", __name__)


@pages.get("/healthz")
@needs(Access.PUBLIC)
def healthz() -> Response:
    """200 when the database answers, 503 otherwise."""
    try:
        with site().database.read() as connection:
            connection.execute(sa.text("SELECT 1")).scalar_one()
    except StorageBusy:
        response = jsonify(status="database unreachable")
        response.status_code = 503
        response.headers["Retry-After"] = "5"
        return response
    return jsonify(status="ok")
