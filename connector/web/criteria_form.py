"""The criteria of the target group as rows of a form and back: what was typed stays, mistakes are said beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from audits.model.fit import Criterion, FitField, FitSubject
from audits.model.said import phrase
from connector.web.texts import t

SUBJECTS = {FitSubject.PERSON: phrase("Person"), FitSubject.ORGANISATION: phrase("Organisation")}
FIELDS = {
    FitField.COUNTRY: phrase("Country"),
    FitField.PHONE_COUNTRY: phrase("Country of the phone number (two letters)"),
    FitField.LANGUAGE: phrase("Language (two letters)"),
    FitField.COMPANY: phrase("Company"),
    FitField.MAILBOX: phrase("Kind of mailbox: company, free or disposable"),
    FitField.EMAIL_DOMAIN: phrase("Domain of the address"),
    FitField.LEAD_TYPE: phrase("Kind of lead"),
    FitField.SOURCE: phrase("Source"),
    FitField.SOURCE_DETAIL: phrase("Source in detail"),
    FitField.PRIORITY: phrase("Priority"),
    FitField.PIPELINE: phrase("Pipeline"),
    FitField.DEAL_AMOUNT: phrase("Amount of the largest deal"),
    FitField.DECIDES: phrase("Decides on buying: yes or no"),
    FitField.CITY: phrase("City"),
    FitField.JOB_TITLE: phrase("Job title"),
    FitField.AGE_GROUP: phrase("Age group"),
    FitField.ORGANISATION_CITY: phrase("City of the organisation"),
    FitField.ORGANISATION_KIND: phrase("Kind of organisation"),
    FitField.INDUSTRY: phrase("Industry"),
    FitField.STAFF: phrase("Number of employees"),
}


@dataclass(frozen=True, slots=True)
class CriterionDraft:
    """One criterion as text. `any_of`: values with commas."""

    name: str = ""
    subject: str = FitSubject.PERSON.value
    field: str = ""
    weight: str = ""
    any_of: str = ""
    least: str = ""
    most: str = ""


#: The fields of a row, in the order of the form.
ROW = ("name", "subject", "field", "weight", "any_of", "least", "most")


def field_label(name: str) -> str:
    """What a criterion looks at, in words; a name that we do not know stays as it is."""
    try:
        return t(FIELDS[FitField(name)])
    except ValueError:
        return name


def criterion_text(criterion: Criterion) -> str:
    """A criterion in one line."""
    if criterion.any_of:
        wanted = t("one of {values}", values=", ".join(criterion.any_of))
    elif criterion.least is not None and criterion.most is not None:
        wanted = t("{least} to {most}", least=number_text(criterion.least), most=number_text(criterion.most))
    elif criterion.least is not None:
        wanted = t("{least} or more", least=number_text(criterion.least))
    elif criterion.most is not None:
        wanted = t("{most} or less", most=number_text(criterion.most))
    else:
        wanted = t("known at all")
    return t(
        "{name} ({subject}): {field}, {wanted}; weight {weight}",
        name=criterion.name,
        subject=t(SUBJECTS[criterion.subject]),
        field=field_label(criterion.field),
        wanted=wanted,
        weight=criterion.weight,
    )


def draft_of_criterion(criterion: Criterion) -> CriterionDraft:
    """The row that shows `criterion`."""
    return CriterionDraft(
        criterion.name,
        criterion.subject.value,
        criterion.field,
        str(criterion.weight),
        ", ".join(criterion.any_of),
        number_text(criterion.least),
        number_text(criterion.most),
    )


def number_text(value: float | None) -> str:
    """A bound as it is typed; "" = none."""
    if value is None:
        return ""
    return str(int(value)) if value.is_integer() else str(value)


def criteria_from(
    drafts: Sequence[CriterionDraft], present: Sequence[Criterion], wrong: dict[str, str]
) -> tuple[Criterion, ...]:
    """The criteria of the rows; what is wrong is put into `wrong` by field (k0_name, …). A row that was not touched
    gives the very criterion of `present` again; one in which nothing was typed gives none."""
    untouched = {draft_of_criterion(each): each for each in present}
    made = []
    for n, draft in enumerate(drafts):
        if replace(draft, subject=FitSubject.PERSON.value) == CriterionDraft():
            continue
        found = untouched.get(draft) or _criterion(draft, f"k{n}_", wrong)
        if found is not None:
            made.append(found)
    return tuple(made)


def _criterion(draft: CriterionDraft, place: str, wrong: dict[str, str]) -> Criterion | None:
    mistakes: dict[str, str] = {}
    if not draft.name:
        mistakes["name"] = t("Give the criterion a name.")
    if draft.subject not in set(FitSubject):
        mistakes["subject"] = t("Choose whom it describes.")
    if draft.field not in set(FitField):
        mistakes["field"] = t("Choose what it looks at.")
    weight = int(draft.weight) if draft.weight.isascii() and draft.weight.isdecimal() and len(draft.weight) < 4 else 0
    if not 1 <= weight <= 100:
        mistakes["weight"] = t("Write a whole number from 1 to 100.")
    any_of = tuple(dict.fromkeys(part.strip() for part in draft.any_of.split(",") if part.strip()))
    bounds: Mapping[str, float | None] = {
        name: _bound(getattr(draft, name), name, mistakes) for name in ("least", "most")
    }
    least, most = bounds["least"], bounds["most"]
    if any_of and (draft.least or draft.most):
        mistakes["any_of"] = t("Give values or a range, not both.")
    if least is not None and most is not None and least > most:
        mistakes["most"] = t("The range ends before it begins.")
    wrong.update({place + name: said for name, said in mistakes.items()})
    if mistakes:
        return None
    return Criterion(
        name=draft.name,
        subject=FitSubject(draft.subject),
        field=draft.field,
        weight=weight,
        any_of=any_of,
        least=least,
        most=most,
    )


def _bound(text: str, name: str, mistakes: dict[str, str]) -> float | None:
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e15:
        mistakes[name] = t("Write a number such as 50 or 12.5.")
        return None
    return value
