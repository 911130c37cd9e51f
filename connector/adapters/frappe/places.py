"""Where a list by time stands, while what it lists changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connector.adapters.frappe.client import PAGE, Filter
from connector.errors import UnexpectedPayload
from connector.payloads import JsonObject, find_text


@dataclass(frozen=True, slots=True)
class Place:
    """The next page holds what was stamped `sign` `at` (the site's text); `after` was given last.

    Pages begin at a time and never at a number of rows: what is deleted or added meanwhile shifts nothing. `sign`
    "=": more records share one microsecond than a page holds, and they are gone through by name.
    """

    at: str
    after: str = ""
    sign: str = ">="

    def __str__(self) -> str:
        return f"{self.at}|{self.sign}|{self.after}"

    @classmethod
    def parse(cls, cursor: str) -> Place:
        """The place that `str` gave."""
        at, sign, after = cursor.split("|", 2)
        return cls(at, after, sign)

    def filters(self, name: str) -> list[Filter]:
        """What the next page of a list by the field `name` is asked for with."""
        by_name: list[Filter] = [("name", ">", self.after)] if self.sign == "=" else []
        return [(name, self.sign, self.at), *by_name]

    def fresh(self, page: Sequence[JsonObject]) -> list[JsonObject]:
        """The page without what the page before it gave."""
        return [row for row in page if not self.after or str(row.get("name")) != self.after]

    def after_page(self, page: Sequence[JsonObject], name: str) -> Place | None:
        """Where the next page begins; None at the end. Raises UnexpectedPayload for rows without a time."""
        if len(page) < PAGE:
            return Place(self.at, sign=">") if self.sign == "=" else None
        last_at, last = find_text(page[-1], name), page[-1].get("name")
        if last_at is None or last is None:
            raise UnexpectedPayload("The Frappe site's list has a row without a name or a time.")
        if self.sign == "=" and str(last) == self.after:
            raise UnexpectedPayload("The Frappe site's list does not move on.")
        return Place(last_at, str(last), sign="=" if last_at == self.at and self.sign != ">" else ">=")
