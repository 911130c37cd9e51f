"""The result for people: planted against found, as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from audits.rulebook import RULES
from connector.demo.comparison import GENUINE, LOOK_ALIKE, Comparison
from connector.sandbox.faults.classes import COMPETITOR, ERROR, NOT_ADDRESSED, PAID_FILLER, RULE, TEST

_SHOWN = 12
_VERDICTS = ("genuine", "unknown")
#: Columns have room for one word.
_SHORT = {
    ERROR: "error",
    PAID_FILLER: "paid",
    COMPETITOR: "rival",
    TEST: "test",
    NOT_ADDRESSED: "not us",
    "unknown": "none",
}


def print_report(console: Console, result: Comparison, seconds: float, left_out: Sequence[str] = ()) -> None:
    """The table, what differs, and one sentence that says whether all is equal. `left_out`: sentences that say what
    this account could not be made to hold."""
    missed = Counter(each.rule_id for each in result.missed)
    unplanted = Counter(each.rule_id for each in result.unplanted)
    unsaid = Counter(each.rule_id for each in result.unsaid)
    table = Table(title="Planted against found", title_justify="left")
    for name in ("rule", "kind"):
        table.add_column(name)
    columns = ["planted", "found", "missed", "not planted"]
    # What a CRM cannot show, or cannot hold, is there only for some CRMs.
    if result.hidden or result.impossible:
        columns += ["hidden", "impossible"]
    for name in columns:
        table.add_column(name, justify="right")
    for rule in RULES:
        rule_id = rule.info.rule_id
        wrong = missed[rule_id] or unplanted[rule_id] or unsaid[rule_id]
        counts = (
            result.planted[rule_id],
            result.found[rule_id],
            missed[rule_id],
            unplanted[rule_id],
            result.hidden[rule_id] - unsaid[rule_id],
            result.impossible[rule_id],
        )
        shown = map(str, counts[: len(columns)])
        table.add_row(rule_id, rule.info.title, *shown, style="bold red" if wrong else None)
    console.print(table)
    if result.hidden or result.impossible:
        console.print(
            "hidden: the CRM cannot show the fault, and the app must say not evaluated; impossible: it cannot stand "
            "in this CRM, and nothing may be found.",
            style="dim",
        )
    if result.causes_planted:
        causes = Table(title="Why the first attempt was late", title_justify="left")
        causes.add_column("cause")
        for name in ("planted", "found"):
            causes.add_column(name, justify="right")
        for cause in sorted({*result.causes_planted, *result.causes_found}):
            causes.add_row(cause, str(result.causes_planted[cause]), str(result.causes_found[cause]))
        console.print(causes)
    console.print(_confusion(result))
    broken = ", ".join(
        f"{rule_id} by {owner_id}"
        for owner_id, rules in sorted(result.people_found.items())
        for rule_id in sorted(rules)
    )
    console.print(f"Found on persons: {broken or 'nothing'}.", markup=False, highlight=False)
    for sentence in left_out:
        console.print(sentence, style="dim", markup=False, highlight=False, soft_wrap=True)
    for sentence in _differences(result):
        console.print(f"  {sentence}", markup=False, highlight=False, soft_wrap=True)
    leads = result.kinds.total()
    events = result.webhooks["delivered"]
    hidden = result.hidden.total()
    unseen = f"the {hidden} that it cannot show are not evaluated; " if hidden else ""
    if result.is_equal:
        console.print(
            f"[bold green]All equal.[/] {leads} leads of {len(result.kinds)} kinds: every planted fault "
            f"{'that the CRM can show ' if result.hidden or result.impossible else ''}was found "
            f"and nothing else; {unseen}scores equal in the app, in its list and in the CRM; {events} webhook events "
            f"delivered. {seconds:.0f} s.",
            highlight=False,
        )
    else:
        console.print(f"[bold red]Not equal[/] ({leads} leads, {seconds:.0f} s).", highlight=False)


def _confusion(result: Comparison) -> Table:
    """What the leads are, row by row, against what the app took them for: so many surely, and so many with a "?"
    as no more than suspected."""
    rows = sorted({planted for planted, _ in result.confusion}, key=lambda row: (row in (GENUINE, LOOK_ALIKE), row))
    columns = sorted({found.rstrip("?") for _, found in result.confusion} | {row for row in rows if row in RULE})
    columns.sort(key=lambda each: each in _VERDICTS)
    table = Table(
        title="What the leads are against what they were taken for (2? = two are suspected)",
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    table.add_column("planted")
    for column in columns:
        table.add_column(_SHORT.get(column, column), justify="right")
    for row in rows:
        counts = ((result.confusion[row, column], result.confusion[row, f"{column}?"]) for column in columns)
        table.add_row(_SHORT.get(row, row), *(_cell(*both) for both in counts))
    return table


def _cell(sure: int, suspected: int) -> str:
    said = [str(sure)] if sure else []
    if suspected:
        said.append(f"{suspected}?")
    return "+".join(said) or "·"


def _differences(result: Comparison) -> list[str]:
    said = [f"missed: {each.rule_id} on lead {each.lead_id} ({each.kind}: {each.note})" for each in result.missed]
    said += [
        f"not called not evaluated: {each.rule_id} on lead {each.lead_id} ({each.kind})" for each in result.unsaid
    ]
    said += [f"not planted: {each.rule_id} on lead {each.lead_id} ({each.kind})" for each in result.unplanted]
    said += [
        f"lead {each.lead_id}, {each.name}: {each.app!r} in the app, {each.crm!r} in the CRM"
        for each in result.field_differences
    ]
    said += [f"lead {lead_id} was never audited" for lead_id in result.not_audited]
    said += [f"lead {lead_id} is missing in the CRM" for lead_id in result.not_in_crm]
    said += result.list_differences
    said += result.class_differences
    said += result.cause_differences
    said += result.reason_differences
    for owner_id in sorted({*result.people_planted, *result.people_found}):
        planted = sorted(result.people_planted.get(owner_id, ()))
        found = sorted(result.people_found.get(owner_id, ()))
        if planted != found:
            said.append(
                f"owner {owner_id}: {', '.join(planted) or 'nothing'} is planted, "
                f"{', '.join(found) or 'nothing'} was found"
            )
    if result.webhooks_undelivered:
        said.append(f"{result.webhooks_undelivered} webhook events were not delivered")
    if result.echoes_heeded:
        said.append(f"{result.echoes_heeded} events of the app's own writes were not ignored")
    return [*said[:_SHOWN], *([f"and {len(said) - _SHOWN} more"] if len(said) > _SHOWN else [])]
