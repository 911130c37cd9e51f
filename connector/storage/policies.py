"""Policies: which version was agreed from when on. A version never changes once it is there."""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa
from babel.core import get_global
from sqlalchemy.engine import Connection

from audits.model.policy import Policy
from audits.model.working_calendar import Calendar
from connector.errors import UnknownInstall
from connector.storage.tables import policies

#: CLDR's code for zones of no country, such as UTC.
_WORLD = "001"
_NINE_TO_SIX = ((9 * 3600, 18 * 3600),)


def default_policy(zone: str, version: str = "1") -> Policy:
    """Monday to Friday, 9 to 18 o'clock in `zone` (IANA), numbers of the zone's country, the rulebook's figures.

    Raises ValueError for an unknown zone.
    """
    country = get_global("zone_territories").get(zone)
    return Policy(
        version=version,
        calendar=Calendar("team", zone, dict.fromkeys(range(5), _NINE_TO_SIX)),
        region=str(country) if country and country != _WORLD else None,
    )


def put_policy(conn: Connection, install_id: str, policy: Policy, valid_from: datetime) -> None:
    """Let `policy` hold from `valid_from` (aware UTC) on. The same version with the same content changes nothing.

    Raises ValueError when the version is there with another content: findings name it, so it may not change.
    """
    text = json.dumps(policy.to_json(), separators=(",", ":"))
    found = conn.execute(
        sa.select(policies.c.policy).where(policies.c.install_id == install_id, policies.c.version == policy.version)
    ).scalar_one_or_none()
    if found is not None:
        if found != text:
            raise ValueError(f"version: {policy.version!r} is in use with other terms; give the policy a new version")
        return
    last = sa.select(sa.func.coalesce(sa.func.max(policies.c.position), 0)).where(policies.c.install_id == install_id)
    conn.execute(
        sa.insert(policies).values(
            install_id=install_id,
            version=policy.version,
            position=last.scalar_subquery() + 1,
            valid_from=valid_from,
            policy=text,
        )
    )


def next_version(conn: Connection, install_id: str) -> str:
    """A version name that is free: the count of policies so far, plus one."""
    known = set(list_versions(conn, install_id))
    number = len(known) + 1
    while str(number) in known:
        number += 1
    return str(number)


def list_versions(conn: Connection, install_id: str) -> list[str]:
    """All versions, oldest first."""
    return list(
        conn.execute(
            sa.select(policies.c.version).where(policies.c.install_id == install_id).order_by(policies.c.position)
        ).scalars()
    )


def policy_as_of(conn: Connection, install_id: str, at: datetime) -> Policy:
    """The policy that holds at `at`; before the first one began, the first. Raises UnknownInstall."""
    of_install = sa.select(policies.c.policy).where(policies.c.install_id == install_id)
    text = conn.execute(
        of_install.where(policies.c.valid_from <= at)
        .order_by(policies.c.valid_from.desc(), policies.c.position.desc())
        .limit(1)
    ).scalar_one_or_none()
    if text is None:
        text = conn.execute(
            of_install.order_by(policies.c.valid_from, policies.c.position).limit(1)
        ).scalar_one_or_none()
    if text is None:
        raise UnknownInstall(f"There is no install {install_id!r}.")
    return Policy.from_json(json.loads(text))


def find_policy(conn: Connection, install_id: str, version: str) -> Policy | None:
    """One version: what a finding was judged by."""
    text = conn.execute(
        sa.select(policies.c.policy).where(policies.c.install_id == install_id, policies.c.version == version)
    ).scalar_one_or_none()
    return None if text is None else Policy.from_json(json.loads(text))
