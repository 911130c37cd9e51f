"""One file per page: its address, who may open it, and the view model that its template prints."""

from __future__ import annotations

from flask import Blueprint

from connector.web.views import (
    card,
    contests,
    fields,
    follow_up,
    funnel,
    health,
    install,
    landing,
    language,
    lead,
    leads,
    neglected,
    overview,
    own_hours,
    owner,
    owners,
    policies,
    report,
    response,
    rulebook,
    settings,
    sign_in,
    sync,
    values,
)

ALL: tuple[Blueprint, ...] = (
    landing.pages,
    install.pages,
    sign_in.pages,
    language.pages,
    overview.pages,
    leads.pages,
    lead.pages,
    response.pages,
    follow_up.pages,
    funnel.pages,
    owners.pages,
    owner.pages,
    neglected.pages,
    sync.pages,
    settings.pages,
    own_hours.pages,
    policies.pages,
    contests.pages,
    values.pages,
    fields.pages,
    report.pages,
    rulebook.pages,
    health.pages,
    card.pages,
)
