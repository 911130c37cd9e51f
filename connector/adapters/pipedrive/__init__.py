"""Pipedrive: records of the Leads inbox and deals are the leads. BEHAVIOR.md tells what is not obvious."""

from connector.adapters.pipedrive.adapter import PipedriveAdapter, capabilities_for
from connector.adapters.pipedrive.client import RULES, PipedriveClient, lanes
from connector.adapters.pipedrive.economy import ECONOMY
from connector.adapters.pipedrive.events import parse_delivery
from connector.adapters.pipedrive.mapping import MAPPABLE
from connector.adapters.pipedrive.oauth import (
    DENIALS,
    OPTIONAL_SCOPES,
    REQUIRED_SCOPES,
    PipedriveOAuth,
    checked_api_url,
    parse_uninstall,
)

__all__ = [
    "DENIALS",
    "ECONOMY",
    "MAPPABLE",
    "OPTIONAL_SCOPES",
    "REQUIRED_SCOPES",
    "RULES",
    "PipedriveAdapter",
    "PipedriveClient",
    "PipedriveOAuth",
    "capabilities_for",
    "checked_api_url",
    "lanes",
    "parse_delivery",
    "parse_uninstall",
]
