"""What the other leads of an account or a file say of one: how many came alike, and what became of those.

A pure count over rows of one account. Nothing is said of a lead by its cluster alone that was not found out of others
in it (audits.truth.history), and a cluster in which somebody proved to be a buyer explains itself.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from audits.model.truth import Given, Neighbours
from audits.truth.email import judge_email
from audits.truth.form import subnet_of
from audits.truth.history import LEAST_REACHED, said_by_template
from audits.truth.phone import judge_phone, region_hint

DAY = timedelta(days=1)
#: Of a number that thousands share so many leads are looked at; more names would say no more.
MOST_OF_KEY = 50
#: A burst is counted up to so many others: more would say no more, and cost the more the larger it is.
MOST_OF_BURST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One lead as others see it. Every text is compared for equality alone, so salted hashes do as well.

    `received_at`: aware UTC. `source`: the finest sub-source known. `subnet`: part of the net. `device`: its browser.
    `payload`: the message. `keys`: phone number and address, `name` by which a person is called. `was_reached`:
    contact was made; `has_denied`: he had asked for nothing; `is_buyer`: confirmed himself, or bought. `sources`: all
    names of where it came from, by which a campaign is found (folded).
    """

    lead_id: str
    received_at: datetime
    source: str = ""
    subnet: str = ""
    device: str = ""
    payload: str = ""
    keys: tuple[str, ...] = ()
    name: str = ""
    family_name: str = ""
    was_reached: bool = False
    has_denied: bool = False
    is_buyer: bool = False
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A span, both ends included, in which many leads were to be expected: a spot on television, a mailing. Ends are
    aware; `source`: only of leads from there, None = of all."""

    from_at: datetime
    until_at: datetime
    source: str | None = None

    def explains(self, received_at: datetime, sources: Collection[str]) -> bool:
        """Whether a lead was to be expected that came at `received_at` from these `sources` (folded)."""
        return self.from_at <= received_at <= self.until_at and (
            self.source is None or folded(self.source) in sources
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """Of leads alike: how many there are, how many were reached, and how many of those had asked for nothing."""

    leads: int = 0
    reached: int = 0
    denied: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.leads + other.leads, self.reached + other.reached, self.denied + other.denied)

    def __sub__(self, other: Tally) -> Tally:
        return Tally(self.leads - other.leads, self.reached - other.reached, self.denied - other.denied)

    @property
    def said(self) -> tuple[str | None, ...]:
        """What they say to one of them: who was not reached, who was, and who had asked for nothing."""
        others = (self - mine for mine in (Tally(), Tally(1, 1), Tally(1, 1, 1)))
        # Of some groups nobody is such a one: nobody hears what would be said to him.
        return tuple(
            said_by_template(each.reached, each.denied) if 0 <= each.denied <= each.reached else None
            for each in others
        )


def tally_of(was_reached: bool, has_denied: bool) -> Tally:
    """What one lead adds to those like it."""
    return Tally(1, int(was_reached), int(was_reached and has_denied))


def speaking(others: Sequence[Tally]) -> Tally | None:
    """Which of the groups of leads alike speaks: the first, and so the narrowest, of which enough were reached; else
    the narrowest there is."""
    return next((each for each in others if each.reached >= LEAST_REACHED), others[0] if others else None)


def named_otherwise(name: str, family_name: str, others: Iterable[tuple[str, str]]) -> set[str]:
    """The other names among `others`, (name, family name), as one is called by `name` and `family_name`: a household
    shares numbers, so whoever bears the same family name is no other name."""
    return {other for other, family in others if other and other != name and not (family and family == family_name)}


def folded(text: str) -> str:
    """A name of a source as names of sources are compared."""
    return " ".join(text.casefold().split())


def seen_of(given: Given, region: str | None) -> Seen | None:
    """The lead that left `given` as others see it; None where it is not known when it came. `region`: country (ISO
    letters) of numbers without +. What became of it is not known."""
    if given.submitted_at is None:
        return None
    phones = (judge_phone(text, region_hint(given, region)).e164 for _, text in given.numbers)
    email = judge_email(given.email).key if given.email else None
    return traits_of(given, given.submitted_at, tuple(each for each in (*phones, email) if each))


def traits_of(given: Given, received_at: datetime, keys: tuple[str, ...]) -> Seen:
    """The lead that left `given` and came at `received_at`, as others see it. `keys`: by what it is known that two
    are the same person."""
    words = given.full_name.casefold().split()
    return Seen(
        lead_id=given.id,
        received_at=received_at,
        source=(given.source_detail or given.source or "").strip(),
        subnet=subnet_of(given.ip or "") or "",
        device=(given.user_agent or "").strip(),
        payload=" ".join((given.message or "").casefold().split()),
        keys=keys,
        name=" ".join(words),
        family_name=(given.last_name or "").strip().casefold() or (words[-1] if len(words) > 1 else ""),
        sources=tuple(folded(each) for each in (given.source, given.source_detail) if each and each.strip()),
    )


class _Group:
    """Leads with one thing in common, by time, with running counts: a question costs the same in any group."""

    __slots__ = ("buyers", "tally", "times")

    def __init__(self, leads: Sequence[Seen]) -> None:
        self.times = [each.received_at for each in leads]
        self.buyers = list(accumulate((each.is_buyer for each in leads), initial=0))
        self.tally = sum((tally_of(each.was_reached, each.has_denied) for each in leads), Tally())

    def day_before(self, lead: Seen) -> tuple[int, bool]:
        """How many others came within the 24 hours before a lead or at its instant, up to MOST_OF_BURST, and whether
        one of all of them is a buyer."""
        start, end = bisect_left(self.times, lead.received_at - DAY), bisect_right(self.times, lead.received_at)
        return min(end - start - 1, MOST_OF_BURST), self.buyers[end] - self.buyers[start] - lead.is_buyer > 0


def neighbours_of(rows: Iterable[Seen], announced: Collection[Announced] = ()) -> dict[str, Neighbours]:
    """What the others say of each of `rows`, by lead id. The order of the rows changes nothing. `announced`: what
    explains a burst, whoever came of it."""
    leads = sorted(rows, key=lambda each: (each.received_at, each.lead_id))
    by_subnet = _groups(leads, lambda each: each.subnet)
    by_payload = _groups(leads, lambda each: each.payload)
    templates = [(of, _groups(leads, of)) for of in (_net, _browser, _hour)]
    names = _names_by_key(leads)
    found = {}
    for lead in leads:
        mine = tally_of(lead.was_reached, lead.has_denied)
        found[lead.lead_id] = said_by_others(
            subnet=by_subnet[lead.subnet].day_before(lead) if lead.subnet else None,
            identical=by_payload[lead.payload].day_before(lead) if lead.payload else None,
            alike=[held[key].tally - mine for of, held in templates if (key := of(lead))],
            other_names=_other_names(lead, names),
            is_announced=any(each.explains(lead.received_at, lead.sources) for each in announced),
        )
    return found


def said_by_others(
    *,
    subnet: tuple[int, bool] | None,
    identical: tuple[int, bool] | None,
    alike: Sequence[Tally],
    other_names: int | None,
    is_announced: bool,
) -> Neighbours:
    """What was counted of the others, as it is said of one lead.

    `subnet`, `identical`: how many others came from his net, or with his message, within the day before, and whether
    one of those is a buyer; None = not known of him. `alike`: the others of each of his templates, the narrowest
    first. `other_names`: under how many he came before, None = not known. `is_announced`: a span explains his coming.
    """
    template = speaking(alike)
    return Neighbours(
        subnet_24h=None if subnet is None else subnet[0],
        identical_24h=None if identical is None else identical[0],
        template=None if template is None else template.leads,
        template_reached=0 if template is None else template.reached,
        template_denied=0 if template is None else template.denied,
        returns_under_names=other_names,
        burst_explained=is_announced or any(each is not None and each[1] for each in (subnet, identical)),
    )


def templates_of(lead: Seen) -> tuple[Hashable, Hashable, Hashable]:
    """What makes leads alike, the narrowest first; None where it is not known of this one."""
    return _net(lead), _browser(lead), _hour(lead)


def _net(lead: Seen) -> Hashable:
    return (lead.source, lead.subnet) if lead.source and lead.subnet else None


def _browser(lead: Seen) -> Hashable:
    return (lead.source, lead.device) if lead.source and lead.device else None


def _hour(lead: Seen) -> Hashable:
    return (lead.source, lead.received_at.astimezone(UTC).hour) if lead.source else None


def _groups(leads: Sequence[Seen], of: Callable[[Seen], Hashable]) -> dict[Hashable, _Group]:
    """Leads by what they have in common; what is empty or None is nothing in common."""
    held: dict[Hashable, list[Seen]] = {}
    for lead in leads:
        key = of(lead)
        if key:
            held.setdefault(key, []).append(lead)
    return {key: _Group(group) for key, group in held.items()}


def _names_by_key(leads: Sequence[Seen]) -> dict[str, list[tuple[datetime, str, str]]]:
    """Number or address → (received at, name, family name) of each lead with it, by time."""
    found: dict[str, list[tuple[datetime, str, str]]] = {}
    for lead in leads:
        for key in lead.keys:
            found.setdefault(key, []).append((lead.received_at, lead.name, lead.family_name))
    return found


def _other_names(lead: Seen, names: Mapping[str, Sequence[tuple[datetime, str, str]]]) -> int | None:
    """Under how many other names the same number or address came before; None where there is nothing to compare."""
    if not lead.keys or not lead.name:
        return None
    others = (
        (name, family_name)
        for key in lead.keys
        for received_at, name, family_name in names[key][:MOST_OF_KEY]
        if received_at <= lead.received_at
    )
    return len(named_otherwise(lead.name, lead.family_name, others))
