"""Reports on the page: made by a button, listed, shown as they were kept, in the reader's language, as files."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from openpyxl import load_workbook

from audits.reports.read_back import report_from_json
from connector.jobs.context import take_lease
from connector.jobs.weekly_report import FAILED, weekly_report
from connector.reporting import pdf
from connector.storage import forget, installs, report_runs, reports, tables
from tests import needs
from tests.reporting.printed import pages_of, text_of
from tests.web.conftest import WebApp, post
from tests.web.seed import Tenant, seed_tenant


@pytest.fixture
def tenant(web: WebApp) -> Tenant:
    """An account with leads of this week."""
    return seed_tenant(web.context, leads=150)


def stored(web: WebApp, tenant: Tenant, report_id: str):
    with web.database.read() as connection:
        found = reports.find_report(connection, tenant.install_id, report_id)
    assert found is not None
    return found


def work(web: WebApp, tenant: Tenant, portion: int | None = None) -> bool:
    """What the worker does on the account's reports in one round."""
    return weekly_report(take_lease(web.context, tenant.install_id, "worker"), portion)


def test_the_button_makes_a_report_that_stays_as_it_was(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.head_id)
    web.clock.now += timedelta(minutes=1)
    answer = post(client, "/report")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/report")
    while work(web, tenant):
        pass
    place = re.findall(r'class="button primary" href="([^"]+)">Open the report', client.get("/report/progress").text)
    kept = stored(web, tenant, place[0].rsplit("/", 1)[1])
    told = report_from_json(json.loads(kept.figures))
    assert (kept.kind, kept.as_of) == ("so_far", web.clock.now)
    assert told.arrivals > 0
    page = client.get(place[0]).text
    assert f"{told.arrivals} leads arrived." in page
    assert place[0] in client.get("/report").text
    assert {"rules", "policies", "facts"} <= kept.inputs.keys()
    web.clock.now += timedelta(days=1)
    assert client.get(place[0]).text.count(f"{told.arrivals} leads arrived.") == 1
    assert "Open the report" not in client.get("/report/progress").text, "no news any more"


def test_two_managers_see_one_report_being_made(web: WebApp, tenant: Tenant):
    head, admin = web.signed_in(tenant, tenant.head_id), web.signed_in(tenant, tenant.admin_id)
    web.clock.now += timedelta(minutes=1)
    assert 'hx-trigger="every 2s"' not in head.get("/report").text
    post(head, "/report")
    for client in (head, admin):
        page = client.get("/report").text
        assert 'hx-get="/report/progress" hx-trigger="every 2s"' in page
        assert "begins in a moment: leads that changed are judged first." in page
        assert "Make this week&#39;s report" not in page
        assert "Make this week's report" not in page
    assert work(web, tenant, portion=60)
    assert work(web, tenant, portion=60)
    # Asked for a second time, by another: the one that is being made goes on.
    assert post(admin, "/report", form_on="/settings").status_code == 303
    bars = [client.get("/report/progress").text for client in (head, admin)]
    assert bars[0] == bars[1]
    assert "is being made: 120 of 150 leads are judged." in bars[0]
    assert 'aria-valuenow="80"' in bars[0]
    while work(web, tenant, portion=60):
        pass
    ready = admin.get("/report/progress").text
    assert "is ready." in ready
    assert "hx-get" not in ready
    with web.database.read() as connection:
        assert sum(each.kind == "so_far" for each in reports.list_reports(connection, tenant.install_id)) == 2


def test_a_report_that_failed_says_so_and_may_be_asked_for_again(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.head_id)
    post(client, "/report")
    with web.database.write() as connection:
        report_runs.end_run(connection, tenant.install_id, "so_far", web.clock.now, failure=FAILED)
    for path in ("/report", "/report/progress"):
        page = client.get(path).text
        assert "The report could not be made, by a fault of our own; nothing was lost. Ask for it again." in page
        assert "hx-get" not in page
    post(client, "/language", {"language": "nb", "next": "/report"}, form_on="/report")
    assert "Rapporten kunne ikke lages" in client.get("/report").text
    assert post(client, "/report").status_code == 303
    assert 'hx-get="/report/progress"' in client.get("/report").text


def test_no_report_is_asked_for_while_the_connection_is_interrupted(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.head_id)
    post(client, "/report")
    with web.database.write() as connection:
        installs.pause(connection, tenant.install_id, "revoked", web.clock.now)
    assert "goes on when an admin has connected the CRM again." in client.get("/report/progress").text
    answer = post(client, "/report", form_on="/my")
    assert answer.status_code == 409
    assert "an admin must connect again first." in answer.text


def test_a_report_that_cannot_be_read_any_more_is_named_with_its_format(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.head_id)
    with web.database.write() as connection:
        connection.execute(sa.update(tables.reports).values(figures='{"zone":"UTC"}', inputs='{"zone":"UTC"}'))
    assert tenant.report_id in client.get("/report").text
    for ends in ("", ".pdf", ".xlsx"):
        answer = client.get(f"/report/{tenant.report_id}{ends}")
        assert answer.status_code == 409
        assert f"The report {tenant.report_id} was kept in format 1, which this version cannot show" in answer.text


def test_the_page_leads_to_the_leads_that_it_names(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.head_id)
    told = report_from_json(json.loads(stored(web, tenant, tenant.report_id).figures))
    assert told.neglected
    page = client.get(f"/report/{tenant.report_id}").text
    found = re.findall(r'href="(/leads/[^"]+)"', page)
    assert found == [f"/leads/{lead.lead_id}" for lead in told.neglected[: len(found)]]
    assert client.get(found[0]).status_code == 200


def test_somebody_forgotten_is_named_no_more(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.head_id)
    told = report_from_json(json.loads(stored(web, tenant, tenant.report_id).figures))
    lead_id = told.neglected[0].lead_id
    with web.database.write() as connection:
        forget.forget(connection, tenant.install_id, [lead_id], web.clock.now)
    page = client.get(f"/report/{tenant.report_id}").text
    assert f"/leads/{lead_id}" not in page
    assert "a person who was forgotten" in page


@pytest.mark.parametrize("lang", ["en", "ar", "el", "nb"])
def test_files_are_in_the_readers_language_and_hold_the_same_figures(web: WebApp, tenant: Tenant, lang: str):
    client = web.signed_in(tenant, tenant.head_id)
    post(client, "/language", {"language": lang, "next": "/report"}, form_on="/report")
    told = report_from_json(json.loads(stored(web, tenant, tenant.report_id).figures))
    answer = client.get(f"/report/{tenant.report_id}.xlsx")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    book = load_workbook(io.BytesIO(answer.data))
    assert book.worksheets[0].cell(8, 3).value == told.arrivals
    assert book.worksheets[1].max_row == len(told.neglected) + 1
    assert book.worksheets[0].sheet_view.rightToLeft == (lang == "ar")


def test_the_pdf_is_that_of_the_page(web: WebApp, tenant: Tenant):
    needs.pango()
    client = web.signed_in(tenant, tenant.head_id)
    answer = client.get(f"/report/{tenant.report_id}.pdf")
    assert answer.content_type == pdf.TYPE
    told = report_from_json(json.loads(stored(web, tenant, tenant.report_id).figures))
    first = text_of(pages_of(answer.data)[0])
    assert f"{told.arrivals} leads arrived." in first
    assert "Nordlicht Solar" in first
    assert client.get(f"/report/{tenant.report_id}.pdf").data == answer.data


def test_reps_and_strangers_see_none(web: WebApp, tenant: Tenant):
    rep = web.signed_in(tenant, tenant.rep_id)
    for path in ("/report", f"/report/{tenant.report_id}", f"/report/{tenant.report_id}.pdf"):
        assert rep.get(path).status_code == 403
        assert web.visitor().get(path).status_code == 303
    assert 'href="/report"' not in rep.get("/overview").text
    assert web.signed_in(tenant, tenant.head_id).get("/report/no-such-report.pdf").status_code == 404
