"""The table of what must be found where a CRM cannot show everything, held to the real rules, rule by rule."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from audits.engine import audit
from audits.model.activity import ActivityKind
from audits.model.case import Coverage, Fact, LeadCase
from audits.model.policy import Policy
from audits.rulebook import RULES
from connector.demo.expectations import DOUBTS, NEEDS, Blur, Hidden, Told, expect
from connector.demo.live import told_of
from connector.sandbox.history import Act, Call, Email, LeadHistory, Status
from connector.sandbox.office_hours import OfficeHours
from connector.sandbox.population import ABSENT, LEAST_LEADS, ZONE, Planted, make_population
from tests.demo.history_cases import HistoryAccount, policy_of

UNTIL = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)
POPULATION = make_population(seed=4, until=UNTIL, leads=LEAST_LEADS)
ACCOUNT = HistoryAccount(POPULATION, OfficeHours(ZoneInfo(ZONE)))
#: Nobody's absence is known: else every clock would hang on who held a lead when.
POLICY = replace(policy_of(POPULATION, ZONE), absences={})


BARE = Told(acts=(), received_at=UNTIL)


def view(lead: LeadHistory) -> Told:
    return replace(told_of(lead, UNTIL), class_shown_by=POPULATION.truth[lead.ref].shown_by)


def planted() -> list[tuple[LeadHistory, Planted]]:
    """All but the leads of the rep who is away."""
    return [
        (lead, POPULATION.truth[lead.ref])
        for lead in POPULATION.history.leads
        if POPULATION.truth[lead.ref].rules and lead.owner_ref != ABSENT.ref
    ]


def without(case: LeadCase, fact: Fact) -> LeadCase:  # noqa: C901 - one line for each fact
    """The case of a CRM that does not show this fact."""
    case = replace(case, coverage=Coverage(missing=((fact, "the CRM does not show it"),)))
    match fact:
        case Fact.CALLS | Fact.EMAILS | Fact.MEETINGS | Fact.MESSAGES:
            kind = ActivityKind(fact.value.removesuffix("s"))
            return replace(case, activities=tuple(act for act in case.activities if act.kind is not kind))
        case Fact.TASKS:
            return replace(case, tasks=())
        case Fact.OWNER_HISTORY:
            return replace(case, owner_changes=())
        case Fact.STAGE_HISTORY:
            return replace(case, stage_changes=())
        case Fact.DUPLICATES:
            return replace(case, sightings=())
        case Fact.CONTACT_DATA:
            bare = replace(case.lead, first_name=None, last_name=None, email=None, phone=None, mobile=None)
            return replace(case, lead=bare, sightings=())
        case Fact.OWNER:
            unseen = tuple((each, "the CRM does not show it") for each in (Fact.OWNER, Fact.OWNER_HISTORY))
            nobodys = replace(case, lead=replace(case.lead, owner_id=None), owner_changes=())
            return replace(nobodys, coverage=Coverage(missing=unseen))
        case Fact.SOURCE:
            return replace(case, lead=replace(case.lead, source=None, source_detail=None))
        case Fact.TEXTS:
            bare = tuple(replace(act, text=None, subject=None) for act in case.activities)
            return replace(case, activities=bare, surroundings=replace(case.surroundings, twins=None))
        case Fact.DEALS:
            return replace(case, deals=())
        case Fact.OWNERS:
            return replace(case, owners=())
        case Fact.SUBMITTED_AT:
            return replace(case, lead=replace(case.lead, submitted_at=None))
        case Fact.PREFERRED_AT:
            return replace(case, lead=replace(case.lead, preferred_at=None))
        case Fact.CONSENT:
            return replace(case, lead=replace(case.lead, has_call_consent=None))
        case Fact.RECONTACT_ON:
            return replace(case, lead=replace(case.lead, recontact_on=None))
        case Fact.STAGE:
            return replace(case, lead=replace(case.lead, stage=None, stage_since=None))


def outcomes(case: LeadCase, policy: Policy = POLICY) -> dict[str, str]:
    """Rule → outcome."""
    return {found.rule_id: found.outcome.value for found in audit(case, policy).findings}


def test_the_table_names_every_rule() -> None:
    assert set(NEEDS) == {rule.info.rule_id for rule in RULES}
    assert set(DOUBTS) < set(NEEDS)


def test_all_is_found_where_all_is_shown() -> None:
    for lead, told in planted():
        found = expect(told.rules, view(lead), Coverage(), Hidden())
        assert (found.breaches, found.not_evaluated) == (told.rules, frozenset())


@pytest.mark.parametrize("fact", list(Fact))
def test_a_missing_fact(fact: Fact) -> None:
    """Where no history of statuses is shown, none is agreed to mean waiting: it would put every clock in doubt."""
    has_holds = fact is not Fact.STAGE_HISTORY
    policy = POLICY if has_holds else replace(POLICY, waiting_statuses=())
    wrong, hidden = [], 0
    for lead, told in planted():
        case = without(ACCOUNT.case(lead.ref, UNTIL), fact)
        said = outcomes(case, policy)
        is_wish_unseen = fact is Fact.PREFERRED_AT and lead.preferred_at is not None
        # Whether a lead that was discarded came twice hangs on the others; one that was lost was no duplicate.
        is_twin_unseen = fact is Fact.DUPLICATES and lead.status.status is Status.UNQUALIFIED
        never = {
            *(() if has_holds else ("AG004",)),
            *(("RT001",) if is_wish_unseen else ()),
            *(("FU005",) if is_twin_unseen else ()),
        }
        wanted = expect(told.rules, view(lead), case.coverage, Hidden(never=never))
        hidden += len(wanted.not_evaluated)
        for rules, outcome in ((wanted.breaches, "breach"), (wanted.not_evaluated, "not_evaluated")):
            wrong += [(told.kind, rule_id, said[rule_id], outcome) for rule_id in rules if said[rule_id] != outcome]
    assert wrong == []
    assert bool(hidden) == (fact in {needed for facts in NEEDS.values() for needed in facts})


BLURRED: list[tuple[type[Act], ActivityKind, Blur, dict[str, None]]] = [
    (Call, ActivityKind.CALL, Blur.WHO, {"direction": None}),
    (Call, ActivityKind.CALL, Blur.MACHINE, {"is_automated": None}),
    (Call, ActivityKind.CALL, Blur.RESULT, {"disposition": None, "duration_s": None}),
    (Email, ActivityKind.EMAIL, Blur.WHO, {"direction": None}),
    (Email, ActivityKind.EMAIL, Blur.MACHINE, {"is_automated": None}),
]


@pytest.mark.parametrize(("act", "kind", "blur", "unsaid"), BLURRED, ids=lambda value: getattr(value, "name", None))
def test_an_act_of_which_too_little_is_said(
    act: type[Act], kind: ActivityKind, blur: Blur, unsaid: dict[str, None]
) -> None:
    """Of what may hang on it, nothing is passed over in silence, and some of it is really not evaluated."""
    wrong, unsure = [], 0
    for lead, told in planted():
        # A call that says neither how it ended nor how long it took claims no conversation.
        never = {"AG002"} if blur is Blur.RESULT and told.kind == "seconds_of_talk" else frozenset()
        hidden = Hidden(never=never, blurs=lambda each: {blur} if isinstance(each, act) else frozenset())
        case = ACCOUNT.case(lead.ref, UNTIL)
        blurred = tuple(replace(each, **unsaid) if each.kind is kind else each for each in case.activities)
        said = outcomes(replace(case, activities=blurred))
        wanted = expect(told.rules, view(lead), Coverage(), hidden)
        wrong += [(told.kind, rule_id, said[rule_id]) for rule_id in wanted.breaches if said[rule_id] != "breach"]
        wrong += [
            (told.kind, rule_id, said[rule_id])
            for rule_id in wanted.either
            if said[rule_id] not in ("breach", "not_evaluated")
        ]
        unsure += sum(said[rule_id] == "not_evaluated" for rule_id in wanted.either)
    assert wrong == []
    assert unsure


def test_a_fault_that_cannot_stand() -> None:
    found = expect({"DQ001", "RT002"}, BARE, Coverage(), Hidden(never={"DQ001"}))
    assert (found.breaches, found.not_evaluated) == (frozenset({"RT002"}), frozenset())


def test_what_one_lead_does_not_show() -> None:
    found = expect({"RT002", "NC001"}, BARE, Coverage(), Hidden(missing={Fact.EMAILS}))
    assert (found.breaches, found.not_evaluated) == (frozenset({"NC001"}), frozenset({"RT002"}))
