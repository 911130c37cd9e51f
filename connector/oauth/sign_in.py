"""Sign-in by a one-time link, mailed only to addresses on the CRM's own user list.

The asker learns nothing: `ask` returns at once and always the same, and all the work (looking up, storing, mailing)
is done behind it, so that neither the answer nor its time tells whether an address exists.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from connector.errors import LeadAssayError
from connector.language.languages import DEFAULT
from connector.language.texts import texts_for
from connector.logs import get_logger
from connector.oauth.flow import secret_hash
from connector.oauth.mail import Mail, Mailer
from connector.settings import Settings
from connector.storage import installs, people, web_sessions
from connector.storage.database import Database
from connector.storage.installs import InstallStatus
from connector.storage.people import Role, User

LINK_LIFE = timedelta(minutes=15)
LINK_PATH = "/sign-in/link/"
"""The page of a link is this with the token behind it. It must ask for a press of a button: scanners open links."""
LINKS_PER_ADDRESS = 5
"""So many links an address gets within LINK_LIFE; more requests are answered the same and do nothing."""
LONGEST_NAME = 60
"""Characters of an account's name in a mail."""
WAITING = 200
_REMEMBERED = 10_000

log = get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Who may begin a session."""

    install_id: str
    account_name: str
    user: User


def who_may_sign_in(connection: Connection, email: str) -> list[SignedIn]:
    """The users behind an address, one per account: people on the CRM's list, and the admins who installed.

    A person on the list who never signed in becomes a user with the role of a rep. Somebody who is disabled here, or
    whom the CRM lists as a former owner, may not.
    """
    found: list[SignedIn] = []
    as_user, as_owner = people.installs_of_email(connection, email), people.installs_of_owner_email(connection, email)
    for install_id in dict.fromkeys((*as_user, *as_owner)):
        install = installs.get_install(connection, install_id)
        if install.status is InstallStatus.UNINSTALLED:
            continue
        user = _user(connection, install_id, email)
        if user is not None:
            found.append(SignedIn(install_id=install_id, account_name=install.account_name, user=user))
    return found


def _user(connection: Connection, install_id: str, email: str) -> User | None:
    key = people.email_key(email)
    same = [one for one in people.list_owners(connection, install_id) if people.email_key(one.email or "") == key]
    listed = next((one for one in same if not one.is_archived), None)
    user = people.find_user_by_email(connection, install_id, email)
    if user is not None:
        is_former = listed is None and (bool(same) or user.role is not Role.ADMIN)
        return None if user.disabled_at is not None or is_former else user
    if listed is None:
        return None
    return people.upsert_user(
        connection,
        install_id,
        listed.user_id or f"owner-{listed.owner_id}",
        (listed.email or "").strip(),
        listed.name,
        Role.REP,
        listed.owner_id,
    )


class LinkDesk:
    """Takes requests for links. One per process; `close` lets the waiting ones end."""

    def __init__(
        self,
        database: Database,
        mailer: Mailer,
        settings: Settings,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._mailer = mailer
        self._public_url = settings.public_url
        self._clock = clock
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sign-in-links")
        self._places = threading.Semaphore(WAITING)
        self._asked: OrderedDict[str, list[datetime]] = OrderedDict()

    def ask(self, email: str, lang: str = DEFAULT) -> None:
        """Mail a link to this address if somebody with it may sign in. Returns at once, whoever asks.

        `lang`: what the asker reads; a user's own choice goes before it.
        """
        if not self._places.acquire(blocking=False):
            log.warning("links_overrun")
            return
        self._worker.submit(self._serve, email, lang)

    def close(self) -> None:
        """Serve what was asked, then end."""
        self._worker.shutdown(wait=True)

    def _serve(self, email: str, lang: str) -> None:
        try:
            self._send(email.strip(), lang)
        except LeadAssayError as trouble:
            log.warning("link_not_sent", reason=str(trouble))
        except Exception as fault:
            # Nobody waits for this thread: it must live on, and say what happened.
            log.exception("link_crashed", kind=type(fault).__name__)
        finally:
            self._places.release()

    def _send(self, email: str, lang: str) -> None:
        if not 3 <= len(email) <= 254 or email.count("@") != 1 or not self._may_ask_again(email):
            return
        now = self._clock()
        links: list[tuple[SignedIn, str]] = []
        with self._database.write() as connection:
            for person in who_may_sign_in(connection, email):
                token = secrets.token_urlsafe(32)
                web_sessions.put_login_link(
                    connection, secret_hash(token), person.install_id, person.user.user_id, now + LINK_LIFE
                )
                links.append((person, token))
        if links:
            self._mailer.send(_link_mail(self._public_url, links, lang))

    def _may_ask_again(self, email: str) -> bool:
        key, now = people.email_key(email), self._clock()
        recent = [at for at in self._asked.pop(key, []) if at > now - LINK_LIFE]
        self._asked[key] = [*recent, now][-LINKS_PER_ADDRESS:]
        while len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        return len(recent) < LINKS_PER_ADDRESS


def redeem_link(database: Database, token: str, now: datetime) -> SignedIn | None:
    """Whom the link signs in, once; None for one that is unknown, used, expired, or no longer good for its user."""
    with database.write() as connection:
        link = web_sessions.take_login_link(connection, secret_hash(token), now)
        if link is None:
            return None
        user = people.find_user(connection, link.install_id, link.user_id)
        if user is None:
            return None
        allowed = who_may_sign_in(connection, user.email)
    return next(
        (one for one in allowed if (one.install_id, one.user.user_id) == (link.install_id, link.user_id)), None
    )


def _name_in_mail(name: str) -> str:
    """An account's name on one short line, and nothing that a mail program makes a link of: whoever connects an
    account chooses its name, and anybody can have our mail sent to an address that is listed there."""
    words = " ".join(name.split())
    kept = "".join(letter if letter.isalnum() or letter in " .-_&()'," else " " for letter in words)
    return " ".join(kept.split())[:LONGEST_NAME]


def _link_mail(public_url: str, links: Sequence[tuple[SignedIn, str]], lang: str) -> Mail:
    chosen = next((person.user.language for person, _ in links if person.user.language), lang)
    says = texts_for(chosen, "UTC")
    lines = [f"{_name_in_mail(person.account_name)}:\n{public_url}{LINK_PATH}{token}\n" for person, token in links]
    head = says.plural(
        "Somebody, we hope you, asked to sign in to Lead Assay. This link works once, within {n} minute:",
        "Somebody, we hope you, asked to sign in to Lead Assay. This link works once, within {n} minutes:",
        int(LINK_LIFE.total_seconds() // 60),
    )
    end = says.t("If it was not you, do nothing.")
    return Mail(
        to=links[0][0].user.email,
        subject=says.t("Your link to Lead Assay"),
        text=f"{head}\n\n" + "\n".join(lines) + f"\n{end}\n",
    )
