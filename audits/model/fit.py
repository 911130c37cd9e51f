"""The words of target-group fit: what the account wants a lead to be, and how one lead does by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from audits.model.said import Said


class FitSubject(StrEnum):
    """Whom a criterion describes."""

    PERSON = "person"
    ORGANISATION = "organisation"


class FitField(StrEnum):
    """What a criterion may look at: facts of a lead as the CRM shows them.

    PHONE_COUNTRY: ISO letters, by the number itself. MAILBOX: "company", "free" or "disposable", by the domain of the
    address. DEAL_AMOUNT: that of the largest deal, in whole units of its currency. DECIDES: "yes" or "no", by the
    role in a deal, else by a field of the account's own. From CITY on: what only such a field says, see OWN_FACTS.
    """

    COUNTRY = "country"
    PHONE_COUNTRY = "phone_country"
    LANGUAGE = "language"
    COMPANY = "company"
    MAILBOX = "mailbox"
    EMAIL_DOMAIN = "email_domain"
    LEAD_TYPE = "lead_type"
    SOURCE = "source"
    SOURCE_DETAIL = "source_detail"
    PRIORITY = "priority"
    PIPELINE = "pipeline"
    DEAL_AMOUNT = "deal_amount"
    DECIDES = "decides"
    CITY = "city"
    JOB_TITLE = "job_title"
    AGE_GROUP = "age_group"
    ORGANISATION_CITY = "organisation_city"
    ORGANISATION_KIND = "organisation_kind"
    INDUSTRY = "industry"
    STAFF = "staff"


#: What fields of the account's own may say of a lead: the names in Lead.facts.
OWN_FACTS = (
    FitField.CITY,
    FitField.JOB_TITLE,
    FitField.AGE_GROUP,
    FitField.ORGANISATION_CITY,
    FitField.ORGANISATION_KIND,
    FitField.INDUSTRY,
    FitField.STAFF,
    FitField.DECIDES,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing that a wanted lead has.

    `field`: the name of a fact, see FitField. It holds where the fact is one of `any_of` (compared without case and
    accents), or a number from `least` to `most`, both included; with none of these, where the fact is known at all.
    `weight` is 1 to 100. Raises ValueError.
    """

    name: str
    subject: FitSubject
    field: str
    weight: int
    any_of: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.field.strip():
            raise ValueError("a criterion needs a name and a field")
        if not 1 <= self.weight <= 100:
            raise ValueError(f"{self.name}: the weight must be 1 to 100, not {self.weight}")
        if self.any_of and (self.least is not None or self.most is not None):
            raise ValueError(f"{self.name}: names values and a range; one of them only")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"{self.name}: the range ends before it begins")

    def to_json(self) -> dict[str, object]:
        """JSON values that `from_json` reads again."""
        return {
            "name": self.name,
            "subject": self.subject.value,
            "field": self.field,
            "weight": self.weight,
            "any_of": list(self.any_of),
            "least": self.least,
            "most": self.most,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, object], place: str) -> Criterion:
        """What `to_json` wrote; a figure or list that is left out is none. Raises ValueError naming `place`."""
        for key in data:
            if key not in _KEYS:
                raise ValueError(f"{place}.{key}: unknown field; a criterion has {', '.join(_KEYS)}")
        name, of, weight, any_of = data.get("name"), data.get("field"), data.get("weight"), data.get("any_of", ())
        if not isinstance(name, str) or not isinstance(of, str):
            raise ValueError(f"{place}: a criterion needs a name and a field, which are texts")
        if isinstance(weight, bool) or not isinstance(weight, int):
            raise ValueError(f"{place}.weight: {weight!r} is not a whole number of 1 to 100")
        if not isinstance(any_of, list | tuple) or not all(isinstance(each, str) and each for each in any_of):
            raise ValueError(f"{place}.any_of: {any_of!r} is not a list of texts")
        subject = data.get("subject")
        if subject not in set(FitSubject):
            raise ValueError(f"{place}.subject: {subject!r} is neither person nor organisation")
        try:
            return cls(
                name=name,
                subject=FitSubject(str(subject)),
                field=of,
                weight=weight,
                any_of=tuple(any_of),
                least=_bound(data, "least", place),
                most=_bound(data, "most", place),
            )
        except ValueError as error:
            raise error if str(error).startswith(place) else ValueError(f"{place}: {error}") from None


_KEYS = tuple(each.name for each in fields(Criterion))


def _bound(data: Mapping[str, object], name: str, place: str) -> float | None:
    value = data.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value != value):
        raise ValueError(f"{place}.{name}: {value!r} is no number")
    return None if value is None else float(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class FitPart:
    """One criterion held against one lead: `points` of `out_of`, None where the fact is not known."""

    criterion: Criterion
    points: int | None
    out_of: int
    why: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """All criteria of one subject. `percent`: points of those that could be told, half up; None where none could."""

    parts: tuple[FitPart, ...] = ()

    @property
    def told(self) -> int:
        """Points that could have been earned where the fact is known."""
        return sum(part.out_of for part in self.parts if part.points is not None)

    @property
    def earned(self) -> int:
        """Points earned."""
        return sum(part.points for part in self.parts if part.points is not None)

    @property
    def percent(self) -> int | None:
        """0 to 100, or None when nothing is known."""
        return _percent(self.earned, self.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFit:
    """How one lead is of the group that the account sells to: the person and the organisation, each by itself."""

    person: Fit = Fit()
    organisation: Fit = Fit()

    @property
    def has_criteria(self) -> bool:
        """Whether the account had set any when the lead arrived."""
        return bool(self.person.parts or self.organisation.parts)

    @property
    def percent(self) -> int | None:
        """Points of both together, by which leads are sorted: 0 to 100, or None when nothing is known."""
        return _percent(self.person.earned + self.organisation.earned, self.person.told + self.organisation.told)


def _percent(earned: int, told: int) -> int | None:
    return (200 * earned + told) // (2 * told) if told else None
