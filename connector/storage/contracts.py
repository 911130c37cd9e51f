"""Contracts with lead vendors: which version held when. What was judged by a version is never judged by other words.

A version that nothing was judged by may be replaced or withdrawn. One that is in use never changes; that it ends
earlier than agreed stands beside it (`ends_on`), and not before the present day, so that no past delivery falls under
other terms than it did. Its digest stays that of what was agreed. Each act stands in the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from audits.contracts.book import ContractBook
from audits.contracts.plain import data_of, dump_contract, load_contract
from audits.model.contract import Contract
from audits.model.said import Said, english, say
from connector.errors import LeadAssayError
from connector.storage import ledger
from connector.storage.installs import hold
from connector.storage.statements import upsert
from connector.storage.tables import contracts


class ContractRefused(LeadAssayError):
    """Why a version is not kept, replaced, ended or withdrawn; `said` is the sentence for a person."""

    def __init__(self, said: Said) -> None:
        super().__init__(english(said))
        self.said = said


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractVersion:
    """One version as saved. `agreed`: its words. `ends_on`: the last day on which it holds, where that is
    earlier than agreed. Instants are aware UTC."""

    agreed: Contract
    ends_on: date | None
    saved_at: datetime
    saved_by: str
    used_at: datetime | None
    withdrawn_at: datetime | None

    @property
    def last_day(self) -> date | None:
        """The last day on which it holds, in the contract's zone; None = without an end."""
        return self.ends_on or self.agreed.valid_to

    @property
    def in_force(self) -> Contract:
        """The contract as deliveries are judged by it: as agreed, but for its end. It bears the digest of what was
        agreed, because on the days on which it holds it means the same."""
        if self.ends_on is None:
            return self.agreed
        ended = self.agreed.model_copy(update={"valid_to": self.ends_on})
        ended.__dict__["digest"] = self.agreed.digest
        return ended

    def holds_on(self, day: date) -> bool:
        """Whether deliveries of `day`, a date in the contract's zone, fall under it."""
        return self.withdrawn_at is None and self.in_force.holds_on(day)


def put_version(conn: Connection, install_id: str, contract: Contract, *, at: datetime, user_id: str) -> bool:
    """Keep a version, or replace one that nothing was judged by; `at` aware UTC, `user_id` who saved it. False: it
    was there, word for word.

    Raises ContractRefused naming both where it is in use with other words, overlaps another, or where the contract
    has another vendor."""
    hold(conn, install_id)
    known = list_versions(conn, install_id, contract.contract)
    same = next((each for each in known if each.agreed.version == contract.version), None)
    if same is not None and same.withdrawn_at is None:
        if dump_contract(same.agreed) == dump_contract(contract):
            return False
        if same.used_at is not None:
            raise ContractRefused(
                say(
                    "Version {version} of {contract} is in use, and never changes; save the change as a new version.",
                    version=contract.version,
                    contract=contract.contract,
                )
            )
    if contract.valid_to is not None and contract.valid_to < contract.valid_from:
        raise ContractRefused(
            say(
                "Version {version} of {contract} ends before it begins.",
                version=contract.version,
                contract=contract.contract,
            )
        )
    others = [each for each in known if each is not same and each.withdrawn_at is None]
    for other in others:
        if other.agreed.vendor != contract.vendor:
            raise ContractRefused(
                say(
                    "Version {one} of {contract} is with {a}, version {other} with {b}; give the other vendor's "
                    "contract a name of its own.",
                    one=other.agreed.version,
                    other=contract.version,
                    contract=contract.contract,
                    a=other.agreed.vendor,
                    b=contract.vendor,
                )
            )
        if _overlap(other, contract):
            raise ContractRefused(
                say(
                    "Version {one} and version {other} of {contract} overlap: both hold on {day}. End the earlier "
                    "one before the later one begins.",
                    one=other.agreed.version,
                    other=contract.version,
                    contract=contract.contract,
                    day=max(other.agreed.valid_from, contract.valid_from).isoformat(),
                )
            )
    upsert(
        conn,
        contracts,
        [
            {
                "install_id": install_id,
                "contract": contract.contract,
                "version": contract.version,
                "vendor": contract.vendor,
                "valid_from": contract.valid_from,
                "valid_to": contract.valid_to,
                "ends_on": None,
                "body": dump_contract(contract),
                "digest": contract.digest,
                "saved_at": at,
                "saved_by": user_id,
                "used_at": None,
                "withdrawn_at": None,
            }
        ],
    )
    ends = {} if contract.valid_to is None else {"valid_to": contract.valid_to.isoformat()}
    body = {"digest": contract.digest, "valid_from": contract.valid_from.isoformat(), **ends}
    _log(conn, install_id, ledger.Act.CONTRACT_SAVED, contract, at=at, user_id=user_id, body=body)
    return True


def follow_version(
    conn: Connection, install_id: str, contract: Contract, *, at: datetime, user_id: str
) -> ContractVersion | None:
    """Keep a version, and end the one before it on the day before it begins; that one, as it then stands, or None
    where none had to end. Raises ContractRefused as `put_version` and `end_version` do."""
    ended = None
    for each in list_versions(conn, install_id, contract.contract):
        is_other = each.agreed.version != contract.version and each.withdrawn_at is None
        if is_other and each.agreed.valid_from < contract.valid_from and _overlap(each, contract):
            last = contract.valid_from - timedelta(days=1)
            ended = end_version(
                conn, install_id, each.agreed.contract, each.agreed.version, ends_on=last, at=at, user_id=user_id
            )
    put_version(conn, install_id, contract, at=at, user_id=user_id)
    return ended


def end_version(
    conn: Connection, install_id: str, contract: str, version: int, *, ends_on: date, at: datetime, user_id: str
) -> ContractVersion | None:
    """Let a version hold until `ends_on`, the last day, and no longer; as it then stands, None where there is none.
    One that nothing was judged by gets the end into its words, one in use beside them.

    Raises ContractRefused where it ended before, where it begins later, and where a version in use would end before
    the day of `at` (aware UTC) in the contract's zone: deliveries of those days were judged by it."""
    hold(conn, install_id)
    found = get_version(conn, install_id, contract, version)
    if found is None or found.withdrawn_at is not None:
        return None
    agreed, today = found.agreed, at.astimezone(found.agreed.zone).date()
    if found.last_day is not None and found.last_day < ends_on:
        raise ContractRefused(
            say(
                "Version {version} of {contract} ends on {day} already.",
                version=version,
                contract=contract,
                day=found.last_day.isoformat(),
            )
        )
    if ends_on < agreed.valid_from:
        raise ContractRefused(
            say(
                "Version {version} of {contract} begins on {day} only; withdraw it instead.",
                version=version,
                contract=contract,
                day=agreed.valid_from.isoformat(),
            )
        )
    if found.used_at is None:
        # Made anew: a copy of the model would keep the digest of what it was copied from.
        ended = Contract.model_validate({**data_of(agreed), "valid_to": ends_on.isoformat()})
        put_version(conn, install_id, ended, at=at, user_id=user_id)
    elif ends_on < today:
        raise ContractRefused(
            say(
                "Leads were judged by version {version} of {contract} already: it holds until {day} at least, and "
                "the next one begins after that.",
                version=version,
                contract=contract,
                day=today.isoformat(),
            )
        )
    else:
        conn.execute(sa.update(contracts).where(*_one(install_id, contract, version)).values(ends_on=ends_on))
        body = {"digest": agreed.digest, "ends_on": ends_on.isoformat()}
        _log(conn, install_id, ledger.Act.CONTRACT_ENDED, agreed, at=at, user_id=user_id, body=body)
    return get_version(conn, install_id, contract, version)


def withdraw_version(
    conn: Connection, install_id: str, contract: str, version: int, *, at: datetime, user_id: str
) -> bool:
    """Let a version never have held, from `at` (aware UTC) on. False where there is none, where it is withdrawn
    already, and where something was judged by it."""
    done = conn.execute(
        sa.update(contracts)
        .where(
            *_one(install_id, contract, version), contracts.c.used_at.is_(None), contracts.c.withdrawn_at.is_(None)
        )
        .values(withdrawn_at=at)
    )
    found = get_version(conn, install_id, contract, version) if done.rowcount == 1 else None
    if found is None:
        return False
    body = {"digest": found.agreed.digest}
    _log(conn, install_id, ledger.Act.CONTRACT_WITHDRAWN, found.agreed, at=at, user_id=user_id, body=body)
    return True


def _log(
    conn: Connection,
    install_id: str,
    act: ledger.Act,
    contract: Contract,
    *,
    at: datetime,
    user_id: str,
    body: Mapping[str, str],
) -> None:
    ledger.append(
        conn,
        install_id,
        act,
        at=at,
        actor=ledger.Actor.USER,
        actor_id=user_id,
        vendor=contract.vendor,
        subject=f"{contract.contract}/{contract.version}",
        body=body,
    )


def mark_used(conn: Connection, install_id: str, used: Iterable[tuple[str, int]], at: datetime) -> None:
    """Something was judged at `at` (aware UTC) by these (contract, version): from now on they never change. Of those
    in use already nothing changes."""
    for contract, version in sorted(set(used)):
        conn.execute(
            sa.update(contracts)
            .where(
                *_one(install_id, contract, version),
                contracts.c.used_at.is_(None),
                contracts.c.withdrawn_at.is_(None),
            )
            .values(used_at=at)
        )


def list_versions(conn: Connection, install_id: str, contract: str | None = None) -> list[ContractVersion]:
    """All versions, of one contract or of all, withdrawn ones included: by vendor, contract and number."""
    rows = conn.execute(
        sa.select(contracts)
        .where(
            contracts.c.install_id == install_id, *([] if contract is None else [contracts.c.contract == contract])
        )
        .order_by(contracts.c.vendor, contracts.c.contract, contracts.c.version)
    )
    return [_version(row) for row in rows]


def get_version(conn: Connection, install_id: str, contract: str, version: int) -> ContractVersion | None:
    """One of them, withdrawn or not."""
    row = conn.execute(sa.select(contracts).where(*_one(install_id, contract, version))).one_or_none()
    return None if row is None else _version(row)


def book(conn: Connection, install_id: str) -> ContractBook:
    """All contracts of the account as deliveries are judged by them."""
    rows = conn.execute(
        sa.select(contracts).where(contracts.c.install_id == install_id, contracts.c.withdrawn_at.is_(None))
    )
    return ContractBook(_version(row).in_force for row in rows)


def _one(install_id: str, contract: str, version: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        contracts.c.install_id == install_id,
        contracts.c.contract == contract,
        contracts.c.version == version,
    )


def _overlap(one: ContractVersion, other: Contract) -> bool:
    return one.agreed.valid_from <= (other.valid_to or date.max) and other.valid_from <= (one.last_day or date.max)


def _version(row: sa.Row[tuple[object, ...]]) -> ContractVersion:
    return ContractVersion(
        agreed=load_contract(row.body),
        ends_on=row.ends_on,
        saved_at=row.saved_at,
        saved_by=row.saved_by,
        used_at=row.used_at,
        withdrawn_at=row.withdrawn_at,
    )
