"""OAuth 2 at Pipedrive: authorize URL, code exchange, refresh, who installed, and the two ways to an uninstall."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from authlib.oauth2 import OAuth2Client, OAuth2Error

from audits.model.activity import Owner
from connector.adapters.pipedrive.client import CALL_LOGS, HISTORY, HOOKS, MAIL, RULES, PipedriveClient
from connector.authlib_session import TransportSession
from connector.crm.first_token import FixedToken, bearer_token
from connector.crm.lifetimes import expires_at
from connector.crm.moments import parse_at
from connector.crm.port import Account, Grant, UninstallNotice
from connector.errors import ConfigError, CrmRejected, ReauthorizationNeeded, UnexpectedPayload
from connector.origins import origin_of
from connector.payloads import JsonObject, find_text, get_text, object_of, parse_json
from connector.server_rules import Limits
from connector.settings import CrmApp
from connector.transport import Transport

REQUIRED_SCOPES = (
    "base",
    "users:read",
    "contacts:full",
    "deals:full",
    "leads:full",
    "activities:read",
    "deal-fields:full",
    "contact-fields:full",
    HOOKS,
)
OPTIONAL_SCOPES = (HISTORY, MAIL, CALL_LOGS)
"""Pipedrive's people accept all scopes of an app or none; an operator may register ours without these."""
DENIALS = frozenset({"user_denied", "access_denied"})

_HOST = re.compile(r"([a-z0-9-]+\.)+pipedrive\.com")
_LIMITS = Limits(attempts=2, total_s=30.0)
#: Unix times of our century have ten digits in seconds, and thirteen in milliseconds.
_DIGITS_OF_S = 11


def checked_api_url(app: CrmApp, address: str) -> str:
    """The origin of a company's own API, or of the configured one where the answer names none.

    Our tokens go there, so it must be https below pipedrive.com, or the very address that the operator configured.
    Raises UnexpectedPayload.
    """
    if not address:
        return app.api_url
    origin = origin_of(address)
    if origin and origin == origin_of(app.api_url):
        return app.api_url
    parts = urlsplit(origin)
    if parts.scheme != "https" or parts.port is not None or not _HOST.fullmatch(parts.hostname or ""):
        raise UnexpectedPayload(f"Pipedrive names {address[:60]!r} as the address of a company's API.")
    return origin


def is_from_our_app(app: CrmApp, authorization: str) -> bool:
    """Whether the header holds our client id and one of our secrets as HTTP Basic, as Pipedrive itself sends them."""
    scheme, _, encoded = authorization.partition(" ")
    try:
        given = base64.b64decode(encoded.strip().encode("utf-8", "surrogateescape"), validate=True)
    except (binascii.Error, ValueError):
        return False
    # Every secret is tried whatever the one before gave: the time says nothing of which one fitted.
    fits = [hmac.compare_digest(given, f"{app.client_id}:{secret}".encode()) for secret in app.secrets if secret]
    return scheme.lower() == "basic" and any(fits)


def parse_uninstall(app: CrmApp, headers: Mapping[str, str], body: bytes) -> UninstallNotice | None:
    """The notice that Pipedrive sends to our callback address when our app is taken out of a company.

    It proves itself by our own client id and secret in HTTP Basic; None for one that does not, or says nothing.
    """
    if not is_from_our_app(app, headers.get("authorization", "")):
        return None
    try:
        notice = object_of(parse_json(body, "A notice"), "A notice")
    except UnexpectedPayload:
        return None
    account_id = find_text(notice, "company_id")
    if account_id is None or find_text(notice, "client_id") not in (None, app.client_id):
        return None
    return UninstallNotice(
        account_id=account_id, user_id=find_text(notice, "user_id"), at=_told_at(find_text(notice, "timestamp"))
    )


def _told_at(text: str | None) -> datetime | None:
    """The moment of a notice. Pipedrive does not document its form: ISO 8601, or a Unix time in s or ms, is read."""
    if text is None or not (text.isascii() and text.isdecimal()):
        return parse_at(text)
    try:
        seconds = int(text) / (1000 if len(text) > _DIGITS_OF_S else 1)
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def account_from(client: PipedriveClient) -> tuple[Account, Owner]:
    """The company behind a client, and the user whose token it has."""
    return _described(client, client.me())


def _described(client: PipedriveClient, me: JsonObject) -> tuple[Account, Owner]:
    what = "Pipedrive's answer on the user"
    company_id, user_id = get_text(me, "company_id", what), get_text(me, "id", what)
    email = find_text(me, "email")
    account = Account(
        account_id=company_id,
        name=find_text(me, "company_name") or f"Pipedrive {company_id}",
        zone=find_text(me, "timezone_name") or "UTC",
        currency=find_text(me, "default_currency"),
        record_url_base=f"{_pages(client, me)}/",
        api_url=client.origin,
    )
    user = Owner(
        owner_id=user_id, user_id=user_id, email=email, name=find_text(me, "name") or email or f"User {user_id}"
    )
    return account, user


def _is_no_admin(me: JsonObject) -> bool:
    """Whether Pipedrive says that the user is an admin of nothing. Every user may install an app there."""
    access = me.get("access")
    listed = [one for one in access if isinstance(one, dict)] if isinstance(access, list) else []
    says = [me["is_admin"]] if "is_admin" in me else []
    says += [one["admin"] for one in listed if "admin" in one]
    return bool(says) and not any(says)


def _pages(client: PipedriveClient, me: JsonObject) -> str:
    """Where people see records. It becomes a link: nothing but Pipedrive's own pages, or those of a sandbox."""
    domain = find_text(me, "company_domain")
    is_common = urlsplit(client.origin).hostname == "api.pipedrive.com"
    if not is_common or domain is None or not re.fullmatch(r"[a-z0-9-]+", domain):
        return client.origin
    return f"https://{domain}.pipedrive.com"


class PipedriveOAuth:
    """The OAuth side of Pipedrive for our app."""

    def __init__(self, app: CrmApp, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._app = app
        self._clock = clock
        self._transport = Transport(
            app.auth_url, allowed_origins=frozenset({app.auth_url}), rules=RULES, limits=_LIMITS
        )

    def authorize_url(self, *, state: str, code_challenge: str, redirect_uri: str) -> str:
        """Pipedrive's consent page. The scopes are those of our registration, and PKCE is not known there."""
        client, _ = self._client()
        url, _ = client.create_authorization_url(
            f"{self._app.auth_url}/oauth/authorize", state=state, redirect_uri=redirect_uri
        )
        return str(url)

    def exchange(self, *, code: str, code_verifier: str, redirect_uri: str) -> Grant:
        """Code → grant. Raises CrmRejected for a code that is not good, ConfigError for our own credentials."""
        client, session = self._client()
        try:
            token = client.fetch_token(
                "/oauth/token", grant_type="authorization_code", code=code, redirect_uri=redirect_uri
            )
        except OAuth2Error as error:
            raise self._refusal(error, session.last_body, is_refresh=False) from None
        return self._grant(dict(token))

    def refresh(self, refresh_token: str) -> Grant:
        """A new access token. Each refresh gives the refresh token another 60 days; what is returned is kept."""
        client, session = self._client()
        try:
            client.refresh_token("/oauth/token", refresh_token=refresh_token)
        except OAuth2Error as error:
            raise self._refusal(error, session.last_body, is_refresh=True) from None
        return self._grant({"refresh_token": refresh_token, **session.last_body})

    def revoke(self, refresh_token: str) -> None:
        """End the grant: Pipedrive then shows our app as uninstalled."""
        pair = f"{self._app.client_id}:{self._app.secrets[0]}".encode()
        self._transport.send(
            "POST",
            "/oauth/revoke",
            form={"token": refresh_token, "token_type_hint": "refresh_token"},
            headers={"Authorization": f"Basic {base64.b64encode(pair).decode()}"},
            may_be_empty=True,
        )

    def installing_user(self, grant: Grant) -> Owner:
        """The user who gave the grant. Raises CrmRejected for one who is no admin of the company."""
        client = self._opened(grant)
        me = client.me()
        if _is_no_admin(me):
            raise CrmRejected(
                "You are no admin of this company in Pipedrive: your access shows a part of its leads only, and "
                "whoever connects becomes an admin here. Ask an admin of your company to connect Lead Assay.",
                status=403,
            )
        return _described(client, me)[1]

    def account(self, grant: Grant) -> Account:
        """The company of the grant."""
        return account_from(self._opened(grant))[0]

    def _opened(self, grant: Grant) -> PipedriveClient:
        api_url = checked_api_url(self._app, grant.api_url)
        transport = Transport(
            api_url,
            allowed_origins=frozenset({api_url}),
            rules=RULES,
            tokens=FixedToken(grant.access_token, "Pipedrive"),
            limits=_LIMITS,
        )
        return PipedriveClient(transport)

    def _client(self) -> tuple[OAuth2Client, TransportSession]:
        session = TransportSession(self._transport)
        client = OAuth2Client(
            session,
            client_id=self._app.client_id,
            client_secret=self._app.secrets[0],
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - the name of a method
        )
        return client, session

    def _grant(self, token: JsonObject) -> Grant:
        what = "Pipedrive's token answer"
        return Grant(
            access_token=bearer_token(token, what),
            refresh_token=get_text(token, "refresh_token", what),
            expires_at=expires_at(token.get("expires_in"), self._clock()),
            scopes=granted(find_text(token, "scope") or ""),
            account_id="",
            user_id=None,
            api_url=checked_api_url(self._app, find_text(token, "api_domain") or ""),
        )

    def _refusal(self, error: OAuth2Error, body: JsonObject, *, is_refresh: bool) -> Exception:
        code = find_text(body, "error") or str(error.error or "unknown")
        if code in {"invalid_client", "unauthorized_client"}:
            return ConfigError(
                "Pipedrive does not accept our app's credentials: check PIPEDRIVE_CLIENT_ID and "
                "PIPEDRIVE_CLIENT_SECRET."
            )
        if is_refresh and code == "invalid_grant":
            return ReauthorizationNeeded(
                "Pipedrive has ended our access (uninstalled, revoked, user deactivated, or 60 days without use): "
                "connect again."
            )
        return CrmRejected(f"Pipedrive refused the {'refresh' if is_refresh else 'code'}: {code[:60]}.", status=400)


def granted(scope: str) -> tuple[str, ...]:
    """The scopes of a token's answer, parted by commas or spaces. One that allows all allows reading, too."""
    named = [one for one in re.split(r"[\s,]+", scope) if one]
    reading = [f"{one.removesuffix(':full')}:read" for one in named if one.endswith(":full")]
    return tuple(dict.fromkeys((*named, *reading)))
