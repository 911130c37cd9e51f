"""The pages of vendors' contracts: listed, read clause by clause, imported, exported, written as a form, compared."""

from __future__ import annotations

from enum import Enum
from html import unescape
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from audits.contracts.plain import data_of
from audits.model import contract as model
from audits.model.contract import Clause, Comparison, Contract
from connector.contracts.contract_file import read_contracts, write_contract
from connector.storage import contracts
from connector.storage.contracts import ContractVersion
from connector.web.contract_form import (
    NO_MISTAKES,
    Kind,
    Typed,
    changed,
    contract_typed,
    sections,
    specs,
    typed_from,
    typed_of,
)
from connector.web.contract_labels import choice_label, label_of
from tests.contracts.any_contract import contracts as any_contracts
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
    answer: TestResponse = post(client, f"{PAGE}/import", {"text": text, **more})
    return answer


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


# The form


def form_of(typed: Typed) -> MultiDict[str, str]:
    """What a browser sends."""
    pairs = [(name, each) for name, value in typed.items() for each in ([value] if isinstance(value, str) else value)]
    return MultiDict(pairs)


def is_typable(value: object) -> bool:
    """Without what no field of a browser holds (a carriage return), and without the sign for a break in a list."""
    text = repr(value)
    return "\\r" not in text and "⏎" not in text


@given(any_contracts().filter(lambda contract: is_typable(data_of(contract))))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_contract_goes_through_the_form_and_the_file_unchanged(contract: Contract) -> None:
    typed = typed_from(form_of(typed_of(contract)))
    through = contract_typed(typed)
    assert through == contract
    assert isinstance(through, Contract)
    [read] = read_contracts(write_contract(through), "given")
    assert (read, read.digest) == (contract, contract.digest)
    assert typed_of(read) == typed_of(contract)
    assert sections(typed, NO_MISTAKES)


def test_every_field_of_the_model_is_on_the_page_with_a_name() -> None:
    def fields_of(of: type[Clause]) -> set[tuple[str, str]]:
        found = set()
        for spec in specs(of):
            found.add((of.__name__, spec.name))
            assert label_of(of.__name__, spec.name)
            if spec.kind in (Kind.CLAUSE, Kind.MAYBE, Kind.LIST) and spec.of is not None:
                found |= fields_of(spec.of)
            elif spec.of is not None and issubclass(spec.of, Enum):
                assert all(choice_label(each) for each in spec.of)
        return found

    clauses = {each for each in vars(model).values() if isinstance(each, type) and issubclass(each, Clause)}
    assert fields_of(Contract) == {
        (each.__name__, name) for each in clauses - {Clause, Comparison} for name in each.model_fields
    } | {("Comparison", name) for name in Comparison.model_fields}


def filled(client: FlaskClient, path: str, **more: str) -> dict[str, str]:
    """What a browser would send of the form as it stands, with some of it changed."""
    found = FormFields()
    found.feed(client.get(path).text)
    return found.values | more


class FormFields(HTMLParser):
    """The values of the form that saves a contract."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.area = ""
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if tag == "textarea":
            self.area, self.values[name] = name, ""
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in given or self.select not in self.values):
            self.values[self.select] = given["value"]
        elif tag == "input" and name and (given.get("type") != "checkbox" or "checked" in given):
            self.values[name] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.values[self.area] = self.values[self.area].removeprefix("\n")
            self.area = ""
        elif tag == "select":
            self.select = ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.values[self.area] += data


NEW = {"contract": "sun-1", "vendor": "sun", "timezone": "Europe/Berlin", "currency": "EUR", "pricing.price": "25.00"}


def test_a_contract_is_made_from_scratch(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    typed = filled(head, f"{PAGE}/new", **NEW)
    answer = head.post(f"{PAGE}/new", data={**typed, "do": "add:filters"})
    assert answer.status_code == 200
    assert 'name="filters.0.field"' in answer.text
    assert kept(web, tenant) == []
    typed |= {"filters_n": "1", "filters.0.field": "country", "filters.0.op": "in", "filters.0.value": "DE\r\nNO"}
    typed |= {"filters.0.on_unknown": "pass", "filters.0.reason": "OUT_OF_GEO", "filters.0.on_fail": "not_payable"}
    answer = head.post(f"{PAGE}/new", data={**typed, "do": "preview"})
    assert "What the check finds" in answer.text
    assert kept(web, tenant) == []
    answer = head.post(f"{PAGE}/new", data={**typed, "do": "save"})
    assert answer.headers["Location"] == f"{PAGE}/sun-1/1?note=contract-saved"
    [found] = kept(web, tenant)
    assert (found.agreed.filters[0].value, found.saved_by) == (("DE", "NO"), tenant.head_id)
    # The same name again is no new contract.
    answer = head.post(f"{PAGE}/new", data={**typed, "do": "save"})
    assert "There is a contract of this name already" in answer.text
    assert len(kept(web, tenant)) == 1


def test_mistakes_stand_beside_their_fields_and_nothing_is_saved(
    web: WebApp, tenant: Tenant, head: FlaskClient
) -> None:
    wrong = {"currency": "euro", "pricing.price": "25,00", "valid_from": "tomorrow", "volume.ordered": "many"}
    wrong |= {"pricing.prices": "DE 5", "delivery.max_age": "soon", "timezone": "Berlin/Europe"}
    answer = head.post(f"{PAGE}/new", data=filled(head, f"{PAGE}/new", **NEW) | wrong | {"do": "save"})
    assert answer.status_code == 422
    for name, said in {
        "currency": "is no currency; write three capitals (EUR)",
        "pricing-price": "is no number; write a point: 25.00",
        "valid_from": "is no date",
        "volume-ordered": "is no whole number",
        "pricing-prices": "write the area and its price",
        "delivery-max_age": "is no span of time",
        "timezone": "Berlin/Europe",
    }.items():
        beside = answer.text.split(f'id="f-{name}-wrong"')[1].split("</p>")[0]
        assert said in unescape(beside), name
    assert "25,00" in answer.text
    # What a clause misses is said where it is to be written.
    answer = head.post(f"{PAGE}/new", data=filled(head, f"{PAGE}/new") | {"do": "save"})
    assert "is missing" in answer.text.split('id="f-pricing-price-wrong"')[1].split("</p>")[0]
    assert '<a href="#f-pricing-price">' in answer.text
    assert kept(web, tenant) == []


def test_a_contradiction_in_the_form_is_saved_only_all_the_same(
    web: WebApp, tenant: Tenant, head: FlaskClient
) -> None:
    put(web, tenant, made())
    path = f"{PAGE}/acme-solar/1/edit"
    typed = filled(head, path) | {"returns.window.not_before": "20", "do": "save"}
    answer = head.post(path, data=typed)
    assert answer.status_code == 422
    assert "Contradiction" in answer.text
    assert kept(web, tenant)[0].agreed.returns == made().returns
    answer = head.post(path, data=typed | {"all-the-same": "yes"})
    assert answer.status_code == 303
    returns = kept(web, tenant)[0].agreed.returns
    assert returns is not None
    assert str(returns.window.not_before) == "P20D"


def test_the_form_as_it_stands_changes_nothing(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    put(web, tenant, made())
    path = f"{PAGE}/acme-solar/1/edit"
    answer = head.post(path, data=with_checks(filled(head, path), made()) | {"do": "save", "all-the-same": "yes"})
    assert answer.headers["Location"] == f"{PAGE}/acme-solar/1?note=contract-same"
    assert kept(web, tenant)[0].agreed.digest == made().digest


def with_checks(typed: dict[str, str], contract: Contract) -> dict[str, str | list[str]]:
    """With all that is ticked where a name stands several times."""
    return {**typed, **{name: value for name, value in typed_of(contract).items() if isinstance(value, list)}}


def test_what_is_in_use_is_not_edited_but_followed(web: WebApp, tenant: Tenant, head: FlaskClient) -> None:
    put(web, tenant, made())
    use(web, tenant)
    path = f"{PAGE}/acme-solar/1"
    assert head.get(f"{path}/edit").status_code == 409
    assert post(head, f"{path}/edit", {"do": "save"}, form_on=path).status_code == 409
    typed = with_checks(filled(head, f"{path}/next"), made()) | {"pricing.price": "50", "do": "save"}
    assert "version" not in typed
    answer = head.post(f"{path}/next", data={**typed, "valid_from": "2026-11-18"})
    assert "holds until 2026-11-18 at least" in answer.text
    assert len(kept(web, tenant)) == 1
    answer = head.post(f"{path}/next", data={**typed, "valid_from": "2026-12-01"})
    assert answer.headers["Location"] == f"{PAGE}/acme-solar/2?note=contract-saved"
    first, second = kept(web, tenant)
    assert (first.agreed.valid_to, str(first.ends_on)) == (None, "2026-11-30")
    assert (second.agreed.version, str(second.agreed.pricing.price)) == (2, "50")
    page = head.get(f"{PAGE}/acme-solar/2/changes?since=1").text
    row = page.split("Pricing › Price of a lead")[1].split("</tr>")[0]
    assert ">45<" in row
    assert ">50<" in row
    assert "Filters" not in page.split("<main")[1]
    assert head.get(f"{PAGE}/acme-solar/2/changes?since=9").status_code == 404
    assert head.get(f"{PAGE}/acme-solar/2/changes?since=x").status_code == 404


def test_two_who_change_one_version_do_not_overwrite_each_other(
    web: WebApp, tenant: Tenant, head: FlaskClient
) -> None:
    put(web, tenant, made())
    path = f"{PAGE}/acme-solar/1/edit"
    typed = with_checks(filled(head, path), made())
    put(web, tenant, made(signed_ref="by another"))
    answer = head.post(path, data=typed | {"do": "save", "signed_ref": "mine"})
    assert answer.status_code == 422
    assert "Meanwhile somebody else changed this version" in answer.text
    assert kept(web, tenant)[0].agreed.signed_ref == "by another"


def test_rows_are_added_moved_and_removed() -> None:
    typed = typed_of(made())
    two = changed(typed, "add:filters")
    assert two is not None
    two["filters.1.field"] = "second"
    up = changed(two, "up:filters:1")
    assert up is not None
    assert (up["filters.0.field"], up["filters.1.field"], up["filters_n"]) == ("second", "state", "2")
    one = changed(up, "remove:filters:0")
    assert one == typed
    without = changed(typed, "remove:returns")
    assert without is not None
    assert isinstance(back := contract_typed(without), Contract)
    assert back.returns is None
    for deed in (
        "add:nothing",
        "remove:filters:7",
        "up:filters:x",
        "drop:filters:0",
        "add:pricing",
        "add:timezone",
        "",
    ):
        assert changed(typed, deed) is None
    for deed in ("filters.0", "add:filters.0"):
        assert changed(typed, deed) is None


def test_a_form_that_is_no_form_is_refused(head: FlaskClient) -> None:
    assert post(head, f"{PAGE}/new", {"do": "save"}).status_code == 400
    assert post(head, f"{PAGE}/new", {"do": "add:nothing", "timezone": "UTC"}).status_code == 400
