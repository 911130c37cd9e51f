"""How instants, spans and counts enter a sentence: one way, in every rule, as values of audits.model.said."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from audits.model.activity import Activity, ActivityKind, Disposition
from audits.model.lead import Lead, LeadStatus
from audits.model.said import Count, Moment, Shape, Span, Term

_KIND_WORDS = {
    ActivityKind.CALL: Term("call"),
    ActivityKind.EMAIL: Term("e-mail"),
    ActivityKind.MEETING: Term("meeting"),
    ActivityKind.MESSAGE: Term("message"),
    ActivityKind.NOTE: Term("note"),
}
_DISPOSITION_WORDS = {
    Disposition.CONNECTED: Term("connected"),
    Disposition.NO_ANSWER: Term("no answer"),
    Disposition.BUSY: Term("busy"),
    Disposition.VOICEMAIL: Term("voicemail"),
    Disposition.LEFT_MESSAGE: Term("left message"),
    Disposition.WRONG_NUMBER: Term("wrong number"),
    Disposition.NO_SHOW: Term("no show"),
    Disposition.BOUNCED: Term("bounced"),
}
_STATUS_WORDS = {
    LeadStatus.OPEN: Term("open"),
    LeadStatus.WON: Term("won"),
    LeadStatus.LOST: Term("lost"),
    LeadStatus.DISCARDED: Term("discarded"),
}


def moment(t: datetime, zone: ZoneInfo) -> Moment:
    """`Mon 2026-03-02 10:00` by the clock of `zone`."""
    return Moment(t, zone.key)


def day(t: datetime, zone: ZoneInfo) -> Moment:
    """`Mon 2026-03-02` by the clock of `zone`."""
    return Moment(t, zone.key, Shape.DAY)


def act_moment(activity: Activity, zone: ZoneInfo) -> Moment:
    """When it took place: a `moment`, or only its day where the hour is not known."""
    return Moment(activity.occurred_at, zone.key, Shape.MINUTE if activity.latest_at is None else Shape.HOUR_UNKNOWN)


def arrival_moment(lead: Lead, zone: ZoneInfo) -> Moment:
    """When the lead arrived: a `moment`, or only its day where the hour is not known."""
    return Moment(lead.received_at, zone.key, Shape.MINUTE if lead.received_latest_at is None else Shape.HOUR_UNKNOWN)


def moment_after(t: datetime, previous: datetime, zone: ZoneInfo) -> Moment:
    """The same, but only `10:20` when `previous` was on the same local date."""
    is_same_day = t.astimezone(zone).date() == previous.astimezone(zone).date()
    return Moment(t, zone.key, Shape.TIME if is_same_day else Shape.MINUTE)


def span(seconds: int) -> Span:
    """`45 s`, `5 min`, `2 h 30 min`; seconds are left out from ten hours on."""
    return Span(seconds)


def counted(count: int, one: str) -> Count:
    """`1 call`, `2 calls`; `one` is a key of said.NOUNS."""
    return Count(count, one)


def kind_word(activity: Activity) -> Term:
    """`call`, `e-mail`, `meeting`, `message` or `note`."""
    return _KIND_WORDS[activity.kind]


def disposition_word(disposition: Disposition) -> Term:
    """`no answer`, `voicemail` …"""
    return _DISPOSITION_WORDS[disposition]


def status_word(status: LeadStatus) -> Term:
    """`open`, `won`, `lost` or `discarded`."""
    return _STATUS_WORDS[status]
