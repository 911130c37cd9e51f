"""The reasons for a return, as words in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from audits.model.reasons import ReasonCode
from audits.model.said import Term

#: What a person reads for each code.
REASON_WORDS: Mapping[ReasonCode, Term] = MappingProxyType(
    {
        ReasonCode.PHONE_DISCONNECTED: Term("phone number not in service"),
        ReasonCode.PHONE_WRONG_NUMBER: Term("somebody else's phone number"),
        ReasonCode.PHONE_FAX: Term("fax number"),
        ReasonCode.PHONE_MISSING: Term("no phone number"),
        ReasonCode.EMAIL_BOUNCE: Term("e-mail cannot be delivered"),
        ReasonCode.ADDRESS_INVALID: Term("postal address that does not exist"),
        ReasonCode.UNREACHABLE_ALL_MEANS: Term("reachable by no means"),
        ReasonCode.FICTITIOUS: Term("made-up person"),
        ReasonCode.PLACEHOLDER_NAME: Term("placeholder instead of a name"),
        ReasonCode.THIRD_PARTY_PRANK: Term("entered by somebody else as a prank"),
        ReasonCode.DENIES_REQUEST: Term("denies having asked"),
        ReasonCode.DECEASED: Term("deceased"),
        ReasonCode.MINOR: Term("minor"),
        ReasonCode.ON_BEHALF_OF_OTHER: Term("asked on behalf of somebody else"),
        ReasonCode.BOT: Term("entered by a bot"),
        ReasonCode.PAID_FILLER: Term("entered by a paid filler of forms"),
        ReasonCode.INCENTIVISED: Term("asked for the sake of a reward"),
        ReasonCode.SPOOFED_SOURCE: Term("from another source than stated"),
        ReasonCode.UNAUTHORISED_SOURCE: Term("from a source that was not agreed"),
        ReasonCode.COMPETITOR: Term("competitor"),
        ReasonCode.AGENT_TEST: Term("test by an agent"),
        ReasonCode.VENDOR_TEST: Term("test by the vendor"),
        ReasonCode.STUDENT: Term("student's project"),
        ReasonCode.SOLICITATION: Term("wants to sell something"),
        ReasonCode.OUT_OF_GEO: Term("outside of the area"),
        ReasonCode.WRONG_PRODUCT: Term("wrong product"),
        ReasonCode.NOT_BUSINESS: Term("no business"),
        ReasonCode.LANGUAGE: Term("no language in common"),
        ReasonCode.AGE_OUT: Term("outside of the age group"),
        ReasonCode.EXISTING_CUSTOMER: Term("customer already"),
        ReasonCode.SIGNED_WITH_OTHER: Term("bound to another supplier at delivery"),
        ReasonCode.OUT_OF_SCOPE: Term("not what was ordered"),
        ReasonCode.DUP_SAME_VENDOR: Term("duplicate from the same vendor"),
        ReasonCode.DUP_OTHER_VENDOR: Term("duplicate from another vendor"),
        ReasonCode.DUP_BUYER_CRM: Term("in the CRM already"),
        ReasonCode.STALE: Term("out of date"),
        ReasonCode.LATE_DELIVERY: Term("delivered late"),
        ReasonCode.OUTSIDE_HOURS: Term("delivered outside of the hours"),
        ReasonCode.OVER_CAP: Term("over the cap"),
        ReasonCode.MISSING_FIELD: Term("required field missing"),
        ReasonCode.NO_CONSENT: Term("no proof of consent"),
        ReasonCode.NOT_EXCLUSIVE: Term("not exclusive"),
        ReasonCode.TECH_ERROR: Term("technical error"),
        ReasonCode.WRONG_PRICE: Term("wrong price"),
        ReasonCode.NOT_DELIVERED: Term("not delivered"),
        ReasonCode.NO_ANSWER: Term("no answer"),
        ReasonCode.VOICEMAIL: Term("voicemail"),
        ReasonCode.NOT_INTERESTED: Term("not interested"),
        ReasonCode.CHANGED_MIND: Term("changed their mind"),
        ReasonCode.BOUGHT_ELSEWHERE: Term("bought elsewhere"),
        ReasonCode.PRICE_TOO_HIGH: Term("price too high"),
        ReasonCode.NOT_ELIGIBLE_UNDERWRITING: Term("refused by underwriting"),
        ReasonCode.BUYER_FILTER_NOT_SET: Term("filter that the buyer had not set"),
        ReasonCode.SAME_LEAD_OTHER_SOURCE: Term("same lead from another source"),
    }
)
