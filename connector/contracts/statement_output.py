"""A statement as one JSON object, written as it goes: the line of each lead first, then what no contract took, the
rows that were not taken, and the statements. Nothing is held back in memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, BinaryIO

import orjson

from audits.contracts.invoice_result import InvoiceMatch
from audits.contracts.statement import Statement
from audits.model.delivery import Delivery
from audits.model.said import Said, english
from connector.contracts.delivery_file import BadDelivery

FORMAT, FORMAT_VERSION = "leadassay.statement", 1
_FLUSH = 2_000


class StatementOutput:
    """Writes to `target`, or nothing at all when that is None: `line` for each lead, `unmatched` for each delivery
    without a contract, then `finish` once. Made by `statement_output`."""

    def __init__(self, target: BinaryIO | None, unmatched: IO[bytes], as_of: datetime) -> None:
        self._target = target
        self._unmatched = unmatched
        self._waiting: list[bytes] = []
        self._is_first = self._is_first_unmatched = True
        head = orjson.dumps({"format": FORMAT, "format_version": FORMAT_VERSION, "as_of": as_of.isoformat()})
        self._write(head[:-1] + b',\n"lines":[')

    def line(self, line: bytes) -> None:
        """Write the verdict on one lead, a JSON object."""
        if self._target is None:
            return
        self._waiting.append(line)
        if len(self._waiting) >= _FLUSH:
            self._flush()

    def unmatched(self, delivery: Delivery, why: Said) -> None:
        """Keep one delivery that falls under no contract, for the end."""
        told = {
            "delivery_id": delivery.delivery_id,
            "lead_id": delivery.lead_id,
            "vendor": delivery.vendor,
            "delivered_at": delivery.delivered_at.isoformat(),
            "sentence": english(why),
        }
        self._unmatched.write((b"\n" if self._is_first_unmatched else b",\n") + orjson.dumps(told))
        self._is_first_unmatched = False

    def finish(
        self,
        bad_rows: Iterable[BadDelivery],
        statements: Iterable[Statement],
        invoice: InvoiceMatch | None = None,
    ) -> None:
        """Write the rest and close the object. `invoice`: what came of the vendor's invoices, if there were any."""
        self._flush()
        if self._target is None:
            return
        self._write(b'\n],\n"unmatched":[')
        self._unmatched.seek(0)
        shutil.copyfileobj(self._unmatched, self._target)
        self._write(b'\n],\n"bad_rows":[')
        self._items(each.to_json() for each in bad_rows)
        self._write(b'\n],\n"statements":[')
        self._items(each.to_json() for each in statements)
        self._write(b"\n]")
        if invoice is not None:
            self._write(b',\n"invoice":' + orjson.dumps(invoice.to_json()))
        self._write(b"}\n")

    def _items(self, values: Iterable[dict[str, object]]) -> None:
        for place, value in enumerate(values):
            self._write((b",\n" if place else b"\n") + orjson.dumps(value))

    def _flush(self) -> None:
        if self._waiting:
            self._write((b"\n" if self._is_first else b",\n") + b",\n".join(self._waiting))
            self._is_first = False
            self._waiting.clear()

    def _write(self, raw: bytes) -> None:
        if self._target is not None:
            self._target.write(raw)


@contextmanager
def statement_output(target: BinaryIO | None, as_of: datetime) -> Iterator[StatementOutput]:
    """What writes a statement to `target`, while the context lasts. Raises OSError."""
    with tempfile.TemporaryFile() as unmatched:
        yield StatementOutput(target, unmatched, as_of)
