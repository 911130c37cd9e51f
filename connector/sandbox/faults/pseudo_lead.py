"""Leads that are none, or that came before."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from connector.sandbox.everyday import DAY
from connector.sandbox.faults.classes import EMPTY, ERROR, TEST, of_class, perhaps
from connector.sandbox.faults.planting import Scenario, planted, tried_and_discarded, worked
from connector.sandbox.people import respelt
from connector.sandbox.stage import DAYS, Stage

DISPOSABLE_DOMAINS: Final = (
    "mailinator.com",
    "guerrillamail.com",
    "10minutemail.com",
    "trashmail.com",
    "yopmail.com",
)
NO_NAMES: Final = (
    ("Test", "Test"),
    ("asdf", "asdf"),
    ("Xxx", "Xxx"),
    ("qwerty", "qwerty"),
    ("aaaa", "aaaa"),
    ("N/A", "N/A"),
)
NO_NUMBERS: Final = ("123", "+49 7", "+1 555", "+44 1", "+33 21")
NO_ADDRESSES: Final = ("{}@", "{}", "{}@@fjordposten-nett.no", "{} at elia-spiti.gr", "{}@kundenpost..de")


def unreachable(stage: Stage) -> None:
    """PL001 and PL005: neither number nor address can be right."""
    story = tried_and_discarded(stage, "unreachable")
    mailbox = f"{story.person.slug}{stage.dice.randrange(10_000)}"
    address = stage.dice.choice(NO_ADDRESSES).format(mailbox)
    story.phone, story.email = stage.dice.choice(NO_NUMBERS), address
    of_class(story, ERROR, "PL001", note="no numbering plan has the number, no mail reaches the address")


def disposable(stage: Stage) -> None:
    """PL002: an address made to be thrown away."""
    story = tried_and_discarded(stage, "disposable")
    domain = stage.dice.choice(DISPOSABLE_DOMAINS)
    story.email = f"{story.person.slug}{stage.dice.randrange(10_000)}@{domain}"
    planted(story, "PL002", note=f"{domain} gives addresses to throw away")


def placeholder(stage: Stage) -> None:
    """PL003: no name of a person."""
    story = tried_and_discarded(stage, "placeholder")
    first, last = stage.dice.choice(NO_NAMES)
    story.first_name, story.last_name = first, last
    # Who says what he wants is somebody, whatever he calls himself.
    story.message = ""
    perhaps(story, TEST if first == "Test" else EMPTY, "PL003", note=f"{first} {last} is no name")


def delivered_twice(stage: Stage) -> None:
    """PL004 on the second of two leads of one person: same number, written otherwise, another address."""
    first_at = stage.arrival(timedelta(days=DAYS), 26 * DAY)
    second_at = first_at + timedelta(days=stage.dice.randint(2, 20), minutes=stage.dice.randint(0, 300))
    first = worked(stage, "sold_before", first_at, is_won=True)
    other = stage.crowd.person((first.first_name, first.last_name))
    second = worked(stage, "delivered_twice", second_at, is_won=False, person=replace(other, slug=first.person.slug))
    # Another name at one number would be a household.
    second.first_name, second.last_name = first.first_name, first.last_name
    if stage.dice.random() < 0.5:
        second.phone = respelt(first.phone)
        second.country = first.country
    else:
        second.mobile = respelt(first.phone)
    planted(second, "PL004", note=f"same number as {first.person.slug}, two to twenty days later")


SCENARIOS: Final[tuple[tuple[Scenario, int], ...]] = (
    (unreachable, 5),
    (disposable, 5),
    (placeholder, 5),
    (delivered_twice, 4),
)
