"""What a database says of a fault of ours names the fault, and nothing of the people in the row."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
import structlog

from connector.logs import configure_logs, get_logger
from connector.storage.database import Database
from connector.storage.tables import owners
from tests.factories import make_install

CANARY = "Quendolin Kanarimann"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs("DEBUG", stream)
    yield stream
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.parametrize("fault", ["missing", "twice"])
def test_a_refused_row_is_not_in_the_log(database: Database, log: io.StringIO, fault: str) -> None:
    with database.write() as connection:
        install_id = make_install(connection).install_id
    row = {"install_id": install_id, "owner_id": CANARY, "email": f"{CANARY}@x.example", "team": CANARY}
    rows = [row] if fault == "missing" else [{**row, "name": CANARY}] * 2
    try:
        with database.write() as connection:
            for each in rows:
                connection.execute(sa.insert(owners).values(each))
    except sa.exc.IntegrityError:
        get_logger("test").exception("failed")
    assert "IntegrityError" in log.getvalue()
    assert "owners" in log.getvalue()
    assert "Kanarimann" not in log.getvalue()
