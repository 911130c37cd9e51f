"""E-mail addresses: syntax by the isEmail set, slips, throw-away lists, relays, roles, tags, and mended forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audits.model.contact_data import check_email
from audits.model.truth import Disposable
from audits.truth.email import email_repairs, email_signals, judge_email
from audits.truth.email_domains import IN_THEIR_OWN_RIGHT, KNOWN_SLIPS, LARGE, PROVIDERS, RELAYS, domain_meant
from audits.truth.email_lists import disposable_by_lists

DATA = Path(__file__).parents[1] / "data"
CASES: list[dict[str, Any]] = json.loads((DATA / "emails_isemail.json").read_text(encoding="utf-8"))["cases"]


def _codes(text: str) -> list[str]:
    return [each.code for each in email_signals(text, judge_email(text))]


def test_every_address_of_the_set() -> None:
    wrong = [
        case["address"]
        for case in CASES
        if case["lead_form_verdict"] in ("valid", "invalid")
        and judge_email(case["address"]).is_valid is not (case["lead_form_verdict"] == "valid")
    ]
    assert wrong == []


def test_rules_and_truth_read_alike() -> None:
    assert all(judge_email(case["address"]).is_valid is check_email(case["address"]).is_valid for case in CASES)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ann@gmial.com", "ann@gmail.com"),
        ("Ann.Lee+x@gmal.com", "Ann.Lee+x@gmail.com"),
        ("ann@gmail.con", "ann@gmail.com"),
        ("ann@gmail.co", "ann@gmail.com"),
        ("ann@gmsil.com", "ann@gmail.com"),
        ("ann@hotmai.no", "ann@hotmail.no"),
        ("ann@onlne.no", "ann@online.no"),
        ("ann@t-onlne.de", "ann@t-online.de"),
        ("ann@web.dee", "ann@web.de"),
        ("ann@oragne.fr", "ann@orange.fr"),
        ("ann@otente.gr", "ann@otenet.gr"),
        ("ann@ukr.nett", "ann@ukr.net"),
        ("ann@yandxe.ru", "ann@yandex.ru"),
        ("ann@yaho.co.uk", "ann@yahoo.co.uk"),
        ("ann@www.gmail.com", "ann@gmail.com"),
        ("ann@firma.con", "ann@firma.com"),
        ("ann@gmail.coml", "ann@gmail.com"),
        ("анна@gmial.com", "анна@gmail.com"),
    ],
)
def test_slips_of_the_fingers(text: str, meant: str) -> None:
    judged = judge_email(text)
    assert (judged.is_valid, judged.suggestion) == (True, meant)
    assert _codes(text) == ["email_domain_typo"]
    assert [each.proposed for each in email_repairs(text, judged)] == [meant]


def test_no_real_domain_is_a_slip() -> None:
    real = {*(DATA / "mail_domains.txt").read_text(encoding="utf-8").split(), *LARGE, *IN_THEIR_OWN_RIGHT}
    corrected = {each for each in real if domain_meant(each) is not None} - set(KNOWN_SLIPS)
    # What those lists hold of addresses under top-level domains that do not exist, or with www. before them.
    assert {
        each for each in corrected if not each.endswith((".con", ".ney")) and not each.startswith("www.")
    } == set()
    assert len(real) > 16_000


@pytest.mark.parametrize(
    "domain",
    ["email.com", "mail.com", "ymail.com", "fmail.com", "gmx.com", "cloud.com", "live.no", "roger.com", "plant.nl",
     "libro.it", "telnet.be", "ao.com", "me.com", "ann.no", "earthling.net", "orage.fr", "chapter.net", "gail.com"],
)  # fmt: skip
def test_words_and_firms_are_no_slips(domain: str) -> None:
    assert domain_meant(domain) is None


def test_known_slips_lead_to_large_providers() -> None:
    assert set(KNOWN_SLIPS.values()) <= LARGE
    assert not set(KNOWN_SLIPS) & (LARGE | IN_THEIR_OWN_RIGHT)


def test_each_country_of_the_table_has_two_letters() -> None:
    assert all(country == "" or (len(country) == 2 and country.isupper()) for country in PROVIDERS)


@pytest.mark.parametrize(
    ("domain", "grade"),
    [
        ("mailinator.com", Disposable.YES),
        ("box7.mailinator.com", Disposable.YES),
        ("yopmail.com", Disposable.YES),
        ("nus.edu.sg", Disposable.DOUBTFUL),
        ("firma.pp.ua", Disposable.NO),
        ("gmail.com", Disposable.NO),
        ("firma.de", Disposable.NO),
        ("duck.com", Disposable.NO),
        ("gmial.com", Disposable.NO),
    ],
)
def test_two_lists_of_throw_away_mailboxes(domain: str, grade: Disposable) -> None:
    assert disposable_by_lists(domain)[0] is grade
    assert judge_email(f"ann@{domain}").disposable is grade


def test_what_one_list_says_weighs_less() -> None:
    assert _codes("ann@mailinator.com") == ["email_disposable"]
    assert _codes("ann@nus.edu.sg") == ["email_disposable_doubtful"]


@pytest.mark.parametrize("domain", sorted(RELAYS))
def test_relays_are_not_thrown_away(domain: str) -> None:
    for address in (f"ann@{domain}", f"x1@ann.{domain}"):
        judged = judge_email(address)
        assert (judged.is_relay, judged.disposable) == (True, Disposable.NO)
        assert _codes(address) == []


def test_icloud_itself_is_no_relay() -> None:
    assert not judge_email("ann@icloud.com").is_relay


@pytest.mark.parametrize(
    "text",
    [
        "info@firma.de", "sales2@firma.com", "no-reply@firma.no", "kontakt@firma.pl",
        "postmottak@kommune.no", "ventas@firma.es", "post.sales@firma.no", "Support+x@firma.com",
        "zakaz@firma.ru", "satis@firma.com.tr", "epikoinonia@firma.gr",
    ],
)  # fmt: skip
def test_roles(text: str) -> None:
    assert judge_email(text).is_role


@pytest.mark.parametrize(
    "text", ["ann@firma.de", "informer@firma.de", "h.elp@x.de", "salesman.joe@firma.de", "李雷@firma.cn"]
)
def test_persons_are_no_roles(text: str) -> None:
    assert not judge_email(text).is_role


@pytest.mark.parametrize(
    ("text", "normalised", "key"),
    [
        ("Ann.Lee+Shop@Gmail.com", "Ann.Lee+Shop@gmail.com", "annlee@gmail.com"),
        ("ann.lee@googlemail.com", "ann.lee@googlemail.com", "annlee@gmail.com"),
        ("Ann.Lee+x@Firma.de", "Ann.Lee+x@firma.de", "ann.lee@firma.de"),
        ("ann@bücher.de", "ann@xn--bcher-kva.de", "ann@xn--bcher-kva.de"),
        ("用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v", "用户@xn--fsqu00a.xn--4rr70v"),
        ("+tag@firma.de", "+tag@firma.de", "+tag@firma.de"),
    ],
)
def test_normal_form_and_key(text: str, normalised: str, key: str) -> None:
    judged = judge_email(text)
    assert (judged.normalised, judged.key) == (normalised, key)


@pytest.mark.parametrize(
    "text", ["a@example.com", "a@mail.example.org", "a@firma.example", "a@x.test", "a@y.invalid", "a@localhost"]
)
def test_domains_kept_for_examples(text: str) -> None:
    assert _codes(text) == ["example_domain"]


def test_a_firm_called_example_is_none() -> None:
    assert _codes("ann@example.de") == []
    assert _codes("ann@testing.com") == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("anngmail.com", "ann@gmail.com"),
        ("ann2gmail.com", "ann@gmail.com"),
        ("ann @gmail.com", "ann@gmail.com"),
        ("ann@gmail,com", "ann@gmail.com"),
        ("ann(at)gmail.com", "ann@gmail.com"),
        ("ann [at] firma [dot] de", "ann@firma.de"),
        ("ann@@firma.de", "ann@firma.de"),
        ("ann@gmailcom", "ann@gmail.com"),
        ("<ann@firma.de>", "ann@firma.de"),
        ("mailto:ann@firma.de", "ann@firma.de"),
        ("ann@firma..de", "ann@firma.de"),
        ("ann@firma.de.", "ann@firma.de"),
        ("ann.@gmial.com", "ann@gmail.com"),
        ("I like cats", None),
        ("ann", None),
        ("@", None),
        ("ann@firma.de\nBcc: x@y.de", None),
        ("https://www.gmail.com", None),
        ("x" * 5_000 + "@gmail", None),
    ],
)
def test_one_slip_of_form(text: str, meant: str | None) -> None:
    judged = judge_email(text)
    assert (judged.is_valid, judged.suggestion) == (False, meant)
    assert _codes(text) == ["email_malformed"]
