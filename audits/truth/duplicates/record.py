"""What is known of one person before it is compared: text as it was written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One lead, contact or customer; all is optional but `id`, which names it in answers and may stand more than
    once.

    `name` is the whole name where it was not given in parts. `street`: street and house number; `line2`: the rest of
    the address. `birth_date`: year, month and day, as ISO, as eight digits, or with the day first. `region`: ISO
    letters of the country of phone numbers without +.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    mobile: str = ""
    birth_date: str = ""
    street: str = ""
    line2: str = ""
    postcode: str = ""
    city: str = ""
    company: str = ""
    region: str | None = None


class Field(StrEnum):
    """What is compared, each with one weight. ORDER: whether first and last name stand the same way round. AREA:
    postcode and city, which say the same thing twice and are weighed once."""

    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    ORDER = "name_order"
    EMAIL = "email"
    PHONE = "phone"
    BIRTH_DATE = "birth_date"
    STREET = "street"
    LINE2 = "line2"
    AREA = "area"
    COMPANY = "company"
