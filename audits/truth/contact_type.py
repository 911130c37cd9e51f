"""How much the person gave, by stated rules."""

from __future__ import annotations

from audits.model.truth import ContactType, Given


def contact_type(given: Given) -> ContactType:
    """INTERESTED: a message or a time to be called, and a name. REGISTRATION: an address without a number. QUICK: a
    name and a number, nothing else. PROMOTIONAL: no address and no form (a list). OTHER: none of these."""
    has_name = any(part and part.strip() for part in (given.first_name, given.last_name, given.name))
    has_number = any(text and text.strip() for text in (given.phone, given.mobile))
    has_email = bool(given.email and given.email.strip())
    if has_name and ((given.message and given.message.strip()) or given.preferred_at is not None):
        return ContactType.INTERESTED
    if has_name and has_number and not has_email:
        return ContactType.QUICK
    return ContactType.REGISTRATION if has_email and not has_number else ContactType.OTHER
