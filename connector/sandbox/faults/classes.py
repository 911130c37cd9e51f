"""Leads that are something else than a person who asked: of each class several kinds, worked as reps work them.

Each kind shows itself by at least two signs, as in life; one that is no more than suspected says so (`unsure`), and
the app may leave it in doubt. Nobody is closed before the agreed attempts were made, so that no other rule is broken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import phonenumbers

from connector.sandbox.everyday import CADENCE, DAY
from connector.sandbox.faults.planting import planted
from connector.sandbox.history import CallResult, DealPerson, Source, Status, Visit
from connector.sandbox.people import Person, respelt
from connector.sandbox.stage import DAYS, HOUR, Stage
from connector.sandbox.story import Story
from connector.sandbox.terms import COMPETITOR_DOMAINS, COMPETITOR_NAMES, DOMAIN
from connector.sandbox.web import HEADLESS, PROGRAMS

ERROR, BOT, PAID_FILLER, COMPETITOR = "unintended_error", "bot", "paid_form_filler", "competitor"
JOKER, TEST, EMPTY, NOT_ADDRESSED = "joker", "test_or_staff", "empty", "not_addressed_to_us"
#: The rule of each class.
RULE: Final = {
    ERROR: "PL005",
    BOT: "PL006",
    PAID_FILLER: "PL007",
    COMPETITOR: "PL008",
    JOKER: "PL009",
    TEST: "PL010",
    EMPTY: "PL011",
    NOT_ADDRESSED: "PL012",
}
#: What must be shown, beside name, number, address and firm, for some kinds to be seen.
MESSAGE, FORM, RESULTS, STATUS, DEALS, OTHERS = (
    "message",
    "form",
    "results of calls",
    "status",
    "deals of others",
    "other leads",
)

#: So many leads of a paid sub-source, so many of which were reached; so many in a burst.
PAID, PAID_AND_REACHED, IN_BURST = 9, 7, 8

Kind = Callable[[Stage], None]


def of_class(story: Story, lead_class: str, *beside: str, note: str, shown_by: tuple[str, ...] = ()) -> None:
    """The lead is of this class, and the app must say so; rules that are broken `beside` it, too."""
    planted(story, RULE[lead_class], *beside, note=note)
    story.lead_class, story.shown_by = lead_class, frozenset(shown_by)


def perhaps(story: Story, lead_class: str, *beside: str, note: str, shown_by: tuple[str, ...] = ()) -> None:
    """The lead is of this class, and the app must say so or call it suspect of it."""
    planted(story, *beside, note=note)
    story.lead_class, story.shown_by = lead_class, frozenset(shown_by)
    story.unsure = frozenset({RULE[lead_class]})


# -- unintended errors: they stay leads


def digit_slipped(stage: Stage) -> None:
    """One digit of the number is lost, doubled or another; who answers is somebody else, and a letter helps."""
    story = _half_reachable(stage, "digit_slipped", mistyped)
    of_class(story, ERROR, note="one slip in the number; reached by mail", shown_by=(RESULTS,))


def domain_slipped(stage: Stage) -> None:
    """A slip of the fingers in the domain; the number is right."""
    received = stage.arrival(30 * DAY, 4 * DAY, stage.is_answerable)
    story = stage.lead("domain_slipped", received)
    domain = stage.dice.choice(("gmial.com", "gamil.com", "hotmial.com", "yahooo.com", "outlok.com"))
    story.email = f"{story.person.slug}@{domain}"
    stage.converse(story, stage.soon(received))
    of_class(story, ERROR, note=f"{domain} is a slip of the fingers")


def digit_in_name(stage: Stage) -> None:
    """A digit hit for the letter below it."""
    received = stage.arrival(30 * DAY, 4 * DAY, stage.is_answerable)
    first = stage.dice.choice((("M4rtin", "Martin"), ("P3ter", "Peter"), ("S0fia", "Sofia"), ("Ann1ka", "Annika")))
    story = stage.lead("digit_in_name", received, stage.crowd.person((first[1], "Lindner")))
    story.first_name = first[0]
    stage.converse(story, stage.soon(received))
    of_class(story, ERROR, note=f"{first[0]} for {first[1]}")


# -- programs


def trap_filled(stage: Stage) -> None:
    """A field that people do not see is filled in, within two seconds."""
    story = _sent(stage, "trap_filled", lambda visit: replace(visit, seconds=2, trap="https://seo.example"))
    _never_reached(stage, story)
    of_class(story, BOT, note="filled in what nobody sees, in 2 s", shown_by=(FORM,))


def program(stage: Stage) -> None:
    """A program that names itself, in a second."""
    agent = stage.dice.choice(PROGRAMS)
    story = _sent(stage, "program", lambda visit: replace(visit, seconds=1, user_agent=agent))
    _never_reached(stage, story)
    of_class(story, BOT, note=f"{agent}, in 1 s", shown_by=(FORM,))


def headless(stage: Stage) -> None:
    """A browser without a window fills the trap."""
    story = _sent(stage, "headless", lambda visit: replace(visit, user_agent=HEADLESS, trap="x"))
    _never_reached(stage, story)
    of_class(story, BOT, note="a browser without a window, and the trap filled in", shown_by=(FORM,))


def advertises(stage: Stage) -> None:
    """Links and words of those who sell links, by a program."""
    story = _sent(stage, "advertises", lambda visit: replace(visit, seconds=3, user_agent=PROGRAMS[0]))
    story.message = stage.dice.choice(
        (
            "Get quality backlinks and guest posts at https://links.example",
            "Online casino with free spins, register today: https://spins.example",
            "Kredit ohne Schufa: https://kredit.example",
        )
    )
    _never_reached(stage, story)
    of_class(story, BOT, note="advertises, by a program", shown_by=(FORM, MESSAGE))


# -- competitors


def rival_by_name(stage: Stage) -> None:
    """Gives the firm and its address."""
    which = stage.dice.randrange(len(COMPETITOR_NAMES))
    story = _told(stage, "rival_by_name", "")
    story.company = f"{COMPETITOR_NAMES[which]} GmbH"
    story.email = f"{story.person.slug}@{COMPETITOR_DOMAINS[which]}"
    _turned_down(stage, story)
    of_class(story, COMPETITOR, note="firm and address of a competitor")


def rival_asks_who(stage: Stage) -> None:
    """From a competitor's domain, asks who is who."""
    story = _told(stage, "rival_asks_who", "Please give me the direct number of the sales manager")
    story.email = f"{story.person.slug}@{stage.dice.choice(COMPETITOR_DOMAINS)}"
    _turned_down(stage, story)
    of_class(story, COMPETITOR, note="a competitor's address, asks for a direct number", shown_by=(MESSAGE,))


# -- jokers


def prank(stage: Stage) -> None:
    """Somebody ordered in another's name: who is reached had asked for nothing."""
    story = _told(stage, "prank", _huge_order(stage))
    _denied(stage, story)
    of_class(story, JOKER, note="a huge order in another's name", shown_by=(MESSAGE, STATUS))


def film_number(stage: Stage) -> None:
    """A number kept for films, and an order that nobody places."""
    story = _told(stage, "film_number", _huge_order(stage))
    story.country = "DE"
    story.phone = f"+49 171 39200{stage.dice.randrange(10, 100)}"
    _never_reached(stage, story)
    of_class(story, JOKER, note="a number kept for films, a huge order", shown_by=(MESSAGE,))


def abuse(stage: Stage) -> None:
    """A name that jokes are made with, abuse, and a number of films."""
    name = stage.dice.choice((("Pippi", "Langstrumpf"), ("Donald", "Duck"), ("Anna", "Septic")))
    story = _told(stage, "abuse", stage.dice.choice(("Fuck you and your company", "ihr seid alle Arschlöcher")), name)
    story.country = "DE"
    story.phone = f"+49 171 39200{stage.dice.randrange(10, 100)}"
    _never_reached(stage, story)
    of_class(story, JOKER, note=f"{name[0]} {name[1]}, abuse, a number kept for films", shown_by=(MESSAGE,))


# -- the own house


def staff(stage: Stage) -> None:
    """One of us tries the form."""
    story = _told(stage, "staff", "Just a test, please ignore")
    story.email = f"{story.person.slug}@{DOMAIN}"
    _never_reached(stage, story)
    of_class(story, TEST, note="an address of our own", shown_by=())


def testing(stage: Stage) -> None:
    """Whoever built the form, or looks after it."""
    story = _told(stage, "testing", stage.dice.choice(("Test test", "Dies ist ein Test", "αυτό είναι δοκιμή")))
    story.first_name, story.last_name = stage.dice.choice(
        (("Test", "Test"), ("Testperson", "Test"), ("Тест", "Тест"))
    )
    _never_reached(stage, story)
    of_class(story, TEST, "PL003", note="name and message say that it is a test", shown_by=(MESSAGE,))


# -- nothing in them


def mashed(stage: Stage) -> None:
    """Keys hit at random, in name and message."""
    word = stage.dice.choice(("asdfasdf", "qwerty", "фывапролд", "asdfgh"))
    story = _told(stage, "mashed", word)
    story.first_name = story.last_name = word
    _never_reached(stage, story)
    of_class(story, EMPTY, "PL003", note=f"{word} is no name, nor a message", shown_by=(MESSAGE,))


def nobody(stage: Stage) -> None:
    """No name, and a mailbox for minutes."""
    story = _told(stage, "nobody", "")
    story.first_name, story.last_name = stage.dice.choice((("N/A", "N/A"), ("unknown", "unknown"), ("Xxx", "Xxx")))
    story.email = f"x{stage.dice.randrange(10_000)}@{stage.dice.choice(('mailinator.com', 'yopmail.com'))}"
    _never_reached(stage, story)
    of_class(story, EMPTY, "PL002", "PL003", note="no name, a mailbox for minutes")


def one_digit(stage: Stage) -> None:
    """A number of one digit under letters that are no name."""
    story = _told(stage, "one_digit", "")
    story.first_name = story.last_name = "Aaaa"
    story.phone = stage.dice.choice(("0000000000", "1111111111", "9999999999"))
    _never_reached(stage, story)
    of_class(story, EMPTY, "PL003", note=f"{story.phone}, and no name")


# -- not meant for us


def client_asks_for_help(stage: Stage) -> None:
    """Somebody of a household that bought weeks ago asks for help with it."""
    received = stage.arrival(timedelta(days=DAYS - 1), timedelta(days=DAYS - 6), stage.is_answerable)
    buyer = stage.lead("bought_before", received)
    at = stage.soon(received)
    stage.talk(buyer, at)
    stage.sell(buyer, stage.later(at, 6, 20))
    asked = stage.arrival(timedelta(days=40), 20 * DAY, stage.is_answerable)
    story = _told(stage, "client_asks_for_help", "My order has not arrived yet, order number 55123", at=asked)
    buyer.others.append(DealPerson(story.ref))
    _turned_down(stage, story)
    of_class(story, NOT_ADDRESSED, note="asks for help with what was bought", shown_by=(MESSAGE, DEALS))


def looks_for_work(stage: Stage) -> None:
    """Sends a life's story instead of a wish."""
    text = stage.dice.choice(
        (
            "I am looking for a job as an electrician, my CV is attached",
            "Guten Tag, hiermit bewerbe ich mich: anbei mein Lebenslauf",
            "Buenas tardes, busco trabajo de electricista, adjunto mi currículum",
        )
    )
    story = _told(stage, "looks_for_work", text)
    _turned_down(stage, story)
    perhaps(story, NOT_ADDRESSED, note="looks for work", shown_by=(MESSAGE,))


def sells_to_us(stage: Stage) -> None:
    """Offers goods."""
    text = stage.dice.choice(
        (
            "We are a leading manufacturer of LED lamps in Shenzhen and can offer you the best prices",
            "Wir bieten Ihnen günstige Reinigungsmittel direkt vom Hersteller",
            "Vi tilbyr dere regnskapstjenester til fast pris",
        )
    )
    story = _told(stage, "sells_to_us", text)
    _turned_down(stage, story)
    perhaps(story, NOT_ADDRESSED, note="offers goods or services", shown_by=(MESSAGE,))


def studies(stage: Stage) -> None:
    """Writes a thesis, and would work here beside."""
    story = _told(stage, "studies", "I am a student and write my thesis on heat pumps; I also look for an internship")
    _turned_down(stage, story)
    perhaps(story, NOT_ADDRESSED, note="a thesis", shown_by=(MESSAGE,))


# -- clusters: what shows over many leads alike


def paid_cluster(stage: Stage) -> None:
    """A sub-source fills in forms for money, with numbers of people who asked for nothing: from one part of the net,
    by one browser, over weeks. Of two nobody was reached, who are no more than suspected by it."""
    net, browser = stage.web.net(), stage.web.browser()
    detail = f"leadharbor-sub{stage.dice.randrange(1000, 10_000)}"
    for number in range(PAID):
        story = _told(stage, "paid_cluster", "")
        story.source, story.source_detail, story.campaign = Source.PAID_SOCIAL, detail, "autumn"
        story.visit = Visit(stage.web.address(net), browser, stage.dice.randint(14, 40))
        shown_by = (FORM, STATUS, OTHERS)
        if number < PAID_AND_REACHED:
            _denied(stage, story)
            of_class(story, PAID_FILLER, note=f"{detail}: had asked for nothing, as others alike", shown_by=shown_by)
        else:
            _never_reached(stage, story)
            perhaps(story, PAID_FILLER, note=f"{detail}: never reached, as others alike", shown_by=shown_by)


def burst(stage: Stage) -> None:
    """A program sends one text again and again, in the same second."""
    at = stage.arrival(timedelta(days=DAYS - 2), 22 * DAY, stage.is_answerable)
    net, browser = stage.web.net(), stage.web.browser()
    for _ in range(IN_BURST):
        story = _told(stage, "burst", "Hello, please contact me about your interesting services", at=at)
        story.visit = Visit(stage.web.address(net), browser, stage.dice.randint(1, 2))
        _never_reached(stage, story)
        of_class(story, BOT, note="the same text at once from one part of the net", shown_by=(FORM, MESSAGE, OTHERS))


def probe_that_returns(stage: Stage) -> None:
    """A competitor with a free mailbox asks who is who, says no need, and returns under other names; what the first
    two leave says little."""
    number, region = "", ""
    first_at = stage.arrival(timedelta(days=DAYS - 1), timedelta(days=DAYS - 8), stage.is_answerable)
    for visit in range(3):
        at = stage.hours.after(first_at + visit * 12 * DAY, stage.dice.randint(HOUR, 3 * HOUR))
        texts = ("Who handles purchasing in your firm", "Who is in charge of marketing there", "Name of the manager")
        story = _told(stage, "probe_that_returns", f"{texts[visit]}, please give me a direct number", at=at)
        number, region = number or story.phone, region or story.country
        story.phone, story.country = respelt(number) if visit else number, region
        story.email = f"{story.person.slug}{stage.dice.randrange(100)}@gmail.com"
        _turned_down(stage, story)
        if visit < 2:
            story.note = "a probe that has not returned yet, or only once"
            story.lead_class, story.shown_by = COMPETITOR, frozenset({MESSAGE, OTHERS})
        else:
            perhaps(story, COMPETITOR, note="the third name of a probe", shown_by=(MESSAGE, OTHERS))


#: Kinds of many leads each.
CLUSTERS: Final[tuple[Kind, ...]] = (paid_cluster, burst, probe_that_returns)
#: By class, the kinds that one lead plays; the first of each stands in every account.
KINDS: Final[dict[str, tuple[Kind, ...]]] = {
    ERROR: (domain_slipped, digit_slipped, digit_in_name),
    BOT: (trap_filled, program, advertises, headless),
    COMPETITOR: (rival_by_name, rival_asks_who),
    JOKER: (prank, film_number, abuse),
    TEST: (testing, staff),
    EMPTY: (nobody, mashed, one_digit),
    NOT_ADDRESSED: (client_asks_for_help, looks_for_work, sells_to_us, studies),
}


# -- how they are worked


def mistyped(stage: Stage, number: str) -> str | None:
    """`number` (with country code) with one digit lost, added or two swapped, such that no plan has it; None where
    every such slip is a number, too."""
    digits = phonenumbers.format_number(phonenumbers.parse(number, None), phonenumbers.PhoneNumberFormat.E164)
    for _ in range(40):
        place = stage.dice.randrange(5, len(digits))
        slips = (
            digits[:place] + digits[place + 1 :],
            digits[:place] + digits[place] + digits[place:],
            digits[: place - 1] + digits[place] + digits[place - 1] + digits[place + 1 :],
        )
        slip = stage.dice.choice(slips)
        if not phonenumbers.is_valid_number(phonenumbers.parse(slip, None)):
            return slip
    return None


def _half_reachable(stage: Stage, kind: str, spoil: Callable[[Stage, str], str | None]) -> Story:
    """Who answers the number is somebody else; the person answers a letter, and is written to since."""
    received = stage.arrival(timedelta(days=DAYS), 4 * DAY)
    person, wrong = _with_slip(stage, spoil)
    story = stage.lead(kind, received, person)
    story.phone = wrong
    at = stage.soon(received)
    story.call(at, CallResult.WRONG_NUMBER, 6)
    stage.write(story, stage.later(at, 0.2, 2))
    story.answer(stage.later(story.last_at, 0.5, 4))
    stage.write(story, stage.later(story.last_at, 0.2, 2))
    story.close(story.last_at + DAY, is_won=False)
    return story


def _with_slip(stage: Stage, spoil: Callable[[Stage, str], str | None]) -> tuple[Person, str]:
    while True:
        person = stage.crowd.person()
        wrong = spoil(stage, person.phone)
        if wrong is not None:
            return person, wrong


def _told(
    stage: Stage, kind: str, message: str, name: tuple[str, str] | None = None, at: datetime | None = None
) -> Story:
    """A lead old enough to have been tried as agreed, with this message."""
    received = at or stage.arrival(timedelta(days=DAYS), 20 * DAY, stage.is_answerable)
    story = stage.lead(kind, received, stage.crowd.person(name) if name else None)
    story.message, story.company = message, ""
    return story


def _sent(stage: Stage, kind: str, change: Callable[[Visit], Visit]) -> Story:
    story = _told(stage, kind, "")
    story.visit = change(story.visit)
    return story


def _never_reached(stage: Stage, story: Story) -> None:
    """Tried as often as agreed and for as long, then given up."""
    end = story.received_at + CADENCE + DAY
    stage.chase(story, stage.soon(story.received_at), stop=end, gap_h=(3, 6))
    closed = stage.hours.after(end, stage.dice.randint(HOUR, 12 * HOUR))
    story.close(max(closed, story.last_at + timedelta(minutes=20)), is_won=False, status=Status.LOST)


def _turned_down(stage: Stage, story: Story, status: Status = Status.UNQUALIFIED) -> None:
    """Spoken with once, and seen to be no buyer."""
    stage.talk(story, stage.soon(story.received_at))
    story.close(story.last_at + timedelta(hours=2), is_won=False, status=status)


def _denied(stage: Stage, story: Story) -> None:
    """Spoken with once: had asked for nothing."""
    _turned_down(stage, story, Status.DENIED)


def _huge_order(stage: Stage) -> str:
    many = stage.dice.choice(("10000", "250 000", "99999"))
    return f"I order {many} {stage.dice.choice(('panels', 'modules', 'heat pumps'))} for tomorrow"
