"""The small pages on which a person looks around: companies, leads and deals, one record, log an activity."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from connector.sandbox.pipedrive.company import Company
from connector.sandbox.pipedrive.core import Sandbox
from connector.sandbox.pipedrive.fields import Field
from connector.sandbox.pipedrive.kinds import ACTIVITY, DEAL, LEAD, NOTE, PERSON, Kind, find_kind
from connector.sandbox.pipedrive.records import Origin, Record
from connector.sandbox.pipedrive.said import bad, gone_missing, plain_utc

PAGE_SIZE: Final = 50
_STATIC: Final = str(Path(__file__).parents[1] / "static")


def create_page(sandbox: Sandbox) -> Blueprint:  # noqa: C901 - a list of routes, each of them short
    """The pages."""
    blueprint = Blueprint("page", __name__, static_folder=_STATIC, static_url_path="/_page/static")

    def origin(company: Company) -> Origin:
        wanted = request.form.get("acting_as", "")
        user_id = int(wanted) if wanted.isdigit() and int(wanted) in company.users else company.admin_id()
        return Origin("page", user_id, "POST", request.path)

    def back(company: Company, record: Record) -> AnyResponse:
        return redirect(f"/companies/{company.id}/{record.kind.plural}/{record.id}", 303)

    def found(company: Company, name: str, record_id: str) -> Record:
        kind = find_kind(name)
        if kind is None:
            raise gone_missing("Page")
        return company.get(kind, record_id if kind is LEAD else int(record_id) if record_id.isdigit() else None)

    @blueprint.get("/")
    def home() -> str:
        companies = [
            (company, sum(1 for _ in company.live(LEAD)), bool(sandbox.grants.live(company.id)))
            for company in sandbox.companies.values()
        ]
        return render_template("pipedrive_home.html", companies=companies)

    @blueprint.get("/companies/<int:company_id>")
    def overview(company_id: int) -> str:
        company = sandbox.company(company_id)
        words = request.args.get("q", "").lower().split()
        with company.lock:
            lists = [(kind, *_matching(company, kind, words)) for kind in (LEAD, DEAL)]
            customs = list(company.fields["deal"].custom.values())
            people = {person.id: person.values.get("name") for person in company.live(PERSON)}
        return render_template(
            "pipedrive_company.html",
            company=company,
            lists=lists,
            customs=customs,
            people=people,
            q=request.args.get("q", ""),
            shown=shown_text,
            moment=_moment,
        )

    @blueprint.post("/companies/<int:company_id>")
    def add_lead(company_id: int) -> AnyResponse:
        company = sandbox.company(company_id)
        name, email, phone = (request.form.get(key, "").strip() for key in ("name", "email", "phone"))
        if not name:
            raise bad("A lead needs a person's name")
        who = origin(company)
        owner = request.form.get("owner_id", "")
        owner_id = int(owner) if owner.isdigit() else who.user_id
        with company.lock:
            values = {
                "name": name,
                "owner_id": owner_id,
                "emails": [{"value": email, "primary": True, "label": "work"}] if email else [],
                "phones": [{"value": phone, "primary": True, "label": "work"}] if phone else [],
            }
            person = company.create(PERSON, values, who)
            lead = {"title": f"{name} lead", "person_id": person.id, "owner_id": owner_id}
            return back(company, company.create(LEAD, lead, who))

    @blueprint.get("/companies/<int:company_id>/<name>/<record_id>")
    def record_page(company_id: int, name: str, record_id: str) -> Response:
        company = sandbox.company(company_id)
        record = found(company, name, record_id)
        column = f"{record.kind.name}_id"
        with company.lock:
            fields = company.fields[record.kind.fields].custom if record.kind.fields else {}
            linked = [
                other
                for kind in (LEAD, DEAL, ACTIVITY, NOTE)
                if column in kind.by_name
                for other in company.linked(kind, column, record.id)
            ]
        linked.sort(key=lambda other: other.moment("add_time") or 0)
        person = company.find(PERSON, record.values.get("person_id"))
        page = render_template(
            "pipedrive_record.html",
            company=company,
            record=record,
            customs=list(fields.values()),
            values=[
                (key, _moment(value) if key in record.kind.moments else value) for key, value in record.values.items()
            ],
            linked=linked,
            person=person,
            history=company.history.get((record.kind.name, record.id), [])[::-1],
            users=[user for user in company.users.values() if user.is_active],
            types=[one for one in company.activity_types if one["active_flag"] is True],
            shown=shown_text,
            moment=_moment,
        )
        return Response(page, content_type="text/html; charset=utf-8")

    @blueprint.post("/companies/<int:company_id>/<name>/<record_id>/log")
    def log_activity(company_id: int, name: str, record_id: str) -> AnyResponse:
        company = sandbox.company(company_id)
        record = found(company, name, record_id)
        kind_of = request.form.get("type", "call")
        if kind_of not in [one["key_string"] for one in company.activity_types]:
            raise bad("There is no such type of activity")
        today = datetime.now(tz=UTC)
        values: dict[str, object] = {
            "type": kind_of,
            "subject": request.form.get("subject", "").strip() or kind_of.capitalize(),
            "done": request.form.get("done", "yes") == "yes",
            "note": request.form.get("note", "").strip() or None,
            "due_date": f"{today:%Y-%m-%d}",
            "due_time": f"{today:%H:%M}",
            f"{record.kind.name}_id": record.id,
        }
        if record.values.get("person_id") is not None:
            values["person_id"] = record.values["person_id"]
        with company.lock:
            company.create(ACTIVITY, values, origin(company))
        return back(company, record)

    @blueprint.post("/companies/<int:company_id>/<name>/<record_id>/owner")
    def hand_over(company_id: int, name: str, record_id: str) -> AnyResponse:
        company = sandbox.company(company_id)
        record = found(company, name, record_id)
        owner = request.form.get("owner_id", "")
        if not owner.isdigit() or not company.exists("user", int(owner)):
            raise bad("There is no such user")
        with company.lock:
            company.update(record, {"owner_id": int(owner)}, origin(company))
        return back(company, record)

    @blueprint.post("/companies/<int:company_id>/<name>/<record_id>/archive")
    def archive(company_id: int, name: str, record_id: str) -> AnyResponse:
        company = sandbox.company(company_id)
        record = found(company, name, record_id)
        with company.lock:
            company.update(record, {"is_archived": not record.is_archived}, origin(company))
        return back(company, record)

    @blueprint.post("/companies/<int:company_id>/<name>/<record_id>/convert")
    def convert(company_id: int, name: str, record_id: str) -> AnyResponse:
        company = sandbox.company(company_id)
        with company.lock:
            deal = company.convert(company.get(LEAD, record_id), origin(company), company.default_stage())
        return back(company, deal)

    @blueprint.post("/companies/<int:company_id>/<name>/<record_id>/delete")
    def delete(company_id: int, name: str, record_id: str) -> AnyResponse:
        company = sandbox.company(company_id)
        with company.lock:
            company.delete(found(company, name, record_id), origin(company))
        return redirect(f"/companies/{company.id}", 303)

    return blueprint


def _matching(company: Company, kind: Kind, words: list[str]) -> tuple[list[Record], int]:
    found = []
    for record in company.live(kind):
        person = company.find(PERSON, record.values.get("person_id"))
        told = f"{record.id} {record.values.get('title')} {person.values if person else ''}".lower()
        if all(word in told for word in words):
            found.append(record)
    found.sort(key=lambda record: record.moment("add_time") or 0, reverse=True)
    return found[:PAGE_SIZE], len(found)


def shown_text(field: Field, record: Record) -> str:
    """A custom value as a person reads it."""
    value = record.custom.get(field.code)
    if value is None:
        return ""
    ids = value if isinstance(value, list) else [value]
    options = [field.option(one) for one in ids]
    if field.type in ("enum", "set"):
        return ", ".join(option.label for option in options if option is not None)
    return str(value.get("value")) if isinstance(value, dict) else str(value)


def _moment(value: object) -> str:
    return plain_utc(value) if isinstance(value, int) else ""
