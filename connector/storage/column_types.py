"""Column types: instants as integers, text that every database can hold, and how a table names its tenant."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)
_REPLACEMENT = "\ufffd"


def to_micros(instant: datetime) -> int:
    """Aware instant → whole microseconds since 1970-01-01 UTC. Raises ValueError for a naive one."""
    try:
        return (instant - _EPOCH) // _MICRO
    except TypeError:
        raise ValueError(f"{instant!r} has no time zone; give an aware datetime") from None


def from_micros(micros: int) -> datetime:
    """Microseconds since 1970-01-01 UTC → aware UTC datetime, exactly."""
    return _EPOCH + timedelta(microseconds=micros)


def _from_stored(micros: int | None) -> datetime | None:
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)


class UtcMicros(TypeDecorator[datetime]):
    """An aware datetime kept as a 64-bit integer: exact, ordered, and the same on SQLite and PostgreSQL."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Aware datetime → microseconds."""
        return None if value is None else to_micros(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], datetime | None]:
        """Microseconds → aware UTC datetime, without the detour over process_result_value: a case has dozens."""
        return _from_stored


def storable(text: str) -> str:
    """`text` with what PostgreSQL or UTF-8 cannot hold (NUL, lone surrogates) replaced by U+FFFD."""
    if "\x00" in text:
        text = text.replace("\x00", _REPLACEMENT)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            text = "".join(_REPLACEMENT if "\ud800" <= char <= "\udfff" else char for char in text)
    return text


class Words(TypeDecorator[str]):
    """Text from outside, made storable; ordered by code point on every database."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """On PostgreSQL the C collation: the order must not depend on the server's locale."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.Text(collation="C"))
        return dialect.type_descriptor(sa.Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what cannot be stored."""
        return None if value is None else storable(value)


#: 64 bits on PostgreSQL; on SQLite the row id.
RowId = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
