"""The stack of the jobs, on SQLite: what is particular to databases is tested with the storage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import DatabaseUrls
from tests.stack import Stack


@pytest.fixture
def stack(sqlite_urls: DatabaseUrls, tmp_path: Path) -> Iterator[Stack]:
    """Sandbox, stores and jobs."""
    with Stack(tmp_path, sqlite_urls.database_url, sqlite_urls.inbox_url) as ready:
        yield ready
