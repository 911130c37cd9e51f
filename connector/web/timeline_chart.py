"""The line of time of one lead as SVG: working hours shaded, who held it, every act, and when the target was broken.

Pure: instants and words in, markup out. Everything drawn stands as a row in the table under it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from markupsafe import Markup

from connector.language.texts import Texts

WIDTH = 960
_GUTTER = 92
_RIGHT = 14
_LABEL_ROW = 17
_LANE = 34
_RIBBON = 24
_AXIS = 24
_LETTER = 6.3


class Lane(StrEnum):
    """Who acted. The order is that on the page."""

    SELLER = "seller"
    LEAD = "lead"
    OTHER = "other"
    TASKS = "tasks"


class Shape(StrEnum):
    """How an act is drawn."""

    CALL = "call"
    EMAIL = "email"
    MEETING = "meeting"
    MESSAGE = "message"
    NOTE = "note"
    TASK = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One act. `is_reached`: the person was reached (a task: it is done), drawn filled. `says` is a sentence."""

    at: datetime
    lane: Lane
    shape: Shape
    is_reached: bool
    is_machine: bool
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """[start, end) during which `name` held the lead; None = nobody."""

    start: datetime
    end: datetime
    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant with a line across and a label above. `kind`: arrival, due, broken, now."""

    at: datetime
    kind: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """All that is drawn. `open_spans` are working hours; `late` is the span between the broken target and the first
    attempt (or now); `in_time` the wait that kept the target."""

    start: datetime
    end: datetime
    open_spans: Sequence[tuple[datetime, datetime]]
    held: Sequence[Held]
    marks: Sequence[Mark]
    moments: Sequence[Moment]
    late: tuple[datetime, datetime] | None = None
    in_time: tuple[datetime, datetime] | None = None

    def cut(self, start: datetime, end: datetime) -> Line:
        """The part within [start, end]."""
        return Line(
            start=start,
            end=end,
            open_spans=[span for span in self.open_spans if span[0] < end and span[1] > start],
            held=[held for held in self.held if held.start < end and held.end > start],
            marks=[mark for mark in self.marks if start <= mark.at <= end],
            moments=[moment for moment in self.moments if start <= moment.at <= end],
            late=self.late,
            in_time=self.in_time,
        )


def draw(line: Line, texts: Texts, *, chart_id: str, title: str, describes: str) -> Markup:
    """The line as SVG, in the zone of `texts`."""
    return _Drawing(line, texts).markup(chart_id, title, describes)


class _Drawing:
    def __init__(self, line: Line, texts: Texts) -> None:
        self.line, self.texts = line, texts
        #: Time begins where the reader does. All places are worked out from the left, and turned about when written.
        self.is_mirrored = texts.is_right_to_left
        self.span_s = max((line.end - line.start).total_seconds(), 1.0)
        self.plot = WIDTH - _GUTTER - _RIGHT
        self.plot_left = _RIGHT if self.is_mirrored else _GUTTER
        names = {
            Lane.SELLER: texts.t("We did"),
            Lane.LEAD: texts.t("Lead did"),
            Lane.OTHER: texts.t("Not counted"),
            Lane.TASKS: texts.t("Tasks"),
        }
        used = {mark.lane for mark in line.marks} | {Lane.SELLER}
        self.lanes = [(lane, name) for lane, name in names.items() if lane in used]
        self.labels, label_rows = self._placed_labels()
        self.top = 6 + label_rows * _LABEL_ROW
        self.lanes_top = self.top + _RIBBON + 8
        self.bottom = self.lanes_top + _LANE * len(self.lanes)
        self.height = self.bottom + _AXIS

    def x(self, at: datetime) -> float:
        share = (at - self.line.start).total_seconds() / self.span_s
        return _GUTTER + self.plot * min(max(share, 0.0), 1.0)

    def turned(self, x: float) -> float:
        """Where a point that is `x` from the reader's beginning stands."""
        return WIDTH - x if self.is_mirrored else x

    def _anchor(self, anchor: str) -> str:
        """Of a text that begins, or ends, at its point."""
        return {"start": "end", "end": "start"}[anchor] if self.is_mirrored else anchor

    def markup(self, chart_id: str, title: str, describes: str) -> Markup:
        head = Markup(
            '<svg class="timeline" viewBox="0 0 {w} {h}" role="img" aria-labelledby="{i}-title {i}-desc">'
            '<title id="{i}-title">{title}</title><desc id="{i}-desc">{describes}</desc>'
        ).format(w=WIDTH, h=self.height, i=chart_id, title=title, describes=describes)
        parts = [head, self._hours(), self._bands(), self._ribbon(), self._axis(), self._moments()]
        # Names come after the lines of the moments, which else would run through them.
        parts += [self._names(), self._marks()]
        return Markup("").join([*parts, Markup("</svg>")])

    def _rect(self, css: str, start: datetime, end: datetime, y: float, height: float) -> Markup:
        left, right = self.x(start), self.x(end)
        return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
            css, self.turned(right) if self.is_mirrored else left, y, max(right - left, 0.0), height
        )

    def _hours(self) -> Markup:
        height = self.bottom - self.top
        closed = Markup('<rect class="closed" x="{}" y="{}" width="{}" height="{}"/>').format(
            self.plot_left, self.top, self.plot, height
        )
        return closed + Markup("").join(
            self._rect("open", max(a, self.line.start), min(b, self.line.end), self.top, height)
            for a, b in self.line.open_spans
        )

    def _bands(self) -> Markup:
        parts = []
        for css, band in (("in-time", self.line.in_time), ("late", self.line.late)):
            if band is not None and band[0] < self.line.end and band[1] > self.line.start:
                parts.append(self._rect(css, band[0], band[1], self.lanes_top - 4, self.bottom - self.lanes_top + 4))
        return Markup("").join(parts)

    def _ribbon(self) -> Markup:
        t = self.texts.t
        parts = [self._lane_name(t("Held by"), self.top + _RIBBON / 2)]
        for held in self.line.held:
            name = held.name or t("nobody")
            says = t(
                "{name}: {start} to {end}",
                name=name,
                start=self.texts.moment(held.start),
                end=self.texts.moment(held.end),
            )
            parts.append(Markup("<g><title>{}</title>").format(says))
            parts.append(
                self._rect(
                    "owner-span" if held.name else "owner-none", held.start, held.end, self.top + 3, _RIBBON - 4
                )
            )
            parts.append(Markup("</g>"))
        return Markup("").join(parts)

    def _names(self) -> Markup:
        parts = []
        for held in self.line.held:
            name = held.name or self.texts.t("nobody")
            left, right = self.x(held.start), self.x(held.end)
            room = int((right - left - 8) / _LETTER)
            shown = name if len(name) <= room else (name[: room - 1] + "…" if room > 4 else "")
            parts.append(
                Markup('<text class="tick owner-name{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
                    "" if held.name else " of-none",
                    self.turned(left + 6),
                    self.top + _RIBBON / 2 + 5,
                    self._anchor("start"),
                    shown,
                )
            )
        return Markup("").join(parts)

    def _lane_name(self, name: str, y: float) -> Markup:
        css = "lane-name mirrored" if self.is_mirrored else "lane-name"
        return Markup('<text class="{}" x="{}" y="{:.1f}">{}</text>').format(
            css, self.turned(_GUTTER - 10), y + 4, name
        )

    def _axis(self) -> Markup:
        parts = []
        for index, (_, name) in enumerate(self.lanes):
            y = self.lanes_top + index * _LANE + _LANE / 2
            parts.append(self._lane_name(name, y))
            parts.append(
                Markup('<line class="lane-line" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(
                    self.turned(_GUTTER), self.turned(WIDTH - _RIGHT), y, y
                )
            )
        last_right = 0.0
        for at, label, is_day in self._ticks():
            x = self.x(at)
            if is_day:
                parts.append(
                    Markup('<line class="day" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>').format(
                        self.turned(x), self.top, self.bottom + 5
                    )
                )
            half = len(label) * _LETTER / 2
            if x - half > last_right + 6 and x + half < WIDTH:
                parts.append(
                    Markup('<text class="tick mid" x="{:.1f}" y="{}">{}</text>').format(
                        self.turned(x), self.bottom + 18, label
                    )
                )
                last_right = x + half
        parts.append(
            Markup('<rect class="frame" x="{}" y="{}" width="{}" height="{}"/>').format(
                self.plot_left, self.top, self.plot, self.bottom - self.top
            )
        )
        return Markup("").join(parts)

    def _ticks(self) -> list[tuple[datetime, str, bool]]:
        """Midnights of the zone, and whole hours when the line is short."""
        zone = ZoneInfo(self.texts.zone)
        hours = self.span_s / 3600
        step = next((n for n in (1, 2, 3, 4, 6, 12) if hours / n <= 14), 0)
        ticks: list[tuple[datetime, str, bool]] = []
        day = self.line.start.astimezone(zone).date()
        while True:
            midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
            if midnight > self.line.end:
                return ticks
            for hour in range(0, 24, step) if step else (0,):
                at = midnight.replace(hour=hour)
                if self.line.start <= at <= self.line.end:
                    ticks.append((at, self.texts.short_day(day) if hour == 0 else self.texts.time(at), hour == 0))
            day += timedelta(days=1)

    def _placed_labels(self) -> tuple[list[tuple[Moment, float, int, str]], int]:
        """Each label with its x, its row (0 = the highest) and its anchor.

        A label stands above the line of its moment, and every line runs down from its label: so a later label goes
        into the highest row below which no text is in the way of its line.
        """
        right_ends: list[float] = []
        placed = []
        for moment in sorted(self.line.moments, key=lambda moment: moment.at):
            x, width = self.x(moment.at), len(moment.label) * _LETTER
            is_at_end = x + width > WIDTH - 4
            left = x - width if is_at_end else x
            blocked = [row for row, right in enumerate(right_ends) if right + 8 >= left]
            row = blocked[-1] + 1 if blocked else 0
            while len(right_ends) <= row:
                right_ends.append(0.0)
            right_ends[row] = left + width
            placed.append((moment, x, row, "end" if is_at_end else "start"))
        return placed, max(len(right_ends), 1)

    def _moments(self) -> Markup:
        tones = {"arrival": "strong", "due": "said-warn", "broken": "said-bad", "now": ""}
        parts = []
        for moment, x, row, anchor in self.labels:
            y = _LABEL_ROW * (row + 1)
            parts.append(
                Markup('<line class="{}" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{}"/>').format(
                    moment.kind, self.turned(x), self.turned(x), y + 2, self.bottom
                )
            )
            parts.append(
                Markup('<text class="tick {}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
                    tones[moment.kind],
                    self.turned(x + (0 if anchor == "end" else -1)),
                    y,
                    self._anchor(anchor),
                    moment.label,
                )
            )
        return Markup("").join(parts)

    def _marks(self) -> Markup:
        parts = []
        for index, (lane, _) in enumerate(self.lanes):
            middle = self.lanes_top + index * _LANE + _LANE / 2
            last_x, step = -99.0, 0
            for mark in sorted((m for m in self.line.marks if m.lane is lane), key=lambda m: m.at):
                x = self.x(mark.at)
                step = (step + 1) % 3 if x - last_x < 15 else 0
                last_x = x
                parts.append(_mark(mark, self.turned(x), middle + (0, -8, 8)[step]))
        return Markup("").join(parts)


def _mark(mark: Mark, x: float, y: float) -> Markup:
    css = ["mark"]
    if mark.is_reached:
        css.append("reached")
    if mark.is_machine:
        css.append("machine")
    elif mark.lane is Lane.LEAD:
        css.append("inbound")
    elif mark.shape is Shape.TASK:
        css.append("task")
    return Markup('<g class="act"><title>{}</title>{}</g>').format(mark.says, _shape(mark.shape, " ".join(css), x, y))


def _shape(shape: Shape, css: str, x: float, y: float) -> Markup:
    if shape is Shape.CALL:
        return Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="6"/>').format(css, x, y)
    if shape is Shape.EMAIL:
        return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="12" height="10" rx="1"/>').format(
            css, x - 6, y - 5
        )
    if shape is Shape.MEETING:
        return Markup('<path class="{}" d="M{:.1f} {:.1f}l7 7l-7 7l-7 -7z"/>').format(css, x, y - 7)
    if shape is Shape.MESSAGE:
        return Markup('<path class="{}" d="M{:.1f} {:.1f}h12v8h-7l-5 4z"/>').format(css, x - 6, y - 6)
    if shape is Shape.NOTE:
        return Markup('<path class="{}" d="M{:.1f} {:.1f}h10M{:.1f} {:.1f}h10"/>').format(
            css, x - 5, y - 2, x - 5, y + 3
        )
    return Markup('<path class="{}" d="M{:.1f} {:.1f}h11v11h-11z"/>').format(css, x - 5.5, y - 5.5)


def shape_sample(shape: Shape, *, is_reached: bool = False) -> Markup:
    """A mark on its own, for the key under the line."""
    css = "mark reached" if is_reached else "mark"
    return Markup('<svg class="timeline-sample timeline" viewBox="0 0 20 20" aria-hidden="true">{}</svg>').format(
        _shape(shape, css, 10, 10)
    )


def ground_sample(css: str) -> Markup:
    """A piece of the ground (open, late) on its own, for the key under the line."""
    return Markup(
        '<svg class="timeline-sample timeline" viewBox="0 0 20 20" aria-hidden="true">'
        '<rect class="{}" x="1" y="3" width="18" height="14"/></svg>'
    ).format(css)
