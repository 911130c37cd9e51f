"""What each reason weighs: natural log-odds of a class against a person who asked, and how common each class is.

The figures are ours, frozen per MODEL_VERSION: an account with outcomes of its own corrects the sum, never one weight
(audits.truth.calibration). A weight of 0.7 doubles the odds, 2.3 makes them ten times as large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from audits.model.quick import quick
from audits.model.said import Said
from audits.model.truth import PSEUDO_CLASSES, LeadClass, Signal

#: Changes whenever a weight, a list or a threshold of audits.truth changes: the same version judges alike for ever.
MODEL_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Weight:
    """One reason: what it speaks for (None = for a person who asked), how much, and in words what it means.

    `against`: the pseudo classes whose odds a reason for a person who asked makes smaller. A paid form-filler has a
    number in use, and a competitor answers the phone, so neither speaks against those.
    """

    lead_class: LeadClass | None
    weight: float
    meaning: str
    against: frozenset[LeadClass] = frozenset()


#: Odds of each class against a person who asked before anything is looked at. Ours, low on purpose: public shares of
#: fraud are claims of those who sell against it.
PRIOR_ODDS: dict[LeadClass, float] = {
    LeadClass.ERROR: 0.02,
    LeadClass.BOT: 0.01,
    LeadClass.PAID_FILLER: 0.005,
    LeadClass.COMPETITOR: 0.003,
    LeadClass.JOKER: 0.003,
    LeadClass.TEST: 0.005,
    LeadClass.EMPTY: 0.01,
    LeadClass.NOT_ADDRESSED: 0.01,
}

WEIGHTS: dict[str, Weight] = {}
_new_signal = quick(Signal)


def _add(lead_class: LeadClass, rows: dict[str, tuple[float, str]]) -> None:
    for code, (weight, meaning) in rows.items():
        if code in WEIGHTS or not math.isfinite(weight) or not weight:
            raise ValueError(f"{code}: said twice, or no weight")
        WEIGHTS[code] = Weight(lead_class, weight, meaning)


def signal(code: str, said: Said, *, field: str, value: str) -> Signal:
    """The reason `code` of WEIGHTS in words, with what it was read from. Raises KeyError when there is none such."""
    of = WEIGHTS[code]
    return _new_signal(code=code, lead_class=of.lead_class, weight=of.weight, said=said, field=field, value=value)


_add(
    LeadClass.ERROR,
    {
        "phone_impossible": (5.0, "the number has a length or prefix that no number of its country has"),
        "phone_no_such_range": (5.0, "the number could be dialled, but its range is not in use"),
        "phone_one_digit_off": (1.0, "one digit changed makes a number in use of it"),
        "email_malformed": (6.0, "the address cannot be written to"),
        "email_domain_typo": (6.5, "the domain is a slip of the fingers away from that of a large provider"),
        "email_domain_unknown": (5.0, "no mail server answers for the domain"),
        "wrong_number": (3.5, "who answered the number was somebody else"),
        "name_slip": (
            4.0,
            "the name stands in the wrong field, or has a digit among its letters",
        ),
    },
)
_add(
    LeadClass.BOT,
    {
        "honeypot_filled": (7.0, "a field that people do not see was filled in"),
        "form_too_fast": (3.0, "the form was sent in less time than a person needs to read it"),
        "form_hasty": (0.7, "the form was sent faster than most people fill it in"),
        "user_agent_crawler": (5.5, "the browser names itself as a crawler or a tool"),
        "user_agent_headless": (4.0, "the browser names itself as one without a window"),
        "message_spam": (4.5, "the message advertises: links, and words of those who sell links, loans or ranking"),
        "mashed_bot": (1.5, "letters that nobody meant, in a message"),
        "identical_burst": (3.5, "the same text came from others within a day"),
        "subnet_velocity": (1.5, "many leads came from the same part of the net within a day"),
    },
)
_add(
    LeadClass.PAID_FILLER,
    {
        "cluster_denied": (5.5, "of the leads alike that were reached, most said that they had asked for nothing"),
        "cluster_accepts": (-3.0, "of the leads alike that were reached, most had asked"),
        "denied": (2.5, "who was reached said that he had asked for nothing"),
    },
)
_add(
    LeadClass.COMPETITOR,
    {
        "competitor_domain": (10.5, "the address is one of a firm on the list of competitors"),
        "competitor_named": (4.5, "the company is one on the list of competitors"),
        "probe_asks_who": (4.5, "asks who handles such requests, or for a direct number"),
        "probe_no_need": (1.0, "a free mailbox, a message, and no word of what is wanted"),
        "probe_returns": (3.0, "the same number, address or device came under other names before"),
    },
)
_add(
    LeadClass.JOKER,
    {
        "joke_name": (1.0, "a name that jokes are made with; people bear it too, so it never decides"),
        "implausible_order": (5.0, "an order that no buyer of these goods places"),
        "profanity": (3.0, "abuse in the name or the message"),
        "number_of_film": (5.0, "a number kept for films, which nobody has"),
        "denied_order": (4.0, "who was reached had not asked, and the request reads like a prank"),
    },
)
_add(
    LeadClass.TEST,
    {
        "own_domain": (10.0, "the address is one of this firm"),
        "test_name": (6.5, "the name is one that tests are made with"),
        "test_message": (5.5, "the message says that it is a test"),
        "example_domain": (7.0, "the domain is kept for examples and belongs to nobody"),
    },
)
_add(
    LeadClass.EMPTY,
    {
        "mashed_name": (6.0, "letters that nobody meant, where a name should stand"),
        "placeholder_name": (5.5, "a word that stands for no name"),
        "mashed_message": (3.0, "letters that nobody meant, where a message should stand"),
        "phone_repeated_digits": (4.5, "a number of one digit, or of digits in a row"),
        "email_disposable": (4.5, "a mailbox of a service that both lists know for minutes' mailboxes"),
        "email_disposable_doubtful": (
            2.0,
            "a mailbox of a service that one of the two lists knows",
        ),
        "nothing_reachable": (5.0, "there is no way to reach anybody"),
        "no_way_valid": (2.0, "by none of the ways given can anybody be reached, as they stand"),
        "phone_premium": (2.5, "a number that costs whoever calls it"),
        "phone_shared_cost": (0.7, "a number that costs whoever calls it a part"),
    },
)
_add(
    LeadClass.NOT_ADDRESSED,
    {
        "intent_job": (8.0, "asks for work"),
        "intent_supplier": (7.5, "offers goods or services"),
        "intent_student": (7.5, "asks for a study or a thesis"),
        "intent_support": (5.5, "asks for help with what was bought"),
        "existing_client": (2.5, "was a client when the lead came"),
    },
)


def _against(code: str, weight: float, meaning: str, *classes: LeadClass) -> None:
    WEIGHTS[code] = Weight(None, weight, meaning, frozenset(classes or PSEUDO_CLASSES))


_against("phone_in_use", 0.7, "a number whose range is in use", LeadClass.BOT, LeadClass.EMPTY, LeadClass.TEST)
_against("email_deliverable", 0.7, "a domain that takes mail", LeadClass.BOT, LeadClass.EMPTY, LeadClass.TEST)
_against(
    "need_stated", 1.0, "says what is wanted",
    LeadClass.PAID_FILLER, LeadClass.COMPETITOR, LeadClass.EMPTY, LeadClass.TEST, LeadClass.NOT_ADDRESSED,
)  # fmt: skip
_against(
    "preferred_time_given", 1.5, "says when to call",
    LeadClass.BOT, LeadClass.PAID_FILLER, LeadClass.COMPETITOR, LeadClass.EMPTY, LeadClass.TEST,
)  # fmt: skip
_against(
    "company_address", 0.7, "an address of the company named",
    LeadClass.BOT, LeadClass.PAID_FILLER, LeadClass.JOKER, LeadClass.EMPTY,
)  # fmt: skip
_against("reached", 3.0, "was reached", LeadClass.BOT, LeadClass.EMPTY, LeadClass.TEST)
_against("confirmed", 5.0, "came to a meeting, or wrote after we had turned to him")
