"""The consent flow of an install: one-time state bound to the browser, PKCE, and what becomes of the answer."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from sqlalchemy import Connection

from audits.model.activity import Owner
from connector.catalog import CRMS, CrmEntry, oauth_for
from connector.crm.port import Account, Grant
from connector.errors import ConfigError, CrmRejected, LeadAssayError, UnexpectedPayload
from connector.logs import get_logger
from connector.oauth.tokens import sealed_grant, site_from_json, site_to_json
from connector.oauth.vault import SealBroken, UnknownKey, Vault
from connector.payloads import get_text, object_of, parse_json
from connector.settings import CrmApp, Settings
from connector.storage import health, installs, people, tokens, web_sessions
from connector.storage.database import Database
from connector.storage.installs import Install, InstallStatus
from connector.storage.people import Role, User
from connector.storage.tokens import StoredToken

STATE_LIFE = timedelta(minutes=10)
_PURPOSE = "oauth-state"
#: Characters. No name, address or id of a CRM that we know is longer.
_LONGEST_WORD = 500
_ERROR_CODE = re.compile(r"[\x20-\x7e]{1,64}")

log = get_logger(__name__)


class InstallRefused(LeadAssayError):
    """This consent leads to no install; the message says why and what to do. It may be shown, escaped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What came of a consent. `missing_scopes`: asked for, not granted."""

    install: Install
    user: User
    missing_scopes: tuple[str, ...]


def secret_hash(secret: str) -> str:
    """Hex SHA-256 of a secret that is random itself, so it needs no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def callback_url(settings: Settings, crm: str) -> str:
    """Where that CRM sends the browser back to: one address per CRM, so that no server can pass for another."""
    return f"{settings.public_url}/oauth/{crm}/callback"


def begin_install(
    database: Database,
    vault: Vault,
    settings: Settings,
    crm: str,
    *,
    session_hash: str,
    now: datetime,
    site: CrmApp | None = None,
) -> str:
    """The URL of the CRM's consent page, for the browser whose session token has this hash.

    `site`: our registration at a self-hosted CRM, as its admin typed it. Raises InstallRefused for an unknown CRM
    and for a site that may not be called, ConfigError when the CRM's app is not set up.
    """
    entry = _entry(crm)
    if site is not None:
        site = _checked_site(entry, settings, site)
    oauth = oauth_for(settings, crm, site)
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    state_hash = secret_hash(state)
    kept = {"verifier": verifier, **({"site": site_to_json(site)} if site is not None else {})}
    sealed = vault.seal_packed(state_hash, json.dumps(kept).encode(), purpose=_PURPOSE)
    with database.write() as connection:
        web_sessions.put_state(connection, state_hash, crm, session_hash, sealed, now + STATE_LIFE)
    return oauth.authorize_url(
        state=state,
        code_challenge=str(create_s256_code_challenge(verifier)),
        redirect_uri=callback_url(settings, crm),
    )


def finish_install(
    database: Database,
    vault: Vault,
    settings: Settings,
    crm: str,
    params: Mapping[str, str],
    *,
    session_hash: str,
    now: datetime,
    admin_of: str | None = None,
) -> Installed:
    """Make or reconnect the install that the CRM's answer (the callback's query) stands for.

    `admin_of`: the install whose admin is signed in in this browser. The code goes to the token endpoint only when
    the state is ours, unused, younger than ten minutes, made for this CRM and for this browser. Raises
    InstallRefused, or the CRM's errors (RetryLater, ConfigError).
    """
    entry = _entry(crm)
    verifier, site = _begun(database, vault, crm, params, session_hash, now)
    if entry.issuer is not None and params.get("iss") != entry.issuer:
        raise _refused(crm, "iss", f"The answer does not come from {entry.label}. Start the install again.")
    if "error" in params:
        code = params["error"] if _ERROR_CODE.fullmatch(params["error"]) else "unreadable"
        raise _refused(crm, code, _told(entry, code))
    code = params.get("code", "")
    if not code:
        raise _refused(crm, "no_code", f"{entry.label} sent you back without a code. Start the install again.")
    oauth = oauth_for(settings, crm, site)
    try:
        grant = oauth.exchange(code=code, code_verifier=verifier, redirect_uri=callback_url(settings, crm))
    except CrmRejected as error:
        raise _refused(
            crm, "code_refused", f"{entry.label} did not accept the code it had given. Start the install again."
        ) from error
    account, installer = oauth.account(grant), oauth.installing_user(grant)
    if grant.account_id not in ("", account.account_id):
        raise UnexpectedPayload(f"{entry.label} gave a grant for one account and describes another.")
    _check_lengths(entry, account, installer)
    if site is not None:
        _part_from_former_owner(database, vault, crm, entry, account, site, admin_of)
    return _store(database, vault, crm, entry, account, grant, installer, now, site)


def _checked_site(entry: CrmEntry, settings: Settings, site: CrmApp) -> CrmApp:
    """The site with its bare origin, if it may be called. An admin of anybody can type any address."""
    if entry.check_site is None:
        raise InstallRefused(f"{entry.label} has no sites of its own.")
    try:
        origin = entry.check_site(settings, site.api_url)
    except ConfigError as refusal:
        raise InstallRefused(str(refusal)) from refusal
    return replace(site, auth_url=origin, api_url=origin)


def _begun(
    database: Database, vault: Vault, crm: str, params: Mapping[str, str], session_hash: str, now: datetime
) -> tuple[str, CrmApp | None]:
    """The PKCE verifier, and the self-hosted site, of the flow that this answer belongs to."""
    state_hash = secret_hash(params.get("state", ""))
    with database.write() as connection:
        state = web_sessions.take_state(connection, state_hash, now)
    if state is None:
        raise _refused(
            crm,
            "state",
            "This consent was used already, is older than ten minutes, or was not begun here. Start again.",
        )
    if state.crm != crm or not secrets.compare_digest(state.session_hash, session_hash):
        raise _refused(crm, "session", "This consent was begun in another browser or for another CRM. Start again.")
    what = "A started consent"
    kept = object_of(parse_json(vault.open_packed(state_hash, state.sealed_verifier, purpose=_PURPOSE), what), what)
    site = kept.get("site")
    return get_text(kept, "verifier", what), site_from_json(object_of(site, what)) if site is not None else None


def _check_lengths(entry: CrmEntry, account: Account, installer: Owner) -> None:
    """A site of anybody's can say anything; what is a key or stands in every page's head has an end."""
    told = (
        account.account_id, account.name, account.zone, account.currency, account.record_url_base, account.api_url,
        installer.user_id, installer.owner_id, installer.email, installer.name,
    )  # fmt: skip
    if any(len(text or "") > _LONGEST_WORD for text in told):
        raise UnexpectedPayload(f"{entry.label} describes the account with a text of thousands of characters.")


def _part_from_former_owner(
    database: Database,
    vault: Vault,
    crm: str,
    entry: CrmEntry,
    account: Account,
    site: CrmApp,
    admin_of: str | None,
) -> None:
    """Let nobody have what is kept of an account but its own people. Raises InstallRefused.

    A self-hosted site vouches for itself alone, and hosts change hands: whoever gets a lapsed domain, or a freed name
    at a hosting service, is no heir of what the former owner's leads left here. So an account that is there wants one
    of its admins in this browser, or the very registration with which it works. One that was uninstalled has neither
    any more: what waits for its purge is erased now, and the host begins anew.
    """
    with database.read() as connection:
        found = installs.find_install_by_account(connection, crm, account.account_id)
        stored = tokens.get_token(connection, found.install_id) if found is not None else None
    if found is None or found.install_id == admin_of:
        return
    if found.status is InstallStatus.UNINSTALLED:
        with database.write() as connection:
            installs.purge(connection, found.install_id)
        database.scrub()
        log.info("install_purged", install_id=found.install_id)
    elif stored is None or not _is_registered(vault, stored, site):
        raise _refused(
            crm,
            "another_owner",
            f"This {entry.label} site is connected already. Sign in as an admin of it and connect it from there, or "
            "give the client id and secret with which it is connected.",
        )


def _is_registered(vault: Vault, stored: StoredToken, site: CrmApp) -> bool:
    what = "A stored token"
    try:
        opened = object_of(parse_json(vault.open(stored.install_id, stored.key_id, stored.sealed), what), what)
        kept = site_from_json(object_of(opened.get("site"), what))
    except (UnknownKey, SealBroken, UnexpectedPayload):
        return False
    kept_pair, given_pair = (f"{one.client_id}\n{one.secrets[0]}".encode() for one in (kept, site))
    return secrets.compare_digest(kept_pair, given_pair)


def _store(
    database: Database,
    vault: Vault,
    crm: str,
    entry: CrmEntry,
    account: Account,
    grant: Grant,
    installer: Owner,
    now: datetime,
    site: CrmApp | None,
) -> Installed:
    missing = entry.missing_scopes(grant.scopes)
    known_zone = _known_zone(account)
    with database.write() as connection:
        install = installs.create_or_reconnect(
            connection,
            crm,
            known_zone,
            grant.scopes,
            missing,
            entry.first_coverage(missing),
            now,
            installed_by=installer.user_id or "",
            contacted_statuses=entry.status_words.contacted,
            waiting_statuses=entry.status_words.waiting,
        )
        key_id, sealed = sealed_grant(vault, install.install_id, grant, site)
        tokens.put_token(connection, install.install_id, key_id, sealed, grant.expires_at)
        user = _admit(connection, install.install_id, installer)
        if known_zone.zone != account.zone:
            health.put_notice(
                connection,
                install.install_id,
                f"zone:{account.zone}",
                kind="zone",
                sentence=f"{entry.label} names the time zone {account.zone!r}, which we do not know; UTC is used. "
                "Set the zone of your working hours in the settings.",
                at=now,
            )
    log.info("install_connected", install_id=install.install_id, crm=crm, missing_scopes=list(missing))
    return Installed(install=install, user=user, missing_scopes=missing)


def _admit(connection: Connection, install_id: str, installer: Owner) -> User:
    """The installing user as an admin: the CRM lets only its own admins give consent."""
    user_id = installer.user_id or ""
    owner = next((one for one in people.list_owners(connection, install_id) if one.user_id == user_id), None)
    user = people.upsert_user(
        connection,
        install_id,
        user_id,
        installer.email or "",
        owner.name if owner is not None else installer.name,
        Role.ADMIN,
        owner.owner_id if owner is not None else None,
    )
    if user.role is not Role.ADMIN:
        people.set_role(connection, install_id, user_id, Role.ADMIN)
        return people.find_user(connection, install_id, user_id) or user
    return user


def _known_zone(account: Account) -> Account:
    try:
        ZoneInfo(account.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # OSError: the name of a folder of zones, or one too long for a file.
        return replace(account, zone="UTC")
    return account


def _told(entry: CrmEntry, code: str) -> str:
    if code in entry.denials:
        return f"The access was not granted in {entry.label}. Nothing was connected; you can start again at any time."
    return f"{entry.label} ended the consent with the error {code!r}. Start the install again."


def _entry(crm: str) -> CrmEntry:
    if crm not in CRMS:
        raise InstallRefused("There is no such CRM here.")
    return CRMS[crm]


def _refused(crm: str, reason: str, sentence: str) -> InstallRefused:
    log.warning("install_refused", crm=crm, reason=reason)
    return InstallRefused(sentence)
