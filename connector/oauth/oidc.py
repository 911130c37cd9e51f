"""Sign-in by the company's OpenID Connect provider: authorization code with PKCE and nonce, found by discovery."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Client, OAuth2Error
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from connector.authlib_session import TransportSession
from connector.errors import ConfigError, LeadAssayError, UnexpectedPayload
from connector.logs import get_logger
from connector.oauth.flow import STATE_LIFE, secret_hash
from connector.oauth.sign_in import SignedIn, who_may_sign_in
from connector.oauth.vault import Vault
from connector.origins import origin_of
from connector.payloads import JsonObject, find_text, get_text, object_of, parse_json
from connector.server_rules import Limits, ServerRules
from connector.settings import OidcProvider, Settings
from connector.storage import web_sessions
from connector.storage.database import Database
from connector.transport import Transport

CALLBACK_PATH = "/sign-in/oidc/callback"
STATE_NAME = "oidc"
"""Stands in the states table where an install's state names its CRM."""

_PURPOSE = "oidc-state"
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
_METADATA_LIFE_S = 3600.0
_LEEWAY_S = 60
_LIMITS = Limits(attempts=2, attempt_s=8.0, total_s=12.0, max_bytes=1_000_000)

log = get_logger(__name__)


class SignInRefused(LeadAssayError):
    """The provider's answer signs nobody in; the message may be shown, escaped."""


@dataclass(frozen=True, slots=True)
class _Metadata:
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    auth_method: str
    names_issuer: bool
    algorithms: tuple[str, ...]


class OidcSignIn:
    """Sign-in at one provider. Safe to share between threads."""

    def __init__(self, settings: Settings, database: Database, vault: Vault) -> None:
        """Raises ConfigError when the settings name no provider."""
        if settings.oidc is None:
            raise ConfigError("LEADASSAY_OIDC_ISSUER is missing: no OpenID Connect provider is set.")
        self._provider: OidcProvider = settings.oidc
        self._redirect_uri = settings.public_url + CALLBACK_PATH
        self._database = database
        self._vault = vault
        self._lock = threading.Lock()
        self._metadata: tuple[float, _Metadata] | None = None
        self._keys: KeySet | None = None

    def begin(self, *, session_hash: str, now: datetime) -> str:
        """The provider's URL, for the browser whose session token has this hash."""
        metadata = self._discovered()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        verifier += secrets.token_urlsafe(16)
        state_hash = secret_hash(state)
        secret = json.dumps({"nonce": nonce, "verifier": verifier}).encode()
        sealed = self._vault.seal_packed(state_hash, secret, purpose=_PURPOSE)
        with self._database.write() as connection:
            web_sessions.put_state(connection, state_hash, STATE_NAME, session_hash, sealed, now + STATE_LIFE)
        client, _ = self._client(metadata)
        url, _ = client.create_authorization_url(
            metadata.authorization_endpoint,
            state=state,
            nonce=nonce,
            redirect_uri=self._redirect_uri,
            scope="openid email profile",
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        return str(url)

    def finish(self, params: Mapping[str, str], *, session_hash: str, now: datetime) -> list[SignedIn]:
        """Whom the provider's answer signs in: at least one, one per account. Raises SignInRefused."""
        nonce, verifier = self._kept(params, session_hash, now)
        metadata = self._discovered()
        if (metadata.names_issuer or "iss" in params) and params.get("iss") != metadata.issuer:
            raise _refused("iss", "The answer does not come from your company's sign-in. Try again.")
        if "error" in params or not params.get("code"):
            raise _refused("error", "Your company's sign-in did not let you in. Try again, or ask your admin.")
        client, session = self._client(metadata)
        try:
            client.fetch_token(
                metadata.token_endpoint,
                grant_type="authorization_code",
                code=params["code"],
                code_verifier=verifier,
                redirect_uri=self._redirect_uri,
            )
        except OAuth2Error as error:
            raise _refused(
                "code", "Your company's sign-in did not accept the code it had given. Try again."
            ) from error
        email = self._verified_email(metadata, session.last_body, nonce, now)
        with self._database.write() as connection:
            people = who_may_sign_in(connection, email)
        if not people:
            raise _refused("not_listed", "Your address is not on the CRM's list of users. Ask your CRM admin.")
        return people

    def _kept(self, params: Mapping[str, str], session_hash: str, now: datetime) -> tuple[str, str]:
        state_hash = secret_hash(params.get("state", ""))
        with self._database.write() as connection:
            state = web_sessions.take_state(connection, state_hash, now)
        is_ours = state is not None and state.crm == STATE_NAME
        if state is None or not is_ours or not secrets.compare_digest(state.session_hash, session_hash):
            raise _refused("state", "This sign-in was used already, is too old, or was begun in another browser.")
        what = "A stored state"
        opened = self._vault.open_packed(state_hash, state.sealed_verifier, purpose=_PURPOSE)
        kept = object_of(parse_json(opened, what), what)
        return get_text(kept, "nonce", what), get_text(kept, "verifier", what)

    def _verified_email(self, metadata: _Metadata, token: JsonObject, nonce: str, now: datetime) -> str:
        id_token, access_token = find_text(token, "id_token"), find_text(token, "access_token")
        if id_token is None:
            raise UnexpectedPayload("The OpenID Connect provider gave no id_token.")
        try:
            decoded = self._decoded(metadata, id_token)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                {
                    "iss": {"essential": True, "value": metadata.issuer},
                    "aud": {"essential": True, "value": self._provider.client_id},
                },
                {"nonce": nonce, "client_id": self._provider.client_id, "access_token": access_token},
            )
            claims.validate(now=int(now.timestamp()), leeway=_LEEWAY_S)
        except (JoseError, ValueError) as error:
            raise _refused(
                type(error).__name__, "Your company's sign-in sent an answer that is not sound."
            ) from error
        email = claims.get("email")
        if not isinstance(email, str) or claims.get("email_verified") is not True:
            raise _refused("email", "Your company's sign-in does not vouch for your address. Ask your admin.")
        return email

    def _decoded(self, metadata: _Metadata, id_token: str) -> jwt.Token:
        for is_fresh in (False, True):
            try:
                return jwt.decode(id_token, self._key_set(metadata, is_fresh=is_fresh), list(metadata.algorithms))
            except InvalidKeyIdError:
                # The provider has rotated its keys since we read them.
                if is_fresh:
                    raise
        raise AssertionError("unreachable: the second round returns or raises")

    def _key_set(self, metadata: _Metadata, *, is_fresh: bool) -> KeySet:
        with self._lock:
            if self._keys is None or is_fresh:
                found = object_of(self._transport(metadata.jwks_uri).request("GET", metadata.jwks_uri), "A key set")
                self._keys = KeySet.import_key_set(found)  # type: ignore[arg-type]
            return self._keys

    def _discovered(self) -> _Metadata:
        with self._lock:
            if self._metadata is not None and self._metadata[0] > time.monotonic():
                return self._metadata[1]
        issuer = self._provider.issuer
        url = f"{issuer}/.well-known/openid-configuration"
        what = "The OpenID Connect provider's description"
        found = object_of(self._transport(url).request("GET", url), what)
        if get_text(found, "issuer", what).rstrip("/") != issuer:
            raise ConfigError(f"The provider at {issuer} calls itself something else: check LEADASSAY_OIDC_ISSUER.")
        methods, listed = (
            found.get("token_endpoint_auth_methods_supported"),
            found.get("id_token_signing_alg_values_supported"),
        )
        is_post = isinstance(methods, list) and "client_secret_basic" not in methods
        offered = listed if isinstance(listed, list) else ["RS256"]
        metadata = _Metadata(
            issuer=get_text(found, "issuer", what),
            authorization_endpoint=self._endpoint(found, "authorization_endpoint"),
            token_endpoint=self._endpoint(found, "token_endpoint"),
            jwks_uri=self._endpoint(found, "jwks_uri"),
            auth_method="client_secret_post" if is_post else "client_secret_basic",
            names_issuer=found.get("authorization_response_iss_parameter_supported") is True,
            algorithms=tuple(name for name in _ALGORITHMS if name in offered),
        )
        with self._lock:
            self._metadata = (time.monotonic() + _METADATA_LIFE_S, metadata)
        return metadata

    def _endpoint(self, found: JsonObject, name: str) -> str:
        url = get_text(found, name, "The OpenID Connect provider's description")
        # An https provider may name other hosts of its own, but nothing in the clear and nothing without a host.
        if not origin_of(url) or urlsplit(url).scheme != urlsplit(self._provider.issuer).scheme:
            raise UnexpectedPayload(f"The provider's {name} is no address that we may call.")
        return url

    def _transport(self, url: str) -> Transport:
        origin = origin_of(url)
        rules = ServerRules(server="The OpenID Connect provider")
        return Transport(origin, allowed_origins=frozenset({origin}), rules=rules, limits=_LIMITS)

    def _client(self, metadata: _Metadata) -> tuple[OAuth2Client, TransportSession]:
        session = TransportSession(self._transport(metadata.token_endpoint))
        client = OAuth2Client(
            session,
            client_id=self._provider.client_id,
            client_secret=self._provider.client_secret,
            token_endpoint_auth_method=metadata.auth_method,
            code_challenge_method="S256",
        )
        return client, session


def _refused(reason: str, sentence: str) -> SignInRefused:
    log.warning("sign_in_refused", reason=reason)
    return SignInRefused(sentence)
