"""`leadassay clock`: questions of working time from a file, answered by the clock that judges leads."""

from __future__ import annotations

import json
import sys
from codecs import BOM_UTF8
from collections.abc import Mapping

import click

from audits.model.working_questions import answer
from connector.errors import UnexpectedPayload
from connector.payloads import JsonValue, parse_json


class _Unusable(click.ClickException):
    """The file cannot be used at all."""

    exit_code = 2


@click.command("clock")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
def clock_command(file: str) -> None:
    """Try a calendar: answer the questions in FILE (- = stdin), one JSON line each.

    FILE holds {"cases": [...]} or a list; docs/working-time.md says what a case is. A line is {"id", "result"}:
    seconds, an instant in UTC, or true/false; or {"id", "error"} where a case cannot be answered. Exit code 1 when
    there was such a case, 2 when the file cannot be used at all.
    """
    is_sound = True
    for case in _cases(file):
        told: dict[str, object] = {"id": case.get("id") if isinstance(case, Mapping) else None}
        try:
            if not isinstance(case, Mapping):
                raise ValueError(f"a case is an object with id, kind, tz and week, not {json.dumps(case)[:40]}")
            told["result"] = answer(case)
        except ValueError as error:
            told["error"] = str(error)
            is_sound = False
        click.echo(json.dumps(told, ensure_ascii=False))
    sys.exit(0 if is_sound else 1)


def _cases(file: str) -> list[JsonValue]:
    name = "standard input" if file == "-" else file
    try:
        with click.open_file(file, "rb") as source:
            # Some editors begin a file with a mark that says that it is UTF-8.
            said = parse_json(source.read().removeprefix(BOM_UTF8), name)
    except OSError as error:
        raise _Unusable(f"{name}: cannot be read ({error.strerror}).") from error
    except UnexpectedPayload as error:
        raise _Unusable(str(error)) from error
    listed = said.get("cases") if isinstance(said, dict) else said
    if not isinstance(listed, list):
        raise _Unusable(f'{name}: holds no list of cases; write {{"cases": [...]}} or [...].')
    return listed
