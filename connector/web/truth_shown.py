"""What a lead is, as its page prints it: verdict and reasons, how far that is verified, what can be repaired."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from markupsafe import Markup

from audits.model.finding import Evidence
from audits.model.said import Moment, phrase
from audits.model.score import Verdict
from audits.model.truth import ContactType, LeadClass, Repair, Signal, TruthVerdict
from audits.truth.kept import Truth
from audits.truth.ladder import Rung, RungState, Step
from connector.web.charts import weight
from connector.web.labels import verdict_label, verdict_tone
from connector.web.repair_words import field_label
from connector.web.sentences import written
from connector.web.texts import current, t

LineT = TypeVar("LineT")

_SAYS = {
    Verdict.PLAUSIBLE: phrase("Nothing that is known decides against it."),
    Verdict.REPAIRABLE: phrase("A lead with an error that can be mended."),
    Verdict.SUSPECT: phrase("Look closer before you trust it."),
    Verdict.PSEUDO: phrase("By all that is known there is nobody to sell to."),
    Verdict.DUPLICATE: phrase("The same person came before."),
    Verdict.UNKNOWN: phrase("Too little is known to say that anybody asked."),
}
#: Verdicts that the judgement leads to by itself; others follow from the findings on the lead.
_BY_ITSELF = {
    TruthVerdict.GENUINE: (Verdict.PLAUSIBLE, Verdict.UNKNOWN),
    TruthVerdict.REPAIRABLE: (Verdict.REPAIRABLE,),
    TruthVerdict.SUSPECT: (Verdict.SUSPECT,),
    TruthVerdict.PSEUDO: (Verdict.PSEUDO,),
    TruthVerdict.UNKNOWN: (Verdict.PLAUSIBLE, Verdict.UNKNOWN),
}
_CLASS = {
    LeadClass.ERROR: phrase("Unintended error"),
    LeadClass.BOT: phrase("Bot"),
    LeadClass.PAID_FILLER: phrase("Paid form-filler"),
    LeadClass.COMPETITOR: phrase("Competitor"),
    LeadClass.JOKER: phrase("Joker"),
    LeadClass.TEST: phrase("Own test or staff"),
    LeadClass.EMPTY: phrase("Empty data"),
    LeadClass.NOT_ADDRESSED: phrase("Not addressed to us"),
}
_CONTACT = {
    ContactType.QUICK: phrase("Quick contact: name and mobile number"),
    ContactType.REGISTRATION: phrase("Registration"),
    ContactType.PROMOTIONAL: phrase("Promotional contact, from an event or a list"),
    ContactType.INTERESTED: phrase("Interested: says what is wanted"),
    ContactType.OTHER: phrase("No particular type"),
}
_RUNG = {
    Rung.SYNTAX: phrase("Address well formed"),
    Rung.DELIVERABLE: phrase("Address takes mail"),
    Rung.PLAUSIBLE_NUMBER: phrase("Number plausible"),
    Rung.REACHED: phrase("Reached"),
    Rung.CONFIRMED: phrase("Person confirmed"),
    Rung.NEED: phrase("Need"),
    Rung.SOLVENCY: phrase("Solvency"),
}
_STATE = {
    RungState.LIFTED: (phrase("shown"), "good", "check"),
    RungState.REFUTED: (phrase("refuted"), "bad", "cross"),
    RungState.UNKNOWN: (phrase("not known"), "quiet", "dash"),
}
#: What was not given or not looked up.
_NOT_LOOKED_AT = {
    "phone": phrase("phone number, for want of its country"),
    "email": phrase("e-mail address"),
    "message": phrase("message"),
    "ip": phrase("IP address"),
    "user_agent": phrase("browser"),
    "time_on_form_s": phrase("time spent on the form"),
    "honeypot": phrase("hidden field of the form"),
    "deliverability": phrase("whether the domain takes mail"),
    "neighbours": phrase("other leads alike"),
    "history": phrase("what the CRM knows of the person"),
}


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One reason, with its weight as a picture and in figures."""

    says: str
    bar: Markup
    weight: str


@dataclass(frozen=True, slots=True)
class ClassBlock:
    """One class that anything speaks for."""

    name: str
    probability: str
    reasons: list[ReasonLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine(Generic[LineT]):
    """One rung of the ladder. `at`: since when the fact stands; None where that is unknown, or the proof says it."""

    name: str
    state: str
    tone: str
    icon: str
    at: datetime | None
    proof: str
    evidence: list[LineT]


@dataclass(frozen=True, slots=True)
class RepairLine:
    """What was probably meant instead of what was given; `given` may be empty."""

    field: str
    given: str
    proposed: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthPanel(Generic[LineT]):
    """All that the page says of what a lead is."""

    verdict: str
    tone: str
    says: str
    contact_type: str
    classes: list[ClassBlock]
    for_person: list[ReasonLine]
    not_looked_at: list[str]
    steps: list[StepLine[LineT]]
    steps_says: str
    repairs: list[RepairLine]
    model: str


def truth_panel(truth: Truth, verdict: Verdict, evidence_line: Callable[[Evidence], LineT]) -> TruthPanel[LineT]:
    """`truth` in the words of the running request. `verdict`: of the whole audit, the one that the page shows;
    `evidence_line` writes out a value as read."""
    judged = truth.judgement
    says = [t(_SAYS[verdict])]
    if verdict not in _BY_ITSELF[judged.verdict]:
        says.append(t("This follows from the findings on this lead, which stand below."))
    says.append(t("Probability of a pseudo-lead: {percent}.", percent=_percent(judged.pseudo_probability)))
    lifted = sum(step.state is RungState.LIFTED for step in truth.steps)
    return TruthPanel(
        verdict=verdict_label(verdict),
        tone=verdict_tone(verdict),
        says=" ".join(says),
        contact_type=t(_CONTACT[judged.contact_type]),
        classes=[
            ClassBlock(t(_CLASS[each.lead_class]), _percent(each.probability), _reasons(each.signals))
            for each in judged.classes
        ],
        for_person=_reasons(judged.genuine_signals),
        not_looked_at=[t(_NOT_LOOKED_AT.get(each, each)) for each in judged.not_looked_at],
        steps=[_step(step, evidence_line) for step in truth.steps],
        steps_says=t("{n} of {all} steps shown", n=lifted, all=len(truth.steps)),
        repairs=[_repair(each) for each in judged.repairs],
        model=t("Judged by model version {version}.", version=judged.model_version),
    )


def not_yet(next_at: datetime | None) -> str:
    """When what a lead is will stand on its page. `next_at`: when it is judged by itself, None = not planned."""
    if next_at is None:
        return t("What this lead is will stand here when it is judged the next time: once anything changes on it.")
    return t(
        "What this lead is will stand here when it is judged the next time: once anything changes on it, "
        "at the latest {moment}.",
        moment=current().moment(next_at),
    )


def _percent(probability: float) -> str:
    """Whole per cent; never 0 or 100, which nobody can know."""
    says = current()
    if probability < 0.01:
        return t("under {percent}", percent=says.percent(0.01))
    if probability > 0.99:
        return t("over {percent}", percent=says.percent(0.99))
    return says.percent(probability)


def _reasons(signals: Iterable[Signal]) -> list[ReasonLine]:
    return [_reason(each) for each in signals]


def _reason(signal: Signal) -> ReasonLine:
    figure = current().number(abs(signal.weight))
    is_for_person = signal.lead_class is None or signal.weight < 0
    sign = "−" if signal.weight < 0 else "+"
    bar = weight(signal.weight, tone="good" if is_for_person else "warn", says=t("Weight {n}", n=f"{sign}{figure}"))
    return ReasonLine(written(signal.said), bar, f"{sign}{figure}")


def _step(step: Step, evidence_line: Callable[[Evidence], LineT]) -> StepLine[LineT]:
    state, tone, icon = _STATE[step.state]
    return StepLine(
        name=t(_RUNG[step.rung]),
        state=t(state),
        tone=tone,
        icon=icon,
        at=None if any(isinstance(value, Moment) for _, value in step.proof.values) else step.at,
        proof=written(step.proof),
        evidence=[evidence_line(each) for each in step.evidence],
    )


def _repair(repair: Repair) -> RepairLine:
    return RepairLine(field_label(repair.field), repair.given, repair.proposed, written(repair.why))
