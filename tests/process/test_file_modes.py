"""What our processes write is for their own user alone, whatever umask and folder they were given."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tests.conftest import DatabaseUrls
from tests.stack import PORTAL, Stack
from tests.waiting import wait_for

pytestmark = pytest.mark.process


def test_others_on_the_machine_can_read_nothing(sqlite_urls: DatabaseUrls, tmp_path: Path):
    tmp_path.chmod(0o777)
    for copied in tmp_path.glob("*.sqlite"):
        copied.chmod(0o600)  # as we make them; what SQLite puts beside them has their mode
    with Stack(tmp_path, sqlite_urls.database_url, sqlite_urls.inbox_url) as stack:
        stack.install()
        stack.control.create_contact(PORTAL, {"firstname": "Ada", "email": "ada@example.org"})
        before = {*tmp_path.rglob("*"), stack.worker_log}
        usual = os.umask(0)
        try:
            stack.start_worker()
        finally:
            os.umask(usual)
        names = {"jobs.sqlite", "budget.sqlite"}
        wait_for(lambda: names <= {path.name for path in tmp_path.rglob("*")})
        stack.wait(lambda: bool(stack.control.writes(door="api", action="update")))
        made = [path for path in tmp_path.rglob("*") if path not in before and path != stack.worker_log]
        open_to_others = {path.name: oct(stat.S_IMODE(path.stat().st_mode)) for path in made if path.is_file()}
        assert names <= open_to_others.keys()
        assert {name: mode for name, mode in open_to_others.items() if mode != "0o600"} == {}
