"""What is learned of an account once a day: when the next lesson is due, and that it was learned."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from connector.jobs import backfill
from connector.storage import cursors

EVERY = timedelta(days=1)


def is_due(
    connection: Connection,
    install_id: str,
    name: str,
    now: datetime,
    last_news: Callable[[Connection, str], datetime | None],
) -> bool:
    """Whether the lesson `name` is to be learned at `now` (aware UTC): a day has passed since the last one, the past
    has been read, without which there is too little to learn from, and there was news since.

    `last_news`: of an install, when the last came (aware UTC), None = never; asked only where all else holds.
    """
    learned = cursors.get_cursor(connection, install_id, name)
    if learned is not None and now < learned.updated_at + EVERY:
        return False
    past = cursors.get_cursor(connection, install_id, backfill.NAME)
    if past is None or past.finished_at is None:
        return False
    news_at = last_news(connection, install_id)
    return news_at is not None and (learned is None or news_at > learned.updated_at)


def note_lesson(connection: Connection, install_id: str, name: str, learned: int, at: datetime) -> None:
    """Keep that the lesson `name` was learned at `at` (aware UTC); `learned`: of or into how many, as it counts.
    In the transaction that stores what was learned."""
    cursors.put_cursor(connection, install_id, name, cursor=None, done=learned, total=None, at=at, is_finished=True)
