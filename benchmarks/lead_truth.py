"""What it costs to judge a lead, beside reading its number and its address alone, in one run.

    python benchmarks/lead_truth.py [leads]

The leads are made up by a fixed seed: names of many locales by Faker, 95 in 100 numbers in use (as written at home
and abroad), addresses, messages for 60 in 100, user agents for 70, the time on the form. Beside each other stand

    alone   phonenumbers.parse, is_valid_number and format_number, email_validator.validate_email without DNS
    all     audits.truth.judgement.judge_all: the same numbers and addresses, and all other signals of the leads

for the same leads, in turns, by the processor's time; the median of the rounds counts. Of many leads we read all
numbers first, then all addresses, and so on; the libraries are asked lead by lead, as whoever has only them does, and
"by kind" says how it stands when they are asked in our order, too. Each round has leads of its
own, so that nothing was judged before: "distinct", where not even a domain or a browser comes twice, and "as they
come", where domains and browsers repeat as they do in forms. A third figure says what leads cost that were judged
before under the same version. Exit code 1 when all signals take more than MOST times what the two libraries take
alone, or when what was judged before is read by them again.
"""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import process_time

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from faker import Faker

sys.path.insert(0, str(Path(__file__).parents[1]))

from audits.model.truth import Given, TruthTerms, TruthVerdict
from audits.truth.email import judge_email
from audits.truth.judgement import judge, judge_all
from audits.truth.phone import judge_phone

SEED = 20261122
ROUNDS = 10
WARM = 3_000
MOST = 1.5
TERMS = TruthTerms(own_domains=("ours.example",), competitor_domains=("theirs.example",))

#: Reads leads and says of how many it thinks well.
Side = Callable[[Sequence[Given]], int]

#: Locale of Faker → region of its phone numbers and the language of its messages.
LOCALES = {
    "en_US": ("US", "en"), "en_GB": ("GB", "en"), "de_DE": ("DE", "de"), "de_AT": ("AT", "de"), "de_CH": ("CH", "de"),
    "no_NO": ("NO", "nb"), "sv_SE": ("SE", "sv"), "da_DK": ("DK", "da"), "fi_FI": ("FI", "fi"), "el_GR": ("GR", "el"),
    "ar_SA": ("SA", "ar"), "ar_EG": ("EG", "ar"), "fr_FR": ("FR", "fr"), "es_ES": ("ES", "es"), "es_MX": ("MX", "es"),
    "it_IT": ("IT", "it"), "nl_NL": ("NL", "nl"), "pt_BR": ("BR", "pt"), "pl_PL": ("PL", "pl"), "ru_RU": ("RU", "ru"),
    "uk_UA": ("UA", "uk"), "tr_TR": ("TR", "tr"), "cs_CZ": ("CZ", "cs"), "ro_RO": ("RO", "ro"), "hu_HU": ("HU", "hu"),
    "vi_VN": ("VN", "vi"), "hi_IN": ("IN", "hi"), "ja_JP": ("JP", "ja"), "zh_CN": ("CN", "zh"), "ko_KR": ("KR", "ko"),
}  # fmt: skip
MESSAGES = {
    "en": "I would like a quote for {n} windows in {place}. Please call me after {hour}.",
    "de": "Ich interessiere mich für {n} Fenster in {place}. Bitte rufen Sie mich nach {hour} Uhr an.",
    "nb": "Jeg ønsker et tilbud på {n} vinduer i {place}. Ring meg gjerne etter klokken {hour}.",
    "sv": "Jag söker en offert på {n} fönster i {place}. Ring mig gärna efter klockan {hour}.",
    "da": "Jeg vil gerne have et tilbud på {n} vinduer i {place}. Ring efter klokken {hour}.",
    "fi": "Haluaisin tarjouksen: {n} ikkunaa, {place}. Soittakaa kello {hour} jälkeen.",
    "el": "Θα ήθελα προσφορά για {n} παράθυρα στην περιοχή {place}. Καλέστε με μετά τις {hour}.",
    "ar": "أريد عرض سعر لعدد {n} نوافذ في {place}. يرجى الاتصال بعد الساعة {hour}.",
    "fr": "Je voudrais un devis pour {n} fenêtres à {place}. Merci de m'appeler après {hour} heures.",
    "es": "Quisiera un presupuesto para {n} ventanas en {place}. Llámenme después de las {hour}.",
    "it": "Vorrei un preventivo per {n} finestre a {place}. Chiamatemi dopo le {hour}.",
    "nl": "Ik wil graag een offerte voor {n} ramen in {place}. Bel mij na {hour} uur.",
    "pt": "Gostaria de um orçamento para {n} janelas em {place}. Podem ligar depois das {hour}.",
    "pl": "Proszę o wycenę {n} okien, {place}. Proszę dzwonić po godzinie {hour}.",
    "ru": "Хочу узнать цену на {n} окон, {place}. Позвоните, пожалуйста, после {hour}.",
    "uk": "Хочу дізнатися ціну на {n} вікон, {place}. Зателефонуйте після {hour}.",
    "tr": "{place} için {n} pencere fiyatı almak istiyorum. Lütfen {hour} sonrası arayın.",
    "cs": "Prosím o nabídku na {n} oken, {place}. Volejte po {hour}. hodině.",
    "ro": "Aș dori o ofertă pentru {n} ferestre în {place}. Sunați după ora {hour}.",
    "hu": "Árajánlatot kérek {n} ablakra, {place}. Hívjanak {hour} óra után.",
    "vi": "Tôi muốn báo giá {n} cửa sổ tại {place}. Vui lòng gọi sau {hour} giờ.",
    "hi": "मुझे {place} में {n} खिड़कियों की कीमत चाहिए। कृपया {hour} बजे के बाद फ़ोन करें।",
    "ja": "{place}で窓{n}枚の見積もりをお願いします。{hour}時以降にお電話ください。",
    "zh": "我想了解{place}{n}扇窗户的报价，请在{hour}点以后打电话。",
    "ko": "{place}에 창문 {n}개 견적을 부탁드립니다. {hour}시 이후에 전화 주세요.",
}
MAIL_DOMAINS = (
    "gmail.com", "gmail.com", "gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "gmx.de",
    "web.de",
    "online.no", "otenet.gr", "mail.ru", "wp.pl", "orange.fr", "libero.it", "seznam.cz", "naver.com", "qq.com",
)  # fmt: skip


def make_leads(count: int, chance: random.Random, *, repeats: bool) -> Iterator[Given]:
    """Leads as forms send them. Without `repeats` nothing comes twice, not even a domain or a browser."""
    fakers = {locale: Faker(locale) for locale in LOCALES}
    for each in fakers.values():
        each.seed_instance(chance.random())
    english = fakers["en_US"]
    firms = [english.domain_name() for _ in range(400)]
    browsers = [browser(chance) for _ in range(250)]
    seen: set[str] = set()

    received = datetime(2026, 3, 2, 8, tzinfo=UTC)
    made = 0
    while made < count:
        locale = chance.choice(list(LOCALES))
        region, language = LOCALES[locale]
        fake = fakers[locale]
        first, last = fake.first_name(), fake.last_name()
        phone = number(region, chance)
        local = f"{english.first_name()}{chance.choice(('.', '_', ''))}{english.last_name()}".lower()
        local += str(chance.randrange(10, 99)) if chance.random() < 0.5 else ""
        user_agent = chance.choice(browsers) if repeats else browser(chance)
        if repeats:
            domain = chance.choice(MAIL_DOMAINS if chance.random() < 0.7 else firms)
        else:
            domain = f"{english.domain_word()}{chance.choice(('', '-', 's'))}{english.word()}.{english.tld()}".lower()
        distinct: tuple[str, ...] = (f"{first} {last}", phone, f"{local}@{domain}")
        if not repeats:
            distinct = (*distinct, domain, user_agent)
        if any(each in seen for each in distinct):
            continue
        seen.update(distinct)
        # Faker's Italian towns are a set, whose order changes with each run.
        place = english.city() if language == "it" else fake.city()
        text = MESSAGES[language].format(n=chance.randrange(2, 40), place=place, hour=chance.randrange(9, 19))
        if chance.random() < 0.5:
            text = f"{text} {fake.sentence(nb_words=10)}"
        received += timedelta(seconds=chance.randrange(10, 900))
        made += 1
        # One in twenty leaves only one way to be reached.
        ways = chance.random()
        yield Given(
            id=f"{made}",
            first_name=first,
            last_name=last,
            phone=phone if ways < 0.975 else None,
            email=f"{local}@{domain}" if ways > 0.025 else None,
            country=region,
            company=f"{last} {chance.choice(('AS', 'GmbH', 'Ltd', 'SA'))}" if chance.random() < 0.3 else None,
            message=text if chance.random() < 0.6 else None,
            language=language,
            ip=english.ipv4_public(),
            user_agent=user_agent if chance.random() < 0.7 else None,
            submitted_at=received,
            time_on_form_s=round(chance.lognormvariate(4, 0.8), 1),
            honeypot="",
        )


def number(region: str, chance: random.Random) -> str:
    """A number of the region, 95 in 100 in use, half of them as written at home."""
    kind = chance.choice((phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE))
    example = phonenumbers.example_number_for_type(region, kind) or phonenumbers.example_number(region)
    if example is None or example.country_code is None:
        raise ValueError(f"{region}: no example of a number")
    digits = str(example.national_number)
    found = phonenumbers.PhoneNumber(
        example.country_code, example.national_number, None, example.italian_leading_zero
    )
    for _ in range(50):
        tail = "".join(chance.choice("0123456789") for _ in range(6))
        tried = phonenumbers.PhoneNumber()
        tried.merge_from(example)
        tried.national_number = int(digits[:-6] + tail)
        if phonenumbers.is_valid_number(tried):
            found = tried
            break
    at_home = chance.random() < 0.5
    how = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    written = phonenumbers.format_number(found, how)
    if chance.random() < 0.05:
        # A digit too few, too many, or another one.
        at = chance.randrange(len(written) // 2, len(written))
        written = written[:at] + chance.choice(("", "55", "9")) + written[at + 1 :]
    return written


def browser(chance: random.Random) -> str:
    """A user agent: that of a browser, in three of a hundred of a crawler or tool."""
    if chance.random() < 0.03:
        tool = chance.choice(("python-requests", "curl", "AhrefsBot", "Scrapy"))
        return f"{tool}/{chance.randrange(1, 9)}.{chance.randrange(900)}"
    major, build = chance.randrange(110, 143), f"{chance.randrange(1000, 7000)}.{chance.randrange(200)}"
    kind = chance.randrange(5)
    if kind == 0:
        version = f"{chance.randrange(14, 20)}_{chance.randrange(8)}"
        return (
            f"Mozilla/5.0 (iPhone; CPU iPhone OS {version} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            f"Version/{version.replace('_', '.')} Mobile/15E{chance.randrange(100, 999)} Safari/604.1"
        )
    if kind == 1:
        model = f"SM-{chance.choice('ASGN')}{chance.randrange(100, 999)}{chance.choice('BFU')}"
        return (
            f"Mozilla/5.0 (Linux; Android {chance.randrange(9, 16)}; {model}) AppleWebKit/537.36 (KHTML, like Gecko) "
            f"Chrome/{major}.0.{build} Mobile Safari/537.36"
        )
    system = chance.choice(("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64"))
    if kind == 2:
        patch = chance.randrange(1000)
        return f"Mozilla/5.0 ({system}; rv:{major}.{patch}) Gecko/20100101 Firefox/{major}.{patch}"
    edge = f" Edg/{major}.0.{build}" if kind == 3 else ""
    return (
        f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{major}.0.{build} Safari/537.36{edge}"
    )


def alone(leads: Sequence[Given]) -> int:
    """What the two libraries say of the numbers and addresses, lead by lead: how many are valid."""
    return sum(is_number(lead) + is_address(lead) for lead in leads)


def alone_by_kind(leads: Sequence[Given]) -> int:
    """The same, of all numbers first, then of all addresses."""
    return sum(map(is_number, leads)) + sum(map(is_address, leads))


def is_number(lead: Given) -> bool:
    """Whether phonenumbers says that the lead's number is valid, which it then writes in E.164."""
    if lead.phone is None:
        return False
    try:
        parsed = phonenumbers.parse(lead.phone, lead.country)
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_valid_number(parsed):
        return False
    phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return True


def is_address(lead: Given) -> bool:
    """Whether email-validator says that the lead's address is valid."""
    if lead.email is None:
        return False
    try:
        validate_email(lead.email, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def all_signals(leads: Sequence[Given]) -> int:
    """What is said of the leads by all that can be told of one without the net and without the others: how many are
    taken for persons who asked."""
    return sum(judged.verdict is TruthVerdict.GENUINE for judged in judge_all(leads, TERMS))


@dataclass(frozen=True)
class Compared:
    """Medians of the rounds: microseconds per lead of the libraries alone and of all signals; all by alone, and all
    by alone where the libraries, too, are asked of all numbers first, then of all addresses."""

    alone_us: float
    all_us: float
    ratio: float
    ratio_by_kind: float


def compared(leads: Sequence[Given], rounds: int) -> Compared:
    """All sides by turns, on leads of each round's own."""
    taken: dict[Side, list[float]] = {side: [] for side in (alone, alone_by_kind, all_signals)}
    size = len(leads) // rounds
    for turn in range(rounds):
        rows = leads[turn * size : (turn + 1) * size]
        for side in list(taken) if turn % 2 else reversed(taken):
            begun = process_time()
            side(rows)
            taken[side].append(process_time() - begun)
    by = {side: [whole / each for whole, each in zip(taken[all_signals], taken[side], strict=True)] for side in taken}
    return Compared(
        alone_us=median(taken[alone]) / size * 1e6,
        all_us=median(taken[all_signals]) / size * 1e6,
        ratio=median(by[alone]),
        ratio_by_kind=median(by[alone_by_kind]),
    )


def digest(leads: Sequence[Given]) -> str:
    """Of all that is said of the leads, so that runs of different versions can be laid side by side."""
    return sha256("".join(repr(judge(lead, TERMS)) for lead in leads).encode()).hexdigest()[:16]


def main(count: int) -> None:
    """Print the figures; exit with a sentence when judging costs too much."""
    chance = random.Random(SEED)
    warm, distinct, usual = (
        list(make_leads(n, chance, repeats=repeats)) for n, repeats in ((WARM, True), (count, False), (count, True))
    )
    # Tables are built and patterns compiled once in a process, by both sides.
    alone(warm), all_signals(warm)
    # The leads themselves are no work of either side.
    gc.collect()
    gc.freeze()
    missed = []
    print(f"phonenumbers {version('phonenumbers')}, email-validator {version('email-validator')}")
    print(f"{count} leads of {len(LOCALES)} locales, median of {ROUNDS} rounds in turns, processor's time per lead")
    for name, leads in (("distinct", distinct), ("as they come", usual)):
        found = compared(leads, ROUNDS)
        print(
            f"{name:13} the two libraries alone {found.alone_us:6.1f} us   all signals {found.all_us:6.1f} us   "
            f"all / alone = {found.ratio:4.2f} (by kind {found.ratio_by_kind:4.2f})   judgements {digest(leads)}"
        )
        if found.ratio > MOST:
            missed.append(f"{name}: {found.ratio:.2f}")
    again = usual[-1000:]
    read = judge_email.cache_info().misses + judge_phone.cache_info().misses
    begun = process_time()
    all_signals(again)
    again_us = (process_time() - begun) / len(again) * 1e6
    read_again = judge_email.cache_info().misses + judge_phone.cache_info().misses - read
    print(f"judged before {again_us:7.1f} us, {read_again} numbers or addresses read again")
    print(f"allowed {MOST}")
    if missed:
        sys.exit(f"All signals take more than {MOST} times what the libraries take alone: {'; '.join(missed)}.")
    if read_again:
        sys.exit("What was judged before was read again.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
