"""Prints for people what lead truth is judged by: `python -m audits.reports.truth_page > docs/lead-truth.md`."""

from __future__ import annotations

import sys

from audits.model.truth import PSEUDO_CLASSES, LeadClass, TruthTerms
from audits.truth.calibration import LEAST_OF_A_KIND, LEAST_OUTCOMES, PRIOR_OUTCOMES
from audits.truth.history import IDENTICAL, LEAST_REACHED, OF_SUBNET, OTHER_NAMES
from audits.truth.weights import MODEL_VERSION, PRIOR_ODDS, WEIGHTS

_NAMES = {
    LeadClass.ERROR: "Unintended error (a lead to be mended, no pseudo-lead)",
    LeadClass.BOT: "Bot",
    LeadClass.PAID_FILLER: "Paid form-filler",
    LeadClass.COMPETITOR: "Competitor",
    LeadClass.JOKER: "Joker",
    LeadClass.TEST: "Own test or staff",
    LeadClass.EMPTY: "Empty",
    LeadClass.NOT_ADDRESSED: "Not addressed to us (job seeker, supplier, student, client who asks for support)",
}
_HEAD = """\
# Lead truth

What a lead is: somebody who asked, or what else. This page is made from the weights themselves:
`python -m audits.reports.truth_page > docs/lead-truth.md`. Model version {version}.

Each reason has a weight: natural log-odds of one class against a person who asked. The odds of a class are its prior
odds times e to the sum of the weights for it, less the sum of what speaks for a person who asked, against it.
The pseudo classes exclude one another: their probabilities and that of a person who asked add up to 1. An unintended
error stands beside them, with its own odds.

| verdict | when |
|---|---|
| pseudo | the pseudo classes together reach {pseudo} % |
| suspect | they reach {suspect} % |
| repairable | they do not, an error reaches {suspect} %, and a repair can be proposed |
| genuine | none of these, and something speaks for a person who asked |
| unknown | none of these, and nothing does |

Both figures are the account's to change. What was not given, or could not be looked up, has no weight in either
direction; the answer names it under `not_looked_at`. No name decides alone. Weights are ours where no source is
named, frozen with the model version; an account with outcomes of its own ({least}, {kind} of either kind) mends the
sum by isotonic regression, shrunk towards the shipped one by {prior} outcomes at each step.

Of other leads: {identical} others of a day with the same words, {subnet} of one part of the net; of leads alike
at least {reached} must have been reached, and the 95 % interval of those who had asked for nothing must lie on one
side of one half; {names} other names at one number. A burst in which somebody proved to be a buyer says nothing.
"""


def page() -> str:
    """The page as Markdown."""
    terms = TruthTerms()
    parts = [
        _HEAD.format(
            version=MODEL_VERSION,
            pseudo=terms.pseudo_percent,
            suspect=terms.suspect_percent,
            least=LEAST_OUTCOMES,
            kind=LEAST_OF_A_KIND,
            prior=PRIOR_OUTCOMES,
            identical=IDENTICAL,
            subnet=OF_SUBNET,
            reached=LEAST_REACHED,
            names=OTHER_NAMES,
        )
    ]
    for lead_class in LeadClass:
        parts.append(f"\n## {_NAMES[lead_class]}\n\nPrior odds {PRIOR_ODDS[lead_class]:g}.\n")
        parts.append("| reason | weight | meaning |\n|---|---|---|")
        parts.extend(
            f"| {code} | {each.weight:+g} | {each.meaning} |"
            for code, each in WEIGHTS.items()
            if each.lead_class is lead_class
        )
    parts.append("\n## A person who asked\n\n| reason | weight | meaning | speaks against |\n|---|---|---|---|")
    for code, each in WEIGHTS.items():
        if each.lead_class is None:
            against = "all" if each.against == set(PSEUDO_CLASSES) else ", ".join(sorted(each.against))
            parts.append(f"| {code} | {each.weight:+g} | {each.meaning} | {against} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
