"""The CRMs that the demo can show: one file each."""

from collections.abc import Mapping
from typing import Final

from connector.demo.crm import DemoCrm
from connector.demo.crms.hubspot import HubSpotDemo
from connector.demo.crms.pipedrive import PipedriveDemo

DEMO_CRMS: Final[Mapping[str, DemoCrm]] = {"hubspot": HubSpotDemo(), "pipedrive": PipedriveDemo()}
"""By the name in the catalogue; the first is shown unless another is asked for."""
