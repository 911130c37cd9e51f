"""The page of the log: filtered, turned over, checked at once, and open even when somebody spoiled it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from connector.storage import ledger
from connector.storage.ledger import Act, Actor, Head
from tests.web.conftest import WebApp, post
from tests.web.seed import NOW, Tenant, seed_tenant

PAGE = "/vendors/log"


@pytest.fixture
def head(web: WebApp, tenant: Tenant) -> FlaskClient:
    return web.signed_in(tenant, tenant.head_id)


def write(web: WebApp, tenant: Tenant, act: Act, vendor: str = "acme", subject: str = "") -> Head:
    with web.database.write() as connection:
        return ledger.append(
            connection, tenant.install_id, act, at=NOW, actor=Actor.USER, actor_id=tenant.head_id, vendor=vendor,
            subject=subject, body={"digest": "d1"},
        )  # fmt: skip


def spoil(web: WebApp, statement: str) -> None:
    with web.database.write() as connection:
        for name in ("ledger_no_update", "ledger_no_delete"):
            connection.execute(sa.text(f"DROP TRIGGER {name}"))
        connection.execute(sa.text(statement))


def test_an_empty_log_says_what_will_stand_here(head: FlaskClient) -> None:
    page = head.get(PAGE).text
    assert "Nothing was done yet." in page
    assert "Nothing is sealed yet." in page
    assert 'href="/vendors/log"' in head.get("/overview").text


def test_entries_are_shown_with_the_seal_and_filtered(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    write(web, tenant, Act.CONTRACT_SAVED, subject="acme-solar-1")
    last = write(web, tenant, Act.CLAIM_MADE, vendor="other", subject="claim-7")
    page = head.get(PAGE).text
    assert last.hash in page
    assert page.index("claim-7") < page.index("acme-solar-1")
    assert "claim-7" not in head.get(f"{PAGE}?act=contract_saved").text
    assert "acme-solar-1" not in head.get(f"{PAGE}?vendor=other").text
    assert "No entry is so." in head.get(f"{PAGE}?act=cost_entered").text
    for query in ("act=nothing&vendor=nobody", "before=x", "before=" + "9" * 40, "before=%00", "vendor=%00"):
        assert "claim-7" in head.get(f"{PAGE}?{query}").text


def test_a_long_log_is_turned_over(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    for number in range(1, 53):
        write(web, tenant, Act.CLAIM_SENT, subject=f"claim-{number}.")
    page = head.get(f"{PAGE}?act=claim_sent").text
    assert "claim-3." in page
    assert "claim-2." not in page
    assert "/vendors/log?act=claim_sent&amp;before=3" in page
    page = head.get(f"{PAGE}?act=claim_sent&before=3").text
    assert "claim-2." in page
    assert "claim-3." not in page
    assert 'rel="next"' not in page


def test_a_check_says_so_at_once(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    write(web, tenant, Act.CONTRACT_SAVED)
    assert "the one entry stands as it was written" in post(head, PAGE).text
    write(web, tenant, Act.CLAIM_MADE)
    assert "all 2 entries stand as they were written" in post(head, PAGE).text
    assert "Checked just now" not in head.get(PAGE).text
    spoil(web, "UPDATE ledger SET body = 'no JSON <script>alert(1)</script>' WHERE seq = 1")
    answer = post(head, PAGE)
    assert "Entry 1 was changed after it was written." in answer.text
    assert "<script>alert(1)" not in answer.text
    spoil_again = "DELETE FROM ledger WHERE seq = 1"
    with web.database.write() as connection:
        connection.execute(sa.text(spoil_again))
    assert "Entry 1 is missing." in post(head, PAGE).text


def test_another_account_and_reps_see_nothing(web: WebApp, tenant: Tenant) -> None:
    last = write(web, tenant, Act.CLAIM_MADE, subject="claim-7")
    other = seed_tenant(web.context, account_id="portal-2", leads=1)
    page = web.signed_in(other, other.admin_id).get(f"{PAGE}?vendor=acme").text
    assert "claim-7" not in page
    assert last.hash not in page
    assert web.signed_in(tenant, tenant.rep_id).get(PAGE).status_code == 403


def test_every_act_has_its_words(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    page = head.get(PAGE).text
    for act in Act:
        assert f'<option value="{act.value}">' in page
