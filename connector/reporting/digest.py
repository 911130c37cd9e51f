"""The report of the week as a mail: the same paper as the page and the PDF, in plain text and in HTML with pictures.

Mail programs know no style sheets, and few of them draw SVG: styles stand in the tags, pictures go along as PNG.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from connector.language.bidi import isolated
from connector.language.texts import Texts
from connector.reporting.charts.picture import Picture
from connector.reporting.mail_picture import png_of
from connector.reporting.paper import Listing, Paper, Section

#: A mail is read at a glance: the rest stands in the PDF and on the page.
_SECTIONS = 2
_ROWS = 10
_PICTURES = 3

_PAGE = Markup(
    '<div lang="{lang}" dir="{dir}" style="font-family: Segoe UI, Noto Sans, Arial, sans-serif; font-size: 15px; '
    'color: #1d2530; max-width: 680px">{body}</div>'
)
_HEAD = Markup(
    '<h1 style="font-size: 22px; margin: 0 0 4px">{}</h1><p style="color: #56606c; margin: 0 0 16px">{}</p>'
)
_SECTION = Markup('<h2 style="font-size: 17px; margin: 24px 0 8px">{}</h2>')
_TEXT = Markup('<p style="margin: 0 0 8px">{}</p>')
_SMALL = Markup('<p style="margin: 0 0 8px; font-size: 13px; color: #56606c">{}</p>')
_TILE = Markup(
    '<tr><td style="padding: 4px 0; padding-inline-end: 16px">{}</td>'
    '<td style="padding: 4px 0"><strong>{}</strong> <span style="color: #56606c">{}</span></td></tr>'
)
_PICTURE = Markup('<p style="margin: 8px 0"><img src="cid:{}" alt="{}" style="max-width: 100%; height: auto"></p>')
# On a phone a table of six columns moves under the finger, and the mail around it keeps its width.
_TABLE = Markup(
    '<div style="overflow-x: auto; max-width: 100%; margin: 0 0 8px">'
    '<table style="border-collapse: collapse; font-size: 14px">{}</table></div>'
)
_CELL = Markup(
    '<{0} style="text-align: start; vertical-align: top; padding: 4px 0; padding-inline-end: 12px; '
    'border-bottom: 1px solid #dcd9cf">{1}</{0}>'
)
_LINK = Markup('<p style="margin: 0 0 16px"><a href="{}">{}</a></p>')


@dataclass(frozen=True, slots=True)
class DigestPicture:
    """A picture of the mail: `name` is how the HTML points at it."""

    name: str
    png: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What a mail says. `pictures` belong to the HTML."""

    subject: str
    text: str
    html: str
    pictures: tuple[DigestPicture, ...]


def digest_of(report: Paper, says: Texts, *, link: str, settings_link: str) -> Digest:
    """The mail on `report`, which was written by `says`. `link`: its page; `settings_link`: where mails are chosen.

    Only the first sections, rows and pictures go into it."""
    sections = report.sections[:_SECTIONS]
    pictures = _pictures(sections)
    foot = says.t("You get this mail because you asked for it; switch it off here: {link}", link=settings_link)
    whole = says.t("The whole report, with the rows behind each number: {link}", link=link)
    return Digest(
        subject=_one_line(f"{report.title} · {report.period} · {report.account}"),
        text="\n".join([*_text(report, sections), whole, "", foot, ""]),
        html=str(_html(report, sections, pictures, says, link, foot)),
        pictures=tuple(pictures.values()),
    )


def _pictures(sections: tuple[Section, ...]) -> dict[str, DigestPicture]:
    """The first pictures that show anything, by name."""
    found: dict[str, DigestPicture] = {}
    for section in sections:
        for each in section.shown:
            drawn = each.svg(is_print=True) if isinstance(each, Picture) and len(found) < _PICTURES else None
            if drawn is not None and isinstance(each, Picture):
                found[each.name] = DigestPicture(each.name, png_of(drawn))
    return found


def _text(report: Paper, sections: tuple[Section, ...]) -> Iterator[str]:
    yield f"{report.title}: {report.account}"
    yield f"{report.period} ({report.zone})"
    for section in sections:
        yield ""
        yield section.title
        yield "-" * len(section.title)
        yield from section.says
        for tile in section.tiles:
            yield _one_line(
                f"- {tile.label}: {tile.value} ({tile.under})" if tile.under else f"- {tile.label}: {tile.value}"
            )
        for each in section.shown:
            yield ""
            if isinstance(each, Listing):
                yield from _listing_text(each)
            else:
                yield f"{each.title}: {each.says}"
        yield from section.notes
    yield ""


def _listing_text(listing: Listing) -> Iterator[str]:
    yield listing.title
    if not listing.rows and listing.none:
        yield listing.none
    for row in listing.rows[:_ROWS]:
        yield _one_line("- " + " · ".join(cell.text for cell in row if cell.text))
    if listing.note:
        yield listing.note


def _html(
    report: Paper,
    sections: tuple[Section, ...],
    pictures: dict[str, DigestPicture],
    says: Texts,
    link: str,
    foot: str,
) -> Markup:
    parts = [_HEAD.format(report.title, f"{report.account} · {report.period} ({report.zone})")]
    parts.append(_LINK.format(link, says.t("The whole report, with the rows behind each number")))
    for section in sections:
        parts.append(_SECTION.format(section.title))
        parts += [_TEXT.format(text) for text in section.says]
        if section.tiles:
            rows = Markup("").join(_TILE.format(tile.label, tile.value, tile.under) for tile in section.tiles)
            parts.append(_TABLE.format(rows))
        for each in section.shown:
            if isinstance(each, Listing):
                parts.append(_listing_html(each, says))
            else:
                parts.append(_TEXT.format(each.says))
                if each.name in pictures:
                    parts.append(_PICTURE.format(each.name, each.title))
        parts += [_SMALL.format(text) for text in section.notes]
    parts.append(_SMALL.format(foot))
    return _PAGE.format(lang=says.lang, dir=says.direction, body=Markup("").join(parts))


def _listing_html(listing: Listing, says: Texts) -> Markup:
    said = _TEXT.format(Markup("<strong>{}</strong>").format(listing.title))
    if not listing.rows:
        return said + _SMALL.format(listing.none)
    head = Markup("").join(_CELL.format("th", text) for text in listing.head)
    rows = Markup("").join(
        Markup("<tr>{}</tr>").format(
            Markup("").join(
                _CELL.format("td", isolated(cell.text, is_right_to_left=says.is_right_to_left)) for cell in row
            )
        )
        for row in listing.rows[:_ROWS]
    )
    return said + _TABLE.format(Markup("<tr>{}</tr>").format(head) + rows) + _SMALL.format(listing.note)


def _one_line(text: str) -> str:
    return " ".join(text.split())
