"""An account with some months of history per test, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import DatabaseUrls
from tests.reports.account import Account
from tests.stack import Stack


@pytest.fixture
def stack(database_urls: DatabaseUrls, tmp_path: Path) -> Iterator[Stack]:
    """Sandbox, stores and jobs; on SQLite and on PostgreSQL."""
    with Stack(tmp_path, database_urls.database_url, database_urls.inbox_url) as ready:
        yield ready


@pytest.fixture
def account(stack: Stack) -> Account:
    """A seeded account, audited."""
    made = Account(stack)
    made.fill(90, seed=4)
    made.audit()
    return made
