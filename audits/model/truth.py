"""The words of lead truth: what was given, what each part of it is, and what the lead therefore is.

Evidence is a sum of weights in natural log-odds, each against "a person who asked". Nothing here decides on a name
alone, and what could not be looked at says nothing in either direction.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from audits.model.said import Said


class LeadClass(StrEnum):
    """What a lead is instead of somebody who asked. ERROR is no pseudo-lead: it is to be mended, and stays a lead."""

    ERROR = "unintended_error"
    BOT = "bot"
    PAID_FILLER = "paid_form_filler"
    COMPETITOR = "competitor"
    JOKER = "joker"
    TEST = "test_or_staff"
    EMPTY = "empty"
    NOT_ADDRESSED = "not_addressed_to_us"


#: Classes of which a lead is one at most; ERROR stands beside each of them.
PSEUDO_CLASSES = tuple(each for each in LeadClass if each is not LeadClass.ERROR)


class TruthVerdict(StrEnum):
    """The judgement in one word. UNKNOWN: too little could be looked at to say that anybody asked."""

    GENUINE = "genuine"
    REPAIRABLE = "repairable"
    SUSPECT = "suspect"
    PSEUDO = "pseudo"
    UNKNOWN = "unknown"


class ContactType(StrEnum):
    """How much the person gave: a name and a mobile number; data of an account; a list from an event; or in full."""

    QUICK = "quick"
    REGISTRATION = "registration"
    PROMOTIONAL = "promotional"
    INTERESTED = "interested"
    OTHER = "other"


class LineType(StrEnum):
    """The type of a phone number by the numbering plan of its country."""

    MOBILE = "mobile"
    FIXED_LINE = "fixed_line"
    FIXED_LINE_OR_MOBILE = "fixed_line_or_mobile"
    TOLL_FREE = "toll_free"
    PREMIUM_RATE = "premium_rate"
    SHARED_COST = "shared_cost"
    VOIP = "voip"
    PERSONAL_NUMBER = "personal_number"
    PAGER = "pager"
    UAN = "uan"
    VOICEMAIL = "voicemail"
    UNKNOWN = "unknown"


class Disposable(StrEnum):
    """How surely a domain gives mailboxes away for minutes: on no list, on one of two, on both."""

    NO = "no"
    DOUBTFUL = "doubtful"
    YES = "yes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody left: all may be None, but one way to reach him. `name` is the whole name where it was not given
    in parts. `submitted_at` is aware; `time_on_form_s` seconds; `honeypot` what stood in a field that people do not
    see. `country` is as written. `consent_proof`: the id of a certificate of consent. `hides_ways`: ways to reach him
    may have been given that are not shown."""

    id: str = ""
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    mobile: str | None = None
    country: str | None = None
    company: str | None = None
    message: str | None = None
    language: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    submitted_at: datetime | None = None
    time_on_form_s: float | None = None
    honeypot: str | None = None
    source: str | None = None
    source_detail: str | None = None
    lead_type: str | None = None
    preferred_at: datetime | None = None
    address: str | None = None
    consent_proof: str | None = None
    hides_ways: bool = False

    @property
    def full_name(self) -> str:
        """The whole name, parts joined by a space; empty when none was given."""
        first, last = (self.first_name or "").strip(), (self.last_name or "").strip()
        return f"{first} {last}" if first and last else first or last or (self.name or "").strip()

    @property
    def numbers(self) -> tuple[tuple[str, str], ...]:
        """(field, text) of each phone number given, the mobile one last."""
        phone, mobile = (self.phone or "").strip(), (self.mobile or "").strip()
        return ((("phone", phone),) if phone else ()) + ((("mobile", mobile),) if mobile else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """What was probably meant in `field`: `proposed` instead of `given`. `rank` 1 is the likeliest."""

    field: str
    given: str
    proposed: str
    why: Said
    rank: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that speaks for or against a class.

    `code`: one of the table audits.truth.weights, whence `weight` in natural log-odds of `lead_class` against a
    person who asked (negative: speaks against the class). `lead_class` None: speaks for a person who asked, against
    the classes that the table names; its weight is positive. `field` and `value`: what of Given it was read from.
    """

    code: str
    lead_class: LeadClass | None
    weight: float
    said: Said
    field: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneJudged:
    """`is_valid`, by the numbering plan; None: not to be told without a country. `reasons`: codes of
    audits.truth.phone. `region`: ISO letters. `suggestions`: numbers in E.164 that were probably meant, the likeliest
    first. A valid number may be kept for films: `can_be_called` is the question for a lead."""

    e164: str | None
    is_possible: bool | None
    is_valid: bool | None
    line_type: LineType
    region: str | None
    reasons: tuple[str, ...] = ()
    suggestions: tuple[str, ...] = ()
    extension: str | None = None

    @property
    def is_fictitious(self) -> bool:
        """Whether the number is in a range kept for films."""
        return "drama_range" in self.reasons

    @property
    def can_be_called(self) -> bool | None:
        """Whether somebody may answer: valid and not fictitious; None when that cannot be told."""
        return False if self.is_fictitious else self.is_valid


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailJudged:
    """`normalised`: the address as mail is sent to it; `key`: as compared with others (no tag, no dots where the
    provider ignores them). `is_deliverable` None = not looked up. `suggestion`: what was probably meant."""

    normalised: str | None
    key: str | None
    domain: str | None
    is_valid: bool
    is_deliverable: bool | None = None
    disposable: Disposable = Disposable.NO
    is_role: bool = False
    is_relay: bool = False
    is_free: bool = False
    suggestion: str | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NameJudged:
    """Of the whole name: letters that nobody meant; a word that stands for no name; a name that jokes are made with
    (never decided on alone)."""

    is_mashed: bool = False
    is_placeholder: bool = False
    is_joke: bool = False
    reasons: tuple[str, ...] = ()


class Intent(StrEnum):
    """What the message is about, where it is not about buying."""

    JOB = "job_seeker"
    SUPPLIER = "supplier"
    STUDENT = "student"
    SUPPORT = "existing_client"
    PROBE = "probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageJudged:
    """Of the message: `intents` found with the words that show each; `has_need`: says what is wanted. `reasons`:
    mashed, spam, profanity, test; `words`: those of them that words of the message show, with these words."""

    is_mashed: bool = False
    is_spam: bool = False
    has_profanity: bool = False
    has_need: bool = False
    intents: tuple[tuple[Intent, str], ...] = ()
    reasons: tuple[str, ...] = ()
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormJudged:
    """Of how the form was filled in. `bot`: the name of the crawler or tool in the user agent. `ip_class`: private,
    reserved, loopback, public, or unknown when none was given or it is none."""

    bot: str | None = None
    is_headless: bool = False
    ip_class: str = "unknown"
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What other leads of the same account or file say about this one; None = not counted.

    `subnet_24h`: other leads of the subnet within a day before. `identical_24h`: other leads with the same payload.
    `template`: leads that share sub-source, subnet or device, and hour pattern with it, of which `template_reached`
    were reached by phone and `template_denied` said that they had not asked. `returns_under_names`: other names under
    which the same number, address or device came. `burst_explained`: its burst is one that the account has announced
    (a spot on television) or of which real buyers came.
    """

    subnet_24h: int | None = None
    identical_24h: int | None = None
    template: int | None = None
    template_reached: int = 0
    template_denied: int = 0
    returns_under_names: int | None = None
    burst_explained: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the CRM knew at delivery and what became of the lead since; None = not looked at.

    `is_client`, `has_open_deal`, `seen_before`: as of delivery. `denied`: the number's owner said that he asked for
    nothing, after an attempt that reached him. `wrong_number`: said after an attempt that reached somebody.
    `reached`: contact was made. `confirmed`: the person came to a meeting, or wrote after we had turned to him.
    """

    is_client: bool | None = None
    has_open_deal: bool | None = None
    seen_before: bool | None = None
    denied: bool | None = None
    wrong_number: bool | None = None
    reached: bool | None = None
    confirmed: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What somebody outside was asked about a lead; None = not asked, or no answer: a failed look-up says nothing.

    `is_deliverable`: whether the domain of its address takes mail. `at`: when that was answered (aware UTC).
    `is_in_service`: whether its mobile number belongs to a subscriber; `in_service_at`: when that was answered.
    """

    is_deliverable: bool | None = None
    at: datetime | None = None
    is_in_service: bool | None = None
    in_service_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What an account's own outcomes taught, frozen under `version` (hex; "" = nothing was learned).

    `said` (sorted) → `found`: where the shipped weights say the one, the other is to be believed; between two steps
    on the line. `weak`: classes that outcomes refute so often that they decide nothing any more. Raises ValueError
    for a curve that falls.
    """

    version: str = ""
    said: tuple[float, ...] = ()
    found: tuple[float, ...] = ()
    weak: tuple[LeadClass, ...] = ()

    def __post_init__(self) -> None:
        falls = any(first > second for first, second in pairwise(self.found))
        if len(self.said) != len(self.found) or list(self.said) != sorted(self.said) or falls:
            raise ValueError("a curve needs as many values as steps, neither of which may fall")

    def of(self, said: float) -> float:
        """The probability to be believed where the shipped weights say `said` (0 to 1)."""
        if not self.said:
            return said
        index = bisect_right(self.said, said)
        if index == 0:
            return self.found[0]
        if index == len(self.said):
            return self.found[-1]
        left, right = self.said[index - 1], self.said[index]
        part = (said - left) / (right - left)
        return self.found[index - 1] + part * (self.found[index] - self.found[index - 1])


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthTerms:
    """What an account says of itself, so that leads can be judged by it. Domains are in ASCII, lower case.

    `region`: ISO country of numbers without +. `most_plausible`: the largest order, in `order_words`' units, that a
    person would place; 0 = not said. `suspect_percent`, `pseudo_percent`: from which probability a lead is so called.
    """

    region: str | None = None
    own_domains: tuple[str, ...] = ()
    competitor_domains: tuple[str, ...] = ()
    competitor_names: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    most_plausible: int = 0
    least_form_s: float = 5.0
    suspect_percent: int = 50
    pseudo_percent: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Likelihood:
    """One class with its probability (0 to 1, four digits) and what speaks for and against it, heaviest first."""

    lead_class: LeadClass
    probability: float
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a lead is. `classes`: those that anything speaks for, the likeliest first. `pseudo_probability`: that it
    is one of PSEUDO_CLASSES. `not_looked_at`: what was not given or not looked up, which says nothing. `learned`: the
    version of what the account's outcomes taught, by which the probabilities are mended; "" = as shipped."""

    id: str
    verdict: TruthVerdict
    pseudo_probability: float
    classes: tuple[Likelihood, ...]
    repairs: tuple[Repair, ...]
    phone: PhoneJudged | None
    email: EmailJudged | None
    name: NameJudged
    message: MessageJudged
    form: FormJudged
    contact_type: ContactType
    model_version: str
    genuine_signals: tuple[Signal, ...] = ()
    not_looked_at: tuple[str, ...] = field(default=())
    learned: str = ""
