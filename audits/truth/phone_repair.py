"""Which number was probably meant, when the one given is in no numbering plan.

Every number one slip away (a digit lost, added, swapped with its neighbour, or mistyped) and the usual slips of form
(the + lost, the country code written twice, a letter O for a zero) are tried against the plan. What is left is ranked
by how likely the slip is times how likely a person has such a line. In a dense plan hundreds of numbers fit, and then
no ranking knows which was meant: `fitting` says how many there were.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberDesc

from audits.model.contact_data import kind_of

MOST = 3
_SHORTEST = 2
# E.164 allows 15 digits with the country code; one may be too many.
_LONGEST = 16
#: Above so many numbers that fit, the first three are a guess among many.
TOO_MANY = 20

# Shares of the slips of people who copy or key digits; ours, in the order that studies of keying agree on: mistyped
# before swapped, lost and added. Half of the mistyped digits are neighbours of the right one on a keypad or in a row.
_MISTYPED, _LOST, _SWAPPED, _ADDED = 0.5, 0.2, 0.15, 0.15
# One of the few numbers that a slip in the digits before the national number makes.
_TRUNK_SLIP = 0.02
_NEIGHBOURS = {
    "1": "240",
    "2": "135",
    "3": "246",
    "4": "1573",
    "5": "2468",
    "6": "3957",
    "7": "468",
    "8": "5790",
    "9": "680",
    "0": "891",
}
_FAR_AND_NEAR = "0123456789"
_FAR = {given: "".join(sorted({*_FAR_AND_NEAR} - {given, *near})) for given, near in _NEIGHBOURS.items()}
_MOBILE, _FIXED, _OTHER = 1.0, 0.5, 0.05
_LOOKALIKES = str.maketrans(
    {**dict.fromkeys("OoQD", "0"), **dict.fromkeys("Iil|", "1"), "S": "5", "s": "5", "B": "8"}
)
_LETTERS_LIKE_DIGITS = re.compile(r"(?<=\d)[OoQDIil|SsB]+|[OoQDIil|SsB]+(?=[\d\s().-]*\d)")


@dataclass(frozen=True, slots=True)
class Repaired:
    """`numbers`: in E.164, the likeliest first, three at most. `fitting`: how many are one slip away; where they are
    more than TOO_MANY, how many were found until that was plain."""

    numbers: tuple[str, ...]
    fitting: int


def repaired(text: str, region: str | None, country_code: int | None, national: str) -> Repaired:
    """What may have been meant by the invalid number `text`, read as `national` of `country_code` (None and "" where
    nothing could be read); `region`: ISO letters of the lead's country."""
    of_form = list(dict.fromkeys(_of_form(text, region, f"+{country_code}{national}")))
    ranked: dict[str, float] = {}
    for code, digits, meant in _readings(text, region, country_code, national):
        plan = _plan(code) if _SHORTEST <= len(digits) <= _LONGEST else None
        if plan is None:
            continue
        fitting = _fitting(digits, plan)
        for each in meant:
            if (usual := plan.usual(each)) is not None:
                fitting[each] = (_TRUNK_SLIP, usual)
        for number, (likelihood, usual) in fitting.items():
            e164 = f"+{code}{number}"
            ranked[e164] = max(ranked.get(e164, 0.0), likelihood * usual)
    order = sorted(ranked, key=lambda each: (-ranked[each], each))
    if region is not None and country_code is not None:
        order = [*_other_country_code(region, country_code, national), *order]
    order = list(dict.fromkeys([*of_form, *order]))
    # Digits that are right in another form leave little doubt, however many numbers are one slip away.
    count = min(len(order), TOO_MANY) if of_form else len(order)
    return Repaired(tuple(_first_valid(order)), count)


def _readings(
    text: str, region: str | None, country_code: int | None, national: str
) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """(country code, national number, numbers that a slip in the trunk prefix makes of it), each once: as the library
    read the text, and as it was typed. The library takes digits for a trunk prefix or an exit code that are none, and
    leaves a trunk prefix on what is no number without it."""
    read = (country_code, national)
    if country_code is not None and national:
        yield country_code, national, ()
    digits = text.strip().replace(" ", "").replace("-", "")
    if digits.startswith("+"):
        rest = digits.removeprefix(f"+{country_code}")
        if country_code is not None and rest != digits and rest.isdecimal():
            # Digits of other scripts count, too.
            typed = digits_of(rest)
            if typed != national:
                yield country_code, typed, ()
        return
    own = phonenumbers.country_code_for_region(region) if region else 0
    if not own or not region or _has_letters(text):
        return
    typed = digits_of(text)
    trunk = phonenumbers.ndd_prefix_for_region(region, True) or ""
    bare = typed.removeprefix(trunk)
    meant: tuple[str, ...] = ()
    if trunk:
        swapped = typed[1 : 1 + len(trunk)] == trunk and typed[:1] + typed[1 + len(trunk) :]
        added = typed[1:].removeprefix(trunk) if typed[1:].startswith(trunk) else ""
        mistyped = "" if typed.startswith(trunk) else typed[len(trunk) :]
        lost = typed.removeprefix(trunk[1:]) if len(trunk) > 1 and not typed.startswith(trunk) else ""
        meant = tuple(each for each in (swapped or "", added, mistyped, lost) if each)
    if (own, bare) != read or meant:
        yield own, bare, meant


def digits_of(text: str) -> str:
    """The digits of a text, those of other scripts in ours."""
    return _NO_DIGIT.sub("", text) if text.isascii() else phonenumbers.normalize_digits_only(text)


_NO_DIGIT = re.compile(r"[^0-9]+")


def _has_letters(text: str) -> bool:
    return any(letter.isalpha() for letter in text)


def _first_valid(numbers: list[str]) -> Iterator[str]:
    given = 0
    for number in numbers:
        if _is_valid(number):
            yield number
            given += 1
            if given == MOST:
                return


def _of_form(text: str, region: str | None, read: str) -> Iterator[str]:
    """Numbers meant by digits that are right, in a form that is not: a few at most, all valid. `read`: as what the
    text was read, which is not valid."""
    digits = digits_of(text)
    if not digits:
        return
    own = phonenumbers.country_code_for_region(region) if region else 0
    was_read = not read.startswith("+None")
    bare = digits.lstrip("0")
    # The + or the 00 was left out, or another exit code of abroad stands there.
    if read == f"+{bare}":
        pass
    elif (digits.startswith("00") or (own and bare.startswith(str(own)))) and _is_valid(f"+{bare}"):
        yield f"+{bare}"
    elif not region and text.strip()[:1] != "+" and not digits.startswith("0") and _is_valid(f"+{digits}"):
        yield f"+{digits}"
    if own:
        # +0171 …, +49 49 171 …, +49 0049 171 …
        code = str(own)
        rest = bare.removeprefix(code).lstrip("0")
        twice = [rest.removeprefix(code).lstrip("0")] if bare.startswith(code) else []
        for each in (f"+{own}{given}" for given in (*twice, *([] if was_read else [bare]))):
            if each != read and _is_valid(each):
                yield each
    mended = _LETTERS_LIKE_DIGITS.sub(lambda found: found.group().translate(_LOOKALIKES), text)
    if mended != text:
        try:
            number = phonenumbers.parse(mended, region)
        except phonenumbers.NumberParseException:
            return
        if phonenumbers.is_valid_number(number):
            yield phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _other_country_code(region: str, country_code: int, national: str) -> Iterator[str]:
    """The number in the lead's own country, when the country code given is one slip away from its code."""
    own = phonenumbers.country_code_for_region(region)
    if own and own != country_code:
        given, meant = str(country_code), str(own)
        same_length = len(given) == len(meant)
        differ = sum(1 for one, other in zip(given, meant, strict=True) if one != other) if same_length else 9
        if (differ == 1 or (same_length and sorted(given) == sorted(meant))) and _is_valid(f"+{own}{national}"):
            yield f"+{own}{national}"


@lru_cache(maxsize=4_096)
def _is_valid(e164: str) -> bool:
    """Whether a number of + and digits is one by the plan of its country code, which no other one begins."""
    for length in (1, 2, 3):
        code = int(e164[1 : 1 + length] or 0)
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return kind_of(code, e164[1 + length :])[0] is not None
    return False


def _fitting(digits: str, plan: _Plan) -> dict[str, tuple[float, float]]:
    """Each number of the plan from which one slip makes `digits`, with how likely that slip is and how usual such
    numbers are. The likeliest slips are tried first; where more than enough fit, the rest is left."""
    found: dict[str, tuple[float, float]] = {}
    for likelihood, length, numbers in _one_slip_away(digits, plan.lengths):
        usual_of = plan.of_length(length)
        if usual_of is None:
            continue
        fits = usual_of.fullmatch
        for number in numbers:
            if number in found:
                before, usual = found[number]
                found[number] = (before + likelihood, usual)
            elif (fit := fits(number)) is not None:
                found[number] = (likelihood, _USUAL[fit.lastgroup])
                if len(found) > TOO_MANY:
                    return found
    return found


def _one_slip_away(digits: str, lengths: frozenset[int]) -> Iterator[tuple[float, int, Iterator[str]]]:
    """Numbers of these lengths from which one slip makes `digits`: kinds of slips, the likeliest first, each with its
    likelihood for one number, and how long these are."""
    n = len(digits)
    same, shorter, longer = n in lengths, n - 1 in lengths, n + 1 in lengths
    if same:
        yield _SWAPPED / max(n - 1, 1), n, _swapped(digits)
        # Half of what is mistyped is a neighbour of the right digit; a digit has three or four of them.
        yield _MISTYPED / n * 0.5 / 3.4, n, _mistyped(digits, _NEIGHBOURS)
    if shorter:
        yield _ADDED / n * 0.5, n - 1, _added(digits, True)
    if same:
        yield _MISTYPED / n * 0.5 / 5.6, n, _mistyped(digits, _FAR)
    if longer:
        # One of two equal digits is lost more easily than any other.
        yield _LOST / (n + 1) * 0.2, n + 1, (digits[:at] + digits[at] + digits[at:] for at in range(n))
        yield (
            _LOST / (n + 1) * 0.07,
            n + 1,
            (
                digits[:at] + other + digits[at:]
                for at in range(n + 1)
                for other in _FAR_AND_NEAR
                if other != digits[at : at + 1]
            ),
        )
    if shorter:
        yield _ADDED / n * 0.03, n - 1, _added(digits, False)


def _swapped(digits: str) -> Iterator[str]:
    for at in range(len(digits) - 1):
        if digits[at] != digits[at + 1]:
            yield digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]


def _mistyped(digits: str, others: dict[str, str]) -> Iterator[str]:
    for at, given in enumerate(digits):
        left, right = digits[:at], digits[at + 1 :]
        for other in others[given]:
            yield left + other + right


def _added(digits: str, beside: bool) -> Iterator[str]:
    """Without one digit: of those that double the one beside them, or of all others."""
    for at, given in enumerate(digits):
        if (given in digits[max(at - 1, 0) : at] + digits[at + 1 : at + 2]) is beside:
            yield digits[:at] + digits[at + 1 :]


_MOBILE_LINE, _FIXED_LINE = "m", "f"
#: How usual a number is, by the group of the pattern that it fits.
_USUAL: dict[str | None, float] = {_MOBILE_LINE: _MOBILE, _FIXED_LINE: _FIXED, None: _OTHER}
_KINDS = ("toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan", "voicemail")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the regions of a country code allow, by kinds of lines."""

    lengths: frozenset[int]
    kinds: tuple[tuple[str | None, tuple[PhoneNumberDesc, ...]], ...]
    patterns: dict[int, re.Pattern[str] | None]

    def usual(self, number: str) -> float | None:
        """How usual a number of the plan is; None = it is none of the plan."""
        usual_of = self.of_length(len(number))
        fit = usual_of.fullmatch(number) if usual_of is not None else None
        return None if fit is None else _USUAL[fit.lastgroup]

    def of_length(self, length: int) -> re.Pattern[str] | None:
        """All numbers of so many digits in one pattern, quick to ask for hundreds of them, whose group is a key of
        _USUAL; None = there are none. The region's own plan is asked again before one is shown."""
        if length not in self.patterns:
            self.patterns[length] = self._pattern(length)
        return self.patterns[length]

    def _pattern(self, length: int) -> re.Pattern[str] | None:
        groups = []
        for name, descriptions in self.kinds:
            fitting = dict.fromkeys(
                f"(?:{each.national_number_pattern})"
                for each in descriptions
                # What says no length allows any.
                if each.national_number_pattern and (length in each.possible_length or not _says_length(each))
            )
            if fitting:
                groups.append(f"(?{f'P<{name}>' if name else ':'}{'|'.join(fitting)})")
        return re.compile("|".join(groups)) if groups else None


def _says_length(kind: PhoneNumberDesc) -> bool:
    return any(length > 0 for length in kind.possible_length)


@lru_cache(maxsize=300)
def _plan(country_code: int) -> _Plan | None:
    """The plan of a country code; None = there is none."""
    plans = [
        found
        for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(country_code, ())
        if (found := PhoneMetadata.metadata_for_region_or_calling_code(country_code, region)) is not None
    ]
    kinds = (
        (_MOBILE_LINE, tuple(each.mobile for each in plans if each.mobile is not None)),
        (_FIXED_LINE, tuple(each.fixed_line for each in plans if each.fixed_line is not None)),
        (None, tuple(kind for each in plans for name in _KINDS if (kind := getattr(each, name)) is not None)),
    )
    if not any(kind.national_number_pattern for _, descriptions in kinds for kind in descriptions):
        return None
    lengths = frozenset(length for each in plans if each.general_desc for length in each.general_desc.possible_length)
    return _Plan(lengths, kinds, {})
