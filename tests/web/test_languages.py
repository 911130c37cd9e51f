"""Every reader has his language: catalogs that are whole, pages without a text left in English, and the switch."""

from __future__ import annotations

import io
import re
import string
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from openpyxl import load_workbook

from audits.model.said import NOUNS, Count, Listed, Moment, Money, Percent, Shape, Span, Term, say, verbatim
from connector.catalog import CRMS
from connector.crm.lead_fields import UNNAMED
from connector.language.bidi import BEGIN, END
from connector.language.catalogs import catalog_of, mo_path, po_path
from connector.language.languages import LANGUAGES, PSEUDO, best_language
from connector.language.stored import TEMPLATES, found_again
from connector.language.texts import Texts, counted_texts, has_words, texts_for
from connector.storage import people
from connector.web.columns import TITLES
from connector.web.texts import current
from scripts import words
from tests.pseudo import unmarked
from tests.web.conftest import WebApp, csrf_of, post
from tests.web.page_texts import Piece, pieces_of
from tests.web.routes import ROUTES
from tests.web.seed import Tenant, seed_tenant
from tests.web.test_routes import path_of

TRANSLATED = words.TRANSLATED
#: Calls whose text is a word that stands as a literal elsewhere: tables of labels, rules, fields of a CRM.
PASSED_ON = {
    "connector/language/texts.py",
    "connector/web/texts.py",
    "connector/web/sentences.py",
}
AT = datetime(2026, 3, 2, 13, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def template() -> Catalog:
    return words.template()


def catalog(code: str) -> Catalog:
    with po_path(code).open("rb") as file:
        return read_po(file, locale=code)


def texts_of(message: Message) -> tuple[str, ...]:
    return (message.id,) if isinstance(message.id, str) else tuple(message.id)


def said_in(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


# --- the catalogs --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_catalog_holds_the_texts_of_the_code_and_no_other(code: str, template: Catalog) -> None:
    here = catalog(code)
    wanted = {texts_of(each) for each in template if each.id}
    found = {texts_of(each) for each in here if each.id}
    assert sorted(wanted - found) == [], "run make words"
    assert sorted(found - wanted) == [], "run make words"
    assert not here.obsolete
    assert not [each.id for each in here if each.id and each.fuzzy]
    assert list(words.missing(code)) == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_keep_the_names_and_have_the_forms_of_the_language(code: str) -> None:
    forms = {"ar": 6, "el": 2, "nb": 2}[code]
    here = catalog(code)
    assert here.num_plurals == forms
    for message in here:
        if not message.id or not any(said_in(message)):
            continue
        texts, said = texts_of(message), said_in(message)
        assert len(said) == (1 if len(texts) == 1 else forms), message.id
        for form in said:
            # A form for none, one or two may leave the number out: the word says it.
            left_out = names_in(texts[-1]) - names_in(form)
            assert left_out <= ({"n"} if len(texts) == 2 else set()), (message.id, form)
            assert names_in(form) <= names_in(texts[-1]), (message.id, form)
            assert form == form.strip() or texts[0] != texts[0].strip(), (message.id, form)


@pytest.mark.parametrize("code", TRANSLATED)
def test_what_is_read_is_what_translators_wrote(code: str) -> None:
    assert mo_path(code).read_bytes() == words.mo_bytes(catalog(code)), "run make words"
    assert po_path(code).read_bytes() == words.po_text(catalog(code)), "run make words"


def test_every_text_is_a_literal_in_its_place() -> None:
    for name, call in words.calls():
        if call.texts is None and call.name in ("say", "plural", "phrase"):
            assert name in PASSED_ON or (name, call.name) == ("connector/web/pages.py", "plural"), (name, call.line)


def test_texts_are_found_where_they_stand() -> None:
    python = 'says.plural("{n} a", "{n} b", 2); t(f"x"); x.t("c"); phrase("d"); other("e")'
    assert [(each.name, each.texts) for each in words.python_calls(python)] == [
        ("plural", ("{n} a", "{n} b")), ("t", None), ("t", ("c",)), ("phrase", ("d",)),
    ]  # fmt: skip
    jinja = '{{ t("a") }}{% for x in y %}{{ texts().plural("{n} b", "{n} c", x, z=t("d")) }}{% endfor %}{{ t(e) }}'
    found = {(each.name, each.texts) for each in words.template_calls(jinja)}
    assert found == {("t", ("a",)), ("plural", ("{n} b", "{n} c")), ("t", ("d",)), ("t", None)}


def test_a_translation_of_a_text_that_changed_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "po_path", lambda code: tmp_path / f"{code}.po")
    monkeypatch.setattr(words, "mo_path", lambda code: tmp_path / f"{code}.mo")
    before, after = words._catalog("nb"), words._catalog("nb")
    before.add("gone", "borte")
    before.add("kept", "beholdt")
    before.add(("{n} day", "{n} days"), ("{n} dag", "{n} dager"))
    words.write("nb", before)
    after.add("kept")
    after.add(("{n} day", "{n} days"))
    after.add("kept well")
    merged = words.updated("nb", after)
    assert {each.id: each.string for each in merged if each.id} == {
        "kept": "beholdt", ("{n} day", "{n} days"): ("{n} dag", "{n} dager"), "kept well": None,
    }  # fmt: skip


# --- sentences -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("code", TRANSLATED)
def test_nouns_are_counted_by_the_rule_of_the_language(code: str, noun: str) -> None:
    here = catalog(code).get(counted_texts(noun)[0])
    assert here is not None
    rule = {
        "ar": {0: 0, 1: 1, 2: 2, 3: 3, 10: 3, 11: 4, 99: 4, 100: 5, 102: 5, 103: 3},
        "el": {0: 1, 1: 0, 2: 1, 11: 1},
        "nb": {0: 1, 1: 0, 2: 1, 21: 1},
    }[code]
    says = texts_for(code, "UTC")
    for n, form in rule.items():
        assert says.say(Count(n, noun)) == said_in(here)[form].format(n=n)


def test_values_are_written_as_the_locale_writes_them() -> None:
    moment = Moment(AT, "Europe/Oslo")
    nb, el, ar, en = (texts_for(code, "UTC") for code in ("nb", "el", "ar", "en"))
    assert nb.say(moment) == "man. 2. mars 2026 kl. 14:20"
    assert el.say(moment) == "Δευ 2 Μαρ 2026, 14:20"
    assert ar.say(moment) == "الاثنين 2 مارس 2026، 14:20"
    assert en.say(moment) == "Mon 2 Mar 2026, 14:20"
    assert nb.say(Moment(AT, "Europe/Oslo", Shape.TIME)) == "14:20"
    assert nb.say(Moment(AT, "Europe/Oslo", Shape.DAY)) == "man. 2. mars 2026"
    assert nb.say(Moment(AT, "Europe/Oslo", Shape.HOUR_UNKNOWN)) == "man. 2. mars 2026 (klokkeslett ikke kjent)"
    assert nb.say(Span(7505)) == "2\xa0t 5\xa0min 5\xa0s"
    assert (nb.say(Span(0)), nb.say(Span(36_065))) == ("0\xa0s", "10\xa0t 1\xa0min")
    assert nb.say(Percent(93)) == "93\xa0%"
    assert nb.say(Money(123_456, "NOK")) == "1\xa0234,56\xa0kr"
    assert en.say(Money(5000, "JPY")) == "JP¥5,000"
    assert en.say(Money(5_000, "KWD")) == "KWD5.000"
    assert nb.say(Listed(("a", "b", Term("no answer")))) == "a, b og ikke svar"
    assert nb.say(12_345) == "12\xa0345"


def test_a_sentence_is_translated_with_all_that_stands_in_it() -> None:
    inner = say("no attempt: {why}", why=Term("no answer"))
    outer = say("{first} and {second}", first=inner, second=Count(2, "call"))
    assert texts_for("nb", "UTC").say(outer) == "ikke forsøk: ikke svar og 2 anrop"
    # What was kept before sentences had parts is data: it stays as it is.
    kept = verbatim("Received Mon, no answer.")
    assert texts_for("nb", "UTC").say(kept) == "Received Mon, no answer."
    assert texts_for("nb", "UTC").say(say("{a} {b}", a=inner, b="x")) == "ikke forsøk: ikke svar x"


def test_signs_between_sentences_are_those_of_the_language() -> None:
    pair = say("{a}, {b}; {a}", a=1, b=2)
    assert texts_for("ar", "UTC").say(pair) == "1، 2؛ 1"
    assert texts_for("nb", "UTC").say(pair) == "1, 2; 1"


def test_data_stands_apart_in_a_sentence_that_runs_the_other_way() -> None:
    ar, en = texts_for("ar", "UTC"), texts_for("en", "UTC")
    assert f"{BEGIN}Ola Nordmann (1){END}" in ar.t("Handed to {name}", name="Ola Nordmann (1)")
    assert f"{BEGIN}+47 22 33 44 55{END}" in ar.t("Handed to {name}", name="+47 22 33 44 55")
    assert BEGIN not in ar.t("Handed to {name}", name="ليلى")
    assert en.t("Handed to {name}", name="Ola") == "Handed to Ola"
    assert en.t("Handed to {name}", name="ليلى") == f"Handed to {BEGIN}ليلى{END}"
    assert f"{BEGIN}Web form{END}" in ar.say(say('The source is "{source}".', source="Web form"))


def test_kept_sentences_are_found_again() -> None:
    nb = texts_for("nb", "UTC")
    causes = [cause for _, cause in UNNAMED.values()]
    for entry in CRMS.values():
        asked = entry.capabilities((*entry.required_scopes, *entry.optional_scopes))
        causes += [cause for _, cause in asked.coverage.missing]
    assert len(causes) > 8
    for cause in causes:
        assert found_again(cause.removesuffix(".")) is not None, cause
        said = nb.stored(cause)
        assert said != cause
        assert said.endswith(".") == cause.endswith(".")
        assert nb.say(Term(cause.removesuffix("."))) == nb.stored(cause.removesuffix("."))
        assert texts_for("en", "UTC").stored(cause) == cause
    assert "crm.objects.deals.read" in nb.stored(
        "HubSpot shows deals only with the scope crm.objects.deals.read, which was not granted: connect again, "
        "allow it."
    )
    assert nb.stored("HTTP 418: a teapot.") == "HTTP 418: a teapot."
    assert len(set(TEMPLATES)) == len(TEMPLATES)


# --- the pages -----------------------------------------------------------------------------------------------------


def pages(web: WebApp, tenant: Tenant, lang: str) -> list[tuple[str, list[Piece]]]:
    """(path, texts) of each page that can be got, for an admin and, where it is open, for a visitor."""
    admin, shown = web.signed_in(tenant, tenant.admin_id), []
    for route in ROUTES:
        if route.method != "GET" or route.access is None:
            continue
        path = path_of(route, tenant)
        for client in (admin, web.visitor()):
            answer = client.get(f"{path}{'&' if '?' in path else '?'}lang={lang}", buffered=True)
            if answer.content_type.startswith("text/html") and not 300 <= answer.status_code < 400:
                shown.append((path, pieces_of(answer.text)))
    for path in ("/no-such-page", "/overview?note=saved", "/leads?status=closed&sort=nothing"):
        shown.append((path, pieces_of(admin.get(f"{path}{'&' if '?' in path else '?'}lang={lang}").text)))
    return shown


def data_of(web: WebApp, tenant: Tenant) -> set[str]:
    """Names that stand on pages where no element says that they are data: in drawings and titles."""
    with web.database.read() as connection:
        owners = people.list_owners(connection, tenant.install_id)
    return {owner.name for owner in owners} | {owner.team for owner in owners if owner.team}


def test_no_page_has_a_text_that_cannot_be_translated(seeded: tuple[WebApp, Tenant]) -> None:
    web, tenant = seeded
    names = data_of(web, tenant)
    left: set[tuple[str, str]] = set()
    count = 0
    for path, pieces in pages(web, tenant, PSEUDO):
        for piece in pieces:
            is_name = path.startswith("/leads/") and piece.path[-2:] == ("head", "title")
            if piece.is_data or is_name:
                continue
            count += 1
            if unmarked(piece.text, names):
                left.add((path, piece.text[:120]))
    assert sorted(left) == []
    assert count > 1500


@pytest.mark.parametrize("code", TRANSLATED)
def test_no_page_shows_english_for_which_there_is_a_translation(seeded: tuple[WebApp, Tenant], code: str) -> None:
    web, tenant = seeded
    other = {
        each.id: each.string
        for each in catalog(code)
        if isinstance(each.id, str) and each.id and each.string and each.string != each.id and has_words(each.id)
    }
    shown = pages(web, tenant, code)
    for path, pieces in shown:
        for piece in pieces:
            assert piece.is_data or piece.text not in other, (path, piece)
    assert any(piece.text == catalog_of(code).gettext("Rulebook") for _, pieces in shown for piece in pieces)


@pytest.mark.parametrize("code", LANGUAGES)
def test_pages_say_which_language_they_are_in(seeded: tuple[WebApp, Tenant], code: str) -> None:
    page = seeded[0].visitor().get(f"/?lang={code}").text
    direction = "rtl" if code == "ar" else "ltr"
    assert f'<html lang="{code}" dir="{direction}">' in page
    assert ("bootstrap.rtl.min.css" in page) == (code == "ar")


@pytest.mark.parametrize("path", ["/leads", "/owners", "/neglected"])
def test_sheets_have_titles_in_the_language_and_csv_files_names_for_programs(
    seeded: tuple[WebApp, Tenant], path: str
) -> None:
    client = seeded[0].signed_in(seeded[1], seeded[1].admin_id)
    names = {code: client.get(f"{path}.csv?lang={code}").text.splitlines()[0] for code in (*LANGUAGES, PSEUDO)}
    assert len(set(names.values())) == 1
    assert set(names["en"].removeprefix("\ufeff").split(",")) <= TITLES.keys()
    for code in ("en", "nb", PSEUDO):
        book = load_workbook(io.BytesIO(client.get(f"{path}.xlsx?lang={code}", buffered=True).data))
        titles = [cell.value for cell in book.active[1]]
        book.close()
        says = texts_for(code, "UTC")
        assert titles == [says.t(TITLES[name]) for name in names["en"].removeprefix("\ufeff").split(",")]


# --- who reads what ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (["nb-NO", "en"], "nb"),
        (["no"], "nb"),
        (["nn-NO"], "nb"),
        (["ar-EG"], "ar"),
        (["fr", "el"], "el"),
        (["fr"], "en"),
        ([], "en"),
        (["en-US", "nb"], "en"),
    ],
)
def test_the_first_language_asked_for_that_we_write(asked: list[str], code: str) -> None:
    assert best_language(asked) == code


def lang_of(page: str) -> str:
    found = re.search(r'<html lang="(\w+)"', page)
    assert found
    return found.group(1)


def test_a_visitor_keeps_his_choice_in_his_browser(web: WebApp) -> None:
    client = web.visitor()
    german = {"Accept-Language": "de, el;q=0.9, en;q=0.5"}
    assert lang_of(client.get("/", headers=german).text) == "el"
    answer = post(client, "/language", {"language": "nb", "next": "/rulebook"}, form_on="/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/rulebook")
    assert lang_of(client.get("/", headers=german).text) == "nb"
    assert lang_of(web.visitor().get("/", headers=german).text) == "el"
    assert post(client, "/language", {"language": "qps"}, form_on="/").status_code == 400
    assert (
        post(client, "/language", {"language": "ar", "next": "//evil.example"}, form_on="/")
        .headers["Location"]
        .endswith("/overview")
    )
    client.set_cookie("assay-language", "xx", domain="localhost")
    assert lang_of(client.get("/", headers=german).text) == "el"


def test_a_user_keeps_his_choice_in_his_account(web: WebApp, tenant: Tenant) -> None:
    client = web.signed_in(tenant, tenant.rep_id)
    assert lang_of(client.get("/overview").text) == "en"
    answer = post(client, "/language", {"language": "ar", "next": "/leads?status=due"}, form_on="/overview")
    assert answer.headers["Location"] == "/leads?status=due"
    # Another browser of the same person, whatever it asks for.
    other = web.signed_in(tenant, tenant.rep_id)
    assert lang_of(other.get("/overview", headers={"Accept-Language": "en"}).text) == "ar"
    assert lang_of(web.signed_in(tenant, tenant.head_id).get("/overview").text) == "en"
    with web.database.read() as connection:
        user = people.find_user(connection, tenant.install_id, tenant.rep_id)
        others = [each.language for each in people.list_users(connection, tenant.install_id)]
    assert user is not None
    assert user.language == "ar"
    assert others.count("ar") == 1


def test_a_choice_is_of_one_account(web: WebApp) -> None:
    mine = seed_tenant(web.context, leads=3, prefix="1")
    other = seed_tenant(web.context, account_id="247279313", name="Rival AG", leads=3, prefix="1")
    post(web.signed_in(mine, mine.rep_id), "/language", {"language": "el"}, form_on="/overview")
    with web.database.read() as connection:
        told = {
            tenant.install_id: [each.language for each in people.list_users(connection, tenant.install_id)]
            for tenant in (mine, other)
        }
    assert "el" in told[mine.install_id]
    assert "el" not in told[other.install_id]


def test_a_user_who_is_refused_reads_why_in_his_language(web: WebApp, tenant: Tenant) -> None:
    client = web.signed_in(tenant, tenant.rep_id)
    post(client, "/language", {"language": "nb"}, form_on="/overview")
    page = client.get("/settings")
    assert page.status_code == 403
    assert "Denne siden er for administratorene" in page.text


def test_a_sign_in_link_comes_in_the_language_of_its_reader(web: WebApp, tenant: Tenant) -> None:
    with web.database.write() as connection:
        assert people.set_language(connection, tenant.install_id, tenant.rep_id, "nb")
        assert not people.set_language(connection, tenant.install_id, "nobody", "nb")
        rep = people.find_user(connection, tenant.install_id, tenant.rep_id)
        head = people.find_user(connection, tenant.install_id, tenant.head_id)
    assert rep is not None
    assert head is not None
    visitor = web.visitor()
    for person in (rep, head):
        token = csrf_of(visitor, "/sign-in")
        visitor.post("/sign-in", data={"csrf_token": token, "email": person.email}, headers={"Accept-Language": "el"})
    web.site.links.close()
    box = sorted(web.site.settings.mailbox_dir.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in box]
    assert [mail["Subject"] for mail in mails] == [
        texts_for(code, "UTC").t("Your link to Lead Assay") for code in ("nb", "el")
    ]
    assert "innen 15 minutter" in mails[0].get_content()


def test_cards_stay_in_english(web: WebApp, tenant: Tenant) -> None:
    answer = web.visitor().get("/cards/hubspot", headers={"Accept-Language": "nb"})
    assert answer.status_code == 401
    with web.app.test_request_context("/cards/hubspot", headers={"Accept-Language": "nb"}):
        web.app.preprocess_request()
        assert current().lang == "en"
    assert Texts().t("Overview") == "Overview"
