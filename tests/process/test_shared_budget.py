"""All workers of one install together stay inside what the CRM allows, and use it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connector.sandbox.config import Settings as HubSpotSettings
from tests.conftest import DatabaseUrls
from tests.sides.callers import call_together, use_of
from tests.sides.hubspot import FAST, HubSpotSide
from tests.stack import Stack

pytestmark = pytest.mark.process
REAL = HubSpotSettings()


def test_three_processes_use_all_that_hubspot_allows_and_are_never_refused(
    sqlite_urls: DatabaseUrls, tmp_path: Path
) -> None:
    side = HubSpotSide(replace(FAST, rate_limit=REAL.rate_limit, rate_window_s=REAL.rate_window_s))
    allowed = {"LEADASSAY_CRM_CALLS_PER_10S": ""}
    with Stack(tmp_path, sqlite_urls.database_url, sqlite_urls.inbox_url, env=allowed, side=side) as stack:
        install = stack.install()
        stack.control.settings(rate_limit=REAL.rate_limit)  # also forgets the calls of the consent
        side.forget_calls()
        call_together(stack.env, install.install_id, REAL.rate_window_s / 2, processes=3)
        calls = [call for call in side.calls() if not call.is_oauth]
    use = use_of(calls, REAL.rate_limit, REAL.rate_window_s)
    assert use.refused == 0
    # Nobody leaves anything of an open window, and whoever waited for the next one got in.
    assert use.first_window == REAL.rate_limit
    assert use.made > REAL.rate_limit
