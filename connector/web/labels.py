"""How our closed words read on a page, and in which tone they are shown."""

from __future__ import annotations

from audits.causes import Cause
from audits.model.activity import ActivityKind, Direction, Disposition
from audits.model.finding import Outcome
from audits.model.said import phrase
from audits.model.score import FollowUpStatus, Verdict
from audits.reports.export_report import Answer
from audits.rule import Family
from audits.statistics.comparison import Standing
from connector.catalog import find_crm
from connector.storage.people import Role
from connector.web.texts import current, t

_STATUS = {
    FollowUpStatus.DUE: (phrase("Due"), "plain"),
    FollowUpStatus.OVERDUE: (phrase("Overdue"), "bad"),
    FollowUpStatus.NEVER_CALLED: (phrase("Never called"), "bad"),
    FollowUpStatus.NEGLECTED: (phrase("Neglected"), "warn"),
    FollowUpStatus.IN_PROGRESS: (phrase("In progress"), "good"),
    FollowUpStatus.CLOSED: (phrase("Closed"), "quiet"),
    FollowUpStatus.UNKNOWN: (phrase("Not evaluated"), "quiet"),
}
_VERDICT = {
    Verdict.PLAUSIBLE: (phrase("Plausible"), "good"),
    Verdict.REPAIRABLE: (phrase("Repairable"), "warn"),
    Verdict.SUSPECT: (phrase("Suspect"), "warn"),
    Verdict.PSEUDO: (phrase("Pseudo-lead"), "bad"),
    Verdict.DUPLICATE: (phrase("Duplicate"), "warn"),
    Verdict.UNKNOWN: (phrase("Not evaluated"), "quiet"),
}
_OUTCOME = {
    Outcome.BREACH: (phrase("Breach"), "bad"),
    Outcome.PASS: (phrase("Pass"), "good"),
    Outcome.NOT_EVALUATED: (phrase("Not evaluated"), "warn"),
    Outcome.NOT_APPLICABLE: (phrase("Does not apply"), "quiet"),
}
_ANSWER = {
    Answer.IN_TIME: (phrase("tried in time"), "good"),
    Answer.LATE: (phrase("tried late"), "warn"),
    Answer.UNANSWERED: (phrase("not tried, past the target"), "bad"),
    Answer.WAITING: (phrase("still within its time"), "plain"),
    Answer.CLOSED_WITHOUT: (phrase("closed without need"), "quiet"),
    Answer.SPOKEN_WITH: (phrase("spoken with before any attempt"), "quiet"),
    Answer.IMPORTED: (phrase("imported"), "quiet"),
    Answer.UNKNOWN: (phrase("not evaluated"), "quiet"),
}
_CAUSE = {
    Cause.ARRIVED_LATE_FROM_VENDOR: phrase("came late from the vendor"),
    Cause.WAITED_FOR_OWNER: phrase("waited for an owner"),
    Cause.OVERLOADED: phrase("more leads than could be tried"),
    Cause.NOT_CALLED: phrase("not tried though there was time"),
    Cause.UNKNOWN: phrase("cause not known"),
    Cause.NONE: phrase("no breach"),
}
_CAUSE_CHARGED = {
    Cause.ARRIVED_LATE_FROM_VENDOR: phrase("the vendor"),
    Cause.WAITED_FOR_OWNER: phrase("the distribution of leads"),
    Cause.OVERLOADED: phrase("staffing"),
    Cause.NOT_CALLED: phrase("whoever held the lead"),
    Cause.UNKNOWN: phrase("nobody"),
    Cause.NONE: phrase("nobody"),
}
_STANDING = {
    Standing.NOT_ENOUGH_DATA: (phrase("not enough data to compare"), "quiet"),
    Standing.NO_DIFFERENCE: (phrase("as expected, within chance"), "plain"),
    Standing.BETTER: (phrase("more often in time than expected"), "good"),
    Standing.WORSE: (phrase("less often in time than expected"), "bad"),
}
_ROLE = {Role.ADMIN: phrase("Admin"), Role.HEAD_OF_SALES: phrase("Head of sales"), Role.REP: phrase("Rep")}
_FAMILY = {
    Family.RESPONSE_TIME: phrase("Response time"),
    Family.FOLLOW_UP: phrase("Follow-up"),
    Family.NEGLECTED_CONTACT: phrase("Neglected contacts"),
    Family.PSEUDO_LEAD: phrase("Pseudo-leads"),
    Family.DATA_QUALITY: phrase("Data quality"),
    Family.ANTI_GAMING: phrase("Appearance and reality"),
    Family.FIRST_MESSAGE: phrase("First message"),
    Family.LONG_DEALS: phrase("Long deals"),
}
_KIND = {
    ActivityKind.CALL: phrase("Call"),
    ActivityKind.EMAIL: phrase("E-mail"),
    ActivityKind.MEETING: phrase("Meeting"),
    ActivityKind.MESSAGE: phrase("Message"),
    ActivityKind.NOTE: phrase("Note"),
}
_DISPOSITION = {
    Disposition.CONNECTED: phrase("reached"),
    Disposition.NO_ANSWER: phrase("no answer"),
    Disposition.BUSY: phrase("busy"),
    Disposition.VOICEMAIL: phrase("voicemail"),
    Disposition.LEFT_MESSAGE: phrase("left a message"),
    Disposition.WRONG_NUMBER: phrase("wrong number"),
    Disposition.NO_SHOW: phrase("the lead did not come"),
    Disposition.BOUNCED: phrase("bounced"),
}
_DIRECTION = {Direction.OUTBOUND: phrase("to the lead"), Direction.INBOUND: phrase("from the lead")}


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


def answer_label(answer: Answer) -> str:
    """How a lead was answered."""
    return t(_ANSWER[answer][0])


def answer_tone(answer: Answer) -> str:
    """The tone of an answer."""
    return _ANSWER[answer][1]


def cause_label(cause: Cause) -> str:
    """What explains that the first attempt is or was late."""
    return t(_CAUSE[cause])


def cause_charged(cause: Cause) -> str:
    """To whom a cause points."""
    return t(_CAUSE_CHARGED[cause])


def standing_label(standing: Standing) -> str:
    """How somebody's share stands to the expected one."""
    return t(_STANDING[standing][0])


def standing_tone(standing: Standing) -> str:
    """The tone of a standing."""
    return _STANDING[standing][1]


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
