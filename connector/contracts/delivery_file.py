"""A file of deliveries (CSV, XLSX or JSON lines) → `Delivery`, in the order of delivery, in flat memory.

Good rows are taken, bad ones told with line and reason. The same row twice counts once; rows that differ under one id
are bad, each of them: nobody can say which holds. Columns: docs/contracts.md.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import IO, cast

from audits.model.contract import Contract
from audits.model.delivery import Delivery
from connector.contracts.delivery_map import Column, DeliveryMap, check_columns, column_of
from connector.contracts.delivery_rows import Cooked, RowPlan
from connector.contracts.delivery_terms import DeliveryTerms
from connector.contracts.findings_file import Findings, of_plain
from connector.contracts.spool import Entry, Key, Spool, Twins
from connector.exports.json_lines import is_json_lines, json_lines
from connector.exports.problems import BadCell, BadRow, UnusableInput, excerpt
from connector.exports.reader import open_sheet
from connector.exports.sheet import Cell, FaultyCell, Sheet

#: Called with a phase, how far it has come and what the whole is (None = not known).
Tell = Callable[[str, int, int | None], None]

_MOST_PLANS = 1_000
_BATCH = 500
_TOLD_EVERY = 5_000
_DIFFER = "another row has the same id and says something else"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadDelivery:
    """A row that was not taken. `column`: by its own name, "" = the whole row; `row`: all of its cells."""

    line: int
    column: str
    reason: str
    value: str
    row: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """What is wrong, without the row."""
        return {"line": self.line, "column": self.column, "reason": self.reason, "value": self.value}


class DeliveryFile:
    """A file that was read; made by `read_deliveries`. `headings`: of the cells of bad rows. `count`: rows that were
    taken; `copies`: those that only said again what another did."""

    def __init__(self, name: str, spool: Spool, bad: IO[str]) -> None:
        self.name = name
        self.headings: tuple[str, ...] = ()
        self.count = self.copies = self.count_bad = 0
        self._spool = spool
        self._bad = bad
        self.plans: list[RowPlan] = []
        self.refused: frozenset[tuple[str, str]] = frozenset()

    def deliveries(self) -> Iterator[Delivery]:
        """All deliveries in the order (delivered_at, delivery_id), as often as asked for."""
        plans, refused = self.plans, self.refused
        before = ("", "")
        for _, number, cooked, found in self._spool.entries():
            this = cooked[2], cooked[1]
            if this == before or (refused and this in refused):
                continue
            before = this
            yield plans[number].make(cooked, None if found is None else of_plain(found))

    def bad_rows(self) -> Iterator[BadDelivery]:
        """The rows that were not taken."""
        self._bad.seek(0)
        for line in self._bad:
            number, column, reason, value, row = json.loads(line)
            yield BadDelivery(line=number, column=column, reason=reason, value=value, row=tuple(row))

    def note_bad(self, bad: BadDelivery) -> None:
        """Keep one row that was not taken."""
        self.count_bad += 1
        self._bad.write(json.dumps([bad.line, bad.column, bad.reason, bad.value, bad.row]) + "\n")

    def write_bad_rows(self, path: Path) -> None:
        """The rows that were not taken as a CSV file, ready to be mended and handed in again: their cells after line,
        column, reason and value. Raises OSError."""
        with path.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(("bad_row_line", "bad_row_column", "bad_row_reason", "bad_row_value", *self.headings))
            for bad in self.bad_rows():
                writer.writerow((bad.line, bad.column, bad.reason, bad.value, *bad.row))


#: A row in texts: its line, the number of its plan, its cells; or what is wrong with it.
_Raw = tuple[int, int, list[str]] | BadDelivery


class _Source:
    """The rows of a file as texts, and the plans by which they are read."""

    def __init__(self, path: Path, terms: DeliveryTerms, mapped: DeliveryMap) -> None:
        self._path = path
        self._terms = terms
        self._mapped = mapped
        self._by_heading = {heading: column for column, heading in mapped.columns.items()}
        self._field_names = {heading: name for name, heading in mapped.fields.items()}
        self._is_lines = is_json_lines(path)
        self._names: list[tuple[str, ...]] = []
        self._numbers: dict[tuple[str, ...], int] = {}
        self.plans: list[RowPlan] = []

    @property
    def headings(self) -> tuple[str, ...]:
        """Of the cells of a bad row as it is given back; a JSON record is one cell."""
        return ("row",) if self._is_lines else self._names[0]

    def rows(self, tell: Tell | None = None) -> Iterator[_Raw]:
        """All rows; may be asked for again. Raises UnusableInput, OSError."""
        if self._is_lines:
            yield from self._of_lines()
            return
        wanted = [*Column, *self._by_heading, *self._field_names]
        with open_sheet(self._path, self._mapped.file, wanted) as sheet:
            self._check_headings(sheet)
            self._number(sheet.header)
            yield from self._of_sheet(sheet, tell)

    def shown(self, number: int, cells: Sequence[str]) -> tuple[str, ...]:
        """The cells of a row as they are given back."""
        if not self._is_lines:
            return tuple(cells)
        return (json.dumps(dict(zip(self._names[number], cells, strict=True)), ensure_ascii=False),)

    def _check_headings(self, sheet: Sheet) -> None:
        named = [*self._by_heading, *self._field_names]
        others = dict.fromkeys(each for each in sheet.header if each and each not in named)
        sheet.indexes([(heading,) for heading in (*named, *others)])

    def _number(self, names: tuple[str, ...]) -> int:
        """The number of the plan for rows with cells of these names."""
        number = self._numbers.get(names)
        if number is None:
            if len(self._names) >= _MOST_PLANS:
                raise UnusableInput(f"{self._path.name}: its records have too many different sets of names")
            number = self._numbers[names] = len(self._names)
            self.plans.append(self._plan(names))
            self._names.append(names)
        return number

    def _plan(self, names: tuple[str, ...]) -> RowPlan:
        columns: dict[Column, int] = {}
        fields: list[tuple[str, int]] = []
        for place, name in enumerate(names):
            own = column_of(name)
            column = self._by_heading.get(name) or (None if own in self._mapped.columns else own)
            if name in self._field_names or column is None:
                if name:
                    fields.append((self._field_names.get(name, name), place))
            elif column in columns:
                raise UnusableInput(f"{self._path.name}: two columns are {column.value}; name one of them in the map")
            else:
                columns[column] = place
        check_columns(self._path.name, columns)
        return RowPlan(columns, fields, self._terms, self._mapped.country)

    def _of_sheet(self, sheet: Sheet, tell: Tell | None) -> Iterator[_Raw]:
        empty = self._mapped.empty
        for count, row in enumerate(sheet.rows()):
            if tell is not None and count % _TOLD_EVERY == 0:
                tell("read", *sheet.position())
            if isinstance(row, BadRow):
                yield BadDelivery(line=row.line, column="", reason=row.reason, value=row.value, row=())
                continue
            try:
                cells = list(map(str.strip, cast("list[str]", row.cells)))
            except TypeError:
                # Cells of a workbook that are dates, or cells that cannot be trusted.
                faulty = next(
                    ((name, each) for name, each in zip(sheet.header, row.cells, strict=True)
                     if isinstance(each, FaultyCell)),
                    None,
                )  # fmt: skip
                cells = list(map(_text, row.cells))
                if faulty is not None:
                    name, cell = faulty
                    yield BadDelivery(
                        line=row.line, column=name, reason=cell.reason, value=excerpt(cell.text), row=tuple(cells)
                    )
                    continue
            yield row.line, 0, ["" if cell.casefold() in empty else cell for cell in cells] if empty else cells

    def _of_lines(self) -> Iterator[_Raw]:
        empty = self._mapped.empty
        for line, values in json_lines(self._path):
            if isinstance(values, str):
                yield BadDelivery(line=line, column="", reason=values, value="", row=())
                continue
            try:
                texts = flat_texts(values)
            except BadCell as bad:
                row = (json.dumps(values, ensure_ascii=False),)
                yield BadDelivery(line=line, column=bad.column, reason=bad.reason, value=bad.value, row=row)
                continue
            names = tuple(sorted(texts))
            cells = [texts[name].strip() for name in names]
            number = self._number(names)
            yield line, number, ["" if cell.casefold() in empty else cell for cell in cells] if empty else cells


@contextmanager
def read_deliveries(
    path: Path,
    contracts: Sequence[Contract],
    mapped: DeliveryMap | None = None,
    findings: Findings | None = None,
    tell: Tell | None = None,
) -> Iterator[DeliveryFile]:
    """The deliveries in the file at `path`, checked and sorted, while the context lasts; `findings` are joined to
    them by lead id, or delivery id where a row has none. Raises UnusableInput, OSError.
    """
    mapped = mapped or DeliveryMap()
    terms = DeliveryTerms(contracts, mapped.times)
    with ExitStack() as stack:
        spool, twins = Spool(_key_of), Twins()
        stack.callback(spool.close)
        stack.callback(twins.close)
        bad = stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
        source = _Source(path, terms, mapped)
        read = DeliveryFile(path.name, spool, bad)
        batch: list[tuple[Key, Entry]] = []
        for row in source.rows(tell):
            if isinstance(row, BadDelivery):
                read.note_bad(row)
                continue
            line, number, cells = row
            try:
                at, cooked = source.plans[number].cook(cells)
            except BadCell as problem:
                read.note_bad(_bad_cell(line, problem, source.shown(number, cells)))
                continue
            twins.add(hash((cooked[2], cooked[1])), hash(cooked))
            batch.append(((at, cooked[1], cooked[2]), (line, number, cooked, None)))
            if len(batch) >= _BATCH:
                _keep(spool, batch, findings)
        _keep(spool, batch, findings)
        spool.flush()
        read.plans, read.headings = source.plans, source.headings
        several = twins.found()
        read.copies = twins.count_equal
        read.count = spool.count - read.copies
        if several:
            _refuse_several(read, spool, several, source)
        yield read


def _key_of(entry: Entry) -> Key:
    cooked = entry[2]
    return datetime.fromisoformat(cooked[0]), cooked[1], cooked[2]


def _keep(spool: Spool, batch: list[tuple[Key, Entry]], findings: Findings | None) -> None:
    found = {} if findings is None else findings.of(entry[2][3] or entry[2][1] for _, entry in batch)
    for key, entry in batch:
        spool.add(key, (*entry[:3], found.get(entry[2][3] or entry[2][1])) if found else entry)
    batch.clear()


def _refuse_several(read: DeliveryFile, spool: Spool, several: set[int], source: _Source) -> None:
    """Take out the ids of which rows say different things, and note each of these rows as bad."""
    rows: dict[tuple[str, str], list[tuple[int, Cooked]]] = {}
    for line, _, cooked, _ in spool.entries():
        this = cooked[2], cooked[1]
        if hash(this) in several:
            rows.setdefault(this, []).append((line, cooked))
    refused = {this: some for this, some in rows.items() if len({cooked for _, cooked in some}) > 1}
    lines = {line: this for this, some in refused.items() for line, _ in some}
    for some in refused.values():
        different = len({cooked for _, cooked in some})
        read.copies -= len(some) - different
        read.count -= different
    read.refused = frozenset(refused)
    for row in source.rows() if refused else ():
        if not isinstance(row, BadDelivery) and row[0] in lines:
            line, number, cells = row
            bad = BadCell(Column.DELIVERY_ID.value, excerpt(lines[line][1]), _DIFFER)
            read.note_bad(_bad_cell(line, bad, source.shown(number, cells)))


def _bad_cell(line: int, bad: BadCell, row: tuple[str, ...]) -> BadDelivery:
    return BadDelivery(line=line, column=bad.column, reason=bad.reason, value=bad.value, row=row)


def _text(cell: Cell) -> str:
    """A cell of a workbook as text: a date without a time of day is a day."""
    if isinstance(cell, FaultyCell):
        return cell.text
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat()
    return cell.strip()


def flat_texts(values: Mapping[str, object]) -> dict[str, str]:
    """A JSON record as texts by name; what stands in `fields` as if it stood beside it. Raises BadCell."""
    texts: dict[str, str] = {}
    for name, value in values.items():
        if name == "fields" and isinstance(value, dict):
            for field, inner in value.items():
                texts[field] = _plain(field, inner)
        elif isinstance(value, list):
            texts[name] = "; ".join(_part(name, each) for each in value)
        else:
            texts[name] = _plain(name, value)
    return texts


def _plain(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise BadCell(name, "", "is neither a text nor a number")


def _part(name: str, value: object) -> str:
    """One of a list: a text, an attempt {at, channel, ref, recording_id, sha256}, or a proof {kind, ref, sha256}."""
    if not isinstance(value, dict):
        return _plain(name, value)
    told = {key: _plain(f"{name}.{key}", inner) for key, inner in value.items()}
    if name == Column.ATTEMPTS:
        marks = (("channel", ""), ("at", ""), ("ref", "#"), ("recording_id", "rec:"), ("sha256", "sha256:"))
        return " ".join(mark + told[key] for key, mark in marks if told.get(key))
    if name == Column.REASON_PROOF:
        return ":".join(told[key] for key in ("kind", "ref", "sha256") if told.get(key))
    raise BadCell(name, "", "is a list of records, and means nothing here")
