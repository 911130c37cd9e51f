"""The filter form of the list of leads: what an address asks for, as a scope of the database and in words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from audits.causes import Cause
from audits.model.finding import Outcome
from audits.model.score import FollowUpStatus, Verdict
from audits.reports.export_report import Answer
from connector.storage.lead_lists import LeadFilter, LeadSort
from connector.storage.page_queries import Scope
from connector.web.access import Viewer
from connector.web.periods import HORIZON, day_start
from connector.web.texts import current, t
from connector.web.views.rulebook import rule_titles

_WAIT = re.compile(r"(\d{1,9})-(\d{0,9})")
_DURING = re.compile(r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadsForm:
    """What the filter form holds, as text; "" = any."""

    q: str = ""
    status: str = ""
    owner: str = ""
    source: str = ""
    verdict: str = ""
    rule: str = ""
    outcome: str = ""
    kind: str = ""
    held: str = ""
    wait: str = ""
    due: str = ""
    state: str = ""
    answer: str = ""
    cause: str = ""
    charged: str = ""
    during: str = ""
    received_from: str = ""
    received_to: str = ""
    sort: str = LeadSort.NEWEST.value

    def parameters(self) -> dict[str, str]:
        """The form as parameters of an address."""
        names = (
            "q",
            "status",
            "owner",
            "source",
            "verdict",
            "rule",
            "outcome",
            "kind",
            "held",
            "wait",
            "due",
            "state",
            "answer",
            "cause",
            "charged",
            "during",
            "sort",
        )
        pairs = {name: getattr(self, name) for name in names}
        pairs |= {"from": self.received_from, "to": self.received_to}
        if pairs["sort"] == LeadSort.NEWEST.value:
            pairs["sort"] = ""
        return {name: value for name, value in pairs.items() if value}

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form carries along without a field of its own."""
        names = ("kind", "held", "wait", "due", "state", "charged", "during", "sort")
        return [(name, getattr(self, name)) for name in names if getattr(self, name)]

    @property
    def uses_more(self) -> bool:
        """Whether one of the fields that are folded away is set."""
        return any(
            (
                self.source,
                self.verdict,
                self.rule,
                self.outcome,
                self.answer,
                self.cause,
                self.received_from,
                self.received_to,
            )
        )

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the order is asked for."""
        return bool(self.parameters().keys() - {"sort"})


def read_form(values: Mapping[str, str]) -> tuple[LeadsForm, str]:
    """The form as asked for; what makes no sense is left out and said in a sentence."""
    wrong: list[str] = []

    def choice(name: str, known: Iterable[str]) -> str:
        asked = values.get(name, "")
        if asked and asked not in known:
            wrong.append(asked)
            return ""
        return asked

    def day(name: str) -> str:
        asked = values.get(name, "")
        try:
            return date.fromisoformat(asked).isoformat() if asked else ""
        except ValueError:
            wrong.append(asked)
            return ""

    wait = values.get("wait", "")
    form = LeadsForm(
        q=values.get("q", "").strip()[:200],
        status=choice("status", [each.value for each in FollowUpStatus]),
        owner=values.get("owner", "")[:200],
        source=values.get("source", "")[:500],
        verdict=choice("verdict", [each.value for each in Verdict]),
        rule=choice("rule", rule_titles()),
        outcome=choice("outcome", [each.value for each in Outcome]),
        kind=choice("kind", ("new", "reported")),
        held=values.get("held", "")[:200],
        wait=wait if _WAIT.fullmatch(wait) else "",
        due=choice("due", ("soon",)),
        state=choice("state", ("open",)),
        answer=choice("answer", [*(each.value for each in Answer), BROKEN]),
        cause=choice("cause", [each.value for each in Cause]),
        charged=values.get("charged", "")[:200],
        during=values.get("during", "") if _days(values.get("during", "")) else "",
        received_from=day("from"),
        received_to=day("to"),
        sort=choice("sort", [each.value for each in LeadSort]) or LeadSort.NEWEST.value,
    )
    said = t("These filters make no sense and were left out: {values}", values=", ".join(each[:40] for each in wrong))
    return form, said if wrong else ""


#: Stands for every answer by which the promise was broken.
BROKEN = "broken"
BROKEN_ANSWERS = (Answer.LATE.value, Answer.UNANSWERED.value)
#: Stands for "nobody" in the choices of owner and source, whose real values come from outside.
NOBODY = "-"


def scope_of(form: LeadsForm, me: Viewer, now: datetime) -> Scope:
    """The scope that the form asks for, within what the viewer may see."""
    zone = me.install.zone
    owner_id = me.only_owner_id
    if owner_id is None and form.owner:
        owner_id = "" if form.owner == NOBODY else form.owner
    if owner_id is not None and me.only_owner_id in (form.charged, form.held) and not form.q:
        # What is said of somebody he may see, whoever holds the lead by now; but a search by name would tell who the
        # leads of others are.
        owner_id = None
    during = _days(form.during)
    wait = _WAIT.fullmatch(form.wait)
    outcome = Outcome(form.outcome) if form.outcome else None
    last_day = date.fromisoformat(form.received_to) if form.received_to else None
    return Scope(
        leads=LeadFilter(
            status=FollowUpStatus(form.status) if form.status else None,
            owner_id=owner_id,
            source=None if not form.source else "" if form.source == NOBODY else form.source,
            verdict=Verdict(form.verdict) if form.verdict else None,
            rule_id=form.rule or None,
            outcome=outcome,
            search=form.q or None,
            received_from=day_start(date.fromisoformat(form.received_from), zone) if form.received_from else None,
            received_to=_day_after(last_day, zone) if last_day else None,
            sort=LeadSort(form.sort),
        ),
        is_new=form.kind != "",
        is_present=form.kind == "reported" or during is not None,
        answers=() if not form.answer else BROKEN_ANSWERS if form.answer == BROKEN else (form.answer,),
        cause=form.cause or None,
        charged_to=None if not form.charged else "" if form.charged == NOBODY else form.charged,
        open_after=day_start(during[0], zone) if during else None,
        open_before=_day_after(during[1], zone) if during else None,
        is_open=form.state == "open",
        is_tried=True if wait else None,
        wait_from_s=int(wait.group(1)) if wait else None,
        wait_to_s=int(wait.group(2)) if wait and wait.group(2) else None,
        due_after=now if form.due else None,
        due_before=now + HORIZON if form.due else None,
        held_by=None if not form.held else "" if form.held == NOBODY else form.held,
    )


def _days(text: str) -> tuple[date, date] | None:
    """Two days, the first and the last; None when `text` does not say so."""
    found = _DURING.fullmatch(text)
    try:
        return (date.fromisoformat(found.group(1)), date.fromisoformat(found.group(2))) if found else None
    except ValueError:
        return None


def _day_after(day: date, zone: str) -> datetime | None:
    return None if day == date.max else day_start(day + timedelta(days=1), zone)


def says_of(form: LeadsForm, me: Viewer) -> str:
    """What the less obvious filters mean, so that a number's rows are recognised."""
    parts = []
    if not me.is_manager:
        parts.append(t("Your own leads."))
    during = _days(form.during)
    if during:
        first, last = (current().day(day) for day in during)
        parts.append(t("Leads that were open at some time from {first} to {last}.", first=first, last=last))
    if form.charged:
        parts.append(t("Counted for whoever is charged with the answer."))
    if form.kind:
        parts.append(t("New leads, imports left out."))
    wait = _WAIT.fullmatch(form.wait)
    if wait:
        low, high = int(wait.group(1)), wait.group(2)
        span = current().span
        if high:
            parts.append(
                t("First attempt within {low} to {high} of working time.", low=span(low), high=span(int(high)))
            )
        elif low:
            parts.append(t("First attempt after more than {low} of working time.", low=span(low)))
        else:
            parts.append(t("Tried at least once."))
    if form.due:
        parts.append(t("Due within the next {span}.", span=current().span(HORIZON.total_seconds())))
    if form.state:
        parts.append(t("Open leads."))
    if form.held:
        parts.append(t("Counted for whoever held the lead when it mattered."))
    return " ".join(parts) or t("Every lead that was read, with what is known of it.")
