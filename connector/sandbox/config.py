"""How a sandbox is set up (fixed) and how it behaves at the moment (changeable through the control API)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from connector.sandbox.config_reading import changed, known, mapping, sequence, tuples

ALL_SCOPES: Final = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",
    "crm.objects.deals.read",
    "crm.objects.deals.write",
    "crm.objects.leads.read",
    "crm.objects.leads.write",
    "crm.objects.owners.read",
    "crm.schemas.contacts.read",
    "crm.schemas.contacts.write",
    "crm.schemas.companies.write",
    "crm.schemas.deals.write",
    "sales-email-read",
)
REQUIRED_SCOPES: Final = (
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.owners.read",
    "crm.schemas.contacts.write",
)
LEAD_SCOPES: Final = frozenset({"crm.objects.leads.read", "crm.objects.leads.write"})


@dataclass(frozen=True, slots=True)
class Subscription:
    """One webhook subscription: event as on the wire (`object.creation`, `contact.privacyDeletion`), the object
    type in the singular (`contact`) and, for property changes, the property."""

    event: str
    object_type: str
    property_name: str | None = None


def _default_subscriptions() -> tuple[Subscription, ...]:
    contact_properties = (
        "email",
        "phone",
        "mobilephone",
        "firstname",
        "lastname",
        "hubspot_owner_id",
        "lifecyclestage",
        "hs_lead_status",
    )
    created = ("contact", "call", "email", "meeting", "note", "task", "communication")
    return (
        *(Subscription("object.creation", name) for name in created),
        *(Subscription("object.propertyChange", "contact", name) for name in contact_properties),
        Subscription("object.propertyChange", "task", "hs_task_status"),
        *(Subscription("object.deletion", name) for name in created),
        Subscription("object.merge", "contact"),
        Subscription("object.restore", "contact"),
        Subscription("contact.privacyDeletion", "contact"),
    )


@dataclass(frozen=True, slots=True)
class ClientApp:
    """The app that is installed: what a developer would have entered in a HubSpot project."""

    client_id: str = "sandbox-client-id"
    client_secret: str = "sandbox-client-secret"  # noqa: S105 - of a pretend CRM
    app_id: int = 51_879_189
    name: str = "Lead Assay"
    redirect_uris: tuple[str, ...] = ("http://127.0.0.1:8000/oauth/hubspot/callback",)
    required_scopes: tuple[str, ...] = REQUIRED_SCOPES
    conditional_scopes: tuple[str, ...] = ("crm.objects.leads.read", "crm.objects.leads.write")
    optional_scopes: tuple[str, ...] = tuple(scope for scope in ALL_SCOPES if scope not in REQUIRED_SCOPES)
    webhook_url: str | None = None
    subscriptions: tuple[Subscription, ...] = field(default_factory=_default_subscriptions)


@dataclass(frozen=True, slots=True)
class PortalUser:
    """A person of a portal. Only a super admin may install apps."""

    user_id: int
    email: str
    name: str
    is_super_admin: bool = False


@dataclass(frozen=True, slots=True)
class PortalConfig:
    """One CRM account."""

    portal_id: int
    name: str = "Sandbox account"
    hub_domain: str = "sandbox.example"
    account_type: str = "DEVELOPER_TEST"
    time_zone: str = "America/New_York"
    currency: str = "USD"
    users: tuple[PortalUser, ...] = ()
    has_leads_object: bool = False
    grantable_scopes: tuple[str, ...] | None = None
    """What the users may grant; None = everything asked for."""


def _default_portals() -> tuple[PortalConfig, ...]:
    return (
        PortalConfig(
            portal_id=247_279_312,
            name="Northwind Sales",
            hub_domain="northwind.example",
            users=(
                PortalUser(98_499_705, "ada.admin@northwind.example", "Ada Admin", is_super_admin=True),
                PortalUser(98_499_706, "rob.rep@northwind.example", "Rob Rep"),
            ),
        ),
        PortalConfig(
            portal_id=247_279_313,
            name="Southwind Homes",
            hub_domain="southwind.example",
            time_zone="Europe/Berlin",
            currency="EUR",
            users=(
                PortalUser(98_500_001, "sam.admin@southwind.example", "Sam Admin", is_super_admin=True),
                PortalUser(98_500_002, "rita.rep@southwind.example", "Rita Rep"),
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Behaviour that may be changed while the sandbox runs. Spans in seconds.

    Figures are HubSpot's: 110 calls / 10 s and 5 searches / s per account, 10,000 search results, 5 s for a webhook
    answer, 10 retries within 24 h, access tokens of 1800 s.
    """

    rate_limit: int = 110
    rate_window_s: float = 10.0
    search_limit: int = 5
    search_window_s: float = 1.0
    search_cap: int = 10_000
    index_lag_s: float = 0.0
    association_page_size: int = 500
    access_token_ttl_s: int = 1800
    auth_code_ttl_s: int = 600
    rotate_refresh_tokens: bool = False
    partial_on_invalid: bool = True
    """A bad value in one record of a batch: True = 207 with that record refused, False = 400 for the whole batch."""
    webhooks_on: bool = True
    webhook_url: str | None = None
    webhook_sign_url: str | None = None
    """The URL put into the signature when it is not the one called (the app behind a proxy)."""
    webhook_batch_size: int = 100
    webhook_window_s: float = 0.05
    webhook_timeout_s: float = 5.0
    webhook_concurrency: int = 10
    webhook_max_retries: int = 10
    retry_time_scale: float = 1.0
    """1.0 = retries spread over 24 h; 0.001 = over 86 s."""
    creation_fires_changes: bool = True
    """A creation also fires the subscribed property changes of its first values, as HubSpot does."""

    def changed(self, values: Mapping[str, object]) -> Settings:
        """A copy with these values. Raises ValueError naming an unknown name or a wrong type."""
        return changed(self, values, {"webhook_url": str, "webhook_sign_url": str})


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """Everything a sandbox starts with. `control_token` guards the control API; `seed` fixes its dice."""

    port: int = 0
    app: ClientApp = field(default_factory=ClientApp)
    portals: tuple[PortalConfig, ...] = field(default_factory=_default_portals)
    settings: Settings = field(default_factory=Settings)
    control_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    seed: int = 20_261_121
    first_id: int = 546_500_000_001
    """Ids of each portal and type start here, so that two portals hold equal ids, as may happen in life."""


def config_from_json(document: Mapping[str, object]) -> SandboxConfig:
    """The configuration file (`--config`): keys as in SandboxConfig. Raises ValueError naming a wrong key."""
    values = known(SandboxConfig, document, "the configuration")
    if "app" in values:
        app = known(ClientApp, mapping(values["app"], "app"), "app")
        if "subscriptions" in app:
            app["subscriptions"] = tuple(
                Subscription(**known(Subscription, mapping(entry, "subscriptions"), "subscriptions"))  # type: ignore[arg-type]
                for entry in sequence(app["subscriptions"], "subscriptions")
            )
        values["app"] = ClientApp(**tuples(app))  # type: ignore[arg-type]
    if "portals" in values:
        values["portals"] = tuple(
            _portal(mapping(entry, "portals")) for entry in sequence(values["portals"], "portals")
        )
    if "settings" in values:
        values["settings"] = Settings().changed(mapping(values["settings"], "settings"))
    return SandboxConfig(**values)  # type: ignore[arg-type]


def _portal(document: Mapping[str, object]) -> PortalConfig:
    values = known(PortalConfig, document, "portals")
    values["users"] = tuple(
        PortalUser(**known(PortalUser, mapping(entry, "users"), "users"))  # type: ignore[arg-type]
        for entry in sequence(values.get("users", ()), "users")
    )
    return PortalConfig(**tuples(values))  # type: ignore[arg-type]
