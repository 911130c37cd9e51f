"""Prints for people what lead truth is judged by: `python -m audits.reports.truth_page > docs/lead-truth.md`."""

from __future__ import annotations

import sys

from audits.model.truth import PSEUDO_CLASSES, LeadClass, TruthTerms
from audits.truth.calibration import LEAST_OF_A_KIND, LEAST_OUTCOMES, PRIOR_OUTCOMES
from audits.truth.experience import CURVE_MOVES, LEAST_SPOKEN, WEAK_BELOW
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
| pseudo | the pseudo classes together reach {pseudo} %, by more than a name, and the person has not shown himself: \
came to a meeting, or wrote after we had turned to him |
| suspect | they reach {suspect} %, and a reason speaks for one of them |
| repairable | they do not, an error reaches {suspect} %, and a repair can be proposed |
| genuine | none of these, and something speaks for a person who asked |
| unknown | none of these, and nothing does |

The audit puts one verdict together of this and of the other findings on what a lead is; the first that holds counts:

| verdict of the audit | when |
|---|---|
| pseudo | judged pseudo (one of PL006 to PL012 is broken); or nobody can be reached by what was given (PL001), \
nothing can be mended and nobody was reached; or a disposable address (PL002) stands with a placeholder name \
(PL003). The last two hold for nobody who has shown himself |
| duplicate | the same person came before, within the agreed days (PL004) |
| suspect | judged suspect; or nobody can be reached, and yet contact was made |
| repairable | judged repairable, or what makes the lead unreachable can be mended |
| suspect | a disposable address or a placeholder name, of somebody who has not shown himself |
| unknown | it could not be told whether the lead can be reached, or came before |
| plausible | none of these |

A repairable lead is a lead: it is counted, expected to be worked, and stands before pseudo-leads and duplicates in
every list.

Both figures are the account's to change. What was not given, or could not be looked up, has no weight in either
direction; the answer names it under `not_looked_at`. No name decides alone. Weights are ours where no source is
named, frozen with the model version; an account with outcomes of its own mends the sum: see
[what outcomes teach](#what-outcomes-teach).

Of other leads: {identical} others of a day with the same words, {subnet} of one part of the net; of leads alike
at least {reached} must have been reached, and the 95 % interval of those who had asked for nothing must lie on one
side of one half; {names} other names at one number. A burst in which somebody proved to be a buyer says nothing.
"""


_TAUGHT = """
## What outcomes teach

Each audit notes two things of a lead: what was to be said of it when it came, by the shipped weights and without what
was found out about it since; and what was found out. Held against each other they show how far the one can be
believed. That is agreement with what representatives noted, not accuracy: notes have noise, and of leads that nobody
reached nothing is known.

| outcome | shown by | says |
|---|---|---|
| a person who asked | a deal won; the lead won after contact; a meeting that took place; an answer to what we \
wrote; contact and an open deal | refutes every pseudo class |
| pseudo-lead | a status, set after contact, a wrong number or a mail that came back: invalid, spam, test, \
job seeker, supplier, competitor, prank. "Did not request" after contact alone | bears out the classes \
that it names, refutes the others; "invalid" and "did not request" refute none |
| error | a call that ended at a wrong number, a status that says so after a call that was answered, a mail that \
came back | bears out an error there; says nothing of whether anybody asked |
| duplicate | a status that says so | bears out PL004, which a sale refutes |

Discarded untried, not reached, or merely reached: nobody found out. A status must say one of these things and nothing
else, in English, German, Norwegian, Greek or Arabic; "competitor" alone is none, for it mostly says to whom a lead
was lost. What is won goes before a status, and that before an answer.

Once a day an account with new outcomes learns from them:

- **The curve.** From {least} outcomes on, {kind} at least of either kind: isotonic regression of what proved true on
  what was said, each level shrunk towards the shipped probability as if that were {prior} outcomes. A new curve
  replaces the one in force when it moves some probability by {moves} percentage points. What was found out about one
  lead comes on top of it, by its own weight.
- **Weak rules.** Of each rule of a class the share of its outcomes that agree is counted. When at least {spoken} are
  known and the upper end of the 95 % interval (Wilson) lies below {weak} %, its class decides nothing: a lead is
  suspect by it at most, and an error is no finding. It is back in force when the share itself has reached
  {weak} %. Counting goes on meanwhile.

Each version is named by a hash of its figures and of the model version, and kept for good: an audit of the past is
repeated with the version in force then. Open leads whose percentage changes by a new version are judged again. The
Brier score as learned is taken on outcomes that the curve did not see (five parts, each by the curve of the other
four). The figures {least}, {kind}, {prior}, {moves} and {weak} are ours; {spoken} is the convention of published
scorecards.
"""


def page() -> str:
    """The page as Markdown."""
    terms = TruthTerms()
    parts = [
        _HEAD.format(
            version=MODEL_VERSION,
            pseudo=terms.pseudo_percent,
            suspect=terms.suspect_percent,
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
    parts.append(
        _TAUGHT.format(
            least=LEAST_OUTCOMES,
            kind=LEAST_OF_A_KIND,
            prior=PRIOR_OUTCOMES,
            moves=round(CURVE_MOVES * 100),
            spoken=LEAST_SPOKEN,
            weak=round(WEAK_BELOW * 100),
        ).rstrip("\n")
    )
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
