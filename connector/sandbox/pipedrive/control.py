"""The control API of this dialect under /_sandbox/: JSON, guarded by the header X-Sandbox-Control."""

from __future__ import annotations

from flask import Blueprint, Response

from connector.sandbox.control_routes import answer, body, create_common_control
from connector.sandbox.pipedrive.actions import act, show, uninstall_company
from connector.sandbox.pipedrive.core import Call, Sandbox
from connector.sandbox.pipedrive.kinds import KINDS, find_kind
from connector.sandbox.pipedrive.page import shown_text
from connector.sandbox.pipedrive.seed import sow
from connector.sandbox.wire import as_int, as_list, as_object, as_text, invalid


def create_control(sandbox: Sandbox, listed: list[Call]) -> Blueprint:
    """The control endpoints; `listed` is the table of what the API's calls cost."""
    blueprint = create_common_control(
        sandbox, sandbox.dispatcher, sandbox.config.control_token, sandbox.log.writes, sandbox.limiter.reset
    )

    @blueprint.post("/seed")
    def seed() -> Response:
        document = body()
        return answer(sow(sandbox.company(as_int(document.get("company_id"), "company_id")), document), 201)

    @blueprint.post("/actions")
    def action() -> Response:
        return answer(act(sandbox, body()))

    @blueprint.post("/uninstall")
    def uninstall() -> Response:
        sent = body()
        company = sandbox.company(as_int(sent.get("company_id"), "company_id"))
        user = sent.get("user_id")
        return answer(uninstall_company(sandbox, company, None if user is None else as_int(user, "user_id")))

    @blueprint.post("/webhooks/redeliver")
    def redeliver() -> Response:
        ids = {as_text(one, "ids") for one in as_list(body().get("ids"), "ids")}
        return answer({"redelivered": sandbox.dispatcher.redeliver(ids)})

    @blueprint.post("/webhooks/send")
    def send() -> Response:
        sent = body()
        sandbox.dispatcher.send(as_int(sent.get("hook_id"), "hook_id"), as_object(sent.get("event"), "event"))
        return answer({"sent": 1})

    @blueprint.get("/hooks/<int:company_id>")
    def hooks(company_id: int) -> Response:
        return answer({"hooks": sandbox.dispatcher.state(sandbox.company(company_id).id)})

    @blueprint.get("/costs")
    def costs() -> Response:
        calls = [
            {"method": call.method, "path": call.shape, "cost": call.cost, "scopes": list(call.scopes)}
            for call in listed
        ]
        return answer({"calls": calls})

    @blueprint.get("/companies")
    def companies() -> Response:
        return answer(
            {
                "companies": [
                    {
                        "company_id": company.id,
                        "name": company.config.name,
                        "is_installed": bool(sandbox.grants.live(company.id)),
                        "users": [
                            {"id": user.id, "name": user.name, "email": user.email, "is_admin": user.is_admin}
                            for user in company.users.values()
                        ],
                        "counts": {kind.plural: sum(1 for _ in company.live(kind)) for kind in KINDS},
                        "tokens_spent": sandbox.limiter.spent(company.id),
                        "tokens_limit": sandbox.limiter.daily_limit(company.config),
                    }
                    for company in sandbox.companies.values()
                ]
            }
        )

    @blueprint.get("/records/<int:company_id>/<name>")
    def records(company_id: int, name: str) -> Response:
        """Every live record of a kind as its API shows it: the oracle of what the CRM holds now."""
        kind, company = find_kind(name), sandbox.company(company_id)
        if kind is None:
            raise invalid(f"there is no kind {name!r}")
        with company.lock:
            return answer({"records": [show(company, record) for record in company.live(kind)]})

    @blueprint.get("/custom/<int:company_id>/<name>")
    def custom(company_id: int, name: str) -> Response:
        """The custom fields of every live record of a kind as people read them: id -> name of the field -> text."""
        kind, company = find_kind(name), sandbox.company(company_id)
        if kind is None or kind.fields is None:
            raise invalid(f"there is no kind {name!r} with custom fields")
        with company.lock:
            fields = list(company.fields[kind.fields].custom.values())
            read = {
                str(record.id): {field.name: shown_text(field, record) for field in fields}
                for record in company.live(kind)
            }
        return answer({"records": read})

    return blueprint
