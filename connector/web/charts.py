"""Small drawings within a line or above a list, as SVG: pure functions from numbers to markup.

Widths and places are SVG attributes, colours are classes of assay.css, so that no inline style is needed. What is
drawn stands in words beside it. Whole pictures are those of connector.reporting.charts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a whole."""

    label: str
    count: int
    tone: str
    href: str | None = None


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


#: The heaviest reasons of lead truth fill their bar.
FULL_WEIGHT = 8.0


def weight(value: float, *, tone: str, says: str) -> Markup:
    """A weight in log-odds as a short bar from the start, as long as it is heavy."""
    width = 64
    return Markup(
        '<svg class="meter" viewBox="0 0 {0} 6" width="{0}" height="6" role="img" aria-label="{1}"><title>{1}</title>'
        '<rect class="trough" x="0" y="0" width="{0}" height="6" rx="3"/>'
        '<rect class="bar {2}" x="0" y="0" width="{3:.1f}" height="6" rx="3"/></svg>'
    ).format(width, says, tone, max(width * min(abs(value) / FULL_WEIGHT, 1), 2))


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
