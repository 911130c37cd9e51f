"""A stack whose jobs lie beside its tables: in files of their own, or all in one PostgreSQL database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import DatabaseUrls
from tests.stack import Stack


@pytest.fixture
def stack(database_urls: DatabaseUrls, tmp_path: Path) -> Iterator[Stack]:
    """Sandbox, stores and jobs; on SQLite and on PostgreSQL."""
    jobs_url = None if database_urls.database_url.startswith("sqlite") else database_urls.database_url
    with Stack(tmp_path, database_urls.database_url, database_urls.inbox_url, jobs_url=jobs_url) as ready:
        yield ready
