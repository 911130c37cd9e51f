"""/sign-in: a one-time link by e-mail, or the company's OpenID Connect provider. It never tells who is known."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, make_response, redirect, render_template, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from connector.errors import ConfigError, CrmError
from connector.oauth.oidc import OidcSignIn, SignInRefused
from connector.oauth.sign_in import SignedIn, redeem_link
from connector.web.access import Access, limit_caller, needs, visitor
from connector.web.error_pages import error_response
from connector.web.paths import DEFAULT, own_path
from connector.web.sessions import begin_session, end_session, page_session
from connector.web.site import site
from connector.web.texts import current, t

pages = Blueprint("sign_in", __name__)

_CHOICE_LIFE_S = 600


@pages.get("/sign-in")
@needs(Access.PUBLIC)
def form() -> str | Response:
    """The form."""
    if visitor() is not None:
        return redirect(_next(), 303)
    return _form()


@pages.post("/sign-in")
@needs(Access.PUBLIC)
def ask() -> str | Response | tuple[str, int]:
    """Ask for a link. Whatever the address, the answer is the same and comes as fast."""
    email = request.form.get("email", "").strip()
    if not 3 <= len(email) <= 254 or email.count("@") != 1 or not email.isprintable():
        return _form(
            email=email[:254], wrong=t("This is not an e-mail address; it looks like name@company.com.")
        ), 422
    _limit()
    site().links.ask(email, current().lang)
    return render_template("sign_in.html", is_sent=True)


@pages.get("/sign-in/link/<token>")
@needs(Access.PUBLIC)
def link(token: str) -> Response:
    """Ask for a press of a button: mail scanners open links, and this one works once."""
    response = make_response(render_template("sign_in_confirm.html", next=_next()))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.post("/sign-in/link/<token>")
@needs(Access.PUBLIC)
def redeem(token: str) -> Response:
    """Sign in by the link, once. Not limited: 256 random bits cannot be guessed, and others may share an address."""
    person = redeem_link(site().database, token, site().now())
    if person is None:
        return error_response(
            403,
            head=t("This link does not work any more."),
            remedy=t("A link works once, for 15 minutes. Ask for another one on the page Sign in."),
        )
    return _signed_in(person, _next())


@pages.get("/sign-in/oidc")
@needs(Access.PUBLIC)
def company() -> Response:
    """To the company's own sign-in."""
    _limit()
    try:
        url = _company().begin(session_hash=page_session().session_hash, now=site().now())
    except (CrmError, ConfigError) as trouble:
        return error_response(
            503, head=t("Your company's sign-in does not answer."), remedy=current().stored(str(trouble))
        )
    return redirect(url, 303)


@pages.get("/sign-in/oidc/callback")
@needs(Access.PUBLIC)
def company_callback() -> Response:
    """Back from the company's own sign-in."""
    try:
        found = _company().finish(request.args, session_hash=page_session().session_hash, now=site().now())
    except SignInRefused as refused:
        return error_response(
            403,
            head=current().stored(str(refused)),
            remedy=t("You can also ask for a link by e-mail on the page Sign in."),
        )
    except (CrmError, ConfigError) as trouble:
        return error_response(
            503, head=t("Your company's sign-in does not answer."), remedy=current().stored(str(trouble))
        )
    if len(found) == 1:
        return _signed_in(found[0], DEFAULT)
    ticket = _serializer().dumps([[one.install_id, one.user.user_id] for one in found])
    response = make_response(render_template("sign_in_choose.html", found=found, ticket=ticket))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@pages.post("/sign-in/oidc/account")
@needs(Access.PUBLIC)
def choose_account() -> Response:
    """Which of several accounts to open, for somebody whom the company's sign-in has just vouched for."""
    try:
        offered = _serializer().loads(request.form.get("ticket", ""), max_age=_CHOICE_LIFE_S)
    except BadData:
        abort(400, t("This choice is too old. Sign in again."))
    wanted = request.form.get("install", "")
    pair = next((pair for pair in offered if pair[0] == wanted), None)
    if pair is None:
        abort(400, t("This choice is too old. Sign in again."))
    return _begin(str(pair[0]), str(pair[1]), DEFAULT)


@pages.post("/sign-out")
@needs(Access.SIGNED_IN)
def sign_out() -> Response:
    """End the session here and on the server."""
    end_session()
    return redirect("/?note=signed-out", 303)


def _form(*, email: str = "", wrong: str = "") -> str:
    return render_template(
        "sign_in.html",
        is_sent=False,
        next=_next(),
        email=email,
        wrong=wrong,
        has_oidc=site().company is not None,
    )


def _next() -> str:
    return own_path(request.values.get("next"), current_app.url_map)


def _limit() -> None:
    limit_caller(t("Too many sign-ins were asked for from here."))


def _company() -> OidcSignIn:
    found = site().company
    if found is None:
        abort(404)
    return found


def _signed_in(person: SignedIn, target: str) -> Response:
    return _begin(person.install_id, person.user.user_id, target, role=person.user.role.value)


def _begin(install_id: str, user_id: str, target: str, *, role: str = "") -> Response:
    begin_session(install_id, user_id, role)
    response = redirect(target, 303)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _serializer() -> URLSafeTimedSerializer:
    """Signs what this very browser may choose from."""
    return URLSafeTimedSerializer(site().secret("account choice"), salt=page_session().session_hash)
