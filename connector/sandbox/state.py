"""All portals of a sandbox, in memory."""

from __future__ import annotations

from collections.abc import Callable

from connector.sandbox.config import SandboxConfig, Settings
from connector.sandbox.journal import Journal
from connector.sandbox.portal import Portal
from connector.sandbox.wire import not_found


class Store:
    """The portals and their one journal."""

    def __init__(self, config: SandboxConfig, settings: Callable[[], Settings]) -> None:
        self.journal = Journal(settings)
        self.portals: dict[int, Portal] = {
            portal.portal_id: Portal(portal, config.first_id, self.journal) for portal in config.portals
        }

    def portal(self, portal_id: int) -> Portal:
        """Raises ApiError 404 for an unknown portal."""
        try:
            return self.portals[portal_id]
        except KeyError:
            raise not_found(f"There is no account {portal_id} in this sandbox.") from None
