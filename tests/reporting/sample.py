"""A week of 240 leads of five people, made from a seed: the report that the tests of its files print."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from audits.causes import Cause
from audits.model.case import Fact
from audits.model.finding import Outcome
from audits.model.score import FollowUpStatus
from audits.reports.export_report import Answer
from audits.reports.handled import HandledLead, LoadMet
from audits.reports.handling import HandlingReport, ReportRows, handling_report
from audits.reports.sections import by_hour
from audits.rulebook import RULES
from connector.reporting.background import AgreedFrom, Background

ZONE = "Europe/Oslo"
SINCE, UNTIL = datetime(2026, 10, 4, 22, tzinfo=UTC), datetime(2026, 10, 11, 22, tzinfo=UTC)
AS_OF = datetime(2026, 10, 12, 6, 30, tzinfo=UTC)
OWNERS = {
    "1": "Ingrid Solheim",
    "2": "Νίκος Παπαδόπουλος",
    "3": "ليلى الخطيب",
    "4": "<b>Bobby & Sons</b>",
    "5": "Tomasz Żółkiewski",
}
#: As an adapter says it and the coverage of an account keeps it.
NO_EMAILS = (
    "HubSpot shows e-mails only with the scope sales-email-read, which was not granted: connect again, allow it."
)
_NAMES = (
    "Anna Berg",
    "محمد العلي",
    "Ελένη Γεωργίου",
    '=HYPERLINK("http://x")',
    "Jürgen Groß",
    "",
    "<script>x</script>",
)
_BUSY = (8, 9, 9, 10, 10, 10, 11, 12, 13, 14, 15, 16, 19, 22)


def sample_report(n: int = 240, seed: int = 4, weeks: int = 20) -> HandlingReport:
    """The figures of the last week of `weeks`, with `n` leads in each."""
    drawn = random.Random(seed)
    rows = [_lead(drawn, number, n, weeks) for number in range(n * weeks)]
    judged = {}
    for rule in RULES:
        judged[rule.info.rule_id, Outcome.PASS] = drawn.randrange(40, n + 41)
        judged[rule.info.rule_id, Outcome.BREACH] = drawn.randrange(0, 40)
        judged[rule.info.rule_id, Outcome.NOT_EVALUATED] = drawn.choice([0, 0, 3, 60])
    attempts = [
        lead.first_attempt_at for lead in rows if lead.first_attempt_at and SINCE <= lead.first_attempt_at < UNTIL
    ]
    return handling_report(
        ReportRows(
            leads=tuple(rows),
            attempts_by_hour=by_hour(attempts, ZoneInfo(ZONE)),
            judged=judged,
            contested={"RT001": 2, "FU001": 1},
            decided={("RT001", "upheld"): 3, ("RT002", "set_aside"): 1},
            usual_cycle_s=40 * 86_400,
        ),
        since=SINCE,
        until=UNTIL,
        as_of=AS_OF,
        zone=ZONE,
        history_since=UNTIL - timedelta(days=365),
    )


def sample_background(report: HandlingReport) -> Background:
    """Names that a spreadsheet or a page could take for more than names, in four scripts."""
    return Background(
        account="Fjordkraft & Sønner AS",
        owner_names=OWNERS,
        lead_names={lead.lead_id: _NAMES[place % len(_NAMES)] for place, lead in enumerate(report.neglected)},
        policies=(AgreedFrom("2026-09-01 a1b2", datetime(2026, 8, 31, 22, tzinfo=UTC), 300, 1800),),
        rules=tuple((rule.info.rule_id, rule.info.version) for rule in RULES),
        gaps=((Fact.EMAILS, NO_EMAILS),),
    )


def _lead(drawn: random.Random, number: int, n: int, weeks: int) -> HandledLead:
    week = number // n
    day, hour = drawn.choice((0, 0, 1, 1, 2, 3, 4, 4, 5, 6)), drawn.choice(_BUSY)
    received_at = (
        SINCE - timedelta(weeks=weeks - 1 - week) + timedelta(days=day, hours=hour, seconds=drawn.randrange(3600))
    )
    owner_id = str(1 + drawn.randrange(5))
    waited_s = int(drawn.lognormvariate(6.9, 1.3)) * (2 if owner_id == "4" else 1)
    is_tried, is_late = drawn.random() < 0.9, waited_s > 1800
    answer = Answer.UNANSWERED if not is_tried else Answer.LATE if is_late else Answer.IN_TIME
    if drawn.random() < 0.05:
        answer = drawn.choice((Answer.IMPORTED, Answer.UNKNOWN, Answer.CLOSED_WITHOUT))
    is_tried = answer in (Answer.IN_TIME, Answer.LATE)
    first_at = received_at + timedelta(seconds=waited_s + 60) if is_tried else None
    is_reached = is_tried and drawn.random() < 0.6
    is_old = week < weeks - 8
    is_won = is_reached and is_old and drawn.random() < (0.4 if waited_s < 300 else 0.22)
    status = FollowUpStatus.IN_PROGRESS
    if answer is Answer.UNANSWERED and not is_old:
        status = drawn.choice((FollowUpStatus.NEVER_CALLED, FollowUpStatus.OVERDUE, FollowUpStatus.NEGLECTED))
    fits = drawn.randrange(5000, 16000)
    causes = (
        Cause.NOT_CALLED,
        Cause.OVERLOADED,
        Cause.WAITED_FOR_OWNER,
        Cause.ARRIVED_LATE_FROM_VENDOR,
        Cause.UNKNOWN,
    )
    return HandledLead(
        lead_id=f"{number:06}",
        received_at=received_at,
        owner_id=owner_id,
        holder_id=owner_id if drawn.random() < 0.9 else "",
        answer=answer,
        waited_working_s=waited_s,
        source=drawn.choice(("web", "fair")),
        lead_type=drawn.choice(("demo", "")),
        cause=drawn.choices(causes, (9, 5, 3, 2, 1))[0] if answer in (Answer.LATE, Answer.UNANSWERED) else Cause.NONE,
        is_never_called=answer is Answer.UNANSWERED,
        is_goal_kept=waited_s < 300 if is_tried else None,
        first_attempt_at=first_at,
        first_attempt_wall_s=waited_s + 60 if is_tried else None,
        first_connection_at=first_at if is_reached else None,
        first_connection_working_s=waited_s if is_reached else None,
        first_connection_wall_s=waited_s + 60 if is_reached else None,
        won_at=received_at + timedelta(days=20) if is_won else None,
        vendor_leg_wall_s=drawn.choice((None, 30, 900)),
        system_leg_working_s=drawn.randrange(400),
        human_leg_working_s=waited_s if is_tried else None,
        load=LoadMet(owner_id, drawn.randrange(1, 12), fits),
        follow_up_status=status,
        due_at=received_at + timedelta(minutes=30) if drawn.random() < 0.95 else None,
    )
