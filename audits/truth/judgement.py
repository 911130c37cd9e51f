"""The judgement of one lead: all reasons, their sum for each class, and the verdict.

The odds of a class are its prior odds times e to the sum of its weights, less the sum of what speaks for a person who
asked. The pseudo classes exclude one another, so their probabilities and that of a person who asked add up to 1;
an unintended error stands beside them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import compress, islice
from operator import attrgetter

from audits.model.quick import quick
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
from audits.truth.name_slips import may_have_slips, name_slips
from audits.truth.phone import judge_phone, phone_repairs, phone_signals, region_hint
from audits.truth.terms import terms_signals
from audits.truth.weights import MODEL_VERSION, PRIOR_ODDS, WEIGHTS, signal

NOTHING = TruthTerms()
UNCOUNTED = Neighbours()
UNSEEN = Known()
NOT_ASKED = LookedUp()
AS_SHIPPED = Learned()
_NO_NAME, _NO_MESSAGE = NameJudged(), MessageJudged()
_new_judgement = quick(Judgement)
_DIGITS = 4
_LEAST = 0.0001
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
    slips = list(name_slips(given)) if may_have_slips(given) else ()
    # In this order they are shown where they weigh alike. What has nothing to say is not asked.
    signals: list[Signal] = []
    for field, text, judged in phones:
        signals += phone_signals(field, text, judged)
    if email is not None and email.reasons:
        signals += email_signals(given.email or "", email)
    if name.reasons:
        signals += name_signals(full_name, name)
    if message is not None:
        signals += message_signals(given.message or "", message, terms)
    signals += form_signals(given, form, terms)
    if not given.hides_ways and not _is_reachable(phones, email):
        signals += _reach_signals(phones, email)
    signals += terms_signals(given, email, message, terms)
    if slips:
        signals += [each for each, _ in slips]
    if given.preferred_at is not None:
        said = say("Says when to call.")
        signals.append(
            signal("preferred_time_given", said, field="preferred_at", value=given.preferred_at.isoformat())
        )
    if neighbours is not UNCOUNTED:
        signals += neighbour_signals(neighbours)
    if known is not UNSEEN:
        signals += known_signals(known)
    if known.denied and any(each.lead_class is LeadClass.JOKER for each in signals):
        said = say("Who was reached had not asked, and the request reads like a prank.")
        signals.append(signal("denied_order", said, field="history", value="denied"))
    repairs = _repairs(given, phones, email, slips, signals)
    pseudo, pseudo_probability, error = _odds_of(tuple([each.code for each in signals]))
    if learned is not AS_SHIPPED:
        at_first = tuple([each.code for each in signals if each.code not in FOUND_OUT])
        pseudo, pseudo_probability = _mended(pseudo, pseudo_probability, _odds_of(at_first)[1], learned)
    weak = _weak_share(pseudo, learned) if learned.weak else 0.0
    verdict = _verdict(signals, repairs, pseudo_probability, weak, error, terms)
    genuine = [each for each in signals if each.lead_class is None]
    return _new_judgement(
        id=given.id,
        verdict=verdict,
        pseudo_probability=pseudo_probability,
        classes=() if len(genuine) == len(signals) else _likelihoods(signals, pseudo, error),
        repairs=tuple(repairs),
        phone=_first_phone(phones),
        email=email,
        name=name,
        message=message or _NO_MESSAGE,
        form=form,
        contact_type=contact_type(given),
        model_version=MODEL_VERSION,
        genuine_signals=tuple(genuine),
        not_looked_at=_not_looked_at(given, phones, email, neighbours, known),
        learned=learned.version,
    )


#: So many leads are read ahead; all of them stay among those that the judges of their data keep.
AHEAD = 250


def read_ahead(givens: Sequence[Given], terms: TruthTerms = NOTHING) -> None:
    """Judges what these leads hold, AHEAD of them at most: all numbers, then all addresses, and so on. `judge` finds
    it kept then. It changes no answer, but takes a third off the time of many leads: a processor is quick at what it
    has just done."""
    for given in givens:
        if numbers := given.numbers:
            region = region_hint(given, terms.region)
            for _, text in numbers:
                judge_phone(text, region)
    for given in givens:
        if given.email and given.email.strip():
            judge_email(given.email)
    for given in givens:
        if given.full_name:
            judge_name(given.first_name, given.last_name or given.name)
    for given in givens:
        if given.message and given.message.strip():
            judge_message(given.message, given.language)
    for given in givens:
        judge_form(given)


def judge_all(givens: Iterable[Given], terms: TruthTerms = NOTHING) -> Iterator[Judgement]:
    """As `judge` of each, in their order, for many leads at once."""
    rest = iter(givens)
    while some := list(islice(rest, AHEAD)):
        read_ahead(some, terms)
        for given in some:
            yield judge(given, terms)


def _repairs(
    given: Given,
    phones: list[tuple[str, str, PhoneJudged]],
    email: EmailJudged | None,
    slips: Sequence[tuple[Signal, Repair | None]],
    signals: list[Signal],
) -> list[Repair]:
    """What was probably meant; what nobody meant is not mended."""
    repairs: list[Repair] = []
    if email is not None and email.suggestion is not None:
        repairs += email_repairs(given.email or "", email)
    if slips:
        repairs += [each for _, each in slips if each is not None]
    if repairs:
        meant_nothing = {each.field for each in signals if each.lead_class is LeadClass.EMPTY}
        repairs = [each for each in repairs if each.field not in meant_nothing]
    # Of digits that nobody meant judge_phone suggests nothing; else a run of them is part of a number with a slip.
    of_phones: list[Repair] = []
    for field, text, judged in phones:
        if judged.suggestions:
            of_phones += phone_repairs(field, text, judged)
    return of_phones + repairs


#: What the sums are made of: (code, class, weight) of each signal.
_Weighed = tuple[tuple[str, LeadClass | None, float], ...]


def pseudo_probabilities(signals: Iterable[Signal]) -> dict[LeadClass, float]:
    """The probability of each pseudo class; what is left to 1 is that of a person who asked."""
    return dict(_odds(tuple((each.code, each.lead_class, each.weight) for each in signals))[0])


def error_probability(signals: Iterable[Signal]) -> float:
    """The probability that something was written down wrongly; who is really there speaks neither for nor against."""
    return _odds(tuple((each.code, each.lead_class, each.weight) for each in signals))[2]


@lru_cache(maxsize=4_096)
def _odds_of(codes: tuple[str, ...]) -> tuple[dict[LeadClass, float], float, float]:
    """As _odds of the signals of these codes. Kept, since most leads have one of few sets of reasons."""
    return _odds(tuple((code, WEIGHTS[code].lead_class, WEIGHTS[code].weight) for code in codes))


def _odds(weighed: _Weighed) -> tuple[dict[LeadClass, float], float, float]:
    """The probability of each pseudo class, that of all of them (rounded), and that of an error."""
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
    return min(max(probability, _LEAST), 1 - _LEAST)


def _weak_share(pseudo: dict[LeadClass, float], learned: Learned) -> float:
    """How much of the sum is that of classes that decide nothing in this account."""
    return math.fsum(pseudo[each] for each in learned.weak if each in pseudo)


def _verdict(
    signals: list[Signal], repairs: list[Repair], pseudo: float, weak: float, error: float, terms: TruthTerms
) -> TruthVerdict:
    """PSEUDO rests on more than a name, and is nobody who showed himself: he came, or wrote back. What no reason
    speaks for is not suspect either, whatever the account's other leads were."""
    is_pseudo, is_suspect = (pseudo - weak) * 100 >= terms.pseudo_percent, pseudo * 100 >= terms.suspect_percent
    if is_pseudo or is_suspect:
        reasons = [each for each in signals if each.weight > 0 and each.lead_class in PSEUDO_CLASSES]
        rests_on_more = not all(map(_is_of_name, reasons))
        if is_pseudo and rests_on_more and not any(each.code == "confirmed" for each in signals):
            return TruthVerdict.PSEUDO
        if is_suspect and reasons:
            return TruthVerdict.SUSPECT
    if repairs and error * 100 >= terms.suspect_percent:
        return TruthVerdict.REPAIRABLE
    for each in signals:
        if each.lead_class is None:
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


def _is_reachable(phones: list[tuple[str, str, PhoneJudged]], email: EmailJudged | None) -> bool:
    """Whether one way to reach somebody is not known to be none."""
    if email is not None and email.is_valid:
        return True
    return any(judged.can_be_called is not False for _, _, judged in phones)


def _reach_signals(phones: list[tuple[str, str, PhoneJudged]], email: EmailJudged | None) -> Iterator[Signal]:
    """Of one who is not reachable."""
    if not phones and email is None:
        yield signal("nothing_reachable", say("Neither a number nor an address was given."), field="reach", value="")
    else:
        said = say("By none of the ways given can anybody be reached, as they stand.")
        yield signal("no_way_valid", said, field="reach", value="")


def _first_phone(phones: list[tuple[str, str, PhoneJudged]]) -> PhoneJudged | None:
    """The number by which the person can be reached best: the first that can be called, else the first given."""
    if not phones:
        return None
    for _, _, judged in phones:
        if judged.can_be_called:
            return judged
    return phones[0][2]


_LOOKED_AT = ("email", "message", "ip", "user_agent", "time_on_form_s", "honeypot")
_looked_at = attrgetter(*_LOOKED_AT)


def _not_looked_at(
    given: Given,
    phones: list[tuple[str, str, PhoneJudged]],
    email: EmailJudged | None,
    neighbours: Neighbours,
    known: Known,
) -> tuple[str, ...]:
    found = list(compress(_LOOKED_AT, [value is None for value in _looked_at(given)]))
    for _, _, judged in phones:
        if judged.is_valid is None:
            found.insert(0, "phone")
            break
    if email is not None and email.is_deliverable is None:
        found.append("deliverability")
    if neighbours is UNCOUNTED or neighbours == UNCOUNTED:
        found.append("neighbours")
    if known is UNSEEN or known == UNSEEN:
        found.append("history")
    return tuple(found)
