"""What makes judging quick changes no answer: short ways say what the long ones say, and nothing is judged twice."""

from __future__ import annotations

import random
import re
from pathlib import Path

import phonenumbers
import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from disposable_email_domains import blocklist
from email_validator import EmailNotValidError, validate_email

from audits.model import contact_data
from audits.model.contact_data import check_email, read_phone
from audits.model.truth import Disposable, Given
from audits.truth import email_domains, letters, message, message_words
from audits.truth.email import judge_email, of_named_domain
from audits.truth.email_lists import is_unnamed
from audits.truth.form import bot_named, ip_class
from audits.truth.joke_names import JOKES
from audits.truth.judgement import AHEAD, judge, judge_all
from audits.truth.message import judge_message
from audits.truth.name import _judge_closely, judge_name
from audits.truth.phone import judge_phone

FORMS = (
    phonenumbers.PhoneNumberFormat.E164,
    phonenumbers.PhoneNumberFormat.INTERNATIONAL,
    phonenumbers.PhoneNumberFormat.NATIONAL,
)


def written_numbers() -> list[tuple[str, str]]:
    """Numbers of every region, as written abroad and at home, with a digit changed here and there."""
    chance = random.Random(7)
    found = []
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
            example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            for form in FORMS:
                text = phonenumbers.format_number(example, form)
                at = chance.randrange(1, len(text))
                found += [(text, region), (text[:at] + chance.choice("0123456789") + text[at + 1 :], region)]
                found.append(("0" + text.lstrip("+"), region))
    return found


def test_a_plain_number_is_read_as_the_library_reads_it() -> None:
    numbers = written_numbers()
    assert len(numbers) > 3_000
    for text, region in numbers:
        read = read_phone(text, region)
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            assert read.is_valid is not True, (text, region)
            continue
        assert read.is_valid is phonenumbers.is_valid_number(number), (text, region)
        if read.is_valid:
            assert read.e164 == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            assert read.region == phonenumbers.region_code_for_number(number)
            assert read.national == phonenumbers.national_significant_number(number)


@pytest.mark.parametrize(
    "text",
    [
        "ann.lee@example.org", "a+tag@sub.domain.co.uk", "a_b-c@x1.no", "a..b@x.com", ".a@x.com", "a.@x.com",
        "a@-x.com",
        "a@x-.com", "a@x..com", "a@x.c1", "a@x.c", "a@x.test", "a@x.local", "a@invalid", "a@foo.onion", "a@x.arpa",
        "a@xn--mnchen-3ya.de", "a@ab--cd.com", "a--b@x.com", "Ann@X.com", "a@x.com\n", " a@x.com", "a b@x.com",
        "a@" + "b" * 64 + ".com", "a" * 65 + "@x.com", "a" * 59 + "@x.com", "å@x.no", "a@ø.no", "a!b@x.com",
        "a@1.2.3.4",
        "INFO@x.com", "a@x.com.", "a@@x.com", "a@localhost", "1@2.de",
    ],
)  # fmt: skip
def test_a_plain_address_is_taken_as_the_library_takes_it(text: str) -> None:
    found = check_email(text)
    try:
        told = validate_email(text.strip(" "), check_deliverability=False)
    except EmailNotValidError:
        assert not found.is_valid
        return
    assert found.is_valid
    assert found.address == f"{told.local_part}@{told.ascii_domain}"
    assert found.domain == told.ascii_domain


def test_of_a_domain_that_one_look_leaves_unnamed_no_list_says_anything() -> None:
    """Of the domains of all lists and one letter off, with other ends, and with more before and behind."""
    chance = random.Random(13)
    of_lists = (
        *email_domains.LARGE,
        *email_domains.RELAYS,
        *email_domains.KNOWN_SLIPS,
        *email_domains.IN_THEIR_OWN_RIGHT,
        *email_domains.EXAMPLE_DOMAINS,
        *chance.sample(sorted(blocklist), 1_000),
    )
    tried = set()
    for domain in of_lists:
        name, _, end = domain.partition(".")
        at = chance.randrange(len(name))
        tried |= {domain, f"{name[:at]}{chance.choice('aeiounrst')}{name[at + 1 :]}.{end}", f"{name}{name[-1]}.{end}"}
        tried |= {f"{name}.{other}" for other in ("con", "cmo", "test", "example", "de", "com", "co", "gmail")}
        tried |= {f"www.{domain}", f"www.{name}", f"{domain}.com", f"mail.{domain}", f"x{domain}"}
    unnamed = {domain for domain in tried if is_unnamed(domain)}
    assert len(unnamed) > 3_000
    assert len(tried - unnamed) > 5_000
    for domain in unnamed:
        assert of_named_domain(domain) == (None, Disposable.NO, ()), domain


def test_crawlers_are_told_by_the_first_pattern_of_the_list_that_fits() -> None:
    patterns = [each["pattern"] for each in CRAWLER_USER_AGENTS_DATA]
    plain = [
        re.sub(r"\\(\W)", r"\1", each)
        for each in patterns
        if not re.search(r"[\\^$.*+?()\[\]{}|]", re.sub(r"\\\W", "", each))
    ]
    assert len(plain) > 1_400
    for at, pattern in enumerate(plain):
        named = f"Mozilla/5.0 {plain[at - 1]} (compatible; {pattern}/1.0)"
        assert bot_named(named) == next(each for each in plain if each in named).strip(" /;:()[]+,")


@pytest.mark.parametrize("alphabet", letters.ALPHABETS, ids=lambda each: each.name)
def test_tables_added_up_score_as_the_tables(alphabet: letters.Alphabet) -> None:
    chance = random.Random(11)
    words = {
        "".join(chance.choices(alphabet.letters, k=chance.randrange(letters.SHORTEST, 50))) for _ in range(2_000)
    }
    tables = letters._shipped()[alphabet.name]
    for word in words:
        assert letters.margin(word) == letters.score(word, alphabet, tables) - alphabet.limit
    assert len(words) > 1_900


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("8.8.8.8", "public"), ("203.220.94.123", "public"), ("203.0.113.7", "reserved"), ("256.1.1.1", "unknown"),
        ("8.8.8", "unknown"), ("08.8.8.8", "unknown"), ("10.1.2.3", "private"), ("8.8.8.8:443", "public"),
    ],
)  # fmt: skip
def test_a_plain_address_of_the_net_is_classed_like_any_other(text: str, kind: str) -> None:
    assert ip_class(text) == kind


def test_digits_of_other_scripts_are_mended_like_ours() -> None:
    ours, theirs = judge_phone("+966 51 234 56", "SA"), judge_phone("+966 ٥١ ٢٣٤ ٥٦", "SA")
    assert ours.is_valid is False
    assert theirs.suggestions == ours.suggestions


def test_what_is_not_plain_is_read_by_the_library_once() -> None:
    given = Given(phone="+47 912 34 567 ext. onceonly", email="Wanda Onceonly@onceonly.no", country="NO")
    libraries = (contact_data.read_by_library, contact_data.check_by_library)
    before = [each.cache_info().misses for each in libraries]
    first = judge(given)
    between = [each.cache_info().misses for each in libraries]
    assert all(now > then for then, now in zip(before, between, strict=True))
    judge_phone.cache_clear()
    judge_email.cache_clear()
    assert judge(given) == first
    assert [each.cache_info().misses for each in libraries] == between


def test_what_was_judged_once_is_not_judged_again() -> None:
    given = Given(
        id="1",
        first_name="Wanda",
        last_name="Onceonly",
        phone="+47 912 34 567",
        email="wanda.onceonly@onceonly.no",
        message="I would like a quote for eleven onceonly windows.",
        ip="8.8.4.4",
        user_agent="Onceonly/1.0",
        honeypot="",
    )
    judges = (judge_phone, judge_email, judge_name, judge_message, ip_class, bot_named)
    before = [each.cache_info() for each in judges]
    first = judge(given)
    between = [each.cache_info() for each in judges]
    assert all(now.misses > then.misses for then, now in zip(before, between, strict=True))
    assert judge(given) == first
    after = [each.cache_info() for each in judges]
    assert [each.misses for each in after] == [each.misses for each in between]
    assert all(now.hits > then.hits for then, now in zip(between, after, strict=True))


def test_many_leads_at_once_are_judged_as_each_of_them() -> None:
    texts = ("I need 12 windows in Oslo.", "asdf qwer zxcv asdf lkjh", "窓5枚の見積もりをお願いします。", None, " ")
    leads = [
        Given(
            id=str(at),
            last_name="Ahead" * (at % 3),
            phone=f"+47 912 {at % 90 + 10} 567" if at % 4 else None,
            email=f"ahead{at}@ahead-{at % 7}.no" if at % 5 else None,
            message=texts[at % len(texts)],
        )
        for at in range(2 * AHEAD + 3)
    ]
    together = list(judge_all(leads))
    for each in (judge_phone, judge_email, judge_name, judge_message):
        each.cache_clear()
    assert together == [judge(lead) for lead in leads]


def test_a_plain_name_is_what_a_close_look_says() -> None:
    """Of names made of words that occur in jokes, of words of abuse and tests, and of names; some of them split."""
    chance = random.Random(17)
    usual = ["Anna", "Öztürk", "Nguyễn", "Κολχούρης", "محمد", "Иванова", "van", "Lee", "O'Brien", "राजन", "7"]
    listed = [word for phrase in (*message_words.PROFANITY, *message_words.TEST) for word in phrase.split()]
    joking = sorted({word for joke in JOKES for word in joke.split()})
    names = [(first, last) for first, _, last in (joke.title().rpartition(" ") for joke in sorted(JOKES))]
    for _ in range(6_000):
        first, last = (chance.choice(chance.choice((usual, joking, joking, listed))) for _ in range(2))
        at = chance.randrange(len(last))
        between = chance.choice(("", "", "", "-", "é"))
        names.append((first.title(), last[:at] + between + last[at:]))
    plain = 0
    for first, last in names:
        judged = judge_name(first, last)
        assert judged == _judge_closely(f"{first} {last}".strip(), first, last), (first, last)
        plain += not judged.reasons
    assert len(JOKES) > 200
    assert 2_000 < plain < len(names) - len(JOKES)


def test_a_word_looks_as_its_parts_say() -> None:
    """What is told by one look is what taking the word apart says, for words of many languages with slips."""
    chance = random.Random(11)
    texts = [
        Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("messages.txt", "lookalikes.txt")
    ]
    phrases = (*message_words.NEED, *message_words.PROFANITY, *message_words.SPAM, *message_words.TEST)
    links = ("www", "WWW.", "www.a.no", "http://a.no", "://", "<", "<b", "[url")
    words = sorted({*links, *(word for text in (*texts, *phrases) for word in text.replace("*", "").split())})
    marks = ("", ".", "!", ",", "’s", "\u0301", "\u0640", "ß", "İ", "\u093c", "7")
    for word in words:
        at = chance.randrange(len(word))
        for tried in (
            *(word + mark for mark in marks),
            word.upper(),
            word.title(),
            word[:at] + chance.choice("éøüабωا-'") + word[at:],
        ):
            assert message.look(tried) == message.look_closely(tried), tried
