"""What reading a file of deliveries takes from the contracts: whose it is, which zone, currency and words hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property

from audits.model.contract import Contract
from audits.model.currencies import minor_digits
from audits.model.reasons import ReasonCode
from connector.contracts.instants import Instants
from connector.exports.mapping import TimeReading


class VendorTerms:
    """The versions of one vendor's contracts, as a file of deliveries needs them."""

    def __init__(self, versions: Sequence[Contract], how: TimeReading | None) -> None:
        self._versions = versions
        self._readers = {each.timezone: Instants(each.timezone, how) for each in versions}
        #: The instant (aware UTC) in a text, by the clock of the version in force on that day, and that in ISO 8601.
        #: Raises ValueError.
        self.instant: Callable[[str], tuple[datetime, str]] = (
            next(iter(self._readers.values())).told if len(self._readers) == 1 else self._by_day
        )

    def _by_day(self, text: str) -> tuple[datetime, str]:
        return self._reader(text).told(text)

    def _reader(self, text: str) -> Instants:
        first = self._versions[0]
        try:
            day = datetime.fromisoformat(text).date()
        except ValueError:
            return self._readers[first.timezone]
        return self._readers[next((each for each in self._versions if each.holds_on(day)), first).timezone]

    @cached_property
    def digits(self) -> int | None:
        """How many digits behind the point amounts have; None when the versions differ in it."""
        found = {minor_digits(each.currency) for each in self._versions}
        return found.pop() if len(found) == 1 else None

    @cached_property
    def sub_source_field(self) -> str | None:
        """The field that names the vendor's own source: "" = none; None when the versions differ in it."""
        found = {each.sub_source for each in self._versions}
        return found.pop() if len(found) == 1 else None

    def sub_source(self, fields: Mapping[str, str], day: date) -> str:
        """The vendor's own source by the version in force on `day`."""
        named = next((each.sub_source for each in self._versions if each.holds_on(day)), "")
        return fields.get(named, "") if named else ""

    @cached_property
    def _words(self) -> Mapping[str, ReasonCode]:
        found = {code.value.casefold(): code for code in ReasonCode}
        for each in self._versions:
            for reason in each.returns.reasons if each.returns is not None else ():
                for word in reason.words:
                    found.setdefault(" ".join(word.casefold().split()), reason.code)
        return found

    def reason(self, text: str) -> ReasonCode | None:
        """The code that `text` is, or that the vendor's words mean; None when the contracts do not say."""
        return self._words.get(" ".join(text.casefold().split()))


class DeliveryTerms:
    """All contracts against which a file of deliveries is held. `vendor`: whose deliveries name none; "" = several
    vendors have contracts. Raises ValueError without a contract."""

    def __init__(self, contracts: Sequence[Contract], how: TimeReading | None = None) -> None:
        if not contracts:
            raise ValueError("no contract")
        vendors = dict.fromkeys(each.vendor for each in contracts)
        self.vendor = next(iter(vendors)) if len(vendors) == 1 else ""
        self._of = {
            vendor: VendorTerms([each for each in contracts if each.vendor == vendor], how) for vendor in vendors
        }
        self._all = VendorTerms(list(contracts), how)

    def of(self, vendor: str) -> VendorTerms:
        """The terms of `vendor`; of a vendor without a contract those that hold for all."""
        return self._of.get(vendor, self._all)
