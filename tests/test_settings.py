"""Settings: complete ones load, wrong ones stop with a sentence that names the variable."""

from __future__ import annotations

import base64
import re
from dataclasses import fields
from pathlib import Path

import pytest

from connector.errors import ConfigError
from connector.settings import CRM_APPS, load_settings

KEY = base64.b64encode(b"k" * 32).decode()
GOOD = {"LEADASSAY_PUBLIC_URL": "https://assay.example.com", "LEADASSAY_KEYS": f"k1:{KEY}"}


def test_the_least_that_works():
    settings = load_settings(GOOD)
    assert settings.database_url.startswith("sqlite:///")
    assert settings.inbox_url != settings.database_url
    assert settings.keys == (("k1", b"k" * 32),)
    assert settings.crm_apps == {}
    assert settings.cookie_is_secure


def test_on_postgresql_everything_is_one_database():
    settings = load_settings(GOOD | {"LEADASSAY_DATABASE_URL": "postgresql://u@db/assay"})
    assert settings.database_url == settings.inbox_url == settings.jobs_url == "postgresql+psycopg://u@db/assay"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"LEADASSAY_PUBLIC_URL": ""}, "LEADASSAY_PUBLIC_URL"),
        ({"LEADASSAY_PUBLIC_URL": "http://assay.example.com"}, "LEADASSAY_PUBLIC_URL"),
        ({"LEADASSAY_PUBLIC_URL": "https://assay.example.com/app"}, "LEADASSAY_PUBLIC_URL"),
        ({"LEADASSAY_PUBLIC_URL": "https://user@assay.example.com"}, "LEADASSAY_PUBLIC_URL"),
        ({"LEADASSAY_PUBLIC_URL": "http://172.17.0.1:8080"}, "LEADASSAY_PRIVATE_URL"),
        ({"LEADASSAY_PRIVATE_URL": "http://93.184.216.34"}, "LEADASSAY_PRIVATE_URL"),
        ({"LEADASSAY_PRIVATE_URL": "http://assay.lan:8080"}, "LEADASSAY_PRIVATE_URL"),
        ({"LEADASSAY_PRIVATE_URL": "https://assay.lan/app"}, "LEADASSAY_PRIVATE_URL"),
        ({"LEADASSAY_KEYS": ""}, "LEADASSAY_KEYS"),
        ({"LEADASSAY_KEYS": "k1:short"}, "LEADASSAY_KEYS"),
        ({"LEADASSAY_KEYS": f"k1:{KEY},k1:{KEY}"}, "k1"),
        ({"HUBSPOT_CLIENT_ID": "id"}, "HUBSPOT_CLIENT_SECRET"),
        ({"HUBSPOT_CLIENT_SECRET": "s"}, "HUBSPOT_CLIENT_ID"),
        (
            {"HUBSPOT_CLIENT_ID": "i", "HUBSPOT_CLIENT_SECRET": "s", "HUBSPOT_API_URL": "http://evil.example"},
            "HUBSPOT_API_URL",
        ),
        ({"LEADASSAY_DATABASE_URL": "mysql://x"}, "LEADASSAY_DATABASE_URL"),
        ({"LEADASSAY_BACKFILL_DAYS": "ninety"}, "LEADASSAY_BACKFILL_DAYS"),
        ({"LEADASSAY_BACKFILL_DAYS": "0"}, "LEADASSAY_BACKFILL_DAYS"),
        ({"LEADASSAY_TRUSTED_PROXIES": "-1"}, "LEADASSAY_TRUSTED_PROXIES"),
        ({"LEADASSAY_LOG_LEVEL": "LOUD"}, "LEADASSAY_LOG_LEVEL"),
        ({"LEADASSAY_DNS_SERVERS": "dns.example.com"}, "LEADASSAY_DNS_SERVERS"),
        ({"LEADASSAY_DNS_SERVERS": "192.0.2.53:0"}, "LEADASSAY_DNS_SERVERS"),
        ({"LEADASSAY_DNS_SERVERS": "192.0.2.53:dns"}, "LEADASSAY_DNS_SERVERS"),
        ({"LEADASSAY_OIDC_ISSUER": "https://idp.example"}, "LEADASSAY_OIDC_ISSUER"),
        ({"LEADASSAY_SMTP_URL": "http://mail"}, "LEADASSAY_SMTP_URL"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(change, named):
    with pytest.raises(ConfigError, match=named):
        load_settings(GOOD | change)


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("https://assay.lan", ""),
        ("http://172.17.0.1:8080", ""),
        ("http://[fd00::7]:8080", ""),
        ("http://localhost:8080", ""),
        ("http://assay.lan:8080", "crm.lan, Assay.lan"),
    ],
)
def test_sites_in_our_own_network_may_reach_us_otherwise(url: str, hosts: str):
    given = {"LEADASSAY_PRIVATE_URL": url + "/", "LEADASSAY_PRIVATE_CRM_HOSTS": hosts}
    assert load_settings(GOOD | given).private_url == url
    assert load_settings(GOOD).private_url is None


def test_secrets_do_not_stand_in_the_message():
    with pytest.raises(ConfigError) as refused:
        load_settings(GOOD | {"LEADASSAY_KEYS": "k1:not-a-key-but-secret"})
    assert "not-a-key-but-secret" not in str(refused.value)


class Told(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, **values: str) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.asked.add(key)
        return super().get(key, default)


def documented(page: str) -> dict[str, str]:
    """variable → default, of every table of settings on the page."""
    rows = re.findall(
        r"^\| (`[A-Z][^|]*) \| ([^|]*) \|", (Path(__file__).parents[1] / page).read_text(), re.MULTILINE
    )
    return {name: default.strip("`") for names, default in rows for name in re.findall(r"`([A-Z_0-9]+)`", names)}


def test_the_table_of_settings_has_all_of_them_and_no_other():
    apps = {f"{crm.upper()}_{part}": "x" for crm in CRM_APPS for part in ("CLIENT_ID", "CLIENT_SECRET")}
    told = Told(**GOOD, **apps, LEADASSAY_SMTP_URL="smtp://mail.example.com")
    load_settings(told)
    assert told.asked == set(documented("README.md"))
    assert set(documented("docs/operations.md")) <= told.asked


def test_the_defaults_of_the_tables_are_those_of_the_code():
    settings = load_settings(GOOD)
    numbers = {
        f"LEADASSAY_{field.name.upper()}": str(getattr(settings, field.name))
        for field in fields(settings)
        if type(field.default) is int
    }
    table = documented("README.md")
    assert {name: table[name] for name in numbers} == numbers
    again = documented("docs/operations.md")
    assert {name: again[name] for name in numbers if name in again} == {
        name: default for name, default in numbers.items() if name in again
    }


def test_name_servers_are_addresses_with_or_without_a_port():
    assert load_settings(GOOD).dns_servers == ()
    named = load_settings(GOOD | {"LEADASSAY_DNS_SERVERS": "192.0.2.53, 192.0.2.54:5353, 2001:db8::53"})
    assert named.dns_servers == (("192.0.2.53", 53), ("192.0.2.54", 5353), ("2001:db8::53", 53))
