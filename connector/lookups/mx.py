"""Whether a domain takes mail, by the DNS: its MX records, else its addresses (RFC 5321, 5.1); a null MX says no
(RFC 7505). Only the name server is asked; nobody is connected to and no mailbox is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import dns.exception
import dns.name
import dns.nameserver
import dns.rdatatype
import dns.resolver

from connector.lookups.port import Answer, Price
from connector.storage.lookups import LookupKind, Told

#: One question, all tries and servers together.
LIFETIME_S = 3.0
#: After so many failures in a row nobody is there: the rest is asked later.
FAILURES = 2
MAX_AGE = timedelta(days=7)


class MxLookup:
    """Asks the name servers of this machine, or those given as (address, port)."""

    kind = LookupKind.MX
    price = Price()
    max_age = MAX_AGE

    def __init__(
        self,
        clock: Callable[[], datetime],
        servers: Sequence[tuple[str, int]] = (),
        *,
        lifetime_s: float = LIFETIME_S,
    ) -> None:
        self._clock = clock
        self._servers = tuple(servers)
        self._lifetime_s = lifetime_s

    def ask(self, values: Sequence[str]) -> Mapping[str, Answer]:
        """As the port says; `values` are domains in ASCII."""
        return dict(self._asked(values))

    def _asked(self, domains: Sequence[str]) -> Iterator[tuple[str, Answer]]:
        try:
            resolver = self._resolver()
        except (dns.resolver.NoResolverConfiguration, OSError):
            return
        failures = 0
        for domain in domains:
            if failures == FAILURES:
                return
            takes_mail = _takes_mail(resolver, domain)
            failures = failures + 1 if takes_mail is None else 0
            told = None if takes_mail is None else Told(is_deliverable=takes_mail)
            yield domain, Answer(told=told, at=self._clock())

    def _resolver(self) -> dns.resolver.Resolver:
        resolver = dns.resolver.Resolver(configure=not self._servers)
        if self._servers:
            resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in self._servers]
        resolver.lifetime = self._lifetime_s
        resolver.timeout = min(resolver.timeout, self._lifetime_s)
        return resolver


def _takes_mail(resolver: dns.resolver.Resolver, domain: str) -> bool | None:
    try:
        name = dns.name.from_text(domain)
        records = _records(resolver, name, dns.rdatatype.MX)
        if records:
            return any(each.exchange != dns.name.root for each in records)
        return any(_records(resolver, name, kind) for kind in (dns.rdatatype.A, dns.rdatatype.AAAA))
    except dns.resolver.NXDOMAIN:
        return False
    except dns.exception.DNSException:
        # Timeout, SERVFAIL, REFUSED, an answer that cannot be read, a text that is no name: all say nothing.
        return None
    except OSError:
        return None


def _records(resolver: dns.resolver.Resolver, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> list[Any]:
    """The records of that kind; none where the name exists without any."""
    answer = resolver.resolve(name, kind, search=False, raise_on_no_answer=False)
    return list(answer.rrset or ())
