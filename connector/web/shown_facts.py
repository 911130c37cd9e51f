"""What cannot be seen of an account, told apart by what would mend it: a permission, or nothing at all."""

from __future__ import annotations

from collections.abc import Iterable

from audits.model.case import Fact
from connector.catalog import find_crm
from connector.storage.installs import Install

HISTORIES = (Fact.OWNER_HISTORY, Fact.STAGE_HISTORY)


def causes_of_crm(install: Install) -> frozenset[str]:
    """Why the CRM itself does not show some facts, whatever was granted."""
    entry = find_crm(install.crm)
    return frozenset(cause for _, cause in entry.capabilities(()).coverage.missing) if entry else frozenset()


def not_granted(install: Install) -> list[str]:
    """A sentence for each fact that is not seen for want of a permission."""
    always = causes_of_crm(install)
    return sorted({cause for _, cause in install.coverage.missing if cause not in always})


def not_shown(install: Install) -> list[str]:
    """A sentence for each fact that the CRM does not show to anybody."""
    return among(causes_of_crm(install), (cause for _, cause in install.coverage.missing))


def among(always: frozenset[str], causes: Iterable[str]) -> list[str]:
    """Those of `causes` that are of the CRM itself, each once."""
    return sorted({cause for cause in causes if cause in always})
