"""The report in the pseudo language: what is printed, stands in the sheets and goes out as mail has been before
translators, word by word, but for names and figures."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from openpyxl import load_workbook

from audits.reports.handling import HandlingReport, ReportRows, handling_report
from audits.rulebook import OWNER_RULES, RULES
from connector.language.languages import PSEUDO
from connector.language.texts import texts_for
from connector.reporting.background import Background
from connector.reporting.digest import digest_of
from connector.reporting.paper import Paper, paper
from connector.reporting.pdf import html_of
from connector.reporting.xlsx import xlsx_of
from tests.pseudo import unmarked
from tests.reporting.sample import AS_OF, OWNERS, SINCE, UNTIL, ZONE, sample_background, sample_report
from tests.web.page_texts import pieces_of

SAYS = texts_for(PSEUDO, ZONE)
LINK, SETTINGS = "https://app.example/report/1", "https://app.example/my"


def names_of(report: HandlingReport, about: Background) -> set[str]:
    data = {about.account, report.scope, ZONE, LINK, SETTINGS, *OWNERS.values(), *about.lead_names.values()}
    return data | {each.version for each in about.policies}


def nothing_happened() -> HandlingReport:
    empty = ReportRows(leads=(), attempts_by_hour=((0,) * 24,) * 7)
    return handling_report(empty, since=SINCE, until=UNTIL, as_of=AS_OF, zone=ZONE)


@pytest.fixture(params=["a week of 240 leads", "a week of 12", "a week of none"])
def told(request: pytest.FixtureRequest) -> tuple[HandlingReport, Background, set[str]]:
    if request.param == "a week of none":
        report, about = nothing_happened(), Background(account="Fjordkraft")
    else:
        report = sample_report(n=12, weeks=2) if request.param == "a week of 12" else sample_report()
        about = sample_background(report)
    return report, about, names_of(report, about)


def test_of_the_printed_page_all_words_are_those_of_translators(told: tuple[HandlingReport, Background, set[str]]):
    report, about, names = told
    pieces = pieces_of(html_of(paper(report, about, SAYS), SAYS))
    assert len(pieces) > 60
    assert [each.text for each in pieces if not each.is_data and unmarked(each.text, names)] == []


def test_of_the_workbook_all_words_are_those_of_translators(told: tuple[HandlingReport, Background, set[str]]):
    report, about, names = told
    names |= {rule.info.rule_id for rule in (*RULES, *OWNER_RULES)}
    book = load_workbook(io.BytesIO(xlsx_of(report, about, SAYS)))
    words = [
        cell.value
        for sheet in book.worksheets
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
    ]
    assert len(words) > 100
    # A tab has room for 31 letters: the bracket at its end may be one too many.
    titles = [f"{sheet.title.removesuffix('⟧')}⟧" for sheet in book.worksheets]
    book.close()
    assert [each for each in (*words, *titles) if unmarked(each, names)] == []


def test_of_the_mail_all_words_are_those_of_translators(told: tuple[HandlingReport, Background, set[str]]):
    report, about, names = told
    written: Paper = paper(report, about, SAYS)
    mail = digest_of(written, SAYS, link=LINK, settings_link=SETTINGS)
    # The whole mail says its language, which on a page marks what stands in another one.
    pieces = pieces_of(mail.html.replace(f' lang="{PSEUDO}"', ""))
    assert len(pieces) > 15
    assert [each.text for each in pieces if not each.is_data and unmarked(each.text, names)] == []
    # A head of the text stands in capitals, the letters of its brackets as they are.
    assert [line for line in (mail.subject, *mail.text.splitlines()) if unmarked(line, names)] == []


def test_a_word_without_marks_is_seen():
    report = sample_report(n=12, weeks=2)
    about = sample_background(report)
    said = paper(report, about, SAYS)
    plain = replace(said, sections=(replace(said.sections[0], title="What to act on"), *said.sections[1:]))
    pieces = [each.text for each in pieces_of(html_of(plain, SAYS)) if not each.is_data]
    assert [each for each in pieces if unmarked(each, names_of(report, about))] == ["What to act on"]
