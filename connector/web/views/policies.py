"""/settings/policies: what was agreed, by version; what differs; a new version with its effect. For admins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from babel import Locale
from flask import Blueprint, abort, redirect, render_template, request
from sqlalchemy.engine import Connection
from werkzeug.wrappers import Response

from audits.model.policy import Policy
from audits.rule import Family
from connector.public_holidays import countries_with_holidays
from connector.storage import findings, installs, people, policies, value_mappings
from connector.storage.lead_lists import list_sources
from connector.storage.policies import PolicyVersion
from connector.web import policy_effect, policy_numbers, public_days
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.criteria_form import FIELDS, SUBJECTS, criterion_text
from connector.web.duplicate_words import PROOFS
from connector.web.labels import family_label
from connector.web.links import lead_href
from connector.web.policy_changes import Change, changes, figure_text, target_text, week_text
from connector.web.policy_draft import (
    PolicyDraft,
    changed,
    draft_of,
    draft_typed,
    policy_from_draft,
    valid_from_of,
)
from connector.web.policy_form import DAY_NAMES
from connector.web.policy_numbers import THRESHOLDS, UNITS, Kind, Source, Threshold
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.value_rows import mappable
from connector.web.views.rulebook import rule_titles

pages = Blueprint("policies", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionRow:
    """One version on the list."""

    version: str
    valid_from: datetime
    valid_to: datetime | None
    state: str
    tone: str
    since_first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PoliciesPage:
    """What the list prints. `shown`: the version in force, in short."""

    rows: list[VersionRow]
    old: str
    new: str
    changes: list[Change]
    targets: list[str]
    criteria: list[str]
    week: str
    version: str
    figures: list[tuple[str, list[tuple[str, str]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """One figure of the form. `default`: the shipped one in words."""

    threshold: Threshold
    default: str
    is_default: bool
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class FigureGroup:
    """The figures of one family of rules."""

    label: str
    rows: list[FigureRow]


@dataclass(frozen=True, slots=True)
class EffectRow:
    """One rule of the preview."""

    title: str
    rule_id: str
    before: int
    after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectPanel:
    """The preview, in words."""

    says: str
    bound_says: str
    rows: list[EffectRow]
    leads: list[tuple[str, str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditPage:
    """What the form prints."""

    base: str
    seen: str
    draft: PolicyDraft
    groups: list[FigureGroup]
    units: tuple[str, ...]
    days: tuple[str, ...]
    countries: list[tuple[str, str]]
    regions: Mapping[str, tuple[tuple[str, str], ...]]
    teams: list[str]
    owners: list[tuple[str, str]]
    statuses: list[tuple[str, str]]
    sources: list[str]
    lead_types: list[str]
    proofs: list[tuple[str, str]]
    subjects: list[tuple[str, str]]
    fit_fields: list[tuple[str, str]]
    zone: str
    currency: str
    planned: str
    warning: str
    changes: list[Change] | None
    effect: EffectPanel | None


@pages.get("/settings/policies")
@needs(Access.MANAGER)
def policies_list() -> str:
    """All versions, what is in force, and what differs between two of them. Admins make new ones from here."""
    me, now = viewer(), site().now()
    with site().database.read() as connection:
        versions = policies.list_policies(connection, me.install_id)
        present = policies.policy_as_of(connection, me.install_id, now)
        names = {owner.owner_id: owner.name for owner in people.list_owners(connection, me.install_id)}
    by_name = {each.policy.version: each.policy for each in versions}
    ordered = list(by_name)
    place = ordered.index(present.version)
    new = request.args.get("new", "")
    old = request.args.get("old", "")
    if new not in by_name:
        new = present.version
    if old not in by_name:
        old = ordered[max(place - 1, 0)]
    page = PoliciesPage(
        rows=[_row(each, present.version, now, is_first=n == 0) for n, each in enumerate(versions)][::-1],
        old=old,
        new=new,
        changes=changes(by_name[old], by_name[new], names),
        targets=[target_text(each) for each in present.targets],
        criteria=[criterion_text(each) for each in present.criteria],
        week=week_text(present.calendar),
        version=present.version,
        figures=_figures_of(present),
    )
    return render_template("policies.html", page=page)


def _figures_of(policy: Policy) -> list[tuple[str, list[tuple[str, str]]]]:
    """(family, its figures as (what, how much)) in the order of the form."""
    found: dict[Family | None, list[tuple[str, str]]] = {}
    for each in THRESHOLDS:
        figure = figure_text(each, policy_numbers.value_of(policy, each.name))
        found.setdefault(each.family, []).append((t(each.label), figure))
    return [(family_label(family) if family else "", rows) for family, rows in found.items()]


def _row(each: PolicyVersion, present: str, now: datetime, *, is_first: bool) -> VersionRow:
    if each.policy.version == present:
        state, tone = t("in force"), "good"
    elif each.valid_to is not None and each.valid_to <= each.valid_from:
        state, tone = t("never in force"), "quiet"
    elif each.valid_from > now:
        state, tone = t("planned"), "warn"
    else:
        state, tone = t("over"), "quiet"
    return VersionRow(
        version=each.policy.version,
        valid_from=each.valid_from,
        valid_to=each.valid_to,
        state=state,
        tone=tone,
        since_first=is_first,
    )


@pages.get("/settings/policies/edit")
@needs(Access.ADMIN)
def edit() -> str:
    """The form, filled with the version in force, or with that of `?of=`."""
    me, now = viewer(), site().now()
    with site().database.read() as connection:
        base = _base(connection, me, request.args.get("of", ""), now)
        return _page(connection, me, base, draft_of(base, now_year=now.year), now)


@pages.post("/settings/policies/edit")
@needs(Access.ADMIN)
def change() -> str | Response | tuple[str, int]:
    """A button of the form: change its rows, show the effect, or keep a new version."""
    me, now = viewer(), site().now()
    deed = request.form.get("do", "")
    draft = draft_typed(request.form)
    if not draft.calendars:
        abort(400, t("The page was not sent as it was made. Load it again."))
    if deed not in {"save", "preview"}:
        other = changed(draft, deed, request.form.get("new_team", ""))
        if other is None:
            abort(400, t("The page was not sent as it was made. Load it again."))
        with site().database.read() as connection:
            return _page(connection, me, _base(connection, me, request.form.get("base", ""), now), other, now)
    if deed == "preview":
        with site().database.read() as connection:
            return _previewed(connection, me, draft, now)
    return _saved(me, draft, now)


def _previewed(conn: Connection, me: Viewer, draft: PolicyDraft, now: datetime) -> str | tuple[str, int]:
    base = _base(conn, me, request.form.get("base", ""), now)
    made, _ = _made(conn, me, base, draft, "preview", now)
    if isinstance(made, PolicyDraft):
        return _page(conn, me, base, made, now), 422
    names = {owner.owner_id: owner.name for owner in people.list_owners(conn, me.install_id)}
    effect = policy_effect.effect_of(conn, me.install, made, now)
    return _page(
        conn, me, base, draft, now, found=changes(base, replace(made, version=base.version), names), effect=effect
    )


def _saved(me: Viewer, draft: PolicyDraft, now: datetime) -> str | Response | tuple[str, int]:
    with site().database.write() as connection:
        installs.hold(connection, me.install_id)
        newest = _newest(connection, me.install_id)
        base = _base(connection, me, request.form.get("base", ""), now)
        version = policies.next_version(connection, me.install_id)
        made, since = _made(connection, me, base, draft, version, now)
        is_stale = request.form.get("seen", "") != newest
        if not isinstance(made, PolicyDraft) and not is_stale:
            in_force = policies.policy_as_of(connection, me.install_id, since)
            if replace(made, version=in_force.version) == in_force:
                return redirect("/settings/policies?note=same-policy", 303)
            policies.put_policy(connection, me.install_id, made, since)
            findings.mark_all_due(connection, me.install_id, now)
            return redirect("/settings/policies?note=policy-saved", 303)
    warning = ""
    if is_stale:
        warning = t(
            "Meanwhile version {version} was saved. Look at it, then save again if yours is to hold.", version=newest
        )
    with site().database.read() as connection:
        shown = made if isinstance(made, PolicyDraft) else draft
        return _page(connection, me, base, shown, now, warning=warning), 422


def _made(
    conn: Connection, me: Viewer, base: Policy, draft: PolicyDraft, version: str, now: datetime
) -> tuple[Policy | PolicyDraft, datetime]:
    """The policy of the form and from when it is to hold; or the form with what is wrong."""
    owner_ids = frozenset(owner.owner_id for owner in people.list_owners(conn, me.install_id))
    made = policy_from_draft(draft, base, version, now_year=now.year, owner_ids=owner_ids)
    wrong: dict[str, str] = {}
    since = valid_from_of(draft, me.install.zone, now, wrong)
    if wrong:
        known = made.wrong if isinstance(made, PolicyDraft) else {}
        return replace(draft, wrong={**known, **wrong}), since
    return made, since


def _base(conn: Connection, me: Viewer, version: str, now: datetime) -> Policy:
    """The version on which the form builds: one that was saved, else the one in force."""
    for each in policies.list_policies(conn, me.install_id):
        if each.policy.version == version:
            return each.policy
    return policies.policy_as_of(conn, me.install_id, now)


def _newest(conn: Connection, install_id: str) -> str:
    return policies.list_versions(conn, install_id)[-1]


def _page(
    conn: Connection,
    me: Viewer,
    base: Policy,
    draft: PolicyDraft,
    now: datetime,
    *,
    warning: str = "",
    found: list[Change] | None = None,
    effect: policy_effect.Effect | None = None,
) -> str:
    says = current()
    versions = policies.list_policies(conn, me.install_id)
    later = [each for each in versions if each.valid_from > now]
    owners = people.list_owners(conn, me.install_id)
    away = {each.owner_id for each in draft.absences}
    page = EditPage(
        base=base.version,
        seen=_newest(conn, me.install_id),
        draft=draft,
        groups=figure_groups(draft),
        units=tuple(unit for unit, _ in UNITS),
        days=DAY_NAMES,
        countries=_countries(says.locale),
        regions={each.country: public_days.regions_of(each.country) for each in draft.calendars if each.country},
        teams=sorted({owner.team for owner in owners if owner.team} - {each.team for each in draft.calendars}),
        owners=[(each.owner_id, each.name) for each in owners if not each.is_archived or each.owner_id in away],
        statuses=_statuses(conn, me, base, draft),
        sources=list_sources(conn, me.install_id)[:200],
        lead_types=sorted({word for target in base.targets for word in target.lead_types}),
        proofs=[(kind.value, label) for kind, label in PROOFS.items()],
        subjects=[(each.value, t(label)) for each, label in SUBJECTS.items()],
        fit_fields=[(each.value, t(label)) for each, label in FIELDS.items()],
        zone=me.install.zone,
        currency=me.install.currency or "",
        planned=(
            t(
                "Version {version} begins {moment} and then takes the place of this one.",
                version=later[0].policy.version,
                moment=says.moment(later[0].valid_from, now=now),
            )
            if later
            else ""
        ),
        warning=warning,
        changes=found,
        effect=None if effect is None else _effect_panel(effect),
    )
    return render_template("policy_edit.html", page=page, kinds=Kind)


def figure_groups(draft: PolicyDraft) -> list[FigureGroup]:
    """The figures of the form by family, each with its default and where that comes from."""
    groups: dict[Family | None, list[FigureRow]] = {}
    for each in THRESHOLDS:
        default = policy_numbers.shipped(each.name)
        groups.setdefault(each.family, []).append(
            FigureRow(
                threshold=each,
                default=figure_text(each, default),
                is_default=draft.numbers[each.name] == policy_numbers.shown(each.kind, default),
                sources=policy_numbers.sources().get(each.name, ()),
            )
        )
    return [FigureGroup(family_label(family) if family else "", rows) for family, rows in groups.items()]


def _effect_panel(effect: policy_effect.Effect) -> EffectPanel:
    says, titles = current(), rule_titles()
    return EffectPanel(
        says=says.plural(
            "{n} lead of the last {days} days would be judged otherwise, had this been agreed when it came.",
            "{n} leads of the last {days} days would be judged otherwise, had this been agreed when they came.",
            effect.otherwise,
            days=policy_effect.DAYS,
        ),
        bound_says=(
            t(
                "The newest {judged} of {n} leads were judged again; for more there was no time.",
                judged=says.number(effect.judged),
                n=says.number(effect.leads),
            )
            if effect.judged < effect.leads
            else says.plural("{n} lead was judged again.", "{n} leads were judged again.", effect.judged)
        ),
        rows=[
            EffectRow(titles.get(each.rule_id, each.rule_id), each.rule_id, each.before, each.after)
            for each in effect.rules
        ],
        leads=[
            (
                lead_href(each.lead_id),
                each.name or t("Lead {id}", id=each.lead_id),
                current().signs(", ").join(titles.get(rule_id, rule_id) for rule_id in each.rule_ids),
            )
            for each in effect.named
        ],
    )


def _countries(locale: Locale) -> list[tuple[str, str]]:
    named = ((code, str(locale.territories.get(code, code))) for code in countries_with_holidays())
    return sorted(named, key=lambda pair: pair[1])


def _statuses(conn: Connection, me: Viewer, base: Policy, draft: PolicyDraft) -> list[tuple[str, str]]:
    """(value, label) of every status that can be chosen: those the account defines, and those chosen already."""
    fields = {each.name for each in mappable(me.install.crm) if "status" in each.name.lower()}
    known = {
        value: label or value
        for (name, value), label in value_mappings.list_known_values(conn, me.install_id).items()
        if name in fields
    }
    for policy_words in (base.contacted_statuses, base.waiting_statuses, draft.contacted, draft.waiting):
        for value in policy_words:
            known.setdefault(value, value)
    return sorted(known.items(), key=lambda pair: pair[1].casefold())
