"""The judgement of one lead: all reasons, their sum for each class, and the verdict.

The odds of a class are its prior odds times e to the sum of its weights, less the sum of what speaks for a person who
asked. The pseudo classes exclude one another, so their probabilities and that of a person who asked add up to 1;
an unintended error stands beside them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from audits.model.said import say
from audits.model.truth import (
    PSEUDO_CLASSES,
    EmailJudged,
    Given,
    Judgement,
    Known,
    LeadClass,
    Likelihood,
    MessageJudged,
    NameJudged,
    Neighbours,
    PhoneJudged,
    Repair,
    Signal,
    TruthTerms,
    TruthVerdict,
)
from audits.truth.contact_type import contact_type
from audits.truth.email import email_repairs, email_signals, judge_email
from audits.truth.form import form_signals, judge_form
from audits.truth.history import known_signals, neighbour_signals
from audits.truth.message import judge_message, message_signals
from audits.truth.name import judge_name, name_signals
from audits.truth.name_slips import name_slips
from audits.truth.phone import judge_phone, phone_repairs, phone_signals, region_hint
from audits.truth.terms import terms_signals
from audits.truth.weights import MODEL_VERSION, PRIOR_ODDS, WEIGHTS, signal

NOTHING = TruthTerms()
UNCOUNTED = Neighbours()
UNSEEN = Known()
_DIGITS = 4


def judge(
    given: Given, terms: TruthTerms = NOTHING, neighbours: Neighbours = UNCOUNTED, known: Known = UNSEEN
) -> Judgement:
    """What the lead is that left `given`, by the terms of the account, by what others left, and by what the CRM knew.

    The same arguments give the same answer for ever under one MODEL_VERSION.
    """
    region = region_hint(given, terms.region)
    phones = [(field, text, judge_phone(text, region)) for field, text in given.numbers]
    email = judge_email(given.email) if given.email and given.email.strip() else None
    name = judge_name(given.first_name, given.last_name or given.name) if given.full_name else NameJudged()
    message = judge_message(given.message, given.language) if given.message and given.message.strip() else None
    form = judge_form(given)
    slips = list(name_slips(given))
    signals = [
        *(each for field, text, judged in phones for each in phone_signals(field, text, judged)),
        *(email_signals(given.email or "", email) if email else ()),
        *(name_signals(given.full_name, name) if given.full_name else ()),
        *(message_signals(given.message or "", message, terms) if message else ()),
        *form_signals(given, form, terms),
        *_reach_signals(phones, email),
        *terms_signals(given, email, message, terms),
        *(each for each, _ in slips),
        *_wish_signals(given, message),
        *neighbour_signals(neighbours),
        *known_signals(known),
    ]
    if known.denied and any(each.lead_class is LeadClass.JOKER for each in signals):
        said = say("Who was reached had not asked, and the request reads like a prank.")
        signals.append(signal("denied_order", said, field="history", value="denied"))
    # What nobody meant is not mended.
    meant_nothing = {each.field for each in signals if each.lead_class is LeadClass.EMPTY}
    repairs = [
        *(each for field, text, judged in phones for each in phone_repairs(field, text, judged)),
        *(email_repairs(given.email or "", email) if email else ()),
        *(each for _, each in slips if each is not None),
    ]
    repairs = [each for each in repairs if each.field not in meant_nothing]
    pseudo, error = pseudo_probabilities(signals), error_probability(signals)
    pseudo_probability = round(sum(pseudo.values()), _DIGITS)
    verdict = _verdict(signals, repairs, pseudo_probability, error, terms)
    return Judgement(
        id=given.id,
        verdict=verdict,
        pseudo_probability=pseudo_probability,
        classes=_likelihoods(signals, {**pseudo, LeadClass.ERROR: error}),
        repairs=tuple(repairs),
        phone=_first_phone(phones),
        email=email,
        name=name,
        message=message or MessageJudged(),
        form=form,
        contact_type=contact_type(given),
        model_version=MODEL_VERSION,
        genuine_signals=tuple(each for each in signals if each.lead_class is None),
        not_looked_at=tuple(_not_looked_at(given, phones, neighbours, known)),
    )


def pseudo_probabilities(signals: Iterable[Signal]) -> dict[LeadClass, float]:
    """The probability of each pseudo class; what is left to 1 is that of a person who asked."""
    found = list(signals)
    odds = {each: PRIOR_ODDS[each] * math.exp(_sum(found, each)) for each in PSEUDO_CLASSES}
    whole = 1 + math.fsum(odds.values())
    return {each: value / whole for each, value in odds.items()}


def error_probability(signals: Iterable[Signal]) -> float:
    """The probability that something was written down wrongly; who is really there speaks neither for nor against."""
    odds = PRIOR_ODDS[LeadClass.ERROR] * math.exp(_sum(list(signals), LeadClass.ERROR))
    return odds / (1 + odds)


def _sum(signals: list[Signal], lead_class: LeadClass) -> float:
    """What speaks for a class, less what speaks for a person who asked and against that class."""
    weights = [each.weight for each in signals if each.lead_class is lead_class]
    weights += [
        -each.weight for each in signals if each.lead_class is None and lead_class in WEIGHTS[each.code].against
    ]
    # fsum rounds once: the same reasons give the same last digit whatever found them first.
    return math.fsum(weights)


def _verdict(
    signals: list[Signal], repairs: list[Repair], pseudo: float, error: float, terms: TruthTerms
) -> TruthVerdict:
    if pseudo * 100 >= terms.pseudo_percent:
        return TruthVerdict.PSEUDO
    if pseudo * 100 >= terms.suspect_percent:
        return TruthVerdict.SUSPECT
    if repairs and error * 100 >= terms.suspect_percent:
        return TruthVerdict.REPAIRABLE
    if any(each.lead_class is None for each in signals):
        return TruthVerdict.GENUINE
    return TruthVerdict.UNKNOWN


def _likelihoods(signals: list[Signal], probabilities: dict[LeadClass, float]) -> tuple[Likelihood, ...]:
    found = [
        Likelihood(
            lead_class=lead_class,
            probability=round(probability, _DIGITS),
            signals=tuple(sorted(own, key=lambda each: (-abs(each.weight), each.code, each.field))),
        )
        for lead_class, probability in probabilities.items()
        if (own := [each for each in signals if each.lead_class is lead_class])
    ]
    return tuple(sorted(found, key=lambda each: (-each.probability, each.lead_class)))


def _reach_signals(phones: list[tuple[str, str, PhoneJudged]], email: EmailJudged | None) -> Iterator[Signal]:
    ways = [judged.can_be_called for _, _, judged in phones] + ([email.is_valid] if email else [])
    if not ways:
        yield signal("nothing_reachable", say("Neither a number nor an address was given."), field="reach", value="")
    elif all(way is False for way in ways):
        said = say("By none of the ways given can anybody be reached, as they stand.")
        yield signal("no_way_valid", said, field="reach", value="")


def _wish_signals(given: Given, message: MessageJudged | None) -> Iterator[Signal]:
    if message is not None and message.has_need:
        yield signal("need_stated", say("Says what is wanted."), field="message", value=given.message or "")
    if given.preferred_at is not None:
        said = say("Says when to call.")
        yield signal("preferred_time_given", said, field="preferred_at", value=given.preferred_at.isoformat())


def _first_phone(phones: list[tuple[str, str, PhoneJudged]]) -> PhoneJudged | None:
    """The number by which the person can be reached best: the first that can be called, else the first given."""
    return next((judged for _, _, judged in phones if judged.can_be_called), phones[0][2] if phones else None)


def _not_looked_at(
    given: Given, phones: list[tuple[str, str, PhoneJudged]], neighbours: Neighbours, known: Known
) -> Iterator[str]:
    if any(judged.is_valid is None for _, _, judged in phones):
        yield "phone"
    for field in ("email", "message", "ip", "user_agent", "time_on_form_s", "honeypot"):
        if getattr(given, field) is None:
            yield field
    if given.email:
        yield "deliverability"
    if neighbours == UNCOUNTED:
        yield "neighbours"
    if known == UNSEEN:
        yield "history"
