"""The figures of a handling report for a period and a scope, from what the audits left in the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.causes import Cause
from audits.model.score import FollowUpStatus, Verdict
from audits.norms import Norms
from audits.reports.export_report import Answer
from audits.reports.handled import NEGLECTED, HandledLead, LoadMet
from audits.reports.handling import HandlingReport, ReportRows, handling_report
from audits.reports.what_if import WhatIf, what_if
from connector.storage import report_rows
from connector.storage.contests import contested_leads, promises_set_aside
from connector.storage.installs import get_install
from connector.storage.norms import norms_at
from connector.storage.policies import policy_as_of
from connector.storage.report_rows import ContestCount

#: So far back go cohorts and the cost of delay.
HISTORY = timedelta(days=365)


def week_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The week that holds `day`, from Monday to Monday at midnight in `zone` (IANA), as aware UTC."""
    local, monday = ZoneInfo(zone), day - timedelta(days=day.weekday())
    ends = [
        datetime(each.year, each.month, each.day, tzinfo=local).astimezone(ZoneInfo("UTC"))
        for each in (monday, monday + timedelta(days=7))
    ]
    return ends[0], ends[1]


def handling_figures(
    conn: Connection, install_id: str, since: datetime, until: datetime, as_of: datetime, scope: str = ""
) -> HandlingReport:
    """The figures of [since, until) by the latest audits, at `as_of`, all aware UTC, in the account's zone.

    `scope`: an owner's id, "" = the whole account. Raises UnknownInstall.
    """
    install = get_install(conn, install_id)
    owner_id = scope or None
    history_since = min(since, until - HISTORY)
    told = report_rows.count_contests(conn, install_id, as_of, owner_id)
    rows = ReportRows(
        leads=without_set_aside(
            (
                handled_from_row(row)
                for row in report_rows.measured_leads(conn, install_id, history_since, until, NEGLECTED)
            ),
            promises_set_aside(conn, install_id, as_of),
        ),
        attempts_by_hour=report_rows.attempts_by_hour(
            conn,
            install_id,
            since,
            until,
            as_of,
            policy_as_of(conn, install_id, as_of),
            install.zone,
            owner_id,
        ),
        judged=report_rows.count_judged(conn, install_id, since, until, owner_id),
        contested=contested_of(told),
        decided=decided_of(told),
        contested_leads=contested_leads(conn, install_id, as_of),
        usual_cycle_s=usual_cycle_s(norms_at(conn, install_id, as_of)),
    )
    return handling_report(
        rows, since=since, until=until, as_of=as_of, zone=install.zone, scope=scope, history_since=history_since
    )


def what_if_figures(
    conn: Connection,
    install_id: str,
    since: datetime,
    until: datetime,
    due_s: int,
    goal_s: int,
    target: str | None = None,
    scope: str = "",
) -> WhatIf:
    """Who of the leads that arrived in [since, until) would break another agreement: `due_s` and `goal_s` seconds of
    working time, for those of the agreement named `target` (None = all), charged to `scope` ("" = anybody)."""
    rows = map(handled_from_row, report_rows.measured_leads(conn, install_id, since, until, ()))
    return what_if((row for row in rows if scope in ("", row.owner_id)), due_s=due_s, goal_s=goal_s, target=target)


def without_set_aside(leads: Iterable[HandledLead], set_aside: Collection[str]) -> tuple[HandledLead, ...]:
    """The leads, nobody charged with the promise of those in `set_aside`: they count for the account, not for a
    person."""
    return tuple(replace(lead, owner_id="") if lead.lead_id in set_aside else lead for lead in leads)


def usual_cycle_s(norms: Norms) -> int | None:
    """The age at which deals are usually won, of the pipeline that takes longest; None = there is not enough data."""
    return max((norm.won_age_s for norm in norms.deal_norms if norm.won_age_s is not None), default=None)


def contested_of(told: Iterable[ContestCount]) -> dict[str, int]:
    """Rule id → contests that wait for a decision."""
    return {each.rule_id: each.n for each in told if each.decision is None}


def decided_of(told: Iterable[ContestCount]) -> dict[tuple[str, str], int]:
    """(rule id, decision) → contests decided so."""
    return {(each.rule_id, each.decision): each.n for each in told if each.decision is not None}


def handled_from_row(row: sa.Row[Any]) -> HandledLead:
    """A row of `lead_audits` → what a report counts of the lead."""
    load = None
    if row.load_holder_id is not None:
        load = LoadMet(row.load_holder_id, row.load_waiting or 0, row.load_fits_milli)
    return HandledLead(
        lead_id=row.lead_id,
        received_at=row.received_at,
        owner_id=row.charged_to,
        answer=Answer(row.answer),
        waited_working_s=row.waited_s,
        holder_id=row.owner_id or "",
        source=row.source or "",
        lead_type=row.lead_type or "",
        cause=Cause(row.cause),
        is_goal_kept=row.is_goal_kept,
        is_never_called=row.is_never_called,
        first_attempt_at=row.first_attempt_at,
        first_attempt_wall_s=row.first_attempt_wall_s,
        first_connection_at=row.first_connection_at,
        first_connection_working_s=row.first_connection_s,
        first_connection_wall_s=row.first_connection_wall_s,
        won_at=row.won_at,
        vendor_leg_wall_s=row.vendor_leg_wall_s,
        system_leg_working_s=row.system_leg_s,
        human_leg_working_s=row.human_leg_s,
        load=load,
        target=row.target,
        needed_s=row.needed_s,
        closed_at=row.closed_at,
        follow_up_status=FollowUpStatus(row.follow_up_status),
        verdict=Verdict(row.verdict),
        due_at=row.due_at,
    )
