"""The explicit list of all rules, in the order in which they are evaluated, printed and read."""

from __future__ import annotations

from audits.lead_rule import LeadRule
from audits.owner_rule import OwnerRule
from audits.rules.anti_gaming import (
    ag001_status_claims_contact,
    ag002_calls_not_counted,
    ag003_back_dated,
    ag004_parked,
    ag005_edited_not_worked,
    ag006_bulk_ticks,
    ag007_discarded_untried,
)
from audits.rules.data_quality import dq001_no_owner, dq002_no_source
from audits.rules.first_message import (
    fm001_same_text_to_many,
    fm002_question_unanswered,
    fm003_phone_never_asked,
)
from audits.rules.follow_up import (
    fu001_fewer_attempts_than_cadence,
    fu002_no_recontact,
    fu003_one_hour_of_the_day,
    fu004_gap_too_long,
    fu005_stopped_too_early,
    fu006_recontact_day_passed,
    fu007_one_channel_only,
    fu008_called_without_consent,
    fu009_nothing_after_the_sale,
)
from audits.rules.long_deals import (
    ld001_one_contact_only,
    ld002_no_decider,
    ld003_beyond_the_usual_cycle,
    ld004_contact_gap,
)
from audits.rules.neglect import (
    nc001_never_called,
    nc002_silent_without_task,
    nc003_overdue_tasks,
    nc004_stalled_in_stage,
    nc005_handed_over_and_dropped,
    nc006_owner_left_or_absent,
    nc007_old_clients_favoured,
)
from audits.rules.pseudo_lead import (
    pl001_unreachable_contact_data,
    pl002_disposable_address,
    pl003_placeholder_name,
    pl004_duplicate_within_window,
    pl005_unintended_error,
    pl006_bot,
    pl007_paid_form_filler,
    pl008_competitor,
    pl009_joker,
    pl010_test_or_staff,
    pl011_empty,
    pl012_not_addressed_to_us,
)
from audits.rules.response import (
    rt001_first_attempt_late,
    rt002_not_answered_yet,
    rt003_vendor_delivered_late,
    rt004_waited_for_an_owner,
    rt005_next_message_not_answered,
    rt006_missed_call_not_returned,
)

RULES: tuple[LeadRule, ...] = (
    rt001_first_attempt_late.RULE,
    rt002_not_answered_yet.RULE,
    rt003_vendor_delivered_late.RULE,
    rt004_waited_for_an_owner.RULE,
    rt005_next_message_not_answered.RULE,
    rt006_missed_call_not_returned.RULE,
    fu001_fewer_attempts_than_cadence.RULE,
    fu002_no_recontact.RULE,
    fu003_one_hour_of_the_day.RULE,
    fu004_gap_too_long.RULE,
    fu005_stopped_too_early.RULE,
    fu006_recontact_day_passed.RULE,
    fu007_one_channel_only.RULE,
    fu008_called_without_consent.RULE,
    fu009_nothing_after_the_sale.RULE,
    nc001_never_called.RULE,
    nc002_silent_without_task.RULE,
    nc003_overdue_tasks.RULE,
    nc004_stalled_in_stage.RULE,
    nc005_handed_over_and_dropped.RULE,
    nc006_owner_left_or_absent.RULE,
    fm001_same_text_to_many.RULE,
    fm002_question_unanswered.RULE,
    fm003_phone_never_asked.RULE,
    ld001_one_contact_only.RULE,
    ld002_no_decider.RULE,
    ld003_beyond_the_usual_cycle.RULE,
    ld004_contact_gap.RULE,
    ag001_status_claims_contact.RULE,
    ag002_calls_not_counted.RULE,
    ag003_back_dated.RULE,
    ag004_parked.RULE,
    ag005_edited_not_worked.RULE,
    ag006_bulk_ticks.RULE,
    ag007_discarded_untried.RULE,
    pl001_unreachable_contact_data.RULE,
    pl002_disposable_address.RULE,
    pl003_placeholder_name.RULE,
    pl004_duplicate_within_window.RULE,
    pl005_unintended_error.RULE,
    pl006_bot.RULE,
    pl007_paid_form_filler.RULE,
    pl008_competitor.RULE,
    pl009_joker.RULE,
    pl010_test_or_staff.RULE,
    pl011_empty.RULE,
    pl012_not_addressed_to_us.RULE,
    dq001_no_owner.RULE,
    dq002_no_source.RULE,
)

#: Rules on one person over a period: they judge an OwnerCase.
OWNER_RULES: tuple[OwnerRule, ...] = (nc007_old_clients_favoured.RULE,)
