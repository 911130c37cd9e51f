"""Which CRM a sandbox plays: the dialects by name, and their configuration files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connector.sandbox.config import SandboxConfig, config_from_json
from connector.sandbox.pipedrive.config import PipedriveConfig, pipedrive_config_from_json

AnyConfig = SandboxConfig | PipedriveConfig
DIALECTS: Final = ("hubspot", "pipedrive")


def read_config(document: Mapping[str, object], dialect: str | None = None) -> AnyConfig:
    """The configuration of a sandbox from JSON; its key `dialect` is hubspot when nobody says other.

    Raises ValueError for an unknown dialect, one that differs from the one asked for, and a wrong key.
    """
    rest = {name: value for name, value in document.items() if name != "dialect"}
    written = document.get("dialect", dialect or DIALECTS[0])
    if written not in DIALECTS:
        raise ValueError(f"unknown dialect {written!r}; known are {', '.join(DIALECTS)}")
    if dialect not in (None, written):
        raise ValueError(f"the file is for the dialect {written}, not {dialect}")
    return pipedrive_config_from_json(rest) if written == "pipedrive" else config_from_json(rest)
