"""Two scores, each a plain sum of named parts to 100, from the facts and findings of one case.

Quality: is the lead real, reachable, ours to sell to
    phone         25  a valid number
    e-mail        20  a well-formed address
    address       10  not disposable
    name          10  no placeholder 10, placeholder in part or doubtful 5
    person        20  a person who asked: 1 less for each 5 of 100 leads with the same signs that are of nobody who
                      asked; not evaluated where nothing speaks for or against it
    first seen    10  no earlier lead with the same data
    source         5  the source is known

Handling: was it worked as agreed
    first attempt 30  in time 30, late 15, still none after the target 0
    called        20  at least one call attempt
    cadence       20  kept, running or ended by contact made 20, else the share of the agreed attempts made
    re-contact    15  a failed attempt followed up
    no silence    15  touched lately, or a next step planned

While the first attempt is overdue, the cadence and the silence earn nothing either. A lead that was closed untried
for what only contact could have shown (AG007) earns nothing, whatever it was closed as. A part that could not be
evaluated, or that does not apply, has no points and costs none. The weights are ours.
"""

from __future__ import annotations

from collections.abc import Mapping

from audits.model.activity import ActivityKind
from audits.model.case import Fact, LeadCase
from audits.model.contact_data import check_email, check_phone, region_of
from audits.model.finding import Finding, Outcome
from audits.model.lead import LeadStatus
from audits.model.policy import Policy
from audits.model.said import Said, Term, phrase, say, verbatim
from audits.model.score import Score, ScorePart
from audits.model.truth import Judgement, LeadClass
from audits.timeline import CONTACT_FACTS, Touches

PHONE, EMAIL, ADDRESS, NAME, PERSON, FIRST_SEEN, SOURCE = 25, 20, 10, 10, 20, 10, 5
FIRST_ATTEMPT, CALLED, CADENCE, RECONTACT, NO_SILENCE = 30, 20, 20, 15, 15

Findings = Mapping[str, Finding]
"""The findings of one case by rule id."""


def quality(case: LeadCase, policy: Policy, findings: Findings, judgement: Judgement) -> Score:
    """What the lead is worth as a record. `judgement`: what it is, by audits.truth."""
    return Score(
        (
            _phone(case, policy),
            _email(case),
            _by_outcome(phrase("address not disposable"), ADDRESS, findings["PL002"]),
            _name(findings["PL003"]),
            _person(judgement),
            _by_outcome(phrase("first seen"), FIRST_SEEN, findings["PL004"]),
            _by_outcome(phrase("source known"), SOURCE, findings["DQ002"]),
        )
    )


def handling(case: LeadCase, policy: Policy, findings: Findings, tried: Touches, reached: Touches) -> Score:
    """How the lead was worked. A discarded lead is owed nothing, so nothing of it is scored but a first attempt;
    unless it was discarded untried, which is worth no more than leaving it."""
    return Score(
        (
            _first_attempt(findings["RT001"], findings["RT002"], findings["AG007"]),
            _called(case, findings, tried),
            _cadence(case, policy, findings, tried, reached),
            _recontact(findings["FU002"], tried, reached),
            _no_silence(findings["NC002"], findings["RT002"], tried),
        )
    )


def _by_outcome(name: str, out_of: int, finding: Finding) -> ScorePart:
    points = {Outcome.PASS: out_of, Outcome.BREACH: 0}.get(finding.outcome)
    return ScorePart(name, points, out_of, finding.said)


def _told(word: str) -> Said:
    return say("{word}", word=Term(word))


def _phone(case: LeadCase, policy: Policy) -> ScorePart:
    lead = case.lead
    region = region_of(lead.country, policy.region)
    checks = [check_phone(text.strip(), region) for text in (lead.phone, lead.mobile) if text and text.strip()]
    unseen = case.coverage.cause(Fact.CONTACT_DATA)
    if not checks and unseen is not None:
        return ScorePart("phone", None, PHONE, _told(unseen))
    if not checks:
        return ScorePart("phone", 0, PHONE, say("no number given"))
    if any(check.is_valid for check in checks):
        return ScorePart("phone", PHONE, PHONE, say("a valid number"))
    if any(check.is_valid is None for check in checks):
        return ScorePart("phone", None, PHONE, say("the country of the number is not known"))
    return ScorePart("phone", 0, PHONE, say("no valid number"))


def _email(case: LeadCase) -> ScorePart:
    lead = case.lead
    if not (lead.email and lead.email.strip()):
        unseen = case.coverage.cause(Fact.CONTACT_DATA)
        if unseen is not None:
            return ScorePart("e-mail", None, EMAIL, _told(unseen))
        return ScorePart("e-mail", 0, EMAIL, say("no address given"))
    checked = check_email(lead.email)
    if not checked.is_valid:
        return ScorePart("e-mail", 0, EMAIL, verbatim(checked.why))
    return ScorePart("e-mail", EMAIL, EMAIL, say("well formed"))


def _name(finding: Finding) -> ScorePart:
    points: int | None = {Outcome.PASS: NAME, Outcome.BREACH: 0}.get(finding.outcome)
    if finding.reason in ("partly_placeholder", "doubtful"):
        points = NAME // 2
    return ScorePart("name", points, NAME, finding.said)


def _person(judgement: Judgement) -> ScorePart:
    name = phrase("a person who asked")
    if not judgement.genuine_signals and all(each.lead_class is LeadClass.ERROR for each in judgement.classes):
        return ScorePart(name, None, PERSON, say("nothing speaks for it, and nothing against it"))
    percent = round(judgement.pseudo_probability * 100)
    lost = int(judgement.pseudo_probability * PERSON)
    why = say("{percent} of 100 leads with these signs are of nobody who asked", percent=percent)
    return ScorePart(name, PERSON - lost, PERSON, why)


def _first_attempt(judged: Finding, waiting: Finding, closing: Finding) -> ScorePart:
    name = phrase("first attempt")
    if closing.outcome is Outcome.BREACH:
        return ScorePart(name, 0, FIRST_ATTEMPT, say("closed untried"))
    if judged.outcome is Outcome.PASS:
        return ScorePart(name, FIRST_ATTEMPT, FIRST_ATTEMPT, say("in time"))
    if judged.outcome is Outcome.BREACH:
        return ScorePart(name, FIRST_ATTEMPT // 2, FIRST_ATTEMPT, say("made, but late"))
    if waiting.outcome is Outcome.BREACH:
        return ScorePart(name, 0, FIRST_ATTEMPT, say("none, and past the target"))
    why = judged if judged.outcome is Outcome.NOT_EVALUATED else waiting
    return ScorePart(name, None, FIRST_ATTEMPT, why.said)


def _called(case: LeadCase, findings: Findings, tried: Touches) -> ScorePart:
    lead, finding = case.lead, findings["NC001"]
    if findings["AG007"].outcome is Outcome.BREACH and (lead.phone or lead.mobile):
        return ScorePart("called", 0, CALLED, say("closed untried"))
    if lead.status is not LeadStatus.DISCARDED and tried.count(ActivityKind.CALL):
        return ScorePart("called", CALLED, CALLED, say("at least one call attempt"))
    if finding.outcome is Outcome.BREACH:
        return ScorePart("called", 0, CALLED, say("never called"))
    if lead.status is LeadStatus.LOST and (lead.phone or lead.mobile) and _all_is_known(case, tried):
        return ScorePart("called", 0, CALLED, say("closed as lost without a call"))
    return ScorePart("called", None, CALLED, finding.said)


def _cadence(case: LeadCase, policy: Policy, findings: Findings, tried: Touches, reached: Touches) -> ScorePart:
    name, lead, finding = phrase("cadence"), case.lead, findings["FU001"]
    overdue = findings["RT002"].outcome is Outcome.BREACH
    may_call = (lead.phone or lead.mobile) and lead.has_call_consent is not False
    calls_agreed = policy.cadence.calls if may_call else 0
    emails_agreed = policy.cadence.emails if lead.email else 0
    agreed = calls_agreed + emails_agreed
    if agreed and findings["AG007"].outcome is Outcome.BREACH:
        return ScorePart(name, 0, CADENCE, say("closed untried"))
    if lead.status is LeadStatus.DISCARDED or not agreed:
        return ScorePart(name, None, CADENCE, finding.said)
    if reached.sure:
        return ScorePart(name, CADENCE, CADENCE, say("contact was made"))
    if finding.outcome is Outcome.PASS and overdue:
        return ScorePart(name, 0, CADENCE, say("not begun, and the first attempt is overdue"))
    if finding.outcome is Outcome.PASS:
        begun = finding.reason == "cadence_kept" or bool(tried.sure)
        return ScorePart(name, CADENCE if begun else None, CADENCE, finding.said)
    if finding.reason == "one_part_of_the_day":
        return ScorePart(name, CADENCE // 2, CADENCE, say("all made, but in too few parts of the day"))
    if finding.outcome is Outcome.BREACH:
        made = min(_counted(finding, "cadence_calls"), calls_agreed)
        made += min(_counted(finding, "cadence_emails"), emails_agreed)
    elif lead.status is LeadStatus.LOST and _all_is_known(case, tried, reached):
        made = min(tried.count(ActivityKind.CALL), calls_agreed) + min(tried.count(ActivityKind.EMAIL), emails_agreed)
    else:
        return ScorePart(name, None, CADENCE, finding.said)
    return ScorePart(
        name, CADENCE * made // agreed, CADENCE, say("{made} of {agreed} agreed attempts", made=made, agreed=agreed)
    )


def _counted(finding: Finding, measure: str) -> int:
    return sum(each.value for each in finding.measures if each.name == measure and isinstance(each.value, int))


def _all_is_known(case: LeadCase, *touches: Touches) -> bool:
    return case.coverage.cause(*CONTACT_FACTS) is None and not any(each.unknown for each in touches)


def _recontact(finding: Finding, tried: Touches, reached: Touches) -> ScorePart:
    last, contact = tried.last(), reached.last()
    if last is not None and contact is not None and contact.no_later_than >= last.occurred_at:
        return ScorePart("re-contact", RECONTACT, RECONTACT, say("the last attempt reached the person"))
    return _by_outcome(phrase("re-contact"), RECONTACT, finding)


def _no_silence(finding: Finding, waiting: Finding, tried: Touches) -> ScorePart:
    if finding.outcome is Outcome.PASS and waiting.outcome is Outcome.BREACH:
        return ScorePart("no silence", 0, NO_SILENCE, say("nothing made, and the first attempt is overdue"))
    if finding.outcome is Outcome.PASS and not tried.sure:
        return ScorePart("no silence", None, NO_SILENCE, say("nothing made yet"))
    return _by_outcome(phrase("no silence"), NO_SILENCE, finding)
