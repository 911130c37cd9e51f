"""/leads/<id>: the line of time of one lead, its findings with their evidence, and both scores with their parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, abort, render_template
from markupsafe import Markup

from audits.clock import NoWorkingHours, case_clock
from audits.dues import response_due, response_target_s
from audits.model.activity import Activity, Direction
from audits.model.case import LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.policy import Policy
from audits.model.score import FollowUpStatus, Score, ScorePart, Verdict
from audits.model.working_time import working_time
from audits.timeline import AttemptVerdict, attempts, connections, judge_attempt
from connector.storage import findings, people, policies, timeline
from connector.web.access import Access, needs, viewer
from connector.web.labels import crm_name, direction_label, disposition_label, kind_label
from connector.web.record_links import web_address
from connector.web.site import site
from connector.web.texts import Texts, current, t
from connector.web.timeline_chart import Held, Lane, Line, Mark, Moment, Shape, draw, ground_sample, shape_sample
from connector.web.views.rulebook import rule_titles

pages = Blueprint("lead", __name__)

#: A line longer than this gets a second drawing of its beginning, where the promise was kept or broken.
ZOOM_FROM = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One drawing of the line of time."""

    caption: str
    label: str
    svg: Markup


@dataclass(frozen=True, slots=True)
class KeyItem:
    """A sign of the drawing and its meaning."""

    sample: Markup
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """One value as it was read."""

    what: str
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLine:
    """One thing that happened."""

    at: datetime
    icon: str
    what: str
    detail: str
    who: str
    counts: str
    is_bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreBlock:
    """One score with its parts."""

    name: str
    label: str
    value: int | None
    says: str
    parts: tuple[ScorePart, ...]


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


@pages.get("/leads/<lead_id>")
@needs(Access.SIGNED_IN)
def lead(lead_id: str) -> str:
    """The page of one lead of the viewer's own account; anything else is not there."""
    me, now = viewer(), site().now()
    with site().database.read() as connection:
        cases = timeline.load_cases(connection, me.install_id, [lead_id], now, me.install.coverage)
        if not cases or (me.only_owner_id is not None and cases[0].lead.owner_id != me.only_owner_id):
            abort(404)
        found = findings.list_findings(connection, me.install_id, lead_id, only_current=True)
        row = findings.get_audit(connection, me.install_id, lead_id)
        policy = policies.policy_as_of(connection, me.install_id, now)
        names = {owner.owner_id: owner.name for owner in people.list_owners(connection, me.install_id)}
    page = _Builder(cases[0], policy, names, current(), crm_name(me.install.crm)).page(found, row)
    return render_template("lead.html", page=page)


class _Builder:
    def __init__(self, case: LeadCase, policy: Policy, names: dict[str, str], says: Texts, crm_label: str) -> None:
        self.case, self.policy, self.names, self.says, self.crm_label = case, policy, names, says, crm_label
        self.lead = case.lead
        self.tried = attempts(case)
        self.reached = {activity.activity_id for activity in connections(case, policy).sure}
        self.due_at, self.target_says = self._target()
        first = self.tried.first()
        self.first_at = first.occurred_at if first else None
        self.broken = self.due_at is not None and (self.first_at or case.as_of) > self.due_at

    def page(self, found: list[findings.StoredFinding], row: findings.AuditRow | None) -> LeadPage:
        lead, says = self.lead, self.says
        titles = rule_titles()
        blocks = [self._finding(each, titles) for each in found]
        breaches = [block for block in blocks if block.outcome is Outcome.BREACH]
        order = (Outcome.NOT_EVALUATED, Outcome.PASS, Outcome.NOT_APPLICABLE)
        others = sorted((b for b in blocks if b.outcome is not Outcome.BREACH), key=lambda b: order.index(b.outcome))
        return LeadPage(
            name=lead.full_name or lead.email or lead.phone or t("Lead {id}", id=lead.lead_id),
            status=row.follow_up_status if row else FollowUpStatus.UNKNOWN,
            verdict=row.verdict if row else Verdict.UNKNOWN,
            record_url=web_address(lead.record_url),
            crm_label=self.crm_label,
            warnings=sorted({cause for _, cause in self.case.coverage.missing})
            + ([] if row else [t("This lead was not judged yet; that takes some seconds. Load the page again.")]),
            target_says=self.target_says,
            charts=self._charts(),
            key=[
                KeyItem(shape_sample(Shape.CALL), t("call")),
                KeyItem(shape_sample(Shape.EMAIL), t("e-mail")),
                KeyItem(shape_sample(Shape.MEETING), t("meeting")),
                KeyItem(shape_sample(Shape.MESSAGE), t("message")),
                KeyItem(shape_sample(Shape.CALL, is_reached=True), t("filled: the person was reached")),
                KeyItem(ground_sample("open"), t("working hours")),
                KeyItem(ground_sample("late"), t("past the target")),
            ],
            breaches=breaches,
            others=others,
            findings_says=says.plural("{n} breach", "{n} breaches", len(breaches)),
            others_says=says.plural("{n} rule without a breach", "{n} rules without a breach", len(others)),
            events=self._events(),
            scores=self._scores(row),
            facts=self._facts(),
            message=lead.message,
        )

    def _target(self) -> tuple[datetime | None, str]:
        if self.lead.is_imported:
            return None, t("An imported lead: no target for the first attempt.")
        seconds = response_target_s(self.case, self.policy)
        try:
            due_at = response_due(self.case, self.policy, case_clock(self.case, self.policy))
        except NoWorkingHours as never:
            return None, str(never)
        return due_at, t("agreed: first attempt within {span} of working time", span=self.says.span(seconds))

    def _name(self, owner_id: str | None) -> str:
        return self.names.get(owner_id, t("owner {id}", id=owner_id)) if owner_id else t("nobody")

    # --- the drawing -------------------------------------------------------------------------------------------

    def _charts(self) -> list[Chart]:
        line = self._line()
        whole = Chart(caption="", label=t("Line of time, scrolls sideways"), svg=self._draw(line, "line-whole"))
        if line.end - line.start < ZOOM_FROM:
            return [whole]
        watched = max(filter(None, (self.first_at, self.due_at)), default=self.lead.received_at)
        if self.first_at is None and self.due_at is not None:
            watched = self.due_at
        end = min(max(watched, self.lead.received_at + timedelta(hours=3)), self.lead.received_at + ZOOM_FROM)
        span = end - self.lead.received_at
        zoom = line.cut(self.lead.received_at - span * 0.06, end + span * 0.12)
        if (line.end - line.start) < (zoom.end - zoom.start) * 2:
            return [whole]
        return [
            Chart(
                caption=t("The beginning"),
                label=t("The beginning, scrolls sideways"),
                svg=self._draw(zoom, "line-zoom"),
            ),
            Chart(caption=t("The whole time"), label=whole.label, svg=whole.svg),
        ]

    def _draw(self, line: Line, chart_id: str) -> Markup:
        return draw(
            line,
            self.says,
            chart_id=chart_id,
            title=t("Line of time of this lead"),
            describes=t("Arrival, hand-overs and every attempt; the same stands as a table under What happened."),
        )

    def _line(self) -> Line:
        lead, now = self.lead, self.case.as_of
        last = max([lead.received_at, *(each.occurred_at for each in self.case.activities)])
        is_waiting = self.first_at is None
        end = now if is_waiting or now - last < timedelta(days=4) else last + timedelta(days=1)
        end = max([end, *([self.due_at] if self.due_at else [])])
        first = min([lead.received_at, *(each.occurred_at for each in self.case.activities)])
        pad = max((end - first) * 0.03, timedelta(minutes=10))
        start, end = first - pad, end + pad
        return Line(
            start=start,
            end=end,
            open_spans=working_time(self.policy.calendar).open_intervals(start, end),
            held=self._held(end),
            marks=[self._mark(each) for each in self.case.activities] + self._task_marks(),
            moments=self._moments(now, end),
            late=(self.due_at, self.first_at or now) if self.broken and self.due_at else None,
            in_time=(lead.received_at, self.first_at) if self.first_at and self.due_at and not self.broken else None,
        )

    def _moments(self, now: datetime, end: datetime) -> list[Moment]:
        says = self.says
        moments = [
            Moment(
                at=self.lead.received_at,
                kind="arrival",
                label=t("arrived {time}", time=says.moment(self.lead.received_at)),
            )
        ]
        if self.due_at is not None:
            kind, text = ("broken", t("target broken {time}")) if self.broken else ("due", t("due {time}"))
            moments.append(Moment(at=self.due_at, kind=kind, label=text.format(time=says.moment(self.due_at))))
        if now <= end:
            moments.append(Moment(at=now, kind="now", label=t("now")))
        return moments

    def _held(self, end: datetime) -> list[Held]:
        changes = self.case.owner_changes
        begin = self.lead.received_at
        if not changes:
            return [Held(start=begin, end=end, name=self._name(self.lead.owner_id) if self.lead.owner_id else None)]
        spans = []
        if changes[0].occurred_at > begin:
            spans.append(Held(start=begin, end=changes[0].occurred_at, name=None))
        for index, change in enumerate(changes):
            until = changes[index + 1].occurred_at if index + 1 < len(changes) else end
            spans.append(
                Held(
                    start=change.occurred_at,
                    end=until,
                    name=self.names.get(change.owner_id or "")
                    or (self._name(change.owner_id) if change.owner_id else None),
                )
            )
        return [span for span in spans if span.end > begin]

    def _mark(self, activity: Activity) -> Mark:
        judged = judge_attempt(activity, self.lead.received_at, self.case.as_of)
        is_reached = activity.activity_id in self.reached
        if judged.verdict is AttemptVerdict.YES:
            lane = Lane.SELLER
        elif activity.direction is Direction.INBOUND and not activity.is_automated:
            lane = Lane.LEAD
        else:
            lane = Lane.OTHER
        what, detail, _ = self._act_words(activity)
        said = ", ".join(part for part in (what, detail, self._name(activity.owner_id)) if part)
        return Mark(
            at=activity.occurred_at,
            lane=lane,
            shape=Shape(activity.kind.value),
            is_reached=is_reached,
            is_machine=lane is Lane.OTHER,
            says=f"{self.says.moment(activity.occurred_at)}: {said}",
        )

    def _task_marks(self) -> list[Mark]:
        marks = []
        for task in self.case.tasks:
            at = task.completed_at or task.due_at
            if at is None:
                continue
            said = t("task done") if task.is_done else t("task due")
            marks.append(
                Mark(
                    at=at,
                    lane=Lane.TASKS,
                    shape=Shape.TASK,
                    is_reached=task.is_done,
                    is_machine=False,
                    says=f"{self.says.moment(at)}: {said}",
                )
            )
        return marks

    # --- what happened, as rows --------------------------------------------------------------------------------

    def _events(self) -> list[EventLine]:
        lead, says = self.lead, self.says
        source = " · ".join(part for part in (lead.source, lead.source_detail) if part)
        lines = [
            EventLine(
                at=lead.received_at,
                icon="lead",
                what=t("Lead arrived"),
                detail=source,
                who="",
                counts=t("imported") if lead.is_imported else t("starts the clock"),
            )
        ]
        for change in self.case.owner_changes:
            what = (
                t("Handed to {name}", name=self._name(change.owner_id))
                if change.owner_id
                else t("Taken from its owner")
            )
            lines.append(
                EventLine(
                    at=change.occurred_at,
                    icon="hand",
                    what=what,
                    detail="",
                    who=self._name(change.owner_id),
                    counts="",
                )
            )
        lines += [
            EventLine(
                at=stage.occurred_at,
                icon="stage",
                what=t("Status became {status}", status=stage.raw_status),
                detail="",
                who="",
                counts="",
            )
            for stage in self.case.stage_changes
        ]
        if self.broken and self.due_at is not None:
            lines.append(
                EventLine(
                    at=self.due_at,
                    icon="alert",
                    what=t("Target for the first attempt broken"),
                    detail="",
                    who="",
                    counts="",
                    is_bad=True,
                )
            )
        for activity in self.case.activities:
            what, detail, counts = self._act_words(activity)
            lines.append(
                EventLine(
                    at=activity.occurred_at,
                    icon=activity.kind.value,
                    what=what,
                    detail=detail,
                    who=t("a machine") if activity.is_automated else self._name(activity.owner_id),
                    counts=counts,
                )
            )
        for task in self.case.tasks:
            at = task.completed_at or task.due_at or task.recorded_at
            what = t("Task done") if task.is_done else t("Task planned") if task.due_at else t("Task without a date")
            due = t("due {moment}", moment=says.moment(task.due_at)) if task.due_at else ""
            lines.append(
                EventLine(at=at, icon="task", what=what, detail=due, who=self._name(task.owner_id), counts="")
            )
        return sorted(lines, key=lambda line: line.at)

    def _act_words(self, activity: Activity) -> tuple[str, str, str]:
        """What, detail, and whether it counts."""
        judged = judge_attempt(activity, self.lead.received_at, self.case.as_of)
        what = kind_label(activity.kind)
        if activity.direction is not None:
            what = f"{what} {direction_label(activity.direction)}"
        details = []
        if activity.disposition is not None:
            details.append(disposition_label(activity.disposition))
        if activity.duration_s is not None:
            details.append(self.says.span(activity.duration_s))
        if activity.activity_id in self.reached:
            counts = t("contact made")
        elif judged.verdict is AttemptVerdict.YES:
            counts = t("attempt")
        else:
            counts = (
                t("no attempt: {why}", why=judged.why)
                if judged.verdict is AttemptVerdict.NO
                else t("unknown: {why}", why=judged.why)
            )
        return what, ", ".join(details), counts

    # --- findings, scores, data --------------------------------------------------------------------------------

    def _finding(self, found: findings.StoredFinding, titles: dict[str, str]) -> FindingBlock:
        finding = found.finding
        return FindingBlock(
            rule_id=finding.rule_id,
            rule_version=finding.rule_version,
            title=titles.get(finding.rule_id, finding.rule_id),
            outcome=finding.outcome,
            sentence=finding.sentence,
            policy_version=finding.policy_version,
            owner=self._name(finding.owner_id) if finding.owner_id else "",
            next_change_at=finding.next_change_at,
            evidence=[self._evidence(each) for each in finding.evidence],
            measures=[self._measure(each) for each in finding.measures],
        )

    def _evidence(self, evidence: Evidence) -> EvidenceLine:
        is_lead = evidence.record_type == "lead" and evidence.record_id == self.lead.lead_id
        return EvidenceLine(
            what=f"{evidence.record_type} {evidence.record_id}",
            field=evidence.field,
            value=evidence.value,
            href=web_address(self.lead.record_url) if is_lead else None,
        )

    def _measure(self, measure: Measure) -> MeasureLine:
        name = measure.name.removesuffix("_s").replace("_", " ")
        value = measure.value
        if value is None:
            shown = t("unknown")
        elif isinstance(value, bool):
            shown = t("yes") if value else t("no")
        elif measure.unit == "s" and isinstance(value, int):
            shown = self.says.span(value)
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
        return ScoreBlock(name=name, label=label, value=score.value, says=f"{question} {sums}", parts=score.parts)

    def _facts(self) -> list[Fact]:
        lead = self.lead
        pairs = (
            (t("E-mail"), lead.email),
            (t("Phone"), lead.phone),
            (t("Mobile"), lead.mobile),
            (t("Company"), lead.company),
            (t("Country"), lead.country),
            (t("Source"), " · ".join(part for part in (lead.source, lead.source_detail) if part)),
            (t("Owner"), self._name(lead.owner_id)),
            (t("Status in the CRM"), lead.raw_status),
            (t("Kind of lead"), lead.lead_type),
            (t("Received"), self.says.moment(lead.received_at)),
            (t("Record"), lead.lead_id),
        )
        return [Fact(label, value) for label, value in pairs if value]
