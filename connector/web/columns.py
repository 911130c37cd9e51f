"""Columns of the exports. A CSV file is read by programs: its columns have the same names in every language. A sheet
is read by people: its columns have titles in the reader's."""

from __future__ import annotations

from collections.abc import Sequence

from audits.model.said import phrase
from connector.web.texts import t

#: Name of a column → its title.
TITLES = {
    "against_expected": phrase("Against what was expected"),
    "broken": phrase("Promises broken"),
    "broken_expected": phrase("Promises broken, expected"),
    "call_attempts": phrase("Attempts by call"),
    "company": phrase("Company"),
    "contest": phrase("Contest on this finding"),
    "contested": phrase("Contested"),
    "due_at": phrase("Due"),
    "email_attempts": phrase("Attempts by e-mail"),
    "first_attempt_at": phrase("First attempt"),
    "first_attempt_wall_s": phrase("First attempt after (s, clock on the wall)"),
    "first_attempt_working_s": phrase("First attempt after (s of working time)"),
    "first_connection_at": phrase("First contact made"),
    "follow_up_status": phrase("Follow-up status"),
    "handling": phrase("Handling"),
    "judged": phrase("Judged"),
    "last_attempt_at": phrase("Last attempt"),
    "kind": phrase("Rule or reason"),
    "lead_id": phrase("Id of the lead"),
    "lead_quality": phrase("Lead quality"),
    "lead_verdict": phrase("Lead verdict"),
    "median_first_attempt_working_s": phrase("Median to the first attempt (s of working time)"),
    "name": phrase("Name"),
    "never_called": phrase("Never called"),
    "new_leads": phrase("New leads"),
    "note": phrase("Audit note"),
    "open_now": phrase("Open now"),
    "outcomes_agree": phrase("Outcomes that agree"),
    "outcomes_known": phrase("Leads with an outcome"),
    "owner": phrase("Owner"),
    "ratio_believed": phrase("Broken to expected, as believed"),
    "ratio_high_95": phrase("Broken to expected, 95 % up to"),
    "ratio_low_95": phrase("Broken to expected, 95 % from"),
    "received_at": phrase("Received"),
    "record_url": phrase("Address of the record"),
    "rule": phrase("Rule"),
    "rule_id": phrase("Id of the rule"),
    "sentence": phrase("What was found"),
    "set_aside": phrase("Set aside"),
    "share_agree": phrase("Share that agrees"),
    "share_expected": phrase("Share expected"),
    "share_high_95": phrase("Share, 95 % up to"),
    "share_in_time": phrase("Share in time"),
    "share_low_95": phrase("Share, 95 % from"),
    "since_at": phrase("Since"),
    "source": phrase("Source"),
    "spoke": phrase("Spoke"),
    "state": phrase("State"),
    "target_group_fit": phrase("Target group (0 to 100)"),
    "tried_in_time": phrase("Tried in time"),
}


def titles_of(names: Sequence[str]) -> list[str]:
    """The titles of columns in the language of the running request; a name that has none stays as it is."""
    return [t(TITLES[name]) if name in TITLES else name for name in names]
