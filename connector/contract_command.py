"""`leadassay contract`: what is wrong with a contract before it is signed. No CRM, no network."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from audits.contracts.check import Problem, Severity, check
from audits.model.said import english
from connector.contracts.contract_file import ContractFileError, ContractText, load_contracts, write_contract
from connector.contracts.contract_schema import contract_schema
from connector.contracts.contract_words import in_words

_CONTRADICTS, _UNREADABLE = 1, 2


class _Unusable(click.ClickException):
    """The file cannot be used at all."""

    exit_code = _UNREADABLE


_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group("contract")
def contract_command() -> None:
    """Contracts with lead vendors, as YAML files."""


@contract_command.command("check")
@click.argument("files", nargs=-1, required=True, type=_file)
@click.option("--json", "as_json", is_flag=True, help="JSON, one object a line, instead of words.")
def contract_check(files: tuple[Path, ...], as_json: bool) -> None:
    """List contradictions in FILES, and clauses that cannot be tested, each with its line.

    Versions of one contract may stand in several files; they are checked against one another. Exit code 0 when
    nothing contradicts (there may be warnings), 1 when something does, 2 when a file cannot be read: then nothing is
    checked.
    """
    texts = _load(files, as_json)
    problems = check([each.contract for each in texts])
    # By file and line, as editors list them.
    order = {each.name: index for index, each in reversed(list(enumerate(texts)))}
    for problem in sorted(
        problems,
        key=lambda each: (order[texts[each.position].name], texts[each.position].line_of(each.place)),
    ):
        _tell(problem, texts, as_json)
    errors = sum(each.severity is Severity.ERROR for each in problems)
    if not as_json:
        warnings = len(problems) - errors
        click.echo(
            f"{_counted(len(texts), 'version')} checked: {_counted(errors, 'contradiction')}, "
            f"{_counted(warnings, 'warning')}",
            err=True,
        )
    sys.exit(_CONTRADICTS if errors else 0)


def _counted(count: int, one: str) -> str:
    return f"{count} {one}" if count == 1 else f"{count} {one}s"


def _load(files: Sequence[Path], as_json: bool) -> list[ContractText]:
    """All contracts in the files, or the end of the command with every reason why one cannot be read."""
    texts: list[ContractText] = []
    is_unreadable = False
    for path in files:
        try:
            texts += load_contracts(path, are_apart=False)
        except ContractFileError as error:
            is_unreadable = True
            for each in error.problems:
                if as_json:
                    values = {"file": error.name, "line": each.line, "column": each.column, "severity": "unreadable"}
                    click.echo(json.dumps({**values, "place": each.place, "says": each.reason}, ensure_ascii=False))
                else:
                    place = f" {each.place}" if each.place else ""
                    click.echo(f"{error.name}:{each.line}: unreadable{place}: {each.reason}")
        except OSError as error:
            raise _Unusable(f"{path}: cannot be read ({error.strerror}).") from error
    if is_unreadable:
        sys.exit(_UNREADABLE)
    return texts


def _tell(problem: Problem, texts: Sequence[ContractText], as_json: bool) -> None:
    text = texts[problem.position]
    line = text.line_of(problem.place)
    other = None if problem.other is None else texts[problem.other]
    other_line = None if other is None else other.line_of(problem.place)
    if not as_json:
        against = "" if other is None else f" (against {other.name}:{other_line})"
        click.echo(f"{text.name}:{line}: {problem.severity} {problem.place}: {problem.sentence}{against}")
        return
    values: dict[str, object] = {
        "file": text.name,
        "line": line,
        "severity": problem.severity.value,
        "code": problem.code.value,
        "contract": text.contract.contract,
        "version": text.contract.version,
        "place": problem.place,
        "says": english(problem.said),
        "do": english(problem.mend),
    }
    if other is not None:
        values |= {"other_file": other.name, "other_line": other_line}
    click.echo(json.dumps(values, ensure_ascii=False))


@contract_command.command("show")
@click.argument("files", nargs=-1, required=True, type=_file)
def contract_show(files: tuple[Path, ...]) -> None:
    """Say in plain words what each clause of FILES means."""
    out = Console()
    for text in _load(files, as_json=False):
        contract = text.contract
        table = Table(
            "line", "clause", "no.", "what it means", title=f"{contract.contract}, version {contract.version}"
        )
        for place, ref, said in in_words(contract):
            table.add_row(*map(Text, (str(text.line_of(place)), place, ref, said)))
        out.print(table)


@contract_command.command("tidy")
@click.argument("file", type=_file)
def contract_tidy(file: Path) -> None:
    """Print FILE as the pages would write it: same meaning, what has its default left out. Comments are not kept."""
    texts = _load([file], as_json=False)
    click.echo("---\n".join(write_contract(each.contract) for each in texts), nl=False)


@contract_command.command("schema")
def contract_schema_command() -> None:
    """Print the JSON Schema of a contract, for editors."""
    click.echo(json.dumps(contract_schema(), indent=2, ensure_ascii=False))
