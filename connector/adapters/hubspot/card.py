"""HubSpot's card: our UI extension (marketplace/src/app/cards) asks by `hubspot.fetch`, which signs like a webhook.

HubSpot adds userId, portalId, userEmail and appId to the address and signs the whole. The id of the record is chosen
by the extension in the browser, so it says only what is asked for, never who may see it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

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
    CardText,
    RecordKind,
)
from connector.errors import UnexpectedPayload
from connector.payloads import JsonObject, JsonValue, get_text, object_of, parse_json
from connector.settings import CrmApp

IsSigned = Callable[[CardCall, Sequence[str], datetime], bool]
"""Whether one of the secrets signed the call near the instant: the check of HubSpot's webhooks."""

_CONTACT = "0-1"
_WHAT = "The card's question"


class HubSpotCard:
    """The desk of HubSpot's cards; see CardDesk."""

    def __init__(self, is_signed: IsSigned) -> None:
        self._is_signed = is_signed

    def prove(self, call: CardCall, app: CrmApp, now: datetime) -> CardRequest:
        """The portal and user that HubSpot signed, and the contact that the extension asks for."""
        if not self._is_signed(call, app.secrets, now):
            raise CardRefused("the signature does not fit")
        # An extension can put its own portalId into the address that it gives to hubspot.fetch: one of each is all.
        account_id, user_id = call.only("portalId"), call.only("userId")
        if not _is_number(account_id) or not _is_number(user_id):
            raise CardRefused("no portalId and userId of HubSpot's")
        asked = object_of(parse_json(call.body, _WHAT), _WHAT) if call.body else {}
        object_type = get_text(asked, "objectTypeId", _WHAT)
        object_id = get_text(asked, "objectId", _WHAT)
        if not _is_number(object_id):
            raise UnexpectedPayload(f"{_WHAT} names no record.")
        return CardRequest(
            account_id=account_id or "",
            user_id=user_id or "",
            kind=RecordKind.LEAD if object_type == _CONTACT else RecordKind.OTHER,
            record_id=object_id,
        )

    def render(self, shown: CardShown | CardNotice) -> CardReply:
        """What the extension draws; the headings come along, so that they are said once and in one language."""
        if isinstance(shown, CardNotice):
            return CardReply(
                shown.status,
                {
                    "notice": {"title": shown.title, "text": shown.text, "action": _link(shown.action)},
                    "leads": [],
                },
            )
        labels = shown.labels
        return CardReply(
            200,
            {
                "labels": {
                    "quality": labels.quality,
                    "handling": labels.handling,
                    "verdict": labels.verdict,
                    "status": labels.status,
                    "clock": labels.clock,
                    "nextStep": labels.next_step,
                    "attempts": labels.attempts,
                    "warnings": labels.warnings,
                    "contests": labels.contests,
                },
                "leads": [_lead(lead) for lead in shown.leads],
                "empty": shown.empty_says,
                "settings": _link(shown.settings),
            },
        )


def _lead(lead: CardLead) -> JsonObject:
    return {
        "quality": {"value": lead.quality, "says": lead.quality_says},
        "handling": {"value": lead.handling, "says": lead.handling_says},
        "verdict": _text(lead.verdict),
        "status": _text(lead.status),
        "contests": [_text(each) for each in lead.contests],
        "limited": lead.limited_says,
        "details": _details(lead.details) if lead.details else None,
    }


def _details(details: CardDetails) -> JsonObject:
    attempts: list[JsonValue] = [
        {"what": each.what, "when": each.when, "who": each.who, "result": each.result} for each in details.attempts
    ]
    return {
        "clock": _text(details.clock),
        "nextStep": details.next_step,
        "attempts": attempts,
        "noAttempts": details.no_attempts_says,
        "warnings": list(details.warnings),
        "page": _link(details.page),
    }


def _text(text: CardText) -> JsonObject:
    return {"text": text.text, "tone": text.tone.value}


def _link(link: CardLink | None) -> JsonObject | None:
    return {"label": link.label, "url": link.url} if link else None


def _is_number(text: str | None) -> bool:
    return text is not None and text.isascii() and text.isdecimal() and len(text) <= 20
