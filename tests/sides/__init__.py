"""The CRM's side of a test: one module per CRM, all by the protocol in side.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tests.sides.frappe import FrappeSide
from tests.sides.hubspot import HubSpotSide
from tests.sides.pipedrive import PipedriveSide
from tests.sides.side import Side

SIDES: Mapping[str, Callable[[], Side]] = {
    "frappe": FrappeSide,
    "hubspot": HubSpotSide,
    "pipedrive": PipedriveSide,
}
"""How a quick one is made for each CRM of connector.catalog.CRMS, by name."""
