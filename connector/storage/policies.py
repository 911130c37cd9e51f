"""Policies: which version was agreed from when on. A version never changes once it is there.

Read as of the event:
- The terms of a lead (targets, cadence, every limit) are those in force when it arrived. A policy saved later never
  changes what was agreed for it. Before the first version began, the first one held.
- Working hours count as they were at each moment: those of the terms, and from its beginning on those of each later
  version that has begun.
- Absences have dates of their own, so that the newest list holds for all times: a sick note that was handed in later
  counts. So does what the account knows of itself and its market (KNOWN): who is a competitor was one before somebody
  wrote it down.

A policy read so has a name of its own, from which `find_policy` gives it again for ever: "3" is version 3 alone;
"3 (hours 5)" is its terms with the hours of all later versions up to 5; "3 (hours 5, 6)" the same where version 6,
saved after 5, begins before it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import sqlalchemy as sa
from babel.core import get_global
from sqlalchemy.engine import Connection

from audits.model.policy import Hours, Policy
from audits.model.working_calendar import Calendar
from connector.errors import UnknownInstall
from connector.storage.tables import policies

#: CLDR's code for zones of no country, such as UTC.
_WORLD = "001"
#: What is known of the world, and agreed with nobody.
KNOWN = ("own_domains", "competitor_domains", "competitor_names", "products", "most_plausible")
_NAME_OF_HOURS, _AND = " (hours ", ", "
_NINE_TO_SIX = ((9 * 3600, 18 * 3600),)


def parts_of(name: str) -> tuple[str, str]:
    """Of the name of a policy the version of its terms, and those of later hours, such as "5, 6"; "" for none."""
    terms, _, hours = name.partition(_NAME_OF_HOURS)
    return terms, hours.removesuffix(")")


def default_policy(
    zone: str, version: str = "1", *, contacted: Sequence[str] = (), waiting: Sequence[str] = ()
) -> Policy:
    """Monday to Friday, 9 to 18 o'clock in `zone` (IANA), numbers of the zone's country, the rulebook's figures.

    `contacted`, `waiting`: the CRM's own statuses that claim an attempt, and that mean waiting for the lead. Raises
    ValueError for an unknown zone.
    """
    country = get_global("zone_territories").get(zone)
    return Policy(
        version=version,
        calendar=Calendar("team", zone, dict.fromkeys(range(5), _NINE_TO_SIX)),
        region=str(country) if country and country != _WORLD else None,
        contacted_statuses=tuple(contacted),
        waiting_statuses=tuple(waiting),
    )


def put_policy(conn: Connection, install_id: str, policy: Policy, valid_from: datetime) -> None:
    """Let `policy` hold from `valid_from` (aware UTC) on. The same version with the same content changes nothing.

    Of two versions that begin at one instant the one saved later holds. Raises ValueError when the version is there
    with another content: findings name it, so it may not change.
    """
    if _NAME_OF_HOURS in policy.version or _AND in policy.version:
        raise ValueError(f"version: {policy.version!r} reads as the name of several; write a plain one such as 7")
    if policy.later_hours:
        raise ValueError("later_hours: they come from the versions that follow; store the policy without them")
    text = json.dumps(policy.to_json(), separators=(",", ":"))
    found = conn.execute(
        sa.select(policies.c.policy).where(policies.c.install_id == install_id, policies.c.version == policy.version)
    ).scalar_one_or_none()
    if found is not None:
        if found != text:
            raise ValueError(f"version: {policy.version!r} is in use with other terms; give the policy a new version")
        return
    last = sa.select(sa.func.coalesce(sa.func.max(policies.c.position), 0)).where(policies.c.install_id == install_id)
    conn.execute(
        sa.insert(policies).values(
            install_id=install_id,
            version=policy.version,
            position=last.scalar_subquery() + 1,
            valid_from=valid_from,
            policy=text,
        )
    )


def next_version(conn: Connection, install_id: str) -> str:
    """A version name that is free: the count of policies so far, plus one."""
    known = set(list_versions(conn, install_id))
    number = len(known) + 1
    while str(number) in known:
        number += 1
    return str(number)


def list_versions(conn: Connection, install_id: str) -> list[str]:
    """All versions, oldest first."""
    return list(
        conn.execute(
            sa.select(policies.c.version).where(policies.c.install_id == install_id).order_by(policies.c.position)
        ).scalars()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """One version as saved. It holds in [valid_from, valid_to), aware UTC; `valid_to` None = it still does, equal to
    `valid_from` = it never did, another took its place from the same instant on. `position`: 1 = saved first."""

    policy: Policy
    position: int
    valid_from: datetime
    valid_to: datetime | None


class PolicyBook:
    """All versions of one install, read once, to be asked for many leads."""

    def __init__(self, versions: list[PolicyVersion]) -> None:
        self.versions = versions
        self._read: dict[tuple[int, int], Policy] = {}

    @classmethod
    def load(cls, conn: Connection, install_id: str) -> PolicyBook:
        """The versions in order of their beginning. Raises UnknownInstall when there is none."""
        return cls(list_policies(conn, install_id))

    def policy_for(self, received_at: datetime, as_of: datetime) -> Policy:
        """By what a lead that arrived at `received_at` is judged at `as_of`, named as this module says."""
        terms = self._in_force(received_at)
        last = max(terms, self._in_force(as_of))
        found = self._read.get((terms, last))
        if found is None:
            found = self._read[terms, last] = _joined(self.versions[terms], self.versions[terms + 1 : last + 1])
        return found

    def next_beginning(self, after: datetime) -> datetime | None:
        """When the next version begins after `after`, None = none is planned."""
        return min((each.valid_from for each in self.versions if each.valid_from > after), default=None)

    def find(self, version: str) -> Policy | None:
        """The policy of that name, also of one that joins the hours of several versions."""
        by_name = {each.policy.version: index for index, each in enumerate(self.versions)}
        if version in by_name:
            return self.versions[by_name[version]].policy
        first, _, rest = version.partition(_NAME_OF_HOURS)
        last, _, newest = rest.removesuffix(")").partition(_AND)
        places = [by_name.get(name) for name in (first, last, newest or last)]
        if None in places:
            return None
        terms, until, latest = (self.versions[place] for place in places if place is not None)
        between = self.versions[by_name[first] + 1 : by_name[last] + 1]
        # What was saved later was not there when the name was given.
        joined = _joined(terms, [each for each in between if each.position <= latest.position])
        return joined if joined.version == version and until in between else None

    def _in_force(self, at: datetime) -> int:
        begun = [index for index, each in enumerate(self.versions) if each.valid_from <= at]
        if begun:
            return begun[-1]
        first = self.versions[0].valid_from
        return max(index for index, each in enumerate(self.versions) if each.valid_from == first)


def _joined(terms: PolicyVersion, later: list[PolicyVersion]) -> Policy:
    """The terms of one version with the hours of the later ones, in order, and the facts of the last one."""
    kept: list[PolicyVersion] = []
    for each in later:
        # Dropping what changes no facts must hang on nothing that follows: else a name would not mean one policy.
        if _facts_of(each) != _facts_of(kept[-1] if kept else terms):
            kept.append(each)
    if not kept:
        return terms.policy
    last, newest = kept[-1], max(kept, key=lambda each: each.position)
    names = [last.policy.version] + ([newest.policy.version] if newest is not last else [])
    absences = last.policy.absences
    return replace(
        terms.policy,
        version=f"{terms.policy.version}{_NAME_OF_HOURS}{_AND.join(names)})",
        absences=absences,
        **{name: getattr(last.policy, name) for name in KNOWN},
        later_hours=tuple(
            Hours(
                valid_from=each.valid_from,
                calendar=each.policy.calendar,
                team_calendars=each.policy.team_calendars,
                owner_calendars=each.policy.owner_calendars,
                absences=absences,
            )
            for each in kept
        ),
    )


def _facts_of(version: PolicyVersion) -> tuple[object, ...]:
    policy = version.policy
    known = (getattr(policy, name) for name in KNOWN)
    return policy.calendar, policy.team_calendars, policy.owner_calendars, policy.absences, *known


def list_policies(conn: Connection, install_id: str) -> list[PolicyVersion]:
    """All versions in order of their beginning, of one beginning the later saved last. Raises UnknownInstall."""
    rows = conn.execute(
        sa.select(policies.c.position, policies.c.valid_from, policies.c.policy)
        .where(policies.c.install_id == install_id)
        .order_by(policies.c.valid_from, policies.c.position)
    ).all()
    if not rows:
        raise UnknownInstall(f"There is no install {install_id!r}.")
    ends = [*(row.valid_from for row in rows[1:]), None]
    return [
        PolicyVersion(policy=_read(row.policy), position=row.position, valid_from=row.valid_from, valid_to=end)
        for row, end in zip(rows, ends, strict=True)
    ]


def policy_for(conn: Connection, install_id: str, received_at: datetime, as_of: datetime) -> Policy:
    """By what a lead that arrived at `received_at` is judged at `as_of`; see `PolicyBook`. Raises UnknownInstall."""
    return PolicyBook.load(conn, install_id).policy_for(received_at, as_of)


def policy_as_of(conn: Connection, install_id: str, at: datetime) -> Policy:
    """The version in force at `at`, with its own hours alone; before the first one began, the first.

    What is asked of the account as it stands, not of a lead: that is `policy_for`. Raises UnknownInstall.
    """
    of_install = sa.select(policies.c.policy).where(policies.c.install_id == install_id)
    text = conn.execute(
        of_install.where(policies.c.valid_from <= at)
        .order_by(policies.c.valid_from.desc(), policies.c.position.desc())
        .limit(1)
    ).scalar_one_or_none()
    if text is None:
        text = conn.execute(
            of_install.order_by(policies.c.valid_from, policies.c.position.desc()).limit(1)
        ).scalar_one_or_none()
    if text is None:
        raise UnknownInstall(f"There is no install {install_id!r}.")
    return _read(text)


def find_policy(conn: Connection, install_id: str, version: str) -> Policy | None:
    """What a finding was judged by, from the name that stands in it."""
    return PolicyBook.load(conn, install_id).find(version)


@lru_cache(maxsize=256)
def _read(text: str) -> Policy:
    """A stored policy. Kept by its text: versions never change, and each is asked for with every batch."""
    return Policy.from_json(json.loads(text))
