"""How much the person gave, by stated rules."""

from __future__ import annotations

from audits.model.truth import ContactType, Given


def contact_type(given: Given) -> ContactType:
    """INTERESTED: a message or a time to be called, and a name. REGISTRATION: an address without a number. QUICK: a
    name and a number, nothing else. PROMOTIONAL: no address and no form (a list). OTHER: none of these."""
    has_name = _is_given(given.last_name) or _is_given(given.first_name) or _is_given(given.name)
    if has_name and (_is_given(given.message) or given.preferred_at is not None):
        return ContactType.INTERESTED
    has_number = _is_given(given.phone) or _is_given(given.mobile)
    has_email = _is_given(given.email)
    if has_name and has_number and not has_email:
        return ContactType.QUICK
    return ContactType.REGISTRATION if has_email and not has_number else ContactType.OTHER


def _is_given(text: str | None) -> bool:
    return text is not None and bool(text) and not text.isspace()
