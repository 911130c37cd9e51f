"""The rule of one class of lead truth: is the lead a bot, a joker, one that is to be mended ...?

Such a rule reads the judgement of audits.truth and adds nothing to it. Of the classes that exclude one another the
likeliest alone is found, and only where the lead is surely none of a person who asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from audits.lead_rule import CANNOT_TELL, NOT_LOOKED_AT, Draft, LeadRule, lead_evidence, not_looked_at
from audits.model.case import Fact, LeadCase
from audits.model.finding import Evidence, Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import Said, joined, say
from audits.model.truth import Judgement, LeadClass, Likelihood, Signal, TruthVerdict
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust
from audits.truth.of_case import judgement_of

SHOWN, SUSPECTED, WEAK, NO_SIGN, NOTHING_TO_GO_BY = "shown", "suspected", "weak", "no_sign", "nothing_to_go_by"

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

#: Whether anything was given or counted by which a class could show itself.
CanShow = Callable[[LeadCase, Judgement], bool]


def class_rule(
    lead_class: LeadClass,
    *,
    title: str,
    question: str,
    why_it_matters: str,
    question_clause: Said,
    shown: Said,
    can_show: CanShow,
) -> LeadRule:
    """The rule of `lead_class`. `question_clause`: what is unknown where it cannot be told, as a clause; `shown`: the
    sentence of a breach, before its reasons; `can_show`: whether anything was there by which the class would show."""
    info = RuleInfo(
        rule_id=RULE_OF_CLASS[lead_class],
        version=1,
        family=Family.PSEUDO_LEAD,
        title=title,
        question=question,
        why_it_matters=why_it_matters,
        reasons=_REASONS,
        outcomes=_OUTCOMES,
        measures=_MEASURES,
        defaults=_DEFAULTS,
    )

    def judge(case: LeadCase, policy: Policy) -> Draft:
        judgement = judgement_of(case, policy)
        found = next((each for each in judgement.classes if each.lead_class is lead_class), None)
        percent = 0 if found is None else round(found.probability * 100)
        measures = (
            Measure("percent", percent, "count"),
            Measure("pseudo_percent", round(judgement.pseudo_probability * 100), "count"),
        )
        outcome = _outcome(lead_class, found, judgement, case, policy)
        if found is not None and outcome is not None:
            reason, sentence = outcome
            return Draft(
                outcome=Outcome.BREACH if reason == SHOWN else Outcome.NOT_EVALUATED,
                reason=reason,
                sentence=joined(shown if reason == SHOWN else sentence, *(each.said for each in _leading(found))),
                measures=measures,
                evidence=tuple(_evidence(case, found)),
            )
        unseen = case.coverage.cause(Fact.CONTACT_DATA)
        if unseen is not None:
            return not_looked_at(unseen, question_clause, measures)
        if not can_show(case, judgement):
            return Draft(
                outcome=Outcome.NOT_EVALUATED,
                reason=NOTHING_TO_GO_BY,
                sentence=say(
                    "It cannot be told {question}: nothing by which it would show was given.",
                    question=question_clause,
                ),
                measures=measures,
            )
        return Draft(
            outcome=Outcome.PASS,
            reason=NO_SIGN,
            sentence=say("Nothing that was looked at shows it."),
            measures=measures,
        )

    return LeadRule(info, judge)


def _outcome(
    lead_class: LeadClass, found: Likelihood | None, judgement: Judgement, case: LeadCase, policy: Policy
) -> tuple[str, Said] | None:
    """The reason to speak of a class that something speaks for, with its sentence; None where it is not likely."""
    if found is None:
        return None
    suspected = say(
        "It may be so, and is not shown: {percent} of 100 leads with these signs are such.",
        percent=round(found.probability * 100),
    )
    percent = found.probability * 100
    if lead_class is LeadClass.ERROR:
        # Mending is owed to a lead of which nobody says that it is none.
        is_lead = judgement.verdict not in (TruthVerdict.PSEUDO, TruthVerdict.SUSPECT)
        if is_lead and percent >= policy.pseudo_percent:
            return SHOWN, suspected
        return (SUSPECTED, suspected) if percent >= policy.suspect_percent else None
    rivals = (each for each in judgement.classes if each.lead_class is not LeadClass.ERROR)
    if next(rivals).lead_class is lead_class and judgement.pseudo_probability * 100 >= policy.suspect_percent:
        if judgement.verdict is TruthVerdict.PSEUDO:
            return SHOWN, suspected
        learned = case.surroundings.learned
        if learned is not None and lead_class in learned.weak and percent >= policy.pseudo_percent:
            return WEAK, say("It looks so, but what was found out of such leads here often says otherwise.")
        return SUSPECTED, suspected
    return (SUSPECTED, suspected) if percent >= policy.suspect_percent else None


#: So many reasons are told; the lead's page has them all.
_TOLD = 3


def _leading(found: Likelihood) -> tuple[Signal, ...]:
    return tuple(each for each in found.signals if each.weight > 0)[:_TOLD]


def _evidence(case: LeadCase, found: Likelihood) -> Iterator[Evidence]:
    """What each reason was read from. What others or the CRM's past say is no field of the lead: it names itself."""
    seen = set()
    for each in found.signals:
        value = getattr(case.lead, each.field, None)
        shown = each.value if value is None else str(value)
        # A message stands with the lead alone, and is wiped with it: evidence is kept for good.
        if each.field == "message":
            shown = each.value
        if (each.field, shown) not in seen:
            seen.add((each.field, shown))
            yield lead_evidence(case.lead, each.field, shown)


_REASONS = (
    (SHOWN, "what was given, or became known since, shows it"),
    (SUSPECTED, "something speaks for it, and not enough to say so"),
    (WEAK, "it looks so, but outcomes in this account refute this rule so often that it decides nothing"),
    (NO_SIGN, "what could show it was looked at, and does not"),
    (NOTHING_TO_GO_BY, "nothing was given by which it would show"),
    (NOT_LOOKED_AT, CANNOT_TELL[NOT_LOOKED_AT]),
)
_OUTCOMES = (
    (Outcome.BREACH, (SHOWN,)),
    (Outcome.PASS, (NO_SIGN,)),
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
