"""A CRM to try things out on: an own process that speaks the dialect of HubSpot or Pipedrive, on loopback only.

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
from connector.sandbox.dialects import read_config
from connector.sandbox.pipedrive.client import PipedriveControl
from connector.sandbox.pipedrive.config import PipedriveConfig
from connector.sandbox.pipedrive.server import PipedriveHandle
from connector.sandbox.server import SandboxHandle, create_sandbox, run_in_thread, serve

__all__ = [
    "ClientApp",
    "PipedriveConfig",
    "PipedriveControl",
    "PipedriveHandle",
    "PortalConfig",
    "PortalUser",
    "SandboxConfig",
    "SandboxControl",
    "SandboxHandle",
    "Settings",
    "Subscription",
    "config_from_json",
    "create_sandbox",
    "read_config",
    "run_in_thread",
    "serve",
]
