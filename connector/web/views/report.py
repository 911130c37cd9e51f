"""/report: the reports that were made, each as a page, a PDF and a workbook; and asking for one on this week."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, redirect, render_template
from markupsafe import Markup
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as BaseResponse

from audits.reports.handling import HandlingReport
from connector.errors import OtherFormat
from connector.language.texts import Texts
from connector.reporting import pdf, xlsx
from connector.reporting.background import Background, load_background
from connector.reporting.figures import week_bounds
from connector.reporting.making import SO_FAR, WEEKLY, read_report
from connector.reporting.paper import is_listing, paper
from connector.storage import report_runs, reports
from connector.storage.installs import InstallStatus
from connector.storage.report_runs import ReportRun
from connector.storage.reports import StoredReport
from connector.web import charts
from connector.web.access import Access, needs, viewer
from connector.web.error_pages import error_response
from connector.web.links import lead_href
from connector.web.site import site
from connector.web.texts import current, t

pages = Blueprint("report", __name__)


#: So long who watches is told that a report is ready; then it stands in the list alone.
_NEWS_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One report in the list."""

    href: str
    period: str
    kind: str
    as_of: datetime
    pdf_href: str
    xlsx_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A report that is being made, or how the last try ended. `svg`: how far it is, None once it has ended; `href`:
    of the report that was made, "" = none."""

    says: str
    svg: Markup | None
    is_failed: bool
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """The reports that are being made. `is_running`: one of them has not ended; `is_asked`: that on this week."""

    runs: list[RunLine]
    is_running: bool
    is_asked: bool


@pages.get("/report")
@needs(Access.MANAGER)
def listed() -> str:
    """The list, the newest first, and what is being made."""
    me = viewer()
    with site().database.read() as connection:
        found = reports.list_reports(connection, me.install_id)
        runs = report_runs.list_runs(connection, me.install_id)
    # One that was made stands in the list.
    making = _making([run for run in runs if not run.report_id])
    return render_template("report_list.html", lines=[_line(each, current()) for each in found], making=making)


@pages.get("/report/progress")
@needs(Access.MANAGER)
def progress() -> str:
    """How far the reports are, asked for every two seconds until the last of them has ended."""
    with site().database.read() as connection:
        runs = report_runs.list_runs(connection, viewer().install_id)
    return render_template("report_runs.html", making=_making(runs))


@pages.post("/report")
@needs(Access.MANAGER)
def make() -> BaseResponse:
    """Ask the worker for the report on this week so far; one that is being made already goes on."""
    me, now = viewer(), site().now()
    if me.install.status is not InstallStatus.ACTIVE:
        return error_response(
            409,
            head=t("No report can be made now."),
            remedy=t("The connection to the CRM was interrupted: an admin must connect again first."),
        )
    today = now.astimezone(ZoneInfo(me.install.zone)).date()
    since, until = week_bounds(today, me.install.zone)
    with site().database.write() as connection:
        # The pump finds the row and wakes the account's job.
        report_runs.ask_report(connection, me.install_id, SO_FAR, since, until, now)
    return redirect("/report", 303)


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
    try:
        told = read_report(stored)
    except OtherFormat as unreadable:
        abort(error_response(409, head=t("This report cannot be shown."), remedy=current().stored(str(unreadable))))
    # Its times are those of the zone in which its days were counted, whatever the account's is today.
    return told, load_background(conn, me.install_id, told, stored.inputs), replace(current(), zone=told.zone)


def _making(runs: list[ReportRun]) -> Making:
    running = [run for run in runs if run.ended_at is None]
    return Making(
        runs=[_run_line(run, current()) for run in runs if _is_told(run)],
        is_running=bool(running),
        is_asked=any(run.kind == SO_FAR for run in running),
    )


def _is_told(run: ReportRun) -> bool:
    if run.ended_at is None:
        return True
    if run.failure:
        # That on a full week is tried again by itself.
        return run.kind == SO_FAR
    return run.ended_at > site().now() - _NEWS_FOR


def _run_line(run: ReportRun, says: Texts) -> RunLine:
    first, last = run.period_from, run.period_to - timedelta(seconds=1)
    period = t("{first} to {last}", first=says.day(first), last=says.day(last))
    if run.ended_at is not None:
        return RunLine(
            says=says.stored(run.failure) if run.failure else t("The report on {period} is ready.", period=period),
            svg=None,
            is_failed=bool(run.failure),
            href=f"/report/{run.report_id}" if run.report_id else "",
        )
    if viewer().install.status is not InstallStatus.ACTIVE:
        said = t("The report on {period} goes on when an admin has connected the CRM again.", period=period)
    elif run.as_of is None:
        said = t("The report on {period} begins in a moment: leads that changed are judged first.", period=period)
    else:
        said = says.plural(
            "The report on {period} is being made: {done} of {n} lead is judged.",
            "The report on {period} is being made: {done} of {n} leads are judged.",
            run.total,
            period=period,
            done=says.number(run.done),
        )
    return RunLine(says=said, svg=charts.progress(run.done, run.total or None, says=said), is_failed=False, href="")


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
