"""The command line. Every command says what is wrong and what to do about it; long ones show their progress."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from itertools import islice
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
from rich.console import Console
from rich.table import Table

from connector.check_command import check_command
from connector.clock_command import clock_command
from connector.contract_command import contract_command
from connector.dedupe_command import dedupe_command
from connector.demo import DEMO_CRMS, DemoOptions, run_demo
from connector.doctor import examine
from connector.errors import ConfigError, LeadAssayError
from connector.exports.command import audit_command
from connector.forecast import budget_command
from connector.ledger_command import log_command
from connector.logs import configure_logs
from connector.oauth.vault import Vault, rotate
from connector.report_command import compare_command, replay_command, report_command
from connector.sandbox.dialects import DIALECTS, read_config
from connector.sandbox.server import serve as serve_sandbox
from connector.settings import PRIVATE, Settings, load_settings
from connector.statement_command import statement_command
from connector.storage.database import Database
from connector.storage.inbox import Inbox, InboxStatus
from connector.storage.migrate import upgrade
from connector.web.server import DEFAULT_THREADS, run_web
from connector.worker import Worker

P = ParamSpec("P")
R = TypeVar("R")

_out = Console()
_err = Console(stderr=True)


def _says_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Our own errors become one sentence on stderr and exit code 1; others keep their traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except LeadAssayError as error:
            _err.print(f"[bold red]leadassay:[/] {error}", highlight=False, soft_wrap=True)
            sys.exit(1)

    return run


_as_json = click.option("--json", "as_json", is_flag=True, help="JSON, one object a line, instead of words.")


def _tell(as_json: bool, values: dict[str, object], words: str) -> None:
    if as_json:
        click.echo(json.dumps(values))
    else:
        _out.print(words)


def _settings() -> Settings:
    os.umask(PRIVATE)
    settings = load_settings(os.environ)
    configure_logs(settings.log_level)
    return settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="leadassay")
def main() -> None:
    """Lead Assay: audits lead response, follow-up and lead quality in a CRM, with evidence."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--threads", default=DEFAULT_THREADS, show_default=True, type=click.IntRange(1, 256), help="Requests at once."
)
@_says_errors
def serve(host: str, port: int, threads: int) -> None:
    """Serve the pages and the webhooks."""
    settings = _settings()
    upgrade(settings.database_url, settings.inbox_url)
    run_web("connector.app:app", host=host, port=port, threads=threads)


@main.command()
@click.option("--concurrency", default=4, show_default=True, type=click.IntRange(1, 64), help="Installs at once.")
@_says_errors
def worker(concurrency: int) -> None:
    """Carry out what is due: events, back-fills, audits, write-backs."""
    settings = _settings()
    upgrade(settings.database_url, settings.inbox_url)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Worker(settings, concurrency=concurrency).run(stop)


@main.group()
def db() -> None:
    """The databases."""


@db.command("upgrade")
@_as_json
@_says_errors
def db_upgrade(as_json: bool) -> None:
    """Bring the tables to this version. Safe to run again, and beside another."""
    settings = _settings()
    upgrade(settings.database_url, settings.inbox_url)
    _tell(as_json, {"is_up_to_date": True}, "The tables are up to date.")


@main.group()
def inbox() -> None:
    """The stored webhook deliveries."""


@inbox.command("list")
@click.option("--status", type=click.Choice(["new", "done", "parked"]), default="parked", show_default=True)
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
@_as_json
@_says_errors
def inbox_list(status: str, limit: int, as_json: bool) -> None:
    """List deliveries: those parked after five failed tries, unless told otherwise. Never prints bodies."""
    box = Inbox.open(_settings().inbox_url)
    try:
        rows = [
            {
                "id": row.inbox_id,
                "sender": row.sender,
                "received_at": row.received_at.isoformat(),
                "bytes": len(row.body),
                "attempts": row.attempts,
                "error": row.error,
            }
            for row in islice(box.iter_rows(InboxStatus(status)), limit)
        ]
    finally:
        box.close()
    if as_json:
        for row in rows:
            click.echo(json.dumps(row))
        return
    if not rows:
        _out.print(f"No {status} deliveries.")
        return
    table = Table("id", "sender", "received", "bytes", "tries", "error")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    _out.print(table)


@inbox.command("replay")
@click.argument("ids", nargs=-1, type=int)
@click.option("--parked", is_flag=True, help="All parked deliveries.")
@_as_json
@_says_errors
def inbox_replay(ids: tuple[int, ...], parked: bool, as_json: bool) -> None:
    """Process deliveries again: by id, or all that are parked. What had its effect already has none again."""
    if bool(ids) == parked:
        raise click.UsageError("Give ids, or --parked.")
    box = Inbox.open(_settings().inbox_url)
    try:
        wanted = [row.inbox_id for row in box.iter_rows(InboxStatus.PARKED)] if parked else list(ids)
        count = box.replay(wanted)
    finally:
        box.close()
    _tell(as_json, {"replayed": count}, f"{count} deliveries will be processed again.")


@main.command()
@_as_json
def doctor(as_json: bool) -> None:
    """Check settings, databases, keys, clock and reachability, and say what to do. Exit code 1 on a fault."""
    checks = examine(os.environ)
    for check in checks:
        if as_json:
            click.echo(json.dumps({"check": check.name, "ok": check.is_ok, "says": check.says, "do": check.remedy}))
        else:
            mark = "[green]ok  [/]" if check.is_ok else "[bold red]BAD [/]"
            _out.print(f"{mark} {check.name}: {check.says}", highlight=False, soft_wrap=True)
            if check.remedy:
                _out.print(f"       → {check.remedy}", highlight=False, soft_wrap=True)
    sys.exit(0 if all(check.is_ok for check in checks) else 1)


@main.group()
def keys() -> None:
    """The keys that encrypt the CRM tokens."""


@keys.command("rotate")
@_as_json
@_says_errors
def keys_rotate(as_json: bool) -> None:
    """Encrypt every stored token with the first key of LEADASSAY_KEYS. The old key may go afterwards."""
    settings = _settings()
    database = Database.open(settings.database_url)
    try:
        count = rotate(database, Vault(settings.keys))
    finally:
        database.close()
    key_id = settings.keys[0][0]
    _tell(as_json, {"rotated": count, "key": key_id}, f"{count} tokens encrypted anew with key {key_id!r}.")


@main.command()
@click.option("--crm", type=click.Choice(list(DEMO_CRMS)), default="hubspot", show_default=True, help="Which CRM.")
@click.option("--once", is_flag=True, help="Do it all without a person, check it, and exit.")
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Write the result here (- = stdout).")
@click.option("--seed", default=7, show_default=True, help="Another seed plants another history.")
@click.option("--leads", default=600, show_default=True, type=click.IntRange(180, 20_000))
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port of the app.")
@click.option("--dir", "directory", type=click.Path(path_type=Path), help="Keep the data here; else a fresh folder.")
@_says_errors
def demo(
    crm: str, once: bool, json_path: Path | None, seed: int, leads: int, port: int, directory: Path | None
) -> None:
    """Run a CRM sandbox, the app and a worker, install one into the other, and compare planted with found."""
    options = DemoOptions(
        crm=crm, is_once=once, json_path=json_path, seed=seed, leads=leads, port=port, directory=directory
    )
    sys.exit(run_demo(options))


@main.command()
@click.option("--dialect", type=click.Choice(DIALECTS), help="The CRM it plays; hubspot unless the file says other.")
@click.option("--port", default=8100, show_default=True, type=click.IntRange(0, 65535))
@click.option("--config", type=click.Path(exists=True, path_type=Path), help="JSON file with accounts and app.")
@_says_errors
def sandbox(dialect: str | None, port: int, config: Path | None) -> None:
    """Run the CRM sandbox alone, on loopback."""
    try:
        chosen = read_config({} if config is None else json.loads(config.read_text()), dialect)
    except ValueError as error:
        raise ConfigError(f"{config}: {error}") from None
    serve_sandbox(replace(chosen, port=port))


main.add_command(audit_command, name="audit")
main.add_command(budget_command, name="budget")
main.add_command(check_command, name="check")
main.add_command(clock_command, name="clock")
main.add_command(contract_command, name="contract")
main.add_command(dedupe_command, name="dedupe")
main.add_command(log_command, name="log")
main.add_command(report_command, name="report")
main.add_command(replay_command, name="replay")
main.add_command(compare_command, name="compare")
main.add_command(statement_command, name="statement")


if __name__ == "__main__":
    main()
