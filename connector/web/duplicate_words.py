"""Words of what leads have in common: fields, how alike they are, and what proves a duplicate."""

from __future__ import annotations

from audits.duplicate_terms import DuplicateTerms
from audits.model.case import KeyKind
from audits.model.said import phrase
from connector.web.texts import current, t

#: What may prove a duplicate, by its name in a policy.
PROOFS = {
    KeyKind.PHONE: phrase("the same phone number"),
    KeyKind.EMAIL: phrase("the same e-mail address"),
    KeyKind.PERSON: phrase("likely one person, whatever they share"),
}
_FIELDS = {
    "first_name": phrase("First name"),
    "last_name": phrase("Last name"),
    "name_order": phrase("Order of the names"),
    "email": phrase("E-mail"),
    "phone": phrase("Phone"),
    "birth_date": phrase("Date of birth"),
    "street": phrase("Street"),
    "line2": phrase("Second line of the address"),
    "area": phrase("Postcode and city"),
    "company": phrase("Company"),
}
_LEVELS = {
    "same": phrase("the same"),
    "same_role_address": phrase("the same address of a department"),
    "same_mailbox": phrase("the same mailbox at another provider"),
    "near": phrase("nearly the same"),
    "alike": phrase("alike"),
    "straight": phrase("the same way round"),
    "swapped": phrase("exchanged"),
    "different": phrase("different"),
}


def field_word(field: str) -> str:
    """The name of a compared field."""
    return t(_FIELDS[field]) if field in _FIELDS else field.replace("_", " ")


def level_word(level: str) -> str:
    """How alike two values are."""
    return t(_LEVELS[level]) if level in _LEVELS else level.replace("_", " ")


def proof_says(terms: DuplicateTerms) -> str:
    """By what these terms take two leads for one person."""
    says = current()
    named = [t(PROOFS[kind]) for kind in PROOFS if kind in terms.fields and kind is not KeyKind.PERSON]
    if KeyKind.PERSON in terms.fields:
        named.append(t("likely by {percent} or more", percent=says.percent(terms.least_probability)))
    if not named:
        return t("Nothing proves a duplicate by the policy.")
    return t("One person by the policy: {proofs}.", proofs=says.signs(", ").join(named))
