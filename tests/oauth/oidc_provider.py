"""A real OpenID Connect provider on loopback, on Authlib's authorization server, that can be told to lie."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import UserInfo
from authlib.oidc.core.grants import OpenIDCode
from authlib.oidc.core.util import create_half_hash
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

CLIENT_ID, CLIENT_SECRET = "assay-client", "assay-secret"
CALLBACK = "http://127.0.0.1:8000/sign-in/oidc/callback"
Claims = dict[str, object]


@dataclass
class Provider:
    """What the provider says of its one user; `spoil` changes the claims of an ID token before it is signed."""

    url: str = ""
    email: str = "rita@firm.example"
    is_verified: bool = True
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first"}))
    signing_key: OctKey | RSAKey | None = None
    algorithm: str = "RS256"
    spoil: Callable[[Claims], None] = lambda _claims: None
    metadata: Claims = field(default_factory=dict)
    codes: dict[str, _Code] = field(default_factory=dict)
    token_calls: list[dict[str, str]] = field(default_factory=list)


@dataclass
class _Code:
    code: str
    client_id: str
    redirect_uri: str
    scope: str
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class _Client:
    def get_client_id(self) -> str:
        return CLIENT_ID

    def get_default_redirect_uri(self) -> str:
        return CALLBACK

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, uri: str) -> bool:
        return uri == CALLBACK

    def check_client_secret(self, secret: str) -> bool:
        return secret == CLIENT_SECRET

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, kind: str) -> bool:
        return kind == "code"

    def check_grant_type(self, kind: str) -> bool:
        return kind == "authorization_code"


def _grants(state: Provider) -> tuple[type, type]:
    class Code(AuthorizationCodeGrant):  # type: ignore[misc]
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

        def save_authorization_code(self, code: str, asked: object) -> None:
            data = self.request.payload.data
            state.codes[code] = _Code(
                code, CLIENT_ID, data["redirect_uri"], data["scope"], data.get("nonce"), data.get("code_challenge"),
                data.get("code_challenge_method"),
            )  # fmt: skip

        def query_authorization_code(self, code: str, _client: object) -> _Code | None:
            return state.codes.get(code)

        def delete_authorization_code(self, code: _Code) -> None:
            del state.codes[code.code]

        def authenticate_user(self, _code: _Code) -> str:
            return state.email

    class Connect(OpenIDCode):  # type: ignore[misc]
        def exists_nonce(self, _nonce: str, _asked: object) -> bool:
            return False

        def generate_user_info(self, user: str, _scope: str) -> UserInfo:
            return UserInfo(sub="user-1", email=user, email_verified=state.is_verified)

        def encode_id_token(self, token: dict[str, str], asked: object) -> str:
            now = int(time.time())
            half = create_half_hash(token["access_token"], "RS256")
            claims: Claims = {
                "iss": state.url,
                "aud": CLIENT_ID,
                "iat": now,
                "exp": now + 300,
                "at_hash": half.decode(),
            }
            claims.update(self.get_authorization_code_claims(asked.authorization_code))  # type: ignore[attr-defined]
            claims.update(self.generate_user_info(state.email, token["scope"]))
            state.spoil(claims)
            key = state.signing_key or state.key
            return jwt.encode({"alg": state.algorithm, "kid": key.kid}, claims, key, [state.algorithm])

    return Code, Connect


def _app(state: Provider) -> Flask:
    app = Flask("oidc_provider")
    server = AuthorizationServer(app, query_client=lambda _: _Client(), save_token=lambda *_: None)
    code, connect = _grants(state)
    server.register_grant(code, [CodeChallenge(required=True), connect(require_nonce=True)])

    @app.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        return jsonify(
            {
                "issuer": state.url,
                "authorization_endpoint": f"{state.url}/authorize",
                "token_endpoint": f"{state.url}/token",
                "jwks_uri": f"{state.url}/keys",
                "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
                **state.metadata,
            }
        )

    @app.get("/keys")
    def keys() -> Response:
        return jsonify(KeySet([state.key]).as_dict(private=False))

    @app.get("/authorize")
    def authorize() -> Response:
        grant = server.get_consent_grant(end_user=state.email)
        answer: Response = server.create_authorization_response(grant=grant, grant_user=state.email)
        return answer

    @app.post("/token")
    def token() -> Response:
        state.token_calls.append(request.form.to_dict())
        answer: Response = server.create_token_response()
        return answer

    return app


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Tests print nothing."""


@contextmanager
def running_provider() -> Iterator[Provider]:
    """The provider, for the length of a test. Needs AUTHLIB_INSECURE_TRANSPORT=1, for it speaks http on loopback."""
    state = Provider()
    server = make_server("127.0.0.1", 0, _app(state), threaded=True, request_handler=_Quiet)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
