"""Which of the CRM's own fields holds what of a lead: the fields that the account has, and what an admin said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.storage.statements import insert_new, upsert
from connector.storage.tables import field_roles, known_fields


class FieldLike(Protocol):
    """A field of the account's lead records; see KnownField of the CRM port."""

    @property
    def name(self) -> str:
        """As the CRM's API calls it."""
        ...

    @property
    def label(self) -> str:
        """What people of the account see."""
        ...

    @property
    def kind(self) -> str:
        """What kind of values it holds, in the port's words."""
        ...


@dataclass(frozen=True, slots=True)
class StoredField:
    """A field of the account's lead records, as it was last listed."""

    name: str
    label: str
    kind: str


def replace_known_fields(conn: Connection, install_id: str, fields: Iterable[FieldLike]) -> None:
    """Keep the fields that the account has now."""
    conn.execute(sa.delete(known_fields).where(known_fields.c.install_id == install_id))
    insert_new(
        conn,
        known_fields,
        [
            {
                "install_id": install_id,
                "field": each.name,
                "label": each.label,
                "kind": each.kind,
            }
            for each in fields
        ],
    )


def list_known_fields(conn: Connection, install_id: str) -> list[StoredField]:
    """The fields that the account has, by label, then name."""
    query = sa.select(known_fields).where(known_fields.c.install_id == install_id)
    return [
        StoredField(row.field, row.label, row.kind)
        for row in conn.execute(query.order_by(known_fields.c.label, known_fields.c.field))
    ]


def chosen_roles(conn: Connection, install_id: str) -> dict[str, str]:
    """Role → field, as an admin said."""
    query = sa.select(field_roles).where(field_roles.c.install_id == install_id)
    return {row.role: row.field for row in conn.execute(query)}


def choose_roles(conn: Connection, install_id: str, roles: Mapping[str, str | None], at: datetime) -> bool:
    """Keep what an admin said at `at` (aware UTC): role → field, None takes a choice back. Returns whether anything
    changed. The leads must be read again then: see restart_backfill."""
    before = chosen_roles(conn, install_id)
    dropped = [role for role, name in roles.items() if name is None and role in before]
    set_now = {role: name for role, name in roles.items() if name is not None and before.get(role) != name}
    if dropped:
        conn.execute(
            sa.delete(field_roles).where(field_roles.c.install_id == install_id, field_roles.c.role.in_(dropped))
        )
    upsert(
        conn,
        field_roles,
        [
            {"install_id": install_id, "role": role, "field": name, "chosen_at": at}
            for role, name in sorted(set_now.items())
        ],
    )
    return bool(dropped or set_now)
