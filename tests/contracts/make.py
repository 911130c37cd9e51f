"""Contracts and deliveries for tests: short to write, complete where nothing is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from audits.model.contract import Contract, KeyField
from audits.model.delivery import (
    NOT_SEEN,
    Channel,
    Claim,
    ClaimStatus,
    Delivery,
    EarlierRecord,
    Ground,
    Handling,
    HandlingFact,
    Try,
)
from audits.model.reasons import ReasonCode

#: A Monday; 10:00 in Berlin.
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)

#: Nine to five on weekdays.
OFFICE: Mapping[str, object] = {
    "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}


def make_contract(**overrides: object) -> Contract:
    """A contract with Acme from 2026-01-01 on: Berlin, EUR 25.00 a lead, no returns. `overrides` are whole fields of
    `Contract`, as in its file."""
    told: dict[str, object] = {
        "contract": "acme-solar",
        "vendor": "acme",
        "version": 1,
        "valid_from": "2026-01-01",
        "timezone": "Europe/Berlin",
        "currency": "EUR",
        "pricing": {"model": "flat", "price": "25.00"},
    }
    return Contract.model_validate(told | overrides)


def at(text: str) -> datetime:
    """An instant from ISO 8601; UTC where no zone is told."""
    told = datetime.fromisoformat(text)
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)


def make_delivery(
    delivery_id: str = "d1",
    delivered_at: datetime | str = MONDAY,
    *,
    vendor: str = "acme",
    lead_id: str = "",
    sub_source: str = "",
    submitted_at: datetime | str | None = None,
    fields: Mapping[str, str] | None = None,
    phone: str = "",
    email: str = "",
    consent: str = "",
    replaces: str = "",
    revenue: int | None = None,
    converted_at: datetime | str | None = None,
    grounds: Iterable[Ground | ReasonCode | str] = (),
    handling: Handling = NOT_SEEN,
    earlier: Iterable[EarlierRecord] = (),
    claim: Claim | None = None,
) -> Delivery:
    """A delivery of Acme. `phone` and `email` stand among its fields and its keys; a ground that is only a code is
    proven, stated by the buyer."""
    told = {name: value for name, value in (("phone", phone), ("email", email)) if value}
    return Delivery(
        delivery_id=delivery_id,
        vendor=vendor,
        delivered_at=_instant(delivered_at),
        lead_id=lead_id or f"L-{delivery_id}",
        sub_source=sub_source,
        submitted_at=None if submitted_at is None else _instant(submitted_at),
        fields=told | dict(fields or {}),
        keys={KeyField(name): value for name, value in told.items()},
        consent=consent,
        replaces=replaces,
        revenue=revenue,
        converted_at=None if converted_at is None else _instant(converted_at),
        grounds=tuple(each if isinstance(each, Ground) else Ground(code=ReasonCode(each)) for each in grounds),
        handling=handling,
        earlier=tuple(earlier),
        claim=claim,
    )


def make_deliveries(count: int, every: timedelta = timedelta(minutes=1), **same: object) -> list[Delivery]:
    """So many deliveries from MONDAY on, in order, d000001 and following."""
    return [
        make_delivery(f"d{n:06d}", MONDAY + (n - 1) * every, **same)  # type: ignore[arg-type]
        for n in range(1, count + 1)
    ]


def handled(
    *tries: datetime | str | Try,
    disposition: str = "",
    disposed_at: datetime | str | None = None,
    contacted_at: datetime | str | None = None,
    quote_started_at: datetime | str | None = None,
    unknown: Iterable[HandlingFact] = (),
) -> Handling:
    """What the buyer did, all of it known but what `unknown` names; an instant alone is a call."""
    return Handling(
        tries=tuple(each if isinstance(each, Try) else called(each) for each in tries),
        disposition=disposition,
        disposed_at=None if disposed_at is None else _instant(disposed_at),
        contacted_at=None if contacted_at is None else _instant(contacted_at),
        quote_started_at=None if quote_started_at is None else _instant(quote_started_at),
        unknown=frozenset(unknown),
    )


def called(when: datetime | str, *, recording_id: str = "", channel: Channel = Channel.CALL) -> Try:
    """One attempt, with a reference to its record."""
    moment = _instant(when)
    return Try(at=moment, channel=channel, ref=f"call-{moment:%Y%m%dT%H%M%S}", recording_id=recording_id)


def claimed(
    sent_at: datetime | str,
    code: ReasonCode | str | None = None,
    status: ClaimStatus = ClaimStatus.SENT,
    credited: int | None = None,
) -> Claim:
    """A claim that was sent."""
    return Claim(
        status=status,
        code=None if code is None else ReasonCode(code),
        sent_at=_instant(sent_at),
        credited=credited,
    )


def _instant(told: datetime | str) -> datetime:
    return at(told) if isinstance(told, str) else told
