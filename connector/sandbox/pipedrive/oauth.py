"""OAuth 2 as Pipedrive speaks it: the consent page, codes, tokens by HTTP Basic alone, revocation, uninstall."""

from __future__ import annotations

import base64
import binascii
import secrets
from urllib.parse import urlencode, urlsplit

import requests
from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from connector.sandbox.pipedrive.config import PipedriveApp
from connector.sandbox.pipedrive.core import Sandbox
from connector.sandbox.pipedrive.grants import Grant
from connector.sandbox.tickets import Tickets
from connector.sandbox.wire import JsonObject, iso, now_ms

_UNINSTALL_TIMEOUT_S = 10.0


def create_oauth(sandbox: Sandbox) -> Blueprint:  # noqa: C901 - a list of routes, each of them short
    """The consent page, /oauth/token and /oauth/revoke."""
    blueprint = Blueprint("oauth", __name__, template_folder="templates")
    app = sandbox.config.app
    tickets = Tickets()

    def refuse(reason: str, status: int = 400) -> Response:
        page = render_template("sandbox_refused.html", reason=reason, app=app)
        return Response(page, status, content_type="text/html; charset=utf-8")

    def back(**parts: str | None) -> AnyResponse:
        sent = {name: value for name, value in parts.items() if value is not None}
        joint = "&" if urlsplit(app.redirect_uri).query else "?"
        return redirect(f"{app.redirect_uri}{joint}{urlencode(sent)}", 302)

    @blueprint.route("/oauth/authorize", methods=["GET", "POST"])
    def authorize() -> AnyResponse:
        if request.args.get("client_id") != app.client_id:
            return refuse("There is no app with this client id.")
        if request.args.get("redirect_uri") != app.redirect_uri:
            return refuse("The redirect address is not the callback address of the app.")
        if request.args.get("response_type", "code") != "code":
            return refuse("The response type can only be code.")
        state = request.args.get("state")
        choices = [
            (company, user)
            for company in sandbox.companies.values()
            if not company.is_closed
            for user in company.users.values()
            if user.is_active
        ]
        if request.method == "GET":
            page = render_template(
                "pipedrive_consent.html",
                app=app,
                choices=choices,
                ticket=tickets.issue(),
                action=request.full_path,
            )
            response = Response(page, content_type="text/html; charset=utf-8")
            response.headers["X-Frame-Options"] = "DENY"
            return response
        if not tickets.spend(request.form.get("ticket", "")):
            return refuse("This consent page was used already. Start the install again.")
        if request.form.get("decision") != "grant":
            return back(error="user_denied", state=state)
        account = request.form.get("account", "")
        chosen = next((pair for pair in choices if f"{pair[0].id}:{pair[1].id}" == account), None)
        if chosen is None:
            return refuse("Choose a company and a user.")
        code = sandbox.grants.issue_code(chosen[0].id, chosen[1].id, app.redirect_uri)
        return back(code=code.value, state=state)

    @blueprint.post("/oauth/token")
    def token() -> Response:
        if not _is_our_client(app):
            return _error(401, "invalid_client", "Client authentication failed")
        wanted = request.form.get("grant_type")
        if wanted == "authorization_code":
            code = sandbox.grants.spend_code(request.form.get("code", ""))
            if code is None or request.form.get("redirect_uri") != code.redirect_uri:
                return _error(400, "invalid_grant", "Invalid grant: authorization code is invalid")
            return _tokens(sandbox, sandbox.grants.open(code.company_id, code.user_id))
        if wanted == "refresh_token":
            grant = sandbox.grants.find_refresh(request.form.get("refresh_token", ""))
            if grant is None:
                return _error(400, "invalid_grant", "Invalid grant: refresh token is invalid")
            if sandbox.settings.rotate_refresh_tokens:
                sandbox.grants.rotate(grant)
            return _tokens(sandbox, grant)
        return _error(400, "unsupported_grant_type", "Unsupported grant type: `grant_type` is invalid")

    @blueprint.post("/oauth/revoke")
    def revoke() -> Response:
        if not _is_our_client(app):
            return _error(401, "invalid_client", "Client authentication failed")
        value = request.form.get("token", "")
        grant = sandbox.grants.find_refresh(value)
        if grant is not None:
            close(sandbox, grant)
        else:
            sandbox.grants.kill_access(value)
        return jsonify({"success": True})

    return blueprint


def marketplace_start(sandbox: Sandbox, company_id: int, user_id: int) -> str:
    """The address to which the marketplace leads the browser: the callback with a code and no state."""
    code = sandbox.grants.issue_code(company_id, user_id, sandbox.config.app.redirect_uri)
    return f"{sandbox.config.app.redirect_uri}?{urlencode({'code': code.value})}"


def close(sandbox: Sandbox, grant: Grant) -> None:
    """The app is gone for this user: tokens die and the app user's webhooks with them."""
    sandbox.grants.close(grant)
    sandbox.dispatcher.drop_all(grant.company_id, grant.user_id)


def uninstall(sandbox: Sandbox, grant: Grant) -> int | None:
    """What an admin does in the marketplace: all dies, and the app is told once. Returns its answer's status."""
    close(sandbox, grant)
    if not sandbox.settings.tells_uninstall:
        return None
    app = sandbox.config.app
    told: JsonObject = {
        "client_id": app.client_id,
        "company_id": grant.company_id,
        "user_id": grant.user_id,
        "timestamp": iso(now_ms()),
    }
    session = requests.Session()
    session.trust_env = False
    try:
        with session:
            answer = session.delete(
                app.redirect_uri,
                json=told,
                auth=(app.client_id, app.client_secret),
                timeout=_UNINSTALL_TIMEOUT_S,
                allow_redirects=False,
            )
            return answer.status_code
    except requests.RequestException:
        return None


def _tokens(sandbox: Sandbox, grant: Grant) -> Response:
    access = sandbox.grants.add_access(grant)
    made = jsonify(
        {
            "access_token": access.value,
            "token_type": "Bearer",
            "expires_in": sandbox.settings.access_token_ttl_s,
            "refresh_token": grant.refresh_token,
            "scope": ",".join(grant.scopes),
            "api_domain": request.host_url.rstrip("/"),
        }
    )
    made.headers["Cache-Control"] = "no-store"
    return made


def _is_our_client(app: PipedriveApp) -> bool:
    """HTTP Basic and nothing else: credentials in the body do not count."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        sent = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    return secrets.compare_digest(sent, f"{app.client_id}:{app.client_secret}".encode())


def _error(status: int, error: str, message: str) -> Response:
    response = jsonify({"success": False, "message": message, "error": error})
    response.status_code = status
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Service"'
    return response
