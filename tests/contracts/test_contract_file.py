"""A contract as YAML text: read with the line of every mistake, written back with the same meaning."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from audits.model.contract import Contract, Duration, Need, NeedKind
from connector.contracts.contract_file import (
    ContractFileError,
    Problem,
    load_contracts,
    read_contract_texts,
    read_contracts,
    write_contract,
    write_contracts,
)
from connector.contracts.contract_schema import contract_schema
from tests.contracts.any_contract import UNRULY, contracts
from tests.contracts.make import make_contract

PAGE = Path(__file__).parents[2] / "docs/contracts.md"
HEAD = """\
contract: acme
vendor: acme
version: 1
valid_from: 2026-01-01
timezone: Europe/Berlin
currency: EUR
pricing: {price: 25.00}
"""

CLOCK = "a time of day is written by the contract's own clock, as 17:00"
FIFTH = "'day_of_next_month:31': write day_of_next_month:5, a day that every month has"
EXCLUSIVITY = "is not known; known here: kind, max_sold, radius_km, ref, says, title"


def problems_of(text: str) -> list[Problem]:
    with pytest.raises(ContractFileError) as caught:
        read_contracts(text, "acme.yaml")
    return list(caught.value.problems)


def the_problem(text: str) -> tuple[int, str, str]:
    """Line, place and reason of the only problem."""
    (problem,) = problems_of(text)
    return problem.line, problem.place, problem.reason


def example() -> str:
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found is not None
    return found[1]


# Reading


def test_the_example_of_the_page_is_read() -> None:
    (contract,) = read_contracts(example(), "page")
    assert contract.pricing.price is not None
    assert contract.minor(contract.pricing.price) == 2500
    assert contract.filters[0].value == ("DE", "NO")
    assert contract.delivery.max_age == Duration(seconds=48 * 3600)
    assert contract.returns is not None
    assert contract.returns.evidence.need[1] == Need(kind=NeedKind.ATTEMPTS, least=2, distinct_dayparts=True)


@pytest.mark.parametrize(
    "word", ["NO", "no", "off", "Y", "true", "1_000", "08", "0x1F", "1e3", "12:30:45", "2026-01-01"]
)
def test_a_word_stays_what_was_written(word: str) -> None:
    (contract,) = read_contracts(f"{HEAD}filters: [{{field: f, op: in, value: [{word}]}}]", "x")
    assert contract.filters[0].value == (word,)


def test_nothing_is_said_by_nothing_null_and_tilde_alone() -> None:
    for nothing in ("", "~", "null"):
        (contract,) = read_contracts(f"{HEAD}returns: {nothing}\n", "x")
        assert contract.returns is None
    for word in ("'null'", '"~"', "Null", "NULL"):
        (contract,) = read_contracts(f"{HEAD}sub_source: {word}\n", "x")
        assert contract.sub_source == word.strip("'\"")


def test_several_versions_stand_in_one_file_and_empty_documents_are_none() -> None:
    first = HEAD + "valid_to: 2026-06-30\n"
    second = HEAD.replace("version: 1", "version: 2").replace("2026-01-01", "2026-07-01")
    read = read_contracts(f"---\n# nothing\n---\n{first}---\n{second}---\n", "x")
    assert [each.version for each in read] == [1, 2]


# Mistakes


def test_all_mistakes_are_told_at_once_each_with_its_line() -> None:
    text = """\
contract: acme corp
vendor: acme
version: two
valid_from: 01.03.2026
curency: EUR
currency: eur
timezone: Berlin
cycle: day
dayparts: ["06:00"]
pricing:
  price: 25,00
volume:
  caps:
    - {unit: lead, per: day, limit: 10}
    - per: week
hours: {week: {mon: []}}
returns:
  window: {until: 10 days}
  reasons:
    - PHONE_DISCONECTED
    - {code: FICTITIOUS, word: bogus}
  evidence:
    need: [phone call]
duties:
  - {code: min_attempts}
  - {code: first_attempt_within}
filters: country
not_creditable: [DID_NOT_BUY]
"""
    found = problems_of(text)
    assert [(each.line, each.place) for each in found] == [
        (1, "contract"),
        (3, "version"),
        (4, "valid_from"),
        (5, "curency"),
        (6, "currency"),
        (7, "timezone"),
        (8, "cycle"),
        (9, "dayparts"),
        (11, "pricing.price"),
        (14, "volume.caps.0.unit"),
        (15, "volume.caps.1.limit"),
        (16, "hours"),
        (18, "returns.window.until"),
        (20, "returns.reasons.0"),
        (21, "returns.reasons.1.word"),
        (23, "returns.evidence.need.0"),
        (25, "duties.0"),
        (26, "duties.1"),
        (27, "filters"),
        (28, "not_creditable.0"),
    ]
    said = {each.place: each.reason for each in found}
    assert said["curency"] == "is not known; did you mean currency?"
    assert said["pricing.price"] == "'25,00' is no number; write a point: 25.00"
    assert said["valid_from"] == "'01.03.2026' is no date; write 2026-03-31"
    assert said["version"] == "'two' is no whole number"
    assert said["volume.caps.0.unit"] == "'lead' is not known; did you mean leads?"
    assert said["volume.caps.1.limit"] == "is missing"
    assert said["returns.window.until"].endswith("write P10D for ten days or PT48H for 48 hours")
    assert said["returns.reasons.0"] == "'PHONE_DISCONECTED' is not known; did you mean PHONE_DISCONNECTED?"
    assert said["duties.0"] == "min_attempts needs count"
    assert said["filters"] == "must be a list: [a, b]"
    assert said["not_creditable.0"] == "'DID_NOT_BUY' is no code of the list in docs/contracts.md"
    assert "never open" in said["hours"]
    assert not [each for each in found if "Input should" in each.reason or "Value error" in each.reason]


def test_nothing_is_read_of_a_file_with_one_mistake() -> None:
    broken = HEAD.replace("version: 1", "version: 2").replace("2026-01-01", "2026-13-01")
    assert the_problem(f"{HEAD}valid_to: 2026-06-30\n---\n{broken}")[:2] == (13, "valid_from")


def test_amounts_with_too_many_digits_are_told_each_at_its_line() -> None:
    text = HEAD.replace(
        "{price: 25.00}", "\n  model: by_geo\n  field: c\n  prices:\n    '01067': 1.005\n    NO: 2\n    a.b: 3.001"
    )
    assert [(each.line, each.place) for each in problems_of(text)] == [
        (11, "pricing.prices.01067"),
        (13, "pricing.prices.a.b"),
    ]


def test_a_cap_without_a_zone_says_what_the_zone_is_for() -> None:
    text = HEAD.replace("timezone: Europe/Berlin\n", "")
    assert the_problem(text) == (1, "timezone", "is missing; write one such as Europe/Berlin")
    capped = text + "volume: {caps: [{per: day, limit: 10}]}\nreturns: {cap: {value: 10}, reasons: [BOT]}\n"
    assert the_problem(capped)[2] == (
        "is missing: nobody knows when the day or month of volume.caps and of returns.cap begins; "
        "write one such as Europe/Berlin"
    )


@pytest.mark.parametrize(
    ("line", "place", "reason"),
    [
        ("signed_ref:", "signed_ref", "stands there without a value; write one, or leave the line out"),
        ("signed_ref: [a]", "signed_ref", "must be one text"),
        ("volume: 10", "volume", "must be a mapping: {name: value}"),
        ("volume: {ordered: 10%}", "volume.ordered", "'10%' is no whole number; leave the unit out"),
        ("volume: {ordered: -1}", "volume.ordered", "'-1' is less than 0"),
        ("returns: {listed_reasons_only: maybe}", "returns.listed_reasons_only", "'maybe' is neither true nor false"),
        ("dayparts: [midnight]", "dayparts.0", "'midnight' is no time of day; write 17:00"),
        ("dayparts: ['00:00', '12:00:30']", "dayparts.1", CLOCK),
        ("dayparts: ['00:00', '12:00Z']", "dayparts.1", CLOCK),
        ("filters: [{field: a, op: in, value: []}]", "filters.0.value", "needs one value at least"),
        ("filters: [{field: '', op: eq, value: a}]", "filters.0.field", "stands there empty; write a value"),
        ("filters: [{field: a, op: gte, value: x}]", "filters.0", "'x' is no number, and gte compares numbers"),
        ("rounding: up", "rounding", "'up' is not known; write half_up, floor or ceil"),
        ("returns: {window: {until: day_of_next_month:31}}", "returns.window.until", FIFTH),
        ("exclusivity: {kind: exclusive, km: 3}", "exclusivity.km", EXCLUSIVITY),
    ],
)  # fmt: skip
def test_mistakes_are_said_in_words(line: str, place: str, reason: str) -> None:
    assert the_problem(f"{HEAD}{line}\n") == (8, place, reason)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: &x 1", 1, "has an anchor (&); write each value out where it holds"),
        ("\na: *x", 2, "is an alias (*); write the value out where it holds"),
        ("a: !!python/object:os.system x", 1, "has a tag"),
        ("a: !!str x", 1, "has a tag"),
        ("a: 1\na: 2", 2, "stands twice, first on line 1"),
        ("? [a]\n: 1", 1, "has a key that is no text"),
        ("? {a: b}\n: 1", 1, "has a key that is no text"),
        ("? ~\n: 1", 1, "has a key that is no text"),
        ("a: {b: [1", 1, "is no YAML: expected"),
        ("a: 'x", 1, "is no YAML: found unexpected end of stream"),
        ("a: b: c", 1, "is no YAML: mapping values are not allowed here"),
        ("a: 1\n\tb: 2", 2, "is no YAML: found character"),
        ("%YAML 2.0\n---\na: b", 1, "is no YAML: found incompatible YAML document"),
        ("a: \x07", 1, "holds a character that no text has (U+0007)"),
        ("- a", 1, "is no contract"),
        ("just words", 1, "is no contract"),
        ("", 1, "holds no contract"),
        ("# nothing\n---\n---\n", 1, "holds no contract"),
        ("a: " + "[" * 5000, 1, "is nested deeper than any contract"),
        ("a: " + "{b: " * 5000, 1, "is nested deeper than any contract"),
        ("a: 1\n" * 60_000, 1, "is longer than 256 KiB"),
        ("---\na\n" * 300, 402, "holds more than 200 documents"),
    ],
)  # fmt: skip
def test_what_is_dangerous_or_no_yaml_is_refused_with_its_line(text: str, line: int, reason: str) -> None:
    assert any(each.line == line and each.reason.startswith(reason) for each in problems_of(text))


def test_a_billion_laughs_are_not_unfolded() -> None:
    text = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert {each.line for each in problems_of(text) if "alias" in each.reason} == set(range(2, 22))


def test_mistakes_before_a_mistake_in_the_yaml_are_told_too() -> None:
    found = problems_of(HEAD.replace("version: 1", "version: x") + "---\na: {b: [1\n")
    assert found[0].place == "version"
    assert found[-1].reason.startswith("is no YAML")


def test_of_very_many_mistakes_the_first_are_told_and_the_rest_is_counted() -> None:
    found = problems_of(HEAD + "filters:\n" + "- {}\n" * 400)
    assert len(found) == 501
    assert found[-1].reason == "and 700 more mistakes"
    assert found[-1].line == found[-2].line


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "version 1 of acme stands twice, first at line 4; a change is a new version"),
        (
            {"version: 1": "version: 2", "2026-01-01": "2026-03-01"},
            "version 2 overlaps version 1 (line 4): both hold on 2026-03-01; end version 1 with valid_to",
        ),
        (
            {"version: 1": "version: 2", "2026-01-01": "2025-03-01"},
            "version 2 overlaps version 1 (line 4): both hold on 2026-01-01; end version 2 with valid_to",
        ),
    ],
)
def test_versions_that_overlap_are_told_with_both_lines(change: dict[str, str], said: str) -> None:
    second = HEAD
    for old, new in change.items():
        second = second.replace(old, new)
    assert the_problem(f"{HEAD}---\n{second}") == (12, "valid_from", said)
    assert len(read_contract_texts(f"{HEAD}---\n{second}", "x", are_apart=False)) == 2


def test_versions_that_touch_and_other_contracts_do_not_overlap() -> None:
    first = HEAD + "valid_to: 2026-06-30\n"
    second = HEAD.replace("version: 1", "version: 2").replace("2026-01-01", "2026-07-01")
    assert len(read_contracts(f"{first}---\n{second}---\n{HEAD.replace('contract: acme', 'contract: b')}", "x")) == 3


def test_a_place_has_the_line_where_it_is_written_or_what_is_around_it() -> None:
    (text,) = read_contract_texts(f"{HEAD}returns:\n  reasons:\n  - BOT\n  - code: STUDENT\n    says: x\n", "x")
    assert text.line_of("returns.reasons.1.says") == 12
    assert text.line_of("returns.reasons.1.title") == 11
    assert text.line_of("returns.reasons.0") == 10
    assert text.line_of("returns.window.until") == 8
    assert text.line_of("volume") == 1
    assert text.line_of("") == 1


def test_a_file_is_read_from_disk_with_its_mistakes(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert load_contracts(file)[0].contract.vendor == "acme"
    file.write_bytes(HEAD.encode() + "title: Käufer".encode("latin-1"))
    with pytest.raises(ContractFileError, match=re.escape(f"{file}:8: is not written in UTF-8")):
        load_contracts(file)
    file.write_bytes(HEAD.encode("utf-16"))
    with pytest.raises(ContractFileError, match="UTF-8"):
        load_contracts(file)
    with file.open("wb") as long:
        long.truncate(10**9)
    with pytest.raises(ContractFileError, match="longer than 256 KiB"):
        load_contracts(file)


# Writing


@given(contract=contracts())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_written_is_read_as_the_same(contract: Contract) -> None:
    text = write_contract(contract)
    (read,) = read_contracts(text, "x")
    assert read == contract
    assert read.digest == contract.digest
    assert write_contract(read) == text


@pytest.mark.parametrize("word", UNRULY)
def test_unruly_words_come_back(word: str) -> None:
    contract = make_contract(
        title=word, sub_source=word, not_creditable=[], match=[{"field": "f", "op": "in", "value": [word, "x"]}]
    )
    assert read_contracts(write_contract(contract), "x") == [contract]


def test_it_is_written_for_people() -> None:
    contract = make_contract(
        signed_ref="MSA-2026-014",
        hours={"week": {"mon": [["09:00", "17:00"]]}, "holidays": ["2026-12-25"]},
        volume={"ordered": 100, "caps": [{"per": "day", "limit": "10", "over_cap": "not_payable"}]},
        filters=[{"field": "country", "op": "in", "value": ["DE", "NO"], "reason": "OUT_OF_GEO"}],
        returns={
            "window": {"until": "P10D", "not_before": "P7D", "says": "Not before day 7.\nWithin 10 days."},
            "evidence": {"need": ["attempts>=2@different_daypart"]},
            "reasons": ["PHONE_DISCONNECTED", {"code": "FICTITIOUS", "words": ["bogus", "Mickey Mouse"]}],
        },
    )
    assert (
        write_contract(contract)
        == """\
contract: acme-solar
vendor: acme
version: 1
valid_from: 2026-01-01
signed_ref: MSA-2026-014
timezone: Europe/Berlin
currency: EUR
hours:
  week: {mon: [['09:00', '17:00']]}
  holidays: [2026-12-25]
pricing: {price: 25.00}
volume:
  ordered: 100
  caps:
  - {per: day, limit: 10}
filters:
- {field: country, op: in, value: [DE, NO], reason: OUT_OF_GEO}
returns:
  window:
    says: |-
      Not before day 7.
      Within 10 days.
    not_before: P7D
    until: P10D
  evidence: {need: [attempts>=2@different_daypart]}
  reasons:
  - PHONE_DISCONNECTED
  - {code: FICTITIOUS, words: [bogus, Mickey Mouse]}
"""
    )


def test_several_are_written_one_after_another() -> None:
    both = [make_contract(valid_to="2026-06-30"), make_contract(version=2, valid_from="2026-07-01")]
    assert read_contracts(write_contracts(both), "x") == both


# For editors


def test_the_schema_takes_what_is_read_and_refuses_what_is_not() -> None:
    schema = contract_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)

    def as_an_editor_reads(text: str) -> object:
        return json.loads(json.dumps(yaml.safe_load(text), default=str))

    assert validator.is_valid(as_an_editor_reads(example()))
    assert validator.is_valid(as_an_editor_reads(HEAD + "returns: {window: {until: day_of_next_month:5}}"))
    for wrong in (
        "vendr: x",
        "volume: {caps: [{per: day}]}",
        "returns: {window: {until: 10 days}}",
        "returns: {window: {until: P}}",
        "returns: {window: {until: day_of_next_month:31}}",
        "returns: {reasons: [DID_NOT_BUY]}",
        "returns: {evidence: {need: [word of honour]}}",
        "dayparts: [noon]",
    ):
        assert not validator.is_valid(as_an_editor_reads(HEAD + wrong)), wrong


@given(contract=contracts())
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_schema_takes_every_contract(contract: Contract) -> None:
    told = yaml.load(write_contract(contract), yaml.BaseLoader)
    wrong = jsonschema.Draft202012Validator(contract_schema()).iter_errors(told)
    # Every value is a text here, so that nothing can be said of kinds of values.
    assert not [each for each in wrong if each.validator not in ("type", "anyOf")]
