"""The first tables: tenants, timeline, findings and work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.storage.column_types import Words

revision = "main_0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "installs",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("crm", Words, nullable=False),
        sa.Column("account_id", Words, nullable=False),
        sa.Column("account_name", Words, nullable=False),
        sa.Column("zone", Words, nullable=False),
        sa.Column("currency", Words, nullable=True),
        sa.Column("record_url_base", Words, nullable=False),
        sa.Column("api_url", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("field_keys", Words, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("installed_by", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("status_reason", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("scopes", Words, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("missing_scopes", Words, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("coverage", Words, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("salt", Words, nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("fence_holder", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("fence_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("connected_at", sa.BigInteger(), nullable=False),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("purge_at", sa.BigInteger(), nullable=True),
        sa.Column("all_due_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("install_id", name=op.f("pk_installs")),
        sa.UniqueConstraint("crm", "account_id", name=op.f("uq_installs_crm_account_id")),
    )
    op.create_index(op.f("ix_installs_purge_at"), "installs", ["purge_at"], unique=False)
    op.create_table(
        "oauth_states",
        sa.Column("state_hash", Words, nullable=False),
        sa.Column("crm", Words, nullable=False),
        sa.Column("session_hash", Words, nullable=False),
        sa.Column("sealed_verifier", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name=op.f("pk_oauth_states")),
    )
    op.create_index(op.f("ix_oauth_states_expires_at"), "oauth_states", ["expires_at"], unique=False)
    op.create_table(
        "unknown_accounts",
        sa.Column("sender", Words, nullable=False),
        sa.Column("events", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sender", name=op.f("pk_unknown_accounts")),
    )
    op.create_table(
        "worker_slots",
        sa.Column("slot", Words, nullable=False),
        sa.Column("holder", Words, nullable=False),
        sa.Column("host", Words, nullable=False),
        sa.Column("pid", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_worker_slots")),
    )
    op.create_table(
        "activities",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("activity_id", Words, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("direction", Words, nullable=True),
        sa.Column("state", Words, nullable=True),
        sa.Column("disposition", Words, nullable=True),
        sa.Column("is_automated", sa.Boolean(), nullable=True),
        sa.Column("duration_s", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", Words, nullable=True),
        sa.Column("raw", Words, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("subject", Words, nullable=True),
        sa.Column("text", Words, nullable=True),
        sa.Column("is_text_wiped", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("from_lead_id", Words, nullable=True),
        sa.Column("missing_since", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_activities_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", "kind", "activity_id", name=op.f("pk_activities")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_activities_install_id_activity_id"), "activities", ["install_id", "activity_id"], unique=False
    )
    op.create_index(
        op.f("ix_activities_install_id_owner_id_kind_recorded_at"),
        "activities",
        ["install_id", "owner_id", "kind", "recorded_at"],
        unique=False,
    )
    op.create_table(
        "text_prints",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("activity_id", Words, nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.Column("words", Words, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("missing_since", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_text_prints_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", "kind", "activity_id", name=op.f("pk_text_prints")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_text_prints_install_id_digest_occurred_at"),
        "text_prints",
        ["install_id", "digest", "occurred_at"],
        unique=False,
    )
    op.create_table(
        "text_bands",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("band", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("simhash", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_text_bands_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "band", "digest", name=op.f("pk_text_bands")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_text_bands_install_id_digest"), "text_bands", ["install_id", "digest"], unique=False)
    op.create_table(
        "contact_keys",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("key_kind", Words, nullable=False),
        sa.Column("key_hash", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_contact_keys_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "key_kind", "key_hash", "lead_id", name=op.f("pk_contact_keys")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_contact_keys_install_id_lead_id"), "contact_keys", ["install_id", "lead_id"], unique=False
    )
    op.create_index(
        op.f("ix_contact_keys_install_id_key_kind_key_hash_received_at"),
        "contact_keys",
        ["install_id", "key_kind", "key_hash", "received_at"],
        unique=False,
    )
    op.create_table(
        "duplicate_keys",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("key_hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_duplicate_keys_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "key_hash", "received_at", "lead_id", name=op.f("pk_duplicate_keys")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_duplicate_keys_install_id_lead_id"), "duplicate_keys", ["install_id", "lead_id"], unique=False
    )
    op.create_table(
        "duplicate_pairs",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("other_id", Words, nullable=False),
        sa.Column("percent", sa.BigInteger(), nullable=False),
        sa.Column("apart", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("agrees", Words, server_default=sa.text("'[]'"), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_duplicate_pairs_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", "other_id", name=op.f("pk_duplicate_pairs")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_duplicate_pairs_install_id_other_id"), "duplicate_pairs", ["install_id", "other_id"], unique=False
    )
    op.create_table(
        "duplicate_splits",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("other_id", Words, nullable=False),
        sa.Column("split_at", sa.BigInteger(), nullable=False),
        sa.Column("split_by", Words, nullable=False),
        sa.Column("joined_at", sa.BigInteger(), nullable=True),
        sa.Column("joined_by", Words, nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_duplicate_splits_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", "other_id", "split_at", name=op.f("pk_duplicate_splits")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_duplicate_splits_install_id_other_id"), "duplicate_splits", ["install_id", "other_id"], unique=False
    )
    op.create_table(
        "lead_traits",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("subnet", sa.BigInteger(), nullable=True),
        sa.Column("payload", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.BigInteger(), nullable=True),
        sa.Column("family_name", sa.BigInteger(), nullable=True),
        sa.Column("by_net", sa.BigInteger(), nullable=True),
        sa.Column("by_browser", sa.BigInteger(), nullable=True),
        sa.Column("by_hour", sa.BigInteger(), nullable=True),
        sa.Column("reached_at", sa.BigInteger(), nullable=True),
        sa.Column("denied_at", sa.BigInteger(), nullable=True),
        sa.Column("buyer_at", sa.BigInteger(), nullable=True),
        sa.Column("news_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_lead_traits_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", name=op.f("pk_lead_traits")),
    )
    op.create_index(
        op.f("ix_lead_traits_install_id_subnet_received_at_known_at"),
        "lead_traits",
        ["install_id", "subnet", "received_at", "known_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_lead_traits_install_id_payload_received_at_known_at"),
        "lead_traits",
        ["install_id", "payload", "received_at", "known_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_lead_traits_install_id_by_net_received_at"),
        "lead_traits",
        ["install_id", "by_net", "received_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_lead_traits_install_id_by_browser_received_at"),
        "lead_traits",
        ["install_id", "by_browser", "received_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_lead_traits_install_id_by_hour_received_at"),
        "lead_traits",
        ["install_id", "by_hour", "received_at"],
        unique=False,
    )
    op.create_index(
        "ix_lead_traits_buyers_by_subnet",
        "lead_traits",
        ["install_id", "subnet", "received_at"],
        unique=False,
        sqlite_where=sa.text("buyer_at IS NOT NULL"),
        postgresql_where=sa.text("buyer_at IS NOT NULL"),
    )
    op.create_index(
        "ix_lead_traits_buyers_by_payload",
        "lead_traits",
        ["install_id", "payload", "received_at"],
        unique=False,
        sqlite_where=sa.text("buyer_at IS NOT NULL"),
        postgresql_where=sa.text("buyer_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_lead_traits_install_id_news_at"), "lead_traits", ["install_id", "news_at"], unique=False)
    op.create_table(
        "lead_templates",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("template", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leads", sa.BigInteger(), nullable=False),
        sa.Column("reached", sa.BigInteger(), nullable=False),
        sa.Column("denied", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_lead_templates_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "template", name=op.f("pk_lead_templates")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "campaigns",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("campaign_id", Words, nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("label", Words, nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("source", Words, nullable=True),
        sa.Column("entered_by", Words, nullable=False),
        sa.Column("removed_by", Words, nullable=True),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_campaigns_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "campaign_id", "entered_at", name=op.f("pk_campaigns")),
    )
    op.create_table(
        "contracts",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("contract", Words, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("vendor", Words, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("body", Words, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("saved_by", Words, nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_contracts_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "contract", "version", name=op.f("pk_contracts")),
    )
    op.create_table(
        "counters",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("value", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_counters_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "name", name=op.f("pk_counters")),
    )
    op.create_table(
        "current_findings",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("rule_id", Words, nullable=False),
        sa.Column("fingerprint", Words, nullable=False),
        sa.Column("outcome", Words, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_current_findings_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", "rule_id", name=op.f("pk_current_findings")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_current_findings_install_id_rule_id_outcome_lead_id"),
        "current_findings",
        ["install_id", "rule_id", "outcome", "lead_id"],
        unique=False,
    )
    op.create_table(
        "cursors",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("cursor", Words, nullable=True),
        sa.Column("done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_cursors_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "name", name=op.f("pk_cursors")),
    )
    op.create_table(
        "deals",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("deal_id", Words, nullable=False),
        sa.Column("pipeline", Words, nullable=False),
        sa.Column("stage", Words, nullable=False),
        sa.Column("status", Words, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", Words, nullable=True),
        sa.Column("owner_id", Words, nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("stage_since", sa.BigInteger(), nullable=True),
        sa.Column("record_url", Words, nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_deals_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "deal_id", name=op.f("pk_deals")),
    )
    op.create_table(
        "deal_contacts",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("deal_id", Words, nullable=False),
        sa.Column("contact_id", Words, nullable=False),
        sa.Column("role", Words, nullable=True),
        sa.Column("is_decider", sa.Boolean(), nullable=True),
        sa.Column("missing_since", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_deal_contacts_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "deal_id", "contact_id", name=op.f("pk_deal_contacts")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_deal_contacts_install_id_contact_id"), "deal_contacts", ["install_id", "contact_id"], unique=False
    )
    op.create_table(
        "known_fields",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("field", Words, nullable=False),
        sa.Column("label", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_known_fields_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "field", name=op.f("pk_known_fields")),
    )
    op.create_table(
        "learned_truths",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("learned_at", sa.BigInteger(), nullable=False),
        sa.Column("version", Words, nullable=False),
        sa.Column("model_version", Words, nullable=False),
        sa.Column("figures", Words, nullable=False),
        sa.Column("grounds", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_learned_truths_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "learned_at", name=op.f("pk_learned_truths")),
    )
    op.create_table(
        "lead_outcomes",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("said", sa.BigInteger(), nullable=False),
        sa.Column("spoke", Words, nullable=False),
        sa.Column("codes", Words, nullable=False),
        sa.Column("found", Words, nullable=False),
        sa.Column("found_as", Words, nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=True),
        sa.Column("model_version", Words, nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_lead_outcomes_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", name=op.f("pk_lead_outcomes")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_lead_outcomes_install_id_noted_at"), "lead_outcomes", ["install_id", "noted_at"], unique=False
    )
    op.create_table(
        "norms",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("learned_at", sa.BigInteger(), nullable=False),
        sa.Column("norms_id", Words, nullable=False),
        sa.Column("figures", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_norms_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "learned_at", name=op.f("pk_norms")),
    )
    op.create_index(op.f("ix_norms_install_id_norms_id"), "norms", ["install_id", "norms_id"], unique=False)
    op.create_table(
        "lookup_choices",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("is_on", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("limit_minor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("price_milli", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("currency", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("chosen_at", sa.BigInteger(), nullable=False),
        sa.Column("chosen_by", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_lookup_choices_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "kind", name=op.f("pk_lookup_choices")),
    )
    op.create_table(
        "lookup_wants",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("ask_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_lookup_wants_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", "kind", name=op.f("pk_lookup_wants")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_lookup_wants_install_id_kind_ask_at"),
        "lookup_wants",
        ["install_id", "kind", "ask_at"],
        unique=False,
    )
    op.create_table(
        "lookups",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("key_hash", Words, nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", Words, nullable=True),
        sa.Column("price_milli", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("currency", Words, server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_lookups_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "kind", "key_hash", "asked_at", name=op.f("pk_lookups")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_lookups_install_id_kind_asked_at"), "lookups", ["install_id", "kind", "asked_at"], unique=False
    )
    op.create_table(
        "field_roles",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("role", Words, nullable=False),
        sa.Column("field", Words, nullable=False),
        sa.Column("chosen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_field_roles_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "role", name=op.f("pk_field_roles")),
    )
    op.create_table(
        "dirty_leads",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("marked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_dirty_leads_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", name=op.f("pk_dirty_leads")),
    )
    op.create_table(
        "events",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("event_hash", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("object_type", Words, nullable=False),
        sa.Column("object_id", Words, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("is_creation", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_import", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("arrived_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_events_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "event_hash", name=op.f("pk_events")),
    )
    op.create_index(
        op.f("ix_events_install_id_done_at_occurred_at"),
        "events",
        ["install_id", "done_at", "occurred_at"],
        unique=False,
    )
    op.create_index(op.f("ix_events_install_id_object_id"), "events", ["install_id", "object_id"], unique=False)
    op.create_table(
        "finding_mentions",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("mentioned_id", Words, nullable=False),
        sa.Column("fingerprint", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_finding_mentions_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "mentioned_id", "fingerprint", name=op.f("pk_finding_mentions")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_finding_mentions_install_id_fingerprint"),
        "finding_mentions",
        ["install_id", "fingerprint"],
        unique=False,
    )
    op.create_table(
        "findings",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("fingerprint", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("rule_id", Words, nullable=False),
        sa.Column("rule_version", sa.BigInteger(), nullable=False),
        sa.Column("outcome", Words, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("sentence", Words, nullable=False),
        sa.Column("said", Words, nullable=True),
        sa.Column("policy_version", Words, nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("measures", Words, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("evidence", Words, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("owner_id", Words, nullable=True),
        sa.Column("next_change_at", sa.BigInteger(), nullable=True),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_findings_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "fingerprint", name=op.f("pk_findings")),
    )
    op.create_index(op.f("ix_findings_install_id_lead_id"), "findings", ["install_id", "lead_id"], unique=False)
    op.create_table(
        "forgotten",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_hash", Words, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_forgotten_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_hash", name=op.f("pk_forgotten")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lead_audits",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("owner_id", Words, nullable=True),
        sa.Column("source", Words, nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("audited_at", sa.BigInteger(), nullable=False),
        sa.Column("policy_version", Words, nullable=False),
        sa.Column("first_attempt_at", sa.BigInteger(), nullable=True),
        sa.Column("first_attempt_s", sa.BigInteger(), nullable=True),
        sa.Column("first_attempt_wall_s", sa.BigInteger(), nullable=True),
        sa.Column("first_connection_at", sa.BigInteger(), nullable=True),
        sa.Column("charged_to", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("answer", Words, server_default=sa.text("'unknown'"), nullable=False),
        sa.Column("cause", Words, server_default=sa.text("'none'"), nullable=False),
        sa.Column("target", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("lead_type", Words, nullable=True),
        sa.Column("waited_s", sa.BigInteger(), nullable=True),
        sa.Column("needed_s", sa.BigInteger(), nullable=True),
        sa.Column("is_goal_kept", sa.Boolean(), nullable=True),
        sa.Column("is_never_called", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_sure", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("is_response_sure", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("first_connection_s", sa.BigInteger(), nullable=True),
        sa.Column("first_connection_wall_s", sa.BigInteger(), nullable=True),
        sa.Column("vendor_leg_wall_s", sa.BigInteger(), nullable=True),
        sa.Column("system_leg_s", sa.BigInteger(), nullable=True),
        sa.Column("human_leg_s", sa.BigInteger(), nullable=True),
        sa.Column("load_holder_id", Words, nullable=True),
        sa.Column("load_waiting", sa.BigInteger(), nullable=True),
        sa.Column("load_fits_milli", sa.BigInteger(), nullable=True),
        sa.Column("won_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts_calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts_emails", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_attempt_at", sa.BigInteger(), nullable=True),
        sa.Column("quality", sa.BigInteger(), nullable=True),
        sa.Column("handling", sa.BigInteger(), nullable=True),
        sa.Column("quality_parts", Words, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("handling_parts", Words, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("verdict", Words, nullable=False),
        sa.Column("follow_up_status", Words, nullable=False),
        sa.Column("note", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("truth", Words, nullable=True),
        sa.Column("fit", sa.BigInteger(), nullable=True),
        sa.Column("next_change_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.Column("is_forgotten", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_lead_audits_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", name=op.f("pk_lead_audits")),
    )
    op.create_index(
        op.f("ix_lead_audits_install_id_follow_up_status_due_at"),
        "lead_audits",
        ["install_id", "follow_up_status", "due_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_lead_audits_install_id_next_change_at"),
        "lead_audits",
        ["install_id", "next_change_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_lead_audits_install_id_owner_id_received_at"),
        "lead_audits",
        ["install_id", "owner_id", "received_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_lead_audits_install_id_received_at"), "lead_audits", ["install_id", "received_at"], unique=False
    )
    op.create_index(op.f("ix_lead_audits_next_change_at"), "lead_audits", ["next_change_at"], unique=False)
    op.create_table(
        "leads",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("first_name", Words, nullable=True),
        sa.Column("last_name", Words, nullable=True),
        sa.Column("email", Words, nullable=True),
        sa.Column("phone", Words, nullable=True),
        sa.Column("mobile", Words, nullable=True),
        sa.Column("company", Words, nullable=True),
        sa.Column("country", Words, nullable=True),
        sa.Column("source", Words, nullable=True),
        sa.Column("source_detail", Words, nullable=True),
        sa.Column("owner_id", Words, nullable=True),
        sa.Column("status", Words, nullable=True),
        sa.Column("raw_status", Words, nullable=True),
        sa.Column("lead_type", Words, nullable=True),
        sa.Column("message", Words, nullable=True),
        sa.Column("is_imported", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("record_url", Words, nullable=True),
        sa.Column("modified_at", sa.BigInteger(), nullable=True),
        sa.Column("submitted_at", sa.BigInteger(), nullable=True),
        sa.Column("preferred_at", sa.BigInteger(), nullable=True),
        sa.Column("recontact_on", sa.Date(), nullable=True),
        sa.Column("has_call_consent", sa.Boolean(), nullable=True),
        sa.Column("priority", Words, nullable=True),
        sa.Column("pipeline", Words, nullable=True),
        sa.Column("stage", Words, nullable=True),
        sa.Column("stage_since", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("language", Words, nullable=True),
        sa.Column("ip", Words, nullable=True),
        sa.Column("user_agent", Words, nullable=True),
        sa.Column("time_on_form_s", sa.Float(), nullable=True),
        sa.Column("honeypot", Words, nullable=True),
        sa.Column("consent_proof", Words, nullable=True),
        sa.Column("facts", Words, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("search_text", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("keys_region", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("our_fields", Words, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("unseen", Words, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("companion_id", Words, nullable=True),
        sa.Column("organization_id", Words, nullable=True),
        sa.Column("is_locked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_leads_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", name=op.f("pk_leads")),
    )
    op.create_index(op.f("ix_leads_install_id_gone_at"), "leads", ["install_id", "gone_at"], unique=False)
    op.create_index(op.f("ix_leads_install_id_keys_region"), "leads", ["install_id", "keys_region"], unique=False)
    op.create_index(op.f("ix_leads_install_id_companion_id"), "leads", ["install_id", "companion_id"], unique=False)
    op.create_index(
        op.f("ix_leads_install_id_organization_id"), "leads", ["install_id", "organization_id"], unique=False
    )
    op.create_index(
        op.f("ix_leads_install_id_owner_id_received_at"),
        "leads",
        ["install_id", "owner_id", "received_at"],
        unique=False,
    )
    op.create_table(
        "login_links",
        sa.Column("link_hash", Words, nullable=False),
        sa.Column("install_id", Words, nullable=False),
        sa.Column("user_id", Words, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_login_links_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("link_hash", name=op.f("pk_login_links")),
    )
    op.create_index(op.f("ix_login_links_expires_at"), "login_links", ["expires_at"], unique=False)
    op.create_index(op.f("ix_login_links_install_id_user_id"), "login_links", ["install_id", "user_id"], unique=False)
    op.create_table(
        "owner_findings",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("owner_id", Words, nullable=False),
        sa.Column("rule_id", Words, nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("period_from", sa.BigInteger(), nullable=False),
        sa.Column("rule_version", sa.BigInteger(), nullable=False),
        sa.Column("outcome", Words, nullable=False),
        sa.Column("reason", Words, nullable=False),
        sa.Column("sentence", Words, nullable=False),
        sa.Column("said", Words, nullable=True),
        sa.Column("policy_version", Words, nullable=False),
        sa.Column("measures", Words, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("evidence", Words, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("fingerprint", Words, nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_owner_findings_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "owner_id", "rule_id", "as_of", name=op.f("pk_owner_findings")),
    )
    op.create_index(
        op.f("ix_owner_findings_install_id_as_of"), "owner_findings", ["install_id", "as_of"], unique=False
    )
    op.create_index(
        op.f("ix_owner_findings_install_id_fingerprint"),
        "owner_findings",
        ["install_id", "fingerprint"],
        unique=False,
    )
    op.create_table(
        "contests",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("contest_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("owner_id", Words, nullable=True),
        sa.Column("rule_id", Words, nullable=False),
        sa.Column("fingerprint", Words, nullable=False),
        sa.Column("why", Words, nullable=False),
        sa.Column("opened_by", Words, nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("decision", Words, nullable=True),
        sa.Column("decided_by", Words, nullable=True),
        sa.Column("decision_note", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_contests_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "contest_id", name=op.f("pk_contests")),
    )
    op.create_index(
        op.f("ix_contests_install_id_decided_at_opened_at"),
        "contests",
        ["install_id", "decided_at", "opened_at"],
        unique=False,
    )
    op.create_index(op.f("ix_contests_install_id_lead_id"), "contests", ["install_id", "lead_id"], unique=False)
    op.create_index(op.f("ix_contests_install_id_owner_id"), "contests", ["install_id", "owner_id"], unique=False)
    op.create_table(
        "repairs",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("field", Words, nullable=False),
        sa.Column("given", Words, nullable=False),
        sa.Column("proposals", Words, nullable=False),
        sa.Column("state", Words, nullable=False),
        sa.Column("chosen", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", Words, nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("mended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_repairs_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", "field", name=op.f("pk_repairs")),
    )
    op.create_index(
        op.f("ix_repairs_install_id_state_found_at"), "repairs", ["install_id", "state", "found_at"], unique=False
    )
    op.create_table(
        "reports",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("report_id", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("period_from", sa.BigInteger(), nullable=False),
        sa.Column("period_to", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("inputs", Words, nullable=False),
        sa.Column("figures", Words, nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_reports_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "report_id", name=op.f("pk_reports")),
    )
    op.create_index(op.f("ix_reports_install_id_period_to"), "reports", ["install_id", "period_to"], unique=False)
    op.create_table(
        "report_runs",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("period_from", sa.BigInteger(), nullable=False),
        sa.Column("period_to", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=True),
        sa.Column("plan", Words, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("report_id", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("failure", Words, server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_report_runs_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "kind", name=op.f("pk_report_runs")),
    )
    op.create_table(
        "report_parts",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_report_parts_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "kind", "lead_id", name=op.f("pk_report_parts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "case_snapshots",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("digest", Words, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_case_snapshots_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", "seen_at", name=op.f("pk_case_snapshots")),
    )
    op.create_table(
        "api_keys",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("key_id", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("secret_hash", Words, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", Words, nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_api_keys_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "key_id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_id", name=op.f("uq_api_keys_key_id")),
    )
    op.create_table(
        "alerts",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("rule_id", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", Words, nullable=False),
        sa.Column("send_after", sa.BigInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", Words, server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_alerts_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "install_id", "lead_id", "rule_id", "kind", "due_at", "user_id", name=op.f("pk_alerts")
        ),
    )
    op.create_index(
        op.f("ix_alerts_install_id_sent_at_send_after"),
        "alerts",
        ["install_id", "sent_at", "send_after"],
        unique=False,
    )
    op.create_table(
        "notices",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("notice_key", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("sentence", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_notices_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "notice_key", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_install_id_lead_id"), "notices", ["install_id", "lead_id"], unique=False)
    op.create_index(op.f("ix_notices_install_id_taken_at"), "notices", ["install_id", "taken_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("values", Words, nullable=False),
        sa.Column("status", Words, nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("complaint", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("retry_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_outbox_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", name=op.f("pk_outbox")),
    )
    op.create_index(
        op.f("ix_outbox_install_id_status_planned_at"), "outbox", ["install_id", "status", "planned_at"], unique=False
    )
    op.create_table(
        "owner_changes",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", Words, nullable=False),
        sa.Column("source", Words, server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_owner_changes_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", "occurred_at", "owner_id", name=op.f("pk_owner_changes")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_owner_changes_install_id_owner_id_occurred_at"),
        "owner_changes",
        ["install_id", "owner_id", "occurred_at"],
        unique=False,
    )
    op.create_table(
        "owners",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("owner_id", Words, nullable=False),
        sa.Column("user_id", Words, nullable=True),
        sa.Column("email", Words, nullable=True),
        sa.Column("name", Words, nullable=False),
        sa.Column("team", Words, nullable=True),
        sa.Column("is_archived", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_owners_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "owner_id", name=op.f("pk_owners")),
    )
    op.create_table(
        "policies",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("version", Words, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("policy", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_policies_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "version", name=op.f("pk_policies")),
        sa.UniqueConstraint("install_id", "position", name=op.f("uq_policies_install_id_position")),
    )
    op.create_table(
        "stage_changes",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("field", Words, nullable=False),
        sa.Column("raw_status", Words, nullable=False),
        sa.Column("source", Words, server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_stage_changes_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "install_id", "lead_id", "occurred_at", "field", "raw_status", name=op.f("pk_stage_changes")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tasks",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("task_id", Words, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("is_done", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("owner_id", Words, nullable=True),
        sa.Column("raw", Words, server_default=sa.text("'[]'"), nullable=False),
        sa.Column("from_lead_id", Words, nullable=True),
        sa.Column("missing_since", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_tasks_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", "task_id", name=op.f("pk_tasks")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tasks_install_id_task_id"), "tasks", ["install_id", "task_id"], unique=False)
    op.create_index(
        op.f("ix_tasks_install_id_owner_id_completed_at"),
        "tasks",
        ["install_id", "owner_id", "completed_at"],
        unique=False,
    )
    op.create_table(
        "tokens",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("key_id", Words, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("refresh_holder", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("refresh_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_tokens_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", name=op.f("pk_tokens")),
    )
    op.create_table(
        "tombstones",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("kind", Words, nullable=False),
        sa.Column("winner_id", Words, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_tombstones_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", name=op.f("pk_tombstones")),
    )
    op.create_index(
        op.f("ix_tombstones_install_id_winner_id"), "tombstones", ["install_id", "winner_id"], unique=False
    )
    op.create_table(
        "known_values",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("field", Words, nullable=False),
        sa.Column("value", Words, nullable=False),
        sa.Column("label", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_known_values_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "field", "value", name=op.f("pk_known_values")),
    )
    op.create_table(
        "value_mappings",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("field", Words, nullable=False),
        sa.Column("value", Words, nullable=False),
        sa.Column("meaning", Words, nullable=False),
        sa.Column("chosen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_value_mappings_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "field", "value", name=op.f("pk_value_mappings")),
    )
    op.create_table(
        "unmapped_values",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("field", Words, nullable=False),
        sa.Column("value", Words, nullable=False),
        sa.Column("seen", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_unmapped_values_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "field", "value", name=op.f("pk_unmapped_values")),
    )
    op.create_table(
        "users",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("user_id", Words, nullable=False),
        sa.Column("email", Words, nullable=False),
        sa.Column("email_key", Words, nullable=False),
        sa.Column("name", Words, nullable=False),
        sa.Column("role", Words, nullable=False),
        sa.Column("owner_id", Words, nullable=True),
        sa.Column("language", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("gets_digest", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("gets_alerts", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_users_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("install_id", "email_key", name=op.f("uq_users_install_id_email_key")),
    )
    op.create_index(op.f("ix_users_email_key"), "users", ["email_key"], unique=False)
    op.create_table(
        "wakes",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("wake_no", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("failures", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("last_error", Words, server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_wakes_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", name=op.f("pk_wakes")),
    )
    op.create_table(
        "web_sessions",
        sa.Column("session_hash", Words, nullable=False),
        sa.Column("install_id", Words, nullable=True),
        sa.Column("user_id", Words, nullable=True),
        sa.Column("role", Words, nullable=True),
        sa.Column("data", Words, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_web_sessions_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_web_sessions")),
    )
    op.create_index(op.f("ix_web_sessions_expires_at"), "web_sessions", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_web_sessions_install_id_user_id"), "web_sessions", ["install_id", "user_id"], unique=False
    )
    op.create_table(
        "written_values",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("lead_id", Words, nullable=False),
        sa.Column("field", Words, nullable=False),
        sa.Column("value", Words, nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_written_values_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "lead_id", "field", name=op.f("pk_written_values")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger",
        sa.Column("install_id", Words, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", Words, nullable=False),
        sa.Column("actor_id", Words, nullable=False),
        sa.Column("act", Words, nullable=False),
        sa.Column("vendor", Words, nullable=False),
        sa.Column("subject", Words, nullable=False),
        sa.Column("body", Words, nullable=False),
        sa.Column("prev_hash", Words, nullable=False),
        sa.Column("hash", Words, nullable=False),
        sa.ForeignKeyConstraint(
            ["install_id"], ["installs.install_id"], name=op.f("fk_ledger_install_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("install_id", "seq", name=op.f("pk_ledger")),
    )
    for statement in _LEDGER_GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


#: The log only grows, and only by the entry that comes next. An entry goes with its account alone: when the row in
#: installs is gone, and by the cascade from it.
_LEDGER_GUARDS = {
    "sqlite": (
        """
        CREATE TRIGGER ledger_no_update BEFORE UPDATE ON ledger
        BEGIN SELECT RAISE(ABORT, 'the log is never changed'); END
        """,
        """
        CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
        WHEN EXISTS (SELECT 1 FROM installs WHERE install_id = OLD.install_id)
        BEGIN SELECT RAISE(ABORT, 'the log is never cut while its account is here'); END
        """,
        """
        CREATE TRIGGER ledger_in_order BEFORE INSERT ON ledger
        WHEN NEW.seq <> 1 + coalesce((SELECT max(seq) FROM ledger WHERE install_id = NEW.install_id), 0)
            OR NEW.prev_hash <> coalesce(
                (SELECT hash FROM ledger WHERE install_id = NEW.install_id ORDER BY seq DESC LIMIT 1),
                '0000000000000000000000000000000000000000000000000000000000000000'
            )
        BEGIN SELECT RAISE(ABORT, 'the log grows at its end alone'); END
        """,
    ),
    "postgresql": (
        """
        CREATE FUNCTION ledger_guard() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            last_seq bigint;
            last_hash text;
        BEGIN
            IF TG_OP = 'INSERT' THEN
                SELECT seq, hash INTO last_seq, last_hash FROM ledger
                    WHERE install_id = NEW.install_id ORDER BY seq DESC LIMIT 1;
                IF NEW.seq <> 1 + coalesce(last_seq, 0) OR NEW.prev_hash <> coalesce(last_hash, repeat('0', 64)) THEN
                    RAISE EXCEPTION 'the log grows at its end alone' USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN NEW;
            ELSIF TG_OP = 'DELETE' THEN
                IF EXISTS (SELECT 1 FROM installs WHERE install_id = OLD.install_id) THEN
                    RAISE EXCEPTION 'the log is never cut while its account is here'
                        USING ERRCODE = 'restrict_violation';
                END IF;
                RETURN OLD;
            END IF;
            RAISE EXCEPTION 'the log is never changed' USING ERRCODE = 'restrict_violation';
        END $$
        """,
        """
        CREATE TRIGGER ledger_guard BEFORE INSERT OR UPDATE OR DELETE ON ledger
        FOR EACH ROW EXECUTE FUNCTION ledger_guard()
        """,
        """
        CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger
        FOR EACH STATEMENT EXECUTE FUNCTION ledger_guard()
        """,
    ),
}
