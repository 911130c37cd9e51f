"""/rules-at-work: how far what is said of leads agrees with what representatives noted of them later."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template
from markupsafe import Markup

from audits.class_rule import RULE_OF_CLASS
from audits.model.truth import LeadClass, Learned
from audits.statistics.shares import Rate, Share
from audits.truth.calibration import LEAST_OF_A_KIND, LEAST_OUTCOMES, Outcome, brier, reliability
from audits.truth.experience import FIELD_RULES, LEAST_SPOKEN, WEAK_BELOW, Experience, Tally, brier_learned
from audits.truth.judgement import AS_SHIPPED
from audits.truth.weights import WEIGHTS
from connector.language.texts import Texts
from connector.reporting.charts.picture import Picture, share_words
from connector.reporting.charts.reliability import reliability_curve
from connector.storage import lessons, outcomes
from connector.storage.lessons import Version
from connector.web import charts
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.cells import Cell
from connector.web.exports import send_csv, send_xlsx
from connector.web.links import leads_href
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.views.rulebook import rule_titles

pages = Blueprint("rules_at_work", __name__)

#: The rules that say what a lead is, in the order of the rulebook.
TRUTH_RULES = (*FIELD_RULES, *RULE_OF_CLASS.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class AtWork:
    """One rule or one reason: how often it spoke, how many outcomes agree, and whether it decides."""

    name: str
    title: str
    tally: Tally
    share_says: str
    chart: Markup | None
    state: str
    tone: str
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One version of what was learned."""

    version: str
    learned_at: datetime
    outcomes: int
    brier: str
    weak: str
    is_in_force: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesPage:
    """What the page prints. `lacking` "" = enough outcomes for a curve."""

    rules: list[AtWork]
    codes: list[AtWork]
    outcomes: int
    pseudo_says: str
    lacking: str
    brier_shipped: str
    brier_learned: str
    version: str
    version_says: str
    picture: Picture
    versions: list[VersionLine]
    least: int


@dataclass(frozen=True, slots=True)
class _Known:
    experience: Experience
    lesson: Learned
    versions: list[Version]


EXPORT_HEAD = (
    "kind", "rule_id", "rule", "spoke", "outcomes_known", "outcomes_agree", "share_agree", "share_low_95",
    "share_high_95", "state",
)  # fmt: skip


@pages.get("/rules-at-work")
@needs(Access.MANAGER)
def rules_at_work() -> str:
    """The page."""
    me, says = viewer(), current()
    return render_template("rules_at_work.html", page=_page(_known(me), says))


@pages.get("/rules-at-work.csv")
@needs(Access.MANAGER)
def rules_at_work_csv() -> Response:
    """The same as CSV."""
    return send_csv("rules-at-work", EXPORT_HEAD, _export_rows(), viewer().install.zone)


@pages.get("/rules-at-work.xlsx")
@needs(Access.MANAGER)
def rules_at_work_xlsx() -> Response:
    """The same as XLSX."""
    return send_xlsx("rules-at-work", EXPORT_HEAD, _export_rows(), viewer().install.zone)


def _known(me: Viewer) -> _Known:
    with site().database.read() as connection:
        return _Known(
            Experience.of(outcomes.count_noted(connection, me.install_id)),
            lessons.lesson_at(connection, me.install_id, site().now()) or AS_SHIPPED,
            lessons.list_lessons(connection, me.install_id),
        )


def _page(known: _Known, says: Texts) -> RulesPage:
    held, lesson = known.experience.outcomes, known.lesson
    hits = sum(each.was_pseudo for each in held)
    mended = [Outcome(lesson.of(each.said), each.was_pseudo) for each in held] if lesson.said else None
    return RulesPage(
        rules=_rules(known, says),
        codes=_codes(known.experience, says),
        outcomes=len(held),
        pseudo_says=t("pseudo-leads: {pseudo}, people who asked: {genuine}", pseudo=hits, genuine=len(held) - hits),
        lacking=_lacking(len(held), hits, says),
        brier_shipped=_brier(brier(held) if held else None, says),
        brier_learned=_brier(brier_learned(held) if lesson.said else None, says),
        version=lesson.version,
        version_says=t("since {at}", at=says.day(known.versions[0].learned_at)) if lesson.version else "",
        picture=reliability_curve(
            reliability(held) if held else (), None if mended is None else reliability(mended), says
        ),
        versions=[_version(each, lesson.version, says) for each in known.versions],
        least=LEAST_SPOKEN,
    )


def _lacking(n: int, hits: int, says: Texts) -> str:
    """How many outcomes are missing before anything is learned, in words."""
    missing = max(LEAST_OUTCOMES - n, 0)
    if missing:
        return says.plural(
            "{n} more outcome is needed before probabilities are mended by what is found out here.",
            "{n} more outcomes are needed before probabilities are mended by what is found out here.",
            missing,
        )
    fewer = min(hits, n - hits)
    if fewer >= LEAST_OF_A_KIND:
        return ""
    if hits <= n - hits:
        return says.plural(
            "{n} more pseudo-lead must be found out before probabilities are mended.",
            "{n} more pseudo-leads must be found out before probabilities are mended.",
            LEAST_OF_A_KIND - fewer,
        )
    return says.plural(
        "{n} more lead who asked must be found out before probabilities are mended.",
        "{n} more leads who asked must be found out before probabilities are mended.",
        LEAST_OF_A_KIND - fewer,
    )


def _rules(known: _Known, says: Texts) -> list[AtWork]:
    titles = rule_titles()
    weak = {RULE_OF_CLASS[each]: _weak_since(each, known.versions) for each in known.lesson.weak}
    lines = []
    for rule_id in TRUTH_RULES:
        tally = known.experience.rule(rule_id)
        state, tone = _state(tally.agreed, says)
        if rule_id in weak:
            state, tone = t("demoted since {at}", at=says.day(weak[rule_id])), "bad"
        elif tone == "bad" and rule_id not in FIELD_RULES:
            # It is said here at once, and decides nothing from the next time on that something is learned.
            state, tone = t("demoted within a day"), "warn"
        href = leads_href(rule=rule_id, outcome="breach")
        lines.append(_at_work(rule_id, titles.get(rule_id, rule_id), tally, (state, tone), says, href))
    return lines


def _codes(experience: Experience, says: Texts) -> list[AtWork]:
    lines = [
        _at_work(
            code, t(WEIGHTS[code].meaning), experience.code(code), _state(experience.code(code).agreed, says), says
        )
        for code in WEIGHTS
        if experience.code(code).spoke
    ]
    return sorted(lines, key=lambda each: (-each.tally.spoke, each.name))


def _at_work(
    name: str, title: str, tally: Tally, state: tuple[str, str], says: Texts, href: str | None = None
) -> AtWork:
    rate = tally.agreed.rate
    words = share_words(tally.agreed, says)
    return AtWork(
        name=name,
        title=title,
        tally=tally,
        share_says=words,
        chart=charts.interval(rate.low, rate.share, rate.high, expected=WEAK_BELOW, says=words)
        if isinstance(rate, Rate)
        else None,
        state=state[0],
        tone=state[1],
        href=href if tally.spoke else None,
    )


def _state(agreed: Share, says: Texts) -> tuple[str, str]:
    """(label, tone) by the outcomes alone."""
    rate = agreed.rate
    if not isinstance(rate, Rate):
        return t("too few outcomes"), "quiet"
    if rate.high < WEAK_BELOW:
        return t("often refuted"), "bad"
    return t("in force"), "good"


def _weak_since(lead_class: LeadClass, versions: Sequence[Version]) -> datetime:
    """When the run of versions began by which the class decides nothing. The newest version comes first."""
    since = versions[0].learned_at
    for each in versions:
        if lead_class not in each.learned.weak:
            break
        since = each.learned_at
    return since


def _version(each: Version, in_force: str, says: Texts) -> VersionLine:
    titles = rule_titles()
    weak = [titles.get(RULE_OF_CLASS[one], RULE_OF_CLASS[one]) for one in each.learned.weak]
    return VersionLine(
        version=each.learned.version,
        learned_at=each.learned_at,
        outcomes=each.grounds.outcomes,
        brier=t(
            "{shipped} as shipped, {learned} as learned",
            shipped=_brier(each.grounds.brier_shipped, says),
            learned=_brier(each.grounds.brier_learned, says),
        ),
        weak=says.signs(", ").join(weak) if weak else t("none"),
        is_in_force=each.learned.version == in_force and bool(in_force),
    )


def _brier(score: float | None, says: Texts) -> str:
    return t("not known yet") if score is None else says.number(round(score, 3))


def _export_rows() -> list[tuple[Cell, ...]]:
    known, says = _known(viewer()), current()
    return [
        *(_export_row("rule", each) for each in _rules(known, says)),
        *(_export_row("reason", each) for each in _codes(known.experience, says)),
    ]


def _export_row(kind: str, line: AtWork) -> tuple[Cell, ...]:
    agreed = line.tally.agreed
    rate = agreed.rate
    shares: Iterable[float | None] = (
        (rate.share, rate.low, rate.high) if isinstance(rate, Rate) else (None, None, None)
    )
    return (kind, line.name, line.title, line.tally.spoke, agreed.n, agreed.hits, *shares, line.state)
