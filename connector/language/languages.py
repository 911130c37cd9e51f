"""The languages we write, and which of them somebody gets.

Arabic is written with European digits: times, phone numbers and amounts stand beside those of the CRM.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from babel import Locale
from babel.core import negotiate_locale

DEFAULT = "en"
#: Marks each text and writes from right to left, so that an untranslated text or a page that cannot be mirrored is
#: seen at a glance.
PSEUDO = "qps"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language. `name` is what it calls itself; `cldr` its locale, which writes numbers, dates and lists.

    The patterns are those of CLDR for dates: `this_year` and `any_year` with weekday, `year` without, `short` for an
    axis; `joint` puts date and time together; `percent` writes a share. `signs`: its own ones for those of
    English, by code point.
    """

    code: str
    name: str
    cldr: str
    is_right_to_left: bool = False
    this_year: str = "EEE d MMM"
    any_year: str = "EEE d MMM y"
    year: str = "d MMM y"
    short: str = "d MMM"
    joint: str = "{day}, {time}"
    percent: str = "#,##0\N{NO-BREAK SPACE}%"
    signs: Mapping[int, str] = field(default_factory=dict)

    @property
    def locale(self) -> Locale:
        """The Babel locale."""
        return Locale.parse(self.cldr)


LANGUAGES: Mapping[str, Language] = {
    language.code: language
    for language in (
        Language(code=DEFAULT, name="English", cldr="en_GB"),
        Language(
            code="ar",
            name="العربية",
            cldr="ar",
            is_right_to_left=True,
            joint="{day}، {time}",
            # With a space between them the sign would stand on either side of the number, by what stands around.
            percent="#,##0%",
            signs={ord(","): "،", ord(";"): "؛"},
        ),
        # A semicolon is the question mark there.
        Language(code="el", name="Ελληνικά", cldr="el", signs={ord(";"): "·"}),
        Language(
            code="nb",
            name="Norsk bokmål",
            cldr="nb",
            this_year="EEE d. MMM",
            any_year="EEE d. MMM y",
            year="d. MMM y",
            short="d. MMM",
            joint="{day} kl. {time}",
        ),
    )
}
_PSEUDO = Language(code=PSEUDO, name="Pseudo", cldr="en_GB", is_right_to_left=True)
_ALSO = {"no": "nb", "nn": "nb"}


def language_of(code: str) -> Language:
    """The language of that code; English where we have no such language."""
    return _PSEUDO if code == PSEUDO else LANGUAGES.get(code, LANGUAGES[DEFAULT])


def best_language(asked: Sequence[str]) -> str:
    """The code of the first language asked for that we write. `asked`: tags such as "nb-NO", the dearest first."""
    tags = [tag.replace("_", "-").lower() for tag in asked]
    known = [_ALSO.get(tag.split("-")[0], tag) for tag in tags]
    found = negotiate_locale(known, list(LANGUAGES), sep="-")
    return found or DEFAULT
