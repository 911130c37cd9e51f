"""The values that are an account's own, with what they mean: for the page that asks, and those that point at it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from sqlalchemy import Connection

from connector.catalog import find_crm
from connector.crm.values import MappableField
from connector.storage import value_mappings


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRow:
    """One value of one field. `spelled`: as records, the account and earlier choices write it.

    `seen`: how often it was read without a meaning. `shipped` and `chosen` are meanings or "".
    """

    key: str
    label: str
    spelled: tuple[str, ...]
    seen: int
    shipped: str
    chosen: str

    @property
    def is_unknown(self) -> bool:
        """Whether nobody said what it means."""
        return not self.chosen and not self.shipped

    @property
    def under(self) -> str:
        """The value itself, where people see it by another name."""
        return self.spelled[0] if self.spelled[0] != self.label else ""


@dataclass(slots=True)
class _Spellings:
    """What is known of one value, however its letters are cased."""

    spelled: list[str] = field(default_factory=list)
    label: str = ""
    seen: int = 0
    chosen: str = ""


def mappable(crm: str) -> tuple[MappableField, ...]:
    """The fields whose values an admin can map."""
    entry = find_crm(crm)
    return entry.mappable if entry else ()


def anchor_of(name: str) -> str:
    """Where the field stands on the page."""
    return "field-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def count_without_meaning(connection: Connection, install_id: str, crm: str) -> int:
    """Values of which nobody said what they mean: what hangs on them is not evaluated."""
    return sum(row.is_unknown for mapped in mappable(crm) for row in value_rows(connection, install_id, mapped))


def value_rows(connection: Connection, install_id: str, mapped: MappableField) -> list[ValueRow]:
    """The values of one field of the install's CRM, those without a meaning first."""
    found: dict[str, _Spellings] = {}

    def spellings(value: str) -> _Spellings:
        known = found.setdefault(value.strip().casefold(), _Spellings())
        if value not in known.spelled:
            known.spelled.append(value)
        return known

    for (name, value), label in value_mappings.list_known_values(connection, install_id).items():
        if name == mapped.name:
            spellings(value).label = label
    for (name, value), seen in value_mappings.list_unmapped(connection, install_id).items():
        if name == mapped.name:
            spellings(value).seen += seen
    for (name, value), meaning in value_mappings.chosen_meanings(connection, install_id).items():
        if name == mapped.name and meaning in mapped.meanings:
            spellings(value).chosen = meaning
    rows = [
        ValueRow(
            key=hashlib.sha256(f"{mapped.name}\n{value}".encode()).hexdigest()[:20],
            label=known.label or known.spelled[0],
            spelled=tuple(known.spelled),
            seen=known.seen,
            shipped=mapped.shipped.get(value, ""),
            chosen=known.chosen,
        )
        for value, known in found.items()
    ]
    return sorted(rows, key=lambda row: (not row.is_unknown, -row.seen, row.label.casefold(), row.key))
