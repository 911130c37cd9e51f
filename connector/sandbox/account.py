"""Account information."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from connector.sandbox.core import Sandbox, answer, authorised


def create_account(sandbox: Sandbox) -> Blueprint:
    """GET /account-info/2026-03/details."""
    blueprint = Blueprint("account", __name__)

    @blueprint.get("/account-info/2026-03/details")
    def details() -> Response:
        config = authorised(sandbox, "oauth").portal.config
        offset = datetime.now(ZoneInfo(config.time_zone)).utcoffset() or timedelta()
        minutes = round(offset.total_seconds() / 60)
        sign = "-" if minutes < 0 else "+"
        return answer(
            {
                "portalId": config.portal_id,
                "accountType": config.account_type,
                "timeZone": config.time_zone,
                "companyCurrency": config.currency,
                "additionalCurrencies": [],
                "utcOffset": f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}",
                "utcOffsetMilliseconds": minutes * 60_000,
                "uiDomain": request.host,
                "dataHostingLocation": "na1",
            }
        )

    return blueprint
