"""Sending an export: named files, never kept on the disk under a name, never cached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Response, send_file

from connector.web.cells import CSV_TYPE, XLSX_TYPE, Cell, csv_chunks, xlsx_file
from connector.web.columns import titles_of


def send_csv(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]], zone: str) -> Response:
    """The rows as a CSV file, sent as they are read: `rows` must not need the request any more."""
    response = Response(csv_chunks(head, rows, zone), content_type=CSV_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def send_xlsx(name: str, head: Sequence[str], rows: Iterable[Sequence[Cell]], zone: str) -> Response:
    """The rows as an XLSX file, with `head` as titles in the reader's language."""
    file = xlsx_file(titles_of(head), rows, zone, sheet_title=name)
    return send_file(file, mimetype=XLSX_TYPE, as_attachment=True, download_name=f"{name}.xlsx", max_age=None)
