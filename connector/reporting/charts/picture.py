"""A picture with its table and its sentence, and how it is drawn."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import altair as alt
import vl_convert

from audits.statistics.enough import NotEnoughData
from audits.statistics.shares import Share
from connector.language.texts import Texts

#: The width at which the picture is laid out where no page tells another, in pixels.
WIDTH = 640
#: CSS variable → colour on white paper.
PRINT = {
    "ink": "#1d2530",
    "ink-2": "#56606c",
    "rule": "#dcd9cf",
    "rule-2": "#c4c0b3",
    "panel": "#ffffff",
    "accent": "#1c5566",
    "accent-soft": "#dfebee",
    "brass": "#8a6414",
    "good": "#2c7a57",
    "bad": "#a93b2c",
    "warn": "#b07a14",
    "quiet": "#8c939b",
    "heat-0": "#f3f1eb",
    "heat-1": "#cfe1e6",
    "heat-2": "#9fc6d0",
    "heat-3": "#66a3b2",
    "heat-4": "#347f92",
    "heat-5": "#1c5566",
}
_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
_VARIABLE = re.compile(r"var\(--(" + "|".join(PRINT) + r")\)")
#: What no XML may hold. A CRM lets people put it into their names.
_NOT_XML = re.compile("[^\\t\\n\\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: What the converter puts before an address within the site.
_BASE = "https://vega.github.io/vega-datasets/"


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table: how it reads, the plain value for a sheet, and the rows behind it."""

    text: str
    value: str | float | None = None
    href: str | None = None

    @property
    def is_number(self) -> bool:
        """Whether it stands on the right."""
        return isinstance(self.value, int | float)


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers of a picture."""

    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """`name`: of the kind, an identifier. `title`, `says`: what it shows, and the same in a sentence. `spec`:
    Vega-Lite with CSS variables as colours; None where there is nothing to draw, of which `says` tells why. `key`:
    colours, by the names in PRINT, with what each means."""

    name: str
    title: str
    says: str
    table: Table
    spec: Mapping[str, Any] | None
    key: tuple[tuple[str, str], ...] = field(default=())

    @property
    def vega(self) -> str | None:
        """The specification as Vega, JSON text, for the runtime of a page."""
        return None if self.spec is None else _vega(_text_of(self.spec))

    def svg(self, *, is_print: bool = False) -> str | None:
        """The picture; `is_print` fills in the colours of paper, for where no CSS does."""
        if self.spec is None:
            return None
        drawn = _svg(_text_of(self.spec))
        return in_print(drawn) if is_print else drawn


def in_print(text: str) -> str:
    """`text` with the colours of paper. Other words in that form stay as they are: they are somebody's name."""
    return _VARIABLE.sub(lambda found: PRINT[found.group(1)], text)


def colour(name: str) -> str:
    """The CSS variable `name`, which must be one of PRINT."""
    if name not in PRINT:
        raise KeyError(name)
    return f"var(--{name})"


def of(values: Sequence[Mapping[str, object]]) -> alt.Chart:
    """A chart of these rows."""
    return alt.Chart(alt.InlineData([dict(row) for row in values]))


def finished(chart: alt.Chart | alt.LayerChart, *, height: int, width: int = WIDTH) -> dict[str, Any]:
    """The chart as Vega-Lite: it takes the width it is given, and looks as the pages do."""
    made: dict[str, Any] = (
        chart.properties(width=width, height=height, autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
        .configure(background="transparent", padding={"left": 2, "right": 10, "top": 6, "bottom": 2})
        .configure_view(stroke=None)
        .configure_axis(
            # What Vega would say of an axis is English; the picture's own sentence and its table say it.
            aria=False,
            labelColor=colour("ink-2"),
            titleColor=colour("ink-2"),
            labelFontSize=12,
            labelPadding=6,
            titleFontSize=12,
            titleFontWeight="normal",
            titlePadding=8,
            gridColor=colour("rule"),
            domainColor=colour("rule-2"),
            tickColor=colour("rule-2"),
            labelFont="sans-serif",
            titleFont="sans-serif",
        )
        .to_dict()
    )
    _speak(made)
    return made


def _speak(node: object) -> None:
    """Let each mark be read out as its tooltip says it, and none that has none: else Vega would spell out its row."""
    if isinstance(node, list):
        for each in node:
            _speak(each)
    elif isinstance(node, dict):
        tooltip = node.get("tooltip")
        if isinstance(tooltip, dict) and "field" in tooltip and "description" not in node:
            node["description"] = dict(tooltip)
        mark, encoding = node.get("mark"), node.get("encoding")
        if isinstance(mark, dict) and not (isinstance(encoding, dict) and "tooltip" in encoding):
            mark["aria"] = False
        for each in node.values():
            _speak(each)


def is_mirrored(says: Texts) -> bool:
    """Whether the reader begins on the right."""
    return says.is_right_to_left


def side(says: Texts) -> Any:
    """Where the upright axis stands."""
    return "right" if is_mirrored(says) else "left"


def spelled(values: Mapping[float, str]) -> str:
    """A Vega expression that writes each tick in the reader's language."""
    return _written({str(value).removesuffix(".0"): text for value, text in values.items()})


def spelled_days(days: Iterable[date], says: Texts) -> str:
    """The same for ticks that are days in ISO form."""
    return _written({on.isoformat(): says.short_day(on) for on in days})


def counts_axis(top: int, says: Texts) -> dict[str, Any]:
    """Ticks 0, half and top of an axis of counts, as arguments for an axis, with its domain under "domain"."""
    nice = nice_top(top)
    values = [0, nice // 2, nice]
    return {"values": values, "labelExpr": spelled({value: says.number(value) for value in values})}


def shares_axis(says: Texts) -> dict[str, Any]:
    """Ticks at the quarters of an axis of shares, as arguments for an axis."""
    return {"values": list(_QUARTERS), "labelExpr": spelled({share: says.percent(share) for share in _QUARTERS})}


def nice_top(value: int) -> int:
    """The smallest of 4, 8, 12, 16, 20, 40, 80, 120… that holds `value`, so that its half is whole."""
    scale = 1
    while True:
        for base in (4, 8, 12, 16, 20, 40):
            if value <= base * scale:
                return base * scale
        scale *= 10


def share_cell(share: Share, says: Texts, href: str | None = None) -> Cell:
    """A share with its n and interval; "not enough data" where there is none."""
    return Cell(share_words(share, says), share.hits / share.n if share.n else None, href)


def share_words(share: Share, says: Texts) -> str:
    """A share as it reads: `67 % (61 to 73) of 240`."""
    rate = share.rate
    if isinstance(rate, NotEnoughData):
        return says.t("not enough data ({n} of {least})", n=says.number(rate.n), least=says.number(rate.least))
    return says.t(
        "{share} ({low} to {high}) of {n}",
        share=says.percent(rate.share),
        low=says.percent(rate.low),
        high=says.percent(rate.high),
        n=says.number(share.n),
    )


def table(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Table:
    """The table of a picture."""
    return Table(tuple(head), tuple(tuple(row) for row in rows))


def counted(n: int, says: Texts, href: str | None = None) -> Cell:
    """A count, which leads to its rows when there are any."""
    return Cell(says.number(n), n, href if n else None)


def _written(texts: Mapping[str, str]) -> str:
    return f"({json.dumps(texts, ensure_ascii=False)})[datum.value]"


def _text_of(spec: Mapping[str, Any]) -> str:
    return json.dumps(spec, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=256)
def _vega(spec: str) -> str:
    return json.dumps(vl_convert.vegalite_to_vega(spec), ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=128)
def _svg(spec: str) -> str:
    drawn = str(vl_convert.vega_to_svg(_vega(spec))).replace(_BASE, "")
    return _NOT_XML.sub("\ufffd", drawn)
