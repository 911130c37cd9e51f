"""What clauses of the delivery say of each lead: hours, age, fields, consent, filters, duplicates, caps."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audits.contracts.book import ContractBook
from audits.contracts.intake import Intake
from audits.contracts.steps import Charge, Taken
from audits.model.contract import Against, Contract, KeyField
from audits.model.delivery import Delivery, EarlierRecord, ProofKind
from audits.model.reasons import ReasonCode
from audits.model.said import english
from tests.contracts.make import MONDAY, OFFICE, at, make_contract, make_deliveries, make_delivery

RETURNS: Mapping[str, object] = {"window": {"until": "P10D"}}


def take_all(
    deliveries: Iterable[Delivery], *contracts: Contract, as_of: datetime | None = None
) -> list[Taken | None]:
    book = ContractBook(contracts)
    intake = Intake(book, as_of)
    ordered = sorted(deliveries, key=lambda each: (each.delivered_at, each.delivery_id, each.vendor))
    if intake.is_foresight_needed:
        for delivery in ordered:
            intake.foresee(delivery)
    return [intake.take(delivery) for delivery in ordered]


def take(delivery: Delivery, contract: Contract) -> Taken:
    (taken,) = take_all([delivery], contract)
    assert taken is not None
    return taken


def charges(taken: Taken | None) -> list[Charge]:
    assert taken is not None
    return [*([] if taken.out is None else [taken.out]), *taken.charges]


def codes(taken: Taken | None) -> list[ReasonCode]:
    return [each.ground.code for each in charges(taken)]


def said(taken: Taken) -> list[str]:
    return [english(each.said) for each in charges(taken)]


def test_a_contract_that_asks_for_nothing_charges_nothing() -> None:
    delivery = make_delivery()
    taken = take(delivery, make_contract())
    assert (taken.delivery, taken.counts_at, taken.out, taken.charges) == (delivery, MONDAY, None, ())


def test_what_fits_no_contract_is_unmatched() -> None:
    assert take_all([make_delivery(vendor="zenith")], make_contract()) == [None]


class TestTreatments:
    @pytest.mark.parametrize(
        ("treatment", "returns", "is_out", "is_charged"),
        [
            ("not_payable", None, True, False),
            ("not_payable", RETURNS, True, False),
            ("returnable", RETURNS, False, True),
            ("returnable", None, False, False),
            ("pay", RETURNS, False, False),
            # Nothing is there to wait for.
            ("queue", RETURNS, False, True),
        ],
    )
    @pytest.mark.parametrize(
        ("terms", "more"),
        [
            ({"delivery": {"required_fields": ["email"], "missing_field": "?"}}, {}),
            ({"delivery": {"max_age": "PT1H", "late": "?"}}, {"submitted_at": MONDAY - timedelta(hours=2)}),
            ({"delivery": {"consent_proof": "any", "no_consent": "?"}}, {}),
            (
                {"filters": [{"field": "country", "op": "eq", "value": "DE", "on_fail": "?"}]},
                {"fields": {"country": "US"}},
            ),
            ({"duplicates": [{"against": "buyer_crm", "treatment": "?"}]}, {"earlier": "crm"}),
        ],
    )
    def test_each_clause_does_what_it_says(
        self,
        terms: dict[str, object],
        more: dict[str, object],
        treatment: str,
        returns: object,
        is_out: bool,
        is_charged: bool,
    ) -> None:
        if more.get("earlier") == "crm":
            record = EarlierRecord(
                where=Against.BUYER_CRM, received_at=MONDAY - timedelta(1), shared=frozenset({KeyField.PHONE})
            )
            more = {"earlier": [record]}
        contract = make_contract(returns=returns, **_with(terms, treatment))
        taken = take(make_delivery(**more), contract)  # type: ignore[arg-type]
        assert (taken.out is not None, bool(taken.charges)) == (is_out, is_charged)

    def test_the_first_clause_in_the_order_of_the_law_takes_it_out(self) -> None:
        contract = make_contract(
            delivery={"required_fields": ["email"], "missing_field": "not_payable", "max_age": "PT1H"},
            filters=[{"field": "country", "op": "eq", "value": "DE", "on_fail": "not_payable"}],
            returns=RETURNS,
        )
        delivery = make_delivery(submitted_at=MONDAY - timedelta(days=1), fields={"country": "US"})
        taken = take(delivery, contract)
        assert codes(taken) == [ReasonCode.MISSING_FIELD]
        assert taken.charges == ()


def _with(terms: object, treatment: str) -> dict[str, object]:
    if isinstance(terms, dict):
        return {
            name: treatment
            if value == "?"
            else [_with(each, treatment) for each in value]
            if isinstance(value, list) and value and isinstance(value[0], dict)
            else _with(value, treatment)
            if isinstance(value, dict)
            else value
            for name, value in terms.items()
        }
    raise AssertionError(terms)


class TestHours:
    def test_outside_of_the_hours(self) -> None:
        contract = make_contract(delivery={"hours": OFFICE, "ref": "4.1"})
        assert codes(take(make_delivery(delivered_at="2026-03-02T15:59:59"), contract)) == []
        taken = take(make_delivery(delivered_at="2026-03-02T16:00"), contract)
        assert said(taken) == ["Delivered Mon 2026-03-02 17:00, outside of the hours agreed."]
        assert (taken.out is not None and taken.out.clause, taken.out and taken.out.clause_ref) == (
            "delivery.hours",
            "4.1",
        )

    def test_queued_leads_count_when_the_hours_open(self) -> None:
        contract = make_contract(delivery={"hours": OFFICE, "outside_hours": "queue"})
        friday = take(make_delivery(delivered_at="2026-03-27T17:00"), contract)
        assert (friday.counts_at, friday.out, friday.charges) == (at("2026-03-30T07:00"), None, ())


class TestAge:
    def test_days_are_those_of_the_calendar(self) -> None:
        contract = make_contract(delivery={"max_age": "P2D"}, returns=RETURNS)
        # An hour is skipped on 29 March.
        asked = "2026-03-28T09:00"
        assert codes(take(make_delivery(delivered_at="2026-03-30T08:00", submitted_at=asked), contract)) == []
        late = take(make_delivery(delivered_at="2026-03-30T08:00:01", submitted_at=asked), contract)
        assert codes(late) == [ReasonCode.LATE_DELIVERY]
        assert said(late) == [
            "Requested Sat 2026-03-28 10:00 and delivered Mon 2026-03-30 10:00; agreed: within 2 days."
        ]

    @given(st.integers(0, 400), st.integers(0, 200_000), st.sampled_from(["PT20H", "P1D", "P2D", "P2DT30M"]))
    def test_the_short_way_says_what_the_clock_says(self, day: int, age_s: int, limit: str) -> None:
        contract = make_contract(delivery={"max_age": limit}, returns=RETURNS)
        asked = at("2026-01-01T01:30") + timedelta(days=day)
        taken = take(make_delivery(delivered_at=asked + timedelta(seconds=age_s), submitted_at=asked), contract)
        due = contract.delivery.max_age
        assert due is not None
        assert bool(taken.charges) == (asked + timedelta(seconds=age_s) > due.after(asked, ZoneInfo("Europe/Berlin")))

    def test_business_days(self) -> None:
        contract = make_contract(hours=OFFICE, delivery={"max_age": "P2D", "business_time": True}, returns=RETURNS)
        asked = "2026-03-06T11:00"
        assert codes(take(make_delivery(delivered_at="2026-03-10T11:00", submitted_at=asked), contract)) == []
        assert codes(take(make_delivery(delivered_at="2026-03-10T11:01", submitted_at=asked), contract)) != []

    def test_stale_where_that_alone_is_listed(self) -> None:
        for reasons, code in (
            (["STALE"], ReasonCode.STALE),
            (["STALE", "LATE_DELIVERY"], ReasonCode.LATE_DELIVERY),
            ([], ReasonCode.LATE_DELIVERY),
        ):
            contract = make_contract(delivery={"max_age": "PT1H"}, returns={**RETURNS, "reasons": reasons})
            assert codes(take(make_delivery(submitted_at=MONDAY - timedelta(hours=2)), contract)) == [code]

    def test_without_the_request_nothing_is_said(self) -> None:
        assert codes(take(make_delivery(), make_contract(delivery={"max_age": "PT1H"}, returns=RETURNS))) == []

    def test_that_the_buyer_had_closed_makes_no_vendor_late(self) -> None:
        contract = make_contract(
            delivery={"max_age": "PT1H", "hours": OFFICE, "outside_hours": "queue"}, returns=RETURNS
        )
        taken = take(make_delivery(delivered_at="2026-03-02T20:00", submitted_at="2026-03-02T19:30"), contract)
        assert (taken.counts_at, taken.charges) == (at("2026-03-03T08:00"), ())


class TestFieldsAndConsent:
    def test_missing_fields_are_named_together_and_the_phone_by_itself(self) -> None:
        contract = make_contract(delivery={"required_fields": ["phone", "email", "name"]}, returns=RETURNS)
        taken = take(make_delivery(fields={"phone": "", "email": "  "}), contract)
        assert codes(taken) == [ReasonCode.PHONE_MISSING, ReasonCode.MISSING_FIELD]
        assert said(taken)[1] == "Did not come with the lead: email, name."

    def test_what_came_as_a_key_came(self) -> None:
        contract = make_contract(delivery={"required_fields": ["phone"]}, returns=RETURNS)
        delivery = replace(make_delivery(phone="+4930123456"), fields={})
        assert codes(take(delivery, contract)) == []

    @pytest.mark.parametrize(
        ("asked", "came", "is_charged"),
        [
            ("trustedform", "trustedform:abc", False),
            ("trustedform", "https://cert.TrustedForm.com/abc", False),
            ("trustedform", "jornaya:abc", True),
            ("any", "jornaya:abc", False),
            ("any", "", True),
            ("any", "checkbox", True),
            ("none", "", False),
        ],
    )
    def test_consent(self, asked: str, came: str, is_charged: bool) -> None:
        contract = make_contract(delivery={"consent_proof": asked}, returns=RETURNS)
        taken = take(make_delivery(consent=came), contract)
        assert codes(taken) == ([ReasonCode.NO_CONSENT] if is_charged else [])


class TestFilters:
    def contract(self, **terms: object) -> Contract:
        clause = {"field": "country", "op": "in", "value": ["DE", "NO"], "reason": "OUT_OF_GEO", "ref": "3.2"}
        return make_contract(filters=[clause | terms], returns=RETURNS)

    def test_what_fails_is_charged_with_the_clauses_reason(self) -> None:
        (charge,) = charges(take(make_delivery(fields={"country": "US"}), self.contract()))
        assert (charge.ground.code, charge.clause, charge.clause_ref) == (ReasonCode.OUT_OF_GEO, "filters.0", "3.2")
        assert charge.ground.is_proven
        assert english(charge.said) == "country is not what was ordered: DE, NO."

    @pytest.mark.parametrize(("on_unknown", "is_proven"), [("pending", False), ("reject", True), ("pass", None)])
    def test_what_is_not_known(self, on_unknown: str, is_proven: bool | None) -> None:
        taken = take(make_delivery(), self.contract(on_unknown=on_unknown))
        assert [each.ground.is_proven for each in charges(taken)] == ([] if is_proven is None else [is_proven])

    def test_a_suspicion_takes_nothing_out(self) -> None:
        taken = take(make_delivery(), self.contract(on_fail="not_payable"))
        assert taken.out is None
        assert [each.ground.missing for each in taken.charges] == ["country"]

    def test_the_delivery_is_evidence_fixed_by_a_hash(self) -> None:
        contract = self.contract()
        first, same, other = (
            charges(take(make_delivery(fields={"country": country}), contract))[0].ground.proofs[0]
            for country in ("US", "US", "FR")
        )
        assert (first.kind, first.ref, first.at) == (ProofKind.DELIVERY, "d1", MONDAY)
        assert first == same
        assert first.sha256 != other.sha256
        assert len(first.sha256) == 64


def record(where: Against, days_before: float, **more: object) -> EarlierRecord:
    told: dict[str, object] = {"shared": frozenset({KeyField.PHONE}), "ref": "r1"}
    return EarlierRecord(where=where, received_at=MONDAY - timedelta(days=days_before), **(told | more))  # type: ignore[arg-type]


class TestDuplicates:
    def contract(self, vendor: str = "acme", **clause: object) -> Contract:
        return make_contract(vendor=vendor, contract=f"{vendor}-solar", duplicates=[clause], returns=RETURNS)

    def test_the_second_lead_of_a_person_is_the_duplicate(self) -> None:
        first, second = (
            make_delivery("d1", MONDAY, phone="+491"),
            make_delivery("d2", MONDAY + timedelta(days=3), phone="+491", email="a@b.de"),
        )
        taken = take_all([first, second], self.contract(window="P30D"))
        assert [codes(each) for each in taken] == [[], [ReasonCode.DUP_SAME_VENDOR]]
        (charge,) = charges(taken[1])
        assert english(charge.said) == "The same phone number came on Mon 2026-03-02 10:00 as d1."
        assert [each.ref for each in charge.ground.proofs] == ["d2", "d1"]

    def test_both_ends_of_the_window_belong_to_it(self) -> None:
        contract = self.contract(window="P30D")
        # 30 days by the calendar are an hour less here.
        for end, found in (("2026-04-12T08:00", True), ("2026-04-12T08:00:01", False)):
            deliveries = [make_delivery("a", "2026-03-13T09:00", phone="1"), make_delivery("b", end, phone="1")]
            assert bool(codes(take_all(deliveries, contract)[1])) is found

    def test_all_fields_where_that_is_asked(self) -> None:
        contract = self.contract(logic="all")
        deliveries = [
            make_delivery("a", MONDAY, phone="1", email="x"),
            make_delivery("b", MONDAY, phone="1", email="y"),
            make_delivery("c", MONDAY, phone="1"),
            make_delivery("d", MONDAY, phone="1", email="x"),
        ]
        assert [codes(each) for each in take_all(deliveries, contract)] == [[], [], [], [ReasonCode.DUP_SAME_VENDOR]]

    def test_other_vendors_count_only_where_asked_and_are_not_named(self) -> None:
        zenith = make_contract(vendor="zenith", contract="zenith")
        deliveries = [make_delivery("z", MONDAY, vendor="zenith", phone="1"), make_delivery("z1", MONDAY, phone="1")]
        assert [codes(each) for each in take_all(deliveries, self.contract(against="same_vendor"), zenith)] == [
            [],
            [],
        ]
        taken = take_all(deliveries, self.contract(against="any_vendor"), zenith)
        assert [codes(each) for each in taken] == [[], [ReasonCode.DUP_OTHER_VENDOR]]
        assert taken[1] is not None
        assert said(taken[1]) == ["The same phone number came on Mon 2026-03-02 10:00 from another vendor."]

    def test_a_lead_that_fits_no_contract_came_all_the_same(self) -> None:
        deliveries = [make_delivery("a", MONDAY, vendor="unknown", phone="1"), make_delivery("b", MONDAY, phone="1")]
        assert codes(take_all(deliveries, self.contract(against="any_vendor"))[1]) == [ReasonCode.DUP_OTHER_VENDOR]

    @pytest.mark.parametrize(
        ("clause", "earlier", "code"),
        [
            ({"against": "buyer_crm"}, record(Against.BUYER_CRM, 400), ReasonCode.DUP_BUYER_CRM),
            ({"against": "buyer_crm", "window": "P1D"}, record(Against.BUYER_CRM, 2), None),
            ({"against": "buyer_crm"}, record(Against.BUYER_CRM, 0), None),
            ({"against": "buyer_crm"}, record(Against.BUYER_OPEN_DEAL, 2), None),
            ({"against": "buyer_crm", "fields": ["email"]}, record(Against.BUYER_CRM, 2), None),
            ({"against": "buyer_crm", "logic": "all"}, record(Against.BUYER_CRM, 2), None),
            ({"against": "same_vendor"}, record(Against.SAME_VENDOR, 2), ReasonCode.DUP_SAME_VENDOR),
            ({"against": "same_vendor"}, record(Against.ANY_VENDOR, 2, vendor="acme"), ReasonCode.DUP_SAME_VENDOR),
            ({"against": "same_vendor"}, record(Against.ANY_VENDOR, 2, vendor="zenith"), None),
            ({"against": "any_vendor"}, record(Against.ANY_VENDOR, 2, vendor="zenith"), ReasonCode.DUP_OTHER_VENDOR),
            ({"against": "any_vendor"}, record(Against.SAME_VENDOR, 2), ReasonCode.DUP_SAME_VENDOR),
        ],
    )
    def test_earlier_records(
        self, clause: dict[str, object], earlier: EarlierRecord, code: ReasonCode | None
    ) -> None:
        taken = take(make_delivery(earlier=[earlier]), make_contract(duplicates=[clause], returns=RETURNS))
        assert codes(taken) == ([] if code is None else [code])

    @pytest.mark.parametrize(
        ("opened", "closed", "is_open"),
        [
            (5, None, True),
            # Closed since, open then.
            (5, -1, True),
            (5, 1, False),
            (5, 0, False),
            # Opened after delivery.
            (-1, None, False),
        ],
    )
    def test_deals_count_that_were_open_at_delivery(self, opened: int, closed: int | None, is_open: bool) -> None:
        closed_at = None if closed is None else MONDAY - timedelta(days=closed)
        deal = record(Against.BUYER_OPEN_DEAL, opened, closed_at=closed_at)
        taken = take(make_delivery(earlier=[deal]), self.contract(against="buyer_open_deal"))
        assert codes(taken) == ([ReasonCode.DUP_BUYER_CRM] if is_open else [])

    def test_nothing_older_than_the_windows_is_kept(self) -> None:
        deliveries = [
            replace(each, keys={KeyField.PHONE: each.delivery_id})
            for each in make_deliveries(2000, timedelta(hours=1))
        ]
        book = ContractBook([self.contract(window="P1D")])
        intake = Intake(book)
        most = 0
        for delivery in deliveries:
            intake.take(delivery)
            most = max(most, len(intake.seen))
        assert most <= 3 * 24 + 1


class TestWhoIsPaid:
    def contracts(self) -> list[Contract]:
        clause = {"against": "any_vendor", "window": "P30D", "who_is_paid": "last_before_conversion"}
        return [
            make_contract(vendor=vendor, contract=vendor, duplicates=[clause], returns=RETURNS)
            for vendor in ("acme", "zenith")
        ]

    def deliveries(self, sold_at: datetime | None, sold_with: int) -> list[Delivery]:
        return [
            make_delivery(
                f"d{day}",
                MONDAY + timedelta(days=day),
                vendor=("acme", "zenith")[day % 2],
                phone="1",
                converted_at=sold_at if day == sold_with else None,
            )
            for day in range(3)
        ]

    @pytest.mark.parametrize(
        ("sold_after_days", "sold_with", "paid"),
        [
            (None, 0, "d0"),
            (0.5, 0, "d0"),
            (1.5, 0, "d1"),
            (1.5, 1, "d1"),
            (9, 0, "d2"),
            (9, 1, "d2"),
            (9, 2, "d2"),
        ],
    )
    def test_the_last_lead_before_the_sale(self, sold_after_days: float | None, sold_with: int, paid: str) -> None:
        sold_at = None if sold_after_days is None else MONDAY + timedelta(days=sold_after_days)
        taken = take_all(self.deliveries(sold_at, sold_with), *self.contracts())
        assert [each.delivery.delivery_id for each in taken if each is not None and not codes(each)] == [paid]

    def test_a_sale_that_is_not_known_yet_says_nothing(self) -> None:
        sold_at = MONDAY + timedelta(days=9)
        deliveries = self.deliveries(sold_at, 2)
        before = take_all(deliveries, *self.contracts(), as_of=sold_at - timedelta(seconds=1))
        assert [bool(codes(each)) for each in before] == [False, True, True]
        after = take_all(deliveries, *self.contracts(), as_of=sold_at)
        assert [bool(codes(each)) for each in after] == [True, True, False]


class TestCaps:
    def counted(self, caps: list[dict[str, object]], count: int, every: timedelta, **more: object) -> list[Taken]:
        contract = make_contract(volume={"caps": caps}, returns=RETURNS, **more)
        return [each for each in take_all(make_deliveries(count, every), contract) if each is not None]

    def test_what_comes_over_the_cap_is_out(self) -> None:
        taken = self.counted([{"per": "day", "limit": 3}], 30, timedelta(hours=3))
        out = [each.delivery.delivered_at for each in taken if each.out is not None]
        by_day: dict[object, int] = {}
        expected = []
        for each in taken:
            day = each.counts_at.astimezone(ZoneInfo("Europe/Berlin")).date()
            by_day[day] = by_day.get(day, 0) + 1
            if by_day[day] > 3:
                expected.append(each.delivery.delivered_at)
        assert out == expected
        assert out

    def test_a_lead_that_is_out_uses_up_no_cap(self) -> None:
        contract = make_contract(
            volume={"caps": [{"per": "total", "limit": 1}]},
            filters=[{"field": "country", "op": "eq", "value": "DE", "on_fail": "not_payable"}],
        )
        deliveries = [
            make_delivery("a", fields={"country": "US"}),
            make_delivery("b", fields={"country": "DE"}),
            make_delivery("c", fields={"country": "DE"}),
        ]
        assert [codes(each) for each in take_all(deliveries, contract)] == [
            [ReasonCode.OUT_OF_SCOPE],
            [],
            [ReasonCode.OVER_CAP],
        ]

    def test_out_by_one_cap_it_uses_up_no_other(self) -> None:
        caps: list[dict[str, object]] = [{"per": "total", "limit": 3}, {"per": "hour", "limit": 1}]
        taken = self.counted(caps, 8, timedelta(minutes=30))
        assert [each.out is None for each in taken] == [True, False, True, False, True, False, False, False]

    def test_caps_in_money_count_prices_and_a_cheaper_lead_may_fit(self) -> None:
        contract = make_contract(
            pricing={"model": "by_geo", "field": "zip", "prices": {"a": "60.00", "b": "30.00"}, "price": "10.00"},
            volume={"caps": [{"unit": "money", "per": "day", "limit": "100.00"}]},
        )
        deliveries = [
            make_delivery(f"d{n}", fields={"zip": zip_code}, replaces=replaces)
            for n, (zip_code, replaces) in enumerate(
                [("a", ""), ("b", ""), ("b", ""), ("z", ""), ("z", ""), ("a", "d0")]
            )
        ]
        taken = take_all(deliveries, contract)
        assert [bool(codes(each)) for each in taken] == [False, False, True, False, True, False]
        assert taken[2] is not None
        assert said(taken[2]) == ["It came on Mon 2026-03-02 10:00, over the cap of 100.00 EUR for each day."]

    def test_returnable_and_pay(self) -> None:
        returnable = self.counted([{"per": "day", "limit": 1, "over_cap": "returnable"}], 2, timedelta(hours=1))
        assert [(each.out, len(each.charges)) for each in returnable] == [(None, 0), (None, 1)]
        paid = self.counted([{"per": "day", "limit": 1, "over_cap": "pay"}], 2, timedelta(hours=1))
        assert [(each.out, len(each.charges)) for each in paid] == [(None, 0), (None, 0)]

    def test_put_off_leads_fill_the_next_spans_in_order(self) -> None:
        taken = self.counted([{"per": "day", "limit": 2, "over_cap": "queue"}], 5, timedelta(minutes=1))
        zone = ZoneInfo("Europe/Berlin")
        assert [each.counts_at.astimezone(zone).strftime("%d %H:%M") for each in taken] == [
            "02 10:00",
            "02 10:01",
            "03 00:00",
            "03 00:00",
            "04 00:00",
        ]

    def test_put_off_leads_wait_for_the_hours_too(self) -> None:
        taken = self.counted(
            [{"per": "day", "limit": 1, "over_cap": "queue"}],
            3,
            timedelta(minutes=1),
            delivery={"hours": OFFICE, "outside_hours": "queue"},
        )
        assert [each.counts_at for each in taken] == [MONDAY, at("2026-03-03T08:00"), at("2026-03-04T08:00")]

    def test_what_never_finds_room_is_out(self) -> None:
        in_all = self.counted([{"per": "total", "limit": 1, "over_cap": "queue"}], 2, timedelta(minutes=1))
        assert [each.out is None for each in in_all] == [True, False]
        too_dear = self.counted(
            [{"unit": "money", "per": "day", "limit": "24.99", "over_cap": "queue"}], 1, timedelta(minutes=1)
        )
        assert [codes(each) for each in too_dear] == [[ReasonCode.OVER_CAP]]

    @given(
        st.lists(st.integers(0, 7200), min_size=1, max_size=40),
        st.lists(
            st.fixed_dictionaries(
                {
                    "per": st.sampled_from(["hour", "day", "week", "month", "total"]),
                    "limit": st.integers(1, 6),
                    "over_cap": st.sampled_from(["queue", "not_payable"]),
                }
            ),
            min_size=1,
            max_size=3,
        ),
    )
    def test_no_span_ever_holds_more_than_its_cap_and_none_overtakes(
        self, gaps_s: list[int], caps: list[dict[str, object]]
    ) -> None:
        instant, deliveries = at("2026-10-24T20:00"), []
        for number, gap_s in enumerate(gaps_s):
            instant += timedelta(seconds=gap_s)
            deliveries.append(make_delivery(f"d{number:03d}", instant))
        taken = [each for each in take_all(deliveries, make_contract(volume={"caps": caps})) if each is not None]
        kept = [each.counts_at for each in taken if each.out is None]
        assert kept == sorted(kept)
        assert all(each.counts_at >= each.delivery.delivered_at for each in taken)
        zone = ZoneInfo("Europe/Berlin")
        for cap in caps:
            sizes: dict[object, int] = {}
            for each in kept:
                local = each.astimezone(zone)
                span = {
                    "hour": (local.date(), local.hour, local.utcoffset()),
                    "day": local.date(),
                    "week": local.isocalendar()[:2],
                    "month": (local.year, local.month),
                    "total": 0,
                }[str(cap["per"])]
                sizes[span] = sizes.get(span, 0) + 1
            assert max(sizes.values()) <= int(str(cap["limit"]))


_PEOPLE = st.tuples(
    st.integers(0, 60 * 24 * 8),
    st.sampled_from(["acme", "zenith", "nobody"]),
    st.sampled_from(["", "1", "2", "3"]),
    st.sampled_from(["", "x", "y"]),
)


@given(
    st.lists(_PEOPLE, max_size=40),
    st.sampled_from(["same_vendor", "any_vendor"]),
    st.sampled_from(["any", "all"]),
    st.sampled_from([None, "PT12H", "P1D", "P3D", "P3DT1S"]),
    st.sampled_from([["phone"], ["phone", "email"], ["email", "phone", "email"]]),
)
def test_the_index_finds_what_comparing_all_with_all_finds(
    people: list[tuple[int, str, str, str]], against: str, logic: str, window: str | None, fields: list[str]
) -> None:
    clause = {"against": against, "logic": logic, "window": window, "fields": fields}
    contracts = [
        make_contract(vendor=vendor, contract=vendor, duplicates=[clause], returns=RETURNS)
        for vendor in ("acme", "zenith")
    ]
    start = at("2026-03-25T00:00")
    deliveries = sorted(
        (
            make_delivery(f"d{n:03d}", start + timedelta(minutes=minute), vendor=vendor, phone=phone, email=email)
            for n, (minute, vendor, phone, email) in enumerate(people)
        ),
        key=lambda each: (each.delivered_at, each.delivery_id),
    )
    zone = ZoneInfo("Europe/Berlin")
    limit = contracts[0].duplicates[0].window

    def is_earlier(before: Delivery, this: Delivery) -> bool:
        if against == "same_vendor" and before.vendor != this.vendor:
            return False
        same = [
            bool(this.keys.get(KeyField(f))) and before.keys.get(KeyField(f)) == this.keys.get(KeyField(f))
            for f in fields
        ]
        if not (all(same) if logic == "all" else any(same)):
            return False
        if limit is None:
            return True
        local = this.delivered_at.astimezone(zone) - timedelta(days=limit.days)
        return before.delivered_at >= local.astimezone(ZoneInfo("UTC")) - timedelta(seconds=limit.seconds)

    expected = [
        any(is_earlier(before, this) for before in deliveries[:at_])
        for at_, this in enumerate(deliveries)
        if this.vendor != "nobody"
    ]
    taken = [each for each in take_all(deliveries, *contracts) if each is not None]
    assert [bool(each.charges) for each in taken] == expected


@given(st.randoms(use_true_random=False))
def test_the_order_of_arrival_within_an_instant_does_not_matter(shuffler: random.Random) -> None:
    contract = make_contract(
        volume={"caps": [{"per": "day", "limit": 4}, {"per": "hour", "limit": 2, "over_cap": "queue"}]},
        duplicates=[{"window": "P30D"}],
        returns=RETURNS,
    )
    deliveries = [
        make_delivery(f"d{n}", MONDAY + timedelta(minutes=n // 5 * 30), phone=str(n % 7)) for n in range(15)
    ]
    shuffled = list(deliveries)
    shuffler.shuffle(shuffled)
    assert take_all(shuffled, contract) == take_all(deliveries, contract)
