"""How sure it is that a line of an invoice means a delivered lead: points for what agrees, less for what does not.

Only pairs that share a phone, an e-mail, an id but for its punctuation, an id in the text, or the minute are looked
at, and of each at most a few that are nearest in time: the work grows with lines, not with lines times leads.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import Protocol

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from audits.model.contract import KeyField
from audits.model.invoice import InvoiceLine
from audits.model.said import Said, say


class Sign(StrEnum):
    """What speaks for or against a line and a lead being the same."""

    SAME_ID = "same_id"
    DECIDED = "decided"
    SAME_LEAD_ID = "same_lead_id"
    NEAR_ID = "near_id"
    ID_IN_TEXT = "id_in_text"
    SLIP_IN_ID = "slip_in_id"
    SAME_PHONE = "same_phone"
    SAME_EMAIL = "same_email"
    NEAR_EMAIL = "near_email"
    SAME_SECOND = "same_second"
    SAME_MINUTE = "same_minute"
    SAME_HOUR = "same_hour"
    SAME_DAY = "same_day"
    SAME_PRICE = "same_price"
    OTHER_PHONE = "other_phone"
    OTHER_EMAIL = "other_email"
    OTHER_DAY = "other_day"
    RIVAL = "rival"
    NO_RIVAL = "no_rival"
    COUNT_AND_PRICE = "count_and_price"


POINTS: dict[Sign, int] = {
    Sign.SAME_LEAD_ID: 80,
    Sign.NEAR_ID: 75,
    Sign.ID_IN_TEXT: 65,
    Sign.SLIP_IN_ID: 35,
    Sign.SAME_PHONE: 70,
    Sign.SAME_EMAIL: 70,
    Sign.NEAR_EMAIL: 20,
    Sign.SAME_SECOND: 60,
    Sign.SAME_MINUTE: 40,
    Sign.SAME_HOUR: 25,
    Sign.SAME_DAY: 15,
    Sign.SAME_PRICE: 5,
    Sign.OTHER_PHONE: -40,
    Sign.OTHER_EMAIL: -25,
    Sign.OTHER_DAY: -30,
    Sign.NO_RIVAL: 15,
}
#: A second mark of contact adds less than the first: one form gives both.
_BOTH_CONTACTS = 20
#: Two pairs that lie nearer together than this cannot be told apart.
RIVAL_WITHIN = 10
#: Less than this is no match that a person should look at.
LEAST_DOUBT = 40
#: The most that can be said of a pair with a rival, and of one without an id.
MOST_WITH_RIVAL, MOST_WITHOUT_ID = 60, 99

SENTENCES: dict[Sign, Said] = {
    Sign.SAME_ID: say("It prints the id."),
    Sign.DECIDED: say("A person decided so."),
    Sign.SAME_LEAD_ID: say("It prints the id of the lead, which was delivered more than once."),
    Sign.NEAR_ID: say("It prints the id but for zeros, case or punctuation."),
    Sign.ID_IN_TEXT: say("The id stands in its text."),
    Sign.SLIP_IN_ID: say("It prints the id but for one sign."),
    Sign.SAME_PHONE: say("The phone number is the same."),
    Sign.SAME_EMAIL: say("The e-mail address is the same."),
    Sign.NEAR_EMAIL: say("The e-mail address is nearly the same."),
    Sign.SAME_SECOND: say("It was delivered in the same second."),
    Sign.SAME_MINUTE: say("It was delivered within a minute of it."),
    Sign.SAME_HOUR: say("It was delivered within an hour of it."),
    Sign.SAME_DAY: say("It was delivered on the same day."),
    Sign.SAME_PRICE: say("The price is the same."),
    Sign.OTHER_PHONE: say("The phone number is another."),
    Sign.OTHER_EMAIL: say("The e-mail address is another."),
    Sign.OTHER_DAY: say("It was delivered more than a day before or after."),
    Sign.RIVAL: say("Another lead or line fits as well."),
    Sign.NO_RIVAL: say("No other lead or line fits."),
    Sign.COUNT_AND_PRICE: say("It names no lead, and is matched by count and price as a lump."),
}

_SECOND, _MINUTE, _HOUR, _DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86_400))
_NOT_OF_AN_ID = re.compile(r"[\W_]+")
_WORD = re.compile(r"[^\s,;()\[\]\"'#]+")
_AROUND_WORDS = ".:!?"
_LEAST_ID, _LEAST_DIGITS, _LEAST_SLIP = 4, 5, 5
_NEAR_EMAIL = 90.0
_NEAREST = 10
_MOST_WORDS = 200
_MOST_RIVALS = 50


class Billable(Protocol):
    """What is known of a delivered lead where lines are held against it. `price`: minor units."""

    @property
    def delivery_id(self) -> str: ...
    @property
    def lead_id(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def phone(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def price(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Likeness:
    """So many points for a pair, and why. Points may be more than 100."""

    points: int
    signs: tuple[Sign, ...]


@lru_cache(maxsize=16_384)
def plain_id(text: str) -> str:
    """An id without punctuation, case and leading zeros: what spreadsheets and typists take away."""
    plain = _NOT_OF_AN_ID.sub("", text).casefold()
    return plain.lstrip("0") or plain if plain.isdigit() else plain


def words_like_ids(text: str) -> Iterator[str]:
    """Words of a text that may be an id: with a digit, and too long for a year or an amount."""
    for found in _WORD.findall(text)[:_MOST_WORDS]:
        word = found.strip(_AROUND_WORDS)
        least = _LEAST_DIGITS if word.isdigit() else _LEAST_ID
        if len(word) >= least and any(each.isdigit() for each in word):
            yield word


def likeness(line: InvoiceLine, lead: Billable, *, has_lead_id: bool = False) -> Likeness:
    """How alike they are, without what others say. `has_lead_id`: the line prints the id of that lead, of which
    several deliveries came."""
    signs = [Sign.SAME_LEAD_ID] if has_lead_id else _of_id(line, lead)
    contact = _of_contact(line, lead)
    signs += contact
    if line.at is not None:
        signs += _of_time(line.at, line.until or line.at, lead.at)
    if lead.price is not None and abs(line.unit_price or line.amount) == lead.price:
        signs.append(Sign.SAME_PRICE)
    points = sum(POINTS[each] for each in signs)
    if Sign.SAME_PHONE in contact and Sign.SAME_EMAIL in contact:
        points -= POINTS[Sign.SAME_EMAIL] - _BOTH_CONTACTS
    return Likeness(points, tuple(signs))


def _of_id(line: InvoiceLine, lead: Billable) -> list[Sign]:
    if not line.refs and not line.description:
        return []
    ids = [each for each in (lead.delivery_id, lead.lead_id) if each]
    plain = {plain_id(each) for each in ids}
    refs = [plain_id(each) for each in line.refs]
    if any(each in plain for each in refs if each):
        return [Sign.NEAR_ID]
    if line.description:
        words = set(words_like_ids(line.description))
        if any(each in words for each in ids):
            return [Sign.ID_IN_TEXT]
    if any(
        min(len(ref), len(own)) >= _LEAST_SLIP and OSA.distance(ref, own, score_cutoff=1) <= 1
        for ref in refs
        for own in plain
    ):
        return [Sign.SLIP_IN_ID]
    return []


def _of_contact(line: InvoiceLine, lead: Billable) -> list[Sign]:
    signs = []
    phone, email = line.keys.get(KeyField.PHONE, ""), line.keys.get(KeyField.EMAIL, "")
    if phone and lead.phone:
        signs.append(Sign.SAME_PHONE if phone == lead.phone else Sign.OTHER_PHONE)
    if email and lead.email:
        if email == lead.email:
            signs.append(Sign.SAME_EMAIL)
        else:
            is_near = fuzz.ratio(email, lead.email) >= _NEAR_EMAIL
            signs.append(Sign.NEAR_EMAIL if is_near else Sign.OTHER_EMAIL)
    return signs


def _of_time(begin: datetime, end: datetime, at: datetime) -> list[Sign]:
    if begin != end:
        if begin <= at <= end:
            return [Sign.SAME_DAY]
        return [Sign.OTHER_DAY] if at < begin - _DAY or at > end + _DAY else []
    apart = abs(at - begin)
    for within, sign in (
        (_SECOND, Sign.SAME_SECOND),
        (_MINUTE, Sign.SAME_MINUTE),
        (_HOUR, Sign.SAME_HOUR),
    ):
        if apart < within or (apart == within and sign is not Sign.SAME_SECOND):
            return [sign]
    return [Sign.OTHER_DAY] if apart > _DAY else []


class Candidates:
    """Leads by what a line may share with them. `leads`: in the order of delivery."""

    def __init__(self, leads: Sequence[Billable], which: Iterable[int]) -> None:
        self._leads = leads
        self._blocks: dict[tuple[str, object], list[int]] = {}
        for place in which:
            for block in _blocks_of_lead(leads[place]):
                self._blocks.setdefault(block, []).append(place)
        self._at = lambda place: leads[place].at

    def of(self, line: InvoiceLine) -> list[int]:
        """Places of the leads that the line may mean, in order."""
        found: set[int] = set()
        for block in _blocks_of_line(line):
            among = self._blocks.get(block)
            if among is None:
                continue
            if len(among) > 2 * _NEAREST:
                middle = 0 if line.at is None else bisect_left(among, line.at, key=self._at)
                among = among[max(0, middle - _NEAREST) : max(0, middle - _NEAREST) + 2 * _NEAREST]
            found.update(among)
        return sorted(found)


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // 60


def _blocks_of_lead(lead: Billable) -> Iterator[tuple[str, object]]:
    if lead.phone:
        yield "phone", lead.phone
    if lead.email:
        yield "email", lead.email
    ids = {each for each in (lead.delivery_id, lead.lead_id) if each}
    for plain in {plain_id(each) for each in ids}:
        yield "id", plain
    for each in ids:
        yield "text", each
    yield "minute", _minute(lead.at)


def _blocks_of_line(line: InvoiceLine) -> Iterator[tuple[str, object]]:
    for kind, field in (("phone", KeyField.PHONE), ("email", KeyField.EMAIL)):
        if key := line.keys.get(field, ""):
            yield kind, key
    for ref in line.refs:
        if plain := plain_id(ref):
            yield "id", plain
    for word in dict.fromkeys(words_like_ids(line.description)):
        yield "text", word
    if line.at is not None and line.until is None:
        minute = _minute(line.at)
        yield from (("minute", each) for each in (minute - 1, minute, minute + 1))


def pair_up(
    edges: Sequence[tuple[int, int, Likeness]], same_print: Mapping[int, object], threshold: int
) -> tuple[dict[int, tuple[int, int, tuple[Sign, ...]]], dict[int, list[tuple[int, int, tuple[Sign, ...]]]]]:
    """One lead for each line, and one line for each lead: (line, lead, likeness) best first.

    `same_print[line]`: equal for lines that print the same; such lines are no rivals. Returned: line → (lead,
    confidence, signs), and for lines that nothing sure was found for, line → their best leads in the same form.
    """
    order = sorted(edges, key=lambda each: (-each[2].points, each[0], each[1]))
    of_line: dict[int, list[tuple[int, int]]] = {}
    of_lead: dict[int, list[tuple[int, int]]] = {}
    for line, lead, like in order:
        of_line.setdefault(line, []).append((lead, like.points))
        of_lead.setdefault(lead, []).append((line, like.points))
    pairs: dict[int, tuple[int, int, tuple[Sign, ...]]] = {}
    doubtful: dict[int, list[tuple[int, int, tuple[Sign, ...]]]] = {}
    taken: set[int] = set()
    for line, lead, like in order:
        if line in pairs or lead in taken:
            continue
        near = like.points - RIVAL_WITHIN
        has_rival = any(
            points >= near and other != lead and other not in taken
            for other, points in islice(of_line[line], _MOST_RIVALS)
        ) or any(
            points >= near and other != line and other not in pairs and same_print[other] != same_print[line]
            for other, points in islice(of_lead[lead], _MOST_RIVALS)
        )
        if has_rival:
            sure = min(like.points, MOST_WITH_RIVAL)
        else:
            sure = min(like.points + POINTS[Sign.NO_RIVAL], MOST_WITHOUT_ID)
        signs = (*like.signs, Sign.RIVAL if has_rival else Sign.NO_RIVAL)
        if sure >= threshold and line not in doubtful:
            pairs[line] = lead, sure, signs
            taken.add(lead)
        elif sure >= LEAST_DOUBT:
            doubtful.setdefault(line, []).append((lead, sure, signs))
    return pairs, doubtful
