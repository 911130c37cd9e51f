"""The figures of a handling report as pages print them: each with its n and interval, each leading to its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from sqlalchemy.engine import Connection

from audits.causes import Cause
from audits.model.finding import Outcome
from audits.reports.export_report import Answer
from audits.reports.handling import HandlingReport
from audits.rule import Family
from audits.rulebook import OWNER_RULES, RULES
from audits.statistics.enough import NotEnoughData
from audits.statistics.medians import Quantile
from audits.statistics.shares import Share
from connector.language.texts import Texts
from connector.reporting.charts.picture import share_words
from connector.reporting.figures import handling_figures
from connector.storage import people
from connector.storage.page_queries import LaneLead
from connector.web import charts
from connector.web.access import Viewer
from connector.web.contest_words import Mark, mark_of
from connector.web.labels import cause_charged, cause_label
from connector.web.lead_names import display_name
from connector.web.links import lead_href, leads_href
from connector.web.periods import Period
from connector.web.record_links import web_address
from connector.web.sentences import written
from connector.web.texts import t


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLine:
    """One rule: the share in breach of what it could answer."""

    rule_id: str
    title: str
    question: str
    share_says: str
    chart: Markup
    breaches: int
    breach_href: str
    unknown: int
    unknown_href: str | None
    contested: int


@dataclass(frozen=True, slots=True)
class CauseLine:
    """How many broken promises one cause explains."""

    label: str
    charged: str
    n: int
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidLine:
    """One finding on one lead."""

    href: str
    name: str
    received_at: datetime
    owner: str
    cause: str
    title: str
    sentence: str
    record_url: str | None
    contest: Mark | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The figures of one period and scope (an owner's id, "" = the account), with the words of the reader."""

    me: Viewer
    report: HandlingReport
    period: Period
    says: Texts
    names: dict[str, str]

    @classmethod
    def read(
        cls, conn: Connection, me: Viewer, period: Period, now: datetime, says: Texts, scope: str | None = None
    ) -> Reported:
        """The figures that the viewer may see; `scope` None = all that he may see."""
        asked = (me.only_owner_id or "") if scope is None else scope
        return cls(
            me=me,
            report=handling_figures(conn, me.install_id, period.since, period.until, now, asked),
            period=period,
            says=says,
            names={owner.owner_id: owner.name for owner in people.list_owners(conn, me.install_id)},
        )

    @property
    def scope(self) -> str:
        """Whose figures these are, "" = everybody's."""
        return self.report.scope

    def name(self, owner_id: str) -> str:
        """The name of an owner."""
        return owner_name(self.names, owner_id)

    def href(self, **filters: object) -> str:
        """The leads of the period that the report counts, with more filters."""
        within = {"kind": "reported", "from_": self.period.first_on, "to": self.period.last_on}
        return leads_href(**({**within, "charged": self.scope} | filters))

    def answer_href(self, answer: Answer | str) -> str:
        """The leads with this answer."""
        return self.href(answer=str(answer))

    def bin_href(self, low: int, high: int | None) -> str:
        """The leads whose first attempt took from `low` to `high` seconds, both included."""
        return self.href(wait=f"{low}-{'' if high is None else high + 1}")

    def judged_href(self, rule_id: str, outcome: Outcome) -> str:
        """The leads, open at some time of the period, of which the rule says so."""
        during = f"{self.period.first_on.isoformat()}..{self.period.last_on.isoformat()}"
        return leads_href(rule=rule_id, outcome=outcome.value, during=during, held=self.scope)

    def share(self, share: Share) -> str:
        """The share with n and interval."""
        return share_words(share, self.says)

    def median(self, found: Quantile | NotEnoughData) -> tuple[str, str]:
        """A quantile of spans, and its interval with n."""
        if isinstance(found, NotEnoughData):
            return "–", t("not enough data ({n} of {least})", n=self.says.number(found.n), least=found.least)
        span, n = self.says.span, self.says.number(found.n)
        if found.low is None or found.high is None:
            return span(found.value), t("of {n}", n=n)
        return span(found.value), t("{low} to {high}, of {n}", low=span(found.low), high=span(found.high), n=n)

    def rules(self, families: Iterable[Family] = tuple(Family)) -> list[RuleLine]:
        """A line for each rule of the families, in the order of the rulebook."""
        wanted, tallies = tuple(families), {each.rule_id: each for each in self.report.rules}
        lines = []
        for info in (*(rule.info for rule in RULES), *(rule.info for rule in OWNER_RULES)):
            told = tallies.get(info.rule_id)
            if info.family not in wanted or told is None:
                continue
            says = self.share(told.breaches)
            rate = told.breaches.rate
            lines.append(
                RuleLine(
                    rule_id=info.rule_id,
                    title=t(info.title),
                    question=t(info.question),
                    share_says=says,
                    chart=Markup("")
                    if isinstance(rate, NotEnoughData)
                    else charts.interval(rate.low, rate.share, rate.high, expected=None, says=says),
                    breaches=told.breaches.hits,
                    breach_href=self.judged_href(info.rule_id, Outcome.BREACH),
                    unknown=told.not_evaluated,
                    unknown_href=None if self.scope else self.judged_href(info.rule_id, Outcome.NOT_EVALUATED),
                    contested=told.contested,
                )
            )
        return lines

    def causes(self) -> list[CauseLine]:
        """A line for each cause."""
        return [
            CauseLine(cause_label(cause), cause_charged(cause), n, self.href(answer="broken", cause=cause.value))
            for cause, n in self.report.causes
        ]

    def said(self, found: Sequence[LaneLead], titles: dict[str, str] | None = None) -> list[SaidLine]:
        """Findings as lines; `titles`: rule id → what stands above the sentence."""
        return [
            SaidLine(
                href=lead_href(each.lead.lead_id),
                name=display_name(each.lead, self.me),
                received_at=each.lead.received_at,
                owner=self.name(each.lead.charged_to or each.lead.owner_id or ""),
                cause=cause_label(Cause(each.lead.cause)),
                title=(titles or {}).get(each.rule_id, ""),
                sentence=written(each.said),
                record_url=web_address(each.lead.record_url),
                contest=mark_of(each.contest),
            )
            for each in found
        ]


def owner_name(names: dict[str, str], owner_id: str) -> str:
    """The name of an owner, or what can be said in its place."""
    return names.get(owner_id) or (t("owner {id}", id=owner_id) if owner_id else t("nobody"))
