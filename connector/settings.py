"""Settings: one frozen object, read from the environment once. A wrong one stops the start with its name."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from connector.errors import ConfigError

PREFIX = "LEADASSAY_"

#: The umask of our processes: what they write (databases with leads, mails with links) is for their own user alone.
PRIVATE = 0o077

_HOSTLIKE = re.compile(r"^https?://[^/\s?#]+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmApp:
    """Our registration at one CRM. `secrets`: client secrets, the current first, older ones kept while rotating.

    `auth_url` and `api_url` are base URLs (scheme and host). Of a CRM with a marketplace they differ from its own
    only for a sandbox; of a self-hosted one they are the site.
    """

    client_id: str
    secrets: tuple[str, ...] = field(repr=False)
    auth_url: str
    api_url: str


#: CRMs whose app is registered once, at their marketplace: name → their own addresses for consent and API. Their
#: settings are <NAME>_CLIENT_ID, <NAME>_CLIENT_SECRET, <NAME>_AUTH_URL and <NAME>_API_URL.
CRM_APPS: Mapping[str, tuple[str, str]] = {
    "hubspot": ("https://app.hubspot.com", "https://api.hubapi.com"),
    "pipedrive": ("https://oauth.pipedrive.com", "https://api.pipedrive.com"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcProvider:
    """A company's OpenID Connect provider for sign-in."""

    issuer: str
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Smtp:
    """Where mails are handed over. `url` is smtp:// or smtps:// with host, port and credentials."""

    url: str
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that can be set. Spans are seconds unless the name says days. README.md has the table."""

    data_dir: Path
    database_url: str
    inbox_url: str
    jobs_url: str
    public_url: str
    keys: tuple[tuple[str, bytes], ...]
    crm_apps: Mapping[str, CrmApp]
    smtp: Smtp | None
    oidc: OidcProvider | None
    backfill_days: int = 90
    reconcile_every_s: int = 900
    webhook_grace_s: int = 60
    purge_after_days: int = 30
    max_webhook_bytes: int = 1_000_000
    storage_timeout_s: float = 2.5
    crm_calls_per_10s: int = 110
    crm_reserve_percent: int = 60
    hooks_every_s: int = 21_600
    private_crm_hosts: tuple[str, ...] = ()
    private_url: str | None = None
    dns_servers: tuple[tuple[str, int], ...] = ()
    worker_slot: str = "worker-1"
    trusted_proxies: int = 0
    log_level: str = "INFO"
    is_development: bool = False

    @property
    def cookie_is_secure(self) -> bool:
        """Whether cookies carry Secure and the __Host- prefix: always, but for plain http in development."""
        return self.public_url.startswith("https://")

    @property
    def mailbox_dir(self) -> Path:
        """Where mails are put as files while no SMTP server is set."""
        return self.data_dir / "mailbox"


def _number(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = env.get(PREFIX + name, "").strip()
    if not text:
        return default
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ConfigError(f"{PREFIX}{name} is {text!r}: give a whole number from {low} to {high}.")
    return int(text)


def _base_url(env: Mapping[str, str], name: str, default: str) -> str:
    text = env.get(name, "").strip().rstrip("/") or default
    if not _HOSTLIKE.match(text) or "@" in text:
        raise ConfigError(f"{name} is {text!r}: give scheme and host only, such as https://assay.example.com.")
    return text


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in {"localhost", "127.0.0.1", "::1"}


def _private_url(env: Mapping[str, str], private_hosts: tuple[str, ...]) -> str | None:
    """Where sites in our own network reach us. Plain http only where its host is private, or named as such."""
    name = PREFIX + "PRIVATE_URL"
    if not env.get(name, "").strip():
        return None
    url = _base_url(env, name, "")
    host = urlsplit(url).hostname or ""
    if url.startswith("http://") and not (_is_loopback(url) or host in private_hosts or _is_inner_address(host)):
        raise ConfigError(
            f"{name} is {url!r}: it must be https, but for a private address, or a host named in "
            f"{PREFIX}PRIVATE_CRM_HOSTS."
        )
    return url


def _is_inner_address(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return False


def _dns_servers(env: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """(address, port) of the name servers that are asked; none = those of the machine."""
    found = []
    for text in filter(None, map(str.strip, env.get(PREFIX + "DNS_SERVERS", "").split(","))):
        host, has_port, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "")
        try:
            address = str(ip_address(host.strip("[]")))
        except ValueError:
            address = ""
        number = int(port) if port.isdecimal() else 0 if has_port else 53
        if not address or not 0 < number < 65_536:
            raise ConfigError(
                f"{PREFIX}DNS_SERVERS: {text!r} is no address of a name server; write 192.0.2.53 or 192.0.2.53:5353."
            )
        found.append((address, number))
    return tuple(found)


def _keys(env: Mapping[str, str]) -> tuple[tuple[str, bytes], ...]:
    text = env.get(PREFIX + "KEYS", "").strip()
    if not text:
        raise ConfigError(
            f"{PREFIX}KEYS is missing: it holds the keys that encrypt the CRM tokens. "
            "Make one with: python3 -c \"import base64,os;print('k1:'+base64.b64encode(os.urandom(32)).decode())\""
        )
    ring: list[tuple[str, bytes]] = []
    for part in text.split(","):
        key_id, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not key_id or len(key) != 32:
            raise ConfigError(
                f"{PREFIX}KEYS: entry {len(ring) + 1} must be id:base64 of 32 bytes. The first entry encrypts, "
                "the others only decrypt."
            )
        if key_id in dict(ring):
            raise ConfigError(f"{PREFIX}KEYS: the id {key_id!r} stands twice; ids must differ.")
        ring.append((key_id, key))
    return tuple(ring)


def _crm_app(env: Mapping[str, str], crm: str) -> CrmApp | None:
    prefix = crm.upper()
    client_id = env.get(f"{prefix}_CLIENT_ID", "").strip()
    secrets = tuple(s.strip() for s in env.get(f"{prefix}_CLIENT_SECRET", "").split(",") if s.strip())
    if not client_id and not secrets:
        return None
    if not client_id or not secrets:
        missing = f"{prefix}_CLIENT_SECRET" if client_id else f"{prefix}_CLIENT_ID"
        raise ConfigError(f"{missing} is missing: the id and the secret of the app at {crm} go together.")
    auth_url, api_url = CRM_APPS[crm]
    app = CrmApp(
        client_id=client_id,
        secrets=secrets,
        auth_url=_base_url(env, f"{prefix}_AUTH_URL", auth_url),
        api_url=_base_url(env, f"{prefix}_API_URL", api_url),
    )
    for name, url in ((f"{prefix}_AUTH_URL", app.auth_url), (f"{prefix}_API_URL", app.api_url)):
        if url.startswith("http://") and not _is_loopback(url):
            raise ConfigError(f"{name} is {url!r}: tokens go there, so it must be https (http only on loopback).")
    return app


def _database_url(env: Mapping[str, str], name: str, default: str) -> str:
    url = env.get(PREFIX + name, "").strip() or default
    if url.startswith("postgresql://"):
        url = "postgresql+psycopg://" + url.removeprefix("postgresql://")
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigError(f"{PREFIX}{name} must begin with sqlite:/// or postgresql://.")
    return url


def load_settings(env: Mapping[str, str]) -> Settings:
    """Read the settings from `env` (usually os.environ). Raises ConfigError that names the setting and the remedy."""
    data_dir = Path(env.get(PREFIX + "DATA_DIR", "").strip() or "var").absolute()
    database_url = _database_url(env, "DATABASE_URL", f"sqlite:///{data_dir}/leadassay.sqlite")
    is_sqlite = database_url.startswith("sqlite")
    inbox_default = f"sqlite:///{data_dir}/inbox.sqlite" if is_sqlite else database_url
    jobs_default = f"sqlite:///{data_dir}/jobs.sqlite" if is_sqlite else database_url
    if not env.get(PREFIX + "PUBLIC_URL", "").strip():
        raise ConfigError(
            f"{PREFIX}PUBLIC_URL is missing: give the address under which people and the CRM reach this app, "
            "such as https://assay.example.com (http://localhost:8000 to try it out)."
        )
    public_url = _base_url(env, PREFIX + "PUBLIC_URL", "")
    if public_url.startswith("http://") and not _is_loopback(public_url):
        raise ConfigError(
            f"{PREFIX}PUBLIC_URL is {public_url!r}: it must be https (http only on localhost). "
            f"For CRM sites in your own network there is {PREFIX}PRIVATE_URL."
        )
    private_hosts = tuple(
        host.strip().lower() for host in env.get(PREFIX + "PRIVATE_CRM_HOSTS", "").split(",") if host.strip()
    )
    smtp_url = env.get(PREFIX + "SMTP_URL", "").strip()
    if smtp_url and urlsplit(smtp_url).scheme not in {"smtp", "smtps"}:
        raise ConfigError(f"{PREFIX}SMTP_URL must begin with smtp:// or smtps://.")
    issuer = env.get(PREFIX + "OIDC_ISSUER", "").strip().rstrip("/")
    oidc_id, oidc_secret = env.get(PREFIX + "OIDC_CLIENT_ID", ""), env.get(PREFIX + "OIDC_CLIENT_SECRET", "")
    if any((issuer, oidc_id, oidc_secret)) and not all((issuer, oidc_id, oidc_secret)):
        raise ConfigError(f"{PREFIX}OIDC_ISSUER, _CLIENT_ID and _CLIENT_SECRET go together; one is missing.")
    level = env.get(PREFIX + "LOG_LEVEL", "").strip().upper() or "INFO"
    if level not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ConfigError(f"{PREFIX}LOG_LEVEL is {level!r}: use DEBUG, INFO, WARNING or ERROR.")
    return Settings(
        data_dir=data_dir,
        database_url=database_url,
        inbox_url=_database_url(env, "INBOX_URL", inbox_default),
        jobs_url=_database_url(env, "JOBS_URL", jobs_default),
        public_url=public_url,
        keys=_keys(env),
        crm_apps={crm: app for crm in CRM_APPS if (app := _crm_app(env, crm)) is not None},
        smtp=Smtp(url=smtp_url, sender=env.get(PREFIX + "MAIL_FROM", "").strip() or "leadassay@localhost")
        if smtp_url
        else None,
        oidc=OidcProvider(issuer=issuer, client_id=oidc_id, client_secret=oidc_secret) if issuer else None,
        backfill_days=_number(env, "BACKFILL_DAYS", 90, 1, 3650),
        reconcile_every_s=_number(env, "RECONCILE_EVERY_S", 900, 1, 86_400),
        webhook_grace_s=_number(env, "WEBHOOK_GRACE_S", 60, 0, 3_600),
        purge_after_days=_number(env, "PURGE_AFTER_DAYS", 30, 0, 3650),
        max_webhook_bytes=_number(env, "MAX_WEBHOOK_BYTES", 1_000_000, 10_000, 50_000_000),
        crm_calls_per_10s=_number(env, "CRM_CALLS_PER_10S", 110, 1, 10_000),
        crm_reserve_percent=_number(env, "CRM_RESERVE_PERCENT", 60, 0, 99),
        hooks_every_s=_number(env, "HOOKS_EVERY_S", 21_600, 1, 86_400),
        private_crm_hosts=private_hosts,
        private_url=_private_url(env, private_hosts),
        dns_servers=_dns_servers(env),
        trusted_proxies=_number(env, "TRUSTED_PROXIES", 0, 0, 10),
        worker_slot=env.get(PREFIX + "WORKER_SLOT", "").strip() or "worker-1",
        log_level=level,
        is_development=_is_loopback(public_url),
    )
