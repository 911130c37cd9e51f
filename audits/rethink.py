"""What a rule would answer under other thresholds, from what it measured: without the case.

Only outcomes that are nothing but a comparison of a stored measure with one figure of the policy are told, and only
on leads that are `is_sure`: nothing was unknown, hidden or held, so that no other answer than pass or breach can come
of another figure. Everything else is None: then the case must be judged again.

Working hours must be the same under both policies; who else asks must see to that (`same_hours`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

from audits.cadence import parts_agreed
from audits.clock import NoWorkingHours, case_clock, follow_up_clock
from audits.holds import holds
from audits.model.case import Fact, LeadCase
from audits.model.finding import Outcome
from audits.model.lead import Lead
from audits.model.policy import Policy
from audits.timeline import CONTACT_FACTS, attempts, connections

#: Fields of a policy by which working time is counted.
HOURS = frozenset({"calendar", "team_calendars", "owner_calendars", "absences", "later_hours"})
#: Fields that no rule reads.
_NAMES = frozenset({"version", "holidays_source", "escalate_after_s"})

#: What must be shown of a lead that is sure.
_SURE = (*CONTACT_FACTS, Fact.OWNER, Fact.OWNER_HISTORY, Fact.CONTACT_DATA, Fact.TASKS)
#: By which an act counts as an attempt, and a state as a hold.
_ACTS = frozenset({"late_log_s", "log_burst", "min_conversation_s"})
_HOLDS = _ACTS | {"hold_message_s", "waiting_statuses"}
_RESPONSE = frozenset({"targets", "response_target_s", "response_goal_s"})
_TWINS = frozenset({"twin_percent", "twin_leads"})
_DUPLICATES = frozenset({"duplicate_window_days", "duplicate_fields", "duplicate_percent"})
#: What the account says of itself, and by which a person counts as reached.
_TRUTH = _ACTS | {
    "region",
    "own_domains",
    "competitor_domains",
    "competitor_names",
    "products",
    "most_plausible",
    "least_form_s",
    "suspect_percent",
    "pseudo_percent",
}
#: Rule id → the fields of a policy that its answer may hang on, hours aside (a test watches what each one reads).
READ: Mapping[str, frozenset[str]] = {
    "RT001": _ACTS | _RESPONSE | {"vendor_limit_s"},
    "RT002": _ACTS | _RESPONSE,
    "RT003": frozenset({"vendor_limit_s"}),
    "RT004": frozenset({"assignment_target_s"}),
    "RT005": _ACTS | {"next_response_s"},
    "RT006": _ACTS | {"missed_call_s"},
    "FU001": _HOLDS | {"cadence", "cadence_day_parts"},
    "FU002": _HOLDS | {"recontact_after_s"},
    "FU003": _ACTS | {"same_hour_attempts"},
    "FU004": _HOLDS | {"cadence", "max_gap_s"},
    "FU005": _HOLDS | _TRUTH | _DUPLICATES | {"cadence", "claim_window_s"},
    "FU006": _ACTS | {"recontact_grace_s"},
    "FU007": _ACTS | {"one_channel_attempts"},
    "FU008": _ACTS,
    "FU009": _ACTS | {"post_sale_days"},
    "NC001": _ACTS | {"never_called_after_s"},
    "NC002": _HOLDS | {"silent_after_s"},
    "NC003": frozenset({"overdue_task_s"}),
    "NC004": frozenset(),
    "NC005": _HOLDS | {"handover_s"},
    "NC006": _HOLDS | {"absent_cover_s"},
    "FM001": _ACTS | _TWINS,
    "FM002": _HOLDS | _TWINS | {"answer_s"},
    "FM003": _ACTS | _TWINS | {"region", "unasked_messages"},
    "LD001": _ACTS | {"deal_contacts", "single_thread_minor"},
    "LD002": _ACTS,
    "LD003": frozenset(),
    "LD004": _ACTS,
    "AG001": _ACTS | {"claim_window_s", "contacted_statuses"},
    "AG002": _ACTS,
    "AG003": frozenset({"backdated_s"}),
    "AG004": _HOLDS | {"parked_after_s"},
    "AG005": _HOLDS | {"silent_after_s"},
    "AG006": _ACTS | {"claim_window_s", "tick_burst"},
    "AG007": _TRUTH | _DUPLICATES | {"claim_window_s"},
    "PL001": frozenset({"region"}),
    "PL002": frozenset(),
    "PL003": frozenset(),
    "PL004": _DUPLICATES,
    "PL005": _TRUTH,
    "PL006": _TRUTH,
    "PL007": _TRUTH,
    "PL008": _TRUTH,
    "PL009": _TRUTH,
    "PL010": _TRUTH,
    "PL011": _TRUTH,
    "PL012": _TRUTH,
    "DQ001": frozenset(),
    "DQ002": frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is kept of one rule's answer on a lead. `measures`: by name, seconds and counts; `needed_s`: HandledLead;
    `lead`: enough of the lead to find what was agreed for it, where that is asked for."""

    outcome: Outcome
    reason: str
    is_sure: bool
    is_response_sure: bool
    needed_s: int | None = None
    lead: Lead | None = None
    measures: Mapping[str, int | None] = field(default_factory=dict)


#: Rule id → the outcome under a policy, or None.
Rethink = Callable[[Stored, Policy], Outcome | None]


def is_sure(case: LeadCase, policy: Policy) -> bool:
    """Whether everything about the lead is known that could make an answer other than pass or breach."""
    lead = case.lead
    if (
        case.coverage.cause(*_SURE) is not None
        or lead.is_imported
        or lead.status is None
        or lead.received_latest_at is not None
    ):
        return False
    if any(act.latest_at is not None for act in case.activities) or holds(case, policy):
        return False
    try:
        doubt = case_clock(case, policy).doubt or follow_up_clock(case, policy).doubt
    except NoWorkingHours:
        return False
    return doubt is None and not attempts(case, policy).unknown and not connections(case, policy).unknown


def is_response_sure(case: LeadCase, policy: Policy) -> bool:
    """The same of first attempt and first owner alone: what was done after the first attempt may be unknown."""
    lead, tried = case.lead, attempts(case, policy)
    if case.coverage.cause(*CONTACT_FACTS, Fact.OWNER, Fact.OWNER_HISTORY) is not None:
        return False
    if lead.is_imported or lead.status is None or lead.received_latest_at is not None:
        return False
    if lead.preferred_at is not None and (tried.unknown or connections(case, policy).unknown):
        return False
    first = tried.first()
    if first is not None and first.latest_at is not None:
        return False
    if any(first is None or each.activity.occurred_at <= first.no_later_than for each in tried.unknown):
        return False
    try:
        return case_clock(case, policy).doubt is None
    except NoWorkingHours:
        return False


def changed_fields(one: Policy, other: Policy) -> frozenset[str]:
    """The fields in which two policies differ, names of versions and of sources aside."""
    return frozenset(
        each.name
        for each in fields(Policy)
        if each.name not in _NAMES and getattr(one, each.name) != getattr(other, each.name)
    )


def same_hours(one: Policy, other: Policy) -> bool:
    """Whether working time is the same under both."""
    return not changed_fields(one, other) & HOURS


def rethought(
    rule_id: str, stored: Stored, was: Policy, policy: Policy, differing: frozenset[str] | None = None
) -> Outcome | None:
    """What the rule would have answered under `policy`, when it answered `stored` under `was`; None = it must be
    judged again. Both have the same hours. `differing`: what `changed_fields` says of the two, if that is known."""
    changed = (changed_fields(was, policy) if differing is None else differing) & READ.get(rule_id, frozenset())
    if not changed:
        return stored.outcome
    answer, by = RETHINK.get(rule_id, (None, frozenset[str]()))
    if answer is None or not changed <= by:
        return None
    if stored.reason in SETTLED[rule_id] or (stored.is_sure and stored.reason in _SETTLED_IF_SURE.get(rule_id, ())):
        return stored.outcome
    is_sure_enough = stored.is_response_sure if rule_id in _BY_RESPONSE else stored.is_sure
    if stored.outcome in (Outcome.PASS, Outcome.BREACH) and not is_sure_enough:
        return None
    return answer(stored, policy)


def _promised_s(policy: Policy, lead: Lead) -> int:
    target = next((each for each in policy.targets if each.fits(lead)), None)
    return policy.response_target_s if target is None else target.due_s


def _response(stored: Stored, policy: Policy) -> Outcome | None:
    """RT001 and RT002: broken when the first attempt needs, or needed, more than is promised."""
    if stored.outcome is Outcome.NOT_APPLICABLE:
        return Outcome.NOT_APPLICABLE
    if stored.outcome is Outcome.NOT_EVALUATED or stored.needed_s is None or stored.lead is None:
        return None
    return Outcome.BREACH if stored.needed_s > _promised_s(policy, stored.lead) else Outcome.PASS


def _beyond(measure: str, limit: str, reasons: frozenset[str]) -> Rethink:
    """Broken when the measure is above the limit; at the limit itself it hangs on more than the measure."""

    def answer(stored: Stored, policy: Policy) -> Outcome | None:
        if stored.reason not in reasons:
            return None
        value, limit_s = stored.measures.get(measure), getattr(policy, limit)
        if value is None or value == limit_s:
            return None
        return Outcome.BREACH if value > limit_s else Outcome.PASS

    return answer


#: Rules that ask for the first attempt or the first owner alone.
_BY_RESPONSE = frozenset({"RT001", "RT002", "RT003", "RT004"})
#: Rule id → reasons that are given before any of these fields is looked at.
SETTLED: Mapping[str, frozenset[str]] = {
    "RT001": frozenset({"imported"}),
    "RT002": frozenset({"imported"}),
    "RT003": frozenset({"imported", "no_submit_time", "times_conflict"}),
    "RT004": frozenset({"imported", "closed_without_need"}),
    "FU001": frozenset({"closed", "nothing_agreed", "unmapped_status"}),
    "FU002": frozenset({"closed", "no_attempt", "unmapped_status"}),
    "FU004": frozenset({"closed", "nothing_agreed", "contact_made", "unmapped_status"}),
    "NC001": frozenset({"closed", "no_phone", "called", "contact_made", "unmapped_status"}),
    "NC002": frozenset({"closed", "unmapped_status"}),
}
#: … and those that hang on no limit where nothing is unknown.
_SETTLED_IF_SURE: Mapping[str, frozenset[str]] = {
    "FU001": frozenset({"too_few_attempts"}),
    "FU002": frozenset({"contact_made", "awaiting_reply", "no_other_way"}),
    "FU004": frozenset({"too_few_attempts"}),
}


def _silent(stored: Stored, policy: Policy) -> Outcome | None:
    if stored.reason == "next_step_planned":
        return Outcome.PASS
    # Of one that was touched lately it is not kept whether a task lies ahead.
    answer = _beyond("silent_working_s", "silent_after_s", frozenset({"touched_lately", "silent"}))(stored, policy)
    return None if answer is Outcome.BREACH and stored.outcome is Outcome.PASS else answer


def _recontact(stored: Stored, policy: Policy) -> Outcome | None:
    # Whether an attempt failed is asked only once the next one is due.
    reasons = frozenset({"recontact_due", "no_recontact"})
    answer = _beyond("since_last_attempt_working_s", "recontact_after_s", reasons)(stored, policy)
    return None if answer is Outcome.BREACH and stored.outcome is Outcome.PASS else answer


def _day_parts(stored: Stored, policy: Policy) -> Outcome | None:
    """FU001 where the agreed attempts were made: broken when their calls lie in fewer parts of the day. While the
    cadence runs, or where too few were made, the parts decide nothing or not alone."""
    if stored.reason not in ("cadence_kept", "one_part_of_the_day"):
        return None
    if "cadence_call_parts" not in stored.measures:
        # Judged before this was measured.
        return None
    parts = stored.measures["cadence_call_parts"]
    if parts is None:
        # No call is agreed on this lead.
        return stored.outcome
    if parts >= parts_agreed(policy, policy.cadence.calls):
        return Outcome.PASS
    # A series that was kept may still run: then the missing part is not due yet.
    return Outcome.BREACH if stored.outcome is Outcome.BREACH else None


#: Rule id → how it is rethought, and the fields of the policy which alone may differ for that.
RETHINK: Mapping[str, tuple[Rethink, frozenset[str]]] = {
    # What the vendor took is said of a late attempt, and changes nothing.
    "RT001": (_response, _RESPONSE | {"vendor_limit_s"}),
    "RT002": (_response, _RESPONSE),
    "RT003": (
        _beyond("vendor_leg_wall_s", "vendor_limit_s", frozenset({"delivered_in_time", "delivered_late"})),
        frozenset({"vendor_limit_s"}),
    ),
    "RT004": (
        _beyond(
            "system_leg_working_s",
            "assignment_target_s",
            frozenset({"assigned_in_time", "assigned_late", "waiting_in_time", "unassigned"}),
        ),
        frozenset({"assignment_target_s"}),
    ),
    "FU001": (_day_parts, frozenset({"cadence_day_parts"})),
    "FU002": (_recontact, frozenset({"recontact_after_s"})),
    "FU004": (
        _beyond("longest_gap_working_s", "max_gap_s", frozenset({"gaps_kept", "gap_too_long"})),
        frozenset({"max_gap_s"}),
    ),
    "NC001": (
        _beyond("open_working_s", "never_called_after_s", frozenset({"waiting_in_time", "never_called"})),
        frozenset({"never_called_after_s"}),
    ),
    "NC002": (_silent, frozenset({"silent_after_s"})),
}
