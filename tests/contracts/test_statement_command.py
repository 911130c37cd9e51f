"""`leadassay statement`: from files to what is owed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connector.statement_command import statement_command

CONTRACT = """
contract: acme-solar
vendor: acme
version: 1
valid_from: 2026-01-01
timezone: Europe/Berlin
currency: EUR
pricing: {model: flat, price: 25.00}
volume:
  caps:
    - {unit: leads, per: day, limit: 3, over_cap: not_payable}
filters:
  - {field: country, op: in, value: [DE, NO], reason: OUT_OF_GEO}
returns:
  window: {until: P10D}
  reasons:
    - OUT_OF_GEO
    - BOT
    - PHONE_DISCONNECTED
    - {code: FICTITIOUS, words: [bogus]}
duties:
  - {code: first_attempt_within, within: PT24H}
"""
DELIVERIES = """lead_id,delivered_at,phone,country,first_attempt_at,reason
1,2026-05-04T10:00,+4915112345671,DE,2026-05-04T10:10,
2,2026-05-04T11:00,+4915112345672,FR,2026-05-04T11:10,
3,2026-05-05T12:00,+4915112345673,DE,,bogus
4,2026-05-05T13:00,+4915112345674,DE,2026-05-05T13:10,
5,soon,+4915112345675,DE,,
6,2025-05-04T13:00,+4915112345676,DE,,
7,2026-06-01T13:00,+4915112345677,DE,,
4,2026-05-05T13:00,+4915112345674,DE,2026-05-05T13:10,
"""
FINDING = {
    "id": "4", "verdict": "pseudo", "model_version": "1", "phone": None, "email": None, "name": None,
    "classes": [{"name": "bot", "probability": 0.97, "reasons": [{"code": "honeypot_filled", "weight": 7.0}]}],
}  # fmt: skip


def ask(folder: Path, *more: str, contract: str = CONTRACT, deliveries: str = DELIVERIES) -> Result:
    (folder / "c.yaml").write_text(contract)
    (folder / "d.csv").write_text(deliveries)
    (folder / "f.jsonl").write_text(json.dumps(FINDING))
    arguments = ["--contract", str(folder / "c.yaml"), "--deliveries", str(folder / "d.csv"), *more]
    return CliRunner().invoke(statement_command, [*arguments, "--as-of", "2026-05-10T10:00"])


def told(folder: Path, *more: str, **texts: str) -> dict[str, Any]:
    ran = ask(folder, "--json", str(folder / "o.json"), *more, **texts)
    assert ran.exit_code in (0, 1), ran.output
    found: dict[str, Any] = json.loads((folder / "o.json").read_text())
    return found


def test_the_whole_way(tmp_path: Path):
    found = told(
        tmp_path, "--findings", str(tmp_path / "f.jsonl"), "--bad-rows", str(tmp_path / "bad.csv"), "--period",
        "2026-05",
    )  # fmt: skip
    lines = {each["lead_id"]: each for each in found["lines"]}
    assert {lead_id: (each["state"], each["reason"], each["amount"]) for lead_id, each in lines.items()} == {
        "1": ("payable", None, 2500),
        "2": ("returnable", "OUT_OF_GEO", 0),
        # Never called, and the time for that is over.
        "3": ("lost_by_buyer_neglect", "FICTITIOUS", 2500),
        "4": ("returnable", "BOT", 0),
    }
    assert lines["4"]["evidence"][0]["kind"] == "finding"
    assert len(lines["4"]["evidence"][0]["sha256"]) == 64
    assert [each["delivery_id"] for each in found["unmatched"]] == []
    assert [(each["line"], each["column"]) for each in found["bad_rows"]] == [(6, "delivered_at")]
    (statement,) = found["statements"]
    assert statement["delivered"] == len(lines)
    assert statement["amount_due"] == sum(each["amount"] for each in lines.values()) == 5000
    assert sum(each["count"] for each in statement["by_state"].values()) == len(lines)
    assert (tmp_path / "bad.csv").read_text().splitlines()[1].startswith("6,delivered_at,")


def test_what_no_contract_takes_is_shown_by_itself(tmp_path: Path):
    found = told(tmp_path)
    (unmatched,) = found["unmatched"]
    assert unmatched["lead_id"] == "6"
    assert "2025-05-04" in unmatched["sentence"]
    assert found["statements"][0]["unmatched"] == 1


def test_equal_inputs_give_an_equal_hash_in_any_order(tmp_path: Path):
    head, *rows = DELIVERIES.splitlines()
    first, second = told(tmp_path), told(tmp_path, deliveries="\n".join([head, *reversed(rows)]) + "\n")
    assert first["lines"] == second["lines"]
    assert first["statements"][0]["hash"] == second["statements"][0]["hash"]
    third = told(tmp_path, "--findings", str(tmp_path / "f.jsonl"))
    assert third["statements"][0]["hash"] != first["statements"][0]["hash"]


def test_exit_codes_and_what_is_said(tmp_path: Path):
    ran = ask(tmp_path)
    assert ran.exit_code == 1
    assert "d.csv, line 6: delivered_at: is no time" in ran.stderr
    assert "amount due" in ran.stdout
    head, *rows = DELIVERIES.splitlines()
    good = "\n".join([head, *(row for row in rows if "soon" not in row)])
    assert ask(tmp_path, deliveries=good).exit_code == 0
    piped = ask(tmp_path, "--json", "-", deliveries=good)
    assert json.loads(piped.stdout)["format"] == "leadassay.statement"
    assert "amount due" in piped.stderr


@pytest.mark.parametrize(
    ("more", "texts", "reason"),
    [
        ((), {"contract": CONTRACT.replace("EUR", "Euro")}, "three capitals"),
        ((), {"contract": CONTRACT + "---" + CONTRACT.replace("version: 1", "version: 2")}, "overlap"),
        ((), {"deliveries": "a,b\n1,2\n"}, "no column is delivered_at"),
        (("--period", "May"), {}, "--period May"),
        (("--period", "2026-05-02..2026-05-01"), {}, "before it begins"),
    ],
)
def test_what_cannot_be_used_at_all(tmp_path: Path, more: tuple[str, ...], texts: dict[str, str], reason: str):
    (tmp_path / "o.json").write_text("kept")
    ran = ask(tmp_path, "--json", str(tmp_path / "o.json"), *more, **texts)
    assert ran.exit_code == 2
    assert reason in ran.stderr
    # A run that came to nothing leaves what stood there before.
    assert (tmp_path / "o.json").read_text() == "kept"


def test_several_vendors_have_a_statement_each(tmp_path: Path):
    (tmp_path / "other.yaml").write_text(
        CONTRACT.replace("acme", "other").replace("25.00", "30").replace("EUR", "JPY")
    )
    deliveries = (
        "delivery_id,delivered_at,vendor,country\n1,2026-05-04T10:00,acme,DE\n1,2026-05-04T10:00,other,DE\n"
        "2,2026-05-04T10:00,nobody,DE\n"
    )
    found = told(tmp_path, "--contract", str(tmp_path / "other.yaml"), deliveries=deliveries)
    assert {each["vendor"]: (each["amount_due"], each["currency"]) for each in found["statements"]} == {
        "acme": (2500, "EUR"),
        "other": (30, "JPY"),
    }
    assert [each["vendor"] for each in found["unmatched"]] == ["nobody"]
