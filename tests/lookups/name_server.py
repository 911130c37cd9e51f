"""A name server of our own on loopback: it answers over UDP from a table, and fails in each way that servers do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

#: name → {type → texts}; a name without types exists and has nothing.
Zone = Mapping[str, Mapping[str, tuple[str, ...]]]


class NameServer:
    """Use as a context manager. `silent`, `failing`, `garbled`: names whose questions get no answer, SERVFAIL, or
    bytes that are no message."""

    def __init__(
        self,
        zone: Zone,
        *,
        silent: frozenset[str] = frozenset(),
        failing: frozenset[str] = frozenset(),
        garbled: frozenset[str] = frozenset(),
    ) -> None:
        self.zone = dict(zone)
        self.silent, self.failing, self.garbled = silent, failing, garbled
        self.asked: list[tuple[str, str]] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._socket.getsockname()
        return str(host), int(port)

    def __enter__(self) -> NameServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
            door.sendto(b"", self.address)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            packet, sender = self._socket.recvfrom(4096)
            if not packet:
                return
            answer = self._answer(packet)
            if answer:
                self._socket.sendto(answer, sender)

    def _answer(self, packet: bytes) -> bytes:
        query = dns.message.from_wire(packet)
        [question] = query.question
        name, kind = question.name.to_text(omit_final_dot=True), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        if name in self.silent:
            return b""
        if name in self.garbled:
            return packet[:2] + b"\x81\x80no message"
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name in self.failing:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif name not in self.zone:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        elif texts := self.zone[name].get(kind):
            reply.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *texts))
        return reply.to_wire()
