"""/leads/<id>: the line of time of one lead, what it is, its findings with their evidence, and both scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask import Blueprint, abort, render_template

from audits.duplicate_terms import duplicate_terms
from audits.model.finding import Evidence, Finding, Measure, Outcome
from audits.model.said import Term, phrase
from audits.model.score import FollowUpStatus, Score, Verdict
from connector.storage import contests, findings, people, policies, repairs, timeline
from connector.storage.contests import LONGEST_WHY, Contest, Decision
from connector.storage.surroundings import surroundings_of
from connector.web import contest_words
from connector.web.access import Access, Viewer, needs, viewer
from connector.web.contest_words import ContestShown
from connector.web.fit_shown import FitBlock, fit_blocks
from connector.web.labels import crm_name
from connector.web.lead_story import Chart, EventLine, KeyItem, Story, drawing_key
from connector.web.links import lead_href
from connector.web.record_links import web_address
from connector.web.repair_words import RepairShown
from connector.web.repair_words import shown as repair_shown
from connector.web.said_findings import among_strangers
from connector.web.seen_leads import SeenLine, seen_leads
from connector.web.sentences import written
from connector.web.shown_facts import among, causes_of_crm
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.truth_shown import TruthPanel, not_yet, truth_panel
from connector.web.views.rulebook import measure_meanings, rule_titles

pages = Blueprint("lead", __name__)

#: What a record is that evidence points at.
RECORDS = {
    "absence": phrase("absence"),
    "activity": phrase("activity"),
    "call": phrase("call"),
    "contact": phrase("contact"),
    "deal": phrase("deal"),
    "email": phrase("e-mail"),
    "lead": phrase("lead"),
    "meeting": phrase("meeting"),
    "message": phrase("message"),
    "note": phrase("note"),
    "owner": phrase("owner"),
    "task": phrase("task"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """One value as it was read."""

    what: str
    record_id: str
    field: str
    value: str
    href: str | None


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """One measured fact, written out."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingBlock:
    """One finding as the page prints it."""

    rule_id: str
    rule_version: int
    title: str
    outcome: Outcome
    sentence: str
    policy_version: str
    owner: str
    next_change_at: datetime | None
    evidence: list[EvidenceLine]
    measures: list[MeasureLine]
    fingerprint: str
    contests: list[ContestShown]
    can_contest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PartLine:
    """One part of a score, written out. `points` None = not evaluated."""

    name: str
    points: int | None
    out_of: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBlock:
    """One score with its parts."""

    name: str
    label: str
    value: int | None
    says: str
    parts: list[PartLine]


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadPage:
    """What the lead page prints."""

    name: str
    status: FollowUpStatus
    verdict: Verdict
    record_url: str | None
    crm_label: str
    warnings: list[str]
    lacks: list[str]
    target_says: str
    charts: list[Chart]
    key: list[KeyItem]
    breaches: list[FindingBlock]
    others: list[FindingBlock]
    findings_says: str
    others_says: str
    events: list[EventLine]
    scores: list[ScoreBlock]
    facts: list[Fact]
    message: str | None
    truth: TruthPanel[EvidenceLine] | None
    truth_says: str
    fit: list[FitBlock]
    repairs: list[RepairShown]
    contest_action: str
    longest_why: int
    is_full: bool
    seen: list[SeenLine] = field(default_factory=list)


@pages.get("/leads/<lead_id>")
@needs(Access.SIGNED_IN)
def lead(lead_id: str) -> str:
    """The page of one lead of the viewer's own account; anything else is not there."""
    me, now = viewer(), site().now()
    with site().database.read() as connection:
        book = policies.PolicyBook.load(connection, me.install_id)
        cases = timeline.load_cases(
            connection,
            me.install_id,
            [lead_id],
            now,
            me.install.coverage,
            lambda found: surroundings_of(connection, me.install_id, found, now, book),
        )
        found = findings.list_findings(connection, me.install_id, lead_id, only_current=True)
        if not cases or not _may_see(me, cases[0].lead.owner_id, found):
            abort(404)
        is_full = me.may_know_lead_of(cases[0].lead.owner_id)
        row = findings.get_audit(connection, me.install_id, lead_id)
        policy = book.policy_for(cases[0].lead.received_at, now)
        names = {owner.owner_id: owner.name for owner in people.list_owners(connection, me.install_id)}
        kept = repairs.repairs_of(connection, me.install_id, lead_id)
        conversions = timeline.conversions_of(connection, me.install_id, lead_id)
        seen = seen_leads(connection, me, cases[0], duplicate_terms(policy)) if is_full else []
        against = Against(
            me,
            tuple(contests.list_contests(connection, me.install_id, lead_id)),
            contest_words.deciders_of(connection, me.install_id),
            contest_words.user_names(connection, me.install_id),
        )
    story = Story(cases[0], policy, names, current(), conversions, me.install.crm)
    builder = _Builder(story, crm_name(me.install.crm), causes_of_crm(me.install), against)
    page = (
        builder.page(found, row, kept) if is_full else builder.own_part([each for each in found if _is_of(me, each)])
    )
    return render_template("lead.html", page=replace(page, seen=seen))


def _may_see(me: Viewer, owner_id: str | None, found: list[findings.StoredFinding]) -> bool:
    """A rep sees the leads that he holds, and of those that he held what is said of him: he may contest it."""
    return me.may_know_lead_of(owner_id) or any(_is_of(me, each) for each in found)


def _is_of(me: Viewer, found: findings.StoredFinding) -> bool:
    return found.finding.owner_id == me.only_owner_id


def _without_persons(found: findings.StoredFinding) -> findings.StoredFinding:
    """The finding with no value that could tell who the lead is: its sentence is made of none."""
    said = found.finding
    measures = tuple(each for each in said.measures if each.unit == "at" or not isinstance(each.value, str))
    return replace(found, finding=replace(said, evidence=among_strangers(said.evidence), measures=measures))


@dataclass(frozen=True, slots=True)
class Against:
    """What was said against findings of this lead, for one viewer. `names`: user id → name."""

    me: Viewer
    contests: tuple[Contest, ...]
    deciders: frozenset[str]
    names: Mapping[str, str]

    def on(self, finding: Finding) -> list[Contest]:
        """The contests on what the finding's rule says now, the oldest first."""
        return [each for each in self.contests if each.rule_id == finding.rule_id and each.is_present]


class _Builder:
    def __init__(self, story: Story, crm_label: str, always: frozenset[str], against: Against) -> None:
        self.story, self.crm_label, self.always, self.against = story, crm_label, always, against
        self.case, self.lead, self.says = story.case, story.case.lead, story.says

    def page(
        self,
        found: list[findings.StoredFinding],
        row: findings.AuditRow | None,
        kept: list[repairs.KeptRepair],
    ) -> LeadPage:
        lead, says = self.lead, self.says
        titles = rule_titles()
        blocks = [self._finding(each, titles) for each in found]
        breaches = [block for block in blocks if block.outcome is Outcome.BREACH]
        causes = [cause for _, cause in self.case.coverage.missing]
        order = (Outcome.NOT_EVALUATED, Outcome.PASS, Outcome.NOT_APPLICABLE)
        others = sorted((b for b in blocks if b.outcome is not Outcome.BREACH), key=lambda b: order.index(b.outcome))
        return LeadPage(
            name=lead.full_name or lead.email or lead.phone or t("Lead {id}", id=lead.lead_id),
            status=row.follow_up_status if row else FollowUpStatus.UNKNOWN,
            verdict=row.verdict if row else Verdict.UNKNOWN,
            record_url=web_address(lead.record_url),
            crm_label=self.crm_label,
            warnings=sorted({cause for cause in causes if cause not in self.always})
            + ([] if row else [t("This lead was not judged yet; that takes some seconds. Load the page again.")]),
            lacks=among(self.always, causes),
            target_says=self.story.target_says,
            charts=self.story.charts(),
            key=drawing_key(),
            breaches=breaches,
            others=others,
            findings_says=says.plural("{n} breach", "{n} breaches", len(breaches)),
            others_says=says.plural("{n} rule without a breach", "{n} rules without a breach", len(others)),
            events=self.story.events(),
            scores=self._scores(row),
            facts=self._facts(),
            message=lead.message,
            truth=truth_panel(row.truth, row.verdict, self._evidence) if row and row.truth else None,
            truth_says=not_yet(row.next_change_at if row else None),
            fit=fit_blocks(row.truth.fit if row and row.truth else None),
            repairs=[repair_shown(each, self.against.names) for each in kept],
            contest_action=f"{lead_href(lead.lead_id)}/contest",
            longest_why=LONGEST_WHY,
            is_full=True,
        )

    def own_part(self, found: list[findings.StoredFinding]) -> LeadPage:
        """For somebody who no longer holds the lead: `found`, what is said of himself, and not of whom."""
        lead, titles = self.lead, rule_titles()
        blocks = [self._finding(_without_persons(each), titles) for each in found]
        breaches = [block for block in blocks if block.outcome is Outcome.BREACH]
        others = [block for block in blocks if block.outcome is not Outcome.BREACH]
        return LeadPage(
            name=t("Lead {id}", id=lead.lead_id),
            status=FollowUpStatus.UNKNOWN,
            verdict=Verdict.UNKNOWN,
            record_url=web_address(lead.record_url),
            crm_label=self.crm_label,
            warnings=[],
            lacks=[],
            target_says="",
            charts=[],
            key=[],
            breaches=breaches,
            others=others,
            findings_says=self.says.plural("{n} breach", "{n} breaches", len(breaches)),
            others_says=self.says.plural("{n} rule without a breach", "{n} rules without a breach", len(others)),
            events=[],
            scores=[],
            facts=[Fact(t("Received"), self.says.moment(lead.received_at)), Fact(t("Record"), lead.lead_id)],
            message=None,
            truth=None,
            truth_says="",
            fit=[],
            repairs=[],
            contest_action=f"{lead_href(lead.lead_id)}/contest",
            longest_why=LONGEST_WHY,
            is_full=False,
        )

    def _finding(self, found: findings.StoredFinding, titles: dict[str, str]) -> FindingBlock:
        finding, against = found.finding, self.against
        told = against.on(finding)
        is_free = not told or told[-1].decision is Decision.WITHDRAWN
        return FindingBlock(
            fingerprint=found.fingerprint,
            contests=[
                contest_words.shown(each, against.me, finding, against.deciders, against.names) for each in told
            ],
            can_contest=is_free and contest_words.may_contest(against.me, finding, self.lead.owner_id),
            rule_id=finding.rule_id,
            rule_version=finding.rule_version,
            title=titles.get(finding.rule_id, finding.rule_id),
            outcome=finding.outcome,
            sentence=written(finding.said),
            policy_version=_policy_says(finding.policy_version),
            owner=self.story.name(finding.owner_id) if finding.owner_id else "",
            next_change_at=finding.next_change_at,
            evidence=[self._evidence(each) for each in finding.evidence],
            measures=[self._measure(finding.rule_id, each) for each in finding.measures],
        )

    def _evidence(self, evidence: Evidence) -> EvidenceLine:
        is_lead = evidence.record_type == "lead" and evidence.record_id == self.lead.lead_id
        return EvidenceLine(
            what=t(RECORDS.get(evidence.record_type, evidence.record_type)),
            record_id=evidence.record_id,
            field=evidence.field,
            value=evidence.value,
            href=web_address(self.lead.record_url) if is_lead else None,
        )

    def _measure(self, rule_id: str, measure: Measure) -> MeasureLine:
        meaning = measure_meanings().get((rule_id, measure.name))
        # A measure of an older version of its rule has no meaning any more but its name.
        name = t(meaning) if meaning else measure.name.removesuffix("_s").replace("_", " ")
        value = measure.value
        if value is None:
            shown = t("unknown")
        elif isinstance(value, bool):
            shown = t("yes") if value else t("no")
        elif measure.unit == "s" and isinstance(value, int):
            shown = self.says.span(value)
        elif measure.unit == "at" and isinstance(value, str):
            shown = self.says.moment(datetime.fromisoformat(value))
        else:
            shown = self.says.number(value) if isinstance(value, int) else value
        return MeasureLine(name, shown)

    def _scores(self, row: findings.AuditRow | None) -> list[ScoreBlock]:
        if row is None:
            return []
        return [
            self._score("quality", t("Lead quality"), t("Is it real, reachable, ours to sell to?"), row.quality),
            self._score("handling", t("Handling"), t("Was it worked as agreed?"), row.handling),
        ]

    def _score(self, name: str, label: str, question: str, score: Score) -> ScoreBlock:
        if score.value is None:
            sums = t("Only {n} of 100 points could be evaluated: no score.", n=score.evaluated)
        elif score.evaluated < 100:
            sums = t("{earned} of the {n} points that could be evaluated.", earned=score.earned, n=score.evaluated)
        else:
            sums = t("The sum of the parts.")
        parts = [
            PartLine(name=written(Term(part.name)), points=part.points, out_of=part.out_of, why=written(part.why))
            for part in score.parts
        ]
        return ScoreBlock(name=name, label=label, value=score.value, says=f"{question} {sums}", parts=parts)

    def _facts(self) -> list[Fact]:
        lead = self.lead
        pairs = (
            (t("E-mail"), lead.email),
            (t("Phone"), lead.phone),
            (t("Mobile"), lead.mobile),
            (t("Company"), lead.company),
            (t("Country"), lead.country),
            (t("Source"), " · ".join(part for part in (lead.source, lead.source_detail) if part)),
            (t("Owner"), self.story.name(lead.owner_id)),
            (t("Status in the CRM"), lead.raw_status),
            (t("Kind of lead"), lead.lead_type),
            (t("Received"), self.says.moment(lead.received_at)),
            (t("Record"), lead.lead_id),
        )
        return [Fact(label, value) for label, value in pairs if value]


def _policy_says(name: str) -> str:
    terms, hours = policies.parts_of(name)
    return t("{version} (hours {hours})", version=terms, hours=hours) if hours else terms
