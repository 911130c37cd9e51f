"""A report as PDF, A4, by WeasyPrint. The same report in the same language gives the same bytes.

WeasyPrint needs Pango, a library of the system: it is imported at the first PDF and not before, so that everything
else runs without. Nothing but our own fonts and pictures drawn here can be fetched while a page is laid out.
"""

from __future__ import annotations

import base64
import logging
import re
import threading
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from connector.errors import LeadAssayError
from connector.language.bidi import isolated
from connector.language.texts import Texts
from connector.reporting.charts.picture import PRINT
from connector.reporting.paper import Paper, is_listing
from connector.reporting.print_picture import printed

FOLDER = Path(__file__).parent
FONTS = FOLDER / "fonts"
#: What to install where Pango is missing.
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
TYPE = "application/pdf"

_OUR_FONTS = "fonts:"
_SCRIPTS = ("latin", "latin-ext", "greek", "greek-ext", "cyrillic", "vietnamese", "arabic")
#: One family for each file: of two files of one family and weight only the first would be put into the PDF.
_FAMILIES = tuple(f"Assay {script}" for script in _SCRIPTS)
#: Laying out takes one core and some hundred megabytes: one at a time.
_ONE_AT_A_TIME = threading.Lock()
_WAIT_S = 60
#: A word of so many letters may be torn apart to keep its column from pushing the others away: a name that is none.
_LONG_WORD = 22
#: Cells of so many letters stay on one line when they begin with a figure, or with a day and end with a time.
_ONE_LINE = 30
_WITH_TIME = re.compile(r"\d[^\d].*\d\d:\d\d$")
_BEFORE_PER_CENT = re.compile(r"(?<=\d) (?=%)")


class NoPdf(LeadAssayError):
    """No PDF can be made: this machine lacks a library, or too many are asked for at once."""


def missing_library() -> str | None:
    """Why PDF cannot be made on this machine, in a sentence; None = it can."""
    try:
        _weasyprint()
    except OSError as error:
        lacking = str(error).splitlines()[0]
        return f"Reports cannot be made as PDF: a library of the system is missing ({lacking})."
    return None


def pdf_of(report: Paper, says: Texts) -> bytes:
    """The PDF of `report`, which was written by `says`. Raises NoPdf."""
    return _print(html_of(report, says))


def html_of(report: Paper, says: Texts) -> str:
    """The page that is printed."""
    made: str = _template().render(
        paper=report,
        says=says,
        is_listing=is_listing,
        apart=partial(isolated, is_right_to_left=says.is_right_to_left),
        joined=_joined,
        look=_look,
        picture=printed,
        colours=PRINT,
        families=Markup(", ").join(Markup('"{}"').format(name) for name in _FAMILIES),
        faces=_faces(),
        start="right" if says.is_right_to_left else "left",
        end="left" if says.is_right_to_left else "right",
    )
    return made


def _joined(text: str) -> str:
    """`text` with no line ending between a number and its per cent sign, which texts write with a plain space."""
    return _BEFORE_PER_CENT.sub("\N{NO-BREAK SPACE}", text)


def _look(text: str) -> str:
    """The class of a cell of words: whether its line may end inside of it."""
    if len(text) < _ONE_LINE and (text[:1].isdigit() or _WITH_TIME.search(text)):
        return "kept"
    return "breaks" if any(len(word) > _LONG_WORD for word in text.split()) else "words"


def _print(html: str) -> bytes:
    try:
        weasyprint = _weasyprint()
    except OSError as error:
        raise NoPdf(f"{missing_library()} Install {PACKAGES}, or take the sheet (XLSX).") from error
    if not _ONE_AT_A_TIME.acquire(timeout=_WAIT_S):
        raise NoPdf("Other reports are being printed. Try again in a minute.")
    try:
        made = weasyprint.HTML(string=html, base_url=None, url_fetcher=_fetcher(weasyprint)).write_pdf(
            pdf_tags=True, pdf_identifier=b"lead-assay-report", presentational_hints=False
        )
    finally:
        _ONE_AT_A_TIME.release()
    return bytes(made)


def _weasyprint() -> Any:
    # What it complains of is its own style sheet's and of no use to an operator.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    import weasyprint

    return weasyprint


def _fetcher(weasyprint: Any) -> Any:
    class OnlyOurs(weasyprint.urls.URLFetcher):  # type: ignore[misc]
        """Our fonts and what the page itself holds; everything else is refused."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("data:image/svg+xml;base64,"):
                body = base64.b64decode(url.partition(",")[2])
                return weasyprint.urls.URLFetcherResponse(url, body, {"Content-Type": "image/svg+xml"})
            name = url.removeprefix(_OUR_FONTS)
            if url.startswith(_OUR_FONTS) and name in _font_files():
                return weasyprint.urls.URLFetcherResponse(url, _font(name), {"Content-Type": "font/woff2"})
            raise ValueError("a report fetches nothing")

    return OnlyOurs()


@lru_cache(maxsize=1)
def _font_files() -> frozenset[str]:
    return frozenset(path.name for path in FONTS.glob("*.woff2"))


@lru_cache(maxsize=16)
def _font(name: str) -> bytes:
    return (FONTS / name).read_bytes()


def _faces() -> list[tuple[str, int, str]]:
    """(family, weight, address) of each font file."""
    return [
        (
            family,
            weight,
            f"{_OUR_FONTS}noto-sans-{script}{'-arabic' if script == 'arabic' else ''}-{weight}-normal.woff2",
        )
        for family, script in zip(_FAMILIES, _SCRIPTS, strict=True)
        for weight in (400, 600)
    ]


@lru_cache(maxsize=1)
def _template() -> Any:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report_print.html.j2")
