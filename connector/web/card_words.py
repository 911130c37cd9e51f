"""A stored card in words: those of the pages, in the zone of the account, and no more than the viewer may see."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from audits.clock import NoWorkingHours, case_clock
from audits.engine import OBLIGATIONS, is_owed
from audits.model.activity import Activity, ActivityKind, Owner
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.finding import Finding, Outcome
from audits.model.policy import Policy
from audits.model.score import FollowUpStatus, Verdict
from audits.timeline import CONTACT_FACTS, AttemptVerdict, judge_attempt, uncounted_reason
from connector.crm.card import (
    CardAttempt,
    CardDetails,
    CardLabels,
    CardLead,
    CardLink,
    CardText,
    Tone,
)
from connector.language.texts import Texts
from connector.storage.card_queries import StoredCard
from connector.storage.contests import Contest, Decision
from connector.storage.findings import AuditRow
from connector.storage.policies import PolicyBook
from connector.storage.repairs import KeptRepair, RepairState
from connector.web.access import Viewer
from connector.web.labels import crm_name, status_label, status_tone, verdict_label, verdict_tone
from connector.web.lead_story import act_words, counts_words, doer_words, due_act_words, owner_words
from connector.web.links import lead_href
from connector.web.record_links import web_address
from connector.web.repair_words import field_label
from connector.web.sentences import written
from connector.web.site import site
from connector.web.texts import t
from connector.web.views.rulebook import rule_titles

#: Attempts that a card shows, the latest first.
ATTEMPTS = 3
#: The rule that lists the calls that do not count.
UNCOUNTED_RULE = "AG002"
#: Whose findings a card needs.
RULES = (*OBLIGATIONS, UNCOUNTED_RULE)


def card_labels() -> CardLabels:
    """The headings, as the pages have them."""
    return CardLabels(
        quality=t("Lead quality"),
        handling=t("Handling"),
        verdict=t("Lead is"),
        status=t("Status"),
        clock=t("Next due"),
        next_step=t("Next step"),
        attempts=t("Last attempts"),
        warnings=t("Not looked at"),
        limited=t("Details"),
        contests=t("Contested findings"),
    )


def may_see_details(me: Viewer, card: StoredCard) -> bool:
    """The rule of all pages: managers see every lead, a rep those that he holds."""
    return me.may_know_lead_of(card.lead.owner_id)


def owners_named(cards: Sequence[StoredCard]) -> list[str]:
    """Ids of the owners whom the cards name."""
    acted = {act.owner_id for card in cards for act in card.activities}
    planned = {task.owner_id for card in cards for task in card.tasks}
    held = {card.lead.owner_id for card in cards}
    handed = {change.owner_id for card in cards for change in card.owner_changes}
    return sorted(owner_id for owner_id in acted | planned | held | handed if owner_id)


@dataclass(frozen=True, slots=True)
class CardTeller:
    """Writes cards for one viewer as of `now` (aware UTC). `book`: what was agreed when. `owners`: those named.
    `contests`: (lead id, rule id) → the newest contest on it. `repairs`: lead id → what can be repaired."""

    me: Viewer
    book: PolicyBook
    owners: tuple[Owner, ...]
    now: datetime
    says: Texts
    contests: Mapping[tuple[str, str], Contest] = field(default_factory=dict)
    repairs: Mapping[str, Sequence[KeptRepair]] = field(default_factory=dict)

    @property
    def names(self) -> Mapping[str, str]:
        """Owner id → name."""
        return {owner.owner_id: owner.name for owner in self.owners}

    def _policy(self, card: StoredCard) -> Policy:
        return self.book.policy_for(card.lead.received_at, self.now)

    def lead(self, card: StoredCard) -> CardLead:
        """The card of one lead."""
        is_full, row, lead = may_see_details(self.me, card), card.audit, card.lead
        title = (lead.full_name or lead.company) if is_full else None
        status = row.follow_up_status if row else FollowUpStatus.UNKNOWN
        verdict = row.verdict if row else Verdict.UNKNOWN
        return CardLead(
            lead_id=lead.lead_id,
            title=title or t("Lead {id}", id=lead.lead_id),
            quality=row.quality.value if row else None,
            quality_says=self._score(row.quality.value if row else None),
            handling=row.handling.value if row else None,
            handling_says=self._score(row.handling.value if row else None),
            verdict=CardText(verdict_label(verdict), Tone(verdict_tone(verdict))),
            status=CardText(status_label(status), Tone(status_tone(status))),
            details=self._details(card) if is_full else None,
            contests=tuple(self._contests(lead.lead_id)),
            limited_says=""
            if is_full
            else t("Whoever holds this lead sees its details; so do the heads of sales and the admins."),
        )

    def _contests(self, lead_id: str) -> Iterator[CardText]:
        """What somebody contests, then what was set aside. It names rules and nobody: all viewers may read it."""
        titles = rule_titles()
        told = [
            (titles.get(rule_id, rule_id), contest)
            for (of_lead, rule_id), contest in sorted(self.contests.items())
            if of_lead == lead_id and contest.is_present
        ]
        for title, contest in told:
            if contest.is_open:
                yield CardText(t("Contested, not decided: {rule}", rule=title), Tone.WARN)
        for title, contest in told:
            if contest.decision is Decision.SET_ASIDE:
                yield CardText(t("Set aside: {rule}", rule=title), Tone.GOOD)

    def _details(self, card: StoredCard) -> CardDetails:
        attempts = self._attempts(card)
        missing = (*self.me.install.coverage.missing, *card.unseen)
        record_url = web_address(card.lead.record_url)
        crm = crm_name(self.me.install.crm)
        return CardDetails(
            clock=self._clock(card),
            next_step=" ".join([self._next_step(card), *self._repairs(card.lead.lead_id)]),
            attempts=attempts,
            no_attempts_says=_no_attempts(missing),
            warnings=tuple(sorted({cause for _, cause in missing})),
            page=CardLink(t("Open in Lead Assay"), site().external(lead_href(card.lead.lead_id))),
            record=CardLink(t("Open in {crm}", crm=crm), record_url) if record_url else None,
        )

    def _score(self, value: int | None) -> str:
        return t("unknown") if value is None else t("{n} of 100", n=self.says.number(value))

    def _clock(self, card: StoredCard) -> CardText:
        row = card.audit
        if row is None:
            return CardText(_not_judged(), Tone.QUIET)
        if row.due_at is None:
            return CardText(_nothing_due(row, card.findings), Tone.QUIET)
        what, moment = due_act_words(row.first_attempt_at), self.says.moment(row.due_at, now=self.now)
        if self.now < row.due_at:
            span = self.says.span((row.due_at - self.now).total_seconds(), has_days=True)
            return CardText(t("{what}: due {time}, in {span}", what=what, time=moment, span=span))
        late_s = self._overdue_s(card, row.due_at)
        if not late_s:
            # Due at the end of a working day, or in hours that nobody agreed on: late, but by no hour of work.
            return CardText(t("{what}: was due {time}", what=what, time=moment), Tone.BAD)
        late = self.says.span(late_s)
        said = t("{what}: was due {time}, overdue by {span} of working time", what=what, time=moment, span=late)
        return CardText(said, Tone.BAD)

    def _overdue_s(self, card: StoredCard, due_at: datetime) -> int:
        """Seconds of working time since `due_at`, by the hours of those who held the lead; 0 where none are known."""
        coverage = Coverage(missing=(*self.me.install.coverage.missing, *card.unseen))
        case = LeadCase(
            lead=card.lead,
            as_of=self.now,
            owner_changes=card.owner_changes,
            owners=self.owners,
            coverage=coverage,
        )
        try:
            return case_clock(case, self._policy(card)).elapsed(due_at, self.now)
        except NoWorkingHours:
            return 0

    def _next_step(self, card: StoredCard) -> str:
        """The sentence of what is owed, the most pressing first, and the next planned task."""
        if card.audit is None:
            return _not_judged()
        parts = [written(finding.said) for finding in _pressing(card.findings)[:1]]
        for task in card.tasks[:1]:
            due = t("due {moment}", moment=self.says.moment(task.due_at, now=self.now))
            parts.append(f"{t('Task planned')}, {due}, {owner_words(self.names, task.owner_id)}.")
        return " ".join(parts) or _nothing_due(card.audit, card.findings)

    def _repairs(self, lead_id: str) -> Iterator[str]:
        """What was probably meant, as far as somebody accepted it or nobody has decided yet."""
        for kept in self.repairs.get(lead_id, ()):
            what = {"field": field_label(kept.field), "given": kept.given or t("nothing given")}
            if kept.state is RepairState.ACCEPTED:
                yield t("{field}: {proposed} instead of {given}, accepted.", proposed=kept.chosen, **what)
            elif kept.is_open:
                meant = kept.proposals[0].proposed
                yield t("{field}: probably {proposed} instead of {given}.", proposed=meant, **what)

    def _attempts(self, card: StoredCard) -> tuple[CardAttempt, ...]:
        made = []
        case = LeadCase(lead=card.lead, as_of=self.now)
        listed = {
            each.record_id
            for finding in card.findings
            if finding.rule_id == UNCOUNTED_RULE and finding.outcome is Outcome.BREACH
            for each in finding.evidence
        }
        for activity in card.activities:
            judged = judge_attempt(activity, card.lead.received_at, self.now)
            if judged.verdict is AttemptVerdict.NO:
                continue
            uncounted = uncounted_reason(activity, case, self._policy(card))
            if uncounted is None and activity.activity_id in listed:
                # A card does not count what others logged in the same minute; the rule did.
                uncounted = "crowded"
            is_attempt = judged.verdict is AttemptVerdict.YES and uncounted is None
            what, detail = act_words(activity, self.says)
            result = detail or _unsaid_result(activity)
            made.append(
                CardAttempt(
                    what=what,
                    when=self.says.moment(activity.occurred_at, now=self.now),
                    who=doer_words(activity, self.names),
                    result=result if is_attempt else counts_words(judged, uncounted),
                )
            )
            if len(made) == ATTEMPTS:
                break
        return tuple(made)


def _pressing(findings: Sequence[Finding]) -> list[Finding]:
    """What is owed: broken promises first, then what is still in time, each in the order of OBLIGATIONS."""
    order = list(OBLIGATIONS)
    owed = [finding for finding in findings if is_owed(finding)]
    return sorted(owed, key=lambda each: (each.outcome is not Outcome.BREACH, order.index(each.rule_id)))


def _not_judged() -> str:
    return t("This lead was not judged yet; that takes some seconds. Load the page again.")


def _nothing_due(row: AuditRow, findings: Sequence[Finding]) -> str:
    if row.follow_up_status is FollowUpStatus.CLOSED:
        return t("Nothing is due: the lead is closed.")
    unknown = [
        finding for finding in findings if finding.rule_id in OBLIGATIONS and finding.outcome is Outcome.NOT_EVALUATED
    ]
    if unknown:
        return t("unknown: {why}", why=written(unknown[0].said))
    return t("Nothing is due.")


def _no_attempts(missing: Sequence[tuple[Fact, str]]) -> str:
    if {fact for fact, _ in missing} & set(CONTACT_FACTS):
        return t("unknown: not everything could be looked at")
    return t("No attempt so far.")


def _unsaid_result(activity: Activity) -> str:
    """A call or a meeting has a result even where the CRM does not say it; an e-mail has none."""
    return t("result unknown") if activity.kind in {ActivityKind.CALL, ActivityKind.MEETING} else ""
