"""PL002: an e-mail address of a service that gives mailboxes away for minutes."""

from __future__ import annotations

from audits.lead_rule import CANNOT_TELL, NOT_LOOKED_AT, Draft, LeadRule, lead_evidence, not_looked_at
from audits.model.case import Fact, LeadCase
from audits.model.contact_data import check_email
from audits.model.finding import Measure, Outcome
from audits.model.policy import Policy
from audits.model.said import Said, say
from audits.model.truth import Disposable
from audits.rule import Family, MeasureInfo, RuleInfo
from audits.truth.email_lists import disposable_by_lists

INFO = RuleInfo(
    rule_id="PL002",
    version=2,
    family=Family.PSEUDO_LEAD,
    title="Disposable address",
    question="Does the e-mail address belong to a throw-away mailbox?",
    why_it_matters="Whoever gives a mailbox that is gone in ten minutes does not want to be reached.",
    reasons=(
        ("lasting_address", "the domain is on neither list of disposable ones"),
        ("doubtful", "one of the two lists names the domain: too little to hold it against anybody"),
        ("disposable", "both lists of disposable domains name the domain, or one that it belongs to"),
        ("no_email", "the lead gave no e-mail address"),
        ("malformed_email", "the address is not well formed; PL001 judges that"),
        (NOT_LOOKED_AT, CANNOT_TELL[NOT_LOOKED_AT]),
    ),
    outcomes=(
        (Outcome.PASS, ("lasting_address", "doubtful")),
        (Outcome.BREACH, ("disposable",)),
        (Outcome.NOT_APPLICABLE, ("no_email", "malformed_email")),
        (Outcome.NOT_EVALUATED, (NOT_LOOKED_AT,)),
    ),
    measures=(MeasureInfo("email_domain", "text", "the domain of the address in ASCII"),),
)


def judge(case: LeadCase, policy: Policy) -> Draft:
    """By the lists disposable-email-domains and mailchecker, as shipped. Services that hide an address and pass mail
    on to a lasting one are on neither, nor is a slip of a large provider's name."""
    lead = case.lead
    if not (lead.email and lead.email.strip()):
        unseen = case.coverage.cause(Fact.CONTACT_DATA)
        if unseen is not None:
            return not_looked_at(unseen, say("whether the address is disposable"))
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="no_email",
            sentence=say("The lead gave no e-mail address to look up."),
        )
    domain = check_email(lead.email).domain
    if domain is None:
        return Draft(
            outcome=Outcome.NOT_APPLICABLE,
            reason="malformed_email",
            sentence=say("The e-mail address is not well formed, so there is no domain to look up."),
        )
    grade, listed = disposable_by_lists(domain)
    return Draft(
        outcome=Outcome.BREACH if grade is Disposable.YES else Outcome.PASS,
        reason=_REASONS[grade],
        sentence=_sentence(grade, lead.email.strip(), listed or domain),
        measures=(Measure("email_domain", domain, "text"),),
        evidence=(lead_evidence(lead, "email", lead.email),),
    )


_REASONS = {Disposable.NO: "lasting_address", Disposable.DOUBTFUL: "doubtful", Disposable.YES: "disposable"}


def _sentence(grade: Disposable, address: str, domain: str) -> Said:
    if grade is Disposable.YES:
        return say(
            "The address {address} is disposable: {domain} gives mailboxes away for minutes.",
            address=address,
            domain=domain,
        )
    if grade is Disposable.DOUBTFUL:
        return say("One of two lists says that {domain} gives mailboxes away for minutes.", domain=domain)
    return say("The domain {domain} is not known for disposable addresses.", domain=domain)


RULE = LeadRule(INFO, judge)
