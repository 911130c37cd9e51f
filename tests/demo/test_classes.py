"""What the leads of a made-up account are is what the real judgement says of them, and the look-alikes are leads."""

from collections import Counter
from datetime import datetime
from functools import cache

import pytest

from audits.class_rule import RULE_OF_CLASS
from audits.engine import audit
from audits.model.finding import Outcome
from audits.model.truth import Given, LeadClass, TruthVerdict
from audits.truth.judgement import judge
from audits.truth.user_agents import bot_named, is_headless
from connector.sandbox.faults.classes import KINDS, PAID_FILLER, RULE
from connector.sandbox.hubspot_seed import hubspot_document
from connector.sandbox.lookalikes import CROWDS, LOOK_ALIKES, ODD_NAMES
from connector.sandbox.office_hours import OfficeHours
from connector.sandbox.pipedrive.from_history import pipedrive_document
from connector.sandbox.population import CROWDED, LEAST_LEADS, Population, make_population
from connector.sandbox.web import BROWSERS, HEADLESS, PROGRAMS
from tests.demo.history_cases import HistoryAccount, policy_of
from tests.demo.test_population import BERLIN, UNTILS, ZONE

SIZES = (LEAST_LEADS, CROWDED, 700)


@cache
def account(leads: int) -> tuple[Population, HistoryAccount]:
    population = make_population(seed=11, until=UNTILS[2], leads=leads)
    return population, HistoryAccount(population, OfficeHours(BERLIN))


@cache
def said(leads: int, until: datetime = UNTILS[2]) -> dict[str, tuple[str, str, frozenset[str]]]:
    """Lead → verdict, the likeliest class that is no lead, and the rules that are broken or in doubt."""
    population, cases = account(leads)
    policy = policy_of(population, ZONE)
    found = {}
    for ref in population.truth:
        result = audit(cases.case(ref, until), policy)
        likeliest = [each for each in result.judgement.classes if each.lead_class is not LeadClass.ERROR]
        rules = (each.rule_id for each in result.findings if each.outcome in (Outcome.BREACH, Outcome.NOT_EVALUATED))
        found[ref] = (
            result.judgement.verdict.value,
            likeliest[0].lead_class.value if likeliest else "",
            frozenset(rules),
        )
    return found


def test_the_classes_are_those_of_the_judgement() -> None:
    assert {lead_class.value: rule_id for lead_class, rule_id in RULE_OF_CLASS.items()} == RULE
    assert {*KINDS, PAID_FILLER} == {each.value for each in LeadClass}


@pytest.mark.parametrize("leads", SIZES)
def test_every_class_is_planted_where_the_size_carries_it(leads: int) -> None:
    population, _ = account(leads)
    planted = {each.lead_class for each in population.truth.values()} - {""}
    assert planted == {*RULE} - (set() if leads >= CROWDED else {PAID_FILLER})
    assert any("clusters" in sentence for sentence in population.left_out) is (leads < CROWDED)


def test_a_large_account_has_every_kind() -> None:
    population, _ = account(700)
    kinds = {each.kind for each in population.truth.values()}
    assert kinds >= {play.__name__ for plays in KINDS.values() for play in plays}
    assert kinds >= {play.__name__ for play in (*LOOK_ALIKES, *CROWDS)}


@pytest.mark.parametrize("leads", SIZES)
def test_who_did_not_ask_is_said_to_be_what_he_is_or_is_in_doubt(leads: int) -> None:
    population, _ = account(leads)
    wrong, seen = [], Counter[str]()
    for ref, planted in population.truth.items():
        verdict, likeliest, unsure = said(leads)[ref]
        own = RULE.get(planted.lead_class)
        if own is None:
            continue
        seen[planted.lead_class] += 1
        if own in planted.rules and own != RULE["unintended_error"]:
            good = (verdict, likeliest) == ("pseudo", planted.lead_class)
        else:
            good = own in unsure or own not in planted.rules | planted.unsure
        if not good:
            wrong.append((planted.kind, ref, verdict, likeliest))
    assert wrong == []
    assert min(seen.values()) > (0 if leads < 700 else 5)


@pytest.mark.parametrize("leads", SIZES)
def test_nobody_who_asked_is_flagged(leads: int) -> None:
    population, _ = account(leads)
    flagged = [
        (planted.kind, ref, *said(leads)[ref][:2])
        for ref, planted in population.truth.items()
        if not planted.lead_class and said(leads)[ref][0] not in ("genuine", "unknown")
    ]
    assert flagged == []


@pytest.mark.parametrize("name", ODD_NAMES, ids=" ".join)
def test_an_odd_name_is_a_name(name: tuple[str, str]) -> None:
    first, last = (part.partition("/")[0] for part in name)
    judged = judge(Given(first_name=first, last_name=last, phone="+4915123402729"))
    assert judged.verdict is TruthVerdict.GENUINE


def test_browsers_are_browsers_and_programs_are_programs() -> None:
    assert [each for each in BROWSERS if bot_named(each)] == []
    assert [each for each in PROGRAMS if not bot_named(each)] == []
    assert is_headless(HEADLESS)


def test_people_are_alone_in_their_part_of_the_net_and_take_their_time() -> None:
    population, _ = account(700)
    visits = [
        lead.visit
        for lead in population.history.leads
        if not population.truth[lead.ref].lead_class and not population.truth[lead.ref].is_lookalike
    ]
    given = [each for each in visits if each.ip]
    nets = [each.ip.rpartition(".")[0] or ":".join(each.ip.split(":")[:4]) for each in given]
    assert len(given) > 0.8 * len(visits)
    assert len(set(nets)) == len(nets)
    assert min(each.seconds or 0 for each in given) >= 12
    assert {each.trap for each in visits} == {""}


def test_no_crm_is_told_what_the_leads_are() -> None:
    population, _ = account(CROWDED)
    for document in (
        hubspot_document(population.history, 5),
        pipedrive_document(population.history, 5, maker_id=7),
    ):
        text = str(document)
        for word in (*RULE, *RULE.values(), *{each.kind for each in population.truth.values()}):
            assert f"'{word}'" not in text
