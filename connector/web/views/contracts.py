"""/contracts: what was agreed with lead vendors, by version, with what contradicts itself; new ones, as a form or a
file. For managers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from flask import Blueprint, Response, abort, redirect, render_template, request
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as BaseResponse

from audits.contracts import check as checking
from audits.contracts.check import Problem, Severity
from audits.contracts.check_words import clauses
from audits.contracts.plain import dump_contract, load_contract
from audits.model.contract import Contract
from connector.contracts.contract_file import ContractFileError, read_contract_texts, write_contract
from connector.contracts.contract_words import in_words
from connector.contracts.yaml_nodes import MOST_CHARACTERS
from connector.storage import contracts, installs, people
from connector.storage.contracts import ContractRefused, ContractVersion
from connector.web.access import Access, needs, viewer
from connector.web.contract_labels import place_label
from connector.web.sentences import written
from connector.web.site import site
from connector.web.texts import t

pages = Blueprint("contracts", __name__)

PAGE = "/contracts"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """What the check finds, in words."""

    says: str
    do: str
    is_error: bool
    place: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRow:
    """One contract on the list, by the version that holds today, or else the one that comes next or came last."""

    contract: str
    version: int
    state: str
    tone: str
    valid_from: date
    last_day: date | None
    currency: str
    errors: int
    warnings: int
    versions: int

    @property
    def href(self) -> str:
        """Its page."""
        return f"{PAGE}/{self.contract}/{self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorRows:
    """The contracts with one vendor."""

    vendor: str
    rows: list[ContractRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseRow:
    """One clause in plain words. `ref`, `title`, `words`: its number and text in the signed paper."""

    label: str
    ref: str
    title: str
    words: str
    says: str
    findings: list[FindingRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One version of the contract that is shown."""

    version: int
    state: str
    tone: str
    valid_from: date
    last_day: date | None
    is_here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionPage:
    """One version, clause by clause."""

    kept: ContractVersion
    state: str
    tone: str
    saved_by: str
    clauses: list[ClauseRow]
    findings: list[FindingRow]
    versions: list[VersionRow]
    may_change: bool
    may_end: bool
    today: str

    @property
    def href(self) -> str:
        """Its own address."""
        return f"{PAGE}/{self.kept.agreed.contract}/{self.kept.agreed.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProblem:
    """Why the file is not read."""

    line: int
    place: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPage:
    """What the form for a file prints."""

    text: str = ""
    name: str = ""
    problems: list[FileProblem] = field(default_factory=list)
    findings: list[FindingRow] = field(default_factory=list)
    refused: str = ""


@pages.get(PAGE)
@needs(Access.MANAGER)
def listed() -> str:
    """All contracts of the account, by vendor."""
    me, now = viewer(), site().now()
    with site().database.read() as connection:
        kept = [each for each in contracts.list_versions(connection, me.install_id) if each.withdrawn_at is None]
    found = findings_of([each.in_force for each in kept])
    grouped: dict[str, dict[str, list[tuple[ContractVersion, list[Problem]]]]] = {}
    for each, problems in zip(kept, found, strict=True):
        of_vendor = grouped.setdefault(each.agreed.vendor, {})
        of_vendor.setdefault(each.agreed.contract, []).append((each, problems))
    vendors = [
        VendorRows(vendor=vendor, rows=[_row(versions, now) for versions in of_vendor.values()])
        for vendor, of_vendor in grouped.items()
    ]
    return render_template("contracts.html", vendors=vendors)


def _row(versions: Sequence[tuple[ContractVersion, list[Problem]]], now: datetime) -> ContractRow:
    ordered = sorted(versions, key=lambda pair: pair[0].agreed.valid_from)
    today = now.astimezone(ordered[0][0].agreed.zone).date()
    shown = next(
        (pair for pair in ordered if pair[0].holds_on(today)),
        next((pair for pair in ordered if pair[0].agreed.valid_from > today), ordered[-1]),
    )
    kept, problems = shown
    state, tone = state_of(kept, now)
    errors = sum(each.severity is Severity.ERROR for each in problems)
    return ContractRow(
        contract=kept.agreed.contract,
        version=kept.agreed.version,
        state=state,
        tone=tone,
        valid_from=kept.agreed.valid_from,
        last_day=kept.last_day,
        currency=kept.agreed.currency,
        errors=errors,
        warnings=len(problems) - errors,
        versions=len(versions),
    )


def state_of(kept: ContractVersion, now: datetime) -> tuple[str, str]:
    """Whether a version holds today (by its own zone), in words, and the tone."""
    today = now.astimezone(kept.agreed.zone).date()
    if kept.withdrawn_at is not None:
        return t("withdrawn"), "quiet"
    if kept.holds_on(today):
        return t("in force"), "good"
    if kept.agreed.valid_from > today:
        return t("planned"), "warn"
    return t("over"), "quiet"


def findings_of(versions: Sequence[Contract], among: Sequence[Contract] = ()) -> list[list[Problem]]:
    """What the check finds of each, by itself and beside the others and those `among` which they come."""
    found: list[list[Problem]] = [[] for _ in versions]
    texts = tuple(dump_contract(each) for each in (*among, *versions))
    for problem in _checked(texts):
        if problem.position >= len(among):
            found[problem.position - len(among)].append(problem)
    return found


@lru_cache(maxsize=64)
def _checked(texts: tuple[str, ...]) -> tuple[Problem, ...]:
    """By the words of the contracts alone, so that a list that is looked at again is not worked out again."""
    return tuple(checking.check([load_contract(text) for text in texts]))


def finding_rows(problems: Sequence[Problem], lines: Mapping[str, int] | None = None) -> list[FindingRow]:
    """Problems in words, contradictions first."""
    return [
        FindingRow(
            says=written(each.said),
            do=written(each.mend),
            is_error=each.severity is Severity.ERROR,
            place=each.place,
            line=(lines or {}).get(each.place, 0),
        )
        for each in sorted(problems, key=lambda each: each.severity is not Severity.ERROR)
    ]


@pages.get(f"{PAGE}/<contract>/<int:version>")
@needs(Access.MANAGER)
def shown(contract: str, version: int) -> str:
    """One version in plain words, with what the check finds beside each clause."""
    return _shown(contract, version)


def _shown(contract: str, version: int, *, refused: str = "") -> str:
    me, now = viewer(), site().now()
    with site().database.read() as connection:
        kept = _found(connection, contract, version)
        others = contracts.list_versions(connection, me.install_id)
        names = {user.user_id: user.name or user.email for user in people.list_users(connection, me.install_id)}
    among = [each.in_force for each in others if each.withdrawn_at is None and each.agreed != kept.agreed]
    [problems] = findings_of([kept.in_force], among)
    rows, beside = clause_rows(kept.in_force, problems)
    state, tone = state_of(kept, now)
    today = now.astimezone(kept.agreed.zone).date()
    is_over = kept.last_day is not None and kept.last_day < today
    page = VersionPage(
        kept=kept,
        state=state,
        tone=tone,
        saved_by=names.get(kept.saved_by, ""),
        clauses=rows,
        findings=beside,
        versions=[_version_row(each, kept, now) for each in reversed(others) if each.agreed.contract == contract],
        may_change=kept.used_at is None and kept.withdrawn_at is None,
        may_end=kept.withdrawn_at is None and not is_over,
        today=today.isoformat(),
    )
    return render_template("contract.html", page=page, refused=refused)


def _version_row(each: ContractVersion, here: ContractVersion, now: datetime) -> VersionRow:
    state, tone = state_of(each, now)
    return VersionRow(
        version=each.agreed.version,
        state=state,
        tone=tone,
        valid_from=each.agreed.valid_from,
        last_day=each.last_day,
        is_here=each.agreed.version == here.agreed.version,
    )


def clause_rows(contract: Contract, problems: Sequence[Problem]) -> tuple[list[ClauseRow], list[FindingRow]]:
    """The clauses in plain words, each with what is found of it; and what is found of none of them."""
    said = in_words(contract)
    words = dict(clauses(contract))
    places = [place for place, _, _ in said]
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        found.setdefault(_nearest(problem.place, places), []).append(problem)
    rows = [
        ClauseRow(
            label=place_label(place),
            ref=ref,
            title=words[place].title if place in words else "",
            words=words[place].says if place in words else "",
            says=says,
            findings=finding_rows(found.get(place, ()) if place else ()),
        )
        for place, ref, says in said
    ]
    return rows, finding_rows(found.get("", ()))


def _nearest(place: str, places: Sequence[str]) -> str:
    """Of the places that are said, the one that holds `place`, or that it holds; "" = none."""
    around = [each for each in places if each and (place == each or place.startswith(f"{each}."))]
    inside = [each for each in places if each and place and each.startswith(f"{place}.")]
    return max(around, key=len, default=inside[0] if inside else "")


def _found(connection: Connection, contract: str, version: int) -> ContractVersion:
    """The version of the viewer's own account, or 404."""
    kept = contracts.get_version(connection, viewer().install_id, contract, version) if version < 2**31 else None
    if kept is None:
        abort(404)
    return kept


@pages.get(f"{PAGE}/<contract>/<int:version>.yaml")
@needs(Access.MANAGER)
def as_yaml(contract: str, version: int) -> Response:
    """The version as a file that means the same."""
    with site().database.read() as connection:
        kept = _found(connection, contract, version)
    text = write_contract(kept.in_force)
    if kept.ends_on is not None:
        text = f"# Ended on {kept.ends_on}; the digest of what was agreed is {kept.agreed.digest}.\n{text}"
    answer = Response(text, mimetype="application/yaml")
    answer.headers["Content-Disposition"] = f'attachment; filename="{contract}-{version}.yaml"'
    return answer


@pages.get(f"{PAGE}/import")
@needs(Access.MANAGER)
def import_form() -> str:
    """The form for a file."""
    return render_template("contract_import.html", page=ImportPage())


@pages.post(f"{PAGE}/import")
@needs(Access.MANAGER)
def import_file() -> BaseResponse | tuple[str, int]:
    """Keep all versions of a file, or none of them."""
    me, now = viewer(), site().now()
    sent = request.files.get("file")
    name, text, problems = t("the file"), request.form.get("text", "").replace("\r\n", "\n"), []
    if sent is not None and sent.filename:
        name, raw = sent.filename[-80:], sent.read(4 * MOST_CHARACTERS)
        try:
            text = raw.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            text, line = "", raw.count(b"\n", 0, error.start) + 1
            problems = [FileProblem(line=line, place="", says=t("is not written in UTF-8; save it as UTF-8 text"))]
    if not problems:
        try:
            read = read_contract_texts(text, name)
        except ContractFileError as error:
            problems = [FileProblem(line=each.line, place=each.place, says=each.reason) for each in error.problems]
    if problems:
        return _import_page(ImportPage(text=text, name=name, problems=problems))
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        names = {(each.contract.contract, each.contract.version) for each in read}
        among = [
            each.in_force
            for each in contracts.list_versions(connection, me.install_id)
            if each.withdrawn_at is None and (each.agreed.contract, each.agreed.version) not in names
        ]
        found = [
            row
            for each, of_one in zip(read, findings_of([each.contract for each in read], among), strict=True)
            for row in finding_rows(of_one, {problem.place: each.line_of(problem.place) for problem in of_one})
        ]
        is_kept = request.form.get("all-the-same") == "yes" or not any(row.is_error for row in found)
        refused = ""
        if is_kept:
            try:
                with connection.begin_nested():
                    new = [
                        contracts.put_version(
                            connection, me.install_id, each.contract, at=now, user_id=me.user.user_id
                        )
                        for each in read
                    ]
            except ContractRefused as error:
                refused = written(error.said)
    if refused or not is_kept:
        found = sorted(found, key=lambda row: (not row.is_error, row.line))
        return _import_page(ImportPage(text=text, name=name, findings=found, refused=refused))
    note = "contracts-imported" if any(new) else "contracts-same"
    return redirect(f"{PAGE}?note={note}", 303)


def _import_page(page: ImportPage) -> tuple[str, int]:
    return render_template("contract_import.html", page=page), 422


@pages.post(f"{PAGE}/<contract>/<int:version>/withdraw")
@needs(Access.MANAGER)
def withdraw(contract: str, version: int) -> BaseResponse | tuple[str, int]:
    """Let a version that nothing was judged by never have held."""
    me, now = viewer(), site().now()
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        _found(connection, contract, version)
        done = contracts.withdraw_version(connection, me.install_id, contract, version, at=now)
    if not done:
        refused = t("Nothing was changed: leads were judged by this version, or it is withdrawn already.")
        return _shown(contract, version, refused=refused), 422
    return redirect(f"{PAGE}?note=contract-withdrawn", 303)


@pages.post(f"{PAGE}/<contract>/<int:version>/end")
@needs(Access.MANAGER)
def end(contract: str, version: int) -> BaseResponse | tuple[str, int]:
    """Let a version hold until a day and no longer."""
    me, now = viewer(), site().now()
    typed = request.form.get("ends_on", "").strip()
    try:
        last = date.fromisoformat(typed)
    except ValueError:
        return _shown(contract, version, refused=t("Write the last day as 2026-07-14.")), 422
    refused = ""
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        _found(connection, contract, version)
        try:
            with connection.begin_nested():
                contracts.end_version(
                    connection, me.install_id, contract, version, ends_on=last, at=now, user_id=me.user.user_id
                )
        except ContractRefused as error:
            refused = written(error.said)
    if refused:
        return _shown(contract, version, refused=refused), 422
    return redirect(f"{PAGE}/{contract}/{version}?note=contract-saved", 303)
