"""`leadassay budget`: what the first reading of an account will cost at its CRM, before anybody connects it."""

from __future__ import annotations

import json
from datetime import timedelta

import click
from rich.console import Console
from rich.table import Table

from connector.catalog import CRMS
from connector.crm.economy import Allowance, CallPlan, Load

CALL_S = 0.3
"""How long a CRM takes to answer one call on average: our assumption, for want of a promise by any of them."""

PARTS = (
    ("set_up", "After consent"),
    ("backfill", "Reading the past"),
    ("write_back", "Writing our fields"),
    ("new_lead", "One new lead, audited"),
)
"""The parts of a forecast, in order: name in JSON, words for people."""


@click.command("budget")
@click.option("--crm", required=True, type=click.Choice(sorted(CRMS)), help="Which CRM.")
@click.option("--leads", required=True, type=click.IntRange(0), help="Leads of the days that are read.")
@click.option("--activities", required=True, type=click.IntRange(0), help="Their activities and tasks in all.")
@click.option("--mailed", type=click.IntRange(0), help="Leads with mails.  [default: all]")
@click.option("--companies", type=click.IntRange(0), help="Leads with a company of their own.  [default: all]")
@click.option("--deals", default=0, show_default=True, type=click.IntRange(0), help="Leads that became a deal.")
@click.option("--plan", default="", help="The account's plan at the CRM, where its limits hang on that.")
@click.option("--seats", default=1, show_default=True, type=click.IntRange(1), help="Paid seats of the account.")
@click.option(
    "--reserve",
    default=60,
    show_default=True,
    type=click.IntRange(0, 99),
    envvar="LEADASSAY_CRM_RESERVE_PERCENT",
    help="Percent of a day's tokens that stay for the account's other tools.",
)
@click.option(
    "--ms-per-call", default=round(CALL_S * 1000), show_default=True, type=click.IntRange(0), help="Time of a call."
)
@click.option("--json", "as_json", is_flag=True, help="JSON instead of words.")
def budget_command(
    crm: str,
    leads: int,
    activities: int,
    mailed: int | None,
    companies: int | None,
    deals: int,
    plan: str,
    seats: int,
    reserve: int,
    ms_per_call: int,
    as_json: bool,
) -> None:
    """Predict calls, tokens and time of the first reading of an account."""
    economy = CRMS[crm].economy
    if plan and plan.lower() not in economy.plans:
        known = ", ".join(one for one in economy.plans if one)
        raise click.UsageError(
            f"--plan {plan!r}: {CRMS[crm].label} knows {known}." if known else f"--plan changes nothing at {crm}."
        )
    allowance = economy.allowance(plan.lower() or economy.plans[0], seats)
    plans = {
        "set_up": economy.set_up(),
        "backfill": economy.backfill(
            Load(leads=leads, activities=activities, mailed=mailed, companies=companies, deals=deals)
        ),
        "write_back": economy.write_back(leads),
        "new_lead": economy.new_lead(0),
    }
    first = plans["set_up"] + plans["backfill"] + plans["write_back"]
    seconds = allowance.seconds(first, reserve_percent=reserve, call_s=ms_per_call / 1000)
    if as_json:
        click.echo(json.dumps(_as_json(crm, plans, first, allowance, reserve, seconds)))
    else:
        _print(crm, plans, first, allowance, reserve, seconds, ms_per_call)


def _as_json(
    crm: str, plans: dict[str, CallPlan], first: CallPlan, allowance: Allowance, reserve: int, seconds: float
) -> dict[str, object]:
    return {
        "crm": crm,
        "calls": first.calls,
        "tokens": first.tokens,
        "seconds": round(seconds, 1),
        "reserve_percent": reserve,
        "day_tokens": allowance.day_tokens,
        "calls_per_window": allowance.rate.calls if allowance.rate else None,
        "window_s": allowance.rate.window_s if allowance.rate else None,
        "assumes": allowance.assumes,
        "parts": {
            name: [{"what": line.what, "calls": line.calls, "tokens": line.tokens} for line in plans[name].lines]
            for name, _ in PARTS
        },
    }


def _print(
    crm: str,
    plans: dict[str, CallPlan],
    first: CallPlan,
    allowance: Allowance,
    reserve: int,
    seconds: float,
    ms_per_call: int,
) -> None:
    has_tokens = allowance.day_tokens is not None
    table = Table("", "calls", *(("tokens",) if has_tokens else ()), title=CRMS[crm].label)
    for name, words in PARTS:
        table.add_section()
        table.add_row(f"[bold]{words}[/]", *_numbers(plans[name].calls, plans[name].tokens, has_tokens))
        for line in plans[name].lines:
            table.add_row(f"  {line.what}", *_numbers(line.calls, line.tokens, has_tokens))
    out = Console()
    out.print(table)
    out.print(
        f"The first reading, written back: {first.calls:,} calls"
        + (f" and {first.tokens:,} tokens" if has_tokens else "")
        + f", about {_span(seconds)}.",
        highlight=False,
    )
    out.print(f"Assumes {allowance.assumes}", highlight=False)
    if allowance.day_tokens is not None:
        out.print(
            f"Of {allowance.day_tokens:,} tokens a day {reserve} % stay for the account's other tools.",
            highlight=False,
        )
    out.print(f"Each call is taken to be answered after {ms_per_call} ms, one after another.", highlight=False)


def _numbers(calls: int, tokens: int, has_tokens: bool) -> tuple[str, ...]:
    return (f"{calls:,}", f"{tokens:,}") if has_tokens else (f"{calls:,}",)


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{max(1, round(seconds))} seconds"
    if seconds < 2 * 86_400:
        return str(timedelta(seconds=round(seconds)))
    return f"{seconds / 86_400:,.0f} days"
