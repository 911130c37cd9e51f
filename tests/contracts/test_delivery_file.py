"""Files of deliveries: what columns mean, what is a bad row, and that nothing is counted twice."""

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from audits.model.contract import Contract, KeyField
from audits.model.delivery import Channel, ClaimStatus, Delivery, HandlingFact, ProofKind
from audits.model.reasons import ReasonCode
from connector.contracts import spool
from connector.contracts.delivery_file import BadDelivery, DeliveryFile, read_deliveries
from connector.contracts.delivery_map import DeliveryMap, read_delivery_map
from connector.contracts.instants import Instants
from connector.contracts.person_keys import email_key, phone_key
from connector.exports.problems import UnusableInput


def contract(**more: Any) -> Contract:
    return Contract.model_validate(
        {
            "contract": "acme-solar",
            "vendor": "acme",
            "version": 1,
            "valid_from": "2026-01-01",
            "timezone": "Europe/Berlin",
            "currency": "EUR",
            "pricing": {"price": "25.00"},
            "returns": {"reasons": [{"code": "FICTITIOUS", "words": ["bogus", "Mickey Mouse"]}]},
            **more,
        }
    )


TERMS = [contract()]


def of_text(
    folder: Path, text: str, terms: list[Contract] = TERMS, mapped: DeliveryMap | None = None, name: str = "d.csv"
) -> tuple[list[Delivery], list[BadDelivery], DeliveryFile]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return of_path(path, terms, mapped)


def of_path(
    path: Path, terms: list[Contract] = TERMS, mapped: DeliveryMap | None = None
) -> tuple[list[Delivery], list[BadDelivery], DeliveryFile]:
    with read_deliveries(path, terms, mapped) as read:
        found = list(read.deliveries())
        assert found == list(read.deliveries())
        assert len(found) == read.count
        bad = list(read.bad_rows())
        assert len(bad) == read.count_bad
        return found, bad, read


def test_a_row_with_everything(tmp_path: Path):
    text = (
        "delivery_id,lead_id,delivered_at,submitted_at,sub_source,phone,email,name,consent,replaces,revenue,"
        "converted_at,attempts,disposition,disposed_at,contacted_at,quote_started_at,reason,reason_proof,"
        "claim_status,claimed_at,answered_at,remark,credited,state\n"
        "d1,L1,2026-05-04T10:00:00+02:00,2026-05-04T09:58:00+02:00,fb-7,+49 151 12345678,Ann+x@Berg.de,Ann Berg,"
        "trustedform:abc,d0,1234.5,2026-05-20T12:00:00Z,call 2026-05-04T09:00:00Z #123 rec:r9 | "
        "email 2026-05-05T17:30:00,dead,2026-05-06T08:00,2026-05-06T07:59,,Mickey  mouse,"
        f"recording:r9:{'A' * 64}; note:n1,denied,2026-05-10T08:00:00Z,2026-05-11T08:00:00Z,no,0,NW\n"
    )
    (only,), bad, _ = of_text(tmp_path, text)
    assert not bad
    assert (only.delivery_id, only.lead_id, only.vendor, only.sub_source) == ("d1", "L1", "acme", "fb-7")
    assert only.delivered_at == datetime(2026, 5, 4, 8, tzinfo=UTC)
    assert only.submitted_at == datetime(2026, 5, 4, 7, 58, tzinfo=UTC)
    assert only.keys == {KeyField.PHONE: "+4915112345678", KeyField.EMAIL: "ann@berg.de"}
    assert only.fields["state"] == "NW"
    assert only.fields["name"] == "Ann Berg"
    assert "revenue" not in only.fields
    assert (only.consent, only.replaces, only.revenue) == ("trustedform:abc", "d0", 123450)
    assert only.converted_at == datetime(2026, 5, 20, 12, tzinfo=UTC)
    first, second = only.handling.tries
    assert (first.at, first.channel, first.ref, first.recording_id) == (
        datetime(2026, 5, 4, 9, tzinfo=UTC), Channel.CALL, "123", "r9",
    )  # fmt: skip
    # Without an offset: by the clock of the contract's zone, two hours ahead.
    assert (second.at, second.channel) == (datetime(2026, 5, 5, 15, 30, tzinfo=UTC), Channel.EMAIL)
    assert only.handling.disposition == "dead"
    assert only.handling.contacted_at == datetime(2026, 5, 6, 5, 59, tzinfo=UTC)
    assert only.handling.quote_started_at is None
    assert not only.handling.unknown
    (ground,) = only.grounds
    assert (ground.code, ground.is_proven, ground.found_by) == (ReasonCode.FICTITIOUS, True, "buyer")
    assert [(each.kind, each.ref, each.sha256) for each in ground.proofs] == [
        (ProofKind.RECORDING, "r9", "a" * 64),
        (ProofKind.NOTE, "n1", ""),
    ]
    assert only.claim is not None
    assert (only.claim.status, only.claim.code, only.claim.credited) == (
        ClaimStatus.DENIED, ReasonCode.FICTITIOUS, 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("header", "row", "unknown"),
    [
        ("", "", set(HandlingFact)),
        (",attempts", ",", {HandlingFact.DISPOSITION, HandlingFact.CONTACTED, HandlingFact.QUOTE_STARTED}),
        # Who was not tried a first time was not tried later.
        (",first_attempt_at", ",", {HandlingFact.DISPOSITION, HandlingFact.CONTACTED, HandlingFact.QUOTE_STARTED}),
        (
            ",first_attempt_at",
            ",2026-05-04T09:00Z",
            set(HandlingFact) - {HandlingFact.ATTEMPTS},
        ),
        (",contacted_at", ",", set(HandlingFact) - {HandlingFact.CONTACTED}),
        (",disposition,quote_started_at", ",,", {
            HandlingFact.ATTEMPTS, HandlingFact.LATER_ATTEMPTS, HandlingFact.CONTACTED,
        }),
    ],
)  # fmt: skip
def test_an_empty_cell_did_not_happen_and_a_missing_column_is_unknown(
    tmp_path: Path, header: str, row: str, unknown: set[HandlingFact]
):
    (only,), bad, _ = of_text(tmp_path, f"delivery_id,delivered_at{header}\nd1,2026-05-04T08:00Z{row}\n")
    assert not bad
    assert only.handling.unknown == unknown


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("delivered_at", "", "is empty"),
        ("delivered_at", "soon", "is no time"),
        ("delivered_at", "2026-05-04", "only the day"),
        # The clocks of Berlin go from 02:00 to 03:00, and show 02:30 twice in autumn.
        ("delivered_at", "2026-03-29T02:30:00", "never shown"),
        ("delivered_at", "2026-10-25T02:30:00", "shown twice"),
        ("delivered_at", "0001-01-01T00:00:00", "placeholder"),
        ("attempts", "call yesterday", "is no time"),
        ("attempts", "call", "is no time"),
        ("revenue", "12.345", "more digits"),
        ("revenue", "a lot", "is no amount"),
        ("reason", "did not buy", "no reason"),
        ("reason_proof", "x", "kind:reference"),
        ("claim_status", "lost", "is no status"),
        ("remark", "no such lead", "is empty, though"),
        ("credited", "1e3", "is no amount"),
    ],
)
def test_what_cannot_be_read_is_a_bad_row(tmp_path: Path, column: str, cell: str, reason: str):
    values = {"delivery_id": "d2", "delivered_at": "2026-05-04T08:00Z", column: cell}
    good = {**dict.fromkeys(values, ""), "delivery_id": "d1", "delivered_at": "2026-05-04T08:00Z"}
    lines = [values.keys(), good.values(), values.values()]
    found, (bad,), read = of_text(tmp_path, "\n".join(",".join(line) for line in lines) + "\n")
    assert [each.delivery_id for each in found] == ["d1"]
    assert bad.line == 3
    assert reason in bad.reason
    assert bad.row == tuple(values.values())
    read.name = "d.csv"


def test_an_hour_that_clocks_repeat_is_read_where_the_map_says_how(tmp_path: Path):
    (tmp_path / "map.toml").write_text(
        '[columns]\ndelivery_id = "Nr"\ndelivered_at = "Wann"\n[fields]\nstate = "Land"\n'
        '[times]\nzone = "Europe/Berlin"\nformats = ["%d.%m.%Y %H:%M"]\nrepeated_hour = "later"\n'
    )
    mapped = read_delivery_map(tmp_path / "map.toml")
    (only,), bad, _ = of_text(tmp_path, "Nr;Wann;Land;delivery_id\n7;25.10.2026 02:30;NW;own\n", mapped=mapped)
    assert not bad
    assert only.delivered_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert only.delivery_id == "7"
    # A heading that another column has taken the meaning of is a field like any other.
    assert only.fields == {"state": "NW", "delivery_id": "own"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id,delivered_at\nd1,2026-05-04T08:00Z\n", "delivery_id or lead_id"),
        ("delivery_id,when\nd1,2026-05-04T08:00Z\n", "no column is delivered_at"),
        ("delivery_id,Delivery_ID,delivered_at\n1,2,2026-05-04T08:00Z\n", "two columns are delivery_id"),
        ("delivery_id,delivered_at,state,state\n1,2026-05-04T08:00Z,a,b\n", "more than once"),
        ("", "is empty"),
    ],
)
def test_a_file_that_cannot_be_used_at_all(tmp_path: Path, text: str, reason: str):
    with pytest.raises(UnusableInput, match=reason):
        of_text(tmp_path, text)


def test_the_same_row_twice_counts_once_and_two_that_differ_are_bad(tmp_path: Path):
    text = (
        "delivery_id,delivered_at,state\n"
        "b,2026-05-04T08:00Z,NW\n"
        "a,2026-05-04T08:00Z,NW\n"
        "b,2026-05-04T10:00:00+02:00,NW\n"
        "c,2026-05-04T08:00Z,NW\n"
        "c,2026-05-05T08:00Z,NW\n"
        "c,2026-05-05T08:00Z,NW\n"
        "d,2026-05-03T08:00Z,NW\n"
    )
    found, bad, read = of_text(tmp_path, text)
    # The second b says the same instant in other letters.
    assert [each.delivery_id for each in found] == ["d", "a", "b"]
    assert [(each.line, each.column) for each in bad] == [(5, "delivery_id"), (6, "delivery_id"), (7, "delivery_id")]
    assert read.copies == 1


def test_one_id_of_two_vendors_is_two_deliveries(tmp_path: Path):
    terms = [contract(), contract(vendor="other", contract="o", timezone="UTC", currency="JPY")]
    text = (
        "delivery_id,delivered_at,vendor,revenue\n1,2026-05-04T08:00,acme,10\n1,2026-05-04T08:00,other,10\n"
        "1,2026-05-04T08:00,,10\n2,2026-05-04T08:00:00Z,nobody,\n3,2026-05-04T08:00:00Z,nobody,1\n"
    )
    found, bad, _ = of_text(tmp_path, text, terms)
    # Each by the clock and in the money of its own contract.
    assert [(each.vendor, each.delivered_at.hour, each.revenue) for each in found] == [
        ("acme", 6, 1000),
        ("other", 8, 10),
        ("nobody", 8, None),
    ]
    assert [(each.line, each.column) for each in bad] == [(4, "vendor"), (6, "revenue")]


def test_sub_source_is_the_field_that_the_contract_names(tmp_path: Path):
    terms = [contract(sub_source="utm_source")]
    found, _, _ = of_text(
        tmp_path, "delivery_id,delivered_at,utm_source\n1,2026-05-04T08:00,fb\n2,2026-05-04T09:00,\n", terms
    )
    assert [each.sub_source for each in found] == ["fb", ""]


def test_deliveries_come_in_order_however_long_and_wild_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name, size in (("_CHUNK", 50), ("_BLOCK", 7), ("_MOST_RUNS", 4)):
        monkeypatch.setattr(spool, name, size)
    chance = random.Random(3)
    start = datetime(2026, 5, 4, tzinfo=UTC)
    rows = [(f"d{number:04}", start + timedelta(minutes=number // 3)) for number in range(2_000)]
    for order in ("shuffled", "backwards", "straight"):
        told = rows + rows[:100]
        if order == "shuffled":
            chance.shuffle(told)
        elif order == "backwards":
            told.reverse()
        with (tmp_path / "d.csv").open("w", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(("delivery_id", "delivered_at"))
            writer.writerows((one, at.isoformat()) for one, at in told)
        found, bad, read = of_path(tmp_path / "d.csv")
        assert not bad
        assert [(each.delivery_id, each.delivered_at) for each in found] == rows
        assert read.copies == 100


def test_json_lines_tell_by_record_what_is_unknown(tmp_path: Path):
    records = [
        {
            "delivery_id": 1,
            "delivered_at": "2026-05-04T08:00Z",
            "attempts": [{"at": "2026-05-04T09:00:00Z", "channel": "call", "ref": "c1"}, "2026-05-05T09:00:00Z"],
            "fields": {"state": "NW", "age": 40, "owner": True},
        },
        {"delivery_id": 2, "delivered_at": "2026-05-04T08:00Z", "phone": None},
        {"delivered_at": "2026-05-04T08:00Z", "delivery_id": 2, "phone": ""},
        {"delivery_id": 3, "delivered_at": "2026-05-04T08:00Z", "state": {"a": 1}},
        {"delivery_id": 4, "delivered_at": "2026-05-04T09:00Z", "reason": ["BOT", "bogus"],
         "reason_proof": [{"kind": "note", "ref": "n1"}]},
    ]  # fmt: skip
    text = "\n".join(map(json.dumps, records)) + "\nno json\n"
    found, bad, _ = of_text(tmp_path, text, name="d.jsonl")
    one, two, four = found
    assert [each.ref for each in one.handling.tries] == ["c1", ""]
    assert HandlingFact.ATTEMPTS not in one.handling.unknown
    assert HandlingFact.ATTEMPTS in two.handling.unknown
    assert one.fields == {"state": "NW", "age": "40", "owner": "true"}
    assert [ground.code for ground in four.grounds] == [ReasonCode.BOT, ReasonCode.FICTITIOUS]
    assert four.grounds[0].proofs[0].ref == "n1"
    assert [(each.line, each.column) for each in bad] == [(4, "state"), (6, "")]


def test_a_workbook(tmp_path: Path):
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("delivery_id", "delivered_at", "born"),
        (17, datetime(2026, 5, 4, 10, 0), datetime(1980, 2, 1)),  # noqa: DTZ001
        (18, datetime(2026, 5, 4), None),  # noqa: DTZ001
        (19, "2026-05-04T10:00:00Z", "#N/A"),
    ):
        sheet.append(row)
    book.save(tmp_path / "d.xlsx")
    (only,), bad, _ = of_path(tmp_path / "d.xlsx")
    assert (only.delivery_id, only.delivered_at) == ("17", datetime(2026, 5, 4, 8, tzinfo=UTC))
    assert only.fields == {"born": "1980-02-01"}
    assert [(each.line, each.column) for each in bad] == [(3, "delivered_at"), (4, "born")]


def test_bad_rows_can_be_mended_and_handed_in_again(tmp_path: Path):
    (tmp_path / "d.csv").write_text("delivery_id,delivered_at,state\n1,soon,NW\n2,2026-05-04T10:00Z,NW\n")
    with read_deliveries(tmp_path / "d.csv", TERMS) as read:
        read.write_bad_rows(tmp_path / "bad.csv")
    text = (tmp_path / "bad.csv").read_text()
    assert text.splitlines()[0].startswith("bad_row_line,bad_row_column,bad_row_reason")
    (tmp_path / "bad.csv").write_text(text.replace(",1,soon,", ",1,2026-05-04T11:00Z,"))
    (only,), bad, _ = of_path(tmp_path / "bad.csv")
    assert not bad
    assert only.fields["state"] == "NW"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("+4915112345678", "+4915112345678"),
        # A prefix of dialling within the country, behind the country code.
        ("+49015112345678", "+4915112345678"),
        ("0151 12345678", "+4915112345678"),
        ("+1 (303) 555-0100", "+13035550100"),
        ("+390612345678", "+390612345678"),
        ("n/a", ""),
        ("12", ""),
    ],
)
def test_phone_keys(text: str, key: str):
    assert phone_key(text, "DE") == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ann@berg.de", "ann@berg.de"),
        ("Ann+shop@Berg.DE", "ann@berg.de"),
        ("a.n.n@googlemail.com", "ann@gmail.com"),
        ("ann@bücher.example.de", "ann@xn--bcher-kva.example.de"),
        ("ann", ""),
    ],
)
def test_email_keys(text: str, key: str):
    assert email_key(text) == key


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-04T10:00:00Z",
        "2026-05-04T10:00:00+00:00",
        "2026-05-04 10:00:00Z",
        "2026-05-04T10:00:00.500000Z",
        "2026-W19-1T10:00:00Z",
        "20260504T100000Z",
        "2026-05-04T12:00:00+02:00",
        "2026-05-04T12:00",
    ],
)
def test_an_instant_is_told_as_it_is_read(text: str) -> None:
    instants = Instants("Europe/Berlin", None)
    assert instants.told(text) == (instants.read(text), instants.read(text).isoformat())


@pytest.mark.parametrize(
    "text", ["2026-02-30T10:00:00Z", "2026-05-04T25:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T00:00:00Z"]
)
def test_no_instant_is_told_of_what_is_none(text: str) -> None:
    instants = Instants("Europe/Berlin", None)
    with pytest.raises(ValueError, match=r"is no time|placeholder") as read:
        instants.read(text)
    with pytest.raises(ValueError, match=r"is no time|placeholder") as told:
        instants.told(text)
    assert str(told.value) == str(read.value)
