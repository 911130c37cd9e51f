"""Who reads our mails, in which language, and when: nobody is mailed outside of his working hours."""

from __future__ import annotations

from datetime import datetime

from audits.model.policy import Policy
from audits.model.working_calendar import EmptyCalendar
from audits.model.working_time import NeverOpens, OutOfRange, combined
from connector.language.languages import DEFAULT
from connector.language.texts import Texts
from connector.storage.mail_choices import MailChoice
from connector.storage.people import Role


def opening(reader: MailChoice, policy: Policy, at: datetime) -> datetime | None:
    """The first moment from `at` (aware UTC) on that lies within the reader's working hours; None = there is none.

    His hours are his team's, else the general ones, and his own, less his absences.
    """
    calendar = policy.calendar if reader.team is None else policy.team_calendars.get(reader.team, policy.calendar)
    owner_id = reader.owner_id
    own = policy.owner_calendars.get(owner_id) if owner_id is not None else None
    away = policy.absences.get(owner_id, ()) if owner_id is not None else ()
    try:
        return combined(calendar, own, away).next_open(at)
    except (EmptyCalendar, NeverOpens, OutOfRange):
        return None


def managers_of(team: str | None, readers: list[MailChoice]) -> list[MailChoice]:
    """The heads of sales among `readers` who lead this team; where none is of the team, all of them."""
    heads = [each for each in readers if each.role is Role.HEAD_OF_SALES]
    return [each for each in heads if team is not None and each.team == team] or heads


def texts_of(reader: MailChoice, zone: str) -> Texts:
    """What is said to the reader, in his language."""
    return Texts(lang=reader.language or DEFAULT, zone=zone)


def one_line(text: str) -> str:
    """`text` without any kind of line break: no subject may hold one."""
    return " ".join(text.split())
