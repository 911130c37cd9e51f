"""One contract for every adapter of the catalogue, driven with replies that each CRM's module supplies."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.contract.frappe import FrappeReplies
from tests.contract.hubspot import HubSpotReplies
from tests.contract.pipedrive import PipedriveReplies
from tests.contract.replies import ContractReplies

CONTRACTS: Mapping[str, Callable[[], ContractReplies]] = {
    "frappe": FrappeReplies,
    "hubspot": HubSpotReplies,
    "pipedrive": PipedriveReplies,
}
"""The replies of each CRM of connector.catalog.CRMS, by name."""
