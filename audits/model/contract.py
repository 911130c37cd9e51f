"""A lead vendor's contract: one validated model. A page with forms and a YAML file are its two faces.

What a clause means when leads are judged stands in docs/contracts.md. Amounts of money are written in major units
(25.00) with no more digits than the currency has, and are read in minor units by `Contract.minor`. Spans are ISO
8601: P10D are ten calendar days (the same time of day in the contract's zone), PT48H are 48 hours exactly.

A contract is immutable: a change is a new version. Raises pydantic.ValidationError, whose `errors()` name each place.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from audits.model.currencies import minor_digits
from audits.model.reasons import ReasonCode
from audits.model.working_calendar import WEEKDAYS, Calendar
from audits.model.zones import load_zone

_SPAN = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")
_NEED = re.compile(r"([a-z_]+)(?:>=(\d+))?(@different_daypart)?")
_ISO_4217 = re.compile("[A-Z]{3}")
#: Letters, digits and what stands between them in ids: they become parts of file names and links.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Clause(BaseModel):
    """A part of the contract. `ref`: its number in the signed paper (4.2); `title`, `says`: its words there, against
    which its figures are checked."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    ref: str = ""
    title: str = ""
    says: str = ""


class Rounding(StrEnum):
    """How parts of a minor unit, or of a lead, are rounded."""

    HALF_UP = "half_up"
    FLOOR = "floor"
    CEIL = "ceil"


class Treatment(StrEnum):
    """What becomes of a lead that a clause of the delivery does not want.

    PAY: it is owed all the same. QUEUE: it counts as delivered when there is room or the hours open. RETURNABLE: it
    may be returned like any other. NOT_PAYABLE: it is not owed, nobody has to return it, and it uses up no return cap
    and no tolerance.
    """

    PAY = "pay"
    QUEUE = "queue"
    RETURNABLE = "returnable"
    NOT_PAYABLE = "not_payable"


class Per(StrEnum):
    """Spans of the calendar in the contract's zone; weeks begin on Monday. CYCLE: the contract's billing cycle."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    CYCLE = "cycle"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of time: `days` calendar days and `seconds` exact ones."""

    days: int = 0
    seconds: int = 0

    @classmethod
    def parse(cls, text: str) -> Duration:
        """From ISO 8601 (P10D, PT48H, P1W). Raises ValueError; months and years have no fixed length."""
        found = _SPAN.fullmatch(text.strip().upper())
        if found is None or not any(found.groups()):
            raise ValueError(f"{text!r} is no span of time; write P10D for ten days or PT48H for 48 hours")
        weeks, days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
        return cls(weeks * 7 + days, hours * 3600 + minutes * 60 + seconds)

    def after(self, at: datetime, zone: ZoneInfo) -> datetime:
        """The instant (aware UTC) that much after `at` (aware): days by the calendar of `zone`, then the seconds."""
        if self.days:
            at = (at.astimezone(zone) + timedelta(days=self.days)).astimezone(UTC)
        return at + timedelta(seconds=self.seconds)

    def __str__(self) -> str:
        days = f"{self.days}D" if self.days else ""
        hours, rest = divmod(self.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        clock = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
        return f"P{days}T{clock}" if clock else f"P{days or '0D'}"


def _duration(value: object) -> Duration:
    if isinstance(value, Duration):
        return value
    if isinstance(value, str):
        return Duration.parse(value)
    raise ValueError("a span of time is a text such as P10D or PT48H")


def _identifier(value: str) -> str:
    if _ID.fullmatch(value) is None:
        raise ValueError(f"{value!r} is no id; use letters, digits, point, hyphen and underscore")
    return value


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise ValueError("an amount is a number")
    return value


def _digits(value: Decimal) -> str:
    # 25.00 and 25 are one amount, and one digest.
    return format(value.normalize(), "f")


_TEXT: Final = PlainSerializer(str, return_type=str)
_DIGITS: Final = PlainSerializer(_digits, return_type=str)
Span = Annotated[Duration, PlainValidator(_duration), _TEXT]
Identifier = Annotated[str, AfterValidator(_identifier)]
Amount = Annotated[Decimal, Field(ge=0, le=Decimal(10**10)), AfterValidator(_finite), _DIGITS]
Percent = Annotated[Decimal, Field(ge=0, le=1000), AfterValidator(_finite), _DIGITS]


def _zone_name(value: str) -> str:
    try:
        load_zone(value)
    except ValueError as error:
        raise ValueError(str(error).removeprefix("tz: ")) from None
    return value


def _currency(value: str) -> str:
    if _ISO_4217.fullmatch(value) is None:
        raise ValueError(f"{value!r} is no currency; write three capitals (EUR)")
    return value


def _minute(value: time) -> time:
    if value.tzinfo is not None or value.second or value.microsecond:
        raise ValueError("a time of day is written by the contract's own clock, as 17:00")
    return value


Clock = Annotated[time, AfterValidator(_minute), PlainSerializer(lambda at: at.isoformat("minutes"), return_type=str)]


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]


def _dayparts(value: tuple[time, ...]) -> tuple[time, ...]:
    if list(value) != sorted(set(value)) or not value or value[0] != time(0):
        raise ValueError("parts of the day begin with 00:00 and rise")
    return value


def _cycle(value: Per) -> Per:
    if value not in (Per.WEEK, Per.MONTH):
        raise ValueError("a billing cycle is a week or a month")
    return value


class Hours(Clause):
    """Hours of the week in the contract's zone and days on which nothing is done, as in `Calendar`: lists of
    ["09:00", "18:00"] by weekday (mon … sun)."""

    week: Mapping[str, tuple[tuple[str, str], ...]]
    holidays: tuple[date, ...] = ()

    @model_validator(mode="after")
    def _is_calendar(self) -> Hours:
        for day in self.week:
            if day not in WEEKDAYS:
                raise ValueError(f"{day!r} is no weekday; use {', '.join(WEEKDAYS)}")
        self.calendar("UTC")
        return self

    def calendar(self, zone: str) -> Calendar:
        """The same as working hours in `zone` (IANA). Raises ValueError naming the place."""
        return Calendar.from_json(
            {
                "tz": zone,
                "week": {day: [list(each) for each in hours] for day, hours in self.week.items()},
                "holidays": [day.isoformat() for day in self.holidays],
            }
        )


class Operator(StrEnum):
    """How a field is compared. WITHIN_KM: the value is a distance, the field says kilometres."""

    IN = "in"
    NOT_IN = "not_in"
    EQ = "eq"
    GTE = "gte"
    LTE = "lte"
    WITHIN_KM = "within_km"


class Comparison(Clause):
    """A comparison of one field of the delivery. Texts are compared without regard to case, numbers as numbers."""

    field: str = Field(min_length=1)
    op: Operator
    value: Texts = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Comparison:
        if self.op in (Operator.GTE, Operator.LTE, Operator.WITHIN_KM):
            if len(self.value) != 1:
                raise ValueError(f"{self.op} compares with one number")
            try:
                number = Decimal(self.value[0])
            except ArithmeticError:
                number = Decimal("NaN")
            if not number.is_finite():
                raise ValueError(f"{self.value[0]!r} is no number, and {self.op} compares numbers")
        if self.op is Operator.EQ and len(self.value) != 1:
            raise ValueError("eq compares with one value; use in for several")
        return self


class OnUnknown(StrEnum):
    """What holds when the field is not known: it passes, it waits for the answer, or it counts as failed."""

    PASS = "pass"  # noqa: S105  (an answer, no password)
    PENDING = "pending"
    REJECT = "reject"


class Filter(Comparison):
    """What was ordered: a lead that fails may be returned with `reason`."""

    on_unknown: OnUnknown = OnUnknown.PENDING
    reason: ReasonCode = ReasonCode.OUT_OF_SCOPE
    on_fail: Treatment = Treatment.RETURNABLE


class PriceModel(StrEnum):
    """How a lead is priced."""

    FLAT = "flat"
    TIER = "tier"
    BY_GEO = "by_geo"
    REV_SHARE = "rev_share"


class Tier(Clause):
    """From the n-th delivered lead of the span on, the price."""

    from_n: int = Field(ge=1)
    price: Amount


class TierMode(StrEnum):
    """MARGINAL: each lead has the price of its own number. ALL: all have the price of the last number reached."""

    MARGINAL = "marginal"
    ALL = "all"


class Overage(Clause):
    """Leads beyond what was ordered: at `price_pct` of the price, if the buyer accepts them within the span."""

    price_pct: Percent = Decimal(100)
    accept_within: Span | None = None


class Pricing(Clause):
    """What a lead costs. FLAT: `price`. TIER: `tiers`, counted `per`. BY_GEO: by the value of `field`, else `price`.
    REV_SHARE: `percent` of the revenue that came of it."""

    model: PriceModel = PriceModel.FLAT
    price: Amount | None = None
    tiers: tuple[Tier, ...] = ()
    tier_mode: TierMode = TierMode.MARGINAL
    per: Per = Per.CYCLE
    field: str = ""
    prices: Mapping[str, Amount] = Field(default_factory=dict)
    percent: Percent | None = None
    overage: Overage | None = None
    min_order: int | None = Field(default=None, ge=0)

    @model_validator(mode="after")
    def _is_complete(self) -> Pricing:
        missing = {
            PriceModel.FLAT: self.price is None and "price",
            PriceModel.TIER: not self.tiers and "tiers",
            PriceModel.BY_GEO: (not self.field and "field") or (not self.prices and "prices"),
            PriceModel.REV_SHARE: self.percent is None and "percent",
        }[self.model]
        if missing:
            raise PydanticCustomError("missing", f"a price by {self.model} needs {missing}")
        starts = [tier.from_n for tier in self.tiers]
        if starts and (starts[0] != 1 or sorted(set(starts)) != starts):
            raise ValueError("tiers begin with from_n 1 and rise")
        return self


class CapUnit(StrEnum):
    """What a cap counts."""

    LEADS = "leads"
    MONEY = "money"


class DeliveryCap(Clause):
    """At most `limit` leads, or so much money (major units), in each span of the contract's calendar."""

    unit: CapUnit = CapUnit.LEADS
    per: Per
    limit: Amount
    over_cap: Treatment = Treatment.NOT_PAYABLE


class Shortfall(Clause):
    """What becomes of leads that were ordered and never came: under `refund_below` refunded, from `redeliver_from`
    on delivered later."""

    refund_below: int | None = Field(default=None, ge=0)
    redeliver_from: int | None = Field(default=None, ge=0)


class Volume(Clause):
    """How many were ordered in each `per`, and caps."""

    ordered: int | None = Field(default=None, ge=0)
    per: Per = Per.CYCLE
    caps: tuple[DeliveryCap, ...] = ()
    shortfall: Shortfall | None = None
    pause_notice: Span | None = None


class ConsentProof(StrEnum):
    """The certificate that must come with a lead; ANY: one of them."""

    NONE = "none"
    TRUSTEDFORM = "trustedform"
    JORNAYA = "jornaya"
    ANY = "any"


class DeliveryTerms(Clause):
    """How leads are to come. `max_age`: from the person's request to delivery, in the contract's own `hours`
    when `business_time`."""

    hours: Hours | None = None
    outside_hours: Treatment = Treatment.NOT_PAYABLE
    max_age: Span | None = None
    business_time: bool = False
    late: Treatment = Treatment.RETURNABLE
    required_fields: Texts = ()
    missing_field: Treatment = Treatment.RETURNABLE
    consent_proof: ConsentProof = ConsentProof.NONE
    no_consent: Treatment = Treatment.RETURNABLE


class ExclusivityKind(StrEnum):
    """Whether the lead is sold to one buyer or several."""

    EXCLUSIVE = "exclusive"
    SHARED = "shared"


class Exclusivity(Clause):
    """To how many buyers a lead may be sold (`max_sold` None: no number was agreed)."""

    kind: ExclusivityKind = ExclusivityKind.SHARED
    max_sold: int | None = Field(default=None, ge=1)
    radius_km: int | None = Field(default=None, ge=0)


class Against(StrEnum):
    """Among whose records a duplicate is looked for. OPEN DEALS are those open as of delivery."""

    SAME_VENDOR = "same_vendor"
    ANY_VENDOR = "any_vendor"
    BUYER_CRM = "buyer_crm"
    BUYER_OPEN_DEAL = "buyer_open_deal"


class KeyField(StrEnum):
    """What makes two records one person's. PERSON: a comparison of all that both say."""

    PHONE = "phone"
    EMAIL = "email"
    PERSON = "person"


class Logic(StrEnum):
    """Whether one of the fields is enough, or all must agree."""

    ANY = "any"
    ALL = "all"


class WhoIsPaid(StrEnum):
    """Of two vendors with one person: the first; or, when the sale came after both, the last before it."""

    FIRST = "first"
    LAST_BEFORE_CONVERSION = "last_before_conversion"


class DuplicateClause(Clause):
    """When a lead is a duplicate: the same `fields` as a record of `against` within `window` before its delivery;
    None = of any age."""

    fields: tuple[KeyField, ...] = Field(default=(KeyField.PHONE, KeyField.EMAIL), min_length=1)
    logic: Logic = Logic.ANY
    window: Span | None = None
    against: Against = Against.SAME_VENDOR
    who_is_paid: WhoIsPaid = WhoIsPaid.FIRST
    treatment: Treatment = Treatment.RETURNABLE


class WindowFrom(StrEnum):
    """From when the days of a window run."""

    DELIVERED_AT = "delivered_at"
    CYCLE_END = "cycle_end"


class CutOff(StrEnum):
    """An act of the buyer that ends the right to return: he began a quote, he spoke with the person."""

    QUOTE_STARTED = "quote_started"
    CONTACTED = "contacted"


@dataclass(frozen=True, slots=True)
class DayOfNextMonth:
    """By the end of that day of the month after delivery, in the contract's zone."""

    day: int

    def __str__(self) -> str:
        return f"day_of_next_month:{self.day}"


def _until(value: object) -> Duration | DayOfNextMonth:
    if isinstance(value, DayOfNextMonth):
        return value
    if isinstance(value, str) and value.startswith("day_of_next_month"):
        day = value.removeprefix("day_of_next_month").lstrip(":").strip()
        if not day.isdecimal() or not 1 <= int(day) <= 28:
            raise ValueError(f"{value!r}: write day_of_next_month:5, a day that every month has")
        return DayOfNextMonth(int(day))
    return _duration(value)


Until = Annotated[Duration | DayOfNextMonth, PlainValidator(_until), _TEXT]


class Window(Clause):
    """When a return may be claimed: from `not_before` to `until` after `start`, days being business days when so
    said; a `cut_off` ends it earlier. `until` None: at any time."""

    start: WindowFrom = WindowFrom.DELIVERED_AT
    not_before: Span | None = None
    until: Until | None = None
    business_days: bool = False
    cut_off: CutOff | None = None


class CapKind(StrEnum):
    """PCT: of `base` in each `per`. FIXED: so many in each. ROLLING_PCT: of what came within `over` before."""

    PCT = "pct"
    FIXED = "fixed"
    ROLLING_PCT = "rolling_pct"


class Base(StrEnum):
    """Of what a share is taken. USABLE: what was delivered less what is not owed without a return."""

    DELIVERED = "delivered"
    USABLE = "usable"
    ORDERED = "ordered"


class ReturnCap(Clause):
    """At most so many returns, for each value of `group_by` by itself."""

    kind: CapKind = CapKind.PCT
    value: Amount
    base: Base = Base.DELIVERED
    per: Per = Per.CYCLE
    over: Span | None = None
    group_by: Texts = ()
    rounding: Rounding = Rounding.FLOOR

    @model_validator(mode="after")
    def _is_complete(self) -> ReturnCap:
        if (self.kind is CapKind.ROLLING_PCT) != (self.over is not None):
            raise PydanticCustomError("missing", "rolling_pct, and it alone, needs over (P14D)")
        return self


class Tolerance(Clause):
    """A deductible: so many bad leads in each span are borne by the buyer, only those beyond are credited."""

    percent: Percent
    base: Base = Base.USABLE
    per: Per = Per.CYCLE
    rounding: Rounding = Rounding.FLOOR


class Remedy(StrEnum):
    """What the vendor owes for a creditable return. REPLACEMENT: another lead; the price stays owed."""

    CREDIT = "credit"
    REFUND = "refund"
    REPLACEMENT = "replacement"


class Silence(StrEnum):
    """What it means when the vendor does not answer in time."""

    ACCEPTED = "accepted"
    DENIED = "denied"


class Approval(Clause):
    """How returns are answered. `auto_if_within`: claims sent so early are accepted by themselves. `resubmit`: how
    often a refused one may be sent again."""

    auto_if_within: Span | None = None
    answer_within: Span | None = None
    silence_means: Silence | None = None
    resubmit: int = Field(default=0, ge=0)


class NeedKind(StrEnum):
    """What must be shown with a claim."""

    LEAD_ID = "lead_id"
    CALL_LOG = "call_log"
    RECORDING_ID = "recording_id"
    ATTEMPTS = "attempts"
    VALIDATOR_RESULT = "validator_result"
    BOUNCE = "bounce"
    NOTE = "note"


class Need(Clause):
    """Evidence that a claim must bear: at least so many, at different times of day when so said. As text:
    attempts>=2@different_daypart."""

    kind: NeedKind
    least: int = Field(default=1, ge=1)
    distinct_dayparts: bool = False

    def __str__(self) -> str:
        least = f">={self.least}" if self.least > 1 or self.kind is NeedKind.ATTEMPTS else ""
        return f"{self.kind}{least}{'@different_daypart' if self.distinct_dayparts else ''}"


def _need(value: object) -> object:
    if not isinstance(value, str):
        return value
    found = _NEED.fullmatch(value.strip())
    if found is None or found[1] not in set(NeedKind):
        raise ValueError(f"{value!r} is no evidence; use {', '.join(NeedKind)}, or attempts>=2@different_daypart")
    return {"kind": found[1], "least": int(found[2] or 1), "distinct_dayparts": bool(found[3])}


NeedText = Annotated[Need, BeforeValidator(_need), PlainSerializer(str, return_type=str)]


class EvidenceTerms(Clause):
    """What a claim must bear, and whether it may name persons."""

    personal_data: bool = False
    need: tuple[NeedText, ...] = ()


class Reason(Clause):
    """A listed reason with the vendor's own words for it, and what it needs beside what every claim needs."""

    code: ReasonCode
    words: Texts = ()
    need: tuple[NeedText, ...] = ()


def _reason(value: object) -> object:
    return {"code": value} if isinstance(value, str) else value


class Returns(Clause):
    """When, for what and how leads are returned."""

    window: Window = Window()
    deemed_valid_without_disposition_after: Span | None = None
    cap: ReturnCap | None = None
    tolerance: Tolerance | None = None
    remedy: Remedy = Remedy.CREDIT
    replacement_returnable: bool = True
    listed_reasons_only: bool = True
    approval: Approval = Approval()
    evidence: EvidenceTerms = EvidenceTerms()
    reasons: tuple[Annotated[Reason, BeforeValidator(_reason)], ...] = ()


class DutyCode(StrEnum):
    """What the buyer owes, so that a return counts."""

    FIRST_ATTEMPT_WITHIN = "first_attempt_within"
    MIN_ATTEMPTS = "min_attempts"
    DISPOSE_WITHIN = "dispose_within"
    BIND_FILTERS = "bind_filters"


class Duty(Clause):
    """A duty of the buyer. `within` after delivery (in the contract's hours when `business_time`); for MIN_ATTEMPTS
    None = by the end of the return window. `reasons`: the returns that hang on it; none named = all."""

    code: DutyCode
    within: Span | None = None
    count: int | None = Field(default=None, ge=1)
    distinct_dayparts: bool = False
    business_time: bool = False
    reasons: tuple[ReasonCode, ...] = ()

    @model_validator(mode="after")
    def _is_complete(self) -> Duty:
        if self.code in (DutyCode.FIRST_ATTEMPT_WITHIN, DutyCode.DISPOSE_WITHIN) and self.within is None:
            raise PydanticCustomError("missing", f"{self.code} needs within (PT24H)")
        if self.code is DutyCode.MIN_ATTEMPTS and self.count is None:
            raise PydanticCustomError("missing", "min_attempts needs count")
        return self


class Contract(Clause):
    """One version of what was agreed with a vendor. `valid_to`: the last day on which it holds. `match`: which
    deliveries are this vendor's (all must hold; none = whatever a file or link of the vendor brings).
    `sub_source`: the field that names the vendor's own source. `dayparts`: when parts of the day begin."""

    contract: Identifier
    vendor: Identifier
    version: int = Field(ge=1)
    valid_from: date
    valid_to: date | None = None
    signed_ref: str = ""
    timezone: Annotated[str, AfterValidator(_zone_name)]
    currency: Annotated[str, AfterValidator(_currency)]
    rounding: Rounding = Rounding.HALF_UP
    cycle: Annotated[Per, AfterValidator(_cycle)] = Per.MONTH
    hours: Hours | None = None
    dayparts: Annotated[tuple[Clock, ...], AfterValidator(_dayparts)] = (time(0), time(12), time(17))
    match: tuple[Comparison, ...] = ()
    sub_source: str = ""
    pricing: Pricing
    volume: Volume = Volume()
    delivery: DeliveryTerms = DeliveryTerms()
    filters: tuple[Filter, ...] = ()
    exclusivity: Exclusivity = Exclusivity()
    duplicates: tuple[DuplicateClause, ...] = ()
    returns: Returns | None = None
    duties: tuple[Duty, ...] = ()
    not_creditable: tuple[ReasonCode, ...] = ()

    @model_validator(mode="after")
    def _agrees(self) -> Contract:
        digits = minor_digits(self.currency)
        places = [place for place, amount in self._amounts() if -int(amount.normalize().as_tuple().exponent) > digits]
        if places:
            # All at once; a reader of the file shows each at its own line.
            said = f"{', '.join(places)}: more digits than {self.currency} has ({digits})"
            raise PydanticCustomError("amount", "{said}", {"said": said, "places": places})
        return self

    def _amounts(self) -> list[tuple[str, Decimal]]:
        found: list[tuple[str, Decimal | None]] = [("pricing.price", self.pricing.price)]
        found += [(f"pricing.tiers.{n}.price", tier.price) for n, tier in enumerate(self.pricing.tiers)]
        found += [(f"pricing.prices.{value}", price) for value, price in self.pricing.prices.items()]
        found += [
            (f"volume.caps.{n}.limit", cap.limit)
            for n, cap in enumerate(self.volume.caps)
            if cap.unit is CapUnit.MONEY
        ]
        return [(place, amount) for place, amount in found if amount is not None]

    def minor(self, amount: Decimal) -> int:
        """`amount` (major units, no more digits than the currency has) in minor units."""
        return int(amount.scaleb(minor_digits(self.currency)))

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone in which days, months and hours of the contract are counted."""
        return load_zone(self.timezone)

    @cached_property
    def digest(self) -> str:
        """Hex SHA-256 of the whole contract: equal for equal meaning, whichever face it was written in."""
        return hashlib.sha256(
            json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False).encode()
        ).hexdigest()

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on `day`, a date in its zone."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)
