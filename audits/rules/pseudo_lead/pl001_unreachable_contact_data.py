"""PL001: is there any phone number or e-mail address by which the person could be reached?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from audits.lead_rule import CANNOT_TELL, NOT_LOOKED_AT, Draft, LeadRule, lead_evidence, not_looked_at
from audits.model.case import Fact, LeadCase
from audits.model.contact_data import check_email, check_phone, region_of
from audits.model.finding import Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import Listed, Said, Term, Value, say
from audits.rule import Default, Family, MeasureInfo, RuleInfo, Trust

INFO = RuleInfo(
    rule_id="PL001",
    version=1,
    family=Family.PSEUDO_LEAD,
    title="Unreachable contact data",
    question="Is at least one phone number or e-mail address given that can exist?",
    why_it_matters=(
        "A record by which nobody can be reached is no lead. The check is by form alone: that a number or address "
        "can exist does not prove that it is the person's."
    ),
    reasons=(
        ("reachable", "all contact data given are well formed"),
        ("partly_reachable", "one way to reach the person is well formed, another is not or cannot be told"),
        ("all_invalid", "all contact data given are wrong"),
        ("nothing_given", "there is neither a phone number nor an e-mail address"),
        ("region_unknown", "no other way is well formed, and the number has no country code and no known country"),
        (NOT_LOOKED_AT, CANNOT_TELL[NOT_LOOKED_AT]),
    ),
    outcomes=(
        (Outcome.PASS, ("reachable", "partly_reachable")),
        (Outcome.BREACH, ("all_invalid", "nothing_given")),
        (Outcome.NOT_EVALUATED, ("region_unknown", NOT_LOOKED_AT)),
    ),
    measures=(
        MeasureInfo("phone_valid", "bool", "whether a number can be in use; unknown without a country or a number"),
        MeasureInfo("email_valid", "bool", "whether the address is well formed; unknown without an address"),
    ),
    defaults=(Default("region", "none: set it to the country of most of your leads", "our choice", Trust.OURS),),
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """A breach only when no way at all is left; a wrong number beside a good address lowers the quality score."""
    lead = case.lead
    region = region_of(lead.country, policy.region)
    given = [
        (field, text.strip())
        for field, text in (("phone", lead.phone), ("mobile", lead.mobile))
        if text and text.strip()
    ]
    verdicts: list[tuple[str, str, bool | None, Value]] = []
    for field, text in given:
        checked = check_phone(text, region)
        verdicts.append((field, text, checked.is_valid, Term(checked.why)))
    phone_valid = _any([verdict for _, _, verdict, _ in verdicts])
    email_valid: bool | None = None
    if lead.email and lead.email.strip():
        email = check_email(lead.email)
        email_valid = email.is_valid
        verdicts.append(("email", lead.email.strip(), email.is_valid, email.why))
    measures = (Measure("phone_valid", phone_valid, "bool"), Measure("email_valid", email_valid, "bool"))
    evidence = tuple(lead_evidence(lead, field, text) for field, text, _, _ in verdicts)
    missing = case.coverage.cause(Fact.CONTACT_DATA)
    if missing is not None and not (phone_valid or email_valid):
        return not_looked_at(missing, say("whether the lead can be reached"), measures)
    if not verdicts:
        return Draft(
            outcome=Outcome.BREACH,
            reason="nothing_given",
            sentence=say("The lead gave neither a phone number nor an e-mail address."),
            measures=measures,
            evidence=(lead_evidence(lead, "phone", ""), lead_evidence(lead, "email", "")),
        )
    not_fine = [
        say("{what} {data}: {why}", what=_NAMES[field], data=text, why=why)
        for field, text, verdict, why in verdicts
        if not verdict
    ]
    if phone_valid or email_valid:
        fine = Listed(
            tuple(
                say("{what} {data}", what=_NAMES[field], data=text) for field, text, verdict, _ in verdicts if verdict
            )
        )
        return Draft(
            outcome=Outcome.PASS,
            reason="partly_reachable" if not_fine else "reachable",
            sentence=say("Well formed: {fine}; not so: {wrong}.", fine=fine, wrong=_in_a_row(not_fine))
            if not_fine
            else say("All contact data are well formed: {fine}.", fine=fine),
            measures=measures,
            evidence=evidence,
        )
    if any(verdict is None for _, _, verdict, _ in verdicts):
        return Draft(
            outcome=Outcome.NOT_EVALUATED,
            reason="region_unknown",
            sentence=say(
                "It cannot be told whether the lead can be reached: {wrong}; set a country in the settings.",
                wrong=_in_a_row(not_fine),
            ),
            measures=measures,
            evidence=evidence,
        )
    return Draft(
        outcome=Outcome.BREACH,
        reason="all_invalid",
        sentence=say("No contact data given can be right: {wrong}.", wrong=_in_a_row(not_fine)),
        measures=measures,
        evidence=evidence,
    )


_NAMES = {"phone": Term("phone"), "mobile": Term("mobile"), "email": Term("e-mail")}


def _in_a_row(sentences: Sequence[Said]) -> Said:
    return reduce(lambda first, second: say("{first}; {second}", first=first, second=second), sentences)


def _any(verdicts: list[bool | None]) -> bool | None:
    if True in verdicts:
        return True
    return None if None in verdicts or not verdicts else False


RULE = LeadRule(INFO, judge)
