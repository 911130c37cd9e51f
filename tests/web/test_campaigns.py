"""The page of campaigns: entered by managers, explaining bursts, taken back and put back; each account its own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from audits.model.case import Coverage
from audits.model.truth import Neighbours
from connector.crm.port import LeadRecord
from connector.jobs.audit_leads import audit_leads
from connector.jobs.context import take_lease
from connector.storage import campaigns, findings, timeline, worklist
from connector.storage.neighbours import neighbours_at
from connector.web.views.campaigns import LONGEST_DAYS, LONGEST_TEXT, MOST_CAMPAIGNS
from tests.factories import make_lead
from tests.web.conftest import WebApp, post
from tests.web.seed import NOW, Tenant, seed_tenant, store_and_audit

PAGE = "/settings/campaigns"
SPOT = {"label": "  Spot on\tTV ", "begin": "2026-03-01", "end": "2026-03-31", "source": ""}
BURST = [f"burst-{number}" for number in range(8)]


@pytest.fixture
def head(web: WebApp, tenant: Tenant) -> FlaskClient:
    return web.signed_in(tenant, tenant.head_id)


def span(tenant: Tenant, web: WebApp, **fields: str) -> dict[str, str]:
    """A form for the days around now."""
    days = [(web.clock.now + timedelta(days=shift)).date().isoformat() for shift in (-3, 3)]
    return {"label": "Spot", "begin": days[0], "end": days[1], "source": "", **fields}


def burst(web: WebApp, tenant: Tenant) -> None:
    """Eight leads with the same words from one part of the net within minutes."""
    arrived = web.clock.now - timedelta(hours=2)
    records = []
    for number, lead_id in enumerate(BURST):
        at = arrived + timedelta(minutes=number)
        lead = make_lead(
            lead_id,
            received_at=at,
            recorded_at=at,
            ip=f"203.0.113.{number}",
            message="I saw your spot, please call me back about the offer",
            source="TV",
            source_detail="spot-7",
        )
        records.append(LeadRecord(lead=lead))
    store_and_audit(web.context, tenant.install_id, records)


def neighbours(web: WebApp, tenant: Tenant, lead_id: str = BURST[-1]) -> Neighbours:
    with web.database.read() as connection:
        cases = timeline.load_cases(connection, tenant.install_id, [lead_id], web.clock.now, Coverage())
        return neighbours_at(connection, tenant.install_id, cases, web.clock.now)[lead_id]


def due(web: WebApp, tenant: Tenant) -> set[str]:
    with web.database.read() as connection:
        return set(worklist.list_dirty(connection, tenant.install_id))


def codes(web: WebApp, tenant: Tenant, lead_id: str = BURST[-1]) -> set[str]:
    with web.database.read() as connection:
        row = findings.get_audit(connection, tenant.install_id, lead_id)
    assert row is not None
    assert row.truth is not None
    return {each.code for likely in row.truth.judgement.classes for each in likely.signals}


def judge_again(web: WebApp, tenant: Tenant) -> None:
    audit_leads(take_lease(web.context, tenant.install_id, "test"), BURST)


def test_a_burst_is_held_against_leads_until_it_is_announced(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    burst(web, tenant)
    judge_again(web, tenant)
    assert not neighbours(web, tenant).burst_explained
    assert {"identical_burst", "subnet_velocity"} <= codes(web, tenant)
    before = due(web, tenant)
    answer = post(head, PAGE, span(tenant, web))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PAGE}?note=campaign-entered")
    assert set(BURST) <= due(web, tenant) - before
    assert neighbours(web, tenant).burst_explained
    judge_again(web, tenant)
    assert not {"identical_burst", "subnet_velocity"} & codes(web, tenant)
    page = head.get(answer.headers["Location"]).text
    assert "Entered. The leads of its time" in page
    [campaign_id] = re.findall(r'action="/settings/campaigns/(\w+)"', page)
    answer = post(head, f"{PAGE}/{campaign_id}", {"do": "take-back"}, form_on=PAGE)
    assert answer.headers["Location"] == f"{PAGE}?note=campaign-taken"
    assert set(BURST) <= due(web, tenant)
    assert not neighbours(web, tenant).burst_explained
    page = head.get(PAGE).text
    assert "No campaign entered." in page
    assert "Undo" in page
    web.clock.now += timedelta(seconds=1)
    post(head, f"{PAGE}/{campaign_id}", {"do": "put-back"}, form_on=PAGE)
    assert neighbours(web, tenant).burst_explained
    assert "Undo" not in head.get(PAGE).text


def test_only_leads_of_its_source_are_explained(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    burst(web, tenant)
    post(head, PAGE, span(tenant, web, source="radio"))
    assert not neighbours(web, tenant).burst_explained
    post(head, PAGE, span(tenant, web, source=" SPOT-7 "))
    assert neighbours(web, tenant).burst_explained
    page = head.get(PAGE).text
    assert "<bdi>SPOT-7</bdi>" in page


def test_what_was_judged_before_it_was_entered_knows_nothing_of_it(
    web: WebApp, tenant: Tenant, head: FlaskClient
) -> None:
    post(head, PAGE, span(tenant, web))
    with web.database.read() as connection:
        assert campaigns.announced_at(connection, tenant.install_id, web.clock.now - timedelta(seconds=1)) == []
        assert len(campaigns.announced_at(connection, tenant.install_id, web.clock.now)) == 1


def test_one_that_was_taken_back_and_set_again_held_before_and_holds_now_and_not_between(
    web: WebApp, tenant: Tenant, head: FlaskClient
) -> None:
    entered_at = web.clock.now
    post(head, PAGE, span(tenant, web))
    [campaign_id] = re.findall(r'action="/settings/campaigns/(\w+)"', head.get(PAGE).text)
    for deed in ("take-back", "put-back", "put-back", "take-back", "put-back"):
        web.clock.now += timedelta(hours=1)
        post(head, f"{PAGE}/{campaign_id}", {"do": deed}, form_on=PAGE)
    with web.database.read() as connection:
        held = [
            len(campaigns.announced_at(connection, tenant.install_id, entered_at + timedelta(minutes=minutes)))
            for minutes in (0, 59, 60, 90, 119, 120, 239, 240, 299, 300)
        ]
        [kept] = campaigns.list_campaigns(connection, tenant.install_id)
    assert held == [1, 1, 0, 0, 0, 1, 1, 0, 0, 1]
    assert (kept.campaign_id, kept.entered_at, kept.removed_at) == (campaign_id, web.clock.now, None)


def test_days_are_those_of_the_account_and_whole(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    post(head, PAGE, SPOT)
    with web.database.read() as connection:
        [kept] = campaigns.list_campaigns(connection, tenant.install_id)
    assert kept.label == "Spot on TV"
    # Berlin, before and after the clocks go forward on March 29.
    assert kept.from_at == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert kept.until_at == datetime(2026, 3, 31, 22, tzinfo=UTC) - timedelta(microseconds=1)
    assert (kept.entered_by, kept.entered_at, kept.source) == (tenant.head_id, NOW, None)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"label": " "}, f"Write a name of at most {LONGEST_TEXT} letters."),
        ({"label": "x" * (LONGEST_TEXT + 1)}, f"Write a name of at most {LONGEST_TEXT} letters."),
        ({"source": "x" * (LONGEST_TEXT + 1)}, f"Write a name of at most {LONGEST_TEXT} letters."),
        ({"begin": "soon"}, "Write a day such as 2026-07-01"),
        ({"begin": "2026-03-05 12:00", "end": "2026-03-05 11:00"}, "The campaign ends before it begins."),
        ({"begin": "2026-01-01", "end": "2026-12-31"}, f"A campaign lasts at most {LONGEST_DAYS} days here"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(
    head: FlaskClient, typed: dict[str, str], said: str
) -> None:
    answer = post(head, PAGE, {**SPOT, **typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "No campaign entered." in head.get(PAGE).text


def test_the_same_twice_is_one(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    for _ in range(2):
        assert post(head, PAGE, SPOT).status_code == 303
    with web.database.read() as connection:
        assert len(campaigns.list_campaigns(connection, tenant.install_id)) == 1


def test_there_is_an_end_to_campaigns(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    with web.database.write() as connection:
        for number in range(MOST_CAMPAIGNS):
            campaigns.put_campaign(
                connection,
                tenant.install_id,
                campaigns.Campaign(
                    campaign_id=str(number),
                    label=str(number),
                    from_at=NOW,
                    until_at=NOW,
                    source=None,
                    entered_by=tenant.head_id,
                    entered_at=NOW,
                ),
            )
    answer = post(head, PAGE, SPOT)
    assert answer.status_code == 422
    assert f"There are {MOST_CAMPAIGNS} campaigns already." in answer.text


def test_a_label_is_text_and_nothing_else(head: FlaskClient) -> None:
    post(head, PAGE, {**SPOT, "label": "<script>alert(1)</script>"})
    page = head.get(PAGE).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_reps_enter_none_and_no_account_sees_anothers(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    rep = web.signed_in(tenant, tenant.rep_id)
    assert post(rep, PAGE, SPOT, form_on="/overview").status_code == 403
    other = seed_tenant(web.context, account_id="247279313", name="Rival AG", leads=1, prefix="2")
    theirs = web.signed_in(other, other.head_id)
    post(theirs, PAGE, {**SPOT, "label": "Canary"})
    [campaign_id] = re.findall(r'action="/settings/campaigns/(\w+)"', theirs.get(PAGE).text)
    assert "Canary" not in head.get(PAGE).text
    assert post(head, f"{PAGE}/{campaign_id}", {"do": "take-back"}, form_on=PAGE).status_code == 404
    assert post(theirs, f"{PAGE}/{campaign_id}", {"do": "burn"}, form_on=PAGE).status_code == 400
    assert "No campaign entered." not in theirs.get(PAGE).text
    assert 'href="/settings/campaigns"' in head.get("/settings/policies").text
    assert 'href="/settings/campaigns"' in web.signed_in(tenant, tenant.admin_id).get("/settings").text
