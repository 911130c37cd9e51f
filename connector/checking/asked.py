"""What somebody asks to be checked: one object of plain values, read strictly, into Given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from audits.model.truth import Given
from connector.errors import LeadAssayError

#: Longer values are no field of a form.
LONGEST = {"message": 20_000, "user_agent": 2_000, "honeypot": 2_000}
LONGEST_OTHER = 500
#: Nobody is longer at a form, in seconds.
MOST_S = 366 * 86_400


class BadField(LeadAssayError):
    """One field of a lead to be checked cannot be read: `field` names it, `why` is half a sentence."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field, self.why = field, why


def given_from(values: Mapping[str, object]) -> Given:
    """The lead in `values`: texts by the names of READERS, null and blank text for what was not given.

    Raises BadField when a value is of another kind or too long, or when there is no way to reach anybody. Names that
    READERS lacks are left alone: `unread` tells them.
    """
    read = {name: reader(name, values[name]) for name, reader in READERS.items() if values.get(name) is not None}
    given = Given(**{name: value for name, value in read.items() if value is not None})  # type: ignore[arg-type]
    if not (given.numbers or (given.email and given.email.strip())):
        raise BadField("email", "give at least one way to reach the person: email, phone or mobile")
    return given


def unread(values: Mapping[str, object]) -> tuple[str, ...]:
    """Names in `values` that mean nothing here, in order."""
    return tuple(sorted(str(name) for name in values if name not in READERS))


def _text(name: str, value: object) -> str | None:
    if name == "id" and not isinstance(value, bool):
        # 7.0 is a whole number in JSON, too.
        whole = int(value) if isinstance(value, float) and value.is_integer() else value
        value = str(whole) if isinstance(whole, int) else value
    if not isinstance(value, str):
        raise BadField(name, "must be a text")
    longest = LONGEST.get(name, LONGEST_OTHER)
    if len(value) > longest:
        raise BadField(name, f"is longer than {longest} characters")
    return value if value.strip() else None


def _honeypot(name: str, value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else None
    return _text(name, value)


def _seconds(name: str, value: object) -> float | None:
    if isinstance(value, str):
        if not value.strip():
            return None
        try:
            value = float(value)
        except ValueError:
            raise BadField(name, "must be a number of seconds") from None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadField(name, "must be a number of seconds")
    if not 0 <= value <= MOST_S:  # false for NaN, and sound for whole numbers that no float can hold
        raise BadField(name, "must be from 0 to a year in seconds")
    return float(value)


def _instant(name: str, value: object) -> datetime | None:
    text = _text(name, value)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadField(name, "must be an instant such as 2026-03-02T13:20:00+01:00") from None
    if at.tzinfo is None:
        raise BadField(name, "needs an offset from UTC, such as Z or +01:00")
    try:
        return at.astimezone(UTC)
    except (OverflowError, ValueError):
        raise BadField(name, "is outside of the years that can be counted") from None


#: Name of a field → how its value is read.
READERS: dict[str, Callable[[str, object], object]] = {
    **dict.fromkeys(
        (
            "id", "name", "first_name", "last_name", "email", "phone", "mobile", "country", "company", "address",
            "message", "language", "ip", "user_agent", "source", "source_detail", "lead_type", "consent_proof",
        ),
        _text,
    ),
    "honeypot": _honeypot,
    "time_on_form_s": _seconds,
    "submitted_at": _instant,
    "preferred_at": _instant,
}  # fmt: skip
