"""Reports on the page: made by a button, listed, shown as they were kept, in the reader's language, as files."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from audits.reports.read_back import report_from_json
from connector.reporting import pdf
from connector.storage import forget, reports
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


def test_the_button_makes_a_report_that_stays_as_it_was(web: WebApp, tenant: Tenant):
    client = web.signed_in(tenant, tenant.head_id)
    web.clock.now += timedelta(minutes=1)
    answer = post(client, "/report")
    assert answer.status_code == 303
    place = answer.headers["Location"]
    kept = stored(web, tenant, place.rsplit("/", 1)[1])
    told = report_from_json(json.loads(kept.figures))
    assert (kept.kind, kept.as_of) == ("so_far", web.clock.now)
    assert told.arrivals > 0
    page = client.get(place).text
    assert f"{told.arrivals} leads arrived." in page
    assert place in client.get("/report").text
    assert {"rules", "policies", "facts"} <= kept.inputs.keys()
    web.clock.now += timedelta(days=1)
    assert client.get(place).text.count(f"{told.arrivals} leads arrived.") == 1


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
