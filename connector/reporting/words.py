"""How the closed words of a report read. All are phrases, to be said in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from audits.causes import Cause
from audits.model.case import Fact
from audits.model.said import phrase
from audits.model.score import FollowUpStatus
from audits.reports.export_report import Answer
from audits.statistics.comparison import Standing

ANSWERS: Mapping[Answer, str] = {
    Answer.IN_TIME: phrase("Tried in time"),
    Answer.LATE: phrase("Tried late"),
    Answer.UNANSWERED: phrase("Past due, not tried"),
    Answer.WAITING: phrase("Still within its time"),
    Answer.CLOSED_WITHOUT: phrase("Closed without an attempt"),
    Answer.SPOKEN_WITH: phrase("Spoken with, no attempt was needed"),
    Answer.IMPORTED: phrase("Imported: not judged"),
    Answer.UNKNOWN: phrase("Not evaluated"),
}
CAUSES: Mapping[Cause, str] = {
    Cause.ARRIVED_LATE_FROM_VENDOR: phrase("Arrived late from the vendor"),
    Cause.WAITED_FOR_OWNER: phrase("Waited for an owner"),
    Cause.OVERLOADED: phrase("More leads than the owner could try in time"),
    Cause.NOT_CALLED: phrase("There was time, and nobody tried"),
    Cause.UNKNOWN: phrase("The cause cannot be told"),
    Cause.NONE: "",
}
#: What to do about a cause.
REMEDIES: Mapping[Cause, str] = {
    Cause.ARRIVED_LATE_FROM_VENDOR: phrase("Show the vendor the times; nobody on the team could have been quicker."),
    Cause.WAITED_FOR_OWNER: phrase("Look at how leads are assigned; the owner got too little time."),
    Cause.OVERLOADED: phrase("Spread the leads or add people at these hours."),
    Cause.NOT_CALLED: phrase("Talk about it with the owner, lead by lead."),
    Cause.UNKNOWN: phrase("See the notes: the CRM does not show what would tell."),
    Cause.NONE: "",
}
STATUSES: Mapping[FollowUpStatus, str] = {
    FollowUpStatus.NEVER_CALLED: phrase("Never called"),
    FollowUpStatus.OVERDUE: phrase("Overdue"),
    FollowUpStatus.NEGLECTED: phrase("Neglected"),
    FollowUpStatus.DUE: phrase("Due"),
    FollowUpStatus.IN_PROGRESS: phrase("In progress"),
    FollowUpStatus.CLOSED: phrase("Closed"),
    FollowUpStatus.UNKNOWN: phrase("Not evaluated"),
}
STANDINGS: Mapping[Standing, str] = {
    Standing.NOT_ENOUGH_DATA: phrase("not enough data"),
    Standing.NO_DIFFERENCE: phrase("within chance"),
    Standing.BETTER: phrase("more often in time than expected"),
    Standing.WORSE: phrase("less often in time than expected"),
}
LEGS: Mapping[str, str] = {
    "vendor_wall": phrase("Vendor: from the request to the CRM (clock on the wall)"),
    "system_working": phrase("System: from the CRM to the first owner (working time)"),
    "human_working": phrase("Owner: from the first owner to the first attempt (working time)"),
}
FACTS: Mapping[Fact, str] = {
    Fact.CALLS: phrase("Calls"),
    Fact.EMAILS: phrase("E-mails"),
    Fact.MEETINGS: phrase("Meetings"),
    Fact.MESSAGES: phrase("Messages"),
    Fact.TASKS: phrase("Tasks"),
    Fact.OWNER_HISTORY: phrase("Changes of owner"),
    Fact.STAGE_HISTORY: phrase("Changes of status"),
    Fact.DUPLICATES: phrase("Duplicates"),
    Fact.CONTACT_DATA: phrase("Contact data"),
    Fact.OWNER: phrase("Owner"),
    Fact.SOURCE: phrase("Source"),
    Fact.TEXTS: phrase("Texts of messages"),
    Fact.DEALS: phrase("Deals"),
    Fact.OWNERS: phrase("List of owners"),
    Fact.SUBMITTED_AT: phrase("When the person asked"),
    Fact.PREFERRED_AT: phrase("When the person wants to be called"),
    Fact.CONSENT: phrase("Consent to calls"),
    Fact.RECONTACT_ON: phrase("Day to try again"),
    Fact.STAGE: phrase("Stage"),
}
#: How a contest was decided → words.
DECISIONS: Mapping[str, str] = {
    "upheld": phrase("upheld"),
    "set_aside": phrase("set aside"),
    "withdrawn": phrase("withdrawn"),
}
