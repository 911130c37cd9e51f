"""Phone numbers: the test set, numbers kept for films, and one-digit errors made from its valid numbers."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import phonenumbers

from audits.model.contact_data import read_phone
from audits.truth.phone import judge_phone
from audits.truth.phone_repair import MOST, TOO_MANY, repaired
from scripts.accuracy import DATA, Section, share

# One number of each range that a regulator keeps for films, as its page writes it.
FILM = (
    ("(202) 555-0143", "US"),
    ("+1 416 555 0100", None),
    ("1-800-555-0199", "US"),
    ("0113 496 0999", "GB"),
    ("0161 496 0000", "GB"),
    ("020 7946 0958", "GB"),
    ("0191 498 0123", "GB"),
    ("028 9649 6000", "GB"),
    ("029 2018 0999", "GB"),
    ("01632 960123", "GB"),
    ("07700 900461", "GB"),
    ("+44 (0)7700 900999", None),
    ("08081 570123", "GB"),
    ("0909 879 0999", "GB"),
    ("03069 990999", "GB"),
    ("0491 570 006", "AU"),
    ("0491 578 888", "AU"),
    ("(02) 5550 1234", "AU"),
    ("(08) 7010 9999", "AU"),
    ("1800 160 401", "AU"),
    ("020 915 1234", "IE"),
    ("01 99 00 12 34", "FR"),
    ("06 39 98 99 99", "FR"),
    ("030 23125 000", "DE"),
    ("089 99998 999", "DE"),
    ("0171 39200 55", "DE"),
    ("0152 28817386", "DE"),
    ("0176 040690 99", "DE"),
    ("08-465 004 56", "SE"),
    ("070-174 06 05", "SE"),
    ("031-390 06 42", "SE"),
    ("040-628 04 73", "SE"),
    ("0980-319 247", "SE"),
)
# Numbers beside those ranges, which people may have.
BESIDE = (
    ("(202) 555-0200", "US"),
    ("(202) 556-0143", "US"),
    ("07700 901000", "GB"),
    ("020 7946 1000", "GB"),
    ("0161 497 0000", "GB"),
    ("06 39 97 00 00", "FR"),
    ("0171 39201 00", "DE"),
    ("0491 580 006", "AU"),
    ("070-174 07 00", "SE"),
)
_EVERY = 3


def _numbers() -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((DATA / "phones.json").read_text(encoding="utf-8"))["cases"]
    return cases


def errors_of(national: str, draw: random.Random) -> Iterator[tuple[str, str]]:
    """(kind, national number with the error): one of each kind, the place and digit drawn."""
    n = len(national)
    at = draw.randrange(n)
    yield "a digit lost", national[:at] + national[at + 1 :]
    at = draw.randrange(n + 1)
    yield "a digit added", national[:at] + draw.choice("0123456789") + national[at:]
    places = [each for each in range(n - 1) if national[each] != national[each + 1]]
    if places:
        at = draw.choice(places)
        yield "two digits swapped", national[:at] + national[at + 1] + national[at] + national[at + 2 :]
    at = draw.randrange(n)
    yield (
        "a digit mistyped",
        national[:at] + draw.choice([each for each in "0123456789" if each != national[at]]) + (national[at + 1 :]),
    )


def measure() -> Section:
    """The figures of this area."""
    failures: list[str] = []
    cases = _numbers()
    valid = [case for case in cases if case["valid"]]
    refused = [case["raw"] for case in valid if judge_phone(case["raw"], case["region"]).e164 != case["e164"]]
    invalid = [case for case in cases if not case["valid"]]
    accepted = [case["raw"] for case in invalid if judge_phone(case["raw"], case["region"]).is_valid]
    repairs_of_valid = [case["raw"] for case in valid if judge_phone(case["raw"], case["region"]).suggestions]
    film = [(text, region) for text, region in FILM if judge_phone(text, region).is_fictitious]
    by_library = [each for each in FILM if phonenumbers.is_valid_number(phonenumbers.parse(*each))]
    wrongly = [text for text, region in BESIDE if judge_phone(text, region).is_fictitious]
    in_set = sum(judge_phone(case["raw"], case["region"]).is_fictitious for case in valid)
    peer = f"phonenumbers {phonenumbers.__version__}"
    rows = [
        ("valid numbers refused", str(len(refused)), "0", peer),
        ("invalid numbers accepted", str(len(accepted)), "0", peer),
        ('valid numbers "repaired"', str(len(repairs_of_valid)), "", ""),
        ("numbers kept for films, found", share(len(film), len(FILM)), f"0 ({len(by_library)} called valid)", peer),
        ("numbers beside those ranges, called fictitious", share(len(wrongly), len(BESIDE)), "", ""),
        *_repairs(valid, failures),
    ]
    if refused or accepted or repairs_of_valid:
        failures.append(
            f"refused {refused[:5]}, accepted {accepted[:5]}, repaired though valid {repairs_of_valid[:5]}"
        )
    missed = {text for text, _ in FILM} - {text for text, _ in film}
    if missed or wrongly:
        failures.append(f"of film, not found {sorted(missed)}; wrongly found {wrongly}")
    return Section(
        title="Phone numbers",
        rows=tuple(rows),
        notes=(
            f"Set: {len(cases)} numbers of the libphonenumber metadata (Apache-2.0); {in_set} of its valid numbers, "
            "the example number of the United States, lie in the range kept for films: they are valid by the plan, "
            "and found to be fictitious.",
            "Errors: from every distinct valid number of the set one error of each kind, place and digit drawn with "
            f"a fixed seed, given in E.164. Where the error makes another valid number there is nothing to mend, "
            f"and nothing is suggested. Mendable: at most {TOO_MANY} numbers in use are one slip away from it. "
            "Above that the plan is so dense that no ranking knows which was meant; three are still shown, and "
            "the repair says to ask.",
        ),
        ok=not failures,
        failures=failures,
    )


def _up_to(count: int) -> str:
    return str(count) if count <= TOO_MANY else f"more than {TOO_MANY}"


def _fitting(text: str, region: str | None) -> int:
    read = read_phone(text, region)
    return repaired(text, region, read.country_code, read.national).fitting


def _repairs(valid: list[dict[str, Any]], failures: list[str]) -> Iterator[tuple[str, str, str, str]]:
    made: Counter[str] = Counter()
    still_valid: Counter[str] = Counter()
    few: dict[str, list[bool]] = defaultdict(list)
    three: dict[str, list[bool]] = defaultdict(list)
    every: dict[str, list[bool]] = defaultdict(list)
    how_many: dict[str, list[int]] = defaultdict(list)
    draw = random.Random(20261122)
    for e164 in sorted({case["e164"] for case in valid}):
        number = phonenumbers.parse(e164)
        national = phonenumbers.national_significant_number(number)
        region = phonenumbers.region_code_for_number(number)
        for kind, wrong in errors_of(national, draw):
            made[kind] += 1
            text = f"+{number.country_code}{wrong}"
            judged = judge_phone(text, region)
            if judged.is_valid:
                still_valid[kind] += 1
                continue
            fitting = _fitting(text, region)
            found = e164 in judged.suggestions
            how_many[kind].append(fitting)
            every[kind].append(found)
            if fitting <= TOO_MANY:
                few[kind].append(found)
            if fitting <= MOST:
                three[kind].append(found)
    for kind in made:
        yield (
            f"{kind}: the error makes another valid number",
            share(still_valid[kind], made[kind]),
            "",
            "",
        )
        median = sorted(how_many[kind])[len(how_many[kind]) // 2]
        yield f"{kind}: numbers in use one slip away, median", _up_to(median), "", ""
        yield (
            f"{kind}: right one within three, where at most three fit",
            share(sum(three[kind]), len(three[kind])),
            "",
            "",
        )
        yield f"{kind}: right one within three, where mendable", share(sum(few[kind]), len(few[kind])), "", ""
        yield f"{kind}: right one within three, of all", share(sum(every[kind]), len(every[kind])), "", ""
        if sum(three[kind]) < len(three[kind]):
            failures.append(f"{kind}: three or fewer fit, and the right one is not among them")
