"""A customer may type any address: what leads into a private network is refused, by name and by the socket itself."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from connector.errors import UnexpectedPayload
from connector.origins import checked_origin, is_named, is_public_address
from connector.server_rules import Limits, ServerRules
from connector.transport import Transport
from tests.unruly import answer_json, unruly

QUICK = Limits(connect_s=0.5, attempt_s=1.0, total_s=2.0, attempts=2, first_pause_s=0.01)
RULES = ServerRules(server="Test CRM")


def transport_to(url: str, private_hosts: frozenset[str] | None) -> Transport:
    return Transport(url, allowed_origins=frozenset({url}), rules=RULES, limits=QUICK, private_hosts=private_hosts)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
     "224.0.0.1", "::1", "fe80::1%eth0", "fc00::1", "::ffff:10.0.0.1", "2002:0a00:0001::1", "64:ff9b::7f00:1",
     "64:ff9b:1::a00:1", "::7f00:1", "::10.0.0.1", "ff02::1", "not an address", ""],
)  # fmt: skip
def test_private_addresses_are_no_public_ones(address: str) -> None:
    assert not is_public_address(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_addresses_of_the_open_internet_are(address: str) -> None:
    assert is_public_address(address)


def test_a_socket_that_ends_in_a_private_network_is_closed_before_anything_is_sent() -> None:
    with unruly(lambda handler, _seen: answer_json(handler, {"ok": True})) as server:
        with pytest.raises(UnexpectedPayload, match="LEADASSAY_PRIVATE_CRM_HOSTS"):
            transport_to(server.url, frozenset()).request("GET", "/")
        assert server.seen == []
        host = frozenset({urlsplit(server.url).hostname or ""})
        assert transport_to(server.url, host).request("GET", "/") == {"ok": True}
        assert len(server.seen) == 1


def test_our_own_choice_of_servers_may_be_anywhere() -> None:
    with unruly(lambda handler, _seen: answer_json(handler, {"ok": True})) as server:
        assert transport_to(server.url, None).request("GET", "/") == {"ok": True}


def test_plain_http_is_taken_for_named_hosts_only() -> None:
    assert checked_origin("http://crm.lan:8000/x", frozenset({"crm.lan"})) == "http://crm.lan:8000"
    with pytest.raises(UnexpectedPayload):
        checked_origin("http://crm.lan:8000", frozenset({"other.lan"}))


@pytest.mark.parametrize(
    ("url", "entry", "is_open"),
    [
        ("http://crm.lan:8000/app", "crm.lan", True),
        ("http://crm.lan:8000/app", "crm.lan:8000", True),
        ("http://crm.lan:6379", "crm.lan:8000", False),
        ("https://CRM.lan", "crm.lan:443", True),
        ("http://crm.lan", "crm.lan:80", True),
        ("http://crm.lan", "crm.lan:443", False),
        ("http://evil.lan:8000", "crm.lan:8000", False),
        ("http://user@crm.lan:8000", "crm.lan:8000", False),
        ("nonsense", "crm.lan", False),
    ],
)
def test_a_name_with_a_port_opens_that_port_alone(url: str, entry: str, is_open: bool) -> None:
    assert is_named(url, frozenset({entry})) is is_open


def test_another_port_of_a_named_host_is_not_reached() -> None:
    with unruly(lambda handler, _seen: answer_json(handler, {"ok": True})) as server:
        host, port = urlsplit(server.url).hostname, urlsplit(server.url).port
        with pytest.raises(UnexpectedPayload, match="LEADASSAY_PRIVATE_CRM_HOSTS"):
            transport_to(server.url, frozenset({f"{host}:1"})).request("GET", "/")
        assert transport_to(server.url, frozenset({f"{host}:{port}"})).request("GET", "/") == {"ok": True}
        assert len(server.seen) == 1
