"""Why a delivered lead is not worth its price: one closed list of codes, in families. Vendors' words map to them.

"Did not buy" is no code: disappointment is no defect. The codes of the last family are words that buyers do give; no
contract credits them unless it lists them by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class ReasonFamily(StrEnum):
    """What is wrong: the contact data, the person, the source, the fit, the hand-over; or nothing that counts."""

    CONTACT = "contact"
    IDENTITY = "identity"
    SOURCE = "source"
    SCOPE = "scope"
    DELIVERY = "delivery"
    NEVER_BY_DEFAULT = "never_creditable_by_default"


class ReasonCode(StrEnum):
    """A reason for a return. The value is what files, packs and the vendor's answers bear; it is never renamed."""

    PHONE_DISCONNECTED = "PHONE_DISCONNECTED"
    PHONE_WRONG_NUMBER = "PHONE_WRONG_NUMBER"
    PHONE_FAX = "PHONE_FAX"
    PHONE_MISSING = "PHONE_MISSING"
    EMAIL_BOUNCE = "EMAIL_BOUNCE"
    ADDRESS_INVALID = "ADDRESS_INVALID"
    UNREACHABLE_ALL_MEANS = "UNREACHABLE_ALL_MEANS"

    FICTITIOUS = "FICTITIOUS"
    PLACEHOLDER_NAME = "PLACEHOLDER_NAME"
    THIRD_PARTY_PRANK = "THIRD_PARTY_PRANK"
    DENIES_REQUEST = "DENIES_REQUEST"
    DECEASED = "DECEASED"
    MINOR = "MINOR"
    ON_BEHALF_OF_OTHER = "ON_BEHALF_OF_OTHER"

    BOT = "BOT"
    PAID_FILLER = "PAID_FILLER"
    INCENTIVISED = "INCENTIVISED"
    SPOOFED_SOURCE = "SPOOFED_SOURCE"
    UNAUTHORISED_SOURCE = "UNAUTHORISED_SOURCE"
    COMPETITOR = "COMPETITOR"
    AGENT_TEST = "AGENT_TEST"
    VENDOR_TEST = "VENDOR_TEST"
    STUDENT = "STUDENT"
    SOLICITATION = "SOLICITATION"

    OUT_OF_GEO = "OUT_OF_GEO"
    WRONG_PRODUCT = "WRONG_PRODUCT"
    NOT_BUSINESS = "NOT_BUSINESS"
    LANGUAGE = "LANGUAGE"
    AGE_OUT = "AGE_OUT"
    EXISTING_CUSTOMER = "EXISTING_CUSTOMER"
    SIGNED_WITH_OTHER = "SIGNED_WITH_OTHER"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"

    DUP_SAME_VENDOR = "DUP_SAME_VENDOR"
    DUP_OTHER_VENDOR = "DUP_OTHER_VENDOR"
    DUP_BUYER_CRM = "DUP_BUYER_CRM"
    STALE = "STALE"
    LATE_DELIVERY = "LATE_DELIVERY"
    OUTSIDE_HOURS = "OUTSIDE_HOURS"
    OVER_CAP = "OVER_CAP"
    MISSING_FIELD = "MISSING_FIELD"
    NO_CONSENT = "NO_CONSENT"
    NOT_EXCLUSIVE = "NOT_EXCLUSIVE"
    TECH_ERROR = "TECH_ERROR"
    WRONG_PRICE = "WRONG_PRICE"
    NOT_DELIVERED = "NOT_DELIVERED"

    NO_ANSWER = "NO_ANSWER"
    VOICEMAIL = "VOICEMAIL"
    NOT_INTERESTED = "NOT_INTERESTED"
    CHANGED_MIND = "CHANGED_MIND"
    BOUGHT_ELSEWHERE = "BOUGHT_ELSEWHERE"
    PRICE_TOO_HIGH = "PRICE_TOO_HIGH"
    NOT_ELIGIBLE_UNDERWRITING = "NOT_ELIGIBLE_UNDERWRITING"
    BUYER_FILTER_NOT_SET = "BUYER_FILTER_NOT_SET"
    SAME_LEAD_OTHER_SOURCE = "SAME_LEAD_OTHER_SOURCE"


_FIRST = {
    ReasonCode.PHONE_DISCONNECTED: ReasonFamily.CONTACT,
    ReasonCode.FICTITIOUS: ReasonFamily.IDENTITY,
    ReasonCode.BOT: ReasonFamily.SOURCE,
    ReasonCode.OUT_OF_GEO: ReasonFamily.SCOPE,
    ReasonCode.DUP_SAME_VENDOR: ReasonFamily.DELIVERY,
    ReasonCode.NO_ANSWER: ReasonFamily.NEVER_BY_DEFAULT,
}


def _families() -> dict[ReasonCode, ReasonFamily]:
    found: dict[ReasonCode, ReasonFamily] = {}
    family = ReasonFamily.CONTACT
    for code in ReasonCode:
        family = _FIRST.get(code, family)
        found[code] = family
    return found


#: The family of each code.
FAMILY_OF: Mapping[ReasonCode, ReasonFamily] = MappingProxyType(_families())

#: Creditable only where a contract lists them by name.
NEVER_BY_DEFAULT = frozenset(code for code, family in FAMILY_OF.items() if family is ReasonFamily.NEVER_BY_DEFAULT)
