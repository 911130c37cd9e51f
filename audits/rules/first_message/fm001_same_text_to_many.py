"""FM001: was the first message written for this person?"""

from __future__ import annotations

from audits.answers import day_only, mass_text
from audits.lead_rule import (
    CANNOT_TELL,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    Draft,
    LeadRule,
    activity_evidence,
    not_looked_at,
    unknown_activity,
)
from audits.message_text import LEAST_WORDS, normalised
from audits.model.activity import Activity, ActivityKind
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import Percent, Value, phrase, say
from audits.model.surroundings import Twin
from audits.model.zones import load_zone
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import attempts, holder_at
from audits.wording import act_moment, counted, kind_word

INFO = RuleInfo(
    rule_id="FM001",
    version=1,
    family=Family.FIRST_MESSAGE,
    title="The same text to many",
    question="Was the first message that a person wrote to the lead more than a text that many others got?",
    why_it_matters="Whoever asked something of his own and gets what everybody gets, reads it as no answer.",
    reasons=(
        ("own_words", "fewer other leads got nearly the same text than the policy counts as many"),
        ("same_text", "so many other leads got nearly the same text, greeting, names and figures left out"),
        ("no_message", "no person has written to the lead yet"),
        ("too_short", f"the first message has fewer than {LEAST_WORDS} words, of which nothing can be said"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    outcomes=(
        (Outcome.PASS, ("own_words",)),
        (Outcome.BREACH, ("same_text",)),
        (Outcome.NOT_APPLICABLE, ("no_message", "too_short")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT)),
    ),
    measures=(
        MeasureInfo("twin_leads", "count", "other leads that got nearly the same text, as compared for this account"),
        MeasureInfo("twin_percent", "count", "the least likeness among those texts, in percent"),
    ),
    defaults=(
        Default("twin_percent", "90 % of the letters of the compared words", "our choice", Trust.OURS),
        Default("twin_leads", "5 other leads", "our choice", Trust.OURS),
        Default("twin_days", "within 30 days before or after it", "our choice", Trust.OURS),
    ),
)

_QUESTION = say("whether the first message was written for this person")
_WRITTEN = (ActivityKind.EMAIL, ActivityKind.MESSAGE)
_NOT_COMPARED = phrase("the texts were not compared")
_HIDDEN_TEXT = phrase("the text of the first message is not shown")


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Judges the first sure message of a person alone; what a machine sent before it is none."""
    tried = attempts(case, policy)
    written = [each for each in tried.sure if each.kind in _WRITTEN]
    begun_by = min((each.no_later_than for each in written), default=None)
    firsts = [each for each in written if begun_by is not None and each.occurred_at <= begun_by]
    possible = [
        each
        for each in tried.unknown
        if each.activity.kind in _WRITTEN and (begun_by is None or each.activity.occurred_at <= begun_by)
    ]
    hidden = case.coverage.cause(Fact.EMAILS, Fact.MESSAGES)
    if not firsts and possible:
        return unknown_activity(possible[0], _QUESTION)
    if hidden is not None:
        return not_looked_at(hidden, _QUESTION)
    if not firsts:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_message",
            sentence=say("No person has written to the lead yet."),
        )
    if case.surroundings.twins is None:
        return not_looked_at(case.coverage.cause(Fact.TEXTS) or _NOT_COMPARED, _QUESTION)
    first = firsts[0]
    reason = _reason(case, policy, first)
    if any(_reason(case, policy, each.activity) != reason for each in possible):
        return unknown_activity(possible[0], _QUESTION)
    if any(_reason(case, policy, each) != reason for each in firsts[1:]):
        return unknown_activity(day_only(first), _QUESTION)
    if reason is None:
        return not_looked_at(case.coverage.cause(Fact.TEXTS) or _HIDDEN_TEXT, _QUESTION)
    zone = load_zone(policy.calendar.zone)
    told: dict[str, Value] = {"kind": kind_word(first), "at": act_moment(first, zone)}
    compared = _compared(case, first)
    measures = (
        Measure("twin_leads", 0 if compared is None else compared.leads, "count"),
        Measure("twin_percent", None if compared is None else compared.percent, "count"),
    )
    if reason == "too_short":
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason=reason,
            sentence=say("The first message ({kind}, {at}) is too short to be compared with others.", **told),
            measures=measures,
            evidence=activity_evidence(first),
        )
    twin = mass_text(case, policy, first)
    if twin is None:
        return Draft(
            outcome=Outcome.PASS,
            reason=reason,
            sentence=say("The first message ({kind}, {at}) is not one that many others got.", **told),
            measures=measures,
            evidence=activity_evidence(first),
            owner_id=holder_at(case, first.occurred_at),
        )
    shared = Evidence(
        record_type=first.kind.value,
        record_id=first.activity_id,
        field="shared phrase",
        value=twin.phrase,
        at=first.occurred_at,
    )
    return Draft(
        outcome=Outcome.BREACH,
        reason=reason,
        sentence=say(
            "The first message ({kind}, {at}) went almost word for word to {leads} besides (at least {percent} "
            'alike): "{phrase}".',
            leads=counted(twin.leads, "lead"),
            percent=Percent(twin.percent),
            phrase=twin.phrase,
            **told,
        ),
        measures=measures,
        evidence=(shared, *activity_evidence(first)),
        owner_id=holder_at(case, first.occurred_at),
    )


def _compared(case: LeadCase, message: Activity) -> Twin | None:
    return next((each for each in case.surroundings.twins or () if each.activity_id == message.activity_id), None)


def _reason(case: LeadCase, policy: Policy, message: Activity) -> str | None:
    """What is to be said of it as the first message; None when its text is not shown."""
    if mass_text(case, policy, message) is not None:
        return "same_text"
    if message.text is None:
        # It was compared, so its text was there: no longer kept.
        return None if _compared(case, message) is None else "own_words"
    return "own_words" if len(normalised(message.text).split()) >= LEAST_WORDS else "too_short"


RULE = LeadRule(INFO, judge)
