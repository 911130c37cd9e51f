"""Prints the rulebook for people: `python -m audits.reports.rulebook_page > docs/rulebook.md`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from audits import scores
from audits.lead_rule import LeadRule
from audits.model.finding import Outcome
from audits.owner_rule import OwnerRule
from audits.rule import Family, RuleInfo, Trust
from audits.rulebook import OWNER_RULES, RULES

_FAMILIES = {
    Family.RESPONSE_TIME: "RT: response time",
    Family.FOLLOW_UP: "FU: follow-up",
    Family.NEGLECTED_CONTACT: "NC: neglected contact",
    Family.PSEUDO_LEAD: "PL: pseudo-leads",
    Family.DATA_QUALITY: "DQ: data quality",
    Family.ANTI_GAMING: "AG: appearance and reality",
    Family.FIRST_MESSAGE: "FM: first message",
    Family.LONG_DEALS: "LD: long deals",
}
_OUTCOMES = {
    Outcome.PASS: "pass",
    Outcome.BREACH: "breach",
    Outcome.NOT_APPLICABLE: "not applicable",
    Outcome.NOT_EVALUATED: "not evaluated",
}
_TRUST = {
    Trust.A: "A (read in the primary document)",
    Trust.B: "B (second-hand, several agree)",
    Trust.OURS: "our choice",
}
_OF_OWNERS = "of one person over a period; "
_HEAD = """\
# Rulebook

This page is made from the rules themselves: `python -m audits.reports.rulebook_page > docs/rulebook.md`.

Every rule answers one question about one lead, with one of four outcomes:

- **pass**: we looked, and nothing was broken.
- **breach**: something agreed was broken; the finding shows by what records.
- **not applicable**: the question does not arise for this lead.
- **not evaluated**: we could not look, and the finding says why. This is never a pass.

An **attempt** is a human act towards the lead after it arrived: an outbound call, an e-mail that was sent, an
outbound message, or a meeting that took place, also when the lead did not come. Notes, open tasks, changes of status,
automated sends, and acts that failed, were cancelled or are only planned are none. Nor does a call count that claims
a conversation shorter than one can be, was logged long after it is said to have taken place, or was logged together
with many others in one minute; rule AG002 lists them. **Contact made** is a call in
either direction that reached the person (20 seconds or more where the length is known), a meeting to which the person
came, or an answer in writing to an attempt. What the CRM does not say is unknown: it never changes a sure answer, and
where the answer hangs on it the outcome is *not evaluated*. So it is with the hour, where only the day of an act or
of the arrival is known: what falls due after it is counted from the end of that day.

Spans are working time by the team's calendar, cut to the hours of whoever held the lead; days are calendar days in
the team's time zone. Findings also keep wall time. A rule's id is never used again for something else; a changed
meaning raises its version. The figures below are defaults: the policy of each account may set others.
"""


def render(rules: Sequence[LeadRule] = RULES, owner_rules: Sequence[OwnerRule] = OWNER_RULES) -> str:
    """The whole page as Markdown; in each family the rules on leads come first, then those on persons."""
    parts = [_HEAD]
    for family, heading in _FAMILIES.items():
        parts.append(f"## {heading}\n")
        parts += [_entry(rule.info) for rule in rules if rule.info.family is family]
        parts += [_entry(rule.info, _OF_OWNERS) for rule in owner_rules if rule.info.family is family]
    parts.append(f"## The two scores\n\n```text\n{(scores.__doc__ or '').strip()}\n```\n")
    return "\n".join(parts)


def _entry(info: RuleInfo, of_whom: str = "") -> str:
    meanings = dict(info.reasons)
    lines = [
        f"### {info.rule_id}: {info.title}",
        "",
        f"**{info.question}** ({of_whom}version {info.version})",
        "",
        info.why_it_matters,
        "",
        "| outcome | reason | meaning |",
        "|---|---|---|",
    ]
    lines += [
        f"| {_OUTCOMES[outcome]} | `{reason}` | {meanings[reason]} |"
        for outcome, reasons in info.outcomes
        for reason in reasons
    ]
    lines += ["", "| measure | unit | meaning |", "|---|---|---|"]
    lines += [f"| `{measure.name}` | {measure.unit} | {measure.meaning} |" for measure in info.measures]
    if info.defaults:
        lines += ["", "| setting | default | source | trust |", "|---|---|---|---|"]
        lines += [
            f"| `{each.policy_field}` | {each.figure} | {each.source} | {_TRUST[each.trust]} |"
            for each in info.defaults
        ]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.stdout.write(render())
