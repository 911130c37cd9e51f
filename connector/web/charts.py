"""Charts as SVG: pure functions from numbers to markup, each with a title, a description and a table beside it.

Widths and places are SVG attributes, colours are classes of assay.css, so that no inline style is needed. A chart
never carries a fact that its table does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from connector.web.texts import t

WIDTH = 480
HEIGHT = 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 6, 14, 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar: `label` stands under it, `count` is its height, `says` is the whole sentence, `href` its rows.

    `tone` is one of the tones of assay.css: plain, good, bad, warn, quiet.
    """

    label: str
    count: int
    says: str
    href: str | None = None
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a whole."""

    label: str
    count: int
    tone: str
    href: str | None = None


def columns(bars: Sequence[Bar], *, chart_id: str, title: str, describes: str, label_every: int = 1) -> Markup:
    """Upright bars over one axis that begins at 0. `label_every`: print each n-th label under the axis."""
    top = _nice_top(max((bar.count for bar in bars), default=0))
    plot_width, plot_height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
    step = plot_width / max(len(bars), 1)
    gap = min(6.0, step * 0.22)
    parts = [_head(chart_id, title, describes, WIDTH, HEIGHT, "chart")]
    for tick in _ticks(top):
        y = _TOP + plot_height * (1 - tick / top)
        parts.append(
            Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(_LEFT, WIDTH - _RIGHT, y, y)
        )
        parts.append(Markup('<text class="tick end" x="{}" y="{:.1f}">{}</text>').format(_LEFT - 6, y + 4, tick))
    for index, bar in enumerate(bars):
        height = plot_height * bar.count / top
        x = _LEFT + index * step + gap / 2
        width = step - gap
        body = Markup('<rect class="bar {}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1.5"/>').format(
            bar.tone, x, _TOP + plot_height - height, width, height
        )
        # The whole column can be hit, not only the bar: a bar of one lead is two pixels high.
        body += Markup('<rect class="hit" x="{:.1f}" y="{}" width="{:.1f}" height="{}"/>').format(
            _LEFT + index * step, _TOP, step, plot_height
        )
        parts.append(_linked(body, bar.href if bar.count else None, bar.says))
        if index % label_every == 0:
            parts.append(
                Markup('<text class="tick mid{}" x="{:.1f}" y="{}">{}</text>').format(
                    # Small screens hide every other label.
                    " odd" if index // label_every % 2 else "",
                    x + width / 2,
                    HEIGHT - 9,
                    bar.label,
                )
            )
    parts.append(
        Markup('<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
            _LEFT, WIDTH - _RIGHT, _TOP + plot_height, _TOP + plot_height
        )
    )
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def shares(segments: Sequence[Segment], *, chart_id: str, title: str, describes: str) -> Markup:
    """One lying bar cut into its parts, in the order given; parts of nothing are left out."""
    whole = sum(segment.count for segment in segments)
    width, height = 960, 22
    parts = [_head(chart_id, title, describes, width, height, "shares")]
    x = 0.0
    for segment in segments:
        if not segment.count:
            continue
        part = width * segment.count / whole
        body = Markup('<rect class="bar {}" x="{:.1f}" y="0" width="{:.1f}" height="{}"/>').format(
            segment.tone, x, max(part - 2, 1), height
        )
        parts.append(_linked(body, segment.href, f"{segment.label}: {segment.count}"))
        x += part
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def interval(low: float, share: float, high: float, *, expected: float | None, says: str) -> Markup:
    """A share of 1 as a dot on its interval, from 0 to 1; `expected` is drawn as a line across."""
    width, height, pad = 160, 18, 5

    def x(value: float) -> float:
        return pad + (width - 2 * pad) * value

    parts = [
        Markup('<svg class="interval" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">').format(
            width, height, width, height, says
        ),
        Markup("<title>{}</title>").format(says),
        Markup('<line class="grid" x1="{}" x2="{}" y1="9" y2="9"/>').format(pad, width - pad),
    ]
    if expected is not None:
        parts.append(Markup('<line class="expected" x1="{0:.1f}" x2="{0:.1f}" y1="1" y2="17"/>').format(x(expected)))
    parts.append(Markup('<line class="range" x1="{:.1f}" x2="{:.1f}" y1="9" y2="9"/>').format(x(low), x(high)))
    parts.append(Markup('<circle class="dot" cx="{:.1f}" cy="9" r="4"/></svg>').format(x(share)))
    return Markup("").join(parts)


def meter(value: int | None, *, says: str) -> Markup:
    """A score from 0 to 100 as a short bar; an empty frame when there is no score."""
    width = 64
    inside = Markup("")
    if value is not None:
        tone = "good" if value >= 70 else "warn" if value >= 40 else "bad"
        inside = Markup('<rect class="bar {}" x="0" y="0" width="{:.1f}" height="6" rx="3"/>').format(
            tone, max(width * value / 100, 2)
        )
    return Markup(
        '<svg class="meter" viewBox="0 0 {0} 6" width="{0}" height="6" role="img" aria-label="{1}"><title>{1}</title>'
        '<rect class="trough" x="0" y="0" width="{0}" height="6" rx="3"/>{2}</svg>'
    ).format(width, says, inside)


def progress(done: int, total: int | None, *, says: str) -> Markup:
    """A bar that fills from the start; only its frame while the total is unknown."""
    width = 960
    share = min(done / total, 1.0) if total else 0.0
    return Markup(
        '<svg class="progress-bar-svg" viewBox="0 0 {0} 14" width="100%" height="14" preserveAspectRatio="none" '
        'role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="{1}" aria-label="{2}">'
        '<rect class="trough" x="0" y="0" width="{0}" height="14" rx="4"/>'
        '<rect class="bar good" x="0" y="0" width="{3:.1f}" height="14" rx="4"/></svg>'
    ).format(width, round(share * 100), says, width * share)


def table_of(bars: Sequence[Bar | Segment], *, head: str, count_head: str) -> Markup:
    """The same numbers as a table, folded away under the chart."""
    rows = Markup("").join(
        Markup('<tr><th scope="row">{}</th><td class="num">{}</td></tr>').format(
            bar.label, _anchor(str(bar.count), bar.href if bar.count else None)
        )
        for bar in bars
    )
    return Markup(
        '<details class="as-table"><summary>{}</summary><table class="grid-table"><thead><tr><th scope="col">{}</th>'
        '<th scope="col" class="num">{}</th></tr></thead><tbody>{}</tbody></table></details>'
    ).format(t("Show as a table"), head, count_head, rows)


def _head(chart_id: str, title: str, describes: str, width: int, height: int, css: str) -> Markup:
    return Markup(
        '<svg class="{css}" viewBox="0 0 {w} {h}" role="group" aria-labelledby="{i}-title {i}-desc" '
        'preserveAspectRatio="{fit}"><title id="{i}-title">{title}</title><desc id="{i}-desc">{describes}</desc>'
    ).format(
        css=css,
        w=width,
        h=height,
        i=chart_id,
        title=title,
        describes=describes,
        fit="none" if css == "shares" else "xMidYMid meet",
    )


def _linked(body: Markup, href: str | None, says: str) -> Markup:
    inside = Markup("<title>{}</title>{}").format(says, body)
    if href is None:
        return Markup("<g>{}</g>").format(inside)
    return Markup('<a href="{}" aria-label="{}">{}</a>').format(href, says, inside)


def _anchor(text: str, href: str | None) -> Markup:
    return escape(text) if href is None else Markup('<a href="{}">{}</a>').format(href, text)


def _nice_top(value: int) -> int:
    """The smallest of 4, 8, 10, 20, 40, 50, 80, 100… that holds `value`, so that the quarter lines are whole."""
    scale = 1
    while True:
        for base in (4, 8, 12, 16, 20, 40):
            if value <= base * scale:
                return base * scale
        scale *= 10


def _ticks(top: int) -> tuple[int, ...]:
    return (0, top // 2, top)
