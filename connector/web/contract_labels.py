"""What the parts of a contract are called on pages."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from audits.contracts.reason_words import REASON_WORDS
from audits.model.contract import (
    Against,
    Base,
    CapKind,
    CapUnit,
    ConsentProof,
    CutOff,
    DutyCode,
    ExclusivityKind,
    KeyField,
    Logic,
    NeedKind,
    OnUnknown,
    Operator,
    Per,
    PriceModel,
    Remedy,
    Rounding,
    Silence,
    TierMode,
    Treatment,
    WhoIsPaid,
    WindowFrom,
)
from audits.model.reasons import ReasonCode, ReasonFamily
from audits.model.said import phrase
from connector.web.sentences import written
from connector.web.texts import current, t

#: A field of the model, by its name alone, or after the name of its model where that makes a difference.
LABELS: Mapping[str, str] = {
    "ref": phrase("Number in the paper"),
    "title": phrase("Title in the paper"),
    "says": phrase("Words of the paper"),
    "contract": phrase("Name of the contract"),
    "vendor": phrase("Vendor"),
    "version": phrase("Version"),
    "valid_from": phrase("First day"),
    "valid_to": phrase("Last day"),
    "signed_ref": phrase("Signed as"),
    "timezone": phrase("Time zone"),
    "currency": phrase("Currency"),
    "rounding": phrase("Rounding"),
    "cycle": phrase("Billing cycle"),
    "Contract.hours": phrase("Business hours"),
    "dayparts": phrase("When parts of the day begin"),
    "match": phrase("Which leads are this vendor's"),
    "sub_source": phrase("Field with the vendor's own source"),
    "pricing": phrase("Pricing"),
    "volume": phrase("Volume"),
    "delivery": phrase("Delivery"),
    "filters": phrase("Filters"),
    "exclusivity": phrase("Exclusivity"),
    "duplicates": phrase("Duplicates"),
    "returns": phrase("Returns"),
    "duties": phrase("Duties of the buyer"),
    "not_creditable": phrase("Never credited"),
    "week": phrase("Hours of the week"),
    "holidays": phrase("Days off"),
    "field": phrase("Field"),
    "op": phrase("Comparison"),
    "value": phrase("Values"),
    "ReturnCap.value": phrase("How many, or how much %"),
    "on_unknown": phrase("Where it is not known"),
    "reason": phrase("Reason"),
    "on_fail": phrase("A lead that fails"),
    "model": phrase("Kind of price"),
    "price": phrase("Price of a lead"),
    "tiers": phrase("Tiers"),
    "from_n": phrase("From lead number"),
    "tier_mode": phrase("What a tier prices"),
    "per": phrase("Counted"),
    "Pricing.field": phrase("Field with the area"),
    "prices": phrase("Prices by area"),
    "percent": phrase("Share in %"),
    "overage": phrase("Beyond the order"),
    "price_pct": phrase("Share of the price in %"),
    "accept_within": phrase("Accepted within"),
    "min_order": phrase("Smallest order"),
    "ordered": phrase("Leads ordered"),
    "caps": phrase("Caps"),
    "unit": phrase("Counts"),
    "limit": phrase("At most"),
    "over_cap": phrase("A lead over it"),
    "shortfall": phrase("Leads that never came"),
    "refund_below": phrase("Refunded if fewer than"),
    "redeliver_from": phrase("Delivered later from"),
    "pause_notice": phrase("Notice of a pause"),
    "DeliveryTerms.hours": phrase("Delivery hours"),
    "outside_hours": phrase("A lead at other times"),
    "max_age": phrase("Oldest at delivery"),
    "business_time": phrase("Counted in business hours"),
    "late": phrase("A lead that is older"),
    "required_fields": phrase("Fields that must come"),
    "missing_field": phrase("A lead without one"),
    "consent_proof": phrase("Proof of consent"),
    "no_consent": phrase("A lead without proof"),
    "kind": phrase("Kind"),
    "max_sold": phrase("Sold to at most"),
    "radius_km": phrase("Within kilometres"),
    "fields": phrase("Same"),
    "logic": phrase("How many must agree"),
    "window": phrase("Window"),
    "against": phrase("Compared with"),
    "who_is_paid": phrase("Who is paid"),
    "treatment": phrase("A duplicate"),
    "start": phrase("Runs from"),
    "not_before": phrase("Not before"),
    "until": phrase("Until"),
    "business_days": phrase("In business days"),
    "cut_off": phrase("Ends once"),
    "deemed_valid_without_disposition_after": phrase("Owed without a disposition after"),
    "cap": phrase("Cap on returns"),
    "tolerance": phrase("Tolerance"),
    "base": phrase("Share of what is"),
    "over": phrase("Rolling span"),
    "group_by": phrase("For each value of"),
    "remedy": phrase("What a good claim gives"),
    "replacement_returnable": phrase("A replacement may be returned"),
    "listed_reasons_only": phrase("Only listed reasons"),
    "approval": phrase("Answer of the vendor"),
    "auto_if_within": phrase("Accepted by itself within"),
    "answer_within": phrase("Answered within"),
    "silence_means": phrase("Silence means"),
    "resubmit": phrase("Times that a refused claim may be sent again"),
    "evidence": phrase("Evidence"),
    "personal_data": phrase("May name persons"),
    "need": phrase("Must be shown"),
    "least": phrase("At least"),
    "distinct_dayparts": phrase("At different times of day"),
    "reasons": phrase("Reasons"),
    "code": phrase("Reason"),
    "words": phrase("The vendor's words for it"),
    "Duty.code": phrase("Duty"),
    "within": phrase("Within"),
    "count": phrase("How often"),
    "Duty.reasons": phrase("Returns that hang on it; none: all"),
}
_CHOICES: Mapping[type[Enum], Mapping[Enum, str]] = {
    Rounding: {
        Rounding.HALF_UP: phrase("half up"),
        Rounding.FLOOR: phrase("down"),
        Rounding.CEIL: phrase("up"),
    },
    Treatment: {
        Treatment.PAY: phrase("is owed all the same"),
        Treatment.QUEUE: phrase("waits"),
        Treatment.RETURNABLE: phrase("may be returned"),
        Treatment.NOT_PAYABLE: phrase("is not owed"),
    },
    Per: {
        Per.HOUR: phrase("in each hour"),
        Per.DAY: phrase("in each day"),
        Per.WEEK: phrase("in each week"),
        Per.MONTH: phrase("in each month"),
        Per.CYCLE: phrase("in each billing cycle"),
        Per.TOTAL: phrase("in all"),
    },
    Operator: {
        Operator.IN: phrase("is one of"),
        Operator.NOT_IN: phrase("is none of"),
        Operator.EQ: phrase("is"),
        Operator.GTE: phrase("is at least"),
        Operator.LTE: phrase("is at most"),
        Operator.WITHIN_KM: phrase("is within (km)"),
    },
    OnUnknown: {
        OnUnknown.PASS: phrase("it passes"),
        OnUnknown.PENDING: phrase("it waits for the answer"),
        OnUnknown.REJECT: phrase("it counts as failed"),
    },
    PriceModel: {
        PriceModel.FLAT: phrase("one price"),
        PriceModel.TIER: phrase("tiers by number"),
        PriceModel.BY_GEO: phrase("by area"),
        PriceModel.REV_SHARE: phrase("share of the revenue"),
    },
    TierMode: {
        TierMode.MARGINAL: phrase("each lead by its own number"),
        TierMode.ALL: phrase("all leads by the last tier reached"),
    },
    CapUnit: {CapUnit.LEADS: phrase("leads"), CapUnit.MONEY: phrase("money")},
    ConsentProof: {
        ConsentProof.NONE: phrase("none"),
        ConsentProof.TRUSTEDFORM: phrase("TrustedForm"),
        ConsentProof.JORNAYA: phrase("Jornaya"),
        ConsentProof.ANY: phrase("any of them"),
    },
    ExclusivityKind: {
        ExclusivityKind.EXCLUSIVE: phrase("to one buyer"),
        ExclusivityKind.SHARED: phrase("to several buyers"),
    },
    KeyField: {
        KeyField.PHONE: phrase("phone number"),
        KeyField.EMAIL: phrase("e-mail address"),
        KeyField.PERSON: phrase("person, by all that is known"),
    },
    Logic: {Logic.ANY: phrase("one is enough"), Logic.ALL: phrase("all must agree")},
    Against: {
        Against.SAME_VENDOR: phrase("this vendor's leads"),
        Against.ANY_VENDOR: phrase("any vendor's leads"),
        Against.BUYER_CRM: phrase("the CRM"),
        Against.BUYER_OPEN_DEAL: phrase("deals open at delivery"),
    },
    WhoIsPaid: {
        WhoIsPaid.FIRST: phrase("the first"),
        WhoIsPaid.LAST_BEFORE_CONVERSION: phrase("the last before the sale"),
    },
    WindowFrom: {
        WindowFrom.DELIVERED_AT: phrase("delivery"),
        WindowFrom.CYCLE_END: phrase("the end of the billing cycle"),
    },
    CutOff: {
        CutOff.QUOTE_STARTED: phrase("a quote was begun"),
        CutOff.CONTACTED: phrase("the person was spoken with"),
    },
    CapKind: {
        CapKind.PCT: phrase("a share in %"),
        CapKind.FIXED: phrase("a number of leads"),
        CapKind.ROLLING_PCT: phrase("a share in % of a rolling span"),
    },
    Base: {
        Base.DELIVERED: phrase("delivered"),
        Base.USABLE: phrase("usable"),
        Base.ORDERED: phrase("ordered"),
    },
    Remedy: {
        Remedy.CREDIT: phrase("a credit"),
        Remedy.REFUND: phrase("a refund"),
        Remedy.REPLACEMENT: phrase("another lead"),
    },
    Silence: {Silence.ACCEPTED: phrase("accepted"), Silence.DENIED: phrase("denied")},
    NeedKind: {
        NeedKind.LEAD_ID: phrase("the id of the lead"),
        NeedKind.CALL_LOG: phrase("a log of calls"),
        NeedKind.RECORDING_ID: phrase("the id of a recording"),
        NeedKind.ATTEMPTS: phrase("attempts"),
        NeedKind.VALIDATOR_RESULT: phrase("the result of a validator"),
        NeedKind.BOUNCE: phrase("a bounced e-mail"),
        NeedKind.NOTE: phrase("a note"),
    },
    DutyCode: {
        DutyCode.FIRST_ATTEMPT_WITHIN: phrase("first attempt in time"),
        DutyCode.MIN_ATTEMPTS: phrase("enough attempts"),
        DutyCode.DISPOSE_WITHIN: phrase("disposition in time"),
        DutyCode.BIND_FILTERS: phrase("filters kept set with the vendor"),
    },
}
FAMILIES: Mapping[ReasonFamily, str] = {
    ReasonFamily.CONTACT: phrase("Contact data"),
    ReasonFamily.IDENTITY: phrase("The person"),
    ReasonFamily.SOURCE: phrase("The source"),
    ReasonFamily.SCOPE: phrase("What was ordered"),
    ReasonFamily.DELIVERY: phrase("The delivery"),
    ReasonFamily.NEVER_BY_DEFAULT: phrase("Credited only where listed"),
}


def label_of(model: str, name: str) -> str:
    """What a field of a model is called, in the reader's language. Raises KeyError for one without a label."""
    return t(LABELS.get(f"{model}.{name}") or LABELS[name])


def choice_label(value: Enum) -> str:
    """What one of a closed list of values is called."""
    if isinstance(value, ReasonCode):
        return written(REASON_WORDS[value])
    return t(_CHOICES[type(value)][value])


def place_label(place: str) -> str:
    """A place of a contract (volume.caps.0.limit) as a person reads it: Volume › Caps 1 › At most."""
    if not place:
        return t("The whole")
    said: list[str] = []
    parts = place.split(".")
    known = (f"{_MODELS.get('.'.join(p for p in parts[:n] if not p.isdecimal()), '')}" for n in range(len(parts)))
    for part, model in zip(parts, known, strict=True):
        if part.isdecimal() and said:
            said[-1] = t("{what} {n}", what=said[-1], n=current().number(int(part) + 1))
        elif f"{model}.{part}" in LABELS or part in LABELS:
            said.append(label_of(model, part))
        else:
            said.append(part)
    return " › ".join(said)


#: The model at a place, where a field's label hangs on it.
_MODELS: Mapping[str, str] = {
    "": "Contract",
    "delivery": "DeliveryTerms",
    "pricing": "Pricing",
    "returns.cap": "ReturnCap",
    "duties": "Duty",
}
