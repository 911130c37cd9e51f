"""Installs: one tenant's authorised link to one CRM account, and the fence that says who works for it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.case import Coverage
from connector.errors import InstallLost, InstallNotActive, UnknownInstall
from connector.storage.json_text import dump_coverage, dump_list, dump_map, load_coverage, load_map, load_strings
from connector.storage.policies import default_policy, put_policy
from connector.storage.statements import insert_new
from connector.storage.tables import installs, ledger, metadata, web_sessions


class InstallStatus(StrEnum):
    """ACTIVE works; PAUSED waits for an admin to connect again; UNINSTALLED waits for its purge."""

    ACTIVE = "active"
    PAUSED = "paused"
    UNINSTALLED = "uninstalled"


class AccountLike(Protocol):
    """The fields of a CRM account that an install keeps."""

    @property
    def account_id(self) -> str:
        """The tenant key at the CRM."""
        ...

    @property
    def name(self) -> str:
        """The account's name for people."""
        ...

    @property
    def zone(self) -> str:
        """IANA time zone."""
        ...

    @property
    def currency(self) -> str | None:
        """ISO code, when the CRM tells it."""
        ...

    @property
    def record_url_base(self) -> str:
        """Beginning of the address of a record."""
        ...

    @property
    def api_url(self) -> str:
        """scheme://host of the account's own API, "" where all accounts share one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """One install. Times are aware UTC. `fence`: who took it last may commit. `connected_at`: last consent.

    `api_url`: scheme://host of the account's own API, "" where all accounts of the CRM share one. `field_keys`: what
    the account calls our fields; the adapter's own words. `installed_by`: user id of who gave the present grant.
    """

    install_id: str
    crm: str
    account_id: str
    account_name: str
    zone: str
    currency: str | None
    record_url_base: str
    api_url: str
    field_keys: Mapping[str, str]
    installed_by: str
    status: InstallStatus
    status_reason: str
    scopes: tuple[str, ...]
    missing_scopes: tuple[str, ...]
    coverage: Coverage
    fence: int
    created_at: datetime
    connected_at: datetime
    paused_at: datetime | None
    purge_at: datetime | None


def create_or_reconnect(
    conn: Connection,
    crm: str,
    account: AccountLike,
    scopes: Sequence[str],
    missing_scopes: Sequence[str],
    coverage: Coverage,
    at: datetime,
    *,
    installed_by: str = "",
    contacted_statuses: Sequence[str] = (),
    waiting_statuses: Sequence[str] = (),
) -> Install:
    """Make the tenant of (crm, account), or bring the same tenant back to life with what was granted now.

    A new tenant gets the default policy in the account's zone, with the CRM's own statuses that claim an attempt and
    that mean waiting for the lead. `connected_at` tells that a set-up is
    due, whatever was there before. Raises ValueError when the zone is no IANA zone.
    """
    found = find_install_by_account(conn, crm, account.account_id)
    granted: dict[str, object] = {
        "account_name": account.name,
        "zone": account.zone,
        "currency": account.currency,
        "record_url_base": account.record_url_base,
        "api_url": account.api_url,
        "installed_by": installed_by,
        "status": InstallStatus.ACTIVE.value,
        "status_reason": "",
        "scopes": dump_list(scopes),
        "missing_scopes": dump_list(missing_scopes),
        "coverage": dump_coverage(coverage),
        "connected_at": at,
        "paused_at": None,
        "purge_at": None,
    }
    if found is None:
        row: dict[str, object] = {
            "install_id": secrets.token_hex(12),
            "crm": crm,
            "account_id": account.account_id,
            "salt": secrets.token_hex(32),
            "created_at": at,
            **granted,
        }
        insert_new(conn, installs, [row])
        made_now = find_install_by_account(conn, crm, account.account_id)
        if made_now is not None and made_now.install_id == row["install_id"]:
            policy = default_policy(account.zone, contacted=contacted_statuses, waiting=waiting_statuses)
            put_policy(conn, made_now.install_id, policy, at)
    # Also after the insert: another process may have made the row first.
    conn.execute(
        sa.update(installs).where(installs.c.crm == crm, installs.c.account_id == account.account_id).values(granted)
    )
    made = find_install_by_account(conn, crm, account.account_id)
    if made is None:
        raise UnknownInstall(f"The account {account.account_id} of {crm} was purged while it was being connected.")
    return made


def get_install(conn: Connection, install_id: str) -> Install:
    """The install. Raises UnknownInstall."""
    row = conn.execute(sa.select(installs).where(installs.c.install_id == install_id)).one_or_none()
    if row is None:
        raise UnknownInstall(f"There is no install {install_id!r}.")
    return _install(row)


def find_install_by_account(conn: Connection, crm: str, account_id: str) -> Install | None:
    """The install of a CRM account, whatever its status."""
    row = conn.execute(
        sa.select(installs).where(installs.c.crm == crm, installs.c.account_id == account_id)
    ).one_or_none()
    return None if row is None else _install(row)


def iter_active(conn: Connection) -> Iterator[Install]:
    """All active installs, by id."""
    for row in conn.execute(
        sa.select(installs).where(installs.c.status == InstallStatus.ACTIVE.value).order_by(installs.c.install_id)
    ).all():
        yield _install(row)


def list_installs(conn: Connection) -> list[Install]:
    """All installs of every status, by creation: for the operator."""
    return [_install(row) for row in conn.execute(sa.select(installs).order_by(installs.c.created_at))]


def set_capabilities(conn: Connection, install_id: str, *, coverage: Coverage, missing_scopes: Sequence[str]) -> None:
    """Keep what can be seen with the granted scopes."""
    conn.execute(
        sa.update(installs)
        .where(installs.c.install_id == install_id)
        .values(coverage=dump_coverage(coverage), missing_scopes=dump_list(missing_scopes))
    )


def set_field_keys(conn: Connection, install_id: str, keys: Mapping[str, str]) -> None:
    """Keep what the account calls our fields."""
    conn.execute(sa.update(installs).where(installs.c.install_id == install_id).values(field_keys=dump_map(keys)))


def set_api_url(conn: Connection, install_id: str, api_url: str) -> None:
    """Keep where the account's own API is now: accounts move."""
    conn.execute(sa.update(installs).where(installs.c.install_id == install_id).values(api_url=api_url))


def pause(conn: Connection, install_id: str, reason: str, at: datetime) -> bool:
    """Stop all work until an admin connects again. True only for the first call: one pause, one notice."""
    done = conn.execute(
        sa.update(installs)
        .where(installs.c.install_id == install_id, installs.c.status == InstallStatus.ACTIVE.value)
        .values(status=InstallStatus.PAUSED.value, status_reason=reason, paused_at=at)
    )
    return done.rowcount == 1


def mark_uninstalled(conn: Connection, install_id: str, reason: str, at: datetime, purge_at: datetime) -> bool:
    """Stop all work for good; the data goes at `purge_at`. True only for the first call. Ends all sessions."""
    done = conn.execute(
        sa.update(installs)
        .where(installs.c.install_id == install_id, installs.c.status != InstallStatus.UNINSTALLED.value)
        .values(status=InstallStatus.UNINSTALLED.value, status_reason=reason, paused_at=at, purge_at=purge_at)
    )
    conn.execute(sa.delete(web_sessions).where(web_sessions.c.install_id == install_id))
    return done.rowcount == 1


def take_fence(conn: Connection, install_id: str, holder: str, at: datetime) -> int:
    """Take the install for `holder`: whoever took it before can no longer commit. Raises UnknownInstall."""
    fence = conn.execute(
        sa.update(installs)
        .where(installs.c.install_id == install_id)
        .values(fence=installs.c.fence + 1, fence_holder=holder, fence_at=at)
        .returning(installs.c.fence)
    ).scalar_one_or_none()
    if fence is None:
        raise UnknownInstall(f"There is no install {install_id!r}.")
    return int(fence)


def check_fence(conn: Connection, install_id: str, fence: int) -> None:
    """Call first in each transaction that commits work; the install is held until that transaction ends.

    Raises InstallNotActive when the install is unknown, paused or uninstalled, InstallLost when another took it.
    """
    row = conn.execute(
        sa.select(installs.c.status, installs.c.status_reason, installs.c.fence, installs.c.fence_holder)
        .where(installs.c.install_id == install_id)
        # key_share: inserts of this tenant's rows check their foreign key and must not wait for us.
        .with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise InstallNotActive(f"There is no install {install_id!r}: nothing may be done for it.")
    if row.status != InstallStatus.ACTIVE.value:
        raise InstallNotActive(f"The install {install_id} is {row.status}: {row.status_reason or 'no reason given'}.")
    if row.fence != fence:
        raise InstallLost(f"The install {install_id} was taken by {row.fence_holder}: this job may not commit.")


def hold(conn: Connection, install_id: str) -> None:
    """Hold the install until this transaction ends: for decisions that rest on several of its rows.

    Two such transactions follow each other; without it, on PostgreSQL, each would decide by what the other is about
    to change. Raises UnknownInstall.
    """
    row = conn.execute(
        sa.select(installs.c.install_id).where(installs.c.install_id == install_id).with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise UnknownInstall(f"There is no install {install_id!r}.")


def due_for_purge(conn: Connection, now: datetime) -> list[str]:
    """Uninstalled installs whose time has come, oldest first."""
    return list(
        conn.execute(
            sa.select(installs.c.install_id)
            .where(installs.c.status == InstallStatus.UNINSTALLED.value, installs.c.purge_at <= now)
            .order_by(installs.c.purge_at, installs.c.install_id)
        ).scalars()
    )


def purge(conn: Connection, install_id: str) -> None:
    """Delete everything of the tenant. Call `Database.scrub` after the commit."""
    for table in reversed(metadata.sorted_tables):
        # The database lets the log go with its account alone: by the cascade from installs, which comes last.
        if "install_id" in table.c and table is not ledger:
            conn.execute(sa.delete(table).where(table.c.install_id == install_id))


def _install(row: sa.Row[Any]) -> Install:
    return Install(
        install_id=row.install_id,
        crm=row.crm,
        account_id=row.account_id,
        account_name=row.account_name,
        zone=row.zone,
        currency=row.currency,
        record_url_base=row.record_url_base,
        api_url=row.api_url,
        field_keys=load_map(row.field_keys),
        installed_by=row.installed_by,
        status=InstallStatus(row.status),
        status_reason=row.status_reason,
        scopes=load_strings(row.scopes),
        missing_scopes=load_strings(row.missing_scopes),
        coverage=load_coverage(row.coverage),
        fence=row.fence,
        created_at=row.created_at,
        connected_at=row.connected_at,
        paused_at=row.paused_at,
        purge_at=row.purge_at,
    )
