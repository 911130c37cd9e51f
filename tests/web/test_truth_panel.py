"""The page of a lead says what it is: with reasons, how far that is verified, and what was probably meant."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from audits.model.activity import ActivityKind, Direction, Disposition
from audits.model.said import say
from audits.model.score import Verdict
from audits.model.truth import ContactType, Given, LeadClass, TruthVerdict
from audits.truth.judgement import judge
from audits.truth.kept import Truth
from audits.truth.ladder import Rung, RungState, Step
from audits.truth.weights import WEIGHTS
from connector.crm.port import LeadRecord
from connector.storage.tables import lead_audits
from connector.web.labels import verdict_label
from connector.web.truth_shown import truth_panel
from tests.factories import make_activity, make_lead
from tests.pseudo import unmarked
from tests.web.conftest import WebApp
from tests.web.page_texts import pieces_of
from tests.web.seed import NOW, Tenant, seed_tenant, store_and_audit

ARRIVED = NOW - timedelta(hours=4)


def store(
    web: WebApp, tenant: Tenant, lead_id: str = "4711", activities: tuple[Any, ...] = (), **fields: Any
) -> None:
    lead = make_lead(lead_id, received_at=ARRIVED, recorded_at=ARRIVED, owner_id=tenant.rep_owner_id)
    acts = tuple(replace(each, lead_id=lead_id, owner_id=tenant.rep_owner_id) for each in activities)
    store_and_audit(web.context, tenant.install_id, [LeadRecord(lead=replace(lead, **fields), activities=acts)])


def panel(web: WebApp, tenant: Tenant, lead_id: str = "4711", query: str = "", user_id: str | None = None) -> str:
    page = web.signed_in(tenant, user_id or tenant.admin_id).get(f"/leads/{lead_id}{query}").text
    found = re.search(r'<section class="panel" aria-labelledby="truth">.*?</section>', page, re.DOTALL)
    return found.group() if found else ""


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_a_slip_is_shown_with_what_was_probably_meant(web: WebApp, tenant: Tenant):
    store(web, tenant, email="ada.lovelace@gmial.com")
    shown = panel(web, tenant)
    said = words(shown)
    assert 'class="tag warn">Repairable<' in shown
    assert "Unintended error" in said
    assert re.search(r"Given ada\.lovelace@gmial\.com .*Proposed ada\.lovelace@gmail\.com", said)
    assert "one slip of the fingers away" in said
    assert re.findall(r'name="do" value="(\w+)"', shown) == ["accept", "decline"]


def test_each_class_names_its_reasons_with_their_weights(web: WebApp, tenant: Tenant):
    store(web, tenant, first_name="asdfghj", last_name="qwrtzx", honeypot="x", user_agent="curl/8.4")
    shown = panel(web, tenant)
    said = words(shown)
    assert 'class="tag bad">Pseudo-lead<' in shown
    assert "Probability of a pseudo-lead: over 99 %." in said
    assert re.search(r"Bot probability ", said)
    for code in ("honeypot_filled", "user_agent_crawler", "mashed_name"):
        assert f'<bdi dir="ltr">+{WEIGHTS[code].weight:g}</bdi>' in shown, code
    assert "A field that people do not see was filled in." in said
    assert shown.count('aria-label="Weight +') == shown.count('class="meter"')


def test_the_ladder_has_seven_steps_with_state_day_and_proof(web: WebApp, tenant: Tenant):
    call = replace(
        make_activity("c1"),
        occurred_at=ARRIVED + timedelta(minutes=9),
        recorded_at=ARRIVED + timedelta(minutes=9),
        disposition=Disposition.CONNECTED,
        duration_s=400,
    )
    mail = make_activity(
        "m1",
        kind=ActivityKind.EMAIL,
        direction=Direction.INBOUND,
        disposition=None,
        duration_s=None,
        occurred_at=ARRIVED + timedelta(minutes=50),
        recorded_at=ARRIVED + timedelta(minutes=50),
    )
    store(web, tenant, activities=(call, mail), email="ada@firma.no", phone="+47 22 33 44 55", mobile=None)
    shown = panel(web, tenant)
    states = re.findall(r'class="rung-state small">([^<]+)<', shown)
    assert len(states) == len(Rung)
    assert states[:5] == ["shown"] * 5
    assert states[5:] == ["not known"] * 2
    assert "5 of 7 steps shown" in words(shown)
    assert "No fact on record shows it." in words(shown)
    assert "c1" in words(shown)
    assert len(re.findall("<time ", shown)) == 2, "the day of what the form shows; other proofs name theirs"


def test_what_was_not_looked_at_is_named(web: WebApp, tenant: Tenant):
    store(web, tenant, message=None, ip=None)
    said = words(panel(web, tenant)).partition("Not looked at")[2]
    assert "message" in said
    assert "IP address" in said


def test_a_lead_of_an_older_audit_says_when_it_will_be_judged(web: WebApp, tenant: Tenant):
    store(web, tenant)
    with web.database.write() as connection:
        connection.execute(sa.update(lead_audits).where(lead_audits.c.lead_id == "4711").values(truth=None))
    shown = words(panel(web, tenant))
    assert "will stand here when it is judged the next time: once anything changes on it" in shown
    assert "How far it is verified" not in shown
    with web.database.write() as connection:
        connection.execute(sa.update(lead_audits).values(next_change_at=None))
    assert "once anything changes on it." in words(panel(web, tenant))


@pytest.mark.parametrize(
    "fields",
    [
        {"email": "ada@gmial.com"},
        {"first_name": "test", "last_name": "test", "message": "this is a test"},
        {"message": "I am looking for a job, here is my CV", "honeypot": "x", "user_agent": "curl/8.4"},
        {"email": None, "phone": None, "mobile": None},
    ],
)
def test_every_text_of_it_can_be_translated(web: WebApp, tenant: Tenant, fields: dict[str, Any]):
    store(web, tenant, **fields)
    shown = panel(web, tenant, query="?lang=qps")
    assert "⟦" in shown
    names = ["Ada Lovelace", "ada"]
    left = [piece.text for piece in pieces_of(shown) if not piece.is_data and unmarked(piece.text, names)]
    assert left == []


def test_a_rep_who_no_longer_holds_the_lead_does_not_learn_what_it_is(web: WebApp, tenant: Tenant):
    store(web, tenant, email="ada.lovelace@gmial.com")
    assert "gmial" in panel(web, tenant, user_id=tenant.rep_id)
    store(web, tenant, lead_id="4712", email="ada.lovelace@gmial.com")
    with web.database.write() as connection:
        connection.execute(
            sa.text("UPDATE leads SET owner_id = 'somebody-else' WHERE lead_id = '4712'"),
        )
    page = web.signed_in(tenant, tenant.rep_id).get("/leads/4712").text
    assert "gmial" not in page
    assert 'aria-labelledby="truth"' not in page


def test_each_account_has_its_own_judgement_of_a_lead_of_the_same_id(web: WebApp, tenant: Tenant):
    other = seed_tenant(web.context, account_id="99", name="Andere", leads=3, prefix="x")
    store(web, tenant, email="ada.lovelace@gmial.com")
    store(web, other, email="ada@firma.no")
    assert "gmial" in panel(web, tenant)
    shown = panel(web, other)
    assert "How far it is verified" in shown
    assert "gmial" not in shown


def test_every_word_of_the_model_has_one_on_the_page():
    judged = judge(Given(id="1", name="test"))
    for of_judgement in TruthVerdict:
        for contact_type in ContactType:
            one = replace(judged, verdict=of_judgement, contact_type=contact_type)
            assert all(truth_panel(Truth(one, ()), verdict, str).says for verdict in Verdict)
    classes = tuple(replace(judged.classes[0], lead_class=each) for each in LeadClass)
    names = [
        block.name for block in truth_panel(Truth(replace(judged, classes=classes), ()), Verdict.SUSPECT, str).classes
    ]
    assert len(set(names)) == len(LeadClass)
    steps = tuple(
        Step(rung=rung, state=state, at=None, proof=say("{a}", a="")) for rung in Rung for state in RungState
    )
    lines = truth_panel(Truth(judged, steps), Verdict.SUSPECT, str).steps
    assert len({line.name for line in lines}) == len(Rung)
    assert len({line.state for line in lines}) == len(RungState)


@pytest.mark.parametrize(("probability", "says"), [(0.0, "under 1 %"), (0.374, "37 %"), (0.9999, "over 99 %")])
def test_no_probability_is_said_to_be_certain(probability: float, says: str):
    judged = replace(judge(Given(id="1", name="test")), pseudo_probability=probability)
    assert truth_panel(Truth(judged, ()), Verdict.SUSPECT, str).says.replace("\xa0", " ").endswith(f" {says}.")


@pytest.mark.parametrize(
    ("verdict", "follows"),
    [(Verdict.SUSPECT, False), (Verdict.PSEUDO, True), (Verdict.DUPLICATE, True)],
    ids=["as judged", "nobody can be reached", "came before"],
)
def test_the_panel_shows_the_one_verdict_and_whence_it_comes(verdict: Verdict, follows: bool):
    judged = replace(judge(Given(id="1", name="test")), verdict=TruthVerdict.SUSPECT)
    shown = truth_panel(Truth(judged, ()), verdict, str)
    assert shown.verdict == verdict_label(verdict)
    assert ("follows from the findings" in shown.says) is follows
