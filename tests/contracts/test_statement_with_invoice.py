"""`leadassay statement --invoice`: what the command shows, writes and refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connector.statement_command import statement_command

EXAMPLES = Path(__file__).parents[2] / "docs/examples"
CONTRACT = """
contract: acme-solar
vendor: acme
version: 1
valid_from: 2026-01-01
timezone: Europe/Berlin
currency: EUR
pricing: {model: flat, price: 25.00}
returns: {window: {until: P7D}, reasons: [FICTITIOUS]}
"""
AS_OF = "2026-06-30T12:00+02:00"


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(statement_command, [*map(str, args), "--as-of", AS_OF])


class Files:
    """The files of one case."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "c.yaml").write_text(CONTRACT)
        self.out = folder / "out.json"

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def run(self, *args: str | Path) -> Result:
        return run(
            "--contract", self.folder / "c.yaml", "--deliveries", self.folder / "d.csv", "--json", self.out, *args
        )

    def told(self) -> Any:
        return json.loads(self.out.read_text())


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def deliveries(count: int, returned: int) -> str:
    rows = [
        f"d{n:03d},2026-05-04T{8 + n // 60:02d}:{n % 60:02d},+49 30 {9018200 + n},"
        + ("FICTITIOUS,2026-05-06T09:00" if n < returned else ",")
        for n in range(count)
    ]
    return "\n".join(["delivery_id,delivered_at,phone,reason,claimed_at", *rows]) + "\n"


def test_leadnodes_a_hundred_leads_billed_eight_returned(files: Files):
    files.write("d.csv", deliveries(100, 8))
    bill = files.write("i.csv", "invoice_number,description,quantity,price\nR1,100 leads,100,25.00\n")
    done = files.run("--invoice", bill)
    assert done.exit_code == 0, done.output
    told = files.told()
    (statement,) = told["statements"]
    assert (statement["billed"], statement["amount_due"], statement["difference"]) == (2500_00, 2300_00, 200_00)
    assert (statement["unmatched_lines"], statement["vendor_invoice"][0]["number"]) == (0, "R1")
    invoice = told["invoice"]
    assert invoice["by_kind"] == [{"kind": "billed_returnable", "count": 8, "amount": 200_00}]
    assert [each["delivery_id"] for each in invoice["differences"]] == [f"d{n:03d}" for n in range(8)]
    assert invoice["lines"][0]["how"] == "as_lump"
    assert "200.00 EUR" in done.output
    assert "100 leads matched by count and price, as a lump" in done.output


def test_leads_are_found_by_phone_although_verdicts_have_none(files: Files):
    files.write("d.csv", deliveries(3, 0))
    bill = files.write("i.csv", "phone,delivered_at,amount\n+49309018202,2026-05-04T08:02,25\n")
    assert files.run("--invoice", bill).exit_code == 0
    invoice = files.told()["invoice"]
    assert [(each["delivery_id"], each["how"]) for each in invoice["lines"]] == [("d002", "by_likeness")]
    assert {"same_phone", "same_second"} <= set(invoice["lines"][0]["reasons"])
    assert [each["delivery_id"] for each in invoice["differences"]] == ["d000", "d001"]


def test_what_is_doubtful_is_shown_with_its_choices(files: Files):
    text = "delivery_id,delivered_at,phone\nd1,2026-05-04T09:00,+49309018202\nd2,2026-05-05T09:00,+49309018202\n"
    files.write("d.csv", text)
    bill = files.write("i.csv", "phone,amount\n+49309018202,25\n")
    done = files.run("--invoice", bill)
    assert done.exit_code == 0
    assert "line 1 is doubtful; it may be d1 (60 %), d2 (60 %)" in done.output
    (doubt,) = files.told()["invoice"]["doubtful"]
    assert [each["delivery_id"] for each in doubt["choices"]] == ["d1", "d2"]


def test_the_period_of_the_invoice_holds_where_none_is_asked_for(files: Files):
    instants = ["2026-04-30T23:59", "2026-05-01T00:00", "2026-05-31T23:59", "2026-06-01T00:00"]
    rows = [f"d{n},{instant}\n" for n, instant in enumerate(instants, 1)]
    files.write("d.csv", "delivery_id,delivered_at\n" + "".join(rows))
    head = "period_from,period_to,delivery_id,amount\n"
    of_may = "".join(f"2026-05-01,2026-05-31,{name},25\n" for name in ("d1", "d2", "d3"))
    bill = files.write("i.csv", head + of_may)
    assert files.run("--invoice", bill).exit_code == 0
    told = files.told()
    assert told["statements"][0]["period"] == {"first": "2026-05-01", "last": "2026-05-31"}
    assert told["statements"][0]["delivered"] == 2
    assert [(each["kind"], each["delivery_id"]) for each in told["invoice"]["differences"]] == [
        ("outside_period", "d1")
    ]


def test_an_invoice_and_its_credit_note(files: Files):
    files.write("d.csv", deliveries(2, 1))
    bill = files.write("i.csv", "invoice_number,delivery_id,amount\nR1,d000,25\nR1,d001,25\n")
    note = files.write("n.csv", "invoice_number,delivery_id,amount\nC1,d000,-25\n")
    assert files.run("--invoice", bill, "--invoice", note).exit_code == 0
    told = files.told()
    assert told["invoice"]["differences"] == []
    assert told["statements"][0]["difference"] == 0
    again = files.run("--invoice", bill, "--invoice", bill)
    assert (again.exit_code, "two of the invoices have the number R1" in again.output) == (2, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "vendor,invoice_number,amount\nBorealis,R1,25\n",
            "i.csv: Invoice R1 is from Borealis; the contracts are with acme.",
        ),
        ("currency,invoice_number,amount\nUSD,R1,25\n", "in USD; the contracts with acme are in EUR"),
        (
            "invoice_number,period_from,period_to,amount\nR1,2026-04-01,2026-04-30,25\n",
            "Invoice R1 is for 2026-04-01 to 2026-04-30; the statement is for 2026-05-01 to 2026-05-31.",
        ),
        ("amount\n25\nmany\n", "line 3: amount: is no amount"),
        ("nothing\n1\n", "no column is amount or price"),
        ("", "is empty"),
    ],
)
def test_an_invoice_that_is_refused_leaves_what_stood_there_before(files: Files, text: str, said: str):
    files.write("d.csv", deliveries(2, 0))
    files.out.write_text("before")
    done = files.run("--invoice", files.write("i.csv", text), "--period", "2026-05")
    assert done.exit_code == 2
    assert said in done.output
    assert files.out.read_text() == "before"


def test_what_the_vendor_wrote_is_shown_as_text(files: Files):
    files.write("d.csv", deliveries(1, 0))
    text = "invoice_number,line,description,delivery_id,amount\n[/]R1,[red]7,\x1b[31mred,x,25\n"
    done = files.run("--invoice", files.write("i.csv", text))
    assert done.exit_code == 0, done.output
    assert "invoice [/]R1" in done.output
    assert "[red]7" in done.output
    assert "\x1b[31m" not in done.output


def test_a_map_without_an_invoice_is_a_mistake(files: Files):
    files.write("d.csv", deliveries(1, 0))
    done = files.run("--invoice-map", files.write("m.toml", ""))
    assert done.exit_code == 2
    assert "--invoice-map" in done.output


def test_without_an_invoice_nothing_is_said_of_one(files: Files):
    files.write("d.csv", deliveries(1, 0))
    assert files.run().exit_code == 0
    told = files.told()
    assert "invoice" not in told
    assert told["statements"][0]["billed"] is None
    assert told["statements"][0]["vendor_invoice"] == []


def test_the_statement_is_hashed_with_what_was_billed(files: Files):
    files.write("d.csv", deliveries(1, 0))
    hashes = set()
    for amount in ("25", "26"):
        assert files.run("--invoice", files.write("i.csv", f"delivery_id,amount\nd000,{amount}\n")).exit_code == 0
        hashes.add(files.told()["statements"][0]["hash"])
    assert len(hashes) == 2


def test_bad_deliveries_are_told_beside_the_invoice(files: Files):
    files.write("d.csv", "delivery_id,delivered_at\nd1,2026-05-04T09:00\nd2,never\n")
    done = files.run("--invoice", files.write("i.csv", "delivery_id,amount\nd1,25\nd2,25\n"))
    assert done.exit_code == 1
    assert [each["kind"] for each in files.told()["invoice"]["differences"]] == ["billed_not_delivered"]


# --------------------------------------------------------------------------------- the examples of the docs


def example(tmp_path: Path, contract: str, bill: str, *more: str | Path) -> Any:
    out = tmp_path / "out.json"
    done = CliRunner().invoke(
        statement_command,
        [
            "--contract", str(EXAMPLES / f"{contract}.yaml"), "--deliveries", str(EXAMPLES / f"{contract}.csv"),
            "--invoice", str(EXAMPLES / bill), "--json", str(out), *map(str, more),
        ],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return json.loads(out.read_text())


def test_the_invoice_of_acme_as_worked_by_hand(tmp_path: Path):
    told = example(
        tmp_path, "acme", "acme-invoice.csv", "--as-of", "2026-05-20T12:00-05:00", "--invoice-map",
        EXAMPLES / "acme-invoice.map.toml",
    )  # fmt: skip
    # 12 leads of 45.00, one of them at 54.00 and one twice; A99 was never delivered, A12 not billed, A04 credited.
    found = [
        (each["kind"], each["line"], each["delivery_id"], each["amount"]) for each in told["invoice"]["differences"]
    ]
    assert found == [
        ("billed_not_delivered", "13", "", 4500),
        ("delivered_not_billed", "", "A12", -4500),
        ("billed_returnable", "2", "A02", 4500),
        ("billed_returnable", "3", "A03", 4500),
        ("wrong_price", "10", "A10", 900),
        ("duplicate_line", "12", "A11", 4500),
    ]
    (statement,) = told["statements"]
    assert (statement["billed"], statement["amount_due"], statement["difference"]) == (549_00, 405_00, 144_00)
    # Line 9 names no lead; its caller and minute do.
    (by_phone,) = [each for each in told["invoice"]["lines"] if each["how"] == "by_likeness"]
    assert (by_phone["line"], by_phone["delivery_id"], by_phone["confidence"]) == ("9", "A09", 99)


def test_the_invoice_of_borealis_as_worked_by_hand(tmp_path: Path):
    told = example(tmp_path, "borealis", "borealis-invoice.xml", "--as-of", "2026-06-20T12:00+02:00")
    # 5 × 300 are B01, B02, B06, which are owed, then B03 and B04, which were returned. 6 × 250 are the five owed at
    # that price, and B05, a double that is never owed.
    found = [
        (each["kind"], each["line"], each["delivery_id"], each["amount"]) for each in told["invoice"]["differences"]
    ]
    assert found == [
        ("billed_returnable", "1", "B03", 300_00),
        ("billed_returnable", "1", "B04", 300_00),
        ("billed_not_payable", "2", "B05", 250_00),
    ]
    (statement,) = told["statements"]
    assert (statement["billed"], statement["amount_due"], statement["difference"]) == (3000_00, 2150_00, 850_00)
    assert (told["invoice"]["invoices"][0]["tax"], statement["period"]["last"]) == (750_00, "2026-05-31")
