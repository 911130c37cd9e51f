"""What an admin said that values mean, and what the store keeps of it."""

from __future__ import annotations

import pytest

from connector.crm.values import KnownValue, MappableField, ValueMap
from connector.storage import health
from connector.storage.database import Database
from connector.storage.installs import Install
from connector.storage.value_mappings import (
    choose_meanings,
    chosen_meanings,
    list_known_values,
    list_unmapped,
    replace_known_values,
)
from tests.factories import NOW, make_install

TYPES = MappableField(
    name="activity_type",
    label="Activity types",
    explains="What people do.",
    choices=(("call", "A call by us"), ("note", "No touch")),
    shipped={"call": "call"},
)


@pytest.fixture
def install(database: Database) -> Install:
    with database.write() as conn:
        return make_install(conn)


def test_a_choice_goes_before_what_is_shipped_and_what_is_neither_is_unknown() -> None:
    values = ValueMap(
        (TYPES,), {("activity_type", "Call"): "note", ("activity_type", "Visit"): "gone", ("x", "y"): "z"}
    )
    assert values.meaning("activity_type", " CALL ") == "note"
    assert values.meaning("activity_type", "Visit") is None  # chosen among choices that are no more
    assert values.meaning("x", "y") is None
    assert ValueMap((TYPES,)).meaning("activity_type", "Call") == "call"


def test_the_values_of_the_account_are_replaced_as_a_whole(database: Database, install: Install) -> None:
    with database.write() as conn:
        for values in (["a", "b"], ["b", "c"]):
            known = [KnownValue(field="f", value=value, label=value.upper()) for value in values]
            replace_known_values(conn, install.install_id, known)
        assert list_known_values(conn, install.install_id) == {("f", "b"): "B", ("f", "c"): "C"}


def test_choosing_drops_the_count_and_taking_back_keeps_nothing(database: Database, install: Install) -> None:
    visit, lunch = ("f", "Visit"), ("f", "Lunch")
    with database.write() as conn:
        for _ in range(3):
            health.note_unmapped(conn, install.install_id, *visit)
        health.note_unmapped(conn, install.install_id, *lunch)
        assert list_unmapped(conn, install.install_id) == {visit: 3, lunch: 1}
        assert choose_meanings(conn, install.install_id, {visit: "note", lunch: None}, NOW)
        assert not choose_meanings(conn, install.install_id, {visit: "note", lunch: None}, NOW)
        assert chosen_meanings(conn, install.install_id) == {visit: "note"}
        assert list_unmapped(conn, install.install_id) == {lunch: 1}
        assert choose_meanings(conn, install.install_id, {visit: "call"}, NOW)
        assert chosen_meanings(conn, install.install_id) == {visit: "call"}
        assert choose_meanings(conn, install.install_id, {visit: None}, NOW)
        assert chosen_meanings(conn, install.install_id) == {}
