"""Prints docs/crms.md: `python -m tests.conformance.page > docs/crms.md`, or `make docs`."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from audits.model.case import Fact
from audits.model.finding import Outcome
from audits.rulebook import RULES
from connector.catalog import CRMS
from connector.crm.economy import Load
from connector.crm.lead_fields import UNNAMED
from connector.logs import configure_logs
from connector.sandbox.history import AccountHistory, Message
from tests.conformance.seen import HELD_OTHERWISE, RULE_IDS, SAID, Seen, cause_of, see_in_passing
from tests.contract import CONTRACTS
from tests.contract.replies import CannotOccur, ContractReplies
from tests.sides import SIDES
from tests.sides.histories import make_history

SEED, LEADS = 20_261_119, 200
EXAMPLE = (1_000, 8_000)
"""Leads and activities of the example of calls."""

CASES = {
    "dead token": "unauthorized",
    "missing scope": "missing_scope",
    "429 with Retry-After": "busy_with_retry_after",
    "429 without Retry-After": "busy_without_retry_after",
    "daily budget spent": "spent_day",
    "half page, then the end": "half_page",
    "page that moves": "moving_page",
    "cursor that does not move": "stuck_cursor",
    "unknown field": "unknown_field",
    "HTML instead of JSON": "probe",
    "cut answer": "probe",
    "merged record": "merged",
    "converted record": "converted",
    "deleted record": "deleted",
    "own echo": "own_echo",
    "partial batch": "partial_batch",
    "time zones": "time_zones",
    "letters of all scripts": "unicode",
    "redirect": "probe",
    "foreign host": "foreign_host",
}
"""The cases of the contract suite: words → the method of ContractReplies that supplies it."""


def history() -> AccountHistory:
    """The history that every CRM holds."""
    return make_history(seed=SEED, leads=LEADS)


def see_all() -> dict[str, Seen]:
    """The history in every CRM of the catalogue."""
    told = history()
    return {crm: see_in_passing(SIDES[crm](), told) for crm in CRMS}


def without_chats(told: AccountHistory) -> AccountHistory:
    """The same without chat messages, which one CRM shows to nobody."""
    leads = tuple(
        replace(lead, acts=tuple(act for act in lead.acts if not isinstance(act, Message))) for lead in told.leads
    )
    return replace(told, leads=leads)


def see_all_mapped() -> dict[str, Seen]:
    """The history without chats in every CRM, whose admins said what the account's own values mean."""
    told = without_chats(history())
    return {crm: see_in_passing(SIDES[crm](), told, SAID[crm]) for crm in CRMS}


def page(seen: Mapping[str, Seen], mapped: Mapping[str, Seen]) -> str:
    """The whole page, from what was seen just now: as connected, and with the meanings that an admin gave."""
    parts = (
        *_intro(),
        *_capabilities(),
        *_calls(seen),
        "## What comes of one history",
        "",
        "As it is right after connecting. Leads for which a rule could be evaluated / could not be:",
        "",
        *_differences(seen, "right after connecting"),
        "The same without chats, when an admin has said what the account's own values mean:",
        "",
        *_differences(mapped, "with the admin's meanings"),
        *_contract(),
    )
    return "\n".join(parts).rstrip() + "\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join('---' for _ in head)}|"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |"
    yield ""


def _names(crms: Sequence[str]) -> list[str]:
    return [CRMS[crm].label for crm in crms]


def _intro() -> Iterator[str]:
    yield from (
        "# The CRMs",
        "",
        "This page is made by running the adapters: `make docs`. A test fails when it is stale.",
        "",
        f"One history of {LEADS} leads, in nobody's dialect, is loaded into each CRM's stand-in, read back over HTTP "
        "by the real adapter, stored, and audited as of one instant. Whatever a CRM can show, the findings are "
        "equal; where it cannot, the answer is *not evaluated* with the cause, never a guess.",
        "",
    )


def _capabilities() -> Iterator[str]:
    crms = list(CRMS)
    yield from ("## What each CRM can show", "")
    full = {crm: CRMS[crm].capabilities(()).coverage for crm in crms}
    less = {crm: CRMS[crm].capabilities(CRMS[crm].optional_scopes).coverage for crm in crms}

    unnamed = {fact for fact, _ in UNNAMED.values()}

    def cell(crm: str, fact: Fact) -> str:
        if fact in unnamed:
            return "where a field is named for it"
        if full[crm].cause(fact) is not None:
            return "no"
        return "with an optional scope" if less[crm].cause(fact) is not None else "yes"

    yield from _table(
        ("fact", *_names(crms)), [(fact.value.replace("_", " "), *(cell(crm, fact) for crm in crms)) for fact in Fact]
    )
    for crm in crms:
        told = dict.fromkeys(cause for _, cause in (*full[crm].missing, *less[crm].missing))
        if told:
            yield f"{CRMS[crm].label}:"
            yield from (f"- {cause}" for cause in told)
            yield ""
    rows = [
        (
            CRMS[crm].label,
            " / ".join(CRMS[crm].record_names),
            ", ".join(f"`{scope}`" for scope in CRMS[crm].required_scopes) or "none",
            ", ".join(f"`{scope}`" for scope in CRMS[crm].optional_scopes) or "none",
            f"{CRMS[crm].capabilities(()).read_batch:,}",
            f"{CRMS[crm].capabilities(()).write_batch:,}",
        )
        for crm in crms
    ]
    head = ("CRM", "our lead is its", "scopes", "optional scopes", "leads read together", "leads written together")
    yield from _table(head, rows)


def _calls(seen: Mapping[str, Seen]) -> Iterator[str]:
    yield from ("## Calls and limits", "")
    rows = []
    for crm in CRMS:
        economy = CRMS[crm].economy
        allowed = economy.allowance(economy.plans[0], 1)
        rate = f"{allowed.rate.calls} calls in {allowed.rate.window_s:g} s" if allowed.rate else "none of its own"
        tokens = f"{allowed.day_tokens:,}" if allowed.day_tokens is not None else "none"
        first, one = economy.backfill(Load(leads=EXAMPLE[0], activities=EXAMPLE[1])), economy.new_lead(0)
        rows.append(
            (
                CRMS[crm].label,
                rate,
                tokens,
                f"{first.calls:,}" + (f" ({first.tokens:,} tokens)" if first.tokens else ""),
                f"{one.calls}" + (f" ({one.tokens} tokens)" if one.tokens else ""),
                f"{seen[crm].calls}" if crm in seen else "",
                allowed.assumes,
            )
        )
    yield from _table(
        (
            "CRM",
            "limit",
            "tokens a day",
            f"fewest calls for {EXAMPLE[0]:,} leads with {EXAMPLE[1]:,} activities",
            "fewest calls for a new lead",
            f"calls made to read the {LEADS} leads",
            "assumes",
        ),
        rows,
    )
    yield from (
        "`leadassay budget` gives the same for any number. What the fewest calls are made of stands in each "
        "adapter's `economy.py`; tests count that we make at most 1.2 times as many. Where mails and companies are "
        "asked for one by one, every lead is taken to have them.",
        "",
    )


def _differences(seen: Mapping[str, Seen], when: str) -> Iterator[str]:
    crms = list(seen)
    titles = {rule.info.rule_id: rule.info.title for rule in RULES}
    rows = []
    for rule_id in RULE_IDS:
        cells = []
        for crm in crms:
            outcomes = Counter(rules[rule_id].outcome for rules in seen[crm].findings.values())
            unseen = outcomes[Outcome.NOT_EVALUATED]
            cells.append(f"{sum(outcomes.values()) - unseen} / {unseen}")
        rows.append((f"{rule_id} {titles[rule_id]}", *cells))
    yield from _table(("rule", *_names(crms)), rows)
    for crm in crms:
        causes: dict[str, Counter[str]] = {}
        for ref, finding in seen[crm].unevaluated():
            why = cause_of(finding, seen[crm].cases[ref])
            causes.setdefault(str(why), Counter())[finding.rule_id] += 1
        yield f"### Not evaluated at {CRMS[crm].label} {when}"
        yield ""
        told = [
            (why, ", ".join(f"{rule_id} {count}" for rule_id, count in sorted(rules.items())))
            for why, rules in sorted(causes.items(), key=lambda each: (-each[1].total(), each[0]))
        ]
        if told:
            yield from _table(("cause", "rule and leads"), told)
        else:
            yield from ("Everything could be evaluated.", "")
        for rule_id, why in HELD_OTHERWISE.get(crm, {}).items():
            yield f"- {rule_id} may read something else here: {why}."
        if HELD_OTHERWISE.get(crm):
            yield ""


def _contract() -> Iterator[str]:
    yield from (
        "## The contract",
        "",
        "Every adapter is driven through these cases with its CRM's own replies, and each of its requests is held to "
        "method, path, query, body and headers (`tests/contract/`).",
        "",
    )
    made = {crm: CONTRACTS[crm]() for crm in CRMS if crm in CONTRACTS}
    notes: list[str] = []

    def cell(name: str, replies: ContractReplies) -> str:
        case = getattr(replies, name)()
        if not isinstance(case, CannotOccur):
            return "held"
        if case.because not in notes:
            notes.append(case.because)
        return f"cannot occur ({notes.index(case.because) + 1})"

    rows = [(words, *(cell(name, made[crm]) for crm in made)) for words, name in CASES.items()]
    yield from _table(("case", *_names(list(made))), rows)
    yield from (f"{number}. Because {because}." for number, because in enumerate(notes, start=1))
    yield ""


def case_methods() -> frozenset[str]:
    """The methods of ContractReplies that are a case of their own."""
    plumbing = {"install", "site", "refreshed", "refresh_refused"}
    found = {name for name, _ in inspect.getmembers(ContractReplies, inspect.isfunction) if not name.startswith("_")}
    return frozenset(found - plumbing)


def main() -> None:
    """Print the page."""
    configure_logs("ERROR")
    print(page(see_all(), see_all_mapped()), end="")


if __name__ == "__main__":
    main()
