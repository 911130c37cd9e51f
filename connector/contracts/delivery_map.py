"""What the columns of a file of deliveries mean: by their own names, or by a map (TOML) for other headings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from audits.model.contact_data import region_of
from connector.exports.mapping import FileFormat, RepeatedHour, SkippedHour, TimeReading
from connector.exports.mapping_file import empty_of, file_of, times_of
from connector.exports.problems import UnusableInput
from connector.exports.toml_table import TomlTable


class Column(StrEnum):
    """What a column of a file of deliveries can hold. Every other column is a field of what was delivered."""

    DELIVERY_ID = "delivery_id"
    LEAD_ID = "lead_id"
    DELIVERED_AT = "delivered_at"
    SUBMITTED_AT = "submitted_at"
    VENDOR = "vendor"
    SUB_SOURCE = "sub_source"
    PHONE = "phone"
    EMAIL = "email"
    NAME = "name"
    CONSENT = "consent"
    REPLACES = "replaces"
    REVENUE = "revenue"
    CONVERTED_AT = "converted_at"
    FIRST_ATTEMPT_AT = "first_attempt_at"
    ATTEMPTS = "attempts"
    DISPOSITION = "disposition"
    DISPOSED_AT = "disposed_at"
    CONTACTED_AT = "contacted_at"
    QUOTE_STARTED_AT = "quote_started_at"
    REASON = "reason"
    REASON_PROOF = "reason_proof"
    CLAIM_STATUS = "claim_status"
    CLAIMED_AT = "claimed_at"
    ANSWERED_AT = "answered_at"
    REMARK = "remark"
    CREDITED = "credited"


#: What came with the lead: these are fields too, for filters and required fields.
DELIVERED = frozenset(
    {
        Column.VENDOR,
        Column.SUBMITTED_AT,
        Column.SUB_SOURCE,
        Column.PHONE,
        Column.EMAIL,
        Column.NAME,
        Column.CONSENT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryMap:
    """How a file of deliveries is read. `columns`: the heading of each column that has another than its own name.
    `fields`: the heading of each field that contracts call otherwise. `times` None = ISO 8601, in the contract's zone
    where there is no offset. `country`: of phone numbers without +, where a row names none (ISO letters). `empty`:
    texts that mean an empty cell, in lower case."""

    columns: Mapping[Column, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    times: TimeReading | None = None
    country: str | None = None
    empty: frozenset[str] = frozenset()
    file: FileFormat = field(default_factory=FileFormat)


def read_delivery_map(path: Path) -> DeliveryMap:
    """The map in the file at `path`. Raises UnusableInput naming table and key of the first mistake.

    Local times that the clocks repeat or skip are bad rows, unless [times] says otherwise.
    """
    top = TomlTable.load(path)
    columns: dict[Column, str] = {}
    fields: dict[str, str] = {}
    if (named := top.table("columns")) is not None:
        for column in Column:
            if (heading := named.optional_text(column.value)) is not None:
                columns[column] = heading.strip()
        named.done()
    if (others := top.table("fields")) is not None:
        fields = {name: others.text(name).strip() for name in others.all_keys()}
        others.done()
    headings = [*columns.values(), *fields.values()]
    for heading in headings:
        if headings.count(heading) > 1:
            raise top.problem("columns", f"the column {heading!r} is named more than once")
    country = top.text("country", "")
    region = region_of(country, None)
    if country and region is None:
        raise top.problem("country", "is no country that is known; write NO or Norway")
    file = top.table("file")
    mapped = DeliveryMap(
        columns=columns,
        fields=fields,
        times=times_of(top.table("times"), None, RepeatedHour.REJECT, SkippedHour.REJECT),
        country=region,
        empty=empty_of(top),
        file=FileFormat() if file is None else file_of(file),
    )
    if file is not None:
        file.done()
    top.text("title", "")
    top.done()
    return mapped


def column_of(heading: str) -> Column | None:
    """The column whose own name `heading` is, whatever its case."""
    try:
        return Column(heading.casefold())
    except ValueError:
        return None


def check_columns(name: str, columns: Mapping[Column, int]) -> None:
    """Refuse a file (`name`) without the columns that every delivery needs. Raises UnusableInput."""
    if Column.DELIVERED_AT not in columns:
        raise UnusableInput(f"{name}: no column is delivered_at; name it in the map, under [columns]")
    if Column.DELIVERY_ID not in columns and Column.LEAD_ID not in columns:
        raise UnusableInput(f"{name}: no column is delivery_id or lead_id; name it in the map, under [columns]")
