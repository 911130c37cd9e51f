"""OAuth 2 at a Frappe site: each site is its own authorization server, with a client that its admin made for us."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Client, OAuth2Error

from audits.model.activity import Owner
from connector.adapters.frappe.adapter import account_from
from connector.adapters.frappe.client import METHOD, RULES, SERVER, FrappeClient
from connector.authlib_session import TransportSession
from connector.crm.first_token import FixedToken, bearer_token
from connector.crm.lifetimes import expires_at
from connector.crm.port import Account, Grant
from connector.errors import CrmRejected, ReauthorizationNeeded, RetryLater
from connector.payloads import JsonObject, find_text, get_text
from connector.server_rules import Limits
from connector.settings import CrmApp
from connector.transport import Transport

REQUIRED_SCOPES = ("all", "openid")
"""Frappe has no finer scopes: "all" acts as the user, and the user's roles are the limit."""

_OAUTH = f"{METHOD}/frappe.integrations.oauth2"
_TOKEN_PATH = f"{_OAUTH}.get_token"
_LIMITS = Limits(attempts=2, total_s=30.0)
_NOT_FOUND = 404
_ENDED = (
    "The Frappe site has ended our access (revoked, or our OAuth Client there was changed or deleted): connect again."
)


class FrappeOAuth:
    """The OAuth side of one site."""

    def __init__(
        self, app: CrmApp, private_hosts: frozenset[str], clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """`app`: the site and our client there. `private_hosts`: see Transport."""
        self._app = app
        self._private_hosts = private_hosts
        self._clock = clock
        self._transport = self._transport_for(None)

    def authorize_url(self, *, state: str, code_challenge: str, redirect_uri: str) -> str:
        """The site's consent page."""
        client, _ = self._client()
        url, _ = client.create_authorization_url(
            f"{self._app.auth_url}{_OAUTH}.authorize",
            state=state,
            redirect_uri=redirect_uri,
            scope=" ".join(REQUIRED_SCOPES),
            code_challenge=code_challenge,
            code_challenge_method="S256",
        )
        # Frappe's library does not read a plus as a space; a plus of a value would be %2B.
        return str(url).replace("+", "%20")

    def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Grant:
        """Code → grant. Raises CrmRejected for a code or a client that is not good."""
        client, session = self._client()
        try:
            client.fetch_token(
                _TOKEN_PATH,
                grant_type="authorization_code",
                code=code,
                code_verifier=code_verifier,
                redirect_uri=redirect_uri,
            )
        except OAuth2Error as error:
            raise CrmRejected(f"The Frappe site refused the code: {str(error.error)[:60]!r}.", status=400) from None
        if session.last_status == _NOT_FOUND:
            raise CrmRejected("The Frappe site knows no OAuth Client of this id.", status=_NOT_FOUND)
        return self._grant(session.last_body)

    def refresh(self, refresh_token: str) -> Grant:
        """A new access token; the refresh token given back is the old one where the site names none."""
        client, session = self._client()
        try:
            client.refresh_token(_TOKEN_PATH, refresh_token=refresh_token)
        except OAuth2Error as error:
            if error.error in {"invalid_grant", "invalid_client", "unauthorized_client"}:
                raise ReauthorizationNeeded(_ENDED) from None
            said = str(error.error)[:60]
            raise CrmRejected(f"The Frappe site refused the refresh: {said!r}.", status=400) from None
        if session.last_status == _NOT_FOUND:
            # So says Frappe 15 of a refresh token or a client that is not there any more. A page instead of its
            # words comes from something in front of the site, which may be away for a while.
            if find_text(session.last_body, "exc_type") == "DoesNotExistError":
                raise ReauthorizationNeeded(_ENDED)
            raise RetryLater("There is no Frappe site at the address of ours just now.", after_s=60.0)
        return self._grant({"refresh_token": refresh_token, **session.last_body})

    def installing_user(self, grant: Grant) -> Owner:
        """The user that gave the grant; on a Frappe site the user's name is the owner id, too."""
        client = self._on_behalf(grant)
        user_id = client.logged_user()
        user = client.document("User", user_id)
        email = find_text(user, "email")
        return Owner(owner_id=user_id, user_id=user_id, email=email, name=find_text(user, "full_name") or user_id)

    def account(self, grant: Grant) -> Account:
        """The site. Raises CrmRejected or PermissionMissing with what is missing there."""
        return account_from(self._on_behalf(grant))

    def _on_behalf(self, grant: Grant) -> FrappeClient:
        return FrappeClient(self._transport_for(FixedToken(grant.access_token, SERVER)))

    def _transport_for(self, tokens: FixedToken | None) -> Transport:
        return Transport(
            self._app.api_url,
            allowed_origins=frozenset({self._app.api_url}),
            rules=RULES,
            tokens=tokens,
            limits=_LIMITS,
            private_hosts=self._private_hosts,
        )

    def _client(self) -> tuple[OAuth2Client, TransportSession]:
        session = TransportSession(self._transport, judged=frozenset({_NOT_FOUND}))
        client = OAuth2Client(
            session,
            client_id=self._app.client_id,
            client_secret=self._app.secrets[0],
            # Older sites refuse a Basic header.
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a method
            code_challenge_method="S256",
        )
        return client, session

    def _grant(self, token: JsonObject) -> Grant:
        what = "The Frappe site's token answer"
        return Grant(
            access_token=bearer_token(token, what),
            refresh_token=get_text(token, "refresh_token", what),
            # What introspection says of the end is wrong on sites whose zone is not UTC.
            expires_at=expires_at(token.get("expires_in"), self._clock()),
            scopes=tuple((find_text(token, "scope") or "").split()),
            account_id=urlsplit(self._app.api_url).netloc,
            user_id=None,
            api_url=self._app.api_url,
        )
