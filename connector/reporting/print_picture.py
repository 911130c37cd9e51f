"""A picture on paper: its shapes as SVG, and its words as HTML laid over them.

WeasyPrint sets the text of an SVG letter by letter, which tears Arabic apart; as HTML it is set as every other text.
"""

from __future__ import annotations

import base64
import math
import re
from dataclasses import dataclass
from xml.etree import ElementTree

from markupsafe import Markup

from connector.reporting.charts.picture import Picture

_SVG = "http://www.w3.org/2000/svg"
_TEXT = f"{{{_SVG}}}text"
_ACT = re.compile(r"(translate|rotate)\(([^)]*)\)")
#: A label has room for so much, in the picture's own units; none is as long.
_ROOM = 300.0
#: From the top of a line of our font to its baseline, and the whole line, in parts of the size.
_ASCENT, _LINE = 1.069, 1.362
_ALIGN = {"start": ("left", 0.0), "middle": ("center", 0.5), "end": ("right", 1.0)}


@dataclass(frozen=True, slots=True)
class _Label:
    text: str
    x: float
    y: float
    angle: float
    anchor: str
    size: float
    colour: str


def printed(shown: Picture, width_pt: float) -> Markup:
    """The picture at `width_pt` points, with its text alternative; empty where there is nothing to draw."""
    drawn = shown.svg(is_print=True)
    if drawn is None:
        return Markup("")
    # Drawn by us a moment ago: there are no entities in it.
    root = ElementTree.fromstring(drawn)  # noqa: S314
    labels: list[_Label] = []
    _take_labels(root, 0.0, 0.0, labels)
    scale = width_pt / float(root.get("width", "640"))
    height_pt = float(root.get("height", "200")) * scale
    ElementTree.register_namespace("", _SVG)
    held = base64.b64encode(ElementTree.tostring(root)).decode()
    return Markup(
        '<div class="plot" style="width: {:.2f}pt; height: {:.2f}pt">'
        '<img src="data:image/svg+xml;base64,{}" alt="{}" style="width: {:.2f}pt; height: {:.2f}pt">{}</div>'
    ).format(
        width_pt,
        height_pt,
        held,
        shown.says,
        width_pt,
        height_pt,
        Markup("").join(_written(each, scale) for each in labels),
    )


def _take_labels(node: ElementTree.Element, x: float, y: float, labels: list[_Label]) -> None:
    x, y, _ = _placed(node, x, y)
    for child in list(node):
        if child.tag == _TEXT:
            # Those that would overlap others are there, but cannot be seen.
            if child.text and child.get("opacity") != "0":
                at_x, at_y, angle = _placed(child, x, y)
                labels.append(
                    _Label(
                        child.text,
                        at_x,
                        at_y,
                        angle,
                        child.get("text-anchor", "start"),
                        float(child.get("font-size", "12px").removesuffix("px")),
                        child.get("fill", "#000000"),
                    )
                )
            node.remove(child)
        else:
            _take_labels(child, x, y, labels)


def _placed(node: ElementTree.Element, x: float, y: float) -> tuple[float, float, float]:
    """Where its own origin lies, and how many degrees it is turned clockwise."""
    angle = 0.0
    for act, numbers in _ACT.findall(node.get("transform", "")):
        values = [float(each) for each in re.split(r"[ ,]+", numbers.strip())]
        if act == "rotate":
            angle += values[0]
            continue
        right, down = values[0], values[1] if len(values) > 1 else 0.0
        turn = math.radians(angle)
        x += right * math.cos(turn) - down * math.sin(turn)
        y += right * math.sin(turn) + down * math.cos(turn)
    return x, y, angle


def _written(label: _Label, scale: float) -> Markup:
    align, part = _ALIGN[label.anchor]
    size, room = label.size * scale, _ROOM * scale
    left, top = label.x * scale - room * part, label.y * scale - _ASCENT * size
    turned = (
        f"; transform-origin: {room * part:.2f}pt {_ASCENT * size:.2f}pt; transform: rotate({label.angle:g}deg)"
        if label.angle
        else ""
    )
    return Markup(
        '<span class="word" style="left: {:.2f}pt; top: {:.2f}pt; width: {:.2f}pt; text-align: {}; '
        'font-size: {:.2f}pt; line-height: {:.2f}pt; color: {}{}">{}</span>'
    ).format(left, top, room, align, size, _LINE * size, label.colour, turned, label.text)
