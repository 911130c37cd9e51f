"""`leadassay log`: the log of what people and vendors did about contracts, checked entry by entry, and shown."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from audits.model.said import english
from connector.errors import LeadAssayError
from connector.logs import configure_logs
from connector.settings import PRIVATE, load_settings
from connector.storage import ledger
from connector.storage.database import Database
from connector.storage.installs import Install, list_installs
from connector.storage.ledger import Checked, Entry, Head


class _Unusable(click.ClickException):
    """Nothing could be checked."""

    exit_code = 2


@contextmanager
def _opened() -> Iterator[Database]:
    """The database that the environment names; our own errors become one sentence and exit code 2."""
    os.umask(PRIVATE)
    try:
        settings = load_settings(os.environ)
        configure_logs(settings.log_level)
        database = Database.open(settings.database_url)
        try:
            yield database
        finally:
            database.close()
    except LeadAssayError as error:
        raise _Unusable(str(error)) from error


def _accounts(database: Database, wanted: str | None) -> list[Install]:
    """All accounts, or the one of that install id or id at its CRM."""
    with database.read() as connection:
        known = list_installs(connection)
    found = [each for each in known if wanted in (None, each.install_id, each.account_id)]
    if wanted is not None and len(found) != 1:
        listed = ", ".join(f"{each.install_id} ({each.account_name})" for each in known) or "none"
        raise _Unusable(f"--account names {len(found)} accounts; there are: {listed}.")
    return found


def _head(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[Head, ...]:
    heads = []
    for text in given:
        seq, _, digest = text.partition(":")
        if not (seq.isascii() and seq.isdecimal() and len(seq) < 19 and len(digest) == 64):
            raise click.BadParameter(f"{text!r} is no head; write its number, a colon and its hash.")
        heads.append(Head(int(seq), digest.lower()))
    return tuple(heads)


@click.group("log")
def log_command() -> None:
    """The log of what people and vendors did about contracts."""


@log_command.command("verify")
@click.option("--account", help="Install id or id at the CRM; all accounts without it.")
@click.option(
    "--head",
    "heads",
    multiple=True,
    metavar="N:HASH",
    callback=_head,
    help="A head that was noted before: tells whether the end was cut off. With --account.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per account instead of words.")
def verify_command(account: str | None, heads: tuple[Head, ...], as_json: bool) -> None:
    """Hold every entry against its hash and against the one before it.

    Exit code 0: whole. 1: broken, with the first broken entry named. 2: nothing could be checked.
    """
    if heads and account is None:
        raise click.UsageError("--head is of one account: name it with --account.")
    is_broken = False
    with _opened() as database:
        for install in _accounts(database, account):
            with database.read() as connection:
                checked = ledger.verify(connection, install.install_id, heads)
            is_broken = is_broken or checked.broken is not None
            click.echo(json.dumps(_as_json(install, checked)) if as_json else _in_words(install, checked))
    sys.exit(1 if is_broken else 0)


def _in_words(install: Install, checked: Checked) -> str:
    state = "whole" if checked.broken is None else f"BROKEN. {english(checked.broken.said)}"
    name = f"{install.install_id} ({install.account_name})"
    return f"{name}: {state}\n  entries {checked.count}, head {checked.head.seq}:{checked.head.hash}"


def _as_json(install: Install, checked: Checked) -> dict[str, object]:
    broken = checked.broken
    return {
        "install": install.install_id,
        "account": install.account_id,
        "entries": checked.count,
        "head": {"seq": checked.head.seq, "hash": checked.head.hash},
        "is_whole": broken is None,
        "broken": broken and {"seq": broken.seq, "fault": broken.fault.value, "why": english(broken.said)},
    }


@log_command.command("show")
@click.option("--account", help="Install id or id at the CRM; all accounts without it.")
@click.option("--act", type=click.Choice([each.value for each in ledger.Act]), help="Only this act.")
@click.option("--vendor", help="Only this vendor.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per entry, with all that its hash is of.")
def show_command(account: str | None, act: str | None, vendor: str | None, as_json: bool) -> None:
    """Print the entries, the oldest first."""
    with _opened() as database:
        for install in _accounts(database, account):
            with database.read() as connection:
                for entry in ledger.iter_entries(connection, install.install_id):
                    if act in (None, entry.act) and vendor in (None, entry.vendor):
                        click.echo(_entry_json(install, entry) if as_json else _line(entry))


def _line(entry: Entry) -> str:
    who = f"{entry.actor_kind} {entry.actor_id}".strip()
    parts = (str(entry.seq), entry.at.isoformat(), who, entry.act, entry.vendor, entry.subject, entry.body)
    return "\t".join(parts)


def _entry_json(install: Install, entry: Entry) -> str:
    return json.dumps(
        {
            "install": install.install_id,
            "seq": entry.seq,
            "at": entry.at.isoformat(),
            "actor_kind": entry.actor_kind,
            "actor_id": entry.actor_id,
            "act": entry.act,
            "vendor": entry.vendor,
            "subject": entry.subject,
            "body": entry.body,
            "prev_hash": entry.prev_hash,
            "hash": entry.hash,
        }
    )
