"""Sets of learned figures, each in force from its own instant on; and the rows that they are learned from."""

from __future__ import annotations

import pytest

from audits.model.lead import LeadStatus
from audits.model.surroundings import DealNorm, StageNorm
from audits.norms import Norms
from connector.storage import norms, timeline
from connector.storage.database import Database
from connector.storage.norms import DealAge, StageStay
from tests.factories import NOW, at, make_deal, make_install, make_lead, make_record, make_stage_change


def figures(quantile_s: int) -> Norms:
    return Norms(
        stage_norms=(StageNorm(pipeline="", stage="New ü", segment="", n=20, quantile_s=quantile_s),),
        deal_norms=(DealNorm(pipeline="Sales", n_won=3, n_open=4, won_age_s=None, n_gaps=2, touch_gap_s=None),),
    )


@pytest.fixture
def tenant(database: Database) -> str:
    with database.write() as conn:
        return make_install(conn).install_id


def test_an_audit_sees_the_set_that_was_in_force(database: Database, tenant: str) -> None:
    with database.write() as conn:
        assert norms.norms_at(conn, tenant, NOW) == Norms()
        assert norms.put_norms(conn, tenant, figures(3600), at(days=-3))
        assert not norms.put_norms(conn, tenant, figures(3600), at(days=-2)), "equal figures are not stored again"
        assert norms.put_norms(conn, tenant, figures(7200), at(days=-1))
        assert norms.put_norms(conn, tenant, figures(3600), NOW), "old figures can come back"
    with database.read() as conn:
        assert norms.norms_at(conn, tenant, at(-1, days=-3)) == Norms()
        assert norms.norms_at(conn, tenant, at(days=-3)) == figures(3600)
        assert norms.norms_at(conn, tenant, at(-1, days=-1)) == figures(3600)
        assert norms.norms_at(conn, tenant, at(days=-1)) == figures(7200)
        assert norms.norms_at(conn, tenant, at(days=9)) == figures(3600)
        assert norms.find_norms(conn, tenant, figures(7200).norms_id) == figures(7200)
        assert norms.find_norms(conn, tenant, "") == Norms()
        assert norms.find_norms(conn, tenant, "never learned") is None


def test_a_stay_ends_with_the_next_change_of_the_same_field(database: Database, tenant: str) -> None:
    def change(minutes: float, stage: str, field: str = "stage", lead_id: str = "1"):
        return make_stage_change(lead_id, occurred_at=at(minutes), raw_status=stage, field=field)

    first = [
        change(-100, "New"),
        change(-90, "Hot", "temperature"),
        change(-80, "New"),
        change(-60, "Qualified"),
        change(-50, "Cold", "temperature"),
        change(-10, "Won"),
        change(20, "Lost"),
    ]
    with database.write() as conn:
        timeline.store_records(
            conn,
            tenant,
            [
                make_record(make_lead("1", pipeline="web", lead_type="demo"), stage_changes=first),
                make_record("2", stage_changes=[change(-5, "New", lead_id="2")]),
                make_record(
                    make_lead("3", is_imported=True),
                    stage_changes=[change(-9, "New", lead_id="3"), change(-5, "Won", lead_id="3")],
                ),
                make_record("4", stage_changes=[change(-9, "New", lead_id="4"), change(-5, "Won", lead_id="4")]),
            ],
            NOW,
        )
        timeline.mark_gone(conn, tenant, ["4"], NOW)
    with database.read() as conn:
        stays = list(norms.iter_stays(conn, tenant, NOW))
    assert sorted(stays, key=lambda each: each.stage) == [
        StageStay("web", "Hot", "demo", "web form", at(-90), at(-50)),
        StageStay("web", "New", "demo", "web form", at(-100), at(-60)),
        StageStay("web", "Qualified", "demo", "web form", at(-60), at(-10)),
    ]


def test_a_stage_belongs_to_the_pipeline_in_which_leads_stand_in_it_now(database: Database, tenant: str) -> None:
    """A lead whose stage was one field's value, and that goes on by another field, left the first one's stages."""

    def moved(lead_id: str, pipeline: str, stage: str, *stages: str):
        changes = [
            make_stage_change(lead_id, occurred_at=at(-50 + 10 * place), raw_status=each, field="any")
            for place, each in enumerate(stages)
        ]
        return make_record(make_lead(lead_id, pipeline=pipeline, stage=stage), stage_changes=changes)

    with database.write() as conn:
        timeline.store_records(
            conn,
            tenant,
            [
                moved("1", "lifecycle", "customer", "NEW", "OLD", "TWICE", "customer"),
                moved("2", "status", "NEW"),
                moved("3", "status", "TWICE"),
                moved("4", "lifecycle", "TWICE"),
            ],
            NOW,
        )
    with database.read() as conn:
        stays = {(each.pipeline, each.stage) for each in norms.iter_stays(conn, tenant, NOW)}
    assert stays == {("status", "NEW"), ("lifecycle", "OLD"), ("lifecycle", "TWICE")}


def test_won_and_open_deals_and_who_stands_in_them(database: Database, tenant: str) -> None:
    won = {"status": LeadStatus.WON, "created_at": at(days=-9)}
    deals = [
        make_deal("open", "1", "2", created_at=at(days=-8)),
        make_deal("won", "1", closed_at=at(days=-1), **won),
        make_deal("won later", "1", closed_at=at(days=1), **won),
        make_deal("nobody knows when", "1", closed_at=None, **won),
        make_deal("ends before it begins", "1", closed_at=at(days=-10), **won),
        make_deal("lost", "1", status=LeadStatus.LOST, closed_at=at(days=-1)),
        make_deal("unmapped", "1", status=None, pipeline="Limbo"),
    ]
    stage = {"pipeline": "web", "stage": "New"}
    with database.write() as conn:
        assert norms.last_read_at(conn, tenant) is None
        timeline.store_records(
            conn,
            tenant,
            [
                make_record(make_lead("1", **stage), deals=deals),
                make_record(make_lead("2", **stage, status=LeadStatus.LOST), deals=deals[:1]),
                make_record(make_lead("3", stage="New")),
                make_record(make_lead("4", **stage)),
            ],
            at(7),
        )
    with database.read() as conn:
        assert norms.last_read_at(conn, tenant) == at(7)
        assert norms.list_deal_ages(conn, tenant, NOW) == [
            DealAge("open", "Sales", at(days=-8), None),
            DealAge("won", "Sales", at(days=-9), at(days=-1)),
        ]
        assert timeline.leads_of_deals(conn, tenant, ["open"]) == {"1", "2"}
        assert norms.open_leads_in(conn, tenant, {("web", "New")}, []) == {"1", "4"}
        assert norms.open_leads_in(conn, tenant, {("", "New")}, []) == {"3"}
        assert norms.open_leads_in(conn, tenant, (), ["Sales"]) == {"1", "2"}
        assert norms.open_leads_in(conn, tenant, (), ["Limbo"]) == set()
