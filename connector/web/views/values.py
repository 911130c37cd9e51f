"""/settings/values: what the CRM's free values mean. For admins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from connector.crm.values import MappableField
from connector.jobs.meanings import keep_meanings
from connector.storage import cursors
from connector.web.access import Access, needs, viewer
from connector.web.labels import crm_name
from connector.web.site import site
from connector.web.texts import current, t
from connector.web.value_rows import ValueRow, anchor_of, mappable, value_rows
from connector.web.views.install import Bar, reading_bar

pages = Blueprint("values", __name__)

_PREFIX = "means-"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPanel:
    """One field with its values, those without a meaning first."""

    name: str
    anchor: str
    label: str
    explains: str
    choices: tuple[tuple[str, str], ...]
    words: Mapping[str, str]
    rows: list[ValueRow]
    unknown_says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ValuesPage:
    """What the page prints. `bar`: how far the reading is while one is under way."""

    crm_label: str
    panels: list[FieldPanel]
    bar: Bar | None
    days: int
    wrong_field: str


@pages.get("/settings/values")
@needs(Access.ADMIN)
def values() -> str:
    """The page as it stands."""
    return _page()


@pages.post("/settings/values")
@needs(Access.ADMIN)
def save() -> Response | tuple[str, int]:
    """Keep what the values of one field mean, or take one choice back; then read the leads again."""
    me, now = viewer(), site().now()
    chosen_field = next((one for one in mappable(me.install.crm) if one.name == request.form.get("field")), None)
    if chosen_field is None:
        abort(400)
    with site().database.read() as connection:
        rows = value_rows(connection, me.install_id, chosen_field)
    wanted = _wanted(chosen_field, rows)
    if wanted is None:
        return _page(wrong_field=chosen_field.name), 422
    said = "mapped" if keep_meanings(site().jobs, me.install_id, wanted, now) else "same"
    return redirect(f"/settings/values?note={said}#{anchor_of(chosen_field.name)}", 303)


def _wanted(mapped: MappableField, rows: list[ValueRow]) -> dict[tuple[str, str], str | None] | None:
    """(field, value) → meaning as the form says, None = taken back; None when the form names what is no choice."""
    undone = request.form.get("undo")
    wanted: dict[tuple[str, str], str | None] = {}
    for row in rows:
        said = request.form.get(_PREFIX + row.key)
        if undone is not None:
            said = "" if undone == row.key else None
        if said is None:
            continue
        if said and said not in mapped.meanings:
            return None
        wanted |= {(mapped.name, value): said or None for value in row.spelled}
    return wanted


def _page(wrong_field: str = "") -> str:
    me = viewer()
    with site().database.read() as connection:
        reading = cursors.get_cursor(connection, me.install_id, "backfill")
        panels = [_panel(one, value_rows(connection, me.install_id, one)) for one in mappable(me.install.crm)]
    is_reading = reading is None or reading.finished_at is None
    page = ValuesPage(
        crm_label=crm_name(me.install.crm),
        panels=panels,
        bar=reading_bar() if is_reading else None,
        days=site().settings.backfill_days,
        wrong_field=wrong_field,
    )
    return render_template("values.html", page=page)


def _panel(mapped: MappableField, rows: list[ValueRow]) -> FieldPanel:
    unknown = sum(row.is_unknown for row in rows)
    return FieldPanel(
        name=mapped.name,
        anchor=anchor_of(mapped.name),
        label=t(mapped.label),
        explains=t(mapped.explains),
        choices=tuple((meaning, t(words)) for meaning, words in mapped.choices),
        words={meaning: t(words) for meaning, words in mapped.choices},
        rows=rows,
        unknown_says=current().plural("{n} value without a meaning", "{n} values without a meaning", unknown)
        if unknown
        else "",
    )
