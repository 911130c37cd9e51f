"""Whether a domain takes mail, asked of a real name server on loopback: what it says, and what its silence says."""

from __future__ import annotations

import socket

import pytest

from connector.lookups.mx import FAILURES, MxLookup
from connector.storage.lookups import Told
from tests.factories import NOW
from tests.lookups.name_server import NameServer, Zone

ZONE: Zone = {
    "with-mx.example": {"MX": ("10 mail.with-mx.example.", "20 spare.with-mx.example.")},
    "null-mx.example": {"MX": ("0 .",)},
    "null-mx-and-address.example": {"MX": ("0 .",), "A": ("192.0.2.1",)},
    "address-alone.example": {"A": ("192.0.2.1",)},
    "address-of-six.example": {"AAAA": ("2001:db8::1",)},
    "nothing.example": {"TXT": ("here",)},
    "xn--mller-kva.example": {"MX": ("10 mail.with-mx.example.",)},
}


def asker(*servers: tuple[str, int], lifetime_s: float = 2.0) -> MxLookup:
    return MxLookup(lambda: NOW, servers, lifetime_s=lifetime_s)


@pytest.mark.parametrize(
    ("domain", "takes_mail"),
    [
        ("with-mx.example", True),
        ("null-mx.example", False),
        ("null-mx-and-address.example", False),
        ("address-alone.example", True),
        ("address-of-six.example", True),
        ("nothing.example", False),
        ("no-such-domain.example", False),
        ("xn--mller-kva.example", True),
    ],
)
def test_what_the_name_server_says(domain: str, takes_mail: bool):
    with NameServer(ZONE) as server:
        answers = asker(server.address).ask([domain])
    assert answers[domain].told == Told(is_deliverable=takes_mail)
    assert answers[domain].at == NOW


def test_addresses_are_asked_for_only_without_mx():
    with NameServer(ZONE) as server:
        asker(server.address).ask(["with-mx.example", "address-of-six.example"])
    assert server.asked == [
        ("with-mx.example", "MX"),
        *(("address-of-six.example", kind) for kind in ("MX", "A", "AAAA")),
    ]


@pytest.mark.parametrize("way", ["silent", "failing", "garbled"])
def test_a_failure_is_unknown_and_never_bad(way: str):
    with NameServer(ZONE, **{way: frozenset({"with-mx.example"})}) as server:
        answers = asker(server.address, lifetime_s=0.5).ask(["with-mx.example", "null-mx.example"])
    assert answers["with-mx.example"].told is None
    assert answers["null-mx.example"].told == Told(is_deliverable=False)


def test_a_silence_on_the_way_to_the_addresses_is_unknown_too():
    class Half(NameServer):
        def _answer(self, packet: bytes) -> bytes:
            answer = super()._answer(packet)
            return answer if self.asked[-1][1] == "MX" else b""

    with Half(ZONE) as server:
        assert asker(server.address, lifetime_s=0.5).ask(["nothing.example"])["nothing.example"].told is None


def test_after_two_failures_in_a_row_the_rest_is_left_out():
    names = [f"domain-{n}.example" for n in range(6)]
    with NameServer(ZONE, silent=frozenset(names)) as server:
        answers = asker(server.address, lifetime_s=0.3).ask(["with-mx.example", *names])
    assert list(answers) == ["with-mx.example", *names[:FAILURES]]


def test_no_server_there_is_unknown():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = taken.getsockname()
    answers = asker((address[0], address[1]), lifetime_s=0.3).ask(["with-mx.example"])
    assert answers["with-mx.example"].told is None


@pytest.mark.parametrize("domain", ["a..b", "x" * 64 + ".example", ".".join(["label"] * 60), "bad\\999.example"])
def test_what_is_no_name_is_unknown(domain: str):
    with NameServer(ZONE) as server:
        answers = asker(server.address).ask([domain])
    assert answers[domain].told is None


def test_questions_cost_nothing():
    assert asker().price.milli == 0
