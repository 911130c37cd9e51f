"""Who may open which page. A view without an access class stops the start: nothing is open by oversight."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeVar

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from connector.errors import UnknownInstall
from connector.storage import installs, people
from connector.storage.installs import Install, InstallStatus
from connector.storage.people import Role, User
from connector.web.sessions import become_visitor, load_session, page_session
from connector.web.site import site
from connector.web.texts import t

ViewT = TypeVar("ViewT", bound=Callable[..., object])

#: Endpoints that are no pages of ours: files, and the doors of the webhooks, cards and the API, which prove their
#: callers themselves.
OPEN_ENDPOINTS = ("static", "webhooks.", "cards.", "api.")


class Access(IntEnum):
    """The least that a visitor must be."""

    PUBLIC = 0
    SIGNED_IN = 1
    MANAGER = 2
    ADMIN = 3


_RANK = {Role.REP: Access.SIGNED_IN, Role.HEAD_OF_SALES: Access.MANAGER, Role.ADMIN: Access.ADMIN}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: a user of one install. Everything a page reads is read for this install."""

    install: Install
    user: User

    @property
    def install_id(self) -> str:
        """The tenant. It comes from the session and from nowhere else."""
        return self.install.install_id

    @property
    def rank(self) -> Access:
        """What the user may open."""
        return _RANK[self.user.role]

    @property
    def is_manager(self) -> bool:
        """Sees everybody's leads."""
        return self.rank >= Access.MANAGER

    @property
    def is_admin(self) -> bool:
        """May change settings."""
        return self.rank >= Access.ADMIN

    @property
    def only_owner_id(self) -> str | None:
        """A rep sees his own leads only: their owner id; None = no limit. A rep who owns nothing sees nothing."""
        return None if self.is_manager else (self.user.owner_id or "\x00nobody")

    def may_know_lead_of(self, holder_id: str | None) -> bool:
        """Whether he may see who a lead is that `holder_id` holds now: a manager, or that holder himself. Whoever
        held it before reads what is said of him, and not of whom."""
        return self.only_owner_id in (None, holder_id)


def needs(access: Access) -> Callable[[ViewT], ViewT]:
    """Mark a view with its access class."""

    def mark(view: ViewT) -> ViewT:
        view.access = access  # type: ignore[attr-defined]
        return view

    return mark


def access_of(app: Flask, endpoint: str) -> Access | None:
    """The access class of an endpoint; None for OPEN_ENDPOINTS. Raises RuntimeError when a view has none."""
    if endpoint.startswith(OPEN_ENDPOINTS):
        return None
    access = getattr(app.view_functions[endpoint], "access", None)
    if not isinstance(access, Access):
        raise RuntimeError(f"The view {endpoint} has no access class: put @needs(Access.…) on it.")
    return access


def check_every_view(app: Flask) -> None:
    """Raise RuntimeError naming the first view without an access class."""
    for rule in app.url_map.iter_rules():
        access_of(app, rule.endpoint)


def know_viewer() -> None:
    """Before every request: who looks."""
    load_session()
    g.viewer = None
    if request.endpoint is None or access_of(current_app, request.endpoint) is not None:
        g.viewer = find_viewer()


def guard() -> BaseResponse | None:
    """Before every request, once who looks is known: whether he may."""
    if request.endpoint is None:
        return None
    needed, found = access_of(current_app, request.endpoint), visitor()
    if needed is None or needed is Access.PUBLIC:
        return None
    if found is None:
        return _to_sign_in()
    if found.rank < needed:
        who = t("the admins") if needed is Access.ADMIN else t("the admins and the heads of sales")
        abort(403, t("This page is for {who}. Ask an admin of your account if you need it.", who=who))
    return None


def find_viewer() -> Viewer | None:
    """Who is signed in, read afresh: somebody disabled or gone, another role, an ended install count at once."""
    session = page_session()
    if session.install_id is None or session.user_id is None:
        return None
    with site().database.read() as connection:
        user = people.find_user(connection, session.install_id, session.user_id)
        try:
            install = installs.get_install(connection, session.install_id)
        except UnknownInstall:
            user = None
        owner = people.find_owner(connection, session.install_id, user.owner_id) if user and user.owner_id else None
    has_left = owner is not None and owner.is_archived and user is not None and user.role is not Role.ADMIN
    if user is None or has_left or user.disabled_at is not None or install.status is InstallStatus.UNINSTALLED:
        become_visitor()
        return None
    return Viewer(install=install, user=user)


def viewer() -> Viewer:
    """Who looks. Only for views that need somebody signed in."""
    found = g.get("viewer")
    if not isinstance(found, Viewer):
        raise RuntimeError("viewer() in a view that is open to everybody")
    return found


def visitor() -> Viewer | None:
    """Who looks, or None when nobody is signed in."""
    found = g.get("viewer")
    return found if isinstance(found, Viewer) else None


def limit_caller(said: str) -> None:
    """Count what this caller begins at our cost; one too many ends the request with 429 and `said`."""
    if not site().asks.allows(request.remote_addr or "", site().now()):
        abort(429, said)


def is_partial() -> bool:
    """Whether htmx asks for a part of the page."""
    return request.headers.get("HX-Request") == "true"


def _to_sign_in() -> BaseResponse:
    wants_back = request.full_path.rstrip("?") if request.method == "GET" and not is_partial() else None
    target = url_for("sign_in.form", next=wants_back)
    if is_partial():
        response = Response(status=204)
        response.headers["HX-Redirect"] = target
        return response
    return redirect(target, 303)
