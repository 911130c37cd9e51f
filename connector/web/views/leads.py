"""/leads: the list with filters, search, order and pages, and its exports. htmx only saves a reload."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Blueprint, Response, make_response, render_template, request
from sqlalchemy.engine import Connection

from audits.causes import Cause
from audits.model.finding import Outcome
from audits.model.score import FollowUpStatus, Verdict
from audits.reports.export_report import Answer
from connector.storage import lead_lists, page_queries, people, policies
from connector.storage.database import Database
from connector.storage.lead_lists import LeadRow, LeadSort
from connector.storage.page_queries import Scope
from connector.web.access import Access, Viewer, is_partial, needs, viewer
from connector.web.cells import Cell
from connector.web.exports import send_csv, send_xlsx
from connector.web.labels import answer_label, cause_label, outcome_label, status_label, verdict_label
from connector.web.lead_names import display_name
from connector.web.leads_form import BROKEN, NOBODY, LeadsForm, read_form, says_of, scope_of
from connector.web.links import lead_href, leads_href
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.views.rulebook import rule_titles

pages = Blueprint("leads", __name__)

PAGE = 50
_MAX_PAGE = 100_000
_FIRST = ("status", "owner")


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a choice."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """One drop-down of the form."""

    name: str
    label: str
    options: list[Option]
    chosen: str


@dataclass(frozen=True, slots=True)
class Column:
    """One head of the table; `sorted` is its aria-sort."""

    label: str
    is_number: bool
    href: str | None
    sorted: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadLine:
    """One row of the table."""

    href: str
    name: str
    under: str
    owner: str
    received_at: datetime
    first_attempt_s: int | None
    status: FollowUpStatus
    verdict: Verdict
    quality: int | None
    handling: int | None
    fit: int | None
    due_at: datetime | None
    is_contested: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadsPage:
    """What the list prints."""

    says: str
    wrong: str
    form: LeadsForm
    first_choices: list[FilterChoice]
    more_choices: list[FilterChoice]
    columns: list[Column]
    shows_fit: bool
    rows: list[LeadLine]
    is_filtered: bool
    counted: str
    range_says: str
    previous_href: str | None
    next_href: str | None
    csv_href: str
    xlsx_href: str


@pages.get("/leads")
@needs(Access.SIGNED_IN)
def leads() -> Response:
    """The list; only its rows when htmx asks."""
    me = viewer()
    form, wrong = read_form(request.args)
    with site().database.read() as connection:
        page = leads_page(connection, me, form, wrong, _page_number(), site().now())
    template = "leads_rows.html" if is_partial() and request.headers.get("HX-Target") == "rows" else "leads.html"
    response = make_response(render_template(template, page=page))
    response.vary.add("HX-Request")
    return response


@pages.get("/leads.csv")
@needs(Access.SIGNED_IN)
def leads_csv() -> Response:
    """The leads of the filter as CSV."""
    return send_csv("leads", EXPORT_HEAD, _export(), viewer().install.zone)


@pages.get("/leads.xlsx")
@needs(Access.SIGNED_IN)
def leads_xlsx() -> Response:
    """The leads of the filter as XLSX."""
    return send_xlsx("leads", EXPORT_HEAD, _export(), viewer().install.zone)


def leads_page(conn: Connection, me: Viewer, form: LeadsForm, wrong: str, number: int, now: datetime) -> LeadsPage:
    """The view model of one page of the list."""
    says = current()
    scope = scope_of(form, me, now)
    asked = replace(scope, leads=replace(scope.leads, limit=PAGE, offset=(number - 1) * PAGE))
    rows, total = page_queries.list_leads(conn, me.install_id, asked)
    given = form.parameters()

    def href(path: str = "/leads", **more: str | int) -> str:
        return leads_href(path, **(given | {name: str(value) for name, value in more.items()}))

    shows_fit = any(each.policy.criteria for each in policies.list_policies(conn, me.install_id))
    first, choices = (number - 1) * PAGE + 1, _choices(conn, me, form)
    return LeadsPage(
        says=says_of(form, me),
        wrong=wrong,
        form=form,
        first_choices=[choice for choice in choices if choice.name in _FIRST],
        more_choices=[choice for choice in choices if choice.name not in _FIRST],
        columns=_columns(form, shows_fit=shows_fit),
        shows_fit=shows_fit,
        rows=[_line(row, me) for row in rows],
        is_filtered=form.is_filtered,
        counted=says.plural("{n} lead", "{n} leads", total),
        range_says=t(
            "{first} to {last} of {n}",
            first=says.number(first),
            last=says.number(first + len(rows) - 1),
            n=says.number(total),
        ),
        previous_href=href(page=number - 1) if number > 1 else None,
        next_href=href(page=number + 1) if number * PAGE < total else None,
        csv_href=href("/leads.csv"),
        xlsx_href=href("/leads.xlsx"),
    )


def _choices(conn: Connection, me: Viewer, form: LeadsForm) -> list[FilterChoice]:
    made = [
        FilterChoice(
            "status", t("Status"), [Option(each.value, status_label(each)) for each in FollowUpStatus], form.status
        )
    ]
    if me.is_manager:
        owners = [Option(owner.owner_id, owner.name) for owner in people.list_owners(conn, me.install_id)]
        made.append(FilterChoice("owner", t("Owner"), [*owners, Option(NOBODY, t("nobody"))], form.owner))
    known = lead_lists.list_sources(conn, me.install_id, me.only_owner_id)
    sources = [Option(source, source) for source in known[:200]]
    made.append(FilterChoice("source", t("Source"), [*sources, Option(NOBODY, t("unknown"))], form.source))
    made.append(
        FilterChoice(
            "verdict", t("Lead is"), [Option(each.value, verdict_label(each)) for each in Verdict], form.verdict
        )
    )
    made.append(
        FilterChoice(
            "rule", t("Rule"), [Option(rule_id, title) for rule_id, title in rule_titles().items()], form.rule
        )
    )
    made.append(
        FilterChoice(
            "outcome",
            t("Answer of the rule"),
            [Option(each.value, outcome_label(each)) for each in Outcome],
            form.outcome,
        )
    )
    answers = [Option(BROKEN, t("tried late, or not at all")), *(Option(a.value, answer_label(a)) for a in Answer)]
    made.append(FilterChoice("answer", t("First attempt"), answers, form.answer))
    causes = [Option(each.value, cause_label(each)) for each in Cause if each is not Cause.NONE]
    made.append(FilterChoice("cause", t("Why late"), causes, form.cause))
    return made


def _columns(form: LeadsForm, *, shows_fit: bool) -> list[Column]:
    sort = LeadSort(form.sort)

    def column(label: str, orders: Sequence[tuple[LeadSort, str]] = (), *, is_number: bool = False) -> Column:
        if not orders:
            return Column(label, is_number, None, "")
        here = next((place for place, (order, _) in enumerate(orders) if order is sort), None)
        wanted = orders[0 if here is None else (here + 1) % len(orders)][0]
        href = leads_href(**(form.parameters() | {"sort": wanted.value}))
        return Column(label, is_number, href, "" if here is None else orders[here][1])

    return [
        column(t("Lead")),
        column(t("Owner")),
        column(t("Received"), ((LeadSort.NEWEST, "descending"), (LeadSort.OLDEST, "ascending"))),
        column(t("First attempt"), ((LeadSort.SLOWEST, "descending"),), is_number=True),
        column(t("Status")),
        column(t("Lead is")),
        column(t("Quality"), ((LeadSort.LOWEST_QUALITY, "ascending"),), is_number=True),
        column(t("Handling"), ((LeadSort.LOWEST_HANDLING, "ascending"),), is_number=True),
        *([column(t("Target group"), ((LeadSort.BEST_FIT, "descending"),), is_number=True)] if shows_fit else ()),
        column(t("Next due"), ((LeadSort.DUE_FIRST, "ascending"),)),
    ]


def _line(row: LeadRow, me: Viewer) -> LeadLine:
    return LeadLine(
        href=lead_href(row.lead_id),
        name=display_name(row, me),
        under=" · ".join(
            part
            for part in (row.company if row.name and me.may_know_lead_of(row.owner_id) else "", row.source)
            if part
        ),
        owner=row.owner_name or (t("owner {id}", id=row.owner_id) if row.owner_id else t("nobody")),
        received_at=row.received_at,
        first_attempt_s=row.first_attempt_s,
        status=row.follow_up_status,
        verdict=row.verdict,
        quality=row.quality,
        handling=row.handling,
        fit=row.fit,
        due_at=row.due_at,
        is_contested=bool(row.contested),
    )


def _page_number() -> int:
    asked = request.args.get("page", "1")
    return min(max(int(asked), 1), _MAX_PAGE) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 1


EXPORT_HEAD = (
    "lead_id",
    "name",
    "company",
    "owner",
    "source",
    "received_at",
    "first_attempt_at",
    "first_attempt_working_s",
    "first_attempt_wall_s",
    "first_connection_at",
    "call_attempts",
    "email_attempts",
    "last_attempt_at",
    "lead_quality",
    "handling",
    "lead_verdict",
    "follow_up_status",
    "due_at",
    "note",
    "record_url",
    "contested",
    "set_aside",
    "target_group_fit",
)


def export_row(row: LeadRow, me: Viewer) -> tuple[Cell, ...]:
    """One line of an export for `me`, in the order of EXPORT_HEAD."""
    may_know = me.may_know_lead_of(row.owner_id)
    return (
        row.lead_id,
        row.name if may_know else "",
        row.company if may_know else "",
        row.owner_name,
        row.source,
        row.received_at,
        row.first_attempt_at,
        row.first_attempt_s,
        row.first_attempt_wall_s,
        row.first_connection_at,
        row.attempts_calls,
        row.attempts_emails,
        row.last_attempt_at,
        row.quality,
        row.handling,
        row.verdict.value,
        row.follow_up_status.value,
        row.due_at,
        row.note if may_know else "",
        row.record_url,
        " ".join(row.contested),
        " ".join(row.set_aside),
        row.fit,
    )


def _export() -> Iterable[tuple[Cell, ...]]:
    """All leads of the filter."""
    me = viewer()
    form, _ = read_form(request.args)
    return _export_rows(site().database, me, scope_of(form, me, site().now()))


def _export_rows(database: Database, me: Viewer, scope: Scope) -> Iterator[tuple[Cell, ...]]:
    with database.read() as connection:
        for row in page_queries.iter_leads(connection, me.install_id, scope):
            yield export_row(row, me)
