"""/language: the reader's own language. Kept for a user in his account, for a visitor in his browser."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, redirect, request
from werkzeug.wrappers import Response

from connector.language.languages import LANGUAGES
from connector.storage import people
from connector.web.access import Access, needs, visitor
from connector.web.languages import keep_choice
from connector.web.paths import own_path
from connector.web.site import site
from connector.web.texts import t

pages = Blueprint("language", __name__)


@pages.post("/language")
@needs(Access.PUBLIC)
def choose() -> Response:
    """Change the language and go back to the page."""
    code = request.form.get("language", "")
    if code not in LANGUAGES:
        abort(400, t("There is no such language here."))
    me = visitor()
    if me is not None:
        with site().database.write() as connection:
            people.set_language(connection, me.install_id, me.user.user_id, code)
    response = redirect(own_path(request.form.get("next"), current_app.url_map), 303)
    keep_choice(response, code)
    return response
