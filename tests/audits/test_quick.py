"""Records made quickly are those that their class makes: equal, of the class, frozen."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from audits.model.quick import quick
from audits.model.said import Said, say
from audits.model.truth import FormJudged, LineType, PhoneJudged


@dataclass(frozen=True, slots=True)
class Pair:
    first: int
    second: str = "two"


new_pair, new_phone = quick(Pair), quick(PhoneJudged)


def test_equal_frozen_and_of_the_class() -> None:
    quickly = new_phone(
        e164="+4790000000", is_possible=True, is_valid=True, line_type=LineType.MOBILE, region="NO", extension="5"
    )
    slowly = PhoneJudged(
        e164="+4790000000", is_possible=True, is_valid=True, line_type=LineType.MOBILE, region="NO", extension="5"
    )
    assert type(quickly) is PhoneJudged
    assert quickly == slowly
    assert hash(quickly) == hash(slowly)
    assert repr(quickly) == repr(slowly)
    assert pickle.loads(pickle.dumps(quickly)) == slowly
    assert replace(quickly, region=None) == replace(slowly, region=None)
    for name in (each.name for each in fields(PhoneJudged)):
        with pytest.raises(FrozenInstanceError):
            setattr(quickly, name, None)
    with pytest.raises((AttributeError, TypeError)):
        quickly.other = 1  # type: ignore[attr-defined]
    assert quickly == slowly


def test_takes_what_the_class_takes() -> None:
    assert new_pair(1) == Pair(1)
    assert new_pair(1, "x") == new_pair(1, second="x") == Pair(1, "x")
    with pytest.raises(TypeError):
        new_pair()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        new_phone("+4790000000")  # type: ignore[call-arg]


@dataclass(frozen=True)
class WithoutSlots:
    one: int


@dataclass(frozen=True, slots=True)
class Checked:
    one: int

    def __post_init__(self) -> None:
        if self.one < 0:
            raise ValueError("below zero")


@dataclass(frozen=True, slots=True)
class Listing:
    all: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Derived(Pair):
    third: int = 3


@pytest.mark.parametrize("cls", [int, WithoutSlots, Checked, Derived])
def test_no_class_that_has_more_to_do(cls: type) -> None:
    with pytest.raises(TypeError):
        quick(cls)


def test_what_is_made_anew_each_time_must_be_given() -> None:
    new_listing = quick(Listing)
    assert new_listing([1]) == Listing([1])
    with pytest.raises(TypeError):
        new_listing()


def test_what_is_said_is_still_checked() -> None:
    assert say("{a} and {b}", a=1, b="two") == Said("{a} and {b}", (("a", 1), ("b", "two")))
    assert say("{a} {a}", a=1).values == (("a", 1),)
    with pytest.raises(ValueError, match="names"):
        say("{a} and {b}", a=1)
    with pytest.raises(ValueError, match="names"):
        say("{a}", a=1, b=2)
    with pytest.raises(ValueError, match="names"):
        say("nothing", a=1)


def test_a_record_made_quickly_is_no_other_for_a_default() -> None:
    assert quick(FormJudged)() == FormJudged()
