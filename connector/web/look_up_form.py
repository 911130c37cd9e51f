"""The form of a look-up that costs money: key, price and limit as typed, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from audits.model.currencies import minor_digits
from connector.storage.lookups import LookupChoice
from connector.web.texts import t

LONGEST_KEY = 200
_CURRENCY = re.compile("[A-Z]{3}")
_LEAST, _MOST = Decimal("0.00001"), Decimal(1000)
_MOST_A_MONTH = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidForm:
    """What stands in the form; the secret is never shown again. `wrong` by field."""

    key_id: str = ""
    has_key: bool = False
    price: str = ""
    currency: str = "USD"
    limit: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Paid:
    """What was typed, in the units of the store. `key`: id and secret; None = the one that is there stays."""

    price_milli: int
    currency: str
    limit_minor: int
    key: tuple[str, str] | None


def paid_form(choice: LookupChoice) -> PaidForm:
    """The form as it stands for what the account chose."""
    if not choice.price_milli:
        return PaidForm(has_key=choice.sealed is not None)
    return PaidForm(
        has_key=choice.sealed is not None,
        price=shown_amount(choice.price_milli, choice.currency),
        currency=choice.currency,
        limit=shown_amount(choice.limit_minor * 1000, choice.currency),
    )


def paid_typed(values: Mapping[str, str], *, has_key: bool) -> Paid | PaidForm:
    """What was typed; or the form again, saying what is wrong."""
    said = {name: values.get(name, "").strip() for name in ("key_id", "secret", "price", "currency", "limit")}
    currency = said["currency"].upper()
    wrong: dict[str, str] = {}
    if not _CURRENCY.fullmatch(currency):
        wrong["currency"] = t("Write the three letters of a currency, such as USD.")
        currency = ""
    one = Decimal(10) ** (minor_digits(currency) if currency else 2)
    price = _number(said["price"], _LEAST, _MOST)
    if price is None or (price * one * 1000) % 1 or not price * one * 1000:
        wrong["price"] = t("Write what one question costs, such as 0.007.")
    limit = _number(said["limit"], Decimal(0), _MOST_A_MONTH)
    if limit is None or (limit * one) % 1:
        wrong["limit"] = t("Write what a month may cost at most, such as 20.")
    is_new = bool(said["key_id"] or said["secret"])
    if is_new or not has_key:
        for name in ("key_id", "secret"):
            if not _is_key(said[name]):
                wrong[name] = t("Copy it as it is shown there: letters and digits, without blanks.")
    if wrong or price is None or limit is None:
        return PaidForm(
            key_id=said["key_id"][:LONGEST_KEY],
            has_key=has_key,
            price=said["price"][:20],
            currency=said["currency"][:3],
            limit=said["limit"][:20],
            wrong=wrong,
        )
    return Paid(
        int(price * one * 1000), currency, int(limit * one), (said["key_id"], said["secret"]) if is_new else None
    )


def _is_key(text: str) -> bool:
    return 0 < len(text) <= LONGEST_KEY and text.isascii() and text.isalnum()


def _number(text: str, least: Decimal, most: Decimal) -> Decimal | None:
    try:
        value = Decimal(text.replace(",", ".")) if re.fullmatch(r"\d{1,9}([.,]\d{1,6})?", text) else None
    except InvalidOperation:
        value = None
    return value if value is not None and least <= value <= most else None


def shown_amount(milli: int, currency: str) -> str:
    """Thousandths of the minor unit as an amount in `currency`, such as 0.007, without its name."""
    text = f"{Decimal(milli) / 1000 / Decimal(10) ** minor_digits(currency):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
