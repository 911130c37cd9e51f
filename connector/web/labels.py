"""How our closed words read on a page, and in which tone they are shown."""

from __future__ import annotations

from audits.model.activity import ActivityKind, Direction, Disposition
from audits.model.finding import Outcome
from audits.model.score import FollowUpStatus, Verdict
from audits.rule import Family
from connector.catalog import find_crm
from connector.storage.people import Role
from connector.web.texts import current, t

_STATUS = {
    FollowUpStatus.DUE: ("Due", "plain"),
    FollowUpStatus.OVERDUE: ("Overdue", "bad"),
    FollowUpStatus.NEVER_CALLED: ("Never called", "bad"),
    FollowUpStatus.NEGLECTED: ("Neglected", "warn"),
    FollowUpStatus.IN_PROGRESS: ("In progress", "good"),
    FollowUpStatus.CLOSED: ("Closed", "quiet"),
    FollowUpStatus.UNKNOWN: ("Not evaluated", "quiet"),
}
_VERDICT = {
    Verdict.PLAUSIBLE: ("Plausible", "good"),
    Verdict.SUSPECT: ("Suspect", "warn"),
    Verdict.PSEUDO: ("Pseudo-lead", "bad"),
    Verdict.DUPLICATE: ("Duplicate", "warn"),
    Verdict.UNKNOWN: ("Not evaluated", "quiet"),
}
_OUTCOME = {
    Outcome.BREACH: ("Breach", "bad"),
    Outcome.PASS: ("Pass", "good"),
    Outcome.NOT_EVALUATED: ("Not evaluated", "warn"),
    Outcome.NOT_APPLICABLE: ("Does not apply", "quiet"),
}
_ROLE = {Role.ADMIN: "Admin", Role.HEAD_OF_SALES: "Head of sales", Role.REP: "Rep"}
_FAMILY = {
    Family.RESPONSE_TIME: "Response time",
    Family.FOLLOW_UP: "Follow-up",
    Family.NEGLECTED_CONTACT: "Neglected contacts",
    Family.PSEUDO_LEAD: "Pseudo-leads",
    Family.DATA_QUALITY: "Data quality",
    Family.ANTI_GAMING: "Appearance and reality",
    Family.FIRST_MESSAGE: "First message",
    Family.LONG_DEALS: "Long deals",
}
_KIND = {
    ActivityKind.CALL: "Call",
    ActivityKind.EMAIL: "E-mail",
    ActivityKind.MEETING: "Meeting",
    ActivityKind.MESSAGE: "Message",
    ActivityKind.NOTE: "Note",
}
_DISPOSITION = {
    Disposition.CONNECTED: "reached",
    Disposition.NO_ANSWER: "no answer",
    Disposition.BUSY: "busy",
    Disposition.VOICEMAIL: "voicemail",
    Disposition.LEFT_MESSAGE: "left a message",
    Disposition.WRONG_NUMBER: "wrong number",
    Disposition.NO_SHOW: "the lead did not come",
    Disposition.BOUNCED: "bounced",
}
_DIRECTION = {Direction.OUTBOUND: "to the lead", Direction.INBOUND: "from the lead"}


def status_label(status: FollowUpStatus) -> str:
    """Where the work on a lead stands."""
    return t(_STATUS[status][0])


def status_tone(status: FollowUpStatus) -> str:
    """The tone of a follow-up status."""
    return _STATUS[status][1]


def verdict_label(verdict: Verdict) -> str:
    """What the lead is."""
    return t(_VERDICT[verdict][0])


def verdict_tone(verdict: Verdict) -> str:
    """The tone of a verdict."""
    return _VERDICT[verdict][1]


def outcome_label(outcome: Outcome) -> str:
    """The answer of a rule."""
    return t(_OUTCOME[outcome][0])


def outcome_tone(outcome: Outcome) -> str:
    """The tone of an outcome."""
    return _OUTCOME[outcome][1]


def role_label(role: Role) -> str:
    """What a user may do."""
    return t(_ROLE[role])


def family_label(family: Family) -> str:
    """A family of rules."""
    return t(_FAMILY[family])


def kind_label(kind: ActivityKind) -> str:
    """The kind of an act."""
    return t(_KIND[kind])


def disposition_label(disposition: Disposition) -> str:
    """The result of an attempt."""
    return t(_DISPOSITION[disposition])


def direction_label(direction: Direction) -> str:
    """Who reached out."""
    return t(_DIRECTION[direction])


def crm_name(crm: str) -> str:
    """The name of a CRM as people know it."""
    entry = find_crm(crm)
    return entry.label if entry else crm


def is_self_hosted(crm: str) -> bool:
    """Whether each company has its own site of this CRM, which has to be named to connect it."""
    entry = find_crm(crm)
    return entry is not None and entry.is_self_hosted


def record_name(crm: str) -> str:
    """What a lead is called in the CRM."""
    return t(_record_names(crm)[0])


def record_names(crm: str) -> str:
    """What several leads are called in the CRM."""
    return t(_record_names(crm)[1])


def counted_records(crm: str, n: int) -> str:
    """A number of leads in the CRM's word for them."""
    says = current()
    name = record_name(crm) if says.locale.plural_form(n) == "one" else record_names(crm)
    return t("{n} {records}", n=says.number(n), records=name)


def _record_names(crm: str) -> tuple[str, str]:
    entry = find_crm(crm)
    return entry.record_names if entry else ("lead", "leads")
