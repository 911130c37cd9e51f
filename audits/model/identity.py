"""By what two leads are known to be the same person: a phone number or an e-mail address in one normal form."""

from __future__ import annotations

import unicodedata

from audits.model.contact_data import check_email, check_phone, region_of


def phone_key(text: str | None, region: str | None) -> str | None:
    """The number as E.164, or None when `text` is no valid number.

    `region` is the country of numbers without a +: ISO letters or a country's name, None when unknown.
    """
    if not text or not text.strip():
        return None
    return check_phone(text.strip(), region_of(region, None)).e164


def email_key(text: str | None) -> str | None:
    """The address trimmed, NFC and lower case, its domain in ASCII (IDNA); None when there is no address in `text`.

    Dots and +tags in the local part stay: for most providers they make another mailbox. An address that mail cannot
    be sent to (a@intranet) still has a key, so that two leads with the same wrong address are found.
    """
    trimmed = unicodedata.normalize("NFC", text or "").strip()
    if not trimmed:
        return None
    checked = check_email(trimmed)
    if checked.key:
        return checked.key
    local, at, domain = trimmed.lower().rpartition("@")
    if not (local and at and domain) or any(letter.isspace() for letter in trimmed):
        return None
    return unicodedata.normalize("NFC", f"{local}@{domain}")
