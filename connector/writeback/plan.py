"""What to write on a record: only our fields, only what differs, never against a person. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from audits.model.score import Score
from connector.crm.port import OurField


def field_values(
    *, quality: Score, handling: Score, verdict: str, follow_up_status: str, note: str, suggested_repair: str
) -> dict[str, str]:
    """The wanted values of our six fields, as the CRM stores them; "" = unknown, leave empty."""
    return {
        OurField.LEAD_QUALITY.value: "" if quality.value is None else str(quality.value),
        OurField.HANDLING.value: "" if handling.value is None else str(handling.value),
        OurField.LEAD_VERDICT.value: verdict,
        OurField.FOLLOW_UP_STATUS.value: follow_up_status,
        OurField.AUDIT_NOTE.value: note,
        OurField.SUGGESTED_REPAIR.value: suggested_repair,
    }


def plan_write(
    wanted: Mapping[str, str],
    *,
    shown: Mapping[str, str] | None,
    written: Mapping[str, str],
    cleared: frozenset[str] = frozenset(),
) -> dict[str, str]:
    """The values to write: `wanted` less what is right already and less what a person decided.

    `shown`: what the CRM showed at the last read (None = never read). `written`: what we wrote last.
    `cleared`: fields that a person emptied after we wrote them: they stay empty for good.
    A value that a person changed stays until our own wanted value changes; of a suggested repair it stays until
    another is accepted, since taking ours back must not take back what he wrote.
    """
    changes = {}
    for name, value in wanted.items():
        if name in cleared:
            continue
        last = written.get(name)
        now = None if shown is None else shown.get(name, "")
        if now == value or (now is None and last == value):
            continue
        if last is not None and now is not None and now != last and last == value:
            continue
        if last is None and now is None and value == "":
            continue
        if name == OurField.SUGGESTED_REPAIR and value == "" and now and now != last:
            continue
        changes[name] = value
    return changes
