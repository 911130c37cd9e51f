"""The OAuth endpoints: consent page, token, introspection, revocation, uninstall, and the v1 look-ups."""

from __future__ import annotations

from authlib.oauth2 import OAuth2Error
from flask import Blueprint, Flask, Response, render_template, request

from connector.sandbox.authserver import Installer, OauthRequest, create_server, error_answer, introspection
from connector.sandbox.config import PortalUser
from connector.sandbox.core import Sandbox, answer, authorised
from connector.sandbox.grants import grantable
from connector.sandbox.portal import Portal
from connector.sandbox.tickets import Tickets
from connector.sandbox.wire import not_found


def create_oauth(app: Flask, sandbox: Sandbox) -> Blueprint:  # noqa: C901 - a list of routes, each of them short
    """The OAuth endpoints under the dated paths, the consent page, and the two v1 look-ups."""
    server = create_server(app, sandbox)
    tickets = Tickets()
    blueprint = Blueprint("oauth", __name__)

    def refuse(reason: str, status: int = 400) -> Response:
        page = render_template("sandbox_refused.html", reason=reason, app=sandbox.config.app)
        return Response(page, status, content_type="text/html; charset=utf-8")

    def checked_scopes() -> tuple[tuple[str, ...], str | None]:
        """What is asked for, and why the install is blocked, if it is."""
        client = sandbox.config.app
        required = tuple((request.values.get("scope") or "").split())
        optional = tuple((request.values.get("optional_scope") or "").split())
        missing = [scope for scope in client.required_scopes if scope not in required]
        surplus = [scope for scope in required if scope not in (*client.required_scopes, *client.conditional_scopes)]
        surplus += [scope for scope in optional if scope not in (*client.optional_scopes, *client.conditional_scopes)]
        if missing or surplus:
            return (), (
                "Authorization failed because there is a mismatch between the scopes in the install URL and the "
                f"app's configured scopes. Missing: {' '.join(missing) or 'none'}. Not configured: "
                f"{' '.join(surplus) or 'none'}."
            )
        return (*required, *optional), None

    def choices(portal_id: int | None) -> list[tuple[Portal, PortalUser]]:
        return [
            (portal, user)
            for portal in sandbox.store.portals.values()
            if not portal.is_gone and portal_id in (None, portal.id)
            for user in portal.config.users
        ]

    @blueprint.route("/oauth/authorize", methods=["GET", "POST"])
    @blueprint.route("/oauth/<int:portal_id>/authorize", methods=["GET", "POST"])
    def authorize(portal_id: int | None = None) -> Response:
        try:
            grant = server.get_consent_grant()
        except OAuth2Error as error:
            return refuse(str(error.description or error.error))
        scopes, problem = checked_scopes()
        if problem is not None:
            return refuse(problem)
        if request.method == "GET":
            page = render_template(
                "sandbox_consent.html",
                app=sandbox.config.app,
                choices=choices(portal_id),
                scopes=scopes,
                ticket=tickets.issue(),
                action=request.full_path,
            )
            response = Response(page, content_type="text/html; charset=utf-8")
            response.headers["X-Frame-Options"] = "DENY"
            return response
        if not tickets.spend(request.form.get("ticket", "")):
            return refuse("This consent page was used already. Start the install again.")
        if request.form.get("decision") != "grant":
            denied: Response = server.create_authorization_response(grant=grant, grant_user=None)
            return denied
        account = request.form.get("account", "")
        chosen = next((pair for pair in choices(portal_id) if f"{pair[0].id}:{pair[1].user_id}" == account), None)
        if chosen is None:
            return refuse("Choose an account and a user.")
        portal, user = chosen
        if not user.is_super_admin:
            return refuse(f"{user.name} may not install apps in {portal.config.name}: ask a super admin.", 403)
        granted = grantable(scopes, portal.grantable_scopes, portal.has_leads_object)
        installer = Installer(portal.id, user.user_id, granted)
        allowed: Response = server.create_authorization_response(grant=grant, grant_user=installer)
        return allowed

    @blueprint.post("/oauth/2026-03/token")
    def token() -> Response:
        with sandbox.grants.exchange_lock:
            made: Response = server.create_token_response()
        made.headers["Cache-Control"] = "no-store"
        return made

    def refuse_client() -> Response | None:
        try:
            server.authenticate_client(OauthRequest(), ("client_secret_post",), "token")
        except OAuth2Error as error:
            return answer(error_answer(server, error), 400)
        return None

    @blueprint.post("/oauth/2026-03/token/introspect")
    def introspect() -> Response:
        refused = refuse_client()
        if refused is not None:
            return refused
        return answer(introspection(sandbox, request.form.get("token", "")))

    @blueprint.post("/oauth/2026-03/token/revoke")
    def revoke() -> Response:
        refused = refuse_client()
        if refused is not None:
            return refused
        grant = sandbox.grants.find_refresh(request.form.get("token", ""))
        if grant is not None:
            sandbox.grants.revoke(grant, kills_access=False)
        return Response(status=204)

    def known_token(value: str, kind: str) -> Response:
        found = introspection(sandbox, value)
        if found["active"] is not True or found["token_use"] != f"{kind}_token":
            raise not_found(f"{kind} token not found")
        return answer({**found, "token": value, "token_type": kind})

    @blueprint.get("/oauth/v1/access-tokens/<token_value>")
    def access_token_v1(token_value: str) -> Response:
        return known_token(token_value, "access")

    @blueprint.get("/oauth/v1/refresh-tokens/<token_value>")
    def refresh_token_v1(token_value: str) -> Response:
        return known_token(token_value, "refresh")

    @blueprint.delete("/oauth/v1/refresh-tokens/<token_value>")
    def drop_refresh_token_v1(token_value: str) -> Response:
        grant = sandbox.grants.find_refresh(token_value)
        if grant is not None:
            sandbox.grants.revoke(grant, kills_access=False)
        return Response(status=204)

    @blueprint.delete("/appinstalls/2026-03/external-install")
    def uninstall() -> Response:
        caller = authorised(sandbox, "oauth")
        sandbox.grants.revoke_portal(caller.portal.id, kills_access=True)
        return Response(status=204)

    return blueprint
