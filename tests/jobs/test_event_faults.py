"""Webhooks as they come in life: doubled, late, out of order, lost, for others. The sandbox's log of writes and the
tables themselves are the witnesses."""

from __future__ import annotations

import itertools
import random
from concurrent.futures import ThreadPoolExecutor

from connector.jobs.uninstall import end_install
from connector.storage import worklist
from tests.jobs.oracle import audited_at, body_of, contact, count, event, live, poll, post, ready, rows, signed
from tests.stack import OTHER_PORTAL, PORTAL, Stack

ACTIONS = ("create", "change", "call", "delete", "restore")


def test_a_delivery_twenty_times_at_once_and_again_later_has_one_effect(stack: Stack):
    install = ready(stack)
    stack.control.settings(webhooks_on=False)
    lead = contact(stack)
    sent = event(lead)
    body = body_of([sent])
    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(lambda _: post(stack, body), range(20))) == {204}
    assert rows(stack.settings.inbox_url, "SELECT COUNT(*) FROM inbox") == [(1,)]
    stack.settle(install)
    assert len(stack.our_writes(lead)) == 1
    first = audited_at(stack, lead)
    # A retry of the sender is another body: it counts its attempts.
    assert post(stack, body_of([{**sent, "attemptNumber": 3}])) == 204
    assert rows(stack.settings.inbox_url, "SELECT COUNT(*) FROM inbox") == [(2,)]
    stack.context.inbox.replay([1])
    stack.settle(install)
    assert count(stack, "SELECT COUNT(*) FROM events") == 1
    assert audited_at(stack, lead) == first
    assert len(stack.our_writes(lead)) == 1


def test_a_captured_delivery_sent_again_within_five_minutes_has_no_second_effect(stack: Stack):
    install = ready(stack)
    stack.control.settings(webhooks_on=False)
    lead = contact(stack)
    body = body_of([event(lead)])
    captured = signed(stack, body)
    assert post(stack, body, captured) == 204
    stack.settle(install)
    first = audited_at(stack, lead)
    assert post(stack, body, captured) == 204
    stack.settle(install)
    assert rows(stack.settings.inbox_url, "SELECT COUNT(*) FROM inbox") == [(1,)]
    assert audited_at(stack, lead) == first
    assert len(stack.our_writes(lead)) == 1


def test_the_same_event_id_for_another_record_or_another_account_is_another_event(stack: Stack):
    ours, theirs = ready(stack), ready(stack, OTHER_PORTAL)
    stack.control.settings(webhooks_on=False)
    one, two = contact(stack), contact(stack)
    other = contact(stack, OTHER_PORTAL)
    assert other == one  # ids of two accounts coincide, as they may in life
    same = {"eventId": 77, "occurredAt": 1_788_597_072_520}
    assert post(stack, body_of([event(one, **same), event(two, **same)])) == 204
    assert post(stack, body_of([event(other, portal=OTHER_PORTAL, **same)])) == 204
    stack.settle(ours)
    stack.advance(theirs)
    assert count(stack, "SELECT COUNT(*) FROM events") == 3
    assert (live(stack, ours), live(stack, theirs)) == ({one, two}, {other})


def test_events_of_a_lead_in_any_order_end_in_the_state_of_the_crm(stack: Stack):
    install = ready(stack)
    stack.control.settings(webhooks_on=False)
    dice = random.Random(48)
    orders = dice.sample(list(itertools.permutations(range(len(ACTIONS)))), 40)
    # Some leads stay deleted: they have no restore.
    orders += dice.sample(list(itertools.permutations(range(len(ACTIONS) - 1))), 12)
    waiting: dict[str, list[int]] = {}
    calls: dict[str, str] = {}
    names: list[str] = []
    for number, action in enumerate(ACTIONS):
        if action == "create":
            names = [contact(stack) for _ in orders]
            waiting = dict(zip(names, map(list, orders), strict=True))
        for lead, order in zip(names, orders, strict=True):
            if number in order:
                _act(stack, action, lead, calls)
        _deliver_heads(stack, waiting, calls, happened=number)
        stack.settle(install)
    while any(waiting.values()):
        _deliver_heads(stack, waiting, calls, happened=len(ACTIONS))
        stack.settle(install)
    in_crm = {str(record["id"]): record for record in stack.control.records(PORTAL)}
    assert len(in_crm) == 40
    assert live(stack, install) == set(in_crm)
    facts = rows(stack.settings.database_url, "SELECT lead_id, last_name FROM leads WHERE gone_at IS NULL")
    assert {name for _, name in facts} == {"Winter"}
    logged = rows(
        stack.settings.database_url, "SELECT lead_id, COUNT(*) FROM activities WHERE kind = 'call' GROUP BY lead_id"
    )
    assert {lead: number for lead, number in logged if lead in in_crm} == dict.fromkeys(in_crm, 1)
    judged = rows(
        stack.settings.database_url,
        "SELECT lead_id FROM lead_audits WHERE attempts_calls = 1 AND gone_at IS NULL",
    )
    assert {lead for (lead,) in judged} == set(in_crm)
    assert all(record["properties"]["leadassay_audit_note"] for record in in_crm.values())
    made = stack.control.writes(action="create", door="api", objectType="contacts")
    assert made == []


def _act(stack: Stack, action: str, lead: str, calls: dict[str, str]) -> None:
    if action == "change":
        stack.control.set_properties(PORTAL, lead, {"lastname": "Winter"})
    elif action == "call":
        calls[lead] = stack.control.log_call(PORTAL, lead)
    elif action in {"delete", "restore"}:
        stack.control.act(action, PORTAL, type="contacts", id=lead)


def _deliver_heads(stack: Stack, waiting: dict[str, list[int]], calls: dict[str, str], happened: int) -> None:
    """Of each lead the next event of its order, if that has happened by now."""
    events = []
    for lead, order in waiting.items():
        if order and order[0] <= happened:
            action = ACTIONS[order.pop(0)]
            if action == "call":
                events.append(event(calls[lead], objectTypeId="0-48"))
            elif action == "change":
                events.append(event(lead, "object.propertyChange", propertyName="lastname", propertyValue="Winter"))
            else:
                name = {"create": "creation", "delete": "deletion", "restore": "restore"}[action]
                events.append(event(lead, f"object.{name}"))
    for start in range(0, len(events), 100):
        assert post(stack, body_of(events[start : start + 100])) == 204


def test_what_lost_webhooks_told_is_found_by_one_poll(stack: Stack):
    install = ready(stack)
    dice = random.Random(49)
    known = [contact(stack) for _ in range(20)]
    stack.settle(install)
    stack.control.misbehave("webhook_drop", count=None, ratio=0.1)
    new = [contact(stack) for _ in range(30)]
    called = dice.sample(known[:12] + new, 15)
    for lead in called:
        stack.control.log_call(PORTAL, lead)
    for lead in dice.sample(known[:12], 8):
        stack.control.set_properties(PORTAL, lead, {"lastname": "Winter"})
    for lead in known[12:18]:
        stack.control.act("delete", PORTAL, type="contacts", id=lead)
    stack.control.act("merge", PORTAL, type="contacts", primary_id=known[18], other_id=known[19])
    stack.settle(install)
    stack.control.clear_rules()
    assert stack.control.webhook_counts()["dropped"] > 0
    poll(stack, install)
    in_crm = {str(record["id"]): record["properties"] for record in stack.control.records(PORTAL)}
    assert live(stack, install) == set(in_crm)
    facts = rows(stack.settings.database_url, "SELECT lead_id, last_name FROM leads WHERE gone_at IS NULL")
    assert dict(facts) == {lead: values["lastname"] for lead, values in in_crm.items()}
    ours = rows(stack.settings.database_url, "SELECT lead_id FROM lead_audits WHERE attempts_calls = 1")
    assert {lead for (lead,) in ours} == set(called)


def test_deletions_whose_webhooks_are_all_lost_are_found_by_one_poll(stack: Stack):
    install = ready(stack)
    leads = [contact(stack) for _ in range(12)]
    stack.settle(install)
    stack.control.misbehave("webhook_drop", count=None)
    for lead in leads[:5]:
        stack.control.act("delete", PORTAL, type="contacts", id=lead)
    stack.control.clear_rules()
    poll(stack, install)
    assert live(stack, install) == set(leads[5:])
    closed = rows(stack.settings.database_url, "SELECT lead_id FROM lead_audits WHERE follow_up_status = 'closed'")
    assert {lead for (lead,) in closed} == set(leads[:5])


def test_a_signed_event_reaches_the_account_it_names_and_no_other(stack: Stack):
    ours, theirs = ready(stack), ready(stack, OTHER_PORTAL)
    stack.control.settings(webhooks_on=False)
    lead = contact(stack, OTHER_PORTAL)
    foreign = 99_887_766
    assert post(stack, body_of([event(lead, portal=OTHER_PORTAL), event(lead, portal=foreign)])) == 204
    stack.settle(ours)
    stack.advance(theirs)
    assert (live(stack, ours), live(stack, theirs)) == (set(), {lead})
    stored = rows(stack.settings.database_url, "SELECT install_id FROM events")
    assert stored == [(theirs.install_id,)]
    assert rows(stack.settings.database_url, "SELECT sender, events FROM unknown_accounts") == [("hubspot", 1)]


def test_events_of_an_account_that_left_are_counted_and_dropped(stack: Stack):
    install = ready(stack)
    stack.control.settings(webhooks_on=False)
    lead = contact(stack)
    end_install(stack.context, install.install_id, "left")
    assert post(stack, body_of([event(lead)])) == 204
    stack.sort()
    assert count(stack, "SELECT COUNT(*) FROM events") == 0
    assert rows(stack.settings.database_url, "SELECT events FROM unknown_accounts") == [(1,)]
    with stack.context.database.read() as connection:
        assert worklist.installs_with_work(connection, stack.context.clock()) == []


def test_the_echo_of_our_own_write_is_heard_once_and_answered_never(stack: Stack):
    install = ready(stack)
    lead = contact(stack)
    stack.settle(install)
    assert len(stack.our_writes(lead)) == 1
    first = audited_at(stack, lead)
    note = stack.fields(lead)["leadassay_audit_note"]
    for _ in range(3):
        echo = event(lead, "object.propertyChange", propertyName="leadassay_audit_note", propertyValue=note)
        assert post(stack, body_of([{**echo, "changeSource": "INTEGRATION"}])) == 204
        stack.settle(install)
        poll(stack, install)
    assert audited_at(stack, lead) == first
    assert len(stack.our_writes(lead)) == 1
