"""OAuth 2 at HubSpot: authorize URL, code exchange, refresh, and who installed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from authlib.oauth2 import OAuth2Client, OAuth2Error

from audits.model.activity import Owner
from connector.adapters.hubspot.adapter import DEALS_SCOPE, EMAIL_SCOPE, account_from
from connector.adapters.hubspot.client import RULES, VERSION, HubSpotClient
from connector.authlib_session import TransportSession
from connector.crm.first_token import FixedToken, bearer_token
from connector.crm.lifetimes import expires_at
from connector.crm.port import Account, Grant
from connector.errors import ConfigError, CrmRejected, ReauthorizationNeeded
from connector.payloads import JsonObject, find_text, get_text, object_of
from connector.server_rules import Limits
from connector.settings import CrmApp
from connector.transport import Transport

REQUIRED_SCOPES = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.owners.read",
    "crm.schemas.contacts.write",
)
OPTIONAL_SCOPES = (EMAIL_SCOPE, DEALS_SCOPE)
"""HubSpot blocks an install whose URL does not list exactly what marketplace/src/app/app-hsmeta.json declares."""

_DEAD_GRANT = frozenset({"BAD_REFRESH_TOKEN", "BAD_HUB"})
_OUR_FAULT = frozenset({"BAD_CLIENT_ID", "BAD_CLIENT_SECRET"})
_TOKEN_PATH = f"/oauth/{VERSION}/token"
_LIMITS = Limits(attempts=2, total_s=30.0)


class HubSpotOAuth:
    """The OAuth side of HubSpot for our app."""

    def __init__(self, app: CrmApp, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._app = app
        self._clock = clock
        self._transport = Transport(
            app.api_url, allowed_origins=frozenset({app.api_url}), rules=RULES, limits=_LIMITS
        )

    def authorize_url(self, *, state: str, code_challenge: str, redirect_uri: str) -> str:
        """HubSpot's consent page for our scopes."""
        client, _ = self._client()
        url, _ = client.create_authorization_url(
            f"{self._app.auth_url}/oauth/authorize",
            state=state,
            redirect_uri=redirect_uri,
            scope=" ".join(REQUIRED_SCOPES),
            optional_scope=" ".join(OPTIONAL_SCOPES),
            code_challenge=code_challenge,
            code_challenge_method="S256",
        )
        # HubSpot documents %20 between scopes; a plus of a value would be %2B, so every + here is a space.
        return str(url).replace("+", "%20")

    def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Grant:
        """Code → grant. Raises CrmRejected for a code that is not good, ConfigError for our own credentials."""
        client, session = self._client()
        try:
            token = client.fetch_token(
                _TOKEN_PATH,
                grant_type="authorization_code",
                code=code,
                code_verifier=code_verifier,
                redirect_uri=redirect_uri,
            )
        except OAuth2Error as error:
            raise self._refusal(error, session.last_body, is_refresh=False) from None
        return self._grant(dict(token))

    def refresh(self, refresh_token: str) -> Grant:
        """A new access token; the refresh token given back is the old one where HubSpot names none."""
        client, session = self._client()
        try:
            client.refresh_token(_TOKEN_PATH, refresh_token=refresh_token)
        except OAuth2Error as error:
            raise self._refusal(error, session.last_body, is_refresh=True) from None
        return self._grant({"refresh_token": refresh_token, **session.last_body})

    def installing_user(self, grant: Grant) -> Owner:
        """The user who gave the grant. The owner id is not told here; the owners' list links it by the user id."""
        found = self._introspect(grant)
        user_id = get_text(found, "user_id", "An introspection")
        email = find_text(found, "user")
        return Owner(owner_id="", user_id=user_id, email=email, name=email or f"User {user_id}")

    def account(self, grant: Grant) -> Account:
        """The account of the grant, named by its domain."""
        transport = Transport(
            self._app.api_url,
            allowed_origins=frozenset({self._app.api_url}),
            rules=RULES,
            tokens=FixedToken(grant.access_token, "HubSpot"),
            limits=_LIMITS,
        )
        account = account_from(HubSpotClient(transport))
        return Account(
            account_id=account.account_id,
            name=find_text(self._introspect(grant), "hub_domain") or account.name,
            zone=account.zone,
            currency=account.currency,
            record_url_base=account.record_url_base,
        )

    def _client(self) -> tuple[OAuth2Client, TransportSession]:
        session = TransportSession(self._transport)
        client = OAuth2Client(
            session,
            client_id=self._app.client_id,
            client_secret=self._app.secrets[0],
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
            code_challenge_method="S256",
        )
        return client, session

    def _introspect(self, grant: Grant) -> JsonObject:
        client, _ = self._client()
        response = client.introspect_token(
            f"{_TOKEN_PATH}/introspect",
            token=grant.access_token,
            token_type_hint="access_token",  # noqa: S106 - the name of a kind
        )
        found = object_of(response.json(), "An introspection")
        if found.get("active") is not True:
            raise ReauthorizationNeeded("HubSpot says that the access token is not active: connect again.")
        return found

    def _grant(self, token: JsonObject) -> Grant:
        what = "HubSpot's token answer"
        listed = token.get("scopes")
        scopes = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
        refresh_token = get_text(token, "refresh_token", what)
        return Grant(
            access_token=bearer_token(token, what),
            refresh_token=refresh_token,
            expires_at=expires_at(token.get("expires_in"), self._clock()),
            scopes=tuple(scopes),
            account_id=find_text(token, "hub_id") or "",
            user_id=find_text(token, "user_id"),
        )

    def _refusal(self, error: OAuth2Error, body: JsonObject, *, is_refresh: bool) -> Exception:
        status = find_text(body, "status") or ""
        if status in _OUR_FAULT or error.error == "invalid_client":
            return ConfigError(
                "HubSpot does not accept our app's credentials: check HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET."
            )
        is_unknown_hub = "hub id" in str(error.description or "")
        if is_refresh and (error.error == "invalid_grant" or status in _DEAD_GRANT or is_unknown_hub):
            return ReauthorizationNeeded(
                "HubSpot has ended our access (uninstalled, revoked, or the account is gone): connect again."
            )
        return CrmRejected(
            f"HubSpot refused the {'refresh' if is_refresh else 'code'}: {status or error.error}.", status=400
        )
