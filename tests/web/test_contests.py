"""Contests on the pages: who may say what of what, who decides, and that a mark stands wherever the finding does."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from audits.model.finding import Finding
from audits.reports.handling import HandlingReport
from connector.jobs.audit_leads import audit_leads
from connector.jobs.context import take_lease
from connector.reporting.figures import handling_figures
from connector.storage import contests, findings, outbox, worklist
from connector.storage.contests import Contest, Decision
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
