"""Contradictions and clauses that cannot be tested, before a contract is signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

from audits.contracts.check_delivery import (
    check_delivery,
    check_duplicates,
    check_filters,
    check_prices,
    check_volume,
)
from audits.contracts.check_returns import check_returns
from audits.contracts.check_words import check_words
from audits.contracts.problems import Problem, ProblemCode, Severity, error, warning
from audits.model.contract import Comparison, Contract
from audits.model.said import say

__all__ = ["Problem", "ProblemCode", "Severity", "check"]

_PARTS = (
    check_words,
    check_prices,
    check_volume,
    check_delivery,
    check_filters,
    check_duplicates,
    check_returns,
)


def check(contracts: Sequence[Contract]) -> list[Problem]:
    """All that is wrong with the contracts, each by itself and as versions of one another; in their order, errors of
    one contract before its warnings. Nothing found does not mean that a contract is fair."""
    found: list[Problem] = []
    for position, contract in enumerate(contracts):
        own = [each for part in _PARTS for each in part(contract)]
        own += _validity(contract)
        own += _against_earlier(contracts, position)
        found += (replace(each, position=position) for each in sorted(own, key=lambda each: each.severity.value))
    return found


def _validity(contract: Contract) -> Iterator[Problem]:
    if contract.valid_to is not None and contract.valid_to < contract.valid_from:
        yield error(
            "valid_to",
            ProblemCode.VALID_TO_BEFORE_FROM,
            say(
                "It ends on {to}, before it begins on {start}.",
                to=contract.valid_to.isoformat(),
                start=contract.valid_from.isoformat(),
            ),
            say("Correct one of the dates."),
        )


def _against_earlier(contracts: Sequence[Contract], position: int) -> Iterator[Problem]:
    contract = contracts[position]
    for index, earlier in enumerate(contracts[:position]):
        if earlier.contract == contract.contract:
            yield from (replace(each, other=index) for each in _two_versions(earlier, contract))
        elif earlier.vendor == contract.vendor and _overlap(earlier, contract) and _both_match(earlier, contract):
            said = say(
                "The contracts {one} and {other} take the same leads of {vendor}, so none of them does.",
                one=earlier.contract,
                other=contract.contract,
                vendor=contract.vendor,
            )
            mend = say("Say in match which leads are whose.")
            yield replace(error("match", ProblemCode.CONTRACTS_COMPETE, said, mend), other=index)
    yield from _gap(contracts, position)


def _two_versions(one: Contract, other: Contract) -> Iterator[Problem]:
    names = {"one": one.version, "other": other.version}
    if one.vendor != other.vendor:
        yield error(
            "vendor",
            ProblemCode.VENDOR_CHANGES,
            say("The versions of one contract name two vendors, {a} and {b}.", a=one.vendor, b=other.vendor),
            say("Give the other vendor's contract a name of its own."),
        )
    if one.version == other.version:
        yield error(
            "version",
            ProblemCode.VERSION_TWICE,
            say("There are two versions {number}.", number=one.version),
            say("A change is a new version: give it the next number."),
        )
    if _overlap(one, other):
        yield error(
            "valid_from",
            ProblemCode.VERSIONS_OVERLAP,
            say(
                "Versions {one} and {other} both hold on {day}.",
                day=max(one.valid_from, other.valid_from).isoformat(),
                **names,
            ),
            say("End the earlier one (valid_to) on the day before the later one begins."),
        )
    elif one.version != other.version and (one.version < other.version) != (one.valid_from < other.valid_from):
        yield warning(
            "version",
            ProblemCode.VERSION_ORDER,
            say("Of the versions {one} and {other} the later one bears the lower number.", **names),
            say("Number versions in the order in which they hold."),
        )


def _last(contract: Contract) -> date:
    return contract.valid_to or date.max


def _overlap(one: Contract, other: Contract) -> bool:
    return one.valid_from <= _last(other) and other.valid_from <= _last(one)


def _gap(contracts: Sequence[Contract], position: int) -> Iterator[Problem]:
    """Days before this version that no version covers, though one held before."""
    contract = contracts[position]
    others = [each for each in contracts if each.contract == contract.contract and each is not contract]
    before = [each for each in others if each.valid_from < contract.valid_from]
    if not before:
        return
    last = max(_last(each) for each in before)
    if last < date.max and last + timedelta(days=1) < contract.valid_from:
        yield warning(
            "valid_from",
            ProblemCode.VERSION_GAP,
            say(
                "No version holds from {first} to {last}, so leads of these days are under no contract.",
                first=(last + timedelta(days=1)).isoformat(),
                last=(contract.valid_from - timedelta(days=1)).isoformat(),
            ),
            say("Let the versions follow one another without a day between them."),
        )


def _both_match(one: Contract, other: Contract) -> bool:
    """Whether they ask the same of a lead; a contract with more conditions goes before one with fewer."""
    return {_condition(each) for each in one.match} == {_condition(each) for each in other.match}


def _condition(comparison: Comparison) -> tuple[str, str, frozenset[str]]:
    return (
        comparison.field.casefold(),
        comparison.op.value,
        frozenset(value.strip().casefold() for value in comparison.value),
    )
