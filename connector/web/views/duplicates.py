"""/duplicates: who came as several leads, by what that is seen, and which sources sell whose leads again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, redirect, render_template, request
from markupsafe import Markup
from sqlalchemy.engine import Connection
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from audits.duplicate_terms import duplicate_terms
from audits.model.case import Agreement
from connector.storage import installs, page_queries, policies, same_people
from connector.storage.lead_lists import LeadRow
from connector.storage.same_people import Link, Member, SamePerson
from connector.web import charts
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.contest_words import user_names
from connector.web.duplicate_words import field_word, level_word, proof_says
from connector.web.lead_names import display_name
from connector.web.links import lead_href, leads_href
from connector.web.periods import CHOICES, Choice, Period, choices, period
from connector.web.site import site
from connector.web.texts import current, t

pages = Blueprint("duplicates", __name__)

PAGE = 20
#: So many leads of one person, and sources in the table, are printed; the others are counted.
MOST_MEMBERS, MOST_SOURCES, MOST_TOLD = 30, 8, 20
_MAX_PAGE = 100_000
#: Stands for leads that name no source.
NONE = "-"
DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreeing:
    """One field that both have. `bar` shows its weight."""

    field: str
    level: str
    weight: str
    bar: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLine:
    """One lead of a person. `joined`: by what it is joined to lead `other_id`; "" for the first."""

    href: str
    name: str
    source: str
    source_detail: str
    owner: str
    received_at: datetime
    joined: str
    other_id: str
    agrees: list[Agreeing]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonBlock:
    """One person."""

    name: str
    says: str
    members: list[MemberLine]
    more_says: str


@dataclass(frozen=True, slots=True)
class SourceCell:
    """How many leads of one source had come from another before."""

    count: int
    href: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class SourceRow:
    """Those who first came from one source."""

    label: str
    cells: list[SourceCell]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApartLine:
    """Two leads that somebody told apart."""

    one: str
    one_href: str
    other_id: str
    other: str
    other_href: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicatesPage:
    """What the page prints. `sent`: what a form brings with it, so that it leads back to this page."""

    choices: list[Choice]
    counted: str
    terms_says: str
    heads: list[str]
    sources: list[SourceRow]
    filter_says: str
    all_href: str
    people: list[PersonBlock]
    range_says: str
    previous_href: str | None
    next_href: str | None
    apart: list[ApartLine]
    sent: list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the address asks for. `first` and `later`: names of sources, "" = any."""

    days: int = DAYS
    first: str = ""
    later: str = ""
    page: int = 1

    def sent(self) -> list[tuple[str, str]]:
        """The same as fields of a form."""
        given = {"days": self.days, "first": self.first, "later": self.later, "page": self.page}
        return [(name, str(value)) for name, value in given.items()]

    def href(self, **more: object) -> str:
        """The address of the page with `more` in place of what it asks for."""
        given: dict[str, object] = {
            "days": "" if self.days == DAYS else self.days,
            "first": self.first,
            "later": self.later,
            "page": "" if self.page == 1 else self.page,
        }
        return leads_href("/duplicates", **(given | more))


@pages.get("/duplicates")
@needs(Access.MANAGER)
def duplicates() -> str:
    """The persons who came again lately."""
    me, now, asked = viewer(), site().now(), _asked(request.args)
    with site().database.read() as connection:
        page = duplicates_page(connection, me, asked, now)
    return render_template("duplicates.html", page=page)


@pages.post("/leads/<lead_id>/persons")
@needs(Access.MANAGER)
def decide(lead_id: str) -> Response:
    """Say that this lead and another are two persons, or take that back."""
    me, now = viewer(), site().now()
    deed, other_id = request.form.get("do", ""), request.form.get("other", "")
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        if not page_queries.list_presently(connection, me.install_id, [lead_id]):
            abort(404)
        if deed not in ("apart", "together"):
            abort(400, t("The page was not sent as it was made. Load it again."))
        change = same_people.tell_apart if deed == "apart" else same_people.take_together
        done = change(connection, me.install_id, lead_id, other_id, me.user.user_id, now)
    note = ("told-apart" if deed == "apart" else "taken-together") if done else "persons-not"
    asked = _asked(request.form)
    return redirect(asked.href(note=note), 303)


def duplicates_page(conn: Connection, me: Viewer, asked: _Asked, now: datetime) -> DuplicatesPage:
    """The view model."""
    says, of = current(), period(now, me.install.zone, asked.days)
    policy = policies.policy_as_of(conn, me.install_id, now)
    terms = duplicate_terms(policy)
    people = same_people.same_people(conn, me.install_id, of.since, of.until, terms, now)
    counts = same_people.resold(people, of.since, of.until)
    shown = [each for each in people if _fits(each, asked, of)]
    start = (asked.page - 1) * PAGE
    part = shown[start : start + PAGE]
    told = same_people.told_apart(conn, me.install_id, MOST_TOLD)
    ids = [member.lead_id for person in part for member in person.members[:MOST_MEMBERS]]
    ids += [each for pair in told for each in (pair.lead_id, pair.other_id)]
    rows = {row.lead_id: row for row in page_queries.list_presently(conn, me.install_id, list(dict.fromkeys(ids)))}
    users = user_names(conn, me.install_id)
    again = sum(counts.values())
    heads, sources = _matrix(counts, asked)
    return DuplicatesPage(
        choices=choices(of, "/duplicates"),
        counted=says.plural(
            "{n} lead of somebody who had come before", "{n} leads of people who had come before", again
        ),
        terms_says=proof_says(terms),
        heads=heads,
        sources=sources,
        filter_says=_filter_says(asked),
        all_href=asked.href(first="", later="", page=""),
        people=[_block(person, rows) for person in part],
        range_says=t(
            "{first} to {last} of {n}",
            first=says.number(start + 1 if part else 0),
            last=says.number(start + len(part)),
            n=says.number(len(shown)),
        ),
        previous_href=asked.href(page=asked.page - 1 if asked.page > 2 else "") if asked.page > 1 else None,
        next_href=asked.href(page=asked.page + 1) if start + PAGE < len(shown) else None,
        apart=[
            ApartLine(
                one=_name(each.lead_id, rows),
                one_href=lead_href(each.lead_id),
                other_id=each.other_id,
                other=_name(each.other_id, rows),
                other_href=lead_href(each.other_id),
                by=users.get(each.by, t("somebody who is gone")),
                at=each.at,
            )
            for each in told
        ],
        sent=asked.sent(),
    )


def _asked(given: MultiDict[str, str]) -> _Asked:
    days, page = given.get("days", ""), given.get("page", "")
    return _Asked(
        days=int(days) if days in {str(each) for each in CHOICES} else DAYS,
        first=given.get("first", "").strip(),
        later=given.get("later", "").strip(),
        page=min(max(int(page), 1), _MAX_PAGE) if page.isascii() and page.isdecimal() and len(page) < 9 else 1,
    )


def _fits(person: SamePerson, asked: _Asked, of: Period) -> bool:
    """Whether the person first came from the one source, and again from the other in the period."""
    if asked.first and (person.members[0].source or NONE) != asked.first:
        return False
    return not asked.later or any(
        (member.source or NONE) == asked.later and of.since <= member.received_at < of.until
        for member in person.members[1:]
    )


def _matrix(counts: dict[tuple[str, str], int], asked: _Asked) -> tuple[list[str], list[SourceRow]]:
    """The table of sources: whose leads whoever brings again. The largest first; the others are left to the list."""
    sizes: dict[str, int] = {}
    for pair, count in counts.items():
        for source in set(pair):
            sizes[source] = sizes.get(source, 0) + count
    listed = sorted(sizes, key=lambda each: (-sizes[each], each))[:MOST_SOURCES]
    rows = [
        SourceRow(
            label=first or t("no source"),
            cells=[
                SourceCell(
                    counts.get((first, later), 0),
                    asked.href(first=first or NONE, later=later or NONE, page=""),
                    (asked.first, asked.later) == (first or NONE, later or NONE),
                )
                for later in listed
            ],
            total=sum(count for (source, _), count in counts.items() if source == first),
        )
        for first in listed
    ]
    return [each or t("no source") for each in listed], rows


def _filter_says(asked: _Asked) -> str:
    if not asked.first and not asked.later:
        return ""
    first, later = (
        t("no source") if each == NONE else each or t("any source") for each in (asked.first, asked.later)
    )
    return t("First from {first}, then from {later}", first=first, later=later)


def _block(person: SamePerson, rows: dict[str, LeadRow]) -> PersonBlock:
    says, members = current(), person.members
    first = members[0]
    return PersonBlock(
        name=_name(first.lead_id, rows),
        says=t(
            "{leads}, first seen {at}",
            leads=says.plural("{n} lead", "{n} leads", len(members)),
            at=says.moment(first.received_at),
        ),
        members=[_line(member, rows) for member in members[:MOST_MEMBERS]],
        more_says=(
            says.plural("and {n} lead more", "and {n} leads more", len(members) - MOST_MEMBERS)
            if len(members) > MOST_MEMBERS
            else ""
        ),
    )


def _line(member: Member, rows: dict[str, LeadRow]) -> MemberLine:
    row, link = rows.get(member.lead_id), member.link
    return MemberLine(
        href=lead_href(member.lead_id),
        name=_name(member.lead_id, rows),
        source=member.source or "",
        source_detail=member.source_detail or "",
        owner=_owner(row),
        received_at=member.received_at,
        joined="" if link is None else _joined(link, rows),
        other_id="" if link is None else link.other_id,
        agrees=[] if link is None else agreeing(link.agrees),
    )


def _joined(link: Link, rows: dict[str, LeadRow]) -> str:
    name = display_name(rows[link.other_id]) if link.other_id in rows else t("Lead {id}", id=link.other_id)
    if any((each.field, each.level) in (("phone", "same"), ("email", "same")) for each in link.agrees):
        return t("shares number or address with {name}", name=name)
    return t("like {name}: {percent}", name=name, percent=current().percent(link.percent / 100))


def agreeing(agrees: tuple[Agreement, ...]) -> list[Agreeing]:
    """Field by field what two leads have in common and in what they differ, heaviest first."""
    found = []
    for each in agrees:
        if abs(each.weight) < 0.05:
            continue
        field, level = field_word(each.field), level_word(each.level)
        weight = f"{each.weight:+.1f}".replace("-", "−")
        found.append(
            Agreeing(
                field=field,
                level=level,
                weight=weight,
                bar=charts.weight(
                    each.weight,
                    tone="good" if each.weight > 0 else "bad",
                    says=t("{field}: {level}, weight {weight}", field=field, level=level, weight=weight),
                ),
            )
        )
    return found


def _name(lead_id: str, rows: dict[str, LeadRow]) -> str:
    row = rows.get(lead_id)
    return t("Lead {id}", id=lead_id) if row is None else display_name(row)


def _owner(row: LeadRow | None) -> str:
    if row is None or not (row.owner_name or row.owner_id):
        return t("nobody")
    return row.owner_name or t("owner {id}", id=row.owner_id)
