"""FM002: was the question that the lead asked answered by a person?"""

from __future__ import annotations

from audits.answers import answer_by, mass_text
from audits.clock import case_clock
from audits.lead_rule import (
    CANNOT_TELL,
    NO_WORKING_HOURS,
    NOT_LOOKED_AT,
    UNKNOWN_ACTIVITY,
    UNMAPPED_STATUS,
    Draft,
    LeadRule,
    activity_evidence,
    lead_evidence,
    not_looked_at,
    received_evidence,
    unknown_activity,
    unmapped_status,
)
from audits.message_text import questions
from audits.model.activity import ActivityKind
from audits.model.case import Fact, LeadCase
from audits.model.finding import Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, Value, phrase, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.timeline import CONTACT_FACTS, attempts, connections, holder_at
from audits.wording import act_moment, arrival_moment, kind_word, moment_after, span, status_word

INFO = RuleInfo(
    rule_id="FM002",
    version=1,
    family=Family.FIRST_MESSAGE,
    title="Question left unanswered",
    question="Was a question in the lead's own words answered by a person within the agreed time?",
    why_it_matters="Whoever asks has told what the sale hangs on; a text that many others got does not answer it.",
    reasons=(
        ("answered", "contact was made, or a person wrote something of his own, in time"),
        ("waiting_in_time", "there is no answer yet, and the time for it has not run out"),
        ("unanswered", "the time ran out, and there has been no answer since"),
        ("answered_late", "an answer came, but after the time had run out"),
        ("no_question", "the lead's message holds no question"),
        ("imported", "the lead came by an import, so no answer is due"),
        ("closed_without_need", "the lead was won or discarded"),
        *((code, CANNOT_TELL[code]) for code in (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    outcomes=(
        (Outcome.PASS, ("answered", "waiting_in_time")),
        (Outcome.BREACH, ("unanswered", "answered_late")),
        (Outcome.NOT_APPLICABLE, ("no_question", "imported", "closed_without_need")),
        (Outcome.NOT_EVALUATED, (UNKNOWN_ACTIVITY, NOT_LOOKED_AT, UNMAPPED_STATUS, NO_WORKING_HOURS)),
    ),
    measures=(
        MeasureInfo("questions_asked", "count", "questions in the lead's message"),
        MeasureInfo("answer_working_s", "s", "working time from receipt to the first answer"),
        MeasureInfo("answer_wall_s", "s", "wall time from receipt to the first answer"),
    ),
    defaults=(Default("answer_s", "8 h of working time (one working day)", "our choice", Trust.OURS),),
)

_QUESTION = say("whether the lead's question was answered")
_WRITTEN = (ActivityKind.EMAIL, ActivityKind.MESSAGE)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """Contact made is an answer, and so is what a person wrote, unless many others got the same: whether it meets the
    question is not judged. The words of the question stay out of the finding, which outlives them."""
    lead = case.lead
    if lead.is_imported:
        return _not_applicable("imported", say("The lead came by an import, so no answer is due."))
    if lead.status in (LeadStatus.WON, LeadStatus.DISCARDED):
        said = say("The lead is closed ({status}), so no answer is due.", status=status_word(lead.status))
        return _not_applicable("closed_without_need", said)
    if lead.message is None:
        unseen = case.coverage.cause(Fact.TEXTS)
        if unseen is not None:
            return not_looked_at(unseen, _QUESTION)
    asked = questions(lead.message or "")
    if not asked:
        return _not_applicable("no_question", say("The lead asked no question."))
    clock = case_clock(case, policy)
    due_at = clock.after(lead.clock_start, policy.answer_s)
    surely_due_at = clock.after(lead.received_at, policy.answer_s)
    tried, reached = attempts(case, policy), connections(case, policy)
    written = [each for each in tried.sure if each.kind in _WRITTEN and mass_text(case, policy, each) is None]
    is_compared = case.surroundings.twins is not None
    possible = [
        each
        for each in tried.unknown
        if each.activity.kind in _WRITTEN and mass_text(case, policy, each.activity) is None
    ]
    sure = (*reached.sure, *(written if is_compared else ()))
    found = answer_by(sure, (*reached.unknown, *possible), surely_due_at, due_at)
    first = found.in_time or found.late
    is_exact = first is not None and first.latest_at is None and lead.received_latest_at is None
    answered_at = first.occurred_at if first is not None and is_exact else None
    measures = (
        Measure("questions_asked", len(asked), "count"),
        Measure(
            "answer_working_s", None if answered_at is None else clock.elapsed(lead.received_at, answered_at), "s"
        ),
        Measure(
            "answer_wall_s",
            None if answered_at is None else int((answered_at - lead.received_at).total_seconds()),
            "s",
        ),
    )
    evidence = (received_evidence(lead), lead_evidence(lead, "questions in message", str(len(asked))))
    received = arrival_moment(lead, clock.zone)
    if found.in_time is not None:
        return Draft(
            outcome=Outcome.PASS,
            reason="answered",
            sentence=say(
                "Received {received} with a question; answered {at} ({kind}).",
                received=received,
                at=act_moment(found.in_time, clock.zone),
                kind=kind_word(found.in_time),
            ),
            measures=measures,
            evidence=(*evidence, *activity_evidence(found.in_time)),
            owner_id=holder_at(case, found.in_time.occurred_at),
        )
    due, limit = moment_after(due_at, lead.received_at, clock.zone), span(policy.answer_s)
    if case.as_of < due_at:
        return Draft(
            outcome=Outcome.PASS,
            reason="waiting_in_time",
            sentence=say(
                "Received {received} with a question, not answered yet; due {due} ({limit} of working time).",
                received=received,
                due=due,
                limit=limit,
            ),
            measures=measures,
            evidence=evidence,
            owner_id=holder_at(case, case.as_of),
            wakes=(due_at,),
        )
    if found.doubt is not None:
        if found.doubt.activity.latest_at is None and found.doubt.activity in sure:
            # The act is sure and its hour known: it is the hour of the arrival that is not.
            return not_looked_at("only the day on which the lead arrived is known", _QUESTION, measures)
        return unknown_activity(found.doubt, _QUESTION, measures)
    if not is_compared and any(each.occurred_at.replace(microsecond=0) <= due_at for each in written):
        cause = case.coverage.cause(Fact.TEXTS) or phrase("the texts were not compared")
        return not_looked_at(cause, _QUESTION, measures)
    missing = case.coverage.cause(*CONTACT_FACTS) or clock.doubt
    if missing is not None:
        return not_looked_at(missing, _QUESTION, measures)
    if lead.status is None:
        return unmapped_status(lead)
    told: dict[str, Value] = {"received": received, "due": due, "limit": limit}
    return Draft(
        outcome=Outcome.BREACH,
        reason="unanswered" if found.late is None else "answered_late",
        sentence=(
            say(
                "Received {received} with a question; nobody answered it by {due} ({limit} of working time), nor "
                "since.",
                **told,
            )
            if found.late is None
            else say(
                "Received {received} with a question to be answered by {due} ({limit} of working time); answered "
                "{at} ({kind}).",
                at=act_moment(found.late, clock.zone),
                kind=kind_word(found.late),
                **told,
            )
        ),
        measures=measures,
        evidence=evidence if found.late is None else (*evidence, *activity_evidence(found.late)),
        owner_id=holder_at(case, due_at),
    )


def _not_applicable(reason: str, sentence: Said) -> Draft:
    return Draft(outcome=Outcome.NOT_APPLICABLE, reason=reason, sentence=sentence)


RULE = LeadRule(INFO, judge)
