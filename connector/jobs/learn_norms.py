"""Learn once a day what is usual in the account, and have judged again what that changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection

from audits.deal_rule import touch_times
from audits.learning import DealSpan, Stay, learn, longest_gap_s
from audits.model.case import Coverage
from audits.model.policy import Policy
from audits.norms import Norms
from audits.stages import kind_of, stage_clock
from connector.jobs import daily
from connector.jobs.context import Lease
from connector.storage import norms, policies, worklist
from connector.storage.cases import load_cases
from connector.storage.deals import leads_of_deals
from connector.storage.statements import portions

NAME = "norms"
#: The rhythm of contacts is learned from so many of the deals won last: what is usual now.
NEWEST_WON = 2000
_BATCH = 200


def learn_norms(lease: Lease) -> bool:
    """Learn anew when a day has passed and something was read since. Returns whether it did.

    Open leads are judged again where a figure of their stage or pipeline became another.
    """
    context, install_id = lease.context, lease.install_id
    now = context.clock()
    with context.database.read() as connection:
        if not daily.is_due(connection, install_id, NAME, now, norms.last_read_at):
            return False
        before = norms.norms_at(connection, install_id, now)
        policy = policies.policy_as_of(connection, install_id, now)
        found = learned_now(connection, install_id, policy, lease.install().coverage, now)
        due = _changed(connection, install_id, before, found)
    with lease.commit() as connection:
        norms.put_norms(connection, install_id, found, now)
        worklist.mark_beside(connection, install_id, due, now)
        daily.note_lesson(connection, install_id, NAME, len(found.stage_norms) + len(found.deal_norms), now)
    return True


def learned_now(connection: Connection, install_id: str, policy: Policy, coverage: Coverage, now: datetime) -> Norms:
    """What is usual by all that is known at `now` (aware UTC), under the quantiles of `policy`."""
    ages = norms.list_deal_ages(connection, install_id, now)
    won = sorted((age for age in ages if age.closed_at is not None), key=lambda age: (age.closed_at, age.deal_id))
    gaps = _longest_gaps(connection, install_id, policy, coverage, {age.deal_id for age in won[-NEWEST_WON:]}, now)
    return learn(
        _stays(connection, install_id, policy, now),
        [
            DealSpan(
                pipeline=age.pipeline,
                age_s=int(((age.closed_at or now) - age.created_at).total_seconds()),
                is_won=age.closed_at is not None,
                longest_gap_s=gaps.get(age.deal_id),
            )
            for age in ages
        ],
        stage_percent=policy.stage_percent,
        won_age_percent=policy.won_age_percent,
    )


def _stays(connection: Connection, install_id: str, policy: Policy, now: datetime) -> Iterator[Stay]:
    clock = stage_clock(policy)
    for stay in norms.iter_stays(connection, install_id, now):
        yield Stay(
            pipeline=stay.pipeline,
            stage=stay.stage,
            segment=kind_of(stay.lead_type, stay.source),
            working_s=clock.elapsed(stay.entered_at, stay.left_at),
        )


def _longest_gaps(
    connection: Connection, install_id: str, policy: Policy, coverage: Coverage, deal_ids: set[str], now: datetime
) -> Mapping[str, int]:
    """Deal id → the longest wait between two touches, from its creation until it was won."""
    touches: dict[str, set[datetime]] = {}
    for lead_ids in portions(sorted(leads_of_deals(connection, install_id, deal_ids)), _BATCH):
        for case in load_cases(connection, install_id, lead_ids, now, coverage):
            for deal in case.deals:
                if deal.deal_id in deal_ids and deal.closed_at is not None:
                    touches.setdefault(deal.deal_id, {deal.created_at, deal.closed_at}).update(
                        at for at in touch_times(deal, case, policy) if at <= deal.closed_at
                    )
    found = {deal_id: longest_gap_s(sorted(at)) for deal_id, at in touches.items() if len(at) > 2}
    return {deal_id: gap_s for deal_id, gap_s in found.items() if gap_s is not None}


def _changed(connection: Connection, install_id: str, before: Norms, after: Norms) -> set[str]:
    """Open leads whose stage or pipeline has another figure than before."""

    def stages(learned: Norms) -> set[tuple[str, str, str, int, int | None]]:
        return {
            (norm.pipeline, norm.stage, norm.segment, norm.percent, norm.quantile_s) for norm in learned.stage_norms
        }

    def pipelines(learned: Norms) -> set[tuple[str, int, int | None, int | None]]:
        return {(norm.pipeline, norm.percent, norm.won_age_s, norm.touch_gap_s) for norm in learned.deal_norms}

    return norms.open_leads_in(
        connection,
        install_id,
        {(pipeline, stage) for pipeline, stage, _, _, _ in stages(before) ^ stages(after)},
        {pipeline for pipeline, *_ in pipelines(before) ^ pipelines(after)},
    )
