"""Hook addresses: each install has its own, and only our keys make them."""

from __future__ import annotations

import pytest

from connector.oauth.hooks import HookKeys

OLD, NEW = ("k1", b"1" * 32), ("k2", b"2" * 32)
URL = "https://assay.example"


def address(keys: HookKeys, crm: str = "pipedrive", install_id: str = "abc123") -> str:
    return keys.hook(crm, install_id).url.rpartition("/")[2]


def test_an_address_is_recognised_with_its_secret() -> None:
    keys = HookKeys([NEW], URL)
    hook = keys.hook("pipedrive", "abc123")
    assert hook.url.startswith(f"{URL}/webhooks/pipedrive/abc123-")
    assert keys.recognise("pipedrive", address(keys)) == ("abc123", hook.secret)
    assert len(hook.secret) == 64
    assert hook.secret not in repr(hook)
    assert hook.secret[:40] not in hook.url


def test_every_install_and_every_crm_has_its_own() -> None:
    keys = HookKeys([NEW], URL)
    hooks = [keys.hook(crm, install) for crm in ("pipedrive", "frappe") for install in ("a", "b")]
    assert len({hook.secret for hook in hooks}) == len({hook.url for hook in hooks}) == 4
    assert keys.recognise("frappe", address(keys, "pipedrive")) is None


def test_a_key_being_rotated_out_still_recognises_and_one_that_left_does_not() -> None:
    old = address(HookKeys([OLD], URL))
    assert HookKeys([NEW, OLD], URL).recognise("pipedrive", old) == (
        "abc123",
        HookKeys([OLD], URL).hook("pipedrive", "abc123").secret,
    )
    assert address(HookKeys([NEW, OLD], URL)) != old
    assert HookKeys([NEW], URL).recognise("pipedrive", old) is None


@pytest.mark.parametrize(
    "forged",
    ["", "-", "abc123", "abc123-", "abc123-" + "0" * 40, "abc124-{tag}", "abc123-{tag}0", "ABC123-{tag}", "é-{tag}"],
)
def test_nothing_else_is_recognised(forged: str) -> None:
    keys = HookKeys([NEW], URL)
    assert keys.recognise("pipedrive", forged.format(tag=address(keys).partition("-")[2])) is None


def test_one_crm_may_reach_us_under_another_address() -> None:
    keys = HookKeys([NEW], URL, {"frappe": "http://172.17.0.1:8080"})
    assert keys.hook("frappe", "abc123").url.startswith("http://172.17.0.1:8080/webhooks/frappe/abc123-")
    assert keys.hook("pipedrive", "abc123").url.startswith(URL)
    assert address(keys, "frappe") == address(HookKeys([NEW], URL), "frappe")
