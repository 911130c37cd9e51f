"""Which version of which contract a delivery falls under."""

from __future__ import annotations

import pytest

from audits.contracts.book import ContractBook
from audits.contracts.comparing import compared
from audits.model.contract import Comparison, Contract, Operator
from audits.model.said import english
from tests.contracts.make import at, make_contract, make_delivery


def version(number: int, valid_from: str, valid_to: str | None = None, **more: object) -> Contract:
    return make_contract(version=number, valid_from=valid_from, valid_to=valid_to, **more)


class TestVersions:
    def test_the_day_is_that_of_the_contracts_zone(self) -> None:
        first, second = version(1, "2026-01-01", "2026-05-31"), version(2, "2026-06-01")
        book = ContractBook([second, first])
        assert book.version_for(make_delivery(delivered_at="2026-05-31T21:59:59")) is first
        assert book.version_for(make_delivery(delivered_at="2026-05-31T22:00:00")) is second

    def test_before_and_after_all_versions_it_is_unmatched(self) -> None:
        book = ContractBook([version(1, "2026-02-01", "2026-02-28")])
        early, late = make_delivery(delivered_at="2026-01-31T22:59"), make_delivery(delivered_at="2026-02-28T23:00")
        assert book.version_for(early) is None
        assert book.version_for(late) is None
        assert english(book.why_unmatched(late)) == "No contract with acme is in force on Sun 2026-03-01."

    def test_a_gap_between_versions_is_no_contract(self) -> None:
        book = ContractBook([version(1, "2026-01-01", "2026-01-31"), version(2, "2026-03-01")])
        assert book.version_for(make_delivery(delivered_at="2026-02-15")) is None

    @pytest.mark.parametrize("end", [None, "2026-06-01", "2026-12-31"])
    def test_overlapping_versions_are_named(self, end: str | None) -> None:
        with pytest.raises(ValueError, match=r"acme-solar: version 1 .* and version 2 .* overlap"):
            ContractBook([version(2, "2026-06-01"), version(1, "2026-01-01", end)])

    def test_one_number_twice_is_refused(self) -> None:
        with pytest.raises(ValueError, match="two versions bear the number 1"):
            ContractBook([version(1, "2026-01-01", "2026-01-31"), version(1, "2026-03-01")])

    def test_where_the_zone_changed_the_later_version_has_the_hours_of_both(self) -> None:
        new_york = version(1, "2026-01-01", "2026-05-31", timezone="America/New_York")
        berlin = version(2, "2026-06-01")
        book = ContractBook([new_york, berlin])
        assert book.version_for(make_delivery(delivered_at="2026-05-31T21:59")) is new_york
        assert book.version_for(make_delivery(delivered_at="2026-05-31T23:00")) is berlin

    def test_dates_that_mean_ever_are_read(self) -> None:
        always = version(1, "0001-01-01", "9999-12-31")
        assert ContractBook([always]).version_for(make_delivery()) is always


class TestMatch:
    def test_another_vendor_has_no_contract(self) -> None:
        book = ContractBook([make_contract()])
        delivery = make_delivery(vendor="zenith")
        assert book.version_for(delivery) is None
        assert english(book.why_unmatched(delivery)) == "There is no contract with zenith."

    def test_all_conditions_must_hold_and_what_is_not_known_does_not(self) -> None:
        contract = make_contract(
            match=[
                {"field": "utm_source", "op": "in", "value": ["solar", "Wind"]},
                {"field": "country", "op": "not_in", "value": ["US"]},
            ]
        )
        book = ContractBook([contract])
        assert book.version_for(make_delivery(fields={"utm_source": " WIND ", "country": "DE"})) is contract
        for fields in ({"utm_source": "wind", "country": "us"}, {"utm_source": "wind"}, {"country": "DE"}):
            delivery = make_delivery(fields=fields)
            assert book.version_for(delivery) is None
            assert english(book.why_unmatched(delivery)).startswith(
                "It meets the conditions of no contract with acme"
            )

    def test_the_contract_with_the_most_conditions_holds(self) -> None:
        wide = make_contract()
        narrow = make_contract(contract="acme-wind", match=[{"field": "list", "op": "eq", "value": "wind"}])
        for order in ([wide, narrow], [narrow, wide]):
            book = ContractBook(order)
            assert book.version_for(make_delivery(fields={"list": "wind"})) is narrow
            assert book.version_for(make_delivery(fields={"list": "solar"})) is wide

    def test_two_contracts_that_fit_alike_are_both_named(self) -> None:
        book = ContractBook([make_contract(), make_contract(contract="acme-wind")])
        assert book.version_for(make_delivery()) is None
        assert english(book.why_unmatched(make_delivery())) == (
            "More than one contract takes this lead: acme-solar, acme-wind."
        )

    def test_the_vendors_own_source_can_be_asked_for(self) -> None:
        contract = make_contract(match=[{"field": "sub_source", "op": "eq", "value": "site-7"}])
        assert ContractBook([contract]).version_for(make_delivery(sub_source="SITE-7")) is contract


class TestComparisons:
    @pytest.mark.parametrize(
        ("op", "value", "told", "expected"),
        [
            (Operator.EQ, ("7.50",), "7.5", True),
            (Operator.EQ, ("0",), "-0.0", True),
            (Operator.EQ, ("-0.5",), "0.5", False),
            (Operator.EQ, ("01067",), "1067", False),
            (Operator.IN, ("DE", "NO"), "no", True),
            (Operator.IN, ("DE", "NO"), "SE", False),
            (Operator.IN, ("ÅS",), "ås", True),
            (Operator.NOT_IN, ("US",), "us", False),
            (Operator.NOT_IN, ("US",), "DE", True),
            (Operator.NOT_IN, ("US",), "  ", None),
            (Operator.GTE, ("18",), "18", True),
            (Operator.GTE, ("18",), "17.9", False),
            (Operator.LTE, ("85",), "100", False),
            (Operator.LTE, ("85",), "about 80", None),
            (Operator.LTE, ("85",), "NaN", None),
            (Operator.WITHIN_KM, ("60",), "60.0", True),
            (Operator.WITHIN_KM, ("60",), "60.1", False),
        ],
    )
    def test_texts_and_numbers(self, op: Operator, value: tuple[str, ...], told: str, expected: bool | None) -> None:
        holds = compared(Comparison(field="f", op=op, value=value))
        delivery = make_delivery(fields={"f": told})
        assert (holds(delivery), holds(delivery)) == (expected, expected)
        assert holds(make_delivery()) is None

    def test_more_values_than_are_kept_are_answered_the_same(self) -> None:
        holds = compared(Comparison(field="n", op=Operator.GTE, value=("5000",)))
        answers = [holds(make_delivery(fields={"n": str(n)})) for n in range(9000)]
        assert answers == [n >= 5000 for n in range(9000)]
        assert holds(make_delivery(fields={"n": "4999"})) is False


def test_the_first_instant_of_a_version_is_its_own() -> None:
    contract = version(1, "2026-03-29")
    assert ContractBook([contract]).version_for(make_delivery(delivered_at=at("2026-03-28T23:00"))) is contract
