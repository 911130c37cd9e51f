"""Every plain figure of a policy as a field of the form: its words, its unit, its default and whence that comes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from functools import lru_cache

from audits.model.policy import Cadence, Policy
from audits.model.said import phrase
from audits.rule import Default, Family, Trust
from audits.rulebook import OWNER_RULES, RULES
from connector.web.texts import t


class Kind(StrEnum):
    """What a figure counts. WORKING and WALL: spans; the others whole numbers."""

    WORKING = "working"
    WALL = "wall"
    DAYS = "days"
    PERCENT = "percent"
    COUNT = "count"
    MONEY = "money"
    PER_HOUR = "per_hour"


#: Units in which a span can be written, the largest first.
UNITS = (("h", 3600), ("min", 60), ("s", 1))


@dataclass(frozen=True, slots=True)
class Threshold:
    """One figure. `name`: the field of the policy; `high`: the most that makes sense, in the policy's unit."""

    name: str
    family: Family | None
    kind: Kind
    label: str
    hint: str = ""
    low: int = 0
    high: int = 400 * 3600


@dataclass(frozen=True, slots=True)
class Source:
    """Where a default comes from. `is_ours`: our own choice."""

    rule_id: str
    figure: str
    source: str
    is_ours: bool


_RT, _FU, _NC, _AG = Family.RESPONSE_TIME, Family.FOLLOW_UP, Family.NEGLECTED_CONTACT, Family.ANTI_GAMING
_FM, _LD, _PL = Family.FIRST_MESSAGE, Family.LONG_DEALS, Family.PSEUDO_LEAD
_WORKING, _WALL, _DAYS, _PERCENT, _COUNT = Kind.WORKING, Kind.WALL, Kind.DAYS, Kind.PERCENT, Kind.COUNT

#: In the order of the page. `cadence.…` are those of the cadence.
THRESHOLDS = (
    Threshold("response_goal_s", _RT, _WORKING, phrase("Goal of the first attempt, where no target fits")),
    Threshold("response_target_s", _RT, _WORKING, phrase("First attempt due, where no target fits"), low=60),
    Threshold("next_response_s", _RT, _WORKING, phrase("The lead wrote again: an answer is due within")),
    Threshold("missed_call_s", _RT, _WORKING, phrase("A missed call of the lead is to be returned within")),
    Threshold("vendor_limit_s", _RT, _WALL, phrase("A lead is to be delivered after the person sent it within")),
    Threshold("assignment_target_s", _RT, _WORKING, phrase("A new lead is to have an owner within")),
    Threshold(
        "escalate_after_s",
        _RT,
        _WORKING,
        phrase("The head of sales is told when nobody has tried, after the due time, for"),
        phrase("Only by mail, and only who asked for it."),
    ),
    Threshold(
        "capacity_per_hour_milli",
        _RT,
        Kind.PER_HOUR,
        phrase("First attempts that one person can make in an hour"),
        phrase("0 = learned from the account itself."),
        high=1_000_000,
    ),
    Threshold("cadence.calls", _FU, _COUNT, phrase("Calls agreed per lead"), high=50),
    Threshold("cadence.emails", _FU, _COUNT, phrase("E-mails agreed per lead"), high=50),
    Threshold("cadence.within_days", _FU, _DAYS, phrase("All of them within"), low=1, high=365),
    Threshold(
        "cadence_day_parts",
        _FU,
        _COUNT,
        phrase("Parts of the day in which the agreed calls are made"),
        phrase("Of morning, midday, afternoon and evening; 1 = not asked for."),
        low=1,
        high=4,
    ),
    Threshold("recontact_after_s", _FU, _WORKING, phrase("Next attempt after a failed one within")),
    Threshold("max_gap_s", _FU, _WORKING, phrase("Longest gap between two attempts")),
    Threshold(
        "same_hour_attempts", _FU, _COUNT, phrase("Too narrow: attempts within one hour of the day"), low=2, high=50
    ),
    Threshold(
        "one_channel_attempts", _FU, _COUNT, phrase("Too narrow: attempts by one channel alone"), low=2, high=50
    ),
    Threshold(
        "recontact_grace_s",
        _FU,
        _WORKING,
        phrase("A lost lead is to be called again, from the agreed day on, within"),
    ),
    Threshold("post_sale_days", _FU, _DAYS, phrase("After a sale somebody gets in touch within"), low=1, high=365),
    Threshold("never_called_after_s", _NC, _WORKING, phrase("Never called, counted after")),
    Threshold("silent_after_s", _NC, _WORKING, phrase("Neglected when silent, and without a planned task, for")),
    Threshold("overdue_task_s", _NC, _WORKING, phrase("A task counts as overdue after its date by")),
    Threshold(
        "stage_percent",
        _NC,
        _PERCENT,
        phrase("Stalled: longer in a stage than this share of the leads"),
        low=50,
        high=99,
    ),
    Threshold("handover_s", _NC, _WORKING, phrase("First attempt of a new owner within")),
    Threshold(
        "absent_cover_s", _NC, _WORKING, phrase("A lead of somebody who is away or gone is to be covered within")
    ),
    Threshold(
        "favour_percent",
        _NC,
        _PERCENT,
        phrase("Share of attempts on old clients while new leads wait"),
        low=50,
        high=100,
    ),
    Threshold(
        "claim_window_s", _AG, _WALL, phrase("A status that claims an attempt needs one before or after it within")
    ),
    Threshold("min_conversation_s", _AG, _WALL, phrase("A call is a conversation from"), high=600),
    Threshold("late_log_s", _AG, _WALL, phrase("A call does not count when it was logged later than")),
    Threshold(
        "log_burst", _AG, _COUNT, phrase("Calls of one person in one minute that still count"), low=1, high=100
    ),
    Threshold(
        "backdated_s",
        _AG,
        _WALL,
        phrase("Back-dated: entered after it is said to have happened by"),
        high=8760 * 3600,
    ),
    Threshold("hold_message_s", _AG, _WALL, phrase("A hold needs a word to the lead in the time before it of")),
    Threshold("parked_after_s", _AG, _WORKING, phrase("Parked: on hold without a word for")),
    Threshold(
        "tick_burst",
        _AG,
        _COUNT,
        phrase("Tasks of one person ticked off in one minute that are no burst"),
        low=1,
        high=100,
    ),
    Threshold("twin_percent", _FM, _PERCENT, phrase("Texts are alike from"), low=50, high=100),
    Threshold("twin_leads", _FM, _COUNT, phrase("The same text to so many other leads"), low=1, high=1000),
    Threshold(
        "twin_days", _FM, _DAYS, phrase("Texts are compared with those sent before or after within"), low=1, high=365
    ),
    Threshold(
        "unasked_messages", _FM, _COUNT, phrase("Messages without asking for a missing phone number"), low=1, high=50
    ),
    Threshold("answer_s", _FM, _WORKING, phrase("A question of the lead is to be answered within")),
    Threshold(
        "keep_text_days",
        _FM,
        _DAYS,
        phrase("Texts of messages are dropped after"),
        phrase("Only the words that are compared stay with a finding."),
        high=3650,
    ),
    Threshold(
        "single_thread_minor",
        _LD,
        Kind.MONEY,
        phrase("A deal needs several contacts from an amount of"),
        high=10_000_000_000_00,
    ),
    Threshold("deal_contacts", _LD, _COUNT, phrase("Contacts to be touched in such a deal"), low=1, high=20),
    Threshold(
        "won_age_percent",
        _LD,
        _PERCENT,
        phrase("Beyond the usual: longer than this share of the won deals"),
        low=50,
        high=99,
    ),
    Threshold("duplicate_window_days", _PL, _DAYS, phrase("A duplicate when seen again within"), low=1, high=3650),
    Threshold(
        "duplicate_percent",
        _PL,
        _PERCENT,
        phrase("One person with other contact data, when likely by at least"),
        low=50,
        high=99,
    ),
    Threshold(
        "suspect_percent",
        _PL,
        _PERCENT,
        phrase("A lead is suspect from this chance of a pseudo-lead"),
        low=1,
        high=99,
    ),
    Threshold(
        "pseudo_percent", _PL, _PERCENT, phrase("A lead is called a pseudo-lead from this chance"), low=1, high=100
    ),
    Threshold("least_form_s", _PL, _WALL, phrase("Too fast: a form sent in less than"), high=600),
    Threshold(
        "most_plausible",
        _PL,
        _COUNT,
        phrase("The most of your products that one person orders"),
        phrase("0 = not said, and no order is implausible."),
        high=1_000_000_000,
    ),
)

_FACTOR = {Kind.MONEY: 100, Kind.PER_HOUR: 1000}


def value_of(policy: Policy, name: str) -> int:
    """The figure `name` of the policy."""
    owner, _, field = name.rpartition(".")
    return int(getattr(policy.cadence if owner == "cadence" else policy, field))


def shipped(name: str) -> int:
    """The default of the figure `name`."""
    owner, _, field = name.rpartition(".")
    of_kind = fields(Cadence) if owner else fields(Policy)
    return int(next(each.default for each in of_kind if each.name == field and isinstance(each.default, int)))


@lru_cache(maxsize=1)
def sources() -> dict[str, tuple[Source, ...]]:
    """Field of the policy → where its default comes from, of each rule that says so itself."""
    found: dict[str, list[Source]] = {}
    for info in (*(rule.info for rule in RULES), *(rule.info for rule in OWNER_RULES)):
        for default in info.defaults:
            if not _is_reference(default):
                found.setdefault(default.policy_field, []).append(
                    Source(info.rule_id, default.figure, default.source, default.trust is Trust.OURS)
                )
    return {name: tuple(each) for name, each in found.items()}


def _is_reference(default: Default) -> bool:
    """Whether the rule only points at another one."""
    return default.source.startswith("as in ")


def unit_of(kind: Kind, value: int) -> str:
    """The unit in which a span is shown without a remainder; "" for what is no span."""
    if kind not in (Kind.WORKING, Kind.WALL):
        return ""
    return next((unit for unit, factor in UNITS if value % factor == 0 and value >= factor), "min")


def shown(kind: Kind, value: int) -> tuple[str, str]:
    """(number, unit) as the form shows the figure; `parse` reads it again without loss."""
    unit = unit_of(kind, value)
    if unit:
        return str(value // dict(UNITS)[unit]), unit
    factor = _FACTOR.get(kind)
    if factor is None:
        return str(value), ""
    whole, rest = divmod(value, factor)
    decimals = f"{rest:0{len(str(factor)) - 1}d}".rstrip("0")
    return f"{whole}.{decimals}" if decimals else str(whole), ""


def parse(threshold: Threshold, number: str, unit: str) -> int:
    """What was typed, in the policy's unit. Raises ValueError with a sentence."""
    factor = dict(UNITS).get(unit, 1) if unit else _FACTOR.get(threshold.kind, 1)
    whole, point, decimals = number.replace(",", ".").partition(".")
    places = len(str(factor)) - 1 if threshold.kind in _FACTOR else 0
    is_number = whole.isascii() and whole.isdecimal() and len(whole) <= 15
    if point:
        is_number = is_number and decimals.isascii() and decimals.isdecimal() and len(decimals) <= places
    if is_number:
        value = int(whole) * factor + (int(decimals.ljust(places, "0")) if point else 0)
        if threshold.low <= value <= threshold.high:
            return value
    low, high = (_written(threshold.kind, each) for each in (threshold.low, threshold.high))
    raise ValueError(t("Give a whole number from {low} to {high}.", low=low, high=high))


def _written(kind: Kind, value: int) -> str:
    number, unit = shown(kind, value)
    return f"{number} {unit}" if unit and value else number
