"""What people and other tools do in the CRM, done on demand, by the control API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from connector.sandbox.pipedrive.company import Company
from connector.sandbox.pipedrive.core import Sandbox
from connector.sandbox.pipedrive.kinds import ACTIVITY, LEAD, Kind, find_kind
from connector.sandbox.pipedrive.oauth import marketplace_start, uninstall
from connector.sandbox.pipedrive.records import Origin, Record, RecordId
from connector.sandbox.pipedrive.seed import moment, read_values
from connector.sandbox.pipedrive.views import lead_v1, note_v1, record_v2
from connector.sandbox.wire import JsonObject, as_int, as_object, as_text, as_texts, invalid

Action = Callable[[Sandbox, Company, JsonObject], JsonObject]


def act(sandbox: Sandbox, sent: JsonObject) -> JsonObject:
    """Carry out one action: {"action": name, "company_id": n, ...}. Raises ApiError."""
    name = as_text(sent.get("action"), "action")
    action = _ACTIONS.get(name)
    if action is None:
        raise invalid(f"Unknown action {name!r}; known are {', '.join(sorted(_ACTIONS))}")
    company = sandbox.company(as_int(sent.get("company_id"), "company_id"))
    with company.lock:
        return action(sandbox, company, sent)


def show(company: Company, record: Record) -> JsonObject:
    """A record as its API shows it."""
    if record.kind is LEAD:
        return lead_v1(company, record)
    return note_v1(company, record) if record.kind.name == "note" else record_v2(company, record)


def _origin(company: Company, sent: JsonObject) -> Origin:
    user = sent.get("as_user")
    user_id = company.admin_id() if user is None else as_int(user, "as_user")
    return Origin("control", user_id, "POST", f"action:{sent.get('action')}", None, sent.get("is_bulk") is True)


def _at(sent: JsonObject) -> int | None:
    return moment(sent["at"], "at") if "at" in sent else None


def _kind(sent: JsonObject, name: str = "kind") -> Kind:
    found = find_kind(as_text(sent.get(name, "lead"), name))
    if found is None:
        raise invalid(f"{name} names no kind of record")
    return found


def _id(sent: JsonObject, name: str = "id") -> RecordId:
    value = sent.get(name)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise invalid(f"{name} must be the id of a record")
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _record(company: Company, sent: JsonObject) -> Record:
    return company.get(_kind(sent), _id(sent))


def _create(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """create: kind (lead), values (columns and custom_fields), as_user, at."""
    kind = _kind(sent)
    values, custom = read_values(company, kind, as_object(sent.get("values", {}), "values"), "values")
    return show(company, company.create(kind, values, _origin(company, sent), custom, at_ms=_at(sent)))


def _set(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """set: kind, id, values, as_user, at, is_bulk."""
    record = _record(company, sent)
    values, custom = read_values(company, record.kind, as_object(sent.get("values", {}), "values"), "values")
    changed = company.update(record, values, _origin(company, sent), custom, at_ms=_at(sent))
    return {"id": record.id, "changed": changed}


def _log(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """log: an activity that is done, on a lead, deal or person: kind, id, values (type call unless given)."""
    record = _record(company, sent)
    given = as_object(sent.get("values", {}), "values")
    column = {"lead": "lead_id", "deal": "deal_id", "person": "person_id"}.get(record.kind.name)
    if column is None:
        raise invalid("an activity is logged on a lead, a deal or a person")
    values, _ = read_values(company, ACTIVITY, {"type": "call", "done": True, column: record.id, **given}, "values")
    person = record.values.get("person_id")
    if person is not None:
        values.setdefault("person_id", person)
    return show(company, company.create(ACTIVITY, values, _origin(company, sent), at_ms=_at(sent)))


def _delete(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """delete: kind, id."""
    record = _record(company, sent)
    company.delete(record, _origin(company, sent), at_ms=_at(sent))
    return {"id": record.id}


def _archive(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """archive: kind (lead or deal), id; is_archived=false brings it back."""
    record = _record(company, sent)
    is_archived = sent.get("is_archived", True) is True
    company.update(record, {"is_archived": is_archived}, _origin(company, sent), at_ms=_at(sent))
    return {"id": record.id, "is_archived": is_archived}


def _merge(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """merge: kind (person, deal, organization), id goes into into_id."""
    loser = _record(company, sent)
    winner = company.merge(loser, company.get(loser.kind, _id(sent, "into_id")), _origin(company, sent))
    return {"id": winner.id}


def _convert(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """convert: a lead (id) becomes a deal at once; stage_id may be named. Returns the deal."""
    stage = sent.get("stage_id")
    stage_id = company.default_stage() if stage is None else as_int(stage, "stage_id")
    deal = company.convert(company.get(LEAD, _id(sent)), _origin(company, sent), stage_id, _at(sent))
    return show(company, deal)


def _change_user(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """change_user: user_id; is_active, is_admin, name, role_id or timezone_name."""
    user = company.users.get(as_int(sent.get("user_id"), "user_id"))
    if user is None:
        raise invalid("user_id names no user of the company")
    known = ("is_active", "is_admin", "name", "role_id", "timezone_name")
    changes = {name: sent[name] for name in known if name in sent}
    company.change_user(user, changes, _origin(company, sent))
    return {"id": user.id, "changed": list(changes)}


def _install(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """install: grant the app without the consent page. user_id and scopes may be named. Returns tokens."""
    user_id = as_int(sent.get("user_id", company.admin_id()), "user_id")
    if user_id not in company.users:
        raise invalid("user_id names no user of the company")
    scopes = tuple(as_texts(sent["scopes"], "scopes")) if "scopes" in sent else None
    grant = sandbox.grants.open(company.id, user_id, scopes)
    return {
        "access_token": sandbox.grants.add_access(grant).value,
        "refresh_token": grant.refresh_token,
        "expires_in": sandbox.settings.access_token_ttl_s,
        "company_id": company.id,
        "user_id": user_id,
        "scopes": list(grant.scopes),
    }


def _marketplace(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """marketplace: the address to which the marketplace leads a browser, a code in it and no state."""
    user_id = as_int(sent.get("user_id", company.admin_id()), "user_id")
    return {"url": marketplace_start(sandbox, company.id, user_id)}


def _revoke_grant(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """revoke_grant: the tokens of the company die without a word to the app; webhooks stay."""
    grants = sandbox.grants.live(company.id)
    for grant in grants:
        sandbox.grants.close(grant)
    return {"revoked": len(grants)}


def _expire_access(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """expire_access: the access tokens given out so far are expired from now on."""
    return {"expired": sandbox.grants.expire_access(company.id)}


def _idle(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """idle: as if the refresh tokens had not been used for so many `days`."""
    sandbox.grants.idle(company.id, as_int(sent.get("days"), "days"))
    return {}


def _close_company(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """close_company: every call answers 402; is_closed=false opens it again."""
    company.is_closed = sent.get("is_closed", True) is True
    return {"is_closed": company.is_closed}


def _spend(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """spend: other tools of the company use up `tokens` of today's budget."""
    spent = sandbox.limiter.spend(company.id, as_int(sent.get("tokens"), "tokens"))
    return {"spent": spent, "limit": sandbox.limiter.daily_limit(company.config)}


def _new_day(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """new_day: the daily budget is whole again, as at midnight."""
    sandbox.limiter.new_day(company.id)
    return {"spent": 0}


def _drop_webhooks(sandbox: Sandbox, company: Company, sent: JsonObject) -> JsonObject:
    """drop_webhooks: all hooks of the company are gone, as if the system had deleted them."""
    return {"dropped": sandbox.dispatcher.drop_all(company.id)}


_ACTIONS: Final[dict[str, Action]] = {
    "create": _create,
    "set": _set,
    "log": _log,
    "delete": _delete,
    "archive": _archive,
    "merge": _merge,
    "convert": _convert,
    "change_user": _change_user,
    "install": _install,
    "marketplace": _marketplace,
    "revoke_grant": _revoke_grant,
    "expire_access": _expire_access,
    "idle": _idle,
    "close_company": _close_company,
    "spend": _spend,
    "new_day": _new_day,
    "drop_webhooks": _drop_webhooks,
}


def uninstall_company(sandbox: Sandbox, company: Company, user_id: int | None) -> JsonObject:
    """An admin removes the app: for one user, or for everybody. The app is told by DELETE.

    Not under the company's lock: the app may call back before it answers.
    """
    told = [
        {"user_id": grant.user_id, "status": uninstall(sandbox, grant)}
        for grant in sandbox.grants.live(company.id)
        if user_id in (None, grant.user_id)
    ]
    return {"uninstalled": told}
