"""/contracts: what was agreed with lead vendors, by version, with what contradicts itself; new ones, as a form or a
file. For managers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, redirect, render_template, request
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response as BaseResponse

from audits.contracts import check as checking
from audits.contracts.check import Problem, Severity
from audits.contracts.check_words import clauses
from audits.contracts.plain import dump_contract, load_contract
from audits.model.contract import Contract
from connector.contracts.contract_file import ContractFileError, read_contract_texts, write_contract
from connector.contracts.contract_words import clauses_said
from connector.contracts.yaml_nodes import MOST_CHARACTERS
from connector.storage import contracts, installs, people
from connector.storage.contracts import ContractRefused, ContractVersion
from connector.web.access import Access, needs, viewer
from connector.web.contract_changes import changes_between
from connector.web.contract_form import (
    NO_MISTAKES,
    Mistakes,
    Section,
    Typed,
    changed,
    contract_typed,
    sections,
    typed_from,
    typed_new,
    typed_of,
)
from connector.web.contract_labels import place_label
from connector.web.policy_changes import Change
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
    said = clauses_said(contract)
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
            says=written(says),
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
        done = contracts.withdraw_version(
            connection, me.install_id, contract, version, at=now, user_id=me.user.user_id
        )
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


# The form


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """What a form is for. `base`: the version that is changed, or followed; None: a new contract. `fixed`: what the
    page says, and nobody types."""

    action: str
    base: ContractVersion | None
    is_next: bool
    fixed: Mapping[str, str]

    @property
    def seen(self) -> str:
        """What was there when the form was made."""
        return self.base.agreed.digest if self.base is not None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPage:
    """What the form prints. `found`: what the check finds, None = not asked yet."""

    action: str
    title: str
    says: str
    seen: str
    sections: list[Section]
    wrong: list[tuple[str, str, str]]
    found: list[FindingRow] | None
    refused: str

    @property
    def contradicts(self) -> bool:
        """Whether it can only be saved all the same."""
        return any(each.is_error for each in self.found or ())


@pages.get(f"{PAGE}/new")
@needs(Access.MANAGER)
def new_form() -> str:
    """The form of a new contract."""
    me, desk = viewer(), _new_desk()
    today = site().now().astimezone(ZoneInfo(me.install.zone)).date()
    typed = typed_new() | {
        "version": "1",
        "valid_from": today.isoformat(),
        "timezone": me.install.zone,
        "currency": me.install.currency or "",
    }
    return _form(desk, typed)


@pages.post(f"{PAGE}/new")
@needs(Access.MANAGER)
def new() -> str | BaseResponse | tuple[str, int]:
    """A button of that form."""
    return _pressed(_new_desk())


@pages.get(f"{PAGE}/<contract>/<int:version>/edit")
@needs(Access.MANAGER)
def edit_form(contract: str, version: int) -> str | tuple[str, int]:
    """The form of a version that nothing was judged by."""
    desk = _edit_desk(contract, version)
    if isinstance(desk, str):
        return _shown(contract, version, refused=desk), 409
    return _form(desk, typed_of(_agreed(desk)))


@pages.post(f"{PAGE}/<contract>/<int:version>/edit")
@needs(Access.MANAGER)
def edit(contract: str, version: int) -> str | BaseResponse | tuple[str, int]:
    """A button of that form."""
    desk = _edit_desk(contract, version)
    if isinstance(desk, str):
        return _shown(contract, version, refused=desk), 409
    return _pressed(desk)


@pages.get(f"{PAGE}/<contract>/<int:version>/next")
@needs(Access.MANAGER)
def next_form(contract: str, version: int) -> str:
    """The form of a version that follows this one, filled with its words."""
    desk = _next_desk(contract, version)
    agreed = _agreed(desk)
    tomorrow = site().now().astimezone(agreed.zone).date() + timedelta(days=1)
    first = max(tomorrow, agreed.valid_from + timedelta(days=1))
    return _form(desk, typed_of(agreed) | {"valid_from": first.isoformat(), "valid_to": ""})


@pages.post(f"{PAGE}/<contract>/<int:version>/next")
@needs(Access.MANAGER)
def follow(contract: str, version: int) -> str | BaseResponse | tuple[str, int]:
    """A button of that form."""
    return _pressed(_next_desk(contract, version))


def _new_desk() -> _Desk:
    return _Desk(action=f"{PAGE}/new", base=None, is_next=False, fixed={})


def _edit_desk(contract: str, version: int) -> _Desk | str:
    with site().database.read() as connection:
        kept = _found(connection, contract, version)
    if kept.withdrawn_at is not None:
        return t("This version is withdrawn.")
    if kept.used_at is not None:
        return t("Leads were judged by this version: its words never change. A change is a new version.")
    fixed = {"contract": contract, "version": str(version)}
    return _Desk(action=f"{PAGE}/{contract}/{version}/edit", base=kept, is_next=False, fixed=fixed)


def _next_desk(contract: str, version: int) -> _Desk:
    with site().database.read() as connection:
        kept = _found(connection, contract, version)
        known = contracts.list_versions(connection, viewer().install_id, contract)
    number = max(each.agreed.version for each in known) + 1
    fixed = {"contract": contract, "vendor": kept.agreed.vendor, "version": str(number)}
    return _Desk(action=f"{PAGE}/{contract}/{version}/next", base=kept, is_next=True, fixed=fixed)


def _agreed(desk: _Desk) -> Contract:
    if desk.base is None:
        raise LookupError(desk.action)
    return desk.base.agreed


def _form(
    desk: _Desk,
    typed: Typed,
    mistakes: Mistakes = NO_MISTAKES,
    *,
    found: Sequence[Problem] | None = None,
    refused: str = "",
) -> str:
    fixed = desk.fixed
    if desk.base is None:
        title, says = t("New contract"), t("Nothing is saved before you say so. What is left empty has its default.")
    elif desk.is_next:
        title = t("{contract}, version {n}", contract=fixed["contract"], n=fixed["version"])
        says = t("Built on version {n}, which ends on the day before this one begins.", n=_agreed(desk).version)
    else:
        title = t("{contract}, version {n}", contract=fixed["contract"], n=fixed["version"])
        says = t("No lead was judged by this version yet: it may still be changed, or withdrawn.")
    page = EditPage(
        action=desk.action,
        title=title,
        says=says,
        seen=desk.seen,
        sections=sections(typed, mistakes, fixed=tuple(fixed)),
        wrong=mistakes.listed(),
        found=None
        if found is None
        else [replace(each, place=place_label(each.place)) for each in finding_rows(found)],
        refused=refused,
    )
    return render_template("contract_edit.html", page=page)


def _pressed(desk: _Desk) -> str | BaseResponse | tuple[str, int]:
    """A button of the form: change its rows, show what the check finds, or save."""
    deed = request.form.get("do", "")
    if "timezone" not in request.form:
        abort(400, t("The page was not sent as it was made. Load it again."))
    typed = typed_from(request.form) | dict(desk.fixed)
    if deed not in {"save", "preview"}:
        other = changed(typed, deed)
        if other is None:
            abort(400, t("The page was not sent as it was made. Load it again."))
        return _form(desk, other)
    made = contract_typed(typed)
    if isinstance(made, Mistakes):
        return _form(desk, typed, made), 422
    with site().database.read() as connection:
        among = _among(connection, desk, made)
    [problems] = findings_of([made], among)
    if deed == "preview":
        return _form(desk, typed, found=problems)
    contradicts = any(each.severity is Severity.ERROR for each in problems)
    if contradicts and request.form.get("all-the-same") != "yes":
        return _form(desk, typed, found=problems), 422
    refused, is_new = _saved(desk, made)
    if refused:
        return _form(desk, typed, found=problems, refused=refused), 422
    note = "contract-saved" if is_new else "contract-same"
    return redirect(f"{PAGE}/{made.contract}/{made.version}?note={note}", 303)


def _among(connection: Connection, desk: _Desk, made: Contract) -> list[Contract]:
    """The versions beside which it is to stand, as they will be once it is saved."""
    found = []
    for each in contracts.list_versions(connection, viewer().install_id):
        held = each.in_force
        if each.withdrawn_at is not None or (held.contract, held.version) == (made.contract, made.version):
            continue
        is_followed = desk.is_next and held.contract == made.contract and held.valid_from < made.valid_from
        if is_followed and (held.valid_to is None or held.valid_to >= made.valid_from):
            held = held.model_copy(update={"valid_to": made.valid_from - timedelta(days=1)})
        found.append(held)
    return found


def _saved(desk: _Desk, made: Contract) -> tuple[str, bool]:
    """Why it was not saved, "" = it was; and whether anything changed by it."""
    me, now = viewer(), site().now()
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        known = contracts.list_versions(connection, me.install_id, made.contract)
        present = next((each for each in known if each.agreed.version == made.version), None)
        if desk.base is None and any(each.withdrawn_at is None for each in known):
            return t(
                "There is a contract of this name already: make a new version of it, or choose another name."
            ), False
        is_stale = present is None or present.agreed.digest != request.form.get("seen", "")
        if desk.base is not None and not desk.is_next and is_stale:
            return t(
                "Meanwhile somebody else changed this version. Open it again, and make your change there."
            ), False
        try:
            with connection.begin_nested():
                save = contracts.follow_version if desk.is_next else contracts.put_version
                done = save(connection, me.install_id, made, at=now, user_id=me.user.user_id)
        except ContractRefused as error:
            return written(error.said), False
    return "", desk.is_next or bool(done)


@pages.get(f"{PAGE}/<contract>/<int:version>/changes")
@needs(Access.MANAGER)
def differences(contract: str, version: int) -> str:
    """What differs between this version and another of the same contract (`?since=`)."""
    typed = request.args.get("since", "")
    with site().database.read() as connection:
        new = _found(connection, contract, version)
        old = _found(connection, contract, int(typed) if typed.isdecimal() and len(typed) < 10 else 0)
    rows: list[Change] = changes_between(old.in_force, new.in_force)
    return render_template("contract_changes.html", old=old.agreed, new=new.agreed, rows=rows)
