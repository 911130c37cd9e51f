"""The contracts in docs/examples are judged as worked by hand, by the commands that the README shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from connector.cli import main

EXAMPLES = Path(__file__).parents[2] / "docs/examples"

#: Illinois: 8 delivered, ceil(8 × 25 %) = 2 may be returned: A02 and A03, so A05 is over it. Wisconsin: 3, ceil(0.75)
#: = 1: A04. A05: asked on Friday 15:00, two business days later is Tuesday 15:00. A06: came Thursday 16:00, four open
#: hours later is Friday 10:00, tried on Monday. A07: ten days ended on 18 May. A08: open until 25 May, a note is
#: missing.
ACME = {
    "A01": ("payable", None, "", 4500),
    "A02": ("returnable", "PHONE_DISCONNECTED", "returns.reasons.0", 0),
    "A03": ("returnable", "DUP_SAME_VENDOR", "duplicates.0", 0),
    "A04": ("returnable", "FICTITIOUS", "returns.reasons.1", 0),
    "A05": ("blocked_by_cap", "LATE_DELIVERY", "returns.cap", 4500),
    "A06": ("lost_by_buyer_neglect", "PHONE_DISCONNECTED", "duties.0", 4500),
    "A07": ("expired_window", "OUT_OF_GEO", "returns.window", 4500),
    "A08": ("pending_evidence", "DENIES_REQUEST", "returns.reasons.2", 4500),
    "A09": ("payable", "NOT_INTERESTED", "not_creditable.2", 4500),
    "A10": ("payable", None, "", 4500),
    "A11": ("payable", None, "", 4500),
    "A12": ("payable", None, "", 4500),
}
#: B05 is out by itself and leaves its place: B06 is the 5th, B07 the 6th, from which on a lead costs 250. Usable are
#: 10, floor(10 × 20 %) = 2 are borne: the last two of B03, B04, B08, B10.
BOREALIS = {
    "B01": ("payable", None, "", 30000),
    "B02": ("payable", None, "", 30000),
    "B03": ("returnable", "PHONE_WRONG_NUMBER", "returns.reasons.0", 0),
    "B04": ("returnable", "FICTITIOUS", "returns.reasons.1", 0),
    "B05": ("returnable", "DUP_SAME_VENDOR", "duplicates.0", 0),
    "B06": (
        "lost_by_buyer_neglect",
        "DENIES_REQUEST",
        "returns.deemed_valid_without_disposition_after",
        30000,
    ),
    "B07": ("payable", None, "", 25000),
    "B08": ("within_tolerance", "AGENT_TEST", "returns.tolerance", 25000),
    "B09": ("payable", None, "", 25000),
    "B10": ("within_tolerance", "PHONE_WRONG_NUMBER", "returns.tolerance", 25000),
    "B11": ("payable", None, "", 25000),
}


def statement(name: str, as_of: str) -> Any:
    files = ["--contract", str(EXAMPLES / f"{name}.yaml"), "--deliveries", str(EXAMPLES / f"{name}.csv")]
    told = CliRunner().invoke(main, ["statement", *files, "--as-of", as_of, "--json", "-"])
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)


@pytest.mark.parametrize(
    ("name", "as_of", "expected", "due"),
    [
        # 12 leads less 3 returned: 9 × 45.00
        ("acme", "2026-05-20T12:00-05:00", ACME, 9 * 4500),
        # B01, B02, B06 at 300.00 and five at 250.00
        ("borealis", "2026-06-01T00:00+02:00", BOREALIS, 3 * 30000 + 5 * 25000),
    ],
)
def test_an_example_is_judged_as_worked_by_hand(
    name: str, as_of: str, expected: dict[str, tuple[str, str | None, str, int]], due: int
) -> None:
    told = statement(name, as_of)
    lines = {
        each["delivery_id"]: (each["state"], each["reason"], each["clause"], each["amount"]) for each in told["lines"]
    }
    assert lines == expected
    [of_vendor] = told["statements"]
    assert of_vendor["amount_due"] == due == sum(each[3] for each in expected.values())
    assert told["unmatched"] == told["bad_rows"] == []


def test_nothing_is_wrong_with_the_contracts_of_the_examples() -> None:
    files = [str(EXAMPLES / name) for name in ("acme.yaml", "borealis.yaml")]
    told = CliRunner().invoke(main, ["contract", "check", *files])
    assert told.exit_code == 0
    assert "0 contradictions, 0 warnings" in told.output


def test_each_example_says_the_command_that_judges_it() -> None:
    for name, as_of in (("acme", "2026-05-20T12:00-05:00"), ("borealis", "2026-06-01T00:00+02:00")):
        text = (EXAMPLES / f"{name}.yaml").read_text("utf-8")
        command = f"leadassay statement --contract {name}.yaml --deliveries {name}.csv --as-of {as_of} --json -"
        assert command in text
