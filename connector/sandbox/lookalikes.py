"""Leads of people who asked, which look as if nobody had: odd names, shared numbers, bursts, words of other classes.

None of them may be flagged. All are worked as agreed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from connector.sandbox.everyday import CADENCE, DAY
from connector.sandbox.history import Status
from connector.sandbox.people import respelt
from connector.sandbox.stage import DAYS, HOUR, Stage
from connector.sandbox.story import Story

#: Names that people bear, as (first, last), each "as written/in plain letters": short, of one letter, funny, without
#: vowels, like words of lists, in letters of many lands.
ODD_NAMES: Final = (
    ("O", "Kim"), ("E", "Jian"), ("Bo", "Ek"), ("Ng", "Ng"), ("Wu", "Wu"), ("Ýr/Yr", "Ás/As"), ("Aa", "Ås/As"),
    ("Ana", "Null"), ("Sofia", "Testa"), ("Dick", "Cockburn"), ("Fanny", "Hiscock"), ("Wolfgang", "Fick"),
    ("Batman", "Suparman"), ("Ima", "Hogg"), ("Jesús/Jesus", "Sin"), ("Krk", "Vlk"), ("Srđ/Srd", "Grlj"),
    ("Ян/Yan", "Ли/Li"), ("Любовь/Lyubov", "Безымянная/Bezymyannaya"), ("Πω/Po", "Λω/Lo"), ("ود/Wadd", "بن/Ben"),
    ("伟/Wei", "王/Wang"), ("수/Su", "김/Kim"), ("さくら/Sakura", "林/Hayashi"), ("ไก่/Kai", "สุข/Suk"),
    ("ბექა/Beka", "ჯაფარიძე/Japaridze"), ("אבי/Avi", "לוי/Levi"), ("Nguyễn/Nguyen", "Ý/Y"), ("Արա/Ara", "Տեր/Ter"),
    ("Happy", "Singh"), ("Lakshmi", "R"), ("Xiu", "Xu"), ("Bjørk/Bjork", "Skaug"), ("Precious", "Moloi"),
)  # fmt: skip
_ROLES: Final = ("info", "office", "post", "contact")
#: So many come within an hour after a spot on television, and so many from one firm.
AFTER_SPOT: Final = 6
OF_OFFICE: Final = 7


def _in_talk(stage: Stage, kind: str, message: str = "", *, received: datetime | None = None) -> Story:
    """Spoken with at once and ever since."""
    at = received or stage.arrival(30 * DAY, 4 * DAY, stage.is_answerable)
    story = stage.lead(kind, at)
    story.message = message
    return _goes_on(stage, story)


def _goes_on(stage: Stage, story: Story) -> Story:
    story.is_lookalike = True
    stage.converse(story, stage.soon(story.received_at))
    return story


def odd_name(stage: Stage) -> None:
    """A name that few bear, and somebody does."""
    received = stage.arrival(30 * DAY, 4 * DAY, stage.is_answerable)
    name = stage.dice.choice(ODD_NAMES)
    _goes_on(stage, stage.lead("odd_name", received, stage.crowd.person(name)))


def family_number(stage: Stage) -> None:
    """Husband and wife have one number and one line at home."""
    first_at = stage.arrival(timedelta(days=DAYS), 12 * DAY)
    first = stage.lead("family_number", first_at)
    second = stage.lead("family_number", first_at + timedelta(days=stage.dice.randint(1, 5), hours=1))
    while second.first_name == first.first_name:
        second.first_name = stage.crowd.person().first_name
    second.last_name, second.phone, second.country = first.last_name, respelt(first.phone), first.country
    second.visit = replace(second.visit, ip=first.visit.ip)
    for story in (first, second):
        story.is_lookalike = True
        at = stage.soon(story.received_at)
        stage.converse(story, at, stop=stage.later(at, 3, 9))
        story.close(story.last_at + timedelta(minutes=30), is_won=False)


def small_firm(stage: Stage) -> None:
    """A firm of three, with an address for all of them."""
    story = _in_talk(stage, "small_firm", "We need an offer for panels on our hall")
    name = story.person.slug.replace(".", "-").replace("'", "")
    story.company = f"{story.person.last_name} & Co"
    story.email = f"{stage.dice.choice(_ROLES)}@{name}-{story.ref}.de"


def trial(stage: Stage) -> None:
    """Wants to try something out, and says so."""
    texts = (
        "I would like a test drive with the electric van on Saturday",
        "Please quote a soil test for the heat pump",
    )
    _in_talk(stage, "trial", stage.dice.choice(texts))


def large_order(stage: Stage) -> None:
    """Much, but a factory has such a roof."""
    many = stage.dice.choice(("1 200", "1850", "900"))
    _in_talk(stage, "large_order", f"We need {many} panels for the roof of our factory, 14 000 m2")


def friend_of_client(stage: Stage) -> None:
    """Bears the name of somebody who bought, and tells of it."""
    received = stage.arrival(timedelta(days=DAYS), timedelta(days=DAYS - 12))
    buyer = stage.lead("recommends_us", received)
    at = stage.soon(received)
    stage.talk(buyer, at)
    stage.sell(buyer, stage.later(at, 6, 20))
    story = _in_talk(stage, "friend_of_client", "My brother has a carport by you and is happy, I would like one, too")
    story.last_name = buyer.last_name


def two_words(stage: Stage) -> None:
    """Asks for the price, and no more."""
    _in_talk(stage, "two_words", stage.dice.choice(("Price please", "Preis bitte", "Pris takk", "Precio por favor")))


def filled_by_browser(stage: Stage) -> None:
    """The browser knew all but the wish: a few seconds."""
    received = stage.arrival(30 * DAY, 4 * DAY, stage.is_answerable)
    story = stage.lead("filled_by_browser", received)
    story.message = "Heat pump, old house"
    story.visit = replace(story.visit, seconds=stage.dice.randint(6, 9))
    _goes_on(stage, story)


def student_who_buys(stage: Stage) -> None:
    """Studies, and has a balcony."""
    _in_talk(stage, "student_who_buys", "I am a student and need a balcony set for my flat")


def said_unheard(stage: Stage) -> None:
    """Given up as one who asked for nothing, though nobody was ever reached: no proof of anything."""
    received = stage.arrival(timedelta(days=DAYS), 20 * DAY, stage.is_answerable)
    story = stage.lead("said_unheard", received)
    story.is_lookalike = True
    end = received + CADENCE + DAY
    stage.chase(story, stage.soon(received), stop=end, gap_h=(3, 6))
    closed = stage.hours.after(end, stage.dice.randint(HOUR, 12 * HOUR))
    story.close(max(closed, story.last_at + timedelta(minutes=20)), is_won=False, status=Status.DENIED)


def after_a_spot(stage: Stage) -> None:
    """A spot on television: many at once, in the same few words, and some of them buy."""
    spot = stage.arrival(30 * DAY, 12 * DAY, stage.hours.is_open)
    for number in range(AFTER_SPOT):
        story = stage.lead("after_a_spot", spot + timedelta(seconds=60 + 400 * number + stage.dice.randrange(300)))
        story.is_lookalike = True
        story.source_detail, story.message = "tv-spot", "Saw you on television, please send the price"
        at = stage.soon(story.received_at)
        if number % 3:
            stage.converse(story, at)
        else:
            stage.talk(story, at)
            stage.sell(story, stage.later(at, 6, 20))


def one_office(stage: Stage) -> None:
    """Colleagues of one firm talk at lunch: all from one part of the net."""
    noon = stage.arrival(30 * DAY, 12 * DAY, stage.hours.is_open)
    net = stage.web.net()
    for number in range(OF_OFFICE):
        story = stage.lead("one_office", noon + timedelta(seconds=240 * number + stage.dice.randrange(200)))
        story.visit = replace(story.visit, ip=stage.web.address(net))
        _goes_on(stage, story)


#: One lead or two each.
LOOK_ALIKES: Final[tuple[Callable[[Stage], None], ...]] = (
    odd_name,
    two_words,
    small_firm,
    large_order,
    said_unheard,
    family_number,
    trial,
    friend_of_client,
    filled_by_browser,
    student_who_buys,
)
#: Many leads each.
CROWDS: Final[tuple[Callable[[Stage], None], ...]] = (after_a_spot, one_office)
