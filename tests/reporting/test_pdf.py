"""The PDF of a report: the same bytes for the same report, nothing fetched, names that are only names, and pages that
look and read as the kept ones do, in each language.

The kept ones are made anew, after a look at them, by `python -m tests.reporting.test_pdf`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from audits.reports.handling import HandlingReport, ReportRows, handling_report
from connector.language.texts import texts_for
from connector.reporting import pdf
from connector.reporting.background import Background
from connector.reporting.charts.picture import Picture, table
from connector.reporting.paper import MOST_LEADS, Paper, paper
from tests import needs
from tests.reporting.printed import pages_of, picture_of, text_of
from tests.reporting.sample import AS_OF, SINCE, UNTIL, ZONE, sample_background, sample_report

LANGUAGES = ("en", "ar", "el", "nb")
GOLDEN = Path(__file__).parents[1] / "data" / "report_pdf"
#: A machine may draw the edges of letters otherwise: of a blurred page so much may differ, in grey values of 255.
MOST_DIFFERENCE = 1.5


@pytest.fixture(autouse=True, scope="module")
def _pango() -> None:
    needs.pango()


def papers(lang: str, report: HandlingReport | None = None) -> Paper:
    told = report or sample_report()
    return paper(told, sample_background(told), texts_for(lang, ZONE))


def printed(lang: str) -> bytes:
    return pdf.pdf_of(papers(lang), texts_for(lang, ZONE))


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    return {lang: printed(lang) for lang in LANGUAGES}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_pages_read_as_the_kept_ones(made: dict[str, bytes], lang: str):
    found = [text_of(page) for page in pages_of(made[lang])]
    assert found == json.loads((GOLDEN / f"{lang}.json").read_text()), "Look at the pages, then keep them anew."


@pytest.mark.parametrize("lang", LANGUAGES)
def test_first_pages_look_as_the_kept_ones(made: dict[str, bytes], lang: str):
    for number in (0, 2):
        with Image.open(GOLDEN / f"{lang}-{number + 1}.png") as kept:
            wanted = np.asarray(kept.convert("L"))
        assert difference(picture_of(made[lang], number), wanted) < MOST_DIFFERENCE


def test_the_measure_of_looks_tells_pages_apart(made: dict[str, bytes]):
    """What the tolerance must not let pass: another language, and a shift of a line."""
    english = picture_of(made["en"], 0)
    assert difference(english, picture_of(made["ar"], 0)) > 3 * MOST_DIFFERENCE
    assert difference(english, np.roll(english, 9, axis=0)) > 2 * MOST_DIFFERENCE


def test_another_process_on_another_day_makes_the_same_bytes(made: dict[str, bytes]):
    code = "import sys; from tests.reporting.test_pdf import printed; sys.stdout.buffer.write(printed('ar'))"
    again = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LANG": "C"},
    ).stdout
    assert again == made["ar"]


def test_names_are_names_and_nothing_more(made: dict[str, bytes]):
    first = text_of(pages_of(made["en"])[0])
    for name in ("<b>Bobby & Sons</b>", "<script>x</script>", '=HYPERLINK("http://x")', "Ελένη Γεωργίου"):
        assert name in first


def test_leads_beyond_the_list_are_counted(made: dict[str, bytes]):
    left = len(sample_report().neglected) - MOST_LEADS
    assert left > 0
    assert f"{left} more are in the sheet" in text_of(pages_of(made["en"])[0])


def test_a_page_fetches_nothing(monkeypatch: pytest.MonkeyPatch):
    """Addresses of a host, a file and a font that is not ours, in a page that our own printer prints."""
    asked = []
    fetcher = pdf._fetcher(pdf._weasyprint())
    for url in ("http://127.0.0.1:9/x.png", "file:///etc/hostname", "fonts:../../etc/passwd", "data:text/css,x"):
        with pytest.raises(ValueError, match="fetches nothing"):
            fetcher.fetch(url)
        asked.append(url)
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("the network was asked"))
    links = "".join(f'<img src="{url}"><link rel="stylesheet" href="{url}">' for url in asked)
    assert pdf._print(f"<title>x</title>{links}<p>read me").startswith(b"%PDF")


def test_a_hostile_word_of_a_picture_stays_a_word():
    hostile = Picture(
        name="x", title="<i>t</i>", says='"><script src="http://x">', table=table(("a",), ()), spec=None
    )
    told = papers("en")
    sections = (replace(told.sections[0], shown=(hostile,)),)
    html = pdf.html_of(replace(told, sections=sections, account='"><img src=http://x>'), texts_for("en", ZONE))
    assert "<script" not in html
    assert "<img src=http" not in html


def test_a_week_without_leads_is_a_report_too():
    nothing = ReportRows(leads=(), attempts_by_hour=((0,) * 24,) * 7)
    empty = handling_report(nothing, since=SINCE, until=UNTIL, as_of=AS_OF, zone=ZONE)
    for lang in LANGUAGES:
        says = texts_for(lang, ZONE)
        assert len(pages_of(pdf.pdf_of(paper(empty, Background(account="Ω"), says), says))) <= 6


def test_without_pango_everything_else_runs_and_the_reason_is_said():
    """In a process that cannot load the library: the app's modules import, and a PDF is refused in a sentence."""
    code = """
import ctypes.util, cffi
opened = cffi.FFI.dlopen
def refuses(self, name, *rest):
    if name and "pango" in str(name):
        raise OSError("cannot load library 'libpango-1.0-0'")
    return opened(self, name, *rest)
cffi.FFI.dlopen = refuses
import connector.app, connector.web.views.report
from connector.reporting import pdf
print(pdf.missing_library())
try:
    pdf._print("<p>x")
except pdf.NoPdf as error:
    print(error)
"""
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False
    )
    assert told.returncode == 0, told.stderr
    assert "Reports cannot be made as PDF" in told.stdout
    assert pdf.PACKAGES in told.stdout


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """The mean difference of two pages in grey values, each blurred over 4 by 4."""
    if one.shape != other.shape:
        return 255.0
    return float(np.abs(blurred(one) - blurred(other)).mean())


def blurred(page: np.ndarray) -> np.ndarray:
    height, width = page.shape[0] // 4 * 4, page.shape[1] // 4 * 4
    cut = page[:height, :width].astype(float)
    return cut.reshape(height // 4, 4, width // 4, 4).mean(axis=(1, 3))


def keep() -> None:
    """Write the pages as they are now."""
    GOLDEN.mkdir(exist_ok=True)
    for lang in LANGUAGES:
        body = printed(lang)
        told = [text_of(page) for page in pages_of(body)]
        (GOLDEN / f"{lang}.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
        for number in (0, 2):
            Image.fromarray(picture_of(body, number)).save(GOLDEN / f"{lang}-{number + 1}.png", optimize=True)


if __name__ == "__main__":
    keep()
