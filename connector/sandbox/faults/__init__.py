"""Planted faults by family: each scenario makes leads and says the complete set of rules to be found on them."""

from typing import Final

from connector.sandbox.faults import (
    data_quality,
    deals,
    first_message,
    follow_up,
    gaming,
    neglect,
    pseudo_lead,
    response,
)
from connector.sandbox.faults.planting import Scenario

#: Every scenario with its weight beside the others.
FAULTS: Final[tuple[tuple[Scenario, int], ...]] = (
    *response.SCENARIOS,
    *neglect.SCENARIOS,
    *follow_up.SCENARIOS,
    *deals.SCENARIOS,
    *gaming.SCENARIOS,
    *first_message.SCENARIOS,
    *pseudo_lead.SCENARIOS,
    *data_quality.SCENARIOS,
)
