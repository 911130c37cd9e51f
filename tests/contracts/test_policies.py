"""Return policies that vendors publish, written as contracts, each judged on deliveries with a hand-worked answer.

What a policy leaves out (its price and zone always) is filled, and its file says so. One is too incomplete for a
contract:

- quoteleads-au: it says what becomes of leads that never came, by the buyer's choice, and nothing of those that did.

Of others a part is left out, as it has no figures or no clause:

- agentadvantage, leads-junction: the vendor may try the lead himself before he answers; his answer does not change
  what the contract says, so only a term for it is kept.
- bankrate: "invalid" is not defined in the public part, so the list of reasons is open.
- contactability: that a call of over five minutes ends the right to return; a contract knows conversations only.
- energysage: its public part names no reasons; two are filled. What may be asked for (10 % of the buyer's cap) is not
  what is granted (10 % of what was delivered): the grant is judged.
- google-lsa, mal, premiumlawleads, trafficmanager: no window for claims is told, and none is written.
- hbb: what the "extra leads instead of credits" are held against is read as the order.
- prospectzone: the cap hangs on each buyer's history and a mean of the industry, without figures.
- smartbrains: a share of one reason (over 80 only beyond 10 %) and a count of rebuttals. Its duplicates say 30 days
  in the title and 45 in the text, which the check of contracts must find.
- boberdoo, leadspedia: settings of a platform, not one vendor's policy; all figures are filled.
"""

from __future__ import annotations

from collections import Counter

import pytest

from audits.contracts.book import ContractBook
from audits.contracts.check import check
from audits.contracts.judging import in_order, judge_all
from audits.contracts.problems import ProblemCode, Severity
from audits.model.contract import Contract
from audits.model.delivery import Delivery
from audits.model.verdict import LeadState, LeadVerdict
from connector.contracts.contract_file import read_contracts, write_contract
from tests.contracts.policy_sets import POLICIES, Expected, WorkedSet, worked_sets

NAMES = sorted(path.stem for path in POLICIES.glob("*.yaml") if not path.stem.endswith(".deliveries"))
SETS = [each for name in NAMES for each in worked_sets(name)]
UNMATCHED = "unmatched"


def contracts_of(name: str) -> list[Contract]:
    path = POLICIES / f"{name}.yaml"
    return read_contracts(path.read_text("utf-8"), path.name)


def judged(worked: WorkedSet, name: str) -> tuple[dict[str, LeadVerdict], list[str]]:
    unmatched: list[Delivery] = []
    told = in_order(worked.deliveries)
    verdicts = judge_all(
        ContractBook(contracts_of(name)),
        lambda: told,
        worked.as_of,
        lambda delivery, _: unmatched.append(delivery),
    )
    return {each.delivery_id: each for each in verdicts}, [each.delivery_id for each in unmatched]


def difference(verdict: LeadVerdict, expected: Expected) -> dict[str, tuple[object, object]]:
    """What differs, as (judged, worked by hand)."""
    pairs: dict[str, tuple[object, object]] = {
        "state": (verdict.state, expected.state),
        "code": (verdict.code, expected.code),
        "clause": (verdict.clause, expected.clause),
        "amount": (verdict.amount, expected.amount),
    }
    if expected.state is not LeadState.PAYABLE or expected.deadline_at is not None:
        pairs["deadline"] = (verdict.deadline_at, expected.deadline_at)
    found: dict[str, object] = {
        "opens": verdict.claimable_from,
        "price": verdict.price,
        "version": verdict.contract_version,
        "missing": sorted(each.what for each in verdict.missing),
        "replacement": verdict.is_replacement_due,
    }
    pairs |= {key: (found[key], value) for key, value in expected.more.items()}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


@pytest.mark.parametrize("worked", SETS, ids=[each.name for each in SETS])
def test_a_policy_is_judged_as_worked_by_hand(worked: WorkedSet) -> None:
    verdicts, unmatched = judged(worked, worked.name.rsplit("-", 1)[0])
    expected = {id_: each for id_, each in worked.expected.items() if each.clause != UNMATCHED}
    assert verdicts.keys() == expected.keys()
    assert set(unmatched) == worked.expected.keys() - expected.keys()
    differs = {id_: found for id_, each in expected.items() if (found := difference(verdicts[id_], each))}
    assert differs == {}

    sums = Counter(each.state.value for each in verdicts.values())
    sums["delivered"] = len(verdicts)
    sums["due"] = sum(each.amount or 0 for each in verdicts.values())
    sums["unmatched"] = len(unmatched)
    assert {name: count for name, count in sums.items() if count} == {k: v for k, v in worked.sums.items() if v}


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_has_two_faces_and_no_contradictions_but_those_it_is_known_for(name: str) -> None:
    contracts = contracts_of(name)
    written = "---\n".join(write_contract(each) for each in contracts)
    assert [each.digest for each in read_contracts(written, name)] == [each.digest for each in contracts]
    errors = [(each.place, each.code) for each in check(contracts) if each.severity is Severity.ERROR]
    assert errors == CONTRADICTIONS.get(name, [])


#: What the check of contracts finds in public policies.
CONTRADICTIONS = {"smartbrains": [("duplicates.0.title", ProblemCode.NUMBER_DIFFERS)]}
