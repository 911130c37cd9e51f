"""All contracts of a buyer, and which version a delivery falls under."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from audits.contracts.comparing import Compared, compared
from audits.model.contract import Contract
from audits.model.delivery import Delivery
from audits.model.said import Listed, Moment, Said, Shape, say

_EVER = datetime.max.replace(tzinfo=UTC)
_FIRST, _LAST = date(1, 1, 3), date(9999, 12, 28)


@dataclass(frozen=True, slots=True)
class _Version:
    """A version, in force in [start, end)."""

    contract: Contract
    start: datetime
    end: datetime
    tests: tuple[Compared, ...]

    def takes(self, delivery: Delivery) -> bool:
        return all(test(delivery) is True for test in self.tests)


class ContractBook:
    """The versions of all contracts.

    A delivery falls under the version whose days cover the day of `delivered_at` in the version's zone, whose vendor
    is its own, and whose `match` holds; of several contracts, under the one with the most conditions. Raises
    ValueError naming both when versions of one contract overlap or bear one number.
    """

    def __init__(self, versions: Iterable[Contract]) -> None:
        self.contracts = tuple(sorted(versions, key=lambda each: (each.contract, each.valid_from, each.version)))
        by_vendor: dict[str, list[_Version]] = {}
        previous: Contract | None = None
        numbers: dict[tuple[str, int], Contract] = {}
        for contract in self.contracts:
            same = numbers.setdefault((contract.contract, contract.version), contract)
            if same is not contract:
                raise ValueError(
                    f"{contract.contract}: two versions bear the number {contract.version}, one from "
                    f"{same.valid_from} on, one from {contract.valid_from} on"
                )
            if previous is not None and previous.contract == contract.contract:
                _check_apart(previous, contract)
            previous = contract
            by_vendor.setdefault(contract.vendor, []).append(_version(contract))
        # The later version first: where the zone changed between two, some hours are days of both.
        self._by_vendor = {
            vendor: tuple(sorted(found, key=lambda each: (-len(each.tests), -each.start.timestamp())))
            for vendor, found in by_vendor.items()
        }

    def version_for(self, delivery: Delivery) -> Contract | None:
        """The version that holds for the delivery; None: it is unmatched."""
        at = delivery.delivered_at
        found: _Version | None = None
        for version in self._by_vendor.get(delivery.vendor, ()):
            if version.start <= at < version.end and (not version.tests or version.takes(delivery)):
                if found is None:
                    found = version
                elif len(version.tests) < len(found.tests):
                    break
                elif version.contract.contract != found.contract.contract:
                    return None
        return None if found is None else found.contract

    def why_unmatched(self, delivery: Delivery) -> Said:
        """Why `version_for` gives None."""
        versions = self._by_vendor.get(delivery.vendor, ())
        if not versions:
            return say("There is no contract with {vendor}.", vendor=delivery.vendor)
        at = delivery.delivered_at
        in_force = [version for version in versions if version.start <= at < version.end]
        day = Moment(at, versions[0].contract.timezone, Shape.DAY)
        if not in_force:
            return say("No contract with {vendor} is in force on {day}.", vendor=delivery.vendor, day=day)
        names = sorted({version.contract.contract for version in in_force if version.takes(delivery)})
        if len(names) > 1:
            return say("More than one contract takes this lead: {names}.", names=Listed(tuple(names)))
        return say(
            "It meets the conditions of no contract with {vendor} that is in force on {day}.",
            vendor=delivery.vendor,
            day=day,
        )


def _version(contract: Contract) -> _Version:
    return _Version(
        contract,
        _midnight(contract.valid_from, contract.zone),
        _EVER if contract.valid_to is None else _midnight_after(contract.valid_to, contract.zone),
        tuple(compared(each) for each in contract.match),
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    # 0001-01-01 is written for "ever since", and begins before the first instant there is.
    return datetime.combine(max(day, _FIRST), time(0), zone).astimezone(UTC)


def _midnight_after(day: date, zone: ZoneInfo) -> datetime:
    return _EVER if day >= _LAST else _midnight(day + timedelta(days=1), zone)


def _check_apart(earlier: Contract, later: Contract) -> None:
    if earlier.valid_to is None or earlier.valid_to >= later.valid_from:
        until = "with no end" if earlier.valid_to is None else f"until {earlier.valid_to}"
        raise ValueError(
            f"{later.contract}: version {earlier.version} (from {earlier.valid_from}, {until}) and version "
            f"{later.version} (from {later.valid_from}) overlap"
        )
