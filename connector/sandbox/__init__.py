"""A CRM to try things out on: an own process that speaks HubSpot's dialect over HTTP, on loopback only.

Nothing of the product imports it but the command line and the tests; it imports nothing of the product.
"""

from connector.sandbox.client import SandboxControl
from connector.sandbox.config import (
    ClientApp,
    PortalConfig,
    PortalUser,
    SandboxConfig,
    Settings,
    Subscription,
    config_from_json,
)
from connector.sandbox.server import SandboxHandle, create_sandbox, run_in_thread, serve

__all__ = [
    "ClientApp",
    "PortalConfig",
    "PortalUser",
    "SandboxConfig",
    "SandboxControl",
    "SandboxHandle",
    "Settings",
    "Subscription",
    "config_from_json",
    "create_sandbox",
    "run_in_thread",
    "serve",
]
