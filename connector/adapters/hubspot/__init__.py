"""HubSpot: contacts are the leads; engagements are the activities. BEHAVIOR.md tells what is not obvious."""

from connector.adapters.hubspot.adapter import LEAD_FIELDS, HubSpotAdapter, capabilities_for
from connector.adapters.hubspot.client import RULES, HubSpotClient, lanes
from connector.adapters.hubspot.economy import ECONOMY
from connector.adapters.hubspot.events import parse_delivery
from connector.adapters.hubspot.mapping import MAPPABLE, STATUS_WORDS
from connector.adapters.hubspot.oauth import OPTIONAL_SCOPES, REQUIRED_SCOPES, HubSpotOAuth

__all__ = [
    "ECONOMY",
    "LEAD_FIELDS",
    "MAPPABLE",
    "OPTIONAL_SCOPES",
    "REQUIRED_SCOPES",
    "RULES",
    "STATUS_WORDS",
    "HubSpotAdapter",
    "HubSpotClient",
    "HubSpotOAuth",
    "capabilities_for",
    "lanes",
    "parse_delivery",
]
