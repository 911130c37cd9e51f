"""Authlib's authorization server, speaking HubSpot's dialect: grants, PKCE, errors, introspection."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.flask_oauth2.requests import (
    FlaskOAuth2Payload,
    FlaskOAuth2Request,
)
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError, OAuth2Request
from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    RefreshTokenGrant,
)
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask, Response, request

from connector.sandbox.config import ClientApp
from connector.sandbox.core import Sandbox, answer
from connector.sandbox.grants import Code, Grant
from connector.sandbox.wire import correlation_id, now_ms


@dataclass(frozen=True, slots=True)
class Installer:
    """A user of a portal who said yes, and what they granted."""

    portal_id: int
    user_id: int
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Client:
    app: ClientApp

    def get_client_id(self) -> str:
        return self.app.client_id

    def get_default_redirect_uri(self) -> str:
        return self.app.redirect_uris[0]

    def get_allowed_scope(self, scope: str | None) -> str:
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.app.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(self.app.client_secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_post"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in ("authorization_code", "refresh_token")


@dataclass(frozen=True, slots=True)
class _RefreshToken:
    """The credential a refresh was asked with."""

    grant: Grant

    def check_client(self, client: _Client) -> bool:
        return self.grant.client_id == client.get_client_id()

    def get_scope(self) -> str:
        return " ".join(self.grant.scopes)


class _Payload(FlaskOAuth2Payload):  # type: ignore[misc]
    @property
    def response_type(self) -> str:
        """HubSpot's authorize URL carries no response_type: it is always code."""
        return str(self.data.get("response_type") or "code")


class OauthRequest(FlaskOAuth2Request):  # type: ignore[misc]
    def __init__(self) -> None:
        # Authlib refuses plain http; the sandbox speaks it on loopback only, so the scheme alone is rewritten.
        OAuth2Request.__init__(
            self, method=request.method, uri=request.url.replace("http://", "https://", 1), headers=request.headers
        )
        self._request = request
        self.payload = _Payload(request)


class _Pkce(CodeChallenge):  # type: ignore[misc]
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)
    DEFAULT_CODE_CHALLENGE_METHOD = "S256"


class Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server, answering errors of the token endpoint in HubSpot's words."""

    def create_oauth2_request(self, _request: object) -> OauthRequest:
        return OauthRequest()

    def handle_error_response(self, oauth_request: OAuth2Request, error: OAuth2Error) -> Response:
        if request.path.endswith("/authorize"):
            return super().handle_error_response(oauth_request, error)  # type: ignore[no-any-return]
        return answer(error_answer(self, error), 400)


_HINTS = (
    ("redirect_uri", "BAD_REDIRECT_URI"),
    ("code_verifier", "BAD_CODE_VERIFIER"),
    ("code_challenge", "BAD_CODE_VERIFIER"),
    ("Code challenge", "BAD_CODE_VERIFIER"),
)


def error_answer(server: Server, error: OAuth2Error) -> Mapping[str, object]:
    description = str(error.description or "")
    if error.error == "invalid_client":
        known = server.query_client(request.form.get("client_id", "")) is not None
        status = "BAD_CLIENT_SECRET" if known else "BAD_CLIENT_ID"
    elif error.error == "unsupported_grant_type":
        status = "BAD_GRANT_TYPE"
    elif error.error == "access_denied":
        status = "BAD_HUB"
    elif error.error == "invalid_scope":
        status = "BAD_SCOPES"
    else:
        found = next((name for hint, name in _HINTS if hint in description), None)
        is_refresh = request.form.get("grant_type") == "refresh_token"
        status = found or ("BAD_REFRESH_TOKEN" if is_refresh else "BAD_AUTH_CODE")
    name = "invalid_grant" if status.startswith("BAD_CODE") or status == "BAD_REDIRECT_URI" else error.error
    message = description or "missing or invalid refresh token"
    return {
        "status": status,
        "message": message,
        "correlationId": correlation_id(),
        "error": name,
        "error_description": message,
    }


def _grant_classes(sandbox: Sandbox) -> tuple[type, type]:
    grants = sandbox.grants

    class CodeExchange(AuthorizationCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post",)

        def save_authorization_code(self, code: str, oauth_request: OauthRequest) -> None:
            installer: Installer = oauth_request.user
            data = oauth_request.payload.data
            grants.put_code(
                Code(
                    value=code,
                    client_id=oauth_request.client.get_client_id(),
                    redirect_uri=data.get("redirect_uri") or oauth_request.client.get_default_redirect_uri(),
                    scopes=installer.scopes,
                    portal_id=installer.portal_id,
                    user_id=installer.user_id,
                    expires_ms=now_ms() + sandbox.settings.auth_code_ttl_s * 1000,
                    code_challenge=data.get("code_challenge"),
                    code_challenge_method=data.get("code_challenge_method"),
                )
            )

        def query_authorization_code(self, code: str, client: _Client) -> Code | None:
            found = grants.find_code(code)
            return found if found is not None and found.client_id == client.get_client_id() else None

        def delete_authorization_code(self, authorization_code: Code) -> None:
            grants.drop_code(authorization_code)

        def authenticate_user(self, authorization_code: Code) -> Grant:
            return grants.open_grant(
                authorization_code.portal_id, authorization_code.user_id, authorization_code.scopes
            )

    class Refresh(RefreshTokenGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_post",)

        def authenticate_refresh_token(self, refresh_token: str) -> _RefreshToken | None:
            grant = grants.find_refresh(refresh_token)
            if grant is None:
                return None
            if sandbox.store.portal(grant.portal_id).is_gone:
                raise AccessDeniedError("missing or unknown hub id")
            if refresh_token in grant.spent_tokens:
                # A spent token used again means that it was copied: the whole family dies.
                grants.revoke(grant, kills_access=True)
            return _RefreshToken(grant) if grant.is_live else None

        def authenticate_user(self, refresh_token: _RefreshToken) -> Grant:
            return refresh_token.grant

        def revoke_old_credential(self, refresh_token: _RefreshToken) -> None:
            """Done while the new token was saved: see save_token."""

    return CodeExchange, Refresh


def create_server(app: Flask, sandbox: Sandbox) -> Server:
    """The server for this sandbox's one client app."""

    def query_client(client_id: str) -> _Client | None:
        return _Client(sandbox.config.app) if client_id == sandbox.config.app.client_id else None

    def save_token(token: dict[str, object], oauth_request: OauthRequest) -> None:
        """Put the real tokens and HubSpot's own members into the answer."""
        grant: Grant = oauth_request.user
        if request.form.get("grant_type") == "refresh_token" and sandbox.settings.rotate_refresh_tokens:
            sandbox.grants.rotate(grant)
        access = sandbox.grants.add_access(grant)
        token.clear()
        token.update(
            token_type="bearer",  # noqa: S106 - the name of a kind
            access_token=access.value,
            refresh_token=grant.refresh_tokens[-1],
            expires_in=sandbox.settings.access_token_ttl_s,
            hub_id=grant.portal_id,
            user_id=grant.user_id,
            scopes=list(grant.scopes),
            token_use="access_token",  # noqa: S106 - the name of a use
        )

    server = Server(app, query_client=query_client, save_token=save_token)
    code_exchange, refresh = _grant_classes(sandbox)
    server.register_grant(code_exchange, [_Pkce(required=False)])
    server.register_grant(refresh)
    return server


def introspection(sandbox: Sandbox, value: str) -> dict[str, object]:
    """What is known of an access or refresh token; a dead one is `{"active": False}`."""
    access = sandbox.grants.find_access(value)
    if access is not None:
        grant: Grant | None = sandbox.grants.grant_of(access)
        left_s = (access.expires_ms - now_ms()) // 1000
        is_active = access.is_live and left_s > 0
    else:
        grant = sandbox.grants.find_refresh(value)
        left_s = 0
        is_active = grant is not None and grant.is_live and value not in grant.spent_tokens
    if grant is None or not is_active:
        return {"active": False}
    portal = sandbox.store.portal(grant.portal_id)
    user = next((user for user in portal.config.users if user.user_id == grant.user_id), None)
    app = sandbox.config.app
    return {
        "active": True,
        "token_use": "refresh_token" if access is None else "access_token",
        "token_type": "bearer",
        "hub_id": portal.id,
        "hub_domain": portal.config.hub_domain,
        "user_id": grant.user_id,
        "user": None if user is None else user.email,
        "app_id": app.app_id,
        "client_id": app.client_id,
        "scopes": list(grant.scopes),
        "expires_in": left_s,
        "signed_access_token": {
            "hublet": "na1",
            "hubId": portal.id,
            "userId": grant.user_id,
            "installingUserId": grant.user_id,
            "appId": app.app_id,
            "expiresAt": 0 if access is None else access.expires_ms,
        },
    }
