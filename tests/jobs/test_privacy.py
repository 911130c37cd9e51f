"""A person is forgotten: his canary strings are looked for in every file and every table, not asked for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from connector.storage.installs import Install
from tests.jobs.oracle import body_of, contact, count, event, live, poll, post, ready, rows
from tests.stack import PORTAL, Stack

NAME, EMAIL, MESSAGE = "Quendolin", "quendolin.kanari@zwitscher.example", "kanarienfutter"
PHONE, SHARED_PHONE = "+4915188877766", "+493012345678"
CANARIES = tuple(word.encode() for word in ("uendolin", "kanari", "zwitscher", "88877766"))
PERSON = {
    "firstname": NAME,
    "lastname": "Kanarimann",
    "email": EMAIL,
    "phone": SHARED_PHONE,
    "mobilephone": PHONE,
    "message": MESSAGE,
}


def found(stack: Stack) -> list[str]:
    """Where a canary is: files of the data folder (logs and write-ahead logs too), tables of the server."""
    folder = Path(stack.settings.data_dir)
    places = [
        f"{path.name}: {word.decode()}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for word in CANARIES
        if word in path.read_bytes()
    ]
    if stack.settings.database_url.startswith("postgresql"):
        places += [f"table {name}: {word}" for name, word in _in_tables(stack.settings.database_url)]
    return places


def _in_tables(url: str) -> Iterator[tuple[str, str]]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        names = connection.execute(
            "SELECT quote_ident(schemaname) || '.' || quote_ident(tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for (name,) in names:
            with connection.cursor().copy(f"COPY {name} TO STDOUT") as copy:
                text = b"".join(bytes(part) for part in copy)
            # A bytea is shown in hexadecimal.
            yield from ((name, word.decode()) for word in CANARIES if word in text or word.hex().encode() in text)


def seeded(stack: Stack) -> tuple[Install, str]:
    """An account in which the person was worked on, and his values came by webhook."""
    install = ready(stack)
    person = stack.control.create_contact(PORTAL, PERSON)
    twin = contact(stack, phone=SHARED_PHONE)
    stack.settle(install)
    stack.control.set_properties(PORTAL, person, {"email": f"neu.{EMAIL}"})
    stack.control.log_call(PORTAL, person, {"hs_call_body": MESSAGE})
    stack.settle(install)
    mentioned = rows(stack.settings.database_url, "SELECT mentioned_id FROM finding_mentions")
    assert (person,) in mentioned or (twin,) in mentioned
    assert any("leadassay" in place or "public.leads" in place for place in found(stack))
    assert any("inbox" in place for place in found(stack))
    return install, person


def counted(stack: Stack) -> tuple[int, int]:
    """What stays of everybody: how many there were, and how much was found."""
    return count(stack, "SELECT COUNT(*) FROM lead_audits"), count(stack, "SELECT COUNT(*) FROM findings")


def stale_events(person: str) -> list[dict[str, object]]:
    return [
        event(person, "object.propertyChange", propertyName="email", propertyValue=EMAIL),
        event(person, "object.propertyChange", propertyName="firstname", propertyValue=NAME),
        event(person, "object.creation"),
        event(person, "object.deletion"),
    ]


@pytest.mark.parametrize("is_after_deletion", [True, False], ids=["after the deletion", "before the deletion"])
def test_a_privacy_deletion_leaves_nothing_of_the_person(stack: Stack, is_after_deletion: bool):
    install, person = seeded(stack)
    before = counted(stack)
    stack.control.settings(webhooks_on=False)
    forget = event(person, "contact.privacyDeletion")
    if is_after_deletion:
        stack.control.act("gdpr_delete", PORTAL, type="contacts", id=person)
        assert post(stack, body_of([event(person, "object.deletion")])) == 204
        stack.settle(install)
        assert post(stack, body_of([forget])) == 204
        stack.settle(install)
    else:
        # The CRM announces it, and still shows the record for a while.
        assert post(stack, body_of([forget])) == 204
        stack.settle(install)
        poll(stack, install)
        stack.control.act("gdpr_delete", PORTAL, type="contacts", id=person)
        assert post(stack, body_of([event(person, "object.deletion")])) == 204
        stack.settle(install)
    assert found(stack) == []
    assert person not in live(stack, install)
    after = counted(stack)
    # The live lead that pointed at the person was judged anew, which may add a finding; none went.
    assert after[0] == before[0]
    assert after[1] >= before[1]
    # Twice, and then what was under way all the time.
    assert post(stack, body_of([{**forget, "eventId": 1}])) == 204
    stack.settle(install)
    assert post(stack, body_of(stale_events(person))) == 204
    stack.settle(install)
    poll(stack, install)
    assert found(stack) == []
    assert person not in live(stack, install)
    assert counted(stack) == after


def test_an_unknown_person_is_refused_from_then_on(stack: Stack):
    install = ready(stack)
    stack.control.settings(webhooks_on=False)
    person = stack.control.create_contact(PORTAL, PERSON)
    assert post(stack, body_of([event(person, "contact.privacyDeletion")])) == 204
    stack.settle(install)
    assert post(stack, body_of(stale_events(person))) == 204
    stack.settle(install)
    poll(stack, install)
    assert live(stack, install) == set()
    assert count(stack, "SELECT COUNT(*) FROM leads") == 0
    assert found(stack) == []
    assert stack.our_writes(person) == []


def test_of_a_merged_person_both_records_go(stack: Stack):
    install = ready(stack)
    winner = stack.control.create_contact(PORTAL, PERSON)
    loser = contact(stack, email=f"alt.{EMAIL}", lastname="Kanarifrau")
    stack.settle(install)
    stack.control.act("merge", PORTAL, type="contacts", primary_id=winner, other_id=loser)
    stack.settle(install)
    stack.control.act("gdpr_delete", PORTAL, type="contacts", id=winner)
    stack.settle(install)
    stack.settle(install)
    assert live(stack, install) == set()
    assert found(stack) == []


def test_others_of_the_same_deliveries_stay(stack: Stack):
    install = ready(stack)
    stack.control.settings(webhooks_on=False)
    person, other = stack.control.create_contact(PORTAL, PERSON), contact(stack, lastname="Bleibt")
    change = event(person, "object.propertyChange", propertyName="email", propertyValue=EMAIL)
    stays = event(other, "object.propertyChange", propertyName="lastname", propertyValue="Bleibt")
    assert post(stack, body_of([change, stays, event(person), event(other)])) == 204
    stack.settle(install)
    assert live(stack, install) == {person, other}
    stack.control.act("gdpr_delete", PORTAL, type="contacts", id=person)
    assert post(stack, body_of([event(person, "contact.privacyDeletion"), {**stays, "eventId": 2}])) == 204
    stack.settle(install)
    assert found(stack) == []
    bodies = b"".join(bytes(body) for (body,) in rows(stack.settings.inbox_url, "SELECT body FROM inbox"))
    assert bodies.count(b'"Bleibt"') == 2
    assert live(stack, install) == {other}


@pytest.mark.process
def test_a_working_worker_forgets_too_and_logs_nothing_of_it(stack: Stack):
    install = stack.install()
    worker = stack.start_worker(LEADASSAY_LOG_LEVEL="DEBUG")
    person = stack.control.create_contact(PORTAL, PERSON)
    stack.wait(lambda: bool(stack.our_writes(person)))
    stack.control.set_properties(PORTAL, person, {"email": f"neu.{EMAIL}"})
    stack.control.act("gdpr_delete", PORTAL, type="contacts", id=person)
    stack.wait(lambda: count(stack, "SELECT COUNT(*) FROM forgotten") == 1)
    stack.control.wait_for_webhooks()
    stack.wait(lambda: count(stack, "SELECT COUNT(*) FROM events WHERE done_at IS NULL") == 0)
    assert post(stack, body_of(stale_events(person))) == 204
    stack.wait(lambda: rows(stack.settings.inbox_url, "SELECT COUNT(*) FROM inbox WHERE status = 'new'") == [(0,)])
    ends = time.monotonic() + 20
    while found(stack) and time.monotonic() < ends:
        time.sleep(0.2)
    assert found(stack) == []
    assert live(stack, install) == set()
    stack.kill(worker)
    assert found(stack) == []
    assert (Path(stack.settings.data_dir) / "worker.log").stat().st_size > 0
