"""Whether the record names a cause of its closing for which nobody need be asked: shared by several rules."""

from __future__ import annotations

import re

from audits.model.lead import Lead

#: Beginnings of words by which a status gives a cause that needs no contact, in the languages of our readers and in
#: German. A cause that is none of these (no budget, no interest, not reached …) only contact can show.
_CAUSES = (
    # the same lead again, a machine's, a test
    "duplicat", "merged", "dublette", "doppelt", "duplikat", "dublett", "διπλό", "διπλότυπ", "διπλοεγγραφ",
    "spam", "junk", "fake", "bogus", "bot ", "robot", "søppel", "falsk", "ανεπιθύμητ", "ψεύτικ",
    "test", "prøve", "δοκιμ",
    # who looks for work or sells himself, who is of the trade or of the house
    "job", "applicant", "application", "career", "vacanc", "internship", "recruit", "bewerb", "karriere", "praktik",
    "søknad", "jobbsøk", "εργασία", "αναζήτηση εργασίας", "βιογραφικ",
    "supplier", "vendor", "solicit", "lieferant", "leverandør", "προμηθευτ",
    "competitor", "wettbewerb", "mitbewerb", "konkurren", "ανταγωνιστ",
    "employee", "colleague", "internal", "mitarbeiter", "ansatt", "kollega", "υπάλληλ", "συνάδελφ",
    # who bought already, or came to the wrong door
    "existing customer", "existing client", "already customer", "already a customer", "already client",
    "current customer", "bestandskund", "bereits kund", "eksisterende kund", "allerede kund", "υφιστάμενος πελάτ",
    "υπάρχων πελάτ", "ήδη πελάτ",
    "wrong department", "wrong team", "support", "complaint", "invoice", "falsche abteilung", "reklamation",
    "rechnung", "feil avdeling", "klage", "faktura", "λάθος τμήμα", "παράπονο", "τιμολόγιο",
    "out of territory", "outside territory", "out of area", "wrong country", "wrong region", "falsches land",
    "außerhalb", "feil land", "utenfor", "εκτός περιοχής", "λάθος χώρα",
    # who may not be asked
    "no consent", "opted out", "opt out", "unsubscrib", "do not contact", "do not call", "keine einwilligung",
    "ikke samtykke", "χωρίς συγκατάθεση",
)  # fmt: skip
#: The same in Arabic, whose words may begin with an article or a preposition.
_CAUSES_WITHIN = (
    "مكرر", "تكرار", "مزعج", "وهمي", "مزيف", "تجريبي", "اختبار", "وظيفة", "توظيف", "سيرة ذاتية", "مورد", "منافس",
    "موظف", "عميل حالي", "عميل قائم", "قسم خاطئ", "قسم الخطأ", "شكوى", "فاتورة", "خارج المنطقة", "بلد خاطئ",
    "دون موافقة", "بلا موافقة",
)  # fmt: skip
#: Who went to a competitor is none: that somebody learned by contact.
_WENT_ELSEWHERE = (
    "lost to", "went to", "went with", "chose", "bought from", "signed with", "an wettbewerb", "an mitbewerb",
    "an konkurren", "an die konkurren", "bei konkurren", "til konkurren", "hos konkurren", "valgte", "gikk til",
    "σε ανταγωνιστ", "στον ανταγωνιστ", "επέλεξ", "لصالح", "إلى منافس", "لمنافس", "اختار",
)  # fmt: skip
#: What an enquiry itself says by which anybody sees, without an answer, that nobody wants to buy.
_ENQUIRIES = (
    "job application", "apply for", "vacanc", "internship", "my cv", "unsubscrib", "bewerbung", "lebenslauf",
    "praktikum", "jobbsøknad", "søknad på", "βιογραφικ", "θέση εργασίας",
)  # fmt: skip
_ENQUIRIES_WITHIN = ("سيرة ذاتية", "سيرتي الذاتية", "وظيفة")
_SEPARATORS = re.compile(r"[\s_\-–/.,:;()]+")


def gives_a_cause(lead: Lead) -> bool:
    """Whether status or enquiry name a cause for which nobody need be asked."""
    status, enquiry = (
        f" {_SEPARATORS.sub(' ', (text or '').casefold())} " for text in (lead.raw_status, lead.message)
    )
    if any(words in enquiry for words in _ENQUIRIES_WITHIN) or any(f" {words}" in enquiry for words in _ENQUIRIES):
        return True
    if any(words in status for words in _WENT_ELSEWHERE):
        return False
    return any(words in status for words in _CAUSES_WITHIN) or any(f" {words}" in status for words in _CAUSES)
