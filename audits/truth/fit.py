"""Whether a lead is of the group one sells to: weighted criteria of the account, each explained. Says nothing of
whether the lead is real."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from audits.model.case import LeadCase
from audits.model.currencies import minor_digits
from audits.model.fit import OWN_FACTS, Criterion, Fit, FitField, FitPart, FitSubject, LeadFit
from audits.model.policy import Policy
from audits.model.said import say
from audits.model.truth import Disposable, EmailJudged, Judgement

#: One comma or point before exactly three digits: a thousand to some, a fraction to others.
_AMBIGUOUS = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:\.\d{3}){2,}|[+-]?\d{1,3}(?:,\d{3}){2,}")


def lead_fit(case: LeadCase, policy: Policy, judged: Judgement) -> LeadFit:
    """The lead of `case` by the criteria that held when it arrived. Equal arguments give an equal answer."""
    if not policy.criteria:
        return LeadFit()
    facts = facts_of(case, judged)
    return LeadFit(
        person=fit(policy.criteria, facts, FitSubject.PERSON),
        organisation=fit(policy.criteria, facts, FitSubject.ORGANISATION),
    )


def facts_of(case: LeadCase, judged: Judgement) -> Mapping[str, str | None]:
    """What criteria may look at, by the names of FitField; None = not known."""
    lead, email = case.lead, judged.email
    own = dict(lead.facts)
    return {
        **{name: own.get(name) for name in OWN_FACTS},
        FitField.COUNTRY: lead.country,
        FitField.PHONE_COUNTRY: judged.phone.region if judged.phone is not None else None,
        FitField.LANGUAGE: lead.language,
        FitField.COMPANY: lead.company,
        FitField.MAILBOX: _mailbox(email),
        FitField.EMAIL_DOMAIN: email.domain if email is not None and email.is_valid else None,
        FitField.LEAD_TYPE: lead.lead_type,
        FitField.SOURCE: lead.source,
        FitField.SOURCE_DETAIL: lead.source_detail,
        FitField.PRIORITY: lead.priority,
        FitField.PIPELINE: lead.pipeline,
        FitField.DEAL_AMOUNT: _deal_amount(case),
        FitField.DECIDES: _decides(case) or own.get(FitField.DECIDES),
    }


def fit(criteria: Iterable[Criterion], facts: Mapping[str, str | None], subject: FitSubject) -> Fit:
    """The criteria on `subject` held against `facts`: field → what is known of the lead, None or blank = unknown."""
    return Fit(parts=tuple(_part(each, facts.get(each.field)) for each in criteria if each.subject is subject))


def _mailbox(email: EmailJudged | None) -> str | None:
    if email is None or not email.is_valid:
        return None
    if email.disposable is Disposable.YES:
        return "disposable"
    if email.disposable is Disposable.DOUBTFUL or email.is_relay:
        # A relay hides whose mailbox it is.
        return None
    return "free" if email.is_free else "company"


def _deal_amount(case: LeadCase) -> str | None:
    amounts = [
        each.amount_minor // 10 ** minor_digits(each.currency)
        for each in case.deals
        if each.amount_minor is not None and each.currency is not None and each.created_at <= case.as_of
    ]
    return str(max(amounts)) if amounts else None


def _decides(case: LeadCase) -> str | None:
    told = {
        contact.is_decider
        for deal in case.deals
        for contact in deal.contacts
        if contact.contact_id == case.lead.lead_id and contact.is_decider is not None
    }
    return None if not told else "yes" if True in told else "no"


def _part(criterion: Criterion, fact: str | None) -> FitPart:
    value = (fact or "").strip()
    if not value:
        return FitPart(criterion=criterion, points=None, out_of=criterion.weight, why=say("Not known."))
    holds = _holds(criterion, value)
    if holds is None:
        why = say("{value}: no number that can be told.", value=value)
    elif holds:
        why = say("{value}: as wanted.", value=value)
    else:
        why = say("{value}: not as wanted.", value=value)
    points = None if holds is None else criterion.weight * holds
    return FitPart(criterion=criterion, points=points, out_of=criterion.weight, why=why)


def _holds(criterion: Criterion, value: str) -> bool | None:
    if criterion.any_of:
        return _folded(value) in {_folded(each) for each in criterion.any_of}
    if criterion.least is None and criterion.most is None:
        return True
    number = _number(value)
    if number is None:
        return None
    return (criterion.least is None or number >= criterion.least) and (
        criterion.most is None or number <= criterion.most
    )


def _number(text: str) -> float | None:
    """The number that a text says in digits; None for what is none, or is one thing here and another there."""
    bare = "".join(text.split())
    if _AMBIGUOUS.fullmatch(bare):
        return None
    if _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "").replace(".", "")
    try:
        number = float(bare.replace(",", "."))
    except ValueError:
        return None
    return number if abs(number) < 1e300 else None


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())
