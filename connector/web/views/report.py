"""/report: the reports that were made, each as a page, a PDF and a workbook; and making one on this week."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, redirect, render_template
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as BaseResponse

from audits.reports.handling import HandlingReport
from audits.reports.read_back import report_from_json
from connector.language.texts import Texts
from connector.reporting import pdf, xlsx
from connector.reporting.background import Background, load_background
from connector.reporting.figures import week_bounds
from connector.reporting.making import WEEKLY, keep_report, make_report
from connector.reporting.paper import is_listing, paper
from connector.storage import reports
from connector.storage.reports import StoredReport
from connector.web.access import Access, needs, viewer
from connector.web.links import lead_href
from connector.web.site import site
from connector.web.texts import current, t

pages = Blueprint("report", __name__)

#: A week that is not over yet.
SO_FAR = "so_far"
#: Every lead is judged anew for a report: one at a time in this process, and others are told to wait.
_MAKING = threading.Lock()
_WAIT_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One report in the list."""

    href: str
    period: str
    kind: str
    as_of: datetime
    pdf_href: str
    xlsx_href: str


@pages.get("/report")
@needs(Access.MANAGER)
def listed() -> str:
    """The list, the newest first."""
    me = viewer()
    with site().database.read() as connection:
        found = reports.list_reports(connection, me.install_id)
    return render_template("report_list.html", lines=[_line(each, current()) for each in found])


@pages.post("/report")
@needs(Access.MANAGER)
def make() -> BaseResponse:
    """Make the report on this week so far, and show it."""
    me, now = viewer(), site().now()
    today = now.astimezone(ZoneInfo(me.install.zone)).date()
    since, until = week_bounds(today, me.install.zone)
    if not _MAKING.acquire(timeout=_WAIT_S):
        abort(503, t("Another report is being made. Try again in a minute."))
    try:
        with site().database.read() as connection:
            made = make_report(connection, me.install_id, since, until, now)
        with site().database.write() as connection:
            stored = keep_report(connection, me.install_id, made, now, SO_FAR)
    finally:
        _MAKING.release()
    return redirect(f"/report/{stored.report_id}", 303)


@pages.get("/report/<report_id>")
@needs(Access.MANAGER)
def shown(report_id: str) -> str:
    """One report as a page."""
    with site().database.read() as connection:
        told, about, says = _found(connection, report_id)
    return render_template(
        "report.html",
        report=paper(told, about, says, href=lead_href),
        is_listing=is_listing,
        pdf_href=f"/report/{report_id}.pdf",
        xlsx_href=f"/report/{report_id}.xlsx",
    )


@pages.get("/report/<report_id>.pdf")
@needs(Access.MANAGER)
def as_pdf(report_id: str) -> Response:
    """The same as PDF, in the reader's language."""
    with site().database.read() as connection:
        told, about, says = _found(connection, report_id)
    try:
        made = pdf.pdf_of(paper(told, about, says), says)
    except pdf.NoPdf as error:
        abort(503, says.stored(str(error)))
    return _file(made, pdf.TYPE, f"{_file_name(told)}.pdf")


@pages.get("/report/<report_id>.xlsx")
@needs(Access.MANAGER)
def as_xlsx(report_id: str) -> Response:
    """The same as a workbook."""
    with site().database.read() as connection:
        told, about, says = _found(connection, report_id)
    return _file(xlsx.xlsx_of(told, about, says), xlsx.TYPE, f"{_file_name(told)}.xlsx")


def _found(conn: Connection, report_id: str) -> tuple[HandlingReport, Background, Texts]:
    me = viewer()
    stored = reports.find_report(conn, me.install_id, report_id)
    if stored is None:
        abort(404)
    told = report_from_json(json.loads(stored.figures))
    # Its times are those of the zone in which its days were counted, whatever the account's is today.
    return told, load_background(conn, me.install_id, told, stored.inputs), replace(current(), zone=told.zone)


def _line(stored: StoredReport, says: Texts) -> ReportLine:
    there = f"/report/{stored.report_id}"
    says = replace(says, zone=str(stored.inputs.get("zone", says.zone)))
    first, last = stored.period_from, stored.period_to - timedelta(seconds=1)
    kinds = {WEEKLY: t("full week"), SO_FAR: t("week so far")}
    return ReportLine(
        href=there,
        period=t("{first} to {last}", first=says.day(first), last=says.day(last)),
        kind=kinds.get(stored.kind, stored.kind),
        as_of=stored.as_of,
        pdf_href=f"{there}.pdf",
        xlsx_href=f"{there}.xlsx",
    )


def _file_name(told: HandlingReport) -> str:
    first = told.since.astimezone(ZoneInfo(told.zone)).date()
    return f"leads-{first.isoformat()}"


def _file(body: bytes, content_type: str, name: str) -> Response:
    response = Response(body, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
