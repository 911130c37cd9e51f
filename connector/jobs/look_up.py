"""Ask somebody outside what an account wants to know of its leads, and have judged again those whose answer came.

Nothing is asked within a transaction. A failure says nothing of any lead: it is tried again later.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.jobs.context import Lease
from connector.lookups.port import Answer, Price
from connector.storage import lookups, policies, worklist
from connector.storage.lookups import RETRY, AnswerRow, LookupChoice, Want

#: Leads that one turn looks at, and questions that it asks at most.
LEADS, QUESTIONS = 200, 20
#: Nobody seems to be there: the next try.
AWAY = timedelta(minutes=15)


def look_up(lease: Lease) -> bool:
    """Ask the next questions that are due. Returns whether any lead got an answer, or is no longer asked about."""
    context = lease.context
    with context.database.read() as connection:
        on = lookups.switched_on(connection, lease.install_id)
    did = False
    for choice in on:
        did = _asked(lease, choice) or did
    return did


def month_of(at: datetime) -> datetime:
    """The begin of the month of `at`, in UTC: from when spending is counted."""
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def next_month(at: datetime) -> datetime:
    """When the next month begins, in UTC."""
    return month_of(month_of(at) + timedelta(days=32))


def affordable(price: Price, limit_minor: int, spent_milli: int) -> int:
    """How many questions the rest of the limit pays for, at most QUESTIONS."""
    if price.milli == 0:
        return QUESTIONS
    return max(0, min(QUESTIONS, (limit_minor * 1000 - spent_milli) // price.milli))


def _asked(lease: Lease, choice: LookupChoice) -> bool:
    context, install_id, kind = lease.context, lease.install_id, choice.kind
    now = context.clock()
    with context.database.read() as connection:
        region = policies.policy_as_of(connection, install_id, now).region
        wants = lookups.list_wants(connection, install_id, kind, region, now, LEADS)
        spent = lookups.spent_milli(connection, install_id, kind, month_of(now))
    if not wants:
        return False
    asker = context.lookup_for(install_id, choice)
    if asker is None:
        with lease.commit() as connection:
            lookups.defer_wants(connection, install_id, kind, _leads(wants), now + AWAY)
        return False
    known = [want for want in wants if want.told is not None or not want.value]
    open_ = [want for want in wants if want.told is None and want.value]
    asked = open_[: affordable(asker.price, choice.limit_minor, spent)]
    booked = [_booked(want, asker.price, now) for want in asked] if asker.price.milli else []
    if booked:
        # Whoever loses the lease while he asks, or dies, must not lose what it cost: rather one too many is counted.
        with lease.commit() as connection:
            lookups.put_answers(connection, install_id, kind, booked)
    answers = asker.ask([want.value for want in asked]) if asked else {}
    told = [want for want in asked if want.value in answers and answers[want.value].told is not None]
    unknown = [want for want in asked if want.value in answers and answers[want.value].told is None]
    silent = [want for want in asked if want.value not in answers]
    with lease.commit() as connection:
        lookups.drop_answers(connection, install_id, kind, booked)
        lookups.put_answers(
            connection,
            install_id,
            kind,
            [_row(want, answers[want.value], asker.price, asker.max_age) for want in told + unknown],
        )
        lookups.end_wants(connection, install_id, kind, _leads(known + told))
        lookups.defer_wants(connection, install_id, kind, _leads(unknown), now + RETRY)
        lookups.defer_wants(connection, install_id, kind, _leads(silent), now + AWAY)
        if not asked and open_:
            # The month's limit is reached: nothing is asked before the next one begins, or an admin raises it.
            lookups.defer_wants(connection, install_id, kind, _leads(open_), next_month(now))
        worklist.mark_due(connection, install_id, _leads([want for want in known if want.value] + told), now)
    return bool(known or told)


def _booked(want: Want, price: Price, now: datetime) -> AnswerRow:
    """A question that is about to be asked: unknown, held for no time, and paid."""
    return AnswerRow(
        key_hash=want.key_hash,
        told=None,
        asked_at=now,
        expires_at=now,
        price_milli=price.milli,
        currency=price.currency,
    )


def _row(want: Want, answer: Answer, price: Price, max_age: timedelta) -> AnswerRow:
    return AnswerRow(
        key_hash=want.key_hash,
        told=answer.told,
        asked_at=answer.at,
        expires_at=answer.at + (RETRY if answer.told is None else max_age),
        price_milli=price.milli if answer.is_charged else 0,
        currency=price.currency,
    )


def _leads(wants: list[Want]) -> list[str]:
    return [lead_id for want in wants for lead_id in want.lead_ids]
