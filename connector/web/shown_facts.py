"""What cannot be seen of an account, told apart by what would mend it: a permission, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterable

from audits.model.case import Fact
from connector.catalog import find_crm
from connector.crm.lead_fields import UNNAMED
from connector.storage.installs import Install

_UNNAMED = frozenset(cause for _, cause in UNNAMED.values())
HISTORIES = (Fact.OWNER_HISTORY, Fact.STAGE_HISTORY)


def causes_of_crm(install: Install) -> frozenset[str]:
    """Why the CRM itself does not show some facts, whatever was granted."""
    entry = find_crm(install.crm)
    return frozenset(cause for _, cause in entry.capabilities(()).coverage.missing) if entry else frozenset()


def not_granted(install: Install) -> list[str]:
    """A sentence for each fact that is not seen for want of a permission."""
    others = causes_of_crm(install) | _UNNAMED
    return sorted({cause for _, cause in install.coverage.missing if cause not in others})


def not_named(install: Install) -> list[str]:
    """A sentence for each fact that is not seen because no field of the CRM is named for it."""
    return among(_UNNAMED, (cause for _, cause in install.coverage.missing))


def not_shown(install: Install) -> list[str]:
    """A sentence for each fact that the CRM does not show to anybody."""
    return among(causes_of_crm(install), (cause for _, cause in install.coverage.missing))


def among(always: frozenset[str], causes: Iterable[str]) -> list[str]:
    """Those of `causes` that are of the CRM itself, each once."""
    return sorted({cause for cause in causes if cause in always})
