"""What a page says about the form that led to it. The address carries only a word of a closed list."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request

from audits.model.said import phrase
from connector.web.texts import t

_SAID = {
    "saved": ("good", phrase("Saved. Every lead is being judged anew by it.")),
    "policy-saved": ("good", phrase("Saved as a new version. Every lead is being judged anew by what holds for it.")),
    "contested": ("good", phrase("Your reason is kept. A head of sales decides; until then the finding is marked.")),
    "contest-why": ("bad", phrase("Say in one sentence what is wrong: nothing was kept.")),
    "contest-not": ("bad", phrase("Nothing was changed: somebody was quicker, or the finding is another by now.")),
    "decide-why": ("bad", phrase("Say in one sentence why you decide so: nothing was kept.")),
    "decided": ("good", phrase("Decided. Whoever contested sees it on the lead and on his own page.")),
    "withdrawn": ("good", phrase("The contest is withdrawn.")),
    "reopened": ("good", phrase("The decision is taken back; the contest waits again.")),
    "repaired": ("good", phrase("Accepted. The CRM's record will show it as a suggestion within a minute or so.")),
    "repair-declined": ("good", phrase("Declined. It is not asked again while the field stays as it is.")),
    "repair-undone": ("good", phrase("Taken back: it waits again, and the suggestion goes from the CRM's record.")),
    "repair-not": ("bad", phrase("Nothing was changed: somebody was quicker, or the field is another by now.")),
    "repairs-some": ("warn", phrase("Some were not changed: somebody was quicker, or the field is another by now.")),
    "repairs-none": ("bad", phrase("Nothing was selected: tick the boxes of those you mean.")),
    "told-apart": ("good", phrase("Kept: they are two persons. Both leads are being judged anew.")),
    "taken-together": ("good", phrase("Taken back: they count as one person again. Both are being judged anew.")),
    "persons-not": (
        "bad",
        phrase("Nothing was changed: somebody was quicker, or they are not taken for one person."),
    ),
    "mails": ("good", phrase("Saved: these are the mails you get.")),
    "same-policy": ("good", phrase("Nothing was changed: this is what holds already.")),
    "role": ("good", phrase("The role was changed. That person has to sign in again.")),
    "disabled": ("good", phrase("That person can no longer sign in; open sessions have ended.")),
    "enabled": ("good", phrase("That person can sign in again.")),
    "last-admin": ("bad", phrase("There must be an admin left. Make somebody else an admin first.")),
    "answers": ("good", phrase("Saved. You can change each answer later under Settings.")),
    "signed-out": ("good", phrase("You are signed out.")),
    "uninstalled": ("good", phrase("Lead Assay is uninstalled.")),
    "mapped": ("good", phrase("Saved. The leads are being read again, so that the new meaning counts.")),
    "fields": ("good", phrase("Saved. The leads are being read again, so that the fields count.")),
    "same-fields": ("good", phrase("Nothing was changed: every field keeps what it holds.")),
    "same": ("good", phrase("Nothing was changed: every value keeps its meaning.")),
    "key-revoked": ("good", phrase("The key is revoked: it opens nothing any more.")),
    "campaign-entered": ("good", phrase("Entered. The leads of its time are being judged anew.")),
    "campaign-taken": ("good", phrase("Taken back. The leads of its time are being judged anew.")),
    "contract-saved": ("good", phrase("Saved. It holds for leads that are delivered on its days.")),
    "contract-same": ("good", phrase("Nothing was changed: this is what was saved already.")),
    "contract-withdrawn": ("good", phrase("Withdrawn: that version never held.")),
    "contracts-imported": ("good", phrase("The file was read, and all its versions are saved.")),
    "contracts-same": ("good", phrase("Nothing was changed: all versions of the file are here already.")),
    "look-up-on": (
        "good",
        phrase("Switched on. Answers come over the next minutes; leads are judged again by them."),
    ),
    "look-up-off": ("good", phrase("Switched off: nothing more is asked. What was answered stays with its date.")),
    "replayed": ("good", phrase("The parked records will be written again.")),
}


@dataclass(frozen=True, slots=True)
class Note:
    """A line above the page."""

    tone: str
    text: str


def notes_of_request() -> list[Note]:
    """The notes that the address asks for."""
    said = _SAID.get(request.args.get("note", ""))
    return [Note(said[0], t(said[1]))] if said else []
