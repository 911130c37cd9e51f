"""What happened on one lead, told twice: drawn on a line of time, and as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from audits.answers import talks
from audits.clock import NoWorkingHours, case_clock
from audits.dues import response_due, response_target_s
from audits.legs import deciding_attempts
from audits.model.activity import Activity, Direction, OwnerChange, StageChange
from audits.model.case import LeadCase
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Term
from audits.timeline import UNCOUNTED, AttemptVerdict, Judged, attempts, connections, judge_attempt, uncounted_reason
from connector.language.texts import Texts
from connector.storage.timeline import SEEN, Conversion
from connector.web.labels import crm_name, direction_label, disposition_label, kind_label
from connector.web.sentences import written
from connector.web.texts import t
from connector.web.timeline_chart import Held, Lane, Line, Mark, Moment, Shape, draw, ground_sample, shape_sample

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
class EventLine:
    """One thing that happened."""

    at: datetime
    icon: str
    what: str
    detail: str
    who: str
    counts: str
    is_bad: bool = False
    note: str = ""


def drawing_key() -> list[KeyItem]:
    """The signs of the drawing."""
    return [
        KeyItem(shape_sample(Shape.CALL), t("call")),
        KeyItem(shape_sample(Shape.EMAIL), t("e-mail")),
        KeyItem(shape_sample(Shape.MEETING), t("meeting")),
        KeyItem(shape_sample(Shape.MESSAGE), t("message")),
        KeyItem(shape_sample(Shape.CALL, is_reached=True), t("filled: the person was reached")),
        KeyItem(ground_sample("open"), t("working hours")),
        KeyItem(ground_sample("late"), t("past the target")),
    ]


def _seen_says(change: OwnerChange | StageChange, received_at: datetime) -> str:
    """What is known of the moment of a change that no history of the CRM tells."""
    if change.source != SEEN:
        return ""
    if change.occurred_at <= received_at:
        return t("as it was when we first read it; since when is not known")
    return t("seen by Lead Assay between two readings: it happened then or a little earlier")


class Story:
    """One case under one policy. `names`: owner id → name. `conversions`: earlier records that this one continues."""

    def __init__(
        self,
        case: LeadCase,
        policy: Policy,
        names: dict[str, str],
        says: Texts,
        conversions: Sequence[Conversion] = (),
        crm: str = "",
    ) -> None:
        self.conversions, self.crm = conversions, crm
        self.case, self.policy, self.names, self.says = case, policy, names, says
        self.lead = case.lead
        self.tried = attempts(case, policy)
        self.reached = {activity.activity_id for activity in connections(case, policy).sure}
        self.due_at, self.target_says = self._target()
        decided = deciding_attempts(case, policy).sure
        self.first_at = decided[0].occurred_at.replace(microsecond=0) if decided else None
        self.broken = self.due_at is not None and self._is_broken(self.due_at)

    def _is_broken(self, due_at: datetime) -> bool:
        """As the rules on the first attempt say: who was spoken with, or is closed, waits for none."""
        if self.first_at is not None:
            return self.first_at > due_at
        is_open = self.lead.status not in (LeadStatus.WON, LeadStatus.DISCARDED)
        return is_open and talks(self.case, self.policy).first() is None and self.case.as_of > due_at

    def _target(self) -> tuple[datetime | None, str]:
        if self.lead.is_imported:
            return None, t("An imported lead: no target for the first attempt.")
        seconds = response_target_s(self.case, self.policy)
        try:
            due_at = response_due(self.case, self.policy, case_clock(self.case, self.policy))
        except NoWorkingHours as never:
            return None, str(never)
        return due_at, t("agreed: first attempt within {span} of working time", span=self.says.span(seconds))

    def name(self, owner_id: str | None) -> str:
        """Who that owner is, in words."""
        return owner_words(self.names, owner_id)

    # --- the drawing -------------------------------------------------------------------------------------------

    def charts(self) -> list[Chart]:
        """The line of time; when it is long, its beginning first, on a larger scale."""
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
            open_spans=self._open_spans(start, end),
            held=self._held(end),
            marks=[self._mark(each) for each in self.case.activities] + self._task_marks(),
            moments=self._moments(now, end),
            late=(self.due_at, self.first_at or now) if self.broken and self.due_at else None,
            in_time=(lead.received_at, self.first_at) if self.first_at and self.due_at and not self.broken else None,
        )

    def _open_spans(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """The hours that count: those of whoever held the lead then."""
        try:
            return case_clock(self.case, self.policy).open_intervals(start, end)
        except NoWorkingHours:
            return []

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
            return [Held(start=begin, end=end, name=self.name(self.lead.owner_id) if self.lead.owner_id else None)]
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
                    or (self.name(change.owner_id) if change.owner_id else None),
                )
            )
        return [span for span in spans if span.end > begin]

    def _mark(self, activity: Activity) -> Mark:
        judged = judge_attempt(activity, self.lead.received_at, self.case.as_of)
        is_reached = activity.activity_id in self.reached
        if judged.verdict is AttemptVerdict.YES and uncounted_reason(activity, self.case, self.policy) is None:
            lane = Lane.SELLER
        elif activity.direction is Direction.INBOUND and not activity.is_automated:
            lane = Lane.LEAD
        else:
            lane = Lane.OTHER
        what, detail, _ = self._act_words(activity)
        said = ", ".join(part for part in (what, detail, self.name(activity.owner_id)) if part)
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

    def events(self) -> list[EventLine]:
        """All that happened, in order of time: what the drawing shows, as rows."""
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
                t("Handed to {name}", name=self.name(change.owner_id))
                if change.owner_id
                else t("Taken from its owner")
            )
            lines.append(
                EventLine(
                    at=change.occurred_at,
                    icon="hand",
                    what=what,
                    detail="",
                    who=self.name(change.owner_id),
                    counts="",
                    note=_seen_says(change, lead.received_at),
                )
            )
        lines += [
            EventLine(
                at=conversion.at,
                icon="hand",
                what=t("Went on as this record"),
                detail="",
                who="",
                counts=t("the clock goes on"),
                note=t(
                    "Until then {crm} kept it as {id}; all that was done there counts here.",
                    crm=crm_name(self.crm),
                    id=conversion.lead_id,
                ),
            )
            for conversion in self.conversions
        ]
        lines += [
            EventLine(
                at=stage.occurred_at,
                icon="stage",
                what=t("Status became {status}", status=stage.raw_status),
                detail="",
                who="",
                counts="",
                note=_seen_says(stage, lead.received_at),
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
                    who=doer_words(activity, self.names),
                    counts=counts,
                )
            )
        for task in self.case.tasks:
            at = task.completed_at or task.due_at or task.recorded_at
            what = t("Task done") if task.is_done else t("Task planned") if task.due_at else t("Task without a date")
            due = t("due {moment}", moment=says.moment(task.due_at)) if task.due_at else ""
            lines.append(
                EventLine(at=at, icon="task", what=what, detail=due, who=self.name(task.owner_id), counts="")
            )
        return sorted(lines, key=lambda line: line.at)

    def _act_words(self, activity: Activity) -> tuple[str, str, str]:
        """What, detail, and whether it counts."""
        judged = judge_attempt(activity, self.lead.received_at, self.case.as_of)
        what, detail = act_words(activity, self.says)
        if activity.activity_id in self.reached:
            return what, detail, t("contact made")
        return what, detail, counts_words(judged, uncounted_reason(activity, self.case, self.policy))


def act_words(activity: Activity, says: Texts) -> tuple[str, str]:
    """What an act was, and how it went."""
    what = kind_label(activity.kind)
    if activity.direction is not None:
        what = f"{what} {direction_label(activity.direction)}"
    details = []
    if activity.disposition is not None:
        details.append(disposition_label(activity.disposition))
    if activity.duration_s is not None:
        details.append(says.span(activity.duration_s))
    return what, ", ".join(details)


def counts_words(judged: Judged, uncounted: str | None) -> str:
    """Whether an act counts as an attempt. `uncounted`: why it would be one but does not count: key of UNCOUNTED."""
    if judged.verdict is AttemptVerdict.NO:
        return t("no attempt: {why}", why=written(Term(judged.why)))
    if uncounted is not None:
        return t("not counted: {why}", why=written(Term(UNCOUNTED[uncounted])))
    if judged.verdict is AttemptVerdict.YES:
        return t("attempt")
    return t("unknown: {why}", why=written(Term(judged.why)))


def owner_words(names: Mapping[str, str], owner_id: str | None) -> str:
    """Who an owner is. `names`: owner id → name."""
    return names.get(owner_id, t("owner {id}", id=owner_id)) if owner_id else t("nobody")


def doer_words(activity: Activity, names: Mapping[str, str]) -> str:
    """Who acted."""
    return t("a machine") if activity.is_automated else owner_words(names, activity.owner_id)


def due_act_words(first_attempt_at: datetime | None) -> str:
    """What is due on a lead that was first tried at that moment, or never."""
    return t("first attempt") if first_attempt_at is None else t("next attempt")
