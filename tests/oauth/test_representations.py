"""What ends in a traceback by chance holds no secret and no person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.crm.card import CardCall
from connector.crm.port import Delivery, Grant, Hook
from connector.oauth.hooks import HookKeys
from connector.oauth.tokens import _Held
from connector.settings import CrmApp
from webhooks.receiver import RawRequest

MARK = "canary-4711"
APP = CrmApp(client_id="id", secrets=(MARK,), auth_url="https://x.example", api_url="https://x.example")
NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    "held",
    [
        APP,
        Hook(url="https://x.example", secret=MARK),
        HookKeys([("k1", MARK.encode())], "https://x.example"),
        Delivery(body=MARK.encode()),
        Grant(
            access_token=MARK, refresh_token=MARK, expires_at=NOW, scopes=(), account_id="1", user_id=None, api_url=""
        ),
        _Held(access_token=MARK, refresh_token=MARK, expires_at=NOW, version=1, site=APP),
        RawRequest(method="POST", url=f"/webhooks/x/{MARK}", headers={"authorization": MARK}, body=MARK.encode()),
        CardCall(
            method="GET", url=f"/?token={MARK}", query=(("token", MARK),), headers={"a": MARK}, body=MARK.encode()
        ),
    ],
    ids=lambda held: type(held).__name__,
)
def test_no_representation_tells(held: object) -> None:
    assert MARK not in repr(held)
    assert MARK not in str(held)
