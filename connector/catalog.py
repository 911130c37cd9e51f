"""The explicit list of CRMs. A new one is one folder under adapters/ and one entry here (docs/adding-a-crm.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from connector.adapters import hubspot
from connector.budget import open_budget
from connector.crm.port import Capabilities, CrmAdapter, CrmEvent, CrmOAuth
from connector.errors import ConfigError
from connector.server_rules import TokenSource
from connector.settings import CrmApp, Settings
from connector.storage.installs import Install
from connector.transport import Transport


class TokenGiver(Protocol):
    """Where an install's tokens come from; TokenKeeper is one."""

    def source(self, install_id: str) -> TokenSource:
        """The tokens of one install."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmEntry:
    """One CRM: its name for people, what it asks for at consent, and how its parts are made.

    `receiver`: the name of its receiver in webhooks.roster. `issuer`: what its authorization server calls itself in
    `iss` (RFC 9207), None where it does not. `is_set_up(settings)`: whether the app's credentials are there.
    """

    label: str
    receiver: str
    required_scopes: tuple[str, ...]
    optional_scopes: tuple[str, ...]
    issuer: str | None
    is_set_up: Callable[[Settings], bool]
    oauth: Callable[[Settings], CrmOAuth]
    adapter: Callable[[Settings, Install, TokenSource], CrmAdapter]
    capabilities: Callable[[tuple[str, ...]], Capabilities]
    parse_delivery: Callable[[bytes], tuple[CrmEvent, ...]]

    def missing_scopes(self, granted: tuple[str, ...]) -> tuple[str, ...]:
        """Scopes that we ask for and did not get."""
        return tuple(scope for scope in (*self.required_scopes, *self.optional_scopes) if scope not in granted)


def _hubspot_app(settings: Settings) -> CrmApp:
    if settings.hubspot is None:
        raise ConfigError("HUBSPOT_CLIENT_ID and HUBSPOT_CLIENT_SECRET are missing: HubSpot cannot be connected.")
    return settings.hubspot


def _hubspot_adapter(settings: Settings, install: Install, tokens: TokenSource) -> CrmAdapter:
    api_url = _hubspot_app(settings).api_url
    transport = Transport(
        api_url,
        allowed_origins=frozenset({api_url}),
        rules=hubspot.RULES,
        budget=open_budget(
            settings.data_dir / "budget.sqlite", install.install_id, hubspot.lanes(settings.crm_calls_per_10s)
        ),
        tokens=tokens,
    )
    return hubspot.HubSpotAdapter(
        hubspot.HubSpotClient(transport),
        record_url_base=install.record_url_base,
        missing_scopes=install.missing_scopes,
    )


CRMS: Mapping[str, CrmEntry] = {
    "hubspot": CrmEntry(
        label="HubSpot",
        receiver="hubspot",
        required_scopes=hubspot.REQUIRED_SCOPES,
        optional_scopes=hubspot.OPTIONAL_SCOPES,
        issuer=None,
        is_set_up=lambda settings: settings.hubspot is not None,
        oauth=lambda settings: hubspot.HubSpotOAuth(_hubspot_app(settings)),
        adapter=_hubspot_adapter,
        capabilities=hubspot.capabilities_for,
        parse_delivery=hubspot.parse_delivery,
    ),
}
"""Every CRM by the name that stands in URLs, tables and settings."""


def find_crm(name: str) -> CrmEntry | None:
    """The entry of that name, or None."""
    return CRMS.get(name)


def oauth_for(settings: Settings, crm: str) -> CrmOAuth:
    """The OAuth side of the CRM of that name. Raises KeyError for a name that is not in the list."""
    return CRMS[crm].oauth(settings)


def adapter_for_install(settings: Settings, tokens: TokenGiver, install: Install) -> CrmAdapter:
    """The adapter for an install, on that install's tokens and budget."""
    return CRMS[install.crm].adapter(settings, install, tokens.source(install.install_id))
