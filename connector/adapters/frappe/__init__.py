"""Frappe CRM, on a site of the customer's own: CRM Lead is the lead. BEHAVIOR.md tells what is not obvious."""

from connector.adapters.frappe.adapter import FrappeAdapter, capabilities_for
from connector.adapters.frappe.client import RULES, FrappeClient, lanes
from connector.adapters.frappe.economy import ECONOMY
from connector.adapters.frappe.events import parse_delivery
from connector.adapters.frappe.mapping import MAPPABLE, STATUS_WORDS
from connector.adapters.frappe.oauth import REQUIRED_SCOPES, FrappeOAuth
from connector.adapters.frappe.site import check_site

__all__ = [
    "ECONOMY",
    "MAPPABLE",
    "REQUIRED_SCOPES",
    "RULES",
    "STATUS_WORDS",
    "FrappeAdapter",
    "FrappeClient",
    "FrappeOAuth",
    "capabilities_for",
    "check_site",
    "lanes",
    "parse_delivery",
]
