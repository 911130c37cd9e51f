"""Contests on the pages: who may say what of what, who decides, and that a mark stands wherever the finding does."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from audits.model.finding import Evidence, Finding
from audits.reports.handling import HandlingReport
from audits.rulebook import RULES
from connector.jobs.audit_leads import audit_leads
from connector.jobs.context import take_lease
from connector.reporting.figures import handling_figures
from connector.storage import contests, findings, outbox, owner_cases, worklist
from connector.storage.contests import Contest, Decision
from connector.storage.tables import lead_audits, leads
from connector.web.said_findings import among_strangers
from tests.factories import make_finding
from tests.web.card_calls import ask_hubspot
from tests.web.conftest import WebApp, csrf_of, post
from tests.web.seed import Tenant

WHY = "I called from my own phone that morning."


def his_breach(web: WebApp, tenant: Tenant) -> tuple[str, Finding]:
    """A breach that is charged to the rep, on a lead that he holds."""
    with web.database.read() as connection:
        for fingerprint, finding in contests.findings_on(connection, tenant.install_id, tenant.rep_owner_id)[0]:
            audit = findings.get_audit(connection, tenant.install_id, finding.subject_id)
            if audit is not None and audit.owner_id == tenant.rep_owner_id:
                return fingerprint, finding
    raise AssertionError("the seed holds no such breach")


def breach_of_another(web: WebApp, tenant: Tenant) -> tuple[str, Finding]:
    """A breach that has nothing to do with the rep."""
    with web.database.read() as connection:
        for owner_id in ("72", "73", "74"):
            for fingerprint, finding in contests.findings_on(connection, tenant.install_id, owner_id)[0]:
                audit = findings.get_audit(connection, tenant.install_id, finding.subject_id)
                if audit is not None and audit.owner_id != tenant.rep_owner_id:
                    return fingerprint, finding
    raise AssertionError("the seed holds no such breach")


def contest(client: FlaskClient, finding: Finding, fingerprint: str, why: str = WHY, back: str = "lead"):
    return post(
        client,
        f"/leads/{finding.subject_id}/contest",
        {"fingerprint": fingerprint, "why": why, "back": back},
        form_on="/my",
    )


def decide(client: FlaskClient, contest_id: str, deed: str, note: str = "The log of the phone shows it."):
    return post(client, f"/contests/{contest_id}", {"do": deed, "note": note}, form_on="/my")


def newest(web: WebApp, tenant: Tenant, finding: Finding) -> Contest:
    with web.database.read() as connection:
        return contests.standing_of(connection, tenant.install_id, [finding.subject_id])[
            finding.subject_id, finding.rule_id
        ]


def test_a_rep_sees_all_that_is_said_of_him_and_contests_it(web: WebApp, tenant: Tenant):
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    fingerprint, finding = his_breach(web, tenant)
    with web.database.read() as connection:
        said, total = contests.findings_on(connection, tenant.install_id, tenant.rep_owner_id)
    page = rep.get("/my").text
    assert f"{total} breach" in page
    assert page.count('<article class="finding">') == total == len(said)
    assert "This is wrong" in rep.get(f"/leads/{finding.subject_id}").text
    answer = contest(rep, finding, fingerprint, back="my")
    assert answer.headers["Location"] == "/my?note=contested"
    assert WHY in rep.get("/my").text
    assert WHY in rep.get(f"/leads/{finding.subject_id}").text
    assert rep.get("/contests").status_code == 403
    queue = head.get("/contests").text
    assert WHY in queue
    assert "1 waits for a decision" in queue
    assert "Nobody" not in queue


def test_a_contest_needs_a_reason_and_is_said_once(web: WebApp, tenant: Tenant):
    rep = web.signed_in(tenant, tenant.rep_id)
    fingerprint, finding = his_breach(web, tenant)
    assert "note=contest-why" in contest(rep, finding, fingerprint, why="  ").headers["Location"]
    assert "note=contested" in contest(rep, finding, fingerprint).headers["Location"]
    assert "note=contest-not" in contest(rep, finding, fingerprint).headers["Location"]
    assert len(newest(web, tenant, finding).why) <= contests.LONGEST_WHY


def test_a_rep_contests_nothing_that_is_not_his(web: WebApp, tenant: Tenant):
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    fingerprint, finding = breach_of_another(web, tenant)
    own_print, own = his_breach(web, tenant)
    assert contest(rep, finding, fingerprint).status_code == 404
    # The print of one's own under another lead's address.
    assert contest(rep, finding, own_print).status_code == 404
    assert contest(rep, own, "0" * 64).status_code == 404
    assert contest(head, finding, fingerprint).status_code == 303
    contest_id = newest(web, tenant, finding).contest_id
    for deed in ("upheld", "set_aside", "withdraw", "reopen"):
        assert decide(rep, contest_id, deed).status_code == 404, deed
    assert newest(web, tenant, finding).is_open


def test_a_decision_is_shown_counted_and_taken_back(web: WebApp, tenant: Tenant):
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    fingerprint, finding = his_breach(web, tenant)
    contest(rep, finding, fingerprint)
    contest_id = newest(web, tenant, finding).contest_id
    assert "note=decide-why" in decide(head, contest_id, "set_aside", note="").headers["Location"]
    web.clock.now += timedelta(minutes=1)
    assert decide(head, contest_id, "set_aside").headers["Location"] == "/contests?note=decided"
    assert "note=contest-not" in decide(head, contest_id, "upheld").headers["Location"]
    assert newest(web, tenant, finding).decision is Decision.SET_ASIDE
    lead_page = rep.get(f"/leads/{finding.subject_id}").text
    assert "Set aside" in lead_page
    assert "The log of the phone shows it." in lead_page
    web.clock.now += timedelta(minutes=1)
    assert decide(head, contest_id, "reopen").headers["Location"] == "/contests?note=reopened"
    assert newest(web, tenant, finding).is_open
    assert decide(rep, newest(web, tenant, finding).contest_id, "withdraw").status_code == 303
    assert newest(web, tenant, finding).decision is Decision.WITHDRAWN
    with web.database.read() as connection:
        history = contests.list_contests(connection, tenant.install_id, finding.subject_id)
    assert [each.decision for each in history] == [Decision.SET_ASIDE, Decision.WITHDRAWN]


def test_nobody_decides_on_his_own_while_somebody_else_can(web: WebApp, tenant: Tenant):
    head, admin = web.signed_in(tenant, tenant.head_id), web.signed_in(tenant, tenant.admin_id)
    fingerprint, finding = his_breach(web, tenant)
    contest(head, finding, fingerprint)
    contest_id = newest(web, tenant, finding).contest_id
    assert decide(head, contest_id, "set_aside").status_code == 403
    assert "somebody else decides" in head.get("/contests").text
    assert decide(admin, contest_id, "upheld").status_code == 303
    assert newest(web, tenant, finding).decision is Decision.UPHELD


def test_what_is_set_aside_leaves_the_counts_of_its_owner_and_their_rows(web: WebApp, tenant: Tenant):
    head = web.signed_in(tenant, tenant.head_id)
    fingerprint, finding = next(
        (fingerprint, finding)
        for owner_id in ("71", "72", "73", "74")
        for fingerprint, finding in listed(web, tenant, owner_id)
        if finding.rule_id == "RT001"
    )
    rows = f"/leads.csv?rule=RT001&outcome=breach&held={finding.owner_id}"
    before = len(head.get(rows).text.splitlines())
    contest(web.signed_in(tenant, tenant.admin_id), finding, fingerprint)
    assert len(head.get(rows).text.splitlines()) == before
    decide(head, newest(web, tenant, finding).contest_id, "set_aside")
    assert len(head.get(rows).text.splitlines()) == before - 1
    # As the report counts: by who is charged.
    late = f"/leads.csv?answer=late&charged={finding.owner_id}"
    assert finding.subject_id not in {line.split(",")[0] for line in head.get(late).text.splitlines()}


def listed(web: WebApp, tenant: Tenant, owner_id: str) -> list[tuple[str, Finding]]:
    with web.database.read() as connection:
        return contests.findings_on(connection, tenant.install_id, owner_id)[0]


def test_the_note_in_the_crm_says_that_a_finding_is_contested(web: WebApp, tenant: Tenant):
    rep = web.signed_in(tenant, tenant.rep_id)
    fingerprint, finding = his_breach(web, tenant)
    contest(rep, finding, fingerprint)
    with web.database.read() as connection:
        due = worklist.due_leads(connection, tenant.install_id, web.clock.now, 100)
    assert finding.subject_id in due
    audit_leads(take_lease(web.context, tenant.install_id, "test"), [finding.subject_id])
    with web.database.read() as connection:
        rows = outbox.take_outbox(connection, tenant.install_id, 1000, web.clock.now)
    (row,) = [row for row in rows if row.lead_id == finding.subject_id]
    assert f"Contested: {finding.rule_id}." in str(row.values)


@pytest.mark.parametrize("wanted", [("yes", "yes"), ("", "yes"), ("yes", "")])
def test_mails_are_off_until_somebody_wants_them(web: WebApp, tenant: Tenant, wanted: tuple[str, str]):
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    boxes = re.compile(r'name="(alerts|digest)" value="yes"( checked)?')
    assert dict(boxes.findall(head.get("/my").text)) == {"alerts": "", "digest": ""}
    for client in (rep, head):
        post(client, "/my/mails", {"alerts": wanted[0], "digest": wanted[1]}, form_on="/my")
    assert dict(boxes.findall(head.get("/my").text)) == {
        name: " checked" if value else "" for name, value in zip(("alerts", "digest"), wanted, strict=True)
    }
    # The digest speaks of everybody: it is not for reps.
    assert dict(boxes.findall(rep.get("/my").text)) == {"alerts": " checked" if wanted[0] else ""}


def test_the_reason_is_text_and_nothing_else(web: WebApp, tenant: Tenant):
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    fingerprint, finding = his_breach(web, tenant)
    contest(rep, finding, fingerprint, why="<script>alert(1)</script> " + "x" * 900)
    page = head.get("/contests").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    assert csrf_of(head, "/contests")


def test_a_promise_set_aside_is_charged_to_nobody_in_the_report(web: WebApp, tenant: Tenant):
    """The account's figures stay; the person's are without it, also when the report is made again later."""
    since, until = web.clock.now - timedelta(days=60), web.clock.now + timedelta(seconds=1)

    def figures(as_of: datetime) -> HandlingReport:
        with web.database.read() as connection:
            return handling_figures(connection, tenant.install_id, since, until, as_of)

    fingerprint, finding = next(
        each
        for owner_id in ("71", "72", "73", "74")
        for each in listed(web, tenant, owner_id)
        if each[1].rule_id == "RT001"
    )
    before = figures(web.clock.now)
    contest(web.signed_in(tenant, tenant.admin_id), finding, fingerprint)
    decide(web.signed_in(tenant, tenant.head_id), newest(web, tenant, finding).contest_id, "set_aside")
    after = figures(web.clock.now)
    assert (after.in_time, after.arrivals) == (before.in_time, before.arrivals)
    charged = [{each.owner_id: each.compared.share.n for each in report.owners} for report in (before, after)]
    assert charged[1][finding.owner_id or ""] == charged[0][finding.owner_id or ""] - 1
    assert figures(web.clock.now - timedelta(seconds=1)).owners == before.owners


def said_of_rep(web: WebApp, tenant: Tenant) -> Finding:
    """What a rule on persons finds wrong with the rep, over his last four weeks."""
    said = make_finding(
        tenant.rep_owner_id, "NC007", reason="old_clients_favoured", owner_id=tenant.rep_owner_id, as_of=web.clock.now
    )
    with web.database.write() as connection:
        owner_cases.put_owner_findings(
            connection, tenant.install_id, [said], web.clock.now - timedelta(days=28), web.clock.now
        )
    return said


def contest_of_person(client: FlaskClient, finding: Finding, why: str = WHY, back: str = "my"):
    return post(
        client,
        f"/owners/{finding.subject_id}/contest",
        {"fingerprint": finding.fingerprint(), "why": why, "back": back},
        form_on="/my",
    )


def newest_of_person(web: WebApp, tenant: Tenant, finding: Finding) -> Contest:
    with web.database.read() as connection:
        told = contests.standing_of_owners(connection, tenant.install_id, [finding.subject_id])
    return told[finding.subject_id, finding.rule_id]


def test_what_is_said_of_a_person_is_contested_decided_and_marked_wherever_it_stands(web: WebApp, tenant: Tenant):
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    finding, own_page = said_of_rep(web, tenant), f"/owners/{tenant.rep_owner_id}"
    for path in ("/my", own_page):
        page = rep.get(path).text
        assert "Old clients favoured" in page, path
        assert f'action="{own_page}/contest"' in page, path
        assert "Name no customers" in page, path
    assert "contested" not in head.get("/owners").text
    assert contest_of_person(rep, finding, why=" ").headers["Location"] == "/my?note=contest-why"
    assert contest_of_person(rep, finding).headers["Location"] == "/my?note=contested"
    again = contest_of_person(rep, finding, back="owner").headers["Location"]
    assert again == f"{own_page}?note=contest-not#NC007"
    for client, path in ((rep, "/my"), (rep, own_page), (head, own_page), (head, "/contests")):
        assert WHY in client.get(path).text, path
    for client in (rep, head):
        assert '<span class="tag warn">1 contested</span>' in client.get("/owners").text
    (line,) = [line for line in head.get("/owners.csv").text.splitlines() if line.startswith("Anneke")]
    assert line.rsplit(",", 1)[1] == "1"
    with web.database.read() as connection:
        told = handling_figures(
            connection, tenant.install_id, web.clock.now - timedelta(days=7), web.clock.now, web.clock.now
        )
    assert {each.rule_id: each.contested for each in told.rules if each.contested} == {"NC007": 1}
    contest_id = newest_of_person(web, tenant, finding).contest_id
    assert decide(rep, contest_id, "set_aside").status_code == 404
    web.clock.now += timedelta(minutes=1)
    assert decide(head, contest_id, "set_aside").headers["Location"] == "/contests?note=decided"
    for client, path in ((rep, "/my"), (rep, own_page), (head, "/contests")):
        page = client.get(path).text
        assert "Set aside" in page, path
        assert "The log of the phone shows it." in page, path
    assert "contested</span>" not in head.get("/owners").text
    web.clock.now += timedelta(minutes=1)
    assert decide(head, contest_id, "reopen").headers["Location"] == "/contests?note=reopened"
    reopened = newest_of_person(web, tenant, finding)
    assert (reopened.is_open, reopened.why) == (True, WHY)
    assert decide(rep, reopened.contest_id, "withdraw").headers["Location"] == f"{own_page}?note=withdrawn#NC007"
    assert contest_of_person(rep, finding, why="Once more.").headers["Location"] == "/my?note=contested"


def test_nobody_contests_what_is_said_of_another_person(web: WebApp, tenant: Tenant):
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    other = make_finding("72", "NC007", owner_id="72", as_of=web.clock.now)
    with web.database.write() as connection:
        owner_cases.put_owner_findings(connection, tenant.install_id, [other], web.clock.now, web.clock.now)
    assert contest_of_person(rep, other).status_code == 404
    # Under one's own address, and one's own finding on a lead under a person's.
    mine = post(
        rep, f"/owners/{tenant.rep_owner_id}/contest", {"fingerprint": other.fingerprint(), "why": WHY}, form_on="/my"
    )
    assert mine.status_code == 404
    fingerprint, _ = his_breach(web, tenant)
    mixed = post(
        rep, f"/owners/{tenant.rep_owner_id}/contest", {"fingerprint": fingerprint, "why": WHY}, form_on="/my"
    )
    assert mixed.status_code == 404
    assert contest_of_person(head, other).status_code == 303
    assert newest_of_person(web, tenant, other).why == WHY


def test_nobody_decides_on_what_is_said_of_himself(web: WebApp, tenant: Tenant):
    head, admin = web.signed_in(tenant, tenant.head_id), web.signed_in(tenant, tenant.admin_id)
    of_head = make_finding("75", "NC007", owner_id="75", as_of=web.clock.now)
    with web.database.write() as connection:
        owner_cases.put_owner_findings(connection, tenant.install_id, [of_head], web.clock.now, web.clock.now)
    contest_of_person(admin, of_head)
    contest_id = newest_of_person(web, tenant, of_head).contest_id
    assert decide(head, contest_id, "set_aside").status_code == 403
    # The admin contested it himself, but about somebody else he may not decide either while another manager could.
    assert decide(admin, contest_id, "upheld").status_code == 403


def counted_on_my(client: FlaskClient) -> int:
    found = re.search(r"(\d+) breach(?:es are| is) said of you", client.get("/my").text)
    assert found
    return int(found.group(1))


def test_what_is_set_aside_leaves_the_own_page_as_it_leaves_the_figures(web: WebApp, tenant: Tenant):
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)

    def figures() -> int:
        with web.database.read() as connection:
            told = handling_figures(
                connection,
                tenant.install_id,
                web.clock.now - timedelta(days=90),
                web.clock.now + timedelta(seconds=1),
                web.clock.now,
                tenant.rep_owner_id,
            )
        return sum(each.breaches.hits for each in told.rules)

    before = counted_on_my(rep)
    assert before == figures()
    fingerprint, finding = his_breach(web, tenant)
    contest(rep, finding, fingerprint)
    # A contest alone takes nothing away.
    assert counted_on_my(rep) == figures() == before
    decide(head, newest(web, tenant, finding).contest_id, "set_aside")
    assert counted_on_my(rep) == figures() == before - 1
    page = rep.get("/my").text
    assert "1 breach no longer counts against you" in page
    assert "The log of the phone shows it." in page
    decide(head, newest(web, tenant, finding).contest_id, "reopen")
    assert counted_on_my(rep) == figures() == before


def test_every_line_that_shows_a_contested_finding_has_its_mark(web: WebApp, tenant: Tenant):
    head, admin = web.signed_in(tenant, tenant.head_id), web.signed_in(tenant, tenant.admin_id)
    for owner_id in ("71", "72", "73", "74", "75"):
        for fingerprint, finding in listed(web, tenant, owner_id):
            contest(admin, finding, fingerprint)
    with web.database.read() as connection:
        told = contests.standing_of(connection, tenant.install_id, tenant.lead_ids)
    rule_of = {rule.info.title: rule.info.rule_id for rule in RULES}
    # Without a title above its sentence a line tells of the first attempt.
    promise = ("RT001", "RT002")
    for path in ("/follow-up?days=90", "/response?days=90", "/owners/72?days=90"):
        seen = 0
        for line in re.findall(r"<tr>.*?</tr>", head.get(path).text, re.DOTALL):
            found = re.search(r'<a href="/leads/(\d+)">.*?<td>(?:<span class="sub">(.*?)</span>)?', line, re.DOTALL)
            if found is None or "What was found" in line or "<time" not in line:
                continue
            rules = (rule_of[unescape(found.group(2))],) if found.group(2) else promise
            is_contested = any((found.group(1), rule_id) in told for rule_id in rules)
            assert (">Contested<" in line) == is_contested, (path, line)
            seen += is_contested
        assert seen, path
    board = head.get("/neglected").text
    seen = 0
    for rule_id, lane in re.findall(r'id="lane-(\w+)">(.*?)</section>', board, re.DOTALL):
        for lead_id, slip in re.findall(r'<li class="slip">.*?href="/leads/(\d+)"(.*?)</li>', lane, re.DOTALL):
            assert (">Contested<" in slip) == ((lead_id, rule_id) in told), (rule_id, lead_id)
            seen += ">Contested<" in slip
    assert seen
    rows = list(csv.DictReader(head.get("/leads.csv").text.lstrip("\ufeff").splitlines()))
    for row in rows:
        assert row["contested"].split() == [rule_id for lead_id, rule_id in sorted(told) if lead_id == row["lead_id"]]
        assert row["set_aside"] == ""
    assert any(row["contested"] for row in rows)
    lines = list(csv.DictReader(head.get("/neglected.csv").text.lstrip("\ufeff").splitlines()))
    assert {line["contest"] for line in lines} <= {"", "contested"}
    for line in lines:
        assert (line["contest"] == "contested") == ((line["lead_id"], line["rule_id"]) in told)
    (lead_id, rule_id), one = next(iter(sorted(told.items())))
    decide(head, one.contest_id, "set_aside")
    (row,) = [
        row
        for row in csv.DictReader(head.get("/leads.csv").text.lstrip("\ufeff").splitlines())
        if row["lead_id"] == lead_id
    ]
    assert row["set_aside"] == rule_id
    assert rule_id not in row["contested"].split()


def test_the_card_in_the_crm_says_that_a_finding_is_contested(web: WebApp, tenant: Tenant):
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    fingerprint, finding = his_breach(web, tenant)

    def said(user_id: str) -> list[dict[str, str]]:
        answer = ask_hubspot(
            web.visitor(), portal="247279312", user=user_id, record=finding.subject_id, now=web.clock.now
        )
        (lead,) = answer.json["leads"]
        return lead["contests"]

    assert said(tenant.rep_id) == []
    contest(rep, finding, fingerprint)
    title = rule_title(finding.rule_id)
    # The heads see it, and so does a colleague who does not hold the lead.
    for user_id in (tenant.rep_id, tenant.head_id, "502"):
        assert said(user_id) == [{"text": f"Contested, not decided: {title}", "tone": "warn"}]
    decide(head, newest(web, tenant, finding).contest_id, "set_aside")
    assert said(tenant.rep_id) == [{"text": f"Set aside: {title}", "tone": "good"}]
    decide(head, newest(web, tenant, finding).contest_id, "reopen")
    decide(rep, newest(web, tenant, finding).contest_id, "withdraw")
    assert said(tenant.rep_id) == []


def rule_title(rule_id: str) -> str:
    return {rule.info.rule_id: rule.info.title for rule in RULES}[rule_id]


def test_whoever_no_longer_holds_a_lead_reads_what_is_said_of_him_and_not_of_whom(web: WebApp, tenant: Tenant):
    """One rule on every page, in exports, in search and on the card."""
    rep, head = web.signed_in(tenant, tenant.rep_id), web.signed_in(tenant, tenant.head_id)
    fingerprint, finding = his_breach(web, tenant)
    lead_id = finding.subject_id
    with web.database.write() as connection:
        connection.execute(
            sa.update(leads)
            .where(leads.c.install_id == tenant.install_id, leads.c.lead_id == lead_id)
            .values(
                owner_id="72",
                first_name="Secretia",
                last_name="Geheimrat",
                company="Geheim Works",
                email="secretia@geheim.example",
                phone="+4930555123",
                message="Secretia geheim wish",
                search_text="secretia geheimrat works",
            )
        )
        connection.execute(
            sa.update(lead_audits)
            .where(lead_audits.c.install_id == tenant.install_id, lead_audits.c.lead_id == lead_id)
            .values(owner_id="72", note="Secretia has geheim wishes")
        )
    own = tenant.rep_owner_id
    paths = (
        "/my",
        f"/leads/{lead_id}",
        f"/owners/{own}?days=90",
        "/overview?days=90",
        "/response?days=90",
        "/follow-up?days=90",
        "/neglected",
        "/neglected.csv",
        f"/leads?charged={own}",
        f"/leads?held={own}",
        f"/leads.csv?charged={own}",
        f"/leads.csv?held={own}&rule={finding.rule_id}&outcome=breach",
    )
    for path in paths:
        answer = rep.get(path, buffered=True)
        assert answer.status_code == 200, path
        for secret in ("secretia", "geheim", "555123"):
            assert secret not in answer.text.casefold(), (path, secret)
    for path in ("/my", f"/leads/{lead_id}", f"/leads.csv?held={own}&rule={finding.rule_id}&outcome=breach"):
        assert lead_id in rep.get(path, buffered=True).text, path
    # A search by name would tell who it is.
    for path in ("/leads.csv?q=secretia", f"/leads.csv?charged={own}&q=secretia", f"/leads.csv?held={own}&q=geheim"):
        assert len(rep.get(path).text.splitlines()) == 1, path
    card = ask_hubspot(web.visitor(), portal="247279312", user=tenant.rep_id, record=lead_id, now=web.clock.now)
    assert "ecretia" not in card.text
    # He can contest it, from either page, and those who lead still see everything.
    page = rep.get(f"/leads/{lead_id}").text
    assert "Somebody else holds this lead now" in page
    assert "This is wrong" in page
    assert contest(rep, finding, fingerprint).status_code == 303
    assert WHY in rep.get(f"/leads/{lead_id}").text
    assert "Secretia Geheimrat" in head.get(f"/leads/{lead_id}").text
    assert "Secretia" in head.get(f"/leads.csv?charged={own}&q=secretia").text + head.get("/contests").text


@pytest.mark.parametrize(
    ("value", "is_shown"),
    [
        ("2026-11-18T13:20:00+00:00", True),
        ("2026-11-18", True),
        ("19", True),
        ("4930555123", False),
        ("20260101", False),
        ("Ada Quick", False),
        ("ada@example.com", False),
        ("", False),
    ],
)
def test_evidence_for_a_former_holder_tells_times_and_small_numbers(value: str, is_shown: bool):
    given = Evidence(record_type="lead", record_id="1", field="x", value=value)
    assert among_strangers([given]) == ((given,) if is_shown else ())


def test_a_contested_lead_is_marked_on_the_lists(web: WebApp, tenant: Tenant):
    head = web.signed_in(tenant, tenant.head_id)
    fingerprint, finding = his_breach(web, tenant)
    address = f"/leads?q={finding.subject_id}"
    assert ">Contested<" not in head.get(address).text
    contest(head, finding, fingerprint)
    assert ">Contested<" in head.get(address).text
    contest_id = newest(web, tenant, finding).contest_id
    decide(web.signed_in(tenant, tenant.admin_id), contest_id, "set_aside")
    assert ">Contested<" not in head.get(address).text
