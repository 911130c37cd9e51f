"""/rulebook: every rule with its question, why it matters and its closed list of reasons. Open to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from flask import Blueprint, render_template

from audits.model.finding import Outcome
from audits.rule import Family, RuleInfo
from audits.rulebook import OWNER_RULES, RULES
from connector.web.access import Access, needs
from connector.web.texts import t

pages = Blueprint("rulebook", __name__)


@dataclass(frozen=True, slots=True)
class Chapter:
    """The rules of one family."""

    family: Family
    rules: tuple[RuleInfo, ...]


@pages.get("/rulebook")
@needs(Access.PUBLIC)
def rulebook() -> str:
    """The rulebook."""
    return render_template("rulebook.html", chapters=chapters(), answers=answers)


def chapters() -> tuple[Chapter, ...]:
    """The rules by family, in the order of the list."""
    families = list(Family)
    infos = sorted((rule.info for rule in RULES), key=lambda info: families.index(info.family))
    return tuple(Chapter(family, tuple(group)) for family, group in groupby(infos, key=lambda info: info.family))


def answers(info: RuleInfo) -> list[tuple[Outcome, str, str]]:
    """(outcome, reason code, its meaning) of a rule, in the order of its outcomes."""
    meanings = dict(info.reasons)
    return [(outcome, reason, meanings.get(reason, "")) for outcome, reasons in info.outcomes for reason in reasons]


def rule_titles() -> dict[str, str]:
    """Rule id → title."""
    return {rule.info.rule_id: t(rule.info.title) for rule in RULES}


@lru_cache(maxsize=1)
def measure_meanings() -> Mapping[tuple[str, str], str]:
    """(rule id, name of a measure) → its meaning in English."""
    infos = [*(rule.info for rule in RULES), *(rule.info for rule in OWNER_RULES)]
    return {(info.rule_id, measure.name): measure.meaning for info in infos for measure in info.measures}
