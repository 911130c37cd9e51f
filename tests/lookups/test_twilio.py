"""The paid look-up of numbers against a server on loopback that answers as Twilio documents it: what each answer
means, what is charged, what ends the asking, and that nothing of it is in a log."""

from __future__ import annotations

import base64
import io
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote

import pytest

from audits.model.surroundings import Surroundings
from audits.model.truth import LookedUp
from audits.truth.ladder import Rung, RungState
from connector.logs import configure_logs
from connector.lookups.port import Answer, Price
from connector.lookups.roster import lookup_for, packed, unpacked
from connector.lookups.twilio import HOST, TwilioLookup
from connector.server_rules import Limits
from connector.storage.lookups import LookupChoice, LookupKind, Told, asked_of
from tests.factories import NOW, at, make_case, make_lead
from tests.truth.test_ladder import steps
from tests.unruly import Reply, Seen, Unruly, answer, answer_json, unruly

PRICE = Price(milli=700, currency="USD")
SOLD, NOBODYS, ODD = "+4790123456", "+4790123457", "+4790123458"
QUICK = Limits(connect_s=0.5, attempt_s=0.5, total_s=1.0, attempts=2, max_bytes=20_000, first_pause_s=0.01)


def asker(server: Unruly) -> TwilioLookup:
    return TwilioLookup(lambda: NOW, PRICE, "SK123", "s3cret", host=server.url, limits=QUICK)


def line(number: str, status: object, error_code: object = None) -> dict[str, object]:
    """A body as Twilio's documentation shows it."""
    return {
        "calling_country_code": "47",
        "country_code": "NO",
        "phone_number": number,
        "national_format": number[3:],
        "valid": True,
        "validation_errors": [],
        "caller_name": None,
        "line_type_intelligence": None,
        "line_status": {"status": status, "error_code": error_code},
        "url": f"https://lookups.twilio.com/v2/PhoneNumbers/{number}",
    }


def saying(status: object, error_code: object = None) -> Reply:
    def reply(handler: BaseHTTPRequestHandler, seen: Seen) -> None:
        number = unquote(seen.path.partition("?")[0].rpartition("/")[2])
        answer_json(handler, line(number, status, error_code))

    return reply


@pytest.mark.parametrize(
    ("status", "in_service"),
    [
        ("active", True),
        ("reachable", True),
        ("Unreachable", True),
        ("inactive", False),
        ("unknown", None),
        ("a new word", None),
        (None, None),
    ],
)
def test_what_the_register_says(status: object, in_service: bool | None):
    with unruly(saying(status)) as server:
        told = asker(server).ask([SOLD])[SOLD]
    assert told == Answer(told=None if in_service is None else Told(is_in_service=in_service), at=NOW)
    [seen] = server.seen
    assert (seen.method, seen.path) == ("GET", "/v2/PhoneNumbers/%2B4790123456?Fields=line_status")
    assert seen.headers["Authorization"] == "Basic " + base64.b64encode(b"SK123:s3cret").decode()


@pytest.mark.parametrize("body", [line(SOLD, None, 60600), {"valid": True}, {"line_status": "active"}, []])
def test_an_answer_without_a_status_is_unknown_and_not_counted_as_paid(body: object):
    with unruly(lambda handler, _: answer_json(handler, body)) as server:
        told = asker(server).ask([SOLD])[SOLD]
    assert told == Answer(told=None, at=NOW, is_charged=False)


@pytest.mark.parametrize("status", [400, 404])
def test_a_number_that_is_refused_is_unknown_and_the_next_is_asked(status: int):
    def reply(handler: BaseHTTPRequestHandler, seen: Seen) -> None:
        if ODD[1:] in seen.path:
            answer_json(handler, {"code": 20404, "message": f"{ODD} was not found", "status": status}, status)
        else:
            saying("inactive")(handler, seen)

    with unruly(reply) as server:
        answers = asker(server).ask([ODD, NOBODYS])
    assert answers[ODD] == Answer(told=None, at=NOW, is_charged=False)
    assert answers[NOBODYS].told == Told(is_in_service=False)


@pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
def test_a_refused_key_and_a_server_that_is_away_end_the_asking(status: int):
    with unruly(lambda handler, _: answer_json(handler, {"code": 20003}, status)) as server:
        assert asker(server).ask([SOLD, NOBODYS]) == {}
    assert not any(NOBODYS[1:] in seen.path for seen in server.seen)


def test_a_page_instead_of_an_answer_is_unknown():
    with unruly(lambda handler, _: answer(handler, 200, b"<html>", "text/html")) as server:
        assert asker(server).ask([SOLD])[SOLD] == Answer(told=None, at=NOW, is_charged=False)


def test_nobody_there_ends_the_asking():
    with unruly(saying("active")) as server:
        gone = asker(server)
    assert gone.ask([SOLD]) == {}


def test_a_redirect_is_not_followed():
    def reply(handler: BaseHTTPRequestHandler, _seen: Seen) -> None:
        answer(handler, 302, Location="https://elsewhere.example/v2")

    with unruly(reply) as server:
        assert asker(server).ask([SOLD])[SOLD].told is None


def test_neither_number_nor_key_is_in_a_log():
    logged = io.StringIO()
    configure_logs("DEBUG", logged)
    try:
        with unruly(saying("active")) as server:
            asker(server).ask([SOLD])
        asker(server).ask([SOLD])
    finally:
        configure_logs()
    assert "crm_call" in logged.getvalue()
    for secret in ("4790123456", "s3cret", "SK123", base64.b64encode(b"SK123:s3cret").decode()):
        assert secret not in logged.getvalue()


def test_only_twilio_is_called_and_only_with_a_key_and_a_price():
    choice = LookupChoice(kind=LookupKind.PHONE, is_on=True, price_milli=700, currency="USD")
    assert HOST == "https://lookups.twilio.com"
    assert unpacked(packed("SK1", "a")) == ("SK1", "a")
    settings: object = None
    made = lookup_for(settings, lambda: NOW, choice, packed("SK1", "a"))  # type: ignore[arg-type]
    assert isinstance(made, TwilioLookup)
    assert made.price == PRICE
    assert made._transport.origin == HOST
    assert lookup_for(settings, lambda: NOW, choice, "") is None  # type: ignore[arg-type]
    free = LookupChoice(kind=LookupKind.PHONE, is_on=True)
    assert lookup_for(settings, lambda: NOW, free, packed("SK1", "a")) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({"phone": "+47 901 23 456"}, SOLD),
        ({"phone": "901 23 456", "country": "NO"}, SOLD),
        ({"phone": "901 23 456"}, SOLD),
        ({"phone": "+47 22 33 44 55", "mobile": "+47 901 23 456"}, SOLD),
        # A line that is no mobile one stands in no such register; of a number that may be either nobody knows.
        ({"phone": "+47 22 33 44 55"}, None),
        ({"phone": "+1 650 253 0000"}, None),
        ({"phone": "+47 1"}, None),
        # Kept for films.
        ({"phone": "+44 7700 900123"}, None),
        ({"phone": " "}, None),
        ({"phone": None}, None),
    ],
)
def test_only_mobile_numbers_are_asked_about(fields: dict[str, str | None], asked: str | None):
    lead = make_lead("1", **{"phone": None, "mobile": None, "country": None, **fields})
    assert asked_of(LookupKind.PHONE, lead, "NO") == asked


@pytest.mark.parametrize(("in_service", "state"), [(True, RungState.LIFTED), (False, RungState.REFUTED)])
def test_the_rung_of_the_number_follows_the_network_on_its_day(in_service: bool, state: RungState):
    told = LookedUp(is_in_service=in_service, in_service_at=at(30))
    case = make_case(make_lead(phone="+47 901 23 456"), surroundings=Surroundings(looked_up=told))
    step = steps(case)[Rung.PLAUSIBLE_NUMBER]
    assert (step.state, step.at) == (state, at(30))
    plain = steps(make_case(make_lead(phone="+47 901 23 456")))[Rung.PLAUSIBLE_NUMBER]
    assert plain.state is RungState.LIFTED
