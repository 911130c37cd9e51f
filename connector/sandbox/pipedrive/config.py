"""How a sandbox of Pipedrive's dialect is set up (fixed) and how it behaves at the moment (changeable)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from connector.sandbox.config_reading import changed, known, mapping, sequence, tuples

ALL_SCOPES: Final = (
    "base",
    "users:read",
    "contacts:full",
    "deals:full",
    "leads:full",
    "activities:full",
    "deal-fields:full",
    "contact-fields:full",
    "recents:read",
    "mail:read",
    "phone-integration",
    "webhooks:full",
)
#: Tokens a day = this figure × the plan's factor × seats.
TOKENS_PER_SEAT: Final = 30_000
#: plan -> (factor of the daily budget, calls of one OAuth token in the burst window)
PLANS: Final[Mapping[str, tuple[int, int]]] = {
    "lite": (1, 80),
    "growth": (2, 160),
    "premium": (5, 400),
    "ultimate": (7, 480),
}


@dataclass(frozen=True, slots=True)
class PipedriveApp:
    """The app that is installed: what a developer would have entered in the Developer Hub."""

    client_id: str = "sandbox-client-id"
    client_secret: str = "sandbox-client-secret"  # noqa: S105 - of a pretend CRM
    name: str = "Lead Assay"
    redirect_uri: str = "http://127.0.0.1:8000/oauth/pipedrive/callback"
    scopes: tuple[str, ...] = ALL_SCOPES


@dataclass(frozen=True, slots=True)
class CompanyUser:
    """A person of a company. An admin sees every record, others what is theirs or shared."""

    user_id: int
    email: str
    name: str
    is_admin: bool = False
    is_active: bool = True
    role_id: int = 1
    timezone_name: str = "America/New_York"


@dataclass(frozen=True, slots=True)
class CompanyConfig:
    """One Pipedrive account."""

    company_id: int
    name: str = "Sandbox company"
    domain: str = "sandbox"
    country: str = "US"
    currency: str = "USD"
    plan: str = "lite"
    seats: int = 10
    custom_field_cap: int = 100
    """Custom fields of one entity that the plan allows."""
    users: tuple[CompanyUser, ...] = ()


def _default_companies() -> tuple[CompanyConfig, ...]:
    return (
        CompanyConfig(
            company_id=7_000_101,
            name="Northwind Sales",
            domain="northwind",
            users=(
                CompanyUser(12_094_821, "ada.admin@northwind.example", "Ada Admin", is_admin=True),
                CompanyUser(12_094_822, "rob.rep@northwind.example", "Rob Rep", role_id=2),
            ),
        ),
        CompanyConfig(
            company_id=7_000_102,
            name="Southwind Homes",
            domain="southwind",
            country="DE",
            currency="EUR",
            users=(
                CompanyUser(
                    12_095_001, "sam.admin@southwind.example", "Sam Admin", True, timezone_name="Europe/Berlin"
                ),
                CompanyUser(
                    12_095_002, "rita.rep@southwind.example", "Rita Rep", role_id=2, timezone_name="Europe/Berlin"
                ),
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class PipedriveSettings:
    """Behaviour that may be changed while the sandbox runs. Spans in seconds.

    Figures are Pipedrive's: bursts counted over 2 s, access tokens of 3599 s, codes of 5 minutes, refresh tokens
    that die after 60 idle days, webhooks answered within 10 s and tried again after 3, 30 and 150 s, banned for
    30 minutes at 10 failed first tries, removed after 3 days without success.
    """

    burst_limit: int | None = None
    """Calls of one token in the window; None = the plan's."""
    burst_window_s: float = 2.0
    daily_token_limit: int | None = None
    """Tokens of every company a day; None = by plan and seats."""
    daily_headers: bool = True
    """Whether the undocumented pair x-daily-ratelimit-token-* is sent."""
    retry_after_on_429: bool = False
    block_after: int = 10
    """So many refusals within a minute and the token's next calls get a 403 page of the network's guard."""
    block_s: float = 60.0
    access_token_ttl_s: int = 3599
    auth_code_ttl_s: int = 300
    refresh_token_ttl_s: int = 60 * 86_400
    rotate_refresh_tokens: bool = False
    webhooks_on: bool = True
    webhook_timeout_s: float = 10.0
    webhook_concurrency: int = 10
    webhook_time_scale: float = 1.0
    """0.01 makes the waits before retries, the ban and the days until removal a hundredth."""
    webhook_ban_after: int = 10
    webhook_ban_s: float = 1800.0
    webhook_remove_after_s: float = 3 * 86_400.0
    webhook_allow_plain_http: bool = True
    """Pipedrive takes public https addresses alone; loopback needs this."""
    lead_webhooks_carry_custom_fields: bool = True
    """Integrators report lead events without custom fields: False sends them so."""
    admin_sees_others_mail: bool = False
    """Not published; False is the harsher reading."""
    conversion_s: float = 0.2
    """How long the job runs that turns a lead into a deal."""
    deprecated_v1_status: int = 410
    tells_uninstall: bool = True
    """Whether an uninstall sends the DELETE to the app's callback address."""

    def changed(self, values: Mapping[str, object]) -> PipedriveSettings:
        """A copy with these values. Raises ValueError naming an unknown name or a wrong type."""
        return changed(self, values, {"burst_limit": int, "daily_token_limit": int})


@dataclass(frozen=True, slots=True)
class PipedriveConfig:
    """Everything a sandbox starts with. `control_token` guards the control API; `seed` fixes its dice."""

    port: int = 0
    app: PipedriveApp = field(default_factory=PipedriveApp)
    companies: tuple[CompanyConfig, ...] = field(default_factory=_default_companies)
    settings: PipedriveSettings = field(default_factory=PipedriveSettings)
    control_token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    seed: int = 20_261_121
    first_id: int = 1001
    """Ids of each company and kind start here, so that two companies hold equal ids, as in life."""


def pipedrive_config_from_json(document: Mapping[str, object]) -> PipedriveConfig:
    """The configuration file: keys as in PipedriveConfig. Raises ValueError naming a wrong key."""
    values = known(PipedriveConfig, document, "the configuration")
    if "app" in values:
        values["app"] = PipedriveApp(**tuples(known(PipedriveApp, mapping(values["app"], "app"), "app")))  # type: ignore[arg-type]
    if "companies" in values:
        values["companies"] = tuple(
            _company(mapping(entry, "companies")) for entry in sequence(values["companies"], "companies")
        )
    if "settings" in values:
        values["settings"] = PipedriveSettings().changed(mapping(values["settings"], "settings"))
    return PipedriveConfig(**values)  # type: ignore[arg-type]


def _company(document: Mapping[str, object]) -> CompanyConfig:
    values = known(CompanyConfig, document, "companies")
    values["users"] = tuple(
        CompanyUser(**known(CompanyUser, mapping(entry, "users"), "users"))  # type: ignore[arg-type]
        for entry in sequence(values.get("users", ()), "users")
    )
    if values.get("plan", "lite") not in PLANS:
        raise ValueError(f"companies: unknown plan {values['plan']!r}; known are {', '.join(PLANS)}")
    return CompanyConfig(**values)  # type: ignore[arg-type]
