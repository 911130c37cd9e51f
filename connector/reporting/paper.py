"""A report as something to read: sections of sentences, tables and pictures, in one language. Page and PDF print it.

Every figure is one of the report's; words are those of the reader. Nothing here is cut but lists of leads, and what
was left out is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_skeleton
from babel.numbers import format_decimal

from audits.reports.export_report import Answer
from audits.reports.handling import HandlingReport
from audits.reports.sections import NeglectedLead, OwnerFigures, RuleTally, Spans
from audits.rule import Family, RuleInfo
from audits.rulebook import OWNER_RULES, RULES
from audits.statistics.enough import LEAST_CASES, NotEnoughData
from audits.statistics.expectation import Expectation, formula
from audits.statistics.medians import Quantile
from audits.statistics.shares import Rate, Share
from connector.language.texts import Texts
from connector.reporting import words
from connector.reporting.background import Background
from connector.reporting.charts.first_attempt import first_attempt_distribution
from connector.reporting.charts.funnel import stage_funnel
from connector.reporting.charts.load import kept_by_load, load_and_capacity
from connector.reporting.charts.not_yet_called import not_yet_called_curve
from connector.reporting.charts.picture import Cell, Picture, counted, share_words
from connector.reporting.charts.week_heat import arrivals_and_attempts_heat

#: So many neglected leads are listed; the sheet holds all.
MOST_LEADS = 20
#: So many persons are listed; the sheet holds all.
MOST_OWNERS = 60

#: Lead id → the address of its page.
LeadHref = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure to see first, with its interval and n below."""

    label: str
    value: str
    under: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A table. `note`: what stands below it; `none`: what is said in place of a table without rows."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    none: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part: `says` are sentences before, `notes` after what it shows."""

    name: str
    title: str
    says: tuple[str, ...] = ()
    tiles: tuple[Tile, ...] = ()
    shown: tuple[Listing | Picture, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The whole. `period`: its first and last day in words; `as_of`: the instant of its figures, in words."""

    title: str
    account: str
    period: str
    as_of: str
    zone: str
    sections: tuple[Section, ...]


def paper(report: HandlingReport, about: Background, says: Texts, *, href: LeadHref | None = None) -> Paper:
    """The report in the language of `says`, whose zone must be the report's."""
    write = _Writer(report, about, says, href)
    scope = about.owner_names.get(report.scope) or report.scope
    return Paper(
        title=says.t("How the leads of {name} were worked", name=scope) if scope else says.t("How leads were worked"),
        account=about.account,
        period=write.period(),
        as_of=write.moment(report.as_of),
        zone=report.zone,
        sections=(
            write.first_page(),
            write.response(),
            write.follow_up(),
            write.owners(),
            write.funnel(),
            write.judged(),
        ),
    )


def is_listing(shown: Listing | Picture) -> bool:
    """For templates: a table, no picture."""
    return isinstance(shown, Listing)


class _Writer:
    def __init__(self, report: HandlingReport, about: Background, says: Texts, href: LeadHref | None) -> None:
        self._report, self._about, self._says, self._href = report, about, says, href
        self._t, self._n = says.t, says.number

    def period(self) -> str:
        first = self._says.local(self._report.since).date()
        last = self._says.local(self._report.until - timedelta(seconds=1)).date()
        return self._t("{first} to {last}", first=self._says.day(first), last=self._says.day(last))

    def moment(self, at: datetime | None) -> str:
        return self._says.moment(at, now=self._report.as_of)

    def first_page(self) -> Section:
        report = self._report
        late = sum(n for _, n in report.causes)
        return Section(
            name="act",
            title=self._t("What to act on"),
            says=(
                self._says.plural("{n} lead arrived.", "{n} leads arrived.", report.arrivals)
                + " "
                + self._says.plural(
                    "{n} lead is neglected now.", "{n} leads are neglected now.", len(report.neglected)
                ),
            ),
            tiles=(
                self._share_tile(self._t("Tried in time"), report.in_time),
                self._share_tile(self._t("Within the goal"), report.in_goal),
                self._span_tile(self._t("Half were tried within"), report.first_attempt.summary.median),
                self._share_tile(self._t("Never called"), report.never_called),
            ),
            shown=(self._causes(late), self._neglected()),
        )

    def response(self) -> Section:
        report, t = self._report, self._t
        titles = (
            (t("First attempt, working time"), report.first_attempt),
            (t("First attempt, clock on the wall"), report.first_attempt_wall),
            (t("First contact, working time"), report.first_connection),
            (t("First contact, clock on the wall"), report.first_connection_wall),
        )
        return Section(
            name="response",
            title=t("Response"),
            shown=(
                Listing(
                    title=t("How the leads were answered"),
                    head=(t("Answer"), t("Leads")),
                    rows=tuple(
                        (self._text(t(words.ANSWERS[answer])), counted(n, self._says))
                        for answer, n in report.answers
                        if n or answer is not Answer.SPOKEN_WITH
                    ),
                ),
                Listing(
                    title=t("Waits"),
                    head=(t("Wait"), t("Leads"), t("Half within (95 %)"), t("Nine of ten within (95 %)")),
                    rows=tuple(self._wait(title, spans) for title, spans in titles),
                ),
                Listing(
                    title=t("Where the time went"),
                    head=(t("Part of the way"), t("Leads"), t("Half within (95 %)")),
                    rows=tuple(
                        (self._text(t(words.LEGS[name])), counted(leg.n, self._says), self._quantile(leg))
                        for name, leg in report.legs
                    ),
                ),
                first_attempt_distribution(
                    report.first_attempt,
                    self._says,
                    title=t("First attempt"),
                    what=t("leads tried"),
                    target_s=self._target_s(),
                ),
                not_yet_called_curve(report.not_yet_tried, self._says, target_s=self._target_s()),
                arrivals_and_attempts_heat(report.arrivals_by_hour, report.attempts_by_hour, self._says),
            ),
        )

    def follow_up(self) -> Section:
        infos: dict[str, RuleInfo] = {rule.info.rule_id: rule.info for rule in RULES}
        infos |= {rule.info.rule_id: rule.info for rule in OWNER_RULES}
        order = list(Family)
        told = sorted(
            (each for each in self._report.rules if each.looked_at and each.rule_id in infos),
            key=lambda each: (order.index(infos[each.rule_id].family), each.rule_id),
        )
        return Section(
            name="follow-up",
            title=self._t("Follow-up, rule by rule"),
            says=(
                self._t(
                    "Not evaluated: the records do not show what the rule asks, and it says neither pass nor breach. "
                    "The causes stand under How this was judged."
                ),
                self._t("Contested: somebody has objected and nobody has decided yet. Such breaches are counted."),
            ),
            shown=(
                Listing(
                    title=self._t("What each rule found"),
                    head=(
                        self._t("Rule"),
                        self._t("Leads looked at"),
                        self._t("Breaches (95 %)"),
                        self._t("Not evaluated"),
                        self._t("Contested"),
                    ),
                    rows=tuple(self._rule(each, infos[each.rule_id]) for each in told),
                    none=self._t("No lead was open in these days."),
                ),
            ),
        )

    def owners(self) -> Section:
        report = self._report
        people = sorted(report.owners, key=lambda each: (self._owner(each.owner_id).casefold(), each.owner_id))
        shown = people[:MOST_OWNERS]
        notes = (
            [self._says.say(formula(self._says.number(round(report.prior, 1))))] if report.prior is not None else []
        )
        notes.append(
            self._t(
                "In the order of the alphabet, for these numbers carry no ranking. Somebody is called different only "
                "where his interval leaves out what was expected and the chance of a false alarm, over all who are "
                "compared, stays at 5 %."
            )
        )
        return Section(
            name="owners",
            title=self._t("Owners"),
            shown=(
                Listing(
                    title=self._t("Kept against what was to be expected"),
                    head=(
                        self._t("Owner"),
                        self._t("Tried in time (95 %)"),
                        self._t("Expected"),
                        self._t("Late, seen / expected"),
                        self._t("Believed ratio (95 %)"),
                        self._t("Half within"),
                        self._t("In comparison"),
                    ),
                    rows=tuple(map(self._person, shown)),
                    note=self._left_out(len(people) - len(shown)),
                    none=self._t("Nobody was charged with a lead in these days."),
                ),
                load_and_capacity(report.owner_days, self._names(), self._says),
                kept_by_load(report.loads, self._says),
            ),
            notes=tuple(notes),
        )

    def funnel(self) -> Section:
        t = self._t
        return Section(
            name="funnel",
            title=t("From lead to customer"),
            says=(self._delay(),),
            shown=(
                stage_funnel(self._report.months, self._says, label=self._month),
                Listing(
                    title=t("By month of arrival"),
                    head=(t("Month"), t("Leads"), t("Tried"), t("Reached"), t("Won"), t("Usual cycle over")),
                    rows=tuple(
                        (
                            self._text(self._month(each.begins_on)),
                            *(counted(n, self._says) for n in each.steps),
                            self._text({True: t("yes"), False: t("no"), None: t("not known")}[each.is_ripe]),
                        )
                        for each in self._report.months
                    ),
                    none=t("No lead has arrived yet."),
                ),
                self._cost_table(),
            ),
            notes=(
                t("Compare only months whose usual cycle is over: in the others leads may still be won."),
                t(
                    "What goes with slow answers is an observation, not an effect: quick leads may be the "
                    "easier ones."
                ),
            ),
        )

    def judged(self) -> Section:
        report, about, t = self._report, self._about, self._t
        decided: dict[str, int] = {}
        for _, decision, n in report.decided:
            decided[decision] = decided.get(decision, 0) + n
        contested = [
            self._says.plural(
                "{n} breach is contested and not decided yet.",
                "{n} breaches are contested and not decided yet.",
                report.contested,
            )
        ]
        if decided:
            told = self._says.signs(", ").join(
                t("{n} {decision}", n=self._n(n), decision=t(words.DECISIONS.get(decision, decision)))
                for decision, n in sorted(decided.items())
            )
            contested.append(t("Decided so far: {told}.", told=told))
        unseen = sum(each.not_evaluated for each in report.rules)
        return Section(
            name="judged",
            title=t("How this was judged"),
            says=(
                t(
                    "Figures of leads that arrived from {since} until {until}, as known at {as_of}. All times are "
                    "those of {zone}.",
                    since=self.moment(report.since),
                    until=self.moment(report.until),
                    as_of=self.moment(report.as_of),
                    zone=report.zone,
                ),
                t(
                    "Every share stands with its 95 % interval and its number of cases; with fewer than {least} "
                    "cases we say that there is not enough data.",
                    least=LEAST_CASES,
                ),
                " ".join(contested),
                self._says.plural(
                    "{n} answer could not be given because the records do not show what was asked.",
                    "{n} answers could not be given because the records do not show what was asked.",
                    unseen,
                ),
            ),
            shown=(
                Listing(
                    title=t("What could not be looked at"),
                    head=(t("Facts"), t("Why")),
                    rows=tuple(
                        (self._text(t(words.FACTS[fact])), self._text(self._says.stored(cause)))
                        for fact, cause in about.gaps
                    ),
                    none=t("The CRM shows all that the rules ask for."),
                ),
                Listing(
                    title=t("What was agreed"),
                    head=(t("Version of the policy"), t("Since"), t("Goal"), t("At the latest")),
                    rows=tuple(
                        (
                            self._text(each.version),
                            self._text(self._says.day(each.valid_from)),
                            Cell(self._says.span(each.response_goal_s), each.response_goal_s),
                            Cell(self._says.span(each.response_target_s), each.response_target_s),
                        )
                        for each in about.policies
                    ),
                    note=t("Goal and latest time hold for leads without an agreement of their own; working time."),
                ),
            ),
            notes=(
                t(
                    "Rules, each with its version: {rules}.",
                    rules=", ".join(f"{rule_id}\u00a0{version}" for rule_id, version in about.rules),
                ),
            ),
        )

    def _share_tile(self, label: str, share: Share) -> Tile:
        rate = share.rate
        if isinstance(rate, NotEnoughData):
            return Tile(label, "–", self._says.say(rate.said()))
        under = self._t(
            "{low} to {high}, {hits} of {n}",
            low=self._says.percent(rate.low),
            high=self._says.percent(rate.high),
            hits=self._n(share.hits),
            n=self._n(share.n),
        )
        return Tile(label, self._says.percent(rate.share), under)

    def _span_tile(self, label: str, median: Quantile | NotEnoughData) -> Tile:
        if isinstance(median, NotEnoughData):
            return Tile(label, "–", self._says.say(median.said()))
        under = self._t("{range}, of {n}", range=self._range(median), n=self._n(median.n))
        return Tile(label, self._says.span(median.value), under)

    def _causes(self, late: int) -> Listing:
        t = self._t
        return Listing(
            title=self._says.plural("Why {n} lead was late", "Why {n} leads were late", late),
            head=(t("Cause"), t("Leads"), t("What to do")),
            rows=tuple(
                (self._text(t(words.CAUSES[cause])), counted(n, self._says), self._text(t(words.REMEDIES[cause])))
                for cause, n in sorted(self._report.causes, key=lambda each: -each[1])
                if n
            ),
            none=t("No lead was late."),
        )

    def _neglected(self) -> Listing:
        t, leads = self._t, self._report.neglected
        shown = leads[:MOST_LEADS]
        return Listing(
            title=t("Neglected now, what can still be saved first"),
            head=(t("Lead"), t("Owner"), t("Stands"), t("Arrived"), t("Was due"), t("Overdue for")),
            rows=tuple(map(self._lead, shown)),
            note=self._left_out(len(leads) - len(shown)),
            none=t("Nothing is neglected."),
        )

    def _lead(self, lead: NeglectedLead) -> tuple[Cell, ...]:
        name = self._about.lead_names.get(lead.lead_id, "")
        told = name or (
            self._t("Lead {id}", id=lead.lead_id) if lead.lead_id else self._t("a person who was forgotten")
        )
        # A word of ours in place of a name is none that links anywhere.
        href = self._href(lead.lead_id) if self._href is not None and lead.lead_id else None
        overdue = lead.overdue_wall_s
        status = self._t(words.STATUSES[lead.status])
        return (
            Cell(told, told, href),
            self._text(self._owner(lead.holder_id)),
            self._text(self._t("{status} (contested)", status=status) if lead.is_contested else status),
            self._text(self.moment(lead.received_at)),
            self._text(self.moment(lead.due_at)),
            self._text(self._says.span(overdue, has_days=True)),
        )

    def _wait(self, title: str, spans: Spans) -> tuple[Cell, ...]:
        told = spans.summary
        return self._text(title), counted(told.n, self._says), self._quantile(told.median), self._quantile(told.p90)

    def _rule(self, told: RuleTally, info: RuleInfo) -> tuple[Cell, ...]:
        return (
            self._text(f"{info.rule_id} {self._t(info.title)}"),
            counted(told.looked_at, self._says),
            self._share(told.breaches),
            counted(told.not_evaluated, self._says),
            counted(told.contested, self._says),
        )

    def _person(self, one: OwnerFigures) -> tuple[Cell, ...]:
        told, t, expectation = one.compared, self._t, one.expectation
        known = expectation if isinstance(expectation, Expectation) else None
        median = one.first_attempt.median
        return (
            self._text(self._owner(one.owner_id)),
            self._share(told.share),
            self._text("–" if known is None else self._says.percent(told.expected)),
            self._text(
                "–"
                if known is None
                else t(
                    "{seen} / {expected}", seen=self._n(known.observed), expected=self._n(round(known.expected, 1))
                )
            ),
            self._text(
                "–"
                if known is None
                else t(
                    "{ratio} ({low} to {high})",
                    ratio=self._ratio(known.shrunk),
                    low=self._ratio(known.low),
                    high=self._ratio(known.high),
                )
            ),
            self._text("–" if isinstance(median, NotEnoughData) else self._says.span(median.value)),
            self._text(t(words.STANDINGS[told.standing])),
        )

    def _cost_table(self) -> Listing:
        t, below, rows = self._t, 0, []
        for each in self._report.cost_of_delay.classes:
            if each.up_to_s is None:
                label = t("longer than {span}, or never", span=self._says.span(below))
            else:
                label, below = t("up to {span}", span=self._says.span(each.up_to_s)), each.up_to_s
            rows.append((self._text(label), self._share(each.converted)))
        return Listing(
            title=t("Won, by the wait for the first attempt"),
            head=(t("First attempt within (working time)"), t("Won (95 %)")),
            rows=tuple(rows),
        )

    def _delay(self) -> str:
        return self._says.say(self._report.cost_of_delay.said())

    def _target_s(self) -> int | None:
        agreed = {each.response_target_s for each in self._about.policies}
        # Of several agreements none can be drawn as the line.
        return agreed.pop() if len(agreed) == 1 else None

    def _left_out(self, n: int) -> str:
        if n <= 0:
            return ""
        return self._says.plural("{n} more is in the sheet (XLSX).", "{n} more are in the sheet (XLSX).", n)

    def _share(self, share: Share) -> Cell:
        if isinstance(share.rate, Rate):
            return self._text(share_words(share, self._says))
        return self._text(self._t("{hits} of {n}", hits=self._n(share.hits), n=self._n(share.n)))

    def _quantile(self, value: Quantile | NotEnoughData) -> Cell:
        if isinstance(value, NotEnoughData):
            return self._text(self._says.say(value.said()))
        return self._text(f"{self._says.span(value.value)} ({self._range(value)})")

    def _range(self, value: Quantile) -> str:
        low, high = value.low, value.high
        if low is None or high is None:
            return self._t("no bound")
        return self._t("{low} to {high}", low=self._says.span(low), high=self._says.span(high))

    def _ratio(self, value: float) -> str:
        return str(format_decimal(value, "0.00", locale=self._says.locale))

    def _month(self, first: date) -> str:
        return str(format_skeleton("yMMM", first, locale=self._says.locale))

    def _names(self) -> Mapping[str, str]:
        return {owner_id: self._owner(owner_id) for owner_id in _owner_ids(self._report)}

    def _owner(self, owner_id: str) -> str:
        if not owner_id:
            return self._t("nobody")
        return self._about.owner_names.get(owner_id) or self._t("owner {id}", id=owner_id)

    @staticmethod
    def _text(text: str) -> Cell:
        return Cell(text, text)


def _owner_ids(report: HandlingReport) -> Iterable[str]:
    return {day.owner_id for day in report.owner_days} | {one.owner_id for one in report.owners}
