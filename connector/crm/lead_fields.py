"""Fields of the CRM that an account uses in its own way: which of them holds what of a lead, and how it is read.

No CRM has a field of its own for the moment at which a form was sent, for a wish to be called at a certain time, or
for the consent to be called. Accounts make such fields themselves, and an admin says which ones they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale

from audits.model.case import Coverage, Fact
from audits.model.fit import OWN_FACTS
from audits.model.lead import Lead
from connector.crm.moments import is_plausible
from connector.crm.values import Unmapped


class LeadField(StrEnum):
    """What a field of the account's own may hold of a lead.

    The values are names of Lead's attributes; from CITY on they are names in Lead.facts, of
    audits.model.fit.OWN_FACTS.
    """

    SUBMITTED_AT = "submitted_at"
    PREFERRED_AT = "preferred_at"
    RECONTACT_ON = "recontact_on"
    CALL_CONSENT = "has_call_consent"
    PRIORITY = "priority"
    LEAD_TYPE = "lead_type"
    LANGUAGE = "language"
    IP = "ip"
    USER_AGENT = "user_agent"
    TIME_ON_FORM = "time_on_form_s"
    HONEYPOT = "honeypot"
    CONSENT_PROOF = "consent_proof"
    CITY = "city"
    JOB_TITLE = "job_title"
    AGE_GROUP = "age_group"
    ORGANISATION_CITY = "organisation_city"
    ORGANISATION_KIND = "organisation_kind"
    INDUSTRY = "industry"
    STAFF = "staff"
    DECIDES = "decides"


class FieldKind(StrEnum):
    """What kind of values a field holds. CHOICE is one of a list of texts."""

    INSTANT = "instant"
    DATE = "date"
    YES_NO = "yes_no"
    CHOICE = "choice"
    TEXT = "text"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownField:
    """A field of the account's lead records. `name`: as the CRM's API calls it; `label`: what its people see."""

    name: str
    label: str
    kind: FieldKind


#: The kinds that can hold each: others are not offered.
FITTING: Mapping[LeadField, frozenset[FieldKind]] = {
    LeadField.SUBMITTED_AT: frozenset({FieldKind.INSTANT, FieldKind.TEXT, FieldKind.NUMBER}),
    LeadField.PREFERRED_AT: frozenset({FieldKind.INSTANT, FieldKind.DATE, FieldKind.TEXT}),
    LeadField.RECONTACT_ON: frozenset({FieldKind.DATE, FieldKind.INSTANT, FieldKind.TEXT}),
    LeadField.CALL_CONSENT: frozenset({FieldKind.YES_NO, FieldKind.CHOICE, FieldKind.TEXT}),
    LeadField.PRIORITY: frozenset({FieldKind.CHOICE, FieldKind.TEXT, FieldKind.NUMBER}),
    LeadField.LEAD_TYPE: frozenset({FieldKind.CHOICE, FieldKind.TEXT}),
    LeadField.LANGUAGE: frozenset({FieldKind.CHOICE, FieldKind.TEXT}),
    LeadField.IP: frozenset({FieldKind.TEXT}),
    LeadField.USER_AGENT: frozenset({FieldKind.TEXT}),
    LeadField.TIME_ON_FORM: frozenset({FieldKind.NUMBER, FieldKind.TEXT}),
    LeadField.HONEYPOT: frozenset({FieldKind.TEXT, FieldKind.YES_NO}),
    LeadField.CONSENT_PROOF: frozenset({FieldKind.TEXT}),
    LeadField.CITY: frozenset({FieldKind.TEXT, FieldKind.CHOICE}),
    LeadField.JOB_TITLE: frozenset({FieldKind.TEXT, FieldKind.CHOICE}),
    LeadField.AGE_GROUP: frozenset({FieldKind.TEXT, FieldKind.CHOICE, FieldKind.NUMBER}),
    LeadField.ORGANISATION_CITY: frozenset({FieldKind.TEXT, FieldKind.CHOICE}),
    LeadField.ORGANISATION_KIND: frozenset({FieldKind.TEXT, FieldKind.CHOICE}),
    LeadField.INDUSTRY: frozenset({FieldKind.TEXT, FieldKind.CHOICE}),
    LeadField.STAFF: frozenset({FieldKind.NUMBER, FieldKind.TEXT, FieldKind.CHOICE}),
    LeadField.DECIDES: frozenset({FieldKind.YES_NO, FieldKind.CHOICE, FieldKind.TEXT}),
}

#: Facts that hang on a field of the account's own → the words for what it holds.
_FACTS: Mapping[LeadField, tuple[Fact, str]] = {
    LeadField.SUBMITTED_AT: (Fact.SUBMITTED_AT, "the moment at which the form was sent"),
    LeadField.PREFERRED_AT: (Fact.PREFERRED_AT, "the time at which the lead wants to be called"),
    LeadField.RECONTACT_ON: (Fact.RECONTACT_ON, "the day for coming back to a lost lead"),
    LeadField.CALL_CONSENT: (Fact.CONSENT, "the consent to be called"),
}

#: The same words alone, by role.
FACT_WORDS: Mapping[LeadField, str] = {role: words for role, (_, words) in _FACTS.items()}

#: Why a fact is not seen while no field is named for it.
UNNAMED: Mapping[LeadField, tuple[Fact, str]] = {
    role: (fact, f"No field of the CRM is named for {words}; name it under Settings, Fields.")
    for role, (fact, words) in _FACTS.items()
}

_SUGGESTIVE: Mapping[LeadField, str] = {
    LeadField.SUBMITTED_AT: r"submit|form.?(sent|filled)|vendor.?(time|date)|original.?lead.?(time|date)|abgesendet",
    LeadField.PREFERRED_AT: r"(prefer|wish|wunsch|best).{0,9}(time|call|zeit)|call.?back.?(at|time|on)|rückruf",
    LeadField.RECONTACT_ON: r"re.?contact|re.?engage|follow.?up.?(again|date|on)|wiedervorlage|come.?back",
    LeadField.CALL_CONSENT: r"consent|opt.?in|einwilligung|samtykke|may.?call|call.?permission",
    LeadField.PRIORITY: r"\bpriorit",
    LeadField.LEAD_TYPE: r"lead.?(type|kind)|(enquiry|inquiry|request).?type|anfrageart",
    LeadField.LANGUAGE: r"\blanguage|\bsprache|\bspråk|\blang\b",
    LeadField.IP: r"\bip\b|ip.?address",
    LeadField.USER_AGENT: r"user.?agent|\bbrowser\b",
    LeadField.TIME_ON_FORM: r"time.?on.?form|form.?(seconds|duration)|seconds.?on.?(form|page)",
    LeadField.HONEYPOT: r"honey.?pot|\bhp.?field",
    LeadField.CONSENT_PROOF: r"trusted.?form|jornaya|lead.?id.?token|consent.?(proof|cert|id)",
    LeadField.CITY: r"^(?!.*(compan|organi[sz]|firm)).*\b(city|town|stadt|wohnort)\b",
    LeadField.JOB_TITLE: r"job.?(title|role)|\boccupation|\bberuf|\bstilling",
    LeadField.AGE_GROUP: r"\bage.?(group|range|band)|altersgruppe|aldersgruppe",
    LeadField.ORGANISATION_CITY: r"\b(company|organi[sz]ation|firm).{0,6}\b(city|town)\b|firmensitz",
    LeadField.ORGANISATION_KIND: r"(company|organi[sz]ation).{0,6}(kind|type)|legal.?form|rechtsform|public.?sector",
    LeadField.INDUSTRY: r"\bindustry|\bbranche|\bbransje",
    LeadField.STAFF: r"\bemployees|num.?employees|headcount|mitarbeiter.?zahl|antall.?ansatte",
    LeadField.DECIDES: r"decision.?maker|entscheider|beslutningstaker",
}

_OWN_FACTS = frozenset(LeadField(name.value) for name in OWN_FACTS)

_TIMES = frozenset({LeadField.SUBMITTED_AT, LeadField.PREFERRED_AT, LeadField.RECONTACT_ON})
_LONGEST_WORD = 30
_YEAR_S = 366 * 86_400
_YES = frozenset({"true", "yes", "y", "1", "ja", "ναι", "نعم", "granted", "given"})
_NO = frozenset({"false", "no", "n", "0", "nein", "nei", "όχι", "لا", "refused", "revoked", "withdrawn"})
_CODE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9_-]+)?", re.IGNORECASE)
_MILLIS = re.compile(r"\d{12,14}")
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ ,T]+(\d{1,2}):(\d{2})(?::(\d{2}))?)?")


class FieldRoles:
    """Which field of the CRM holds what, for one install."""

    def __init__(
        self, chosen: Mapping[str, str] | None = None, shipped: Mapping[LeadField, str] | None = None
    ) -> None:
        """`chosen`: LeadField value → the field's name. A role that we do not know (of an older version) is passed
        over. `shipped`: fields that the CRM itself has for it, which hold where nothing was chosen."""
        ours = {role.value: role for role in LeadField}
        named = {ours[role]: name for role, name in (chosen or {}).items() if role in ours}
        self._chosen = {**(shipped or {}), **named}

    @property
    def names(self) -> tuple[str, ...]:
        """The fields to read, each once, sorted."""
        return tuple(sorted(set(self._chosen.values())))

    @property
    def missing(self) -> tuple[tuple[Fact, str], ...]:
        """The facts that no field is named for, with the cause for an admin."""
        return tuple(pair for role, pair in UNNAMED.items() if role not in self._chosen)

    def narrow(self, coverage: Coverage) -> Coverage:
        """`coverage` without the facts that no field is named for; what it lacks already keeps its cause."""
        known = {fact for fact, _ in coverage.missing}
        more = tuple(pair for pair in self.missing if pair[0] not in known)
        return Coverage(missing=(*coverage.missing, *more)) if more else coverage

    def among(self, names: Collection[str]) -> tuple[FieldRoles, tuple[tuple[Fact, str], ...]]:
        """The roles of fields that are there, `names`, and the facts that the others should say, with the cause."""
        gone = {role: name for role, name in self._chosen.items() if name not in names}
        missing = tuple(
            (_FACTS[role][0], f"The field {name}, named for {_FACTS[role][1]}, is not there any more.")
            for role, name in gone.items()
            if role in _FACTS
        )
        return FieldRoles(shipped={role: name for role, name in self._chosen.items() if role not in gone}), missing

    def find(self, role: LeadField) -> str | None:
        """The field that holds it, None where nobody said."""
        return self._chosen.get(role)

    def fill(self, lead: Lead, values: Mapping[str, object], zone: str, unmapped: Unmapped) -> FilledLead:
        """`lead` with what its fields say. `values`: field name → value as the CRM's API gives it; a local wall clock
        without a zone is that of `zone` (IANA). What cannot be read is noted in `unmapped` (a time by its shape
        alone) and is a missing fact of this lead, never guessed."""
        found: dict[str, object] = {}
        facts = dict(lead.facts)
        missing: list[tuple[Fact, str]] = []
        clock = ZoneInfo(zone)
        for role, name in self._chosen.items():
            value = values.get(name)
            text = "" if value is None else str(value).strip()
            if not text:
                continue
            read = _READERS[role](text, clock)
            if read is not None and role in _OWN_FACTS:
                facts[role.value] = str(read)
                continue
            if read is not None:
                found[role.value] = read
                continue
            unmapped.note(name, _shape(text) if role in _TIMES or len(text) > _LONGEST_WORD else text)
            if role in _FACTS:
                fact, words = _FACTS[role]
                missing.append((fact, f"What the field {name} says of {words} cannot be read."))
        return FilledLead(replace(lead, facts=tuple(sorted(facts.items())), **found), tuple(missing))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class FilledLead:
    """A lead with what the account's own fields say, and the facts that they should say and do not."""

    lead: Lead
    missing: tuple[tuple[Fact, str], ...] = field(default=())


def suggest(known: Iterable[KnownField]) -> dict[LeadField, str]:
    """For each role the first field, by label, whose name or label speaks for it: a proposal, never a choice."""
    found: dict[LeadField, str] = {}
    for one in sorted(known, key=lambda each: (each.label.casefold(), each.name)):
        for role, pattern in _SUGGESTIVE.items():
            words = f"{one.label} {one.name.replace('_', ' ')}"
            if role not in found and one.kind in FITTING[role] and re.search(pattern, words, re.IGNORECASE):
                found[role] = one.name
    return found


def parse_instant(text: str, zone: ZoneInfo) -> datetime | None:
    """An instant as CRMs write it → aware UTC; None for what is none, and for a day without an hour.

    A wall clock without a zone is that of `zone`: one that the clocks skip counts as if they had not been moved yet,
    one that they show twice is the first.
    """
    if _MILLIS.fullmatch(text):
        moment = datetime.fromtimestamp(int(text) / 1000, UTC)
        return moment if is_plausible(moment) else None
    local = _wall_clock(text)
    if local is None or (isinstance(local, date) and not isinstance(local, datetime)):
        return None
    return _utc(local, zone)


def parse_from(text: str, zone: ZoneInfo) -> datetime | None:
    """As parse_instant; a day without an hour begins with its first second."""
    local = _wall_clock(text)
    if isinstance(local, date) and not isinstance(local, datetime):
        return _utc(datetime.combine(local, time()), zone)
    return parse_instant(text, zone)


def parse_day(text: str, zone: ZoneInfo) -> date | None:
    """A day as CRMs write it; of an instant the day in `zone`, of a midnight in UTC, which is how some write a day,
    that day."""
    local = _wall_clock(text)
    if isinstance(local, date) and not isinstance(local, datetime):
        return local if is_plausible(datetime.combine(local, time(), UTC)) else None
    moment = parse_instant(text, zone)
    if moment is None:
        return None
    return moment.date() if moment.time() == time() else moment.astimezone(zone).date()


def parse_yes_no(text: str, zone: ZoneInfo) -> bool | None:
    """Yes or no, in the languages that we know; None for any other word."""
    word = text.casefold()
    if word in _YES:
        return True
    return False if word in _NO else None


def parse_words(text: str, zone: ZoneInfo) -> str | None:
    """The text itself."""
    return text[:200]


def parse_long_words(text: str, zone: ZoneInfo) -> str | None:
    """The text itself; browsers name themselves at length."""
    return text[:1000]


def parse_seconds(text: str, zone: ZoneInfo) -> float | None:
    """A number of seconds from 0 to a year; None for what is none."""
    try:
        seconds = float(text.replace(",", "."))
    except ValueError:
        return None
    return seconds if 0 <= seconds <= _YEAR_S else None


def parse_trap(text: str, zone: ZoneInfo) -> str | None:
    """What stands in a field that people do not see; blank for a box that is not ticked."""
    return "" if parse_yes_no(text, zone) is False else text[:200]


def parse_decides(text: str, zone: ZoneInfo) -> str | None:
    """yes or no, as criteria of the target group name it; None for any other word."""
    said = parse_yes_no(text, zone)
    return None if said is None else "yes" if said else "no"


def parse_language(text: str, zone: ZoneInfo) -> str | None:
    """ISO 639 code of a language, given as a code (de, de-DE) or by its English or own name; else None."""
    code = _CODE.fullmatch(text)
    if code and code[1].casefold() in _codes():
        return code[1].casefold()
    return _language_names().get(text.casefold())


_READERS: Mapping[LeadField, Callable[[str, ZoneInfo], object]] = {
    LeadField.SUBMITTED_AT: parse_instant,
    LeadField.PREFERRED_AT: parse_from,
    LeadField.RECONTACT_ON: parse_day,
    LeadField.CALL_CONSENT: parse_yes_no,
    LeadField.PRIORITY: parse_words,
    LeadField.LEAD_TYPE: parse_words,
    LeadField.LANGUAGE: parse_language,
    LeadField.IP: parse_words,
    LeadField.USER_AGENT: parse_long_words,
    LeadField.TIME_ON_FORM: parse_seconds,
    LeadField.HONEYPOT: parse_trap,
    LeadField.CONSENT_PROOF: parse_words,
    LeadField.CITY: parse_words,
    LeadField.JOB_TITLE: parse_words,
    LeadField.AGE_GROUP: parse_words,
    LeadField.ORGANISATION_CITY: parse_words,
    LeadField.ORGANISATION_KIND: parse_words,
    LeadField.INDUSTRY: parse_words,
    LeadField.STAFF: parse_words,
    LeadField.DECIDES: parse_decides,
}


def _shape(text: str) -> str:
    """How a text looks, without what it says: people write more into a field than it asks for, and what was not
    understood is kept for all to see."""
    return "".join("0" if one.isdigit() else "a" if one.isalpha() else one for one in text[:_LONGEST_WORD])


def _wall_clock(text: str) -> datetime | date | None:
    """ISO 8601 or day.month.year, with or without an hour. Day and month in any other order are ambiguous: None."""
    european = _DAY_FIRST.fullmatch(text)
    try:
        if european:
            day, month, year, hour, minute, second = european.groups()
            on = date(int(year), int(month), int(day))
            return on if hour is None else datetime.combine(on, time(int(hour), int(minute), int(second or 0)))
        if len(text) == 10:
            return date.fromisoformat(text)
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _utc(local: datetime, zone: ZoneInfo) -> datetime | None:
    try:
        moment = (local if local.tzinfo is not None else local.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        return None
    return moment if is_plausible(moment) else None


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    return frozenset(str(code) for code in Locale("en").languages if "_" not in str(code))


@lru_cache(maxsize=1)
def _language_names() -> dict[str, str]:
    names = {str(name).casefold(): str(code) for code, name in Locale("en").languages.items() if "_" not in str(code)}
    for code in ("ar", "de", "el", "es", "fr", "it", "nb", "nl", "pl", "pt", "ru", "sv", "tr"):
        own = Locale(code).get_language_name(code)
        if own:
            names[own.casefold()] = code
    return names
