"""Contracts and deliveries of any kind, for properties that hold of all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from audits.model.contract import Against, Contract, KeyField
from audits.model.delivery import (
    Channel,
    Claim,
    ClaimStatus,
    Delivery,
    EarlierRecord,
    Ground,
    Handling,
    HandlingFact,
    Proof,
    ProofKind,
    Try,
)
from audits.model.reasons import ReasonCode
from tests.contracts.make import MONDAY, OFFICE, make_contract, make_delivery

#: The instant as of which most of them are judged: most windows are open for some leads and over for others.
AS_OF = MONDAY + timedelta(days=9)

TREATMENTS = st.sampled_from(["pay", "queue", "returnable", "not_payable"])
UNQUEUED = st.sampled_from(["pay", "returnable", "not_payable"])
PERS = st.sampled_from(["hour", "day", "week", "month", "cycle", "total"])
LONG = st.sampled_from(["day", "cycle", "total"])
ROUNDINGS = st.sampled_from(["floor", "ceil", "half_up"])
BASES = st.sampled_from(["delivered", "usable", "ordered"])
CODE_NAMES = ["PHONE_DISCONNECTED", "FICTITIOUS", "OUT_OF_GEO", "NO_ANSWER"]
CODES = st.sampled_from(CODE_NAMES)
SPANS = st.sampled_from(["PT1H", "P1D", "PT48H", "P7D", "P10D"])
GROUPS = st.sampled_from([[], ["country"], ["country", "product"]])


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of the fields, those not drawn left out."""
    return st.fixed_dictionaries({}, optional=fields)


tiers = st.sampled_from([[1], [1, 3], [1, 2, 5]]).map(
    lambda starts: [{"from_n": each, "price": str(20 - 3 * n)} for n, each in enumerate(starts)]
)
overages = st.none() | st.fixed_dictionaries(
    {"price_pct": st.integers(0, 150)}, optional={"accept_within": st.just("PT48H")}
)
pricings = (
    st.fixed_dictionaries(
        {"model": st.just("flat"), "price": st.sampled_from(["25.00", "9.99"]), "overage": overages}
    )
    | st.fixed_dictionaries(
        {
            "model": st.just("tier"),
            "tiers": tiers,
            "tier_mode": st.sampled_from(["marginal", "all"]),
            "per": PERS,
            "overage": overages,
        }
    )
    | st.fixed_dictionaries(
        {"model": st.just("by_geo"), "field": st.just("country"), "prices": st.just({"DE": "20.00"})},
        optional={"price": st.just("7.00")},
    )
    | st.fixed_dictionaries({"model": st.just("rev_share"), "percent": st.sampled_from(["10", "12.5"])})
)
delivery_caps = st.fixed_dictionaries(
    {"unit": st.sampled_from(["leads", "money"]), "per": PERS, "limit": st.integers(1, 60), "over_cap": TREATMENTS}
)
volumes = _some(ordered=st.integers(0, 12), per=PERS, caps=st.lists(delivery_caps, max_size=2))
delivery_terms = _some(
    hours=st.just(OFFICE),
    outside_hours=TREATMENTS,
    max_age=st.just("PT48H"),
    late=UNQUEUED,
    required_fields=st.just(["email"]),
    missing_field=UNQUEUED,
)
filters = st.lists(
    st.fixed_dictionaries(
        {
            "field": st.just("country"),
            "op": st.just("in"),
            "value": st.just(["DE", "NO"]),
            "reason": st.just("OUT_OF_GEO"),
            "on_unknown": st.sampled_from(["pass", "pending", "reject"]),
            "on_fail": UNQUEUED,
        }
    ),
    max_size=1,
)
duplicate_clauses = st.lists(
    st.fixed_dictionaries(
        {
            "fields": st.just(["phone"]),
            "window": st.none() | st.just("P1D"),
            "against": st.sampled_from(["same_vendor", "any_vendor", "buyer_crm", "buyer_open_deal"]),
            "who_is_paid": st.sampled_from(["first", "last_before_conversion"]),
            "treatment": UNQUEUED,
        }
    ),
    max_size=2,
)
windows = _some(
    until=SPANS | st.just("day_of_next_month:5"),
    not_before=st.just("PT1H"),
    cut_off=st.sampled_from(["quote_started", "contacted"]),
)
return_caps = (
    st.none()
    | st.fixed_dictionaries(
        {
            "kind": st.sampled_from(["pct", "fixed"]),
            "value": st.sampled_from([0, 1, 2, 10, 30]),
            "base": BASES,
            "per": LONG,
            "group_by": GROUPS,
            "rounding": ROUNDINGS,
        }
    )
    | st.fixed_dictionaries(
        {
            "kind": st.just("rolling_pct"),
            "value": st.sampled_from([0, 10, 30]),
            "over": SPANS,
            "base": BASES,
            "group_by": GROUPS,
            "rounding": ROUNDINGS,
        }
    )
)
_tolerances: st.SearchStrategy[dict[str, Any] | None] = st.fixed_dictionaries(
    {"percent": st.sampled_from([0, 10, 30, 60]), "base": BASES, "per": LONG, "rounding": ROUNDINGS}
)
tolerances = st.none() | _tolerances | _tolerances
returns = st.fixed_dictionaries(
    {
        "reasons": st.permutations(CODE_NAMES).map(lambda each: each[:3]) | st.lists(CODES, unique=True),
        "cap": return_caps,
        "tolerance": tolerances,
        "remedy": st.sampled_from(["credit", "replacement"]),
    },
    optional={
        "window": windows,
        "deemed_valid_without_disposition_after": st.just("PT48H"),
        "replacement_returnable": st.booleans(),
        "listed_reasons_only": st.booleans(),
        "evidence": st.just({"need": ["lead_id", "attempts>=2@different_daypart"]}),
    },
)
_DUTIES: list[dict[str, Any]] = [
    {"code": "first_attempt_within", "within": "PT24H"},
    {"code": "min_attempts", "count": 2, "reasons": ["PHONE_DISCONNECTED"]},
    {"code": "dispose_within", "within": "PT48H"},
]
duties = st.lists(st.sampled_from(_DUTIES), max_size=2, unique_by=lambda each: str(each["code"]))
#: What a contract may say, as in its file.
contract_fields = st.fixed_dictionaries(
    {"returns": st.none() | returns | returns},
    optional={
        "rounding": ROUNDINGS,
        "cycle": st.sampled_from(["week", "month"]),
        "volume": volumes,
        "delivery": delivery_terms,
        "filters": filters,
        "duplicates": duplicate_clauses,
        "duties": duties,
        "not_creditable": st.lists(CODES, max_size=1),
    },
)

#: From Sunday to the Monday after the next, in steps that let many fall on one instant.
instants = st.integers(-12, 96).map(lambda n: MONDAY + n * timedelta(hours=2))


@st.composite
def books(draw: st.DrawFn) -> list[Contract]:
    """One contract of Acme, in one version or two, and perhaps one of Bolt."""
    told = draw(contract_fields) | {"pricing": draw(pricings)}
    if draw(st.booleans()):
        other = draw(contract_fields) | {"pricing": draw(pricings)}
        contracts = [
            make_contract(**told, valid_to="2026-03-04"),
            make_contract(**other, version=2, valid_from="2026-03-06"),
        ]
    else:
        contracts = [make_contract(**told)]
    if draw(st.booleans()):
        contracts.append(make_contract(contract="bolt-roofs", vendor="bolt", timezone="America/New_York"))
    return contracts


grounds = st.builds(
    Ground,
    code=CODES.map(ReasonCode),
    is_proven=st.sampled_from([True, True, False]),
    known_at=st.none() | instants,
    found_by=st.sampled_from(["buyer", "PL008 v1"]),
    proofs=st.sampled_from([(), (Proof(kind=ProofKind.CALL_LOG, ref="call-1", sha256="ab" * 32),)]),
    missing=st.sampled_from(["", "line_type"]),
)
optional_instants = st.none() | instants


def _told_apart(handling: Handling) -> Handling:
    """The same with nothing both told and unknown."""
    told = {
        HandlingFact.DISPOSITION: handling.disposed_at,
        HandlingFact.CONTACTED: handling.contacted_at,
        HandlingFact.QUOTE_STARTED: handling.quote_started_at,
    }
    return replace(handling, unknown=frozenset(fact for fact in handling.unknown if told.get(fact) is None))


handlings = st.builds(
    Handling,
    tries=st.lists(st.builds(Try, at=instants, channel=st.sampled_from(Channel)), max_size=3).map(tuple),
    disposition=st.sampled_from(["", "bad number"]),
    disposed_at=optional_instants,
    contacted_at=optional_instants,
    quote_started_at=optional_instants,
    unknown=st.frozensets(st.sampled_from(HandlingFact), max_size=2),
).map(_told_apart)


@st.composite
def claims(draw: st.DrawFn) -> Claim | None:
    """A claim as far as it came."""
    statuses: list[ClaimStatus | None] = [None] * 10
    status = draw(st.sampled_from(statuses + list(ClaimStatus)))
    if status is None:
        return None
    is_sent = status is not ClaimStatus.DRAFT
    return Claim(
        status=status,
        code=ReasonCode(draw(CODES)),
        sent_at=draw(instants) if is_sent else None,
        answered_at=draw(instants) if is_sent and status is not ClaimStatus.SENT else None,
        credited=draw(st.sampled_from([0, 500, 2500])) if status is ClaimStatus.SETTLED else None,
    )


@st.composite
def _deliveries(draw: st.DrawFn, delivery_id: str) -> Delivery:
    fields = {
        "country": draw(st.sampled_from(["DE", "de", "NO", "FR", ""])),
        "product": draw(st.sampled_from(["a", "b"])),
    }
    delivered_at = draw(instants)
    return make_delivery(
        delivery_id,
        delivered_at,
        vendor=draw(st.sampled_from(["acme"] * 8 + ["bolt", "nobody"])),
        phone=draw(st.sampled_from([f"+49301000{n:02d}" for n in range(9)])),
        email=draw(st.sampled_from(["", "ann@example.org"])),
        submitted_at=draw(st.none() | st.just(delivered_at - timedelta(hours=50))),
        fields=fields,
        replaces=draw(st.sampled_from(["", "", "", "d00"])),
        revenue=draw(st.none() | st.integers(0, 9999)),
        converted_at=draw(optional_instants),
        grounds=draw(st.lists(grounds, min_size=draw(st.sampled_from([0, 1, 1])), max_size=2)),
        handling=draw(handlings),
        earlier=draw(st.lists(earlier_records(delivered_at), max_size=1)),
        claim=draw(claims()),
    )


def earlier_records(delivered_at: datetime) -> st.SearchStrategy[EarlierRecord]:
    """A record of the same person from before the delivery."""
    return st.builds(
        EarlierRecord,
        where=st.sampled_from(Against),
        received_at=st.sampled_from([1, 30, 900]).map(lambda hours: delivered_at - timedelta(hours=hours)),
        shared=st.just(frozenset({KeyField.PHONE})),
        ref=st.just("crm-1"),
        vendor=st.sampled_from(["", "acme", "bolt"]),
        closed_at=optional_instants,
    )


@st.composite
def deliveries(draw: st.DrawFn, most: int = 14) -> list[Delivery]:
    """Up to so many deliveries in any order, each with an id of its own."""
    count = draw(st.integers(1, most) | st.integers(most // 2, most))
    return [draw(_deliveries(f"d{n:02d}")) for n in range(count)]
