"""Texts of messages: kept only as long as the policy says, and never longer than anybody needs to judge them."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.model.activity import Activity
from connector.storage.column_types import storable
from connector.storage.tables import activities
from connector.storage.text_prints import drop_prints

#: Longer texts are cut: what a first message says stands at its beginning.
LONGEST_TEXT = 10_000

#: Why the texts of a lead are not seen after their time.
NO_LONGER_KEPT = "The texts of older messages of this lead are no longer kept."


def kept_texts(activity: Activity, kept_since: datetime) -> dict[str, object]:
    """The text columns of an activity. Of one that took place or was entered before `kept_since` nothing is kept but
    that there was a text."""
    has_text = bool(activity.subject or activity.text)
    if has_text and min(activity.occurred_at, activity.recorded_at) < kept_since:
        return {"subject": None, "text": None, "is_text_wiped": True}
    return {"subject": _cut(activity.subject), "text": _cut(activity.text), "is_text_wiped": False}


def _cut(text: str | None) -> str | None:
    return None if text is None else storable(text)[:LONGEST_TEXT]


def wipe_texts(conn: Connection, install_id: str, at: datetime, keep_days: int) -> int:
    """Wipe the texts of acts that took place or were entered more than `keep_days` days before `at` (aware UTC).

    Returns how many. What was found in them stands, until the lead is judged anew.
    """
    before = at - timedelta(days=keep_days)
    done = conn.execute(
        sa.update(activities)
        .where(
            activities.c.install_id == install_id,
            sa.or_(activities.c.occurred_at < before, activities.c.recorded_at < before),
            sa.or_(activities.c.subject.is_not(None), activities.c.text.is_not(None)),
        )
        .values(subject=None, text=None, is_text_wiped=True)
    )
    drop_prints(conn, install_id, before)
    return done.rowcount
