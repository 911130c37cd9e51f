"""Pipedrive's JSON panel on deals, persons and organizations.

Pipedrive's server asks by GET with resource, view, userId, companyId, selectedIds, isShared and token. It proves
itself by HTTP Basic, by a token signed with the app's client secret (HS256), or by both; what is there must fit. What
the token says of the viewer is not documented: see `_claims_fit` and marketplace/README.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from connector.adapters.pipedrive.mapping import DEAL, ORGANIZATION, PERSON, our_id
from connector.adapters.pipedrive.oauth import is_from_our_app
from connector.crm.card import (
    CardCall,
    CardDetails,
    CardLead,
    CardLink,
    CardNotice,
    CardRefused,
    CardReply,
    CardRequest,
    CardShown,
    RecordKind,
    Tone,
)
from connector.errors import UnexpectedPayload
from connector.payloads import JsonObject, JsonValue
from connector.settings import CrmApp

#: How far Pipedrive's clock may be from ours, in seconds (our choice).
LEEWAY_S = 60
#: How old a token without an expiry may be, in seconds. Source: fresh tokens of custom panels live 5 min; twice that.
MAX_AGE_S = 600
#: Most attempts that a panel has fields for; see marketplace/panel.schema.json.
MAX_ATTEMPTS = 3
#: Characters that Pipedrive shows of a text, a label, and the title of an error. Source: its guide on JSON panels.
TEXT_CHARS, LABEL_CHARS, TITLE_CHARS = 255, 40, 30

_COMPANY, _USER, _RESOURCE, _SELECTED = "companyId", "userId", "resource", "selectedIds"
_PARAMETERS = (_RESOURCE, "view", _USER, _COMPANY, _SELECTED, "isShared")
_KINDS = {DEAL: RecordKind.LEAD, PERSON: RecordKind.COMPANION, ORGANIZATION: RecordKind.ORGANIZATION}
_COLOURS = {Tone.GOOD: "green", Tone.PLAIN: "blue", Tone.WARN: "yellow", Tone.BAD: "red", Tone.QUIET: "grey"}


class PipedriveCard:
    """The desk of Pipedrive's panels; see CardDesk."""

    def prove(self, call: CardCall, app: CrmApp, now: datetime) -> CardRequest:
        """The company and user that Pipedrive names, proven, and the record whose panel is open."""
        asked = {name: call.only(name) for name in _PARAMETERS}
        credentials, token = call.headers.get("authorization"), call.only("token")
        if credentials is None and not token:
            raise CardRefused("neither Basic nor a token")
        if credentials is not None and not is_from_our_app(app, credentials):
            raise CardRefused("the Basic credentials are not the app's")
        if token:
            claims, is_alone = _claims(token, app.secrets, now), credentials is None
            if not _claims_fit(claims, asked, must_name_viewer=is_alone):
                raise CardRefused("the token is not for this question")
            if is_alone and not {"exp", "iat"} & set(claims):
                # It stands in an address, which logs keep: it must not open the panel for ever.
                raise CardRefused("the token alone proves the call and never ends")
        account_id, user_id = asked[_COMPANY] or "", asked[_USER] or ""
        if not _is_number(account_id) or not _is_number(user_id):
            raise CardRefused("no companyId and userId of Pipedrive's")
        selected = asked[_SELECTED] or ""
        if not _is_number(selected):
            raise UnexpectedPayload("The panel's question names no single record.")
        resource = asked[_RESOURCE] or ""
        return CardRequest(
            account_id=account_id,
            user_id=user_id,
            kind=_KINDS.get(resource, RecordKind.OTHER),
            record_id=our_id(resource, selected),
            is_shared=(asked["isShared"] or "").lower() in {"true", "1"},
        )

    def render(self, shown: CardShown | CardNotice) -> CardReply:
        """`data` by marketplace/panel.schema.json, or `error`. No text is marked as markdown, so all stay text."""
        if isinstance(shown, CardNotice):
            error: JsonObject = {"title": _cut(shown.title, TITLE_CHARS), "subtitle": shown.text}
            if shown.action:
                error["action"] = _link(shown.action)
            return CardReply(shown.status, {"error": error})
        data: list[JsonValue] = [_object(number, lead) for number, lead in enumerate(shown.leads, 1)]
        body: JsonObject = {"data": data}
        if shown.more:
            body["external_link"] = _link(shown.more)
        if shown.settings:
            body["settings"] = {"url": shown.settings.url}
        return CardReply(200, body)


def _object(number: int, lead: CardLead) -> JsonObject:
    made: JsonObject = {
        "id": number,
        "header": _cut(lead.title, TEXT_CHARS),
        "lead_quality": _cut(lead.quality_says, TEXT_CHARS),
        "handling": _cut(lead.handling_says, TEXT_CHARS),
        "lead_verdict": {"color": _COLOURS[lead.verdict.tone], "label": _cut(lead.verdict.text, LABEL_CHARS)},
        "follow_up_status": {"color": _COLOURS[lead.status.tone], "label": _cut(lead.status.text, LABEL_CHARS)},
    }
    if lead.details:
        made.update(_details(lead.details))
    if lead.contests:
        # A label holds 40 characters, and which finding it is must not be cut off.
        made["contests"] = _cut(" ".join(each.text for each in lead.contests), TEXT_CHARS)
    if lead.limited_says:
        made["limited"] = _cut(lead.limited_says, TEXT_CHARS)
    return made


def _details(details: CardDetails) -> JsonObject:
    made: JsonObject = {
        "clock": _cut(details.clock.text, TEXT_CHARS),
        "next_step": _cut(details.next_step, TEXT_CHARS),
        "page": {"label": details.page.label, "value": details.page.url, "external": True},
    }
    for number, each in enumerate(details.attempts[:MAX_ATTEMPTS], 1):
        said = " · ".join(part for part in (each.when, each.what, each.who, each.result) if part)
        made[f"attempt_{number}"] = _cut(said, TEXT_CHARS)
    if not details.attempts:
        made["attempt_1"] = _cut(details.no_attempts_says, TEXT_CHARS)
    if details.warnings:
        made["warnings"] = _cut(" ".join(details.warnings), TEXT_CHARS)
    return made


def _link(link: CardLink) -> JsonObject:
    return {"url": link.url, "label": _cut(link.label, LABEL_CHARS)}


def _cut(text: str, chars: int) -> str:
    """On one line, and no longer than is shown."""
    line = " ".join(text.split())
    return line if len(line) <= chars else line[: chars - 1] + "…"


def _claims(token: str, secrets: Sequence[str], now: datetime) -> Mapping[str, object]:
    """What a token says that one of `secrets` signed and that is not too old. Raises CardRefused."""
    rules = jwt.JWTClaimsRegistry(now=int(now.timestamp()), leeway=LEEWAY_S)
    for secret in secrets:
        if not secret:
            continue
        try:
            claims = jwt.decode(token, OctKey.import_key(secret), algorithms=["HS256"]).claims
            rules.validate(claims)
        except (JoseError, ValueError):
            continue
        issued = claims.get("iat")
        if "exp" not in claims and isinstance(issued, int | float) and now.timestamp() - issued > MAX_AGE_S:
            continue
        return claims
    raise CardRefused("the token is not signed by the app's secret, or has ended")


def _claims_fit(claims: Mapping[str, object], asked: Mapping[str, str | None], *, must_name_viewer: bool) -> bool:
    """Whether each parameter that the token names has the value that stands in the address.

    The names are not documented: both spellings of a parameter are read. Without Basic the token alone says whose
    panel it is, so it must name company and user: else a token of one company would open any other's.
    """
    named: dict[str, object] = {}
    for claim, value in claims.items():
        head, *rest = claim.split("_")
        name = head + "".join(part.capitalize() for part in rest)
        if named.setdefault(name, value) != value:
            return False
    if must_name_viewer and not {_COMPANY, _USER} <= set(named):
        return False
    return all(_written(named[name]) == (value or "").lower() for name, value in asked.items() if name in named)


def _written(value: object) -> str:
    """A claim as it would stand in the address."""
    if isinstance(value, list):
        return ",".join(_written(each) for each in value)
    return str(value).lower()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 20
