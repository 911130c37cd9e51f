"""The page of one lead: its line of time says of the first attempt what the findings say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.crm.port import LeadRecord
from tests.factories import make_activity, make_lead
from tests.web.conftest import WebApp
from tests.web.seed import NOW, Tenant, store_and_audit

ARRIVED = NOW - timedelta(hours=4)
ASKED = ARRIVED + timedelta(minutes=40)


@pytest.mark.parametrize(
    ("calls_after_min", "is_broken", "is_in_time"),
    [
        ((20, 130), True, False),  # at 40 min he was to be called, and 30 min are agreed
        ((20, 60), False, True),
        ((20,), True, False),  # a call before the asked time does not end the wait
        ((), True, False),
    ],
)
def test_the_line_of_time_judges_by_the_time_that_was_asked_for(
    web: WebApp, tenant: Tenant, calls_after_min: tuple[int, ...], is_broken: bool, is_in_time: bool
):
    lead = replace(
        make_lead("4711"),
        received_at=ARRIVED,
        recorded_at=ARRIVED,
        preferred_at=ASKED,
        owner_id=tenant.rep_owner_id,
    )
    calls = tuple(
        replace(
            make_activity(f"c{minutes}", "4711"),
            occurred_at=ARRIVED + timedelta(minutes=minutes),
            recorded_at=ARRIVED + timedelta(minutes=minutes),
            owner_id=tenant.rep_owner_id,
        )
        for minutes in calls_after_min
    )
    store_and_audit(web.context, tenant.install_id, [LeadRecord(lead=lead, activities=calls)])
    page = web.signed_in(tenant, tenant.admin_id).get("/leads/4711").text
    assert ("target broken" in page) == is_broken
    assert ("Target for the first attempt broken" in page) == is_broken
    assert ('class="in-time"' in page) == is_in_time
    late = {"RT001", "RT002"} & {part.partition('"')[0] for part in page.split('class="finding" id="')[1:]}
    breached = page.partition("without a breach")[0]
    assert any(f'id="{rule}"' in breached for rule in late) == is_broken
