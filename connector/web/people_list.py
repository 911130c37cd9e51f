"""Who can sign in: the CRM's own list of owners, joined with the users that we know."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.engine import Connection

from audits.model.activity import Owner
from connector.storage import people
from connector.storage.people import Role, User


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on the CRM's list, or the admin who installed. A person who never signed in is a rep until told."""

    user_id: str
    email: str
    name: str
    role: Role
    owner_id: str | None
    is_disabled: bool
    is_listed: bool


def list_persons(conn: Connection, install_id: str) -> list[Person]:
    """Everybody who may sign in or could, by name."""
    users = people.list_users(conn, install_id)
    owners = [owner for owner in people.list_owners(conn, install_id) if owner.email and not owner.is_archived]
    known = {people.email_key(user.email) for user in users}
    listed = {people.email_key(owner.email or "") for owner in owners}
    persons = [_of_user(user, is_listed=people.email_key(user.email) in listed) for user in users]
    persons += [_of_owner(owner) for owner in owners if people.email_key(owner.email or "") not in known]
    return sorted(persons, key=lambda person: (person.name.casefold(), person.user_id))


def find_person(conn: Connection, install_id: str, user_id: str) -> Person | None:
    """One of them."""
    return next((person for person in list_persons(conn, install_id) if person.user_id == user_id), None)


def admit(conn: Connection, install_id: str, person: Person) -> User:
    """Keep the person as a user: from now on he can be mailed a link and given a role."""
    return people.upsert_user(
        conn, install_id, person.user_id, person.email, person.name, person.role, person.owner_id
    )


def _of_user(user: User, *, is_listed: bool) -> Person:
    return Person(
        user_id=user.user_id,
        email=user.email,
        name=user.name or user.email,
        role=user.role,
        owner_id=user.owner_id,
        is_disabled=user.disabled_at is not None,
        is_listed=is_listed,
    )


def _of_owner(owner: Owner) -> Person:
    return Person(
        user_id=owner.user_id or f"owner-{owner.owner_id}",
        email=owner.email or "",
        name=owner.name,
        role=Role.REP,
        owner_id=owner.owner_id,
        is_disabled=False,
        is_listed=True,
    )
