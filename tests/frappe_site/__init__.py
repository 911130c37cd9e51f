"""A Frappe site with its CRM for tests: in memory, over real HTTP, shaped by what Frappe 15.55 answered."""

from tests.frappe_site.server import FrappeSite

__all__ = ["FrappeSite"]
