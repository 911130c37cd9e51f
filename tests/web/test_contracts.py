"""The pages of vendors' contracts: listed, read clause by clause, imported and exported, written as a form, compared."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from audits.model.contract import Contract
from connector.contracts.contract_file import read_contracts, write_contract
from connector.storage import contracts
from connector.storage.contracts import ContractVersion
from tests.web.conftest import WebApp, csrf_of, post
from tests.web.seed import NOW, Tenant, seed_tenant

PAGE = "/contracts"
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
ACME = (EXAMPLES / "acme.yaml").read_text()
CONTRADICTS = ACME.replace("until: P10D", "until: P10D, not_before: P20D")


@pytest.fixture
def head(web: WebApp, tenant: Tenant) -> FlaskClient:
    return web.signed_in(tenant, tenant.head_id)


def made(version: int = 1, **fields: object) -> Contract:
    [contract] = read_contracts(ACME, "acme.yaml")
    return Contract.model_validate({**contract.model_dump(mode="json"), "version": version, **fields})


def put(web: WebApp, tenant: Tenant, contract: Contract) -> None:
    with web.database.write() as connection:
        contracts.put_version(connection, tenant.install_id, contract, at=NOW, user_id=tenant.admin_id)


def use(web: WebApp, tenant: Tenant, version: int = 1) -> None:
    with web.database.write() as connection:
        contracts.mark_used(connection, tenant.install_id, [("acme-solar", version)], NOW)


def kept(web: WebApp, tenant: Tenant) -> list[ContractVersion]:
    with web.database.read() as connection:
        return contracts.list_versions(connection, tenant.install_id)


def sent(client: FlaskClient, text: str, **more: str) -> TestResponse:
    return post(client, f"{PAGE}/import", {"text": text, **more})


def test_who_has_no_contract_is_told_what_to_do(head: FlaskClient) -> None:
    page = head.get(PAGE).text
    assert "No contract yet." in page
    assert 'href="/contracts/new"' in page
    assert 'href="/contracts/import"' in page


def test_a_file_is_imported_shown_and_given_back_as_it_was(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    answer = head.post(
        f"{PAGE}/import",
        data={"csrf_token": csrf_of(head, f"{PAGE}/import"), "file": (BytesIO(ACME.encode()), "acme.yaml")},
        content_type="multipart/form-data",
    )
    assert answer.headers["Location"] == f"{PAGE}?note=contracts-imported"
    page = head.get(PAGE).text
    assert '<a href="/contracts/acme-solar/1"><bdi>acme-solar</bdi></a>' in page
    assert "in force" in page
    given = head.get(f"{PAGE}/acme-solar/1.yaml")
    assert 'filename="acme-solar-1.yaml"' in given.headers["Content-Disposition"]
    [again], [first] = read_contracts(given.text, "again"), read_contracts(ACME, "first")
    assert again.digest == first.digest
    [found] = kept(web, tenant)
    assert (found.agreed.digest, found.saved_by) == (first.digest, tenant.head_id)
    assert sent(head, given.text).headers["Location"] == f"{PAGE}?note=contracts-same"
    page = head.get(f"{PAGE}/acme-solar/1").text
    assert "Ten days" in page
    assert "45.00" in page


def test_a_file_with_mistakes_saves_nothing_and_tells_each_line(
    web: WebApp, tenant: Tenant, head: FlaskClient
) -> None:
    bad = ACME.replace("currency: USD", "currency: Dollars").replace("max_age: P2D", "max_age: two days")
    two = f"{bad}---\n{ACME.replace('acme-solar', 'acme-roof')}"
    answer = sent(head, two)
    assert answer.status_code == 422
    assert "no currency" in answer.text
    assert "no span of time" in answer.text
    lines = two.splitlines()
    for wrong in ("currency: Dollars", "  max_age: two days"):
        assert f'<th scope="row" class="num">{lines.index(wrong) + 1}</th>' in answer.text
    assert "currency: Dollars" in answer.text
    assert kept(web, tenant) == []


def test_of_a_file_that_is_refused_no_version_is_saved(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    put(web, tenant, made())
    use(web, tenant)
    other = ACME.replace("acme-solar", "other-roof").replace("vendor: acme", "vendor: other")
    answer = sent(head, f"{other}---\n{ACME.replace('45.00', '46.00')}")
    assert answer.status_code == 422
    assert "Version 1 of acme-solar is in use" in answer.text
    assert [each.agreed.contract for each in kept(web, tenant)] == ["acme-solar"]


def test_a_contradiction_is_saved_only_all_the_same(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    answer = sent(head, CONTRADICTS)
    assert answer.status_code == 422
    assert "Contradiction" in answer.text
    assert kept(web, tenant) == []
    answer = sent(head, CONTRADICTS, **{"all-the-same": "yes"})
    assert answer.status_code == 303
    assert "contradiction" in head.get(PAGE).text
    page = head.get(f"{PAGE}/acme-solar/1").text
    assert "Contradiction" in page.split(">Returns › Window<")[1].split("</tr>")[0]


def test_a_file_that_is_no_text_is_refused(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    token = csrf_of(head, f"{PAGE}/import")
    answer = head.post(
        f"{PAGE}/import",
        data={"csrf_token": token, "file": (BytesIO(b"contract: a\n\xff\xfe"), "a.yaml")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 422
    assert "UTF-8" in answer.text
    assert sent(head, "").status_code == 422
    assert kept(web, tenant) == []


def test_only_what_is_not_in_use_is_withdrawn(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    put(web, tenant, made(valid_to="2026-12-31"))
    put(web, tenant, made(2, valid_from="2027-01-01"))
    use(web, tenant)
    assert "/withdraw" not in head.get(f"{PAGE}/acme-solar/1").text
    answer = post(head, f"{PAGE}/acme-solar/1/withdraw", form_on=f"{PAGE}/acme-solar/2")
    assert answer.status_code == 422
    answer = post(head, f"{PAGE}/acme-solar/2/withdraw", form_on=f"{PAGE}/acme-solar/2")
    assert answer.headers["Location"] == f"{PAGE}?note=contract-withdrawn"
    assert [each.withdrawn_at is None for each in kept(web, tenant)] == [True, False]
    assert "withdrawn" in head.get(f"{PAGE}/acme-solar/2").text


def test_a_version_in_use_ends_beside_its_words(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    put(web, tenant, made())
    use(web, tenant)
    path = f"{PAGE}/acme-solar/1"
    assert post(head, f"{path}/end", {"ends_on": "soon"}, form_on=path).status_code == 422
    answer = post(head, f"{path}/end", {"ends_on": "2026-11-17"}, form_on=path)
    assert "holds until 2026-11-18 at least" in answer.text
    assert post(head, f"{path}/end", {"ends_on": "2026-11-30"}, form_on=path).status_code == 303
    [found] = kept(web, tenant)
    assert found.agreed.valid_to is None
    text = head.get(f"{path}.yaml").text
    assert f"# Ended on 2026-11-30; the digest of what was agreed is {found.agreed.digest}." in text
    [given] = read_contracts(text, "given")
    assert str(given.valid_to) == "2026-11-30"


def test_another_account_sees_nothing_and_changes_nothing(web: WebApp, tenant: Tenant) -> None:
    put(web, tenant, made())
    other = seed_tenant(web.context, account_id="portal-2", leads=1)
    foreign = web.signed_in(other, other.admin_id)
    path = f"{PAGE}/acme-solar/1"
    assert "acme" not in foreign.get(PAGE).text
    for at in ("", ".yaml", "/edit", "/next", "/changes?since=1"):
        assert foreign.get(f"{path}{at}").status_code == 404
    for at in ("/withdraw", "/end", "/edit", "/next"):
        data = {"ends_on": "2026-11-30", "do": "save", "contract": "acme-solar"}
        assert post(foreign, f"{path}{at}", data, form_on=f"{PAGE}/import").status_code == 404
    assert sent(foreign, ACME.replace("45.00", "1.00")).status_code == 303
    assert str(kept(web, tenant)[0].agreed.pricing.price) == "45"


def test_reps_see_nothing_and_forms_need_their_token(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    put(web, tenant, made())
    rep = web.signed_in(tenant, tenant.rep_id)
    for path in (PAGE, f"{PAGE}/acme-solar/1", f"{PAGE}/acme-solar/1.yaml", f"{PAGE}/import", f"{PAGE}/new"):
        assert rep.get(path).status_code == 403
    assert 'href="/contracts"' not in rep.get("/overview").text
    assert head.post(f"{PAGE}/import", data={"text": ACME}).status_code == 400


HOSTILE = ("<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "{{7*7}}", "\u202eevil", "x" * 3000)


@pytest.mark.parametrize("text", HOSTILE)
def test_texts_of_a_contract_are_inert(web: WebApp, tenant: Tenant, head: FlaskClient, text: str) -> None:
    hostile = made(
        signed_ref=text,
        title=text,
        says=text,
        filters=[{"field": text, "op": "in", "value": [text], "ref": text}],
        pricing={"model": "by_geo", "field": text, "prices": {text: "1"}, "title": text},
        returns={"reasons": [{"code": "FICTITIOUS", "words": [text]}], "says": text},
    )
    put(web, tenant, hostile)
    for at in ("", "/edit", "/next"):
        answer = head.get(f"{PAGE}/acme-solar/1{at}")
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "<img src=x" not in answer.text
        assert "49" not in answer.text or "{{7*7}}" not in text or "{{7*7}}" in answer.text
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    [given] = read_contracts(head.get(f"{PAGE}/acme-solar/1.yaml").text, "given")
    assert given.digest == hostile.digest
    answer = sent(head, f"{text}: {text}\n")
    assert answer.status_code == 422
    assert "<script>alert" not in answer.text
