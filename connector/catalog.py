"""The explicit list of CRMs. A new one is one folder under adapters/ and one entry here (docs/adding-a-crm.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from audits.model.case import Coverage
from audits.model.policy import Policy
from connector.adapters import frappe, hubspot, pipedrive
from connector.adapters.hubspot.card import HubSpotCard
from connector.adapters.pipedrive.card import PipedriveCard
from connector.budget import open_budget
from connector.crm.card import CardCall, CardDesk
from connector.crm.economy import Economy
from connector.crm.lead_fields import FieldRoles, LeadField
from connector.crm.port import Capabilities, CrmAdapter, CrmEvent, CrmOAuth, Delivery, UninstallNotice
from connector.crm.values import MappableField, StatusWords, ValueMap
from connector.day_quota import open_quota
from connector.errors import ConfigError
from connector.server_rules import RefreshTokenSource, TokenSource
from connector.settings import CrmApp, Settings
from connector.storage.installs import Install
from connector.storage.policies import default_policy
from connector.transport import Transport
from webhooks.receiver import NotProven, RawRequest
from webhooks.roster import ROSTER


class TokenGiver(Protocol):
    """Where an install's tokens come from; TokenKeeper is one."""

    def source(self, install_id: str) -> RefreshTokenSource:
        """The tokens of one install."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmEntry:
    """One CRM: its name for people, what it asks for at consent, and how its parts are made.

    `receiver`: the name of its receiver in webhooks.roster. `issuer`: what its authorization server calls itself in
    `iss` (RFC 9207), None where it does not. `denials`: the `error` of a callback that means "the person said no".
    `check_site(settings, address)`: for a CRM that companies host themselves: the origin of the site to connect, or
    ConfigError with a sentence for the admin who typed it; None for a CRM with one app at one marketplace.
    `starts_at_marketplace`: its marketplace may call our callback first, with a code that we did not ask for.
    `parse_uninstall(app, headers by lower-case name, body)`: the notice of a call that proves itself, else None.
    `card`: what proves and shapes its card, None where it has none.
    `economy`: the fewest calls that its API lets us make, and what it allows.
    `mappable`: fields whose values an admin can map. `adapter(settings, install, tokens, values, roles)`.
    `lead_fields`: fields of its own for what accounts otherwise have fields of their own for. `status_words`: what
    statuses that it ships say in the first policy of an account.
    `record_names`: what its people call one record that we call lead, and several.
    """

    label: str
    receiver: str
    required_scopes: tuple[str, ...]
    optional_scopes: tuple[str, ...]
    oauth: Callable[[CrmApp, Settings], CrmOAuth]
    adapter: Callable[[Settings, Install, RefreshTokenSource, ValueMap, FieldRoles], CrmAdapter]
    capabilities: Callable[[tuple[str, ...]], Capabilities]
    parse_delivery: Callable[[Delivery], tuple[CrmEvent, ...]]
    economy: Economy
    issuer: str | None = None
    denials: frozenset[str] = frozenset({"access_denied"})
    check_site: Callable[[Settings, str], str] | None = None
    starts_at_marketplace: bool = False
    parse_uninstall: Callable[[CrmApp, Mapping[str, str], bytes], UninstallNotice | None] | None = None
    mappable: tuple[MappableField, ...] = ()
    lead_fields: Mapping[LeadField, str] = field(default_factory=dict)
    status_words: StatusWords = field(default_factory=StatusWords)
    card: CardDesk | None = None
    record_names: tuple[str, str] = ("lead", "leads")

    @property
    def is_self_hosted(self) -> bool:
        """Whether each company has a site of its own, with a registration of its own for us."""
        return self.check_site is not None

    def roles(self, chosen: Mapping[str, str]) -> FieldRoles:
        """Which fields hold what of a lead: as an admin chose (LeadField value → field), else the CRM's own."""
        return FieldRoles(chosen, self.lead_fields)

    def first_coverage(self, missing_scopes: tuple[str, ...]) -> Coverage:
        """What is seen right after connecting, before an admin named any field."""
        return self.roles({}).narrow(self.capabilities(missing_scopes).coverage)

    def missing_scopes(self, granted: tuple[str, ...]) -> tuple[str, ...]:
        """Scopes that we ask for and did not get."""
        return tuple(scope for scope in (*self.required_scopes, *self.optional_scopes) if scope not in granted)


def _hubspot_adapter(
    settings: Settings, install: Install, tokens: TokenSource, values: ValueMap, roles: FieldRoles
) -> CrmAdapter:
    api_url = app_of(settings, "hubspot").api_url
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
        values=values,
        roles=roles,
        zone=install.zone,
        currency=install.currency,
    )


def _frappe_adapter(
    settings: Settings, install: Install, tokens: TokenSource, values: ValueMap, roles: FieldRoles
) -> CrmAdapter:
    transport = Transport(
        install.api_url,
        allowed_origins=frozenset({install.api_url}),
        rules=frappe.RULES,
        budget=open_budget(
            settings.data_dir / "budget.sqlite", install.install_id, frappe.lanes(settings.crm_calls_per_10s)
        ),
        tokens=tokens,
        private_hosts=frozenset(settings.private_crm_hosts),
    )
    return frappe.FrappeAdapter(
        frappe.FrappeClient(transport),
        tokens=tokens,
        record_url_base=install.record_url_base,
        missing_scopes=install.missing_scopes,
        values=values,
        roles=roles,
        currency=install.currency,
    )


def _pipedrive_adapter(
    settings: Settings, install: Install, tokens: RefreshTokenSource, values: ValueMap, roles: FieldRoles
) -> CrmAdapter:
    app = app_of(settings, "pipedrive")
    api_url = pipedrive.checked_api_url(app, install.api_url)
    budget = settings.data_dir / "budget.sqlite"
    transport = Transport(
        api_url,
        allowed_origins=frozenset({api_url}),
        rules=pipedrive.RULES,
        budget=open_budget(budget, install.install_id, pipedrive.lanes()),
        quota=open_quota(budget, install.install_id, settings.crm_reserve_percent, "Pipedrive"),
        tokens=tokens,
    )
    return pipedrive.PipedriveAdapter(
        pipedrive.PipedriveClient(transport),
        install=install,
        values=values,
        roles=roles,
        revoke=lambda: pipedrive.PipedriveOAuth(app).revoke(tokens.refresh_token()),
    )


def _is_signed_like_webhooks(sender: str) -> Callable[[CardCall, Sequence[str], datetime], bool]:
    """The check of that sender's webhooks for the calls of its cards: one way of signing, one place that knows it."""
    receiver = ROSTER[sender]

    def is_signed(call: CardCall, secrets: Sequence[str], now: datetime) -> bool:
        request = RawRequest(method=call.method, url=call.url, headers=call.headers, body=call.body)
        try:
            receiver.verify(request, secrets, now)
        except NotProven:
            return False
        return True

    return is_signed


CRMS: Mapping[str, CrmEntry] = {
    "hubspot": CrmEntry(
        label="HubSpot",
        receiver="hubspot",
        required_scopes=hubspot.REQUIRED_SCOPES,
        optional_scopes=hubspot.OPTIONAL_SCOPES,
        oauth=lambda app, _settings: hubspot.HubSpotOAuth(app),
        adapter=_hubspot_adapter,
        capabilities=hubspot.capabilities_for,
        parse_delivery=hubspot.parse_delivery,
        economy=hubspot.ECONOMY,
        card=HubSpotCard(_is_signed_like_webhooks("hubspot")),
        mappable=hubspot.MAPPABLE,
        lead_fields=hubspot.LEAD_FIELDS,
        status_words=hubspot.STATUS_WORDS,
        record_names=("contact", "contacts"),
    ),
    "frappe": CrmEntry(
        label="Frappe CRM",
        receiver="frappe",
        required_scopes=frappe.REQUIRED_SCOPES,
        optional_scopes=(),
        oauth=lambda app, settings: frappe.FrappeOAuth(app, frozenset(settings.private_crm_hosts)),
        adapter=_frappe_adapter,
        capabilities=frappe.capabilities_for,
        parse_delivery=frappe.parse_delivery,
        economy=frappe.ECONOMY,
        check_site=lambda settings, address: frappe.check_site(address, frozenset(settings.private_crm_hosts)),
        mappable=frappe.MAPPABLE,
        status_words=frappe.STATUS_WORDS,
    ),
    "pipedrive": CrmEntry(
        label="Pipedrive",
        receiver="pipedrive",
        required_scopes=pipedrive.REQUIRED_SCOPES,
        optional_scopes=pipedrive.OPTIONAL_SCOPES,
        oauth=lambda app, _settings: pipedrive.PipedriveOAuth(app),
        adapter=_pipedrive_adapter,
        capabilities=pipedrive.capabilities_for,
        parse_delivery=pipedrive.parse_delivery,
        denials=pipedrive.DENIALS,
        economy=pipedrive.ECONOMY,
        starts_at_marketplace=True,
        parse_uninstall=pipedrive.parse_uninstall,
        card=PipedriveCard(),
        mappable=pipedrive.MAPPABLE,
        record_names=("lead or deal", "leads and deals"),
    ),
}
"""Every CRM by the name that stands in URLs, tables and settings."""


def app_of(settings: Settings, crm: str) -> CrmApp:
    """Our registration at the CRM's marketplace. Raises ConfigError when it is not set."""
    app = settings.crm_apps.get(crm)
    if app is None:
        name = crm.upper()
        raise ConfigError(f"{name}_CLIENT_ID and {name}_CLIENT_SECRET are missing: {crm} cannot be connected.")
    return app


def is_set_up(settings: Settings, crm: str) -> bool:
    """Whether the CRM can be connected here: our app's credentials are there, or every site brings its own."""
    return CRMS[crm].is_self_hosted or crm in settings.crm_apps


def find_crm(name: str) -> CrmEntry | None:
    """The entry of that name, or None."""
    return CRMS.get(name)


def oauth_for(settings: Settings, crm: str, site: CrmApp | None = None) -> CrmOAuth:
    """The OAuth side of the CRM of that name; `site`: our registration where it is self-hosted.

    Raises KeyError for a name that is not in the list, ConfigError where the registration is missing.
    """
    entry = CRMS[crm]
    if entry.is_self_hosted and site is None:
        raise ConfigError(f"Say which {entry.label} site to connect, and with which client.")
    return entry.oauth(site or app_of(settings, crm), settings)


def default_policy_of(install: Install, version: str) -> Policy:
    """The policy with which an account of this CRM begins, under the name `version`."""
    words = CRMS[install.crm].status_words
    return default_policy(install.zone, version, contacted=words.contacted, waiting=words.waiting)


def adapter_for_install(
    settings: Settings,
    tokens: TokenGiver,
    install: Install,
    chosen: Mapping[tuple[str, str], str] | None = None,
    roles: Mapping[str, str] | None = None,
) -> CrmAdapter:
    """The adapter for an install, on that install's tokens and budget. `chosen`: as ValueMap; `roles`: as
    FieldRoles."""
    entry = CRMS[install.crm]
    values = ValueMap(entry.mappable, chosen)
    return entry.adapter(settings, install, tokens.source(install.install_id), values, entry.roles(roles or {}))
