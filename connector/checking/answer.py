"""What is answered about one lead: a judgement as plain values, in one fixed order."""

from __future__ import annotations

from audits.model.said import english
from audits.model.truth import Disposable, Given, Judgement, Signal


def answer_of(given: Given, judged: Judgement) -> dict[str, object]:
    """The judgement of `given` as JSON values. Texts are English sentences; probabilities 0 to 1, four digits."""
    return {
        "id": judged.id,
        "verdict": judged.verdict.value,
        "pseudo_probability": judged.pseudo_probability,
        "classes": [
            {
                "name": each.lead_class.value,
                "probability": each.probability,
                "reasons": [_reason(signal) for signal in each.signals],
            }
            for each in judged.classes
        ],
        "speaks_for_it": [_reason(signal) for signal in judged.genuine_signals],
        "repairs": [
            {
                "field": each.field,
                "given": each.given,
                "proposed": each.proposed,
                "rank": each.rank,
                "why": english(each.why),
            }
            for each in judged.repairs
        ],
        "phone": _phone(judged),
        "email": _email(judged),
        "name": {
            "mashed": judged.name.is_mashed,
            "placeholder": judged.name.is_placeholder,
            "joke": judged.name.is_joke,
        },
        "user_agent": {
            "bot": judged.form.bot is not None or judged.form.is_headless if given.user_agent else None,
            "name": judged.form.bot,
        },
        "contact_type": judged.contact_type.value,
        "not_looked_at": list(judged.not_looked_at),
        "model_version": judged.model_version,
    }


def _reason(signal: Signal) -> dict[str, object]:
    return {"code": signal.code, "weight": signal.weight, "field": signal.field, "says": english(signal.said)}


def _phone(judged: Judgement) -> dict[str, object] | None:
    phone = judged.phone
    if phone is None:
        return None
    return {
        "e164": phone.e164,
        "valid": phone.is_valid,
        "possible": phone.is_possible,
        "type": phone.line_type.value,
        "country": phone.region,
        "reasons": list(phone.reasons),
    }


def _email(judged: Judgement) -> dict[str, object] | None:
    email = judged.email
    if email is None:
        return None
    return {
        "normalised": email.normalised,
        "valid": email.is_valid,
        "deliverable": email.is_deliverable,
        "disposable": email.disposable is Disposable.YES,
        "disposable_lists": {Disposable.NO: 0, Disposable.DOUBTFUL: 1, Disposable.YES: 2}[email.disposable],
        "role": email.is_role,
        "relay": email.is_relay,
        "suggestion": email.suggestion,
        "reasons": list(email.reasons),
    }
