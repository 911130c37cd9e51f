"""`leadassay report`, `replay` and `compare`: reports made, listed and made again; what a policy would change."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from connector.errors import ConfigError, LeadAssayError
from connector.jobs.context import JobContext, make_context, take_lease
from connector.logs import configure_logs
from connector.reporting.comparing import compare_policies
from connector.reporting.figures import week_bounds
from connector.reporting.making import keep_report, make_report
from connector.reporting.replay import replay
from connector.settings import PRIVATE, load_settings
from connector.storage import reports
from connector.storage.installs import Install, list_installs
from connector.storage.reports import StoredReport

P = ParamSpec("P")
R = TypeVar("R")

_out = Console()
_err = Console(stderr=True)
_WEEK = re.compile(r"(\d{4})-W(\d{2})")


def says_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Our own errors become one sentence on stderr and exit code 2; others keep their traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except LeadAssayError as error:
            _err.print(f"[bold red]leadassay:[/] {error}", highlight=False, soft_wrap=True)
            sys.exit(2)

    return run


@contextmanager
def opened() -> Iterator[JobContext]:
    """What a job works with, from the environment; closed afterwards."""
    os.umask(PRIVATE)
    settings = load_settings(os.environ)
    configure_logs(settings.log_level)
    context = make_context(settings, holder=f"command {os.getpid()}")
    try:
        yield context
    finally:
        context.inbox.close()
        context.database.close()


def chosen_install(context: JobContext, install_id: str | None) -> Install:
    """The install of that id; without an id the only one. Raises ConfigError when that is none, or several."""
    with context.database.read() as connection:
        known = list_installs(connection)
    found = [each for each in known if install_id in (None, each.install_id)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{each.install_id} ({each.account_name})" for each in known) or "none"
    raise ConfigError(f"Give --install with one of the connected accounts: {listed}.")


@click.command("report")
@click.option("--install", "install_id", help="Which account; needed where there are several.")
@click.option("--week", metavar="YYYY-Www", help="Make the report on this week, as of now.")
@click.option("--json", "json_path", metavar="FILE", help="Write the figures as JSON; - is stdout.")
@says_errors
def report_command(install_id: str | None, week: str | None, json_path: str | None) -> None:
    """Make the report on a week, or list those that were made.

    With --week the report is made as of now and kept; without it the kept ones are listed, and --json writes the
    newest. Exit code 2 when that cannot be done.
    """
    monday = None if week is None else _monday(week)
    with opened() as context:
        install = chosen_install(context, install_id)
        if monday is None:
            with context.database.read() as connection:
                kept = reports.list_reports(connection, install.install_id)
            if json_path is None:
                _list(install, kept)
                return
            if not kept:
                raise ConfigError("No report was made yet; make one with --week.")
            stored = kept[0]
        else:
            stored = _made(context, install, monday)
    if json_path is None:
        _out.print(f"Report {stored.report_id} is kept; SHA-256 {stored.digest}.", highlight=False, soft_wrap=True)
    elif json_path == "-":
        click.echo(stored.figures)
    else:
        try:
            Path(json_path).write_text(stored.figures + "\n", encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{json_path}: cannot be written ({error.strerror}).") from error


@click.command("replay")
@click.option("--report", "report_id", required=True, help="Its id, as `leadassay report` lists it.")
@click.option("--install", "install_id", help="Which account; needed where there are several.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
@says_errors
def replay_command(report_id: str, install_id: str | None, as_json: bool) -> None:
    """Make a past report again from what was known then, and hold it to the kept one byte for byte.

    Exit code 0 when they are equal; 1 when not, with the first difference and why; 2 when there is no such report.
    """
    with opened() as context:
        install = chosen_install(context, install_id)
        with context.database.read() as connection:
            stored = reports.find_report(connection, install.install_id, report_id)
            if stored is None:
                raise ConfigError(f"There is no report {report_id!r}; `leadassay report` lists those that were made.")
            told = replay(connection, install.install_id, stored)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "report": report_id,
                    "is_equal": told.is_equal,
                    "digest": told.digest,
                    "was_digest": stored.digest,
                    "place": told.place,
                    "was": told.was,
                    "now": told.now,
                    "reasons": list(told.reasons),
                }
            )
        )
    elif told.is_equal:
        _out.print(f"equal: SHA-256 {told.digest}", highlight=False, soft_wrap=True)
    else:
        _out.print(
            "\n".join(
                [
                    f"not equal: SHA-256 was {stored.digest}, is {told.digest}",
                    f"first difference at {told.place}: was {told.was}, is {told.now}",
                    *(f"because {reason}" for reason in told.reasons),
                ]
            ),
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    sys.exit(0 if told.is_equal else 1)


@click.command("compare")
@click.option("--policy", "versions", nargs=2, required=True, metavar="V3 V4", help="Two versions of the policy.")
@click.option("--install", "install_id", help="Which account; needed where there are several.")
@click.option("--judge-again", is_flag=True, help="Judge every case anew instead of asking the stored measures.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object with every single change.")
@says_errors
def compare_command(versions: tuple[str, str], install_id: str | None, judge_again: bool, as_json: bool) -> None:
    """List what would change if one version of the policy held for every lead instead of another.

    Each lead is judged by both as of its last audit. Where thresholds alone differ, the stored measures answer, and
    only what they cannot tell is judged again. Exit code 2 for an unknown version.
    """
    with opened() as context:
        install = chosen_install(context, install_id)
        with context.database.read() as connection:
            told = compare_policies(connection, install.install_id, *versions, is_quick=not judge_again)
    if as_json:
        click.echo(json.dumps(told.to_json()))
        return
    differing = ", ".join(told.fields) or "nothing"
    answers = "1 answer" if len(told.changes) == 1 else f"{len(told.changes)} answers"
    _out.print(
        f"{told.before} against {told.after}: {differing} differs; {told.leads} leads, {told.judged_again} judged "
        f"again, {answers} would change.",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    if told.changes:
        counts = Table("rule", "before", "after", "leads")
        for rule_id, before, after, n in told.counts():
            counts.add_row(rule_id, before, after, str(n))
        _out.print(counts)
        for each in told.changes:
            _out.print(
                f"{each.lead_id} {each.rule_id}: {each.before} -> {each.after}",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )


def _made(context: JobContext, install: Install, monday: date) -> StoredReport:
    now = context.clock()
    since, until = week_bounds(monday, install.zone)
    if until > now:
        raise ConfigError(f"The week that begins on {monday.isoformat()} is not over in {install.zone}.")
    # No worker may store what it read before this instant after it: else the kept facts would not be those of now.
    lease = take_lease(context, install.install_id, f"command {os.getpid()}")
    now = context.clock()
    with context.database.read() as connection:
        made = make_report(connection, install.install_id, since, until, now)
    with lease.commit() as connection:
        return keep_report(connection, install.install_id, made, now)


def _list(install: Install, kept: list[StoredReport]) -> None:
    if not kept:
        _out.print(f"No report was made yet for {install.account_name}; make one with --week.", markup=False)
        return
    zone = ZoneInfo(install.zone)
    # One line each, never cut: ids are there to be copied.
    for each in kept:
        last = each.period_to - timedelta(seconds=1)
        days = f"{each.period_from.astimezone(zone):%Y-%m-%d} to {last.astimezone(zone):%Y-%m-%d}"
        click.echo(f"{each.report_id}  {days}  made {each.made_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC  {each.digest}")


def _monday(week: str) -> date:
    parts = _WEEK.fullmatch(week)
    if parts is not None:
        try:
            return datetime.fromisocalendar(int(parts[1]), int(parts[2]), 1).date()
        except ValueError:
            pass
    raise ConfigError(f"{week!r} is no week; write it as 2026-W07.")
