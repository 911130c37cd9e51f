"""The rules of the classes of lead truth: is the lead a bot, a joker, one that is to be mended ...?

Such a rule reads the judgement of audits.truth and adds nothing to it. Of the classes that exclude one another the
likeliest alone is found, and only where the lead is surely none of a person who asked. A finding is kept for good and
a message is not, so no word of the message stands in one: its reasons are told by what they mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from audits.lead_rule import (
    CANNOT_TELL,
    NOT_LOOKED_AT,
    Draft,
    activity_evidence,
    lead_evidence,
    not_looked_at,
)
from audits.model.activity import Disposition
from audits.model.case import LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Listed, Said, Term, joined, say
from audits.model.truth import Judgement, LeadClass, Likelihood, Signal, TruthVerdict
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.truth.kept import WIPED
from audits.truth.of_case import judgement_of
from audits.truth.weights import WEIGHTS

SHOWN, SUSPECTED, WEAK, FAINT, NO_SIGN = "shown", "suspected", "weak", "faint", "no_sign"
NOTHING_TO_GO_BY = "nothing_to_go_by"

#: The rule of each class.
RULE_OF_CLASS: dict[LeadClass, str] = {
    LeadClass.ERROR: "PL005",
    LeadClass.BOT: "PL006",
    LeadClass.PAID_FILLER: "PL007",
    LeadClass.COMPETITOR: "PL008",
    LeadClass.JOKER: "PL009",
    LeadClass.TEST: "PL010",
    LeadClass.EMPTY: "PL011",
    LeadClass.NOT_ADDRESSED: "PL012",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassWords:
    """The sentences of one class. `shown`: of a breach, before its reasons; `clear`: of a pass, before what was
    looked at; `unknown`: what is unknown where it cannot be told, as a clause."""

    shown: Said
    clear: Said
    unknown: Said


def class_info(
    lead_class: LeadClass, *, title: str, question: str, why_it_matters: str, never: frozenset[str] = frozenset()
) -> RuleInfo:
    """The rule of `lead_class` as the rulebook prints it. `never`: reasons that this class cannot have."""
    return RuleInfo(
        rule_id=RULE_OF_CLASS[lead_class],
        version=1,
        family=Family.PSEUDO_LEAD,
        title=title,
        question=question,
        why_it_matters=why_it_matters,
        reasons=tuple((code, meaning) for code, meaning in _REASONS if code not in never),
        outcomes=tuple((outcome, tuple(code for code in codes if code not in never)) for outcome, codes in _OUTCOMES),
        measures=_MEASURES,
        defaults=_DEFAULTS,
    )


def class_draft(
    lead_class: LeadClass,
    case: LeadCase,
    policy: Policy,
    words: ClassWords,
    looked_at: tuple[Term, ...],
    unseen: str | None = None,
) -> Draft:
    """What the judgement of `case` says of `lead_class`.

    `looked_at`: what was given or counted by which the class could show itself; empty = nothing. `unseen`: why
    something that could show it could not be read, None where all could.
    """
    judgement = judgement_of(case, policy)
    found = next((each for each in judgement.classes if each.lead_class is lead_class and _reasons(each)), None)
    measures = (
        Measure("percent", 0 if found is None else round(found.probability * 100), "count"),
        Measure("pseudo_percent", round(judgement.pseudo_probability * 100), "count"),
    )
    if found is not None:
        reason = _reason(found, judgement, case, policy)
        if reason == SHOWN:
            return _told(Outcome.BREACH, reason, words.shown, found, case, measures)
        if reason == SUSPECTED:
            said = say(
                "It may be so, and is not shown: {percent} of 100 leads with these signs are such.",
                percent=round(found.probability * 100),
            )
            return _told(Outcome.NOT_EVALUATED, reason, said, found, case, measures)
        if reason == WEAK:
            said = say("It looks so, but what was found out of such leads here often says otherwise.")
            return _told(Outcome.NOT_EVALUATED, reason, said, found, case, measures)
    if unseen is not None:
        return not_looked_at(unseen, words.unknown, measures)
    if found is not None:
        said = say("Something speaks for it, and far too little.")
        return _told(Outcome.PASS, FAINT, said, found, case, measures)
    if not looked_at:
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason=NOTHING_TO_GO_BY,
            sentence=say(
                "It cannot be told {question}: nothing by which it would show was given.", question=words.unknown
            ),
            measures=measures,
        )
    return Draft(
        outcome=Outcome.PASS,
        reason=NO_SIGN,
        sentence=joined(words.clear, say("Looked at: {what}.", what=Listed(looked_at))),
        measures=measures,
    )


def given(*fields: tuple[str | float | None, Term]) -> tuple[Term, ...]:
    """The words of those of `fields` in which something stands."""
    return tuple(word for value, word in fields if value is not None and str(value).strip())


def _reason(found: Likelihood, judgement: Judgement, case: LeadCase, policy: Policy) -> str | None:
    """Why to speak of a class that something speaks for; None where it is not likely."""
    learned = case.surroundings.learned
    weak = learned.weak if learned is not None else ()
    percent = found.probability * 100
    is_likely = percent >= policy.suspect_percent
    if found.lead_class is LeadClass.ERROR:
        # Mending is owed to a lead of which nobody says that it is none.
        is_lead = judgement.verdict not in (TruthVerdict.PSEUDO, TruthVerdict.SUSPECT)
        can_be_mended = judgement.verdict is TruthVerdict.REPAIRABLE
        if is_lead and (can_be_mended or percent >= policy.pseudo_percent):
            return WEAK if LeadClass.ERROR in weak else SHOWN
        return SUSPECTED if is_likely else None
    if judgement.verdict is TruthVerdict.PSEUDO:
        # The likeliest that decides anything here; others beside it are less likely, or refuted too often.
        if found.lead_class is _first(judgement, weak):
            return SHOWN
    elif judgement.verdict is TruthVerdict.SUSPECT and found.lead_class is _first(judgement, ()):
        return WEAK if found.lead_class in weak and percent >= policy.pseudo_percent else SUSPECTED
    return SUSPECTED if is_likely else None


def _first(judgement: Judgement, without: tuple[LeadClass, ...]) -> LeadClass | None:
    rivals = (each for each in judgement.classes if each.lead_class is not LeadClass.ERROR and _reasons(each))
    return next((each.lead_class for each in rivals if each.lead_class not in without), None)


def reasons_to_see(
    case: LeadCase, judgement: Judgement, verdict: TruthVerdict
) -> tuple[Said, tuple[Evidence, ...]] | None:
    """Why the lead is judged to be `verdict` (PSEUDO or SUSPECT), with evidence; None where it is not, or other leads
    alone say so. No word of the message stands in either."""
    if judgement.verdict is not verdict:
        return None
    learned = case.surroundings.learned
    first = _first(judgement, learned.weak if learned is not None else ())
    found = next((each for each in judgement.classes if each.lead_class is first), None)
    if found is None or found.lead_class is LeadClass.PAID_FILLER:
        return None
    return joined(*map(_without_message, _reasons(found)[:_TOLD])), tuple(_evidence(case, found))


def _told(
    outcome: Outcome, reason: str, said: Said, found: Likelihood, case: LeadCase, measures: tuple[Measure, ...]
) -> Draft:
    return Draft(
        outcome=outcome,
        reason=reason,
        sentence=joined(said, *map(_without_message, _reasons(found)[:_TOLD])),
        measures=measures,
        evidence=tuple(_evidence(case, found)),
    )


#: So many reasons are told; the lead's page has them all.
_TOLD = 3


def _reasons(found: Likelihood) -> tuple[Signal, ...]:
    """What speaks for the class, the heaviest first."""
    return tuple(each for each in found.signals if each.weight > 0)


def _without_message(signal: Signal) -> Said:
    """The reason in words, none of which is one of the message."""
    if signal.field == "message" and any(isinstance(value, str) for _, value in signal.said.values):
        return say("By its message: {meaning}.", meaning=Term(WEIGHTS[signal.code].meaning))
    return signal.said


def _evidence(case: LeadCase, found: Likelihood) -> Iterator[Evidence]:
    """What each reason was read from, once."""
    shown = [each for signal in _reasons(found) for each in _read_from(case, signal)]
    yield from dict.fromkeys(shown)


def _read_from(case: LeadCase, signal: Signal) -> Iterator[Evidence]:
    lead = case.lead
    if signal.code == "wrong_number":
        for act in case.activities:
            if act.disposition is Disposition.WRONG_NUMBER:
                yield from activity_evidence(act)
    elif signal.code == "existing_client":
        for deal in case.deals:
            if deal.status is LeadStatus.WON and deal.closed_at is not None and deal.closed_at < lead.received_at:
                at = deal.closed_at
                yield Evidence(
                    record_type="deal", record_id=deal.deal_id, field="closed_at", value=at.isoformat(), at=at
                )
    elif signal.field == "message":
        yield lead_evidence(lead, "message", WIPED)
    else:
        fields = _FIELDS.get(signal.field, (signal.field,))
        read = [(field, getattr(lead, field, None)) for field in fields]
        stands = [(field, _as_text(value)) for field, value in read if value is not None and str(value).strip()]
        for field, value in stands or [(fields[0], "")]:
            yield lead_evidence(lead, field, value)


def _as_text(value: object) -> str:
    # 1 and 1.0 are the same seconds, and the same evidence.
    return f"{value:g}" if isinstance(value, int | float) else str(value)


#: What a reason was read from, where that is no one field of the lead.
_FIELDS = {
    "name": ("first_name", "last_name"),
    "reach": ("phone", "mobile", "email"),
    "history": ("raw_status",),
}
_REASONS = (
    (SHOWN, "what was given, or became known since, shows it"),
    (SUSPECTED, "something speaks for it, and not enough to say so"),
    (WEAK, "it looks so, but outcomes in this account refute this rule so often that it decides nothing"),
    (FAINT, "something speaks for it, and far too little to make it likely"),
    (NO_SIGN, "what could show it was looked at, and does not"),
    (NOTHING_TO_GO_BY, "nothing was given by which it would show"),
    (NOT_LOOKED_AT, CANNOT_TELL[NOT_LOOKED_AT]),
)
_OUTCOMES = (
    (Outcome.BREACH, (SHOWN,)),
    (Outcome.PASS, (FAINT, NO_SIGN)),
    (Outcome.NOT_EVALUATED, (SUSPECTED, WEAK, NOTHING_TO_GO_BY, NOT_LOOKED_AT)),
)
_MEASURES = (
    MeasureInfo("percent", "count", "of 100 leads with these signs so many are of this class"),
    MeasureInfo("pseudo_percent", "count", "of 100 leads with these signs so many are of one of the pseudo classes"),
)
_DEFAULTS = (
    Default("suspect_percent", "50", "our choice", Trust.OURS),
    Default("pseudo_percent", "90", "our choice", Trust.OURS),
)
