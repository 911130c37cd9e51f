"""What a status says that a representative set, in the languages of our readers and in German.

A status must say one thing and nothing else, but for words such as "lead" or "closed": "test drive" is no test. Left
out is what may as well mean another thing: "competitor" alone is mostly a lead that was lost to one, and "student" or
"applicant" are customers of many.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

_STATUSES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "invalid": (
            "invalid", "invalid data", "invalid contact", "invalid contact data", "fake", "fake data", "fake contact",
            "bogus", "junk", "not a real person", "not real", "false data", "bad data", "bad contact data",
            "ungültig", "ungültige daten", "falsche daten", "fake daten", "müll",
            "ugyldig", "ugyldige data", "ugyldig kontakt", "falsk", "falske data", "søppel", "tull",
            "μη έγκυρο", "μη έγκυρος", "μη έγκυρα στοιχεία", "άκυρο", "άκυρος", "ψεύτικο", "ψεύτικα στοιχεία",
            "ψευδή στοιχεία", "غير صالح", "بيانات غير صحيحة", "بيانات غير صالحة", "وهمي", "بيانات وهمية", "مزيف",
        ),
        "spam": (
            "spam", "spammer", "spam message", "bot", "robot", "søppelpost", "ανεπιθύμητο",
            "ανεπιθύμητη αλληλογραφία", "سبام", "بريد مزعج", "رسالة مزعجة",
        ),
        "test": (
            "test", "test entry", "test data", "test record", "internal test", "our own test", "own staff",
            "testeintrag", "testdaten", "eigener mitarbeiter", "testdata", "testlead", "intern test", "egen ansatt",
            "τεστ", "δοκιμαστική εγγραφή", "δοκιμαστική καταχώριση", "اختبار", "بيانات تجريبية",
        ),
        "job": (
            "job applicant", "job application", "job seeker", "looking for a job", "looking for work",
            "bewerber", "bewerbung", "jobsuche", "jobbsøker", "jobbsøknad", "søker jobb", "arbeidssøker",
            "ζητά εργασία", "αναζητά εργασία", "υποψήφιος για εργασία", "αίτηση εργασίας",
            "باحث عن عمل", "طالب وظيفة", "طلب توظيف", "يبحث عن عمل",
        ),
        "supplier": (
            "supplier", "vendor", "sales pitch", "wants to sell to us", "solicitation", "lieferant",
            "leverandør", "selger", "προμηθευτής", "πωλητής", "مورد", "بائع",
        ),
        "competitor": (
            "is a competitor", "competitor enquiry", "competitor inquiry", "competitor research", "competitor spying",
            "ist wettbewerber", "ist mitbewerber", "anfrage vom wettbewerber", "er konkurrent", "er en konkurrent",
            "henvendelse fra konkurrent", "είναι ανταγωνιστής", "ερώτημα ανταγωνιστή", "هو منافس", "استفسار من منافس",
        ),
        "joker": (
            "prank", "prank call", "joke", "hoax", "scherz", "telefonstreich", "spøk", "tullebestilling",
            "φάρσα", "αστείο", "مزحة", "مقلب",
        ),
        "wrong_number": (
            "wrong number", "wrong phone", "wrong phone number", "wrong person", "incorrect number", "invalid number",
            "bad number", "falsche nummer", "falsche telefonnummer", "nummer falsch",
            "feil nummer", "feil telefonnummer", "feil person", "galt nummer", "ugyldig nummer",
            "λάθος αριθμός", "λάθος νούμερο", "λάθος τηλέφωνο", "λάθος άτομο",
            "رقم خاطئ", "رقم خطأ", "رقم غير صحيح", "الرقم خطأ", "شخص خطأ",
        ),
        "duplicate": (
            "duplicate", "dupe", "already exists", "already in crm", "dublette", "duplikat", "doppelt",
            "finnes fra før", "διπλότυπο", "διπλοεγγραφή", "υπάρχει ήδη", "مكرر", "نسخة مكررة",
        ),
    }
)  # fmt: skip
#: Words of a status that say nothing of the person.
_IDLE = (
    "lead", "leads", "contact", "closed", "lost", "discarded", "disqualified", "unqualified", "rejected", "status",
    "reason", "archived", "kontakt", "verloren", "geschlossen", "abgelehnt", "grund", "tapt", "lukket", "avvist",
    "diskvalifisert", "årsak", "κλειστό", "χαμένο", "απορρίφθηκε", "αιτία", "عميل", "محتمل", "مغلق", "مرفوض", "سبب",
)  # fmt: skip


def _plain(text: str) -> str:
    """Words between single spaces, without accents, marks and case."""
    bare = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return " ".join("".join(char if char.isalpha() else " " for char in bare).split())


_SAYS = MappingProxyType({_plain(text): said for said, texts in _STATUSES.items() for text in texts})
_IDLE_PLAIN = frozenset(map(_plain, _IDLE))


@lru_cache(maxsize=1_024)
def status_says(raw_status: str | None) -> str | None:
    """invalid, spam, test, job, supplier, competitor, joker, wrong_number or duplicate; None where the status says
    another thing, or more than one."""
    words = _plain(raw_status or "")
    if words in _SAYS:
        return _SAYS[words]
    return _SAYS.get(" ".join(word for word in words.split() if word not in _IDLE_PLAIN))
