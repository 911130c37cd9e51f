"""The judgement of one lead: all reasons, their sum for each class, and the verdict.

The odds of a class are its prior odds times e to the sum of its weights, less the sum of what speaks for a person who
asked. The pseudo classes exclude one another, so their probabilities and that of a person who asked add up to 1;
an unintended error stands beside them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter

from audits.model.said import say
from audits.model.truth import (
    PSEUDO_CLASSES,
    EmailJudged,
    Given,
    Judgement,
    Known,
    LeadClass,
    Learned,
    Likelihood,
    LookedUp,
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
NOT_ASKED = LookedUp()
AS_SHIPPED = Learned()
_NO_NAME, _NO_MESSAGE = NameJudged(), MessageJudged()
_DIGITS = 4
#: Reasons that come to be known after a lead came: what is held against outcomes must not know them.
FOUND_OUT = frozenset({"denied", "denied_order", "wrong_number", "reached", "confirmed"})
_NAME_FIELDS = frozenset({"name", "first_name", "last_name"})


def judge(
    given: Given,
    terms: TruthTerms = NOTHING,
    neighbours: Neighbours = UNCOUNTED,
    known: Known = UNSEEN,
    looked_up: LookedUp = NOT_ASKED,
    learned: Learned = AS_SHIPPED,
) -> Judgement:
    """What the lead is that left `given`, by the terms of the account, by what others left, by what the CRM knew, and
    by what somebody outside answered; its probability as far as the account's own outcomes bear it out (`learned`).

    The same arguments give the same answer for ever under one MODEL_VERSION.
    """
    region = region_hint(given, terms.region)
    phones = [(field, text, judge_phone(text, region)) for field, text in given.numbers]
    full_name = given.full_name
    email = judge_email(given.email) if given.email and given.email.strip() else None
    if email is not None and email.domain and looked_up.is_deliverable is not None:
        email = replace(email, is_deliverable=looked_up.is_deliverable)
    name = judge_name(given.first_name, given.last_name or given.name) if full_name else _NO_NAME
    message = judge_message(given.message, given.language) if given.message and given.message.strip() else None
    form = judge_form(given)
    slips = list(name_slips(given))
    signals = [
        *(each for field, text, judged in phones for each in phone_signals(field, text, judged)),
        *(email_signals(given.email or "", email) if email else ()),
        *(name_signals(full_name, name) if name.reasons else ()),
        *(message_signals(given.message or "", message, terms) if message else ()),
        *form_signals(given, form, terms),
        *(() if given.hides_ways else _reach_signals(phones, email)),
        *terms_signals(given, email, message, terms),
        *(each for each, _ in slips),
        *_wish_signals(given),
        *(neighbour_signals(neighbours) if neighbours is not UNCOUNTED else ()),
        *(known_signals(known) if known is not UNSEEN else ()),
    ]
    if known.denied and any(each.lead_class is LeadClass.JOKER for each in signals):
        said = say("Who was reached had not asked, and the request reads like a prank.")
        signals.append(signal("denied_order", said, field="history", value="denied"))
    # What nobody meant is not mended.
    repairs = [
        *(each for field, text, judged in phones for each in phone_repairs(field, text, judged)),
        *(email_repairs(given.email or "", email) if email else ()),
        *(each for _, each in slips if each is not None),
    ]
    if repairs:
        meant_nothing = {each.field for each in signals if each.lead_class is LeadClass.EMPTY}
        repairs = [each for each in repairs if each.field not in meant_nothing]
    pseudo, pseudo_probability, error = _odds(tuple((each.code, each.lead_class, each.weight) for each in signals))
    if learned is not AS_SHIPPED:
        at_first = tuple((each.code, each.lead_class, each.weight) for each in signals if each.code not in FOUND_OUT)
        pseudo, pseudo_probability = _mended(pseudo, pseudo_probability, _odds(at_first)[1], learned)
    verdict = _verdict(signals, repairs, pseudo_probability, _weak_share(pseudo, learned), error, terms)
    return Judgement(
        id=given.id,
        verdict=verdict,
        pseudo_probability=pseudo_probability,
        classes=_likelihoods(signals, pseudo, error),
        repairs=tuple(repairs),
        phone=_first_phone(phones),
        email=email,
        name=name,
        message=message or _NO_MESSAGE,
        form=form,
        contact_type=contact_type(given),
        model_version=MODEL_VERSION,
        genuine_signals=tuple(each for each in signals if each.lead_class is None),
        not_looked_at=tuple(_not_looked_at(given, phones, email, neighbours, known)),
        learned=learned.version,
    )


#: What the sums are made of: (code, class, weight) of each signal.
_Weighed = tuple[tuple[str, LeadClass | None, float], ...]


def pseudo_probabilities(signals: Iterable[Signal]) -> dict[LeadClass, float]:
    """The probability of each pseudo class; what is left to 1 is that of a person who asked."""
    return dict(_odds(tuple((each.code, each.lead_class, each.weight) for each in signals))[0])


def error_probability(signals: Iterable[Signal]) -> float:
    """The probability that something was written down wrongly; who is really there speaks neither for nor against."""
    return _odds(tuple((each.code, each.lead_class, each.weight) for each in signals))[2]


@lru_cache(maxsize=4_096)
def _odds(weighed: _Weighed) -> tuple[dict[LeadClass, float], float, float]:
    """The probability of each pseudo class, that of all of them (rounded), and that of an error. Kept, since most
    leads have one of few sets of reasons."""
    odds = {each: PRIOR_ODDS[each] * math.exp(_sum(weighed, each)) for each in PSEUDO_CLASSES}
    whole = 1 + math.fsum(odds.values())
    pseudo: dict[LeadClass, float] = {each: value / whole for each, value in odds.items()}
    error = PRIOR_ODDS[LeadClass.ERROR] * math.exp(_sum(weighed, LeadClass.ERROR))
    return pseudo, round(sum(pseudo.values()), _DIGITS), error / (1 + error)


def _sum(weighed: _Weighed, lead_class: LeadClass) -> float:
    """What speaks for a class, less what speaks for a person who asked and against that class."""
    weights = [weight for _, of, weight in weighed if of is lead_class]
    weights += [-weight for code, of, weight in weighed if of is None and lead_class in WEIGHTS[code].against]
    # fsum rounds once: the same reasons give the same last digit whatever found them first.
    return math.fsum(weights)


def _mended(
    pseudo: dict[LeadClass, float], probability: float, at_first: float, learned: Learned
) -> tuple[dict[LeadClass, float], float]:
    """The probabilities as the account's outcomes bear them out: the sum follows its curve, each class its share.

    The curve was learned of what could be said when leads came (`at_first`). What was found out about this one since
    comes on top: its weight is added to the odds that the curve gives.
    """
    believed = learned.of(at_first)
    if at_first != probability:
        before, after = _between(at_first), _between(believed)
        odds = probability / (1 - probability) if probability < 1 else math.inf
        odds *= after * (1 - before) / (before * (1 - after))
        believed = 1.0 if math.isinf(odds) else odds / (1 + odds)
    believed = round(believed, _DIGITS)
    part = believed / probability if probability else 0.0
    return {each: value * part for each, value in pseudo.items()}, believed


def _between(probability: float) -> float:
    """The probability as far from 0 and 1 as its last digit, so that it has odds."""
    least = 10**-_DIGITS
    return min(max(probability, least), 1 - least)


def _weak_share(pseudo: dict[LeadClass, float], learned: Learned) -> float:
    """How much of the sum is that of classes that decide nothing in this account."""
    return math.fsum(pseudo[each] for each in learned.weak if each in pseudo)


def _verdict(
    signals: list[Signal], repairs: list[Repair], pseudo: float, weak: float, error: float, terms: TruthTerms
) -> TruthVerdict:
    """PSEUDO rests on more than a name, and is nobody who showed himself: he came, or wrote back. What no reason
    speaks for is not suspect either, whatever the account's other leads were."""
    reasons = [each for each in signals if each.weight > 0 and each.lead_class in PSEUDO_CLASSES]
    may_be_pseudo = not (all(map(_is_of_name, reasons)) or any(each.code == "confirmed" for each in signals))
    if may_be_pseudo and (pseudo - weak) * 100 >= terms.pseudo_percent:
        return TruthVerdict.PSEUDO
    if reasons and pseudo * 100 >= terms.suspect_percent:
        return TruthVerdict.SUSPECT
    if repairs and error * 100 >= terms.suspect_percent:
        return TruthVerdict.REPAIRABLE
    if any(each.lead_class is None for each in signals):
        return TruthVerdict.GENUINE
    return TruthVerdict.UNKNOWN


def _is_of_name(signal: Signal) -> bool:
    # That other names came with the same data is read from other leads.
    return signal.field in _NAME_FIELDS and signal.code != "probe_returns"


def _likelihoods(signals: list[Signal], pseudo: dict[LeadClass, float], error: float) -> tuple[Likelihood, ...]:
    by_class: dict[LeadClass, list[Signal]] = {}
    for each in signals:
        if each.lead_class is not None:
            by_class.setdefault(each.lead_class, []).append(each)
    found = [
        Likelihood(
            lead_class=lead_class,
            probability=round(error if lead_class is LeadClass.ERROR else pseudo[lead_class], _DIGITS),
            signals=tuple(sorted(own, key=lambda each: (-abs(each.weight), each.code, each.field))),
        )
        for lead_class, own in by_class.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.probability, each.lead_class)))


def _reach_signals(phones: list[tuple[str, str, PhoneJudged]], email: EmailJudged | None) -> Iterator[Signal]:
    ways = [judged.can_be_called for _, _, judged in phones] + ([email.is_valid] if email else [])
    if not ways:
        yield signal("nothing_reachable", say("Neither a number nor an address was given."), field="reach", value="")
    elif all(way is False for way in ways):
        said = say("By none of the ways given can anybody be reached, as they stand.")
        yield signal("no_way_valid", said, field="reach", value="")


def _wish_signals(given: Given) -> Iterator[Signal]:
    if given.preferred_at is not None:
        said = say("Says when to call.")
        yield signal("preferred_time_given", said, field="preferred_at", value=given.preferred_at.isoformat())


def _first_phone(phones: list[tuple[str, str, PhoneJudged]]) -> PhoneJudged | None:
    """The number by which the person can be reached best: the first that can be called, else the first given."""
    return next((judged for _, _, judged in phones if judged.can_be_called), phones[0][2] if phones else None)


_LOOKED_AT = ("email", "message", "ip", "user_agent", "time_on_form_s", "honeypot")
_looked_at = attrgetter(*_LOOKED_AT)


def _not_looked_at(
    given: Given,
    phones: list[tuple[str, str, PhoneJudged]],
    email: EmailJudged | None,
    neighbours: Neighbours,
    known: Known,
) -> Iterator[str]:
    if any(judged.is_valid is None for _, _, judged in phones):
        yield "phone"
    for field, value in zip(_LOOKED_AT, _looked_at(given), strict=True):
        if value is None:
            yield field
    if email is not None and email.is_deliverable is None:
        yield "deliverability"
    if neighbours is UNCOUNTED or neighbours == UNCOUNTED:
        yield "neighbours"
    if known is UNSEEN or known == UNSEEN:
        yield "history"
