"""The tables. Every key begins with install_id, so that tenants stay apart and the data can be sharded by it.

`sqlite_with_rowid=False`: on SQLite such rows live in the order of their key, so the timeline of a lead is one
stretch of the file.
"""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa

from connector.storage.column_types import RowId, UtcMicros, Words

_NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}

metadata = sa.MetaData(naming_convention=_NAMES)
inbox_metadata = sa.MetaData(naming_convention=_NAMES)


def _tenant() -> sa.Column[str]:
    """The first key column of a tenant's table; rows die with their install."""
    return sa.Column("install_id", Words, sa.ForeignKey("installs.install_id", ondelete="CASCADE"), primary_key=True)


def _tenant_field(*, nullable: bool = False) -> sa.Column[str]:
    """The tenant of a row that is found by a secret of its own."""
    return sa.Column("install_id", Words, sa.ForeignKey("installs.install_id", ondelete="CASCADE"), nullable=nullable)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, Words, primary_key=True)


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    """Text that is always there."""
    return sa.Column(name, Words, nullable=False, server_default=None if default is None else sa.text(f"'{default}'"))


def _words(name: str) -> sa.Column[str]:
    """Text that may be unknown."""
    return sa.Column(name, Words)


def _at(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UtcMicros, nullable=nullable)


def _on(name: str) -> sa.Column[date]:
    """A day that may be unknown."""
    return sa.Column(name, sa.Date)


def _maybe(name: str) -> sa.Column[bool]:
    """Yes, no, or unknown."""
    return sa.Column(name, sa.Boolean)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default=sa.text("0"))


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger)


def _whole(name: str) -> sa.Column[int]:
    """A number that is always there."""
    return sa.Column(name, sa.BigInteger, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


# --- tenants, their tokens and people -------------------------------------------------------------------------

installs = sa.Table(
    "installs",
    metadata,
    _key("install_id"),
    _text("crm"),
    _text("account_id"),
    _text("account_name"),
    _text("zone"),
    _words("currency"),
    _text("record_url_base"),
    _text("api_url", ""),
    _text("field_keys", "{}"),
    _text("installed_by", ""),
    _text("status"),
    _text("status_reason", ""),
    _text("scopes", "[]"),
    _text("missing_scopes", "[]"),
    _text("coverage", "[]"),
    _text("salt"),
    _count("fence"),
    _text("fence_holder", ""),
    _at("fence_at", nullable=True),
    _at("created_at"),
    _at("connected_at"),
    _at("paused_at", nullable=True),
    _at("purge_at", nullable=True),
    _at("all_due_at", nullable=True),
    sa.UniqueConstraint("crm", "account_id"),
    sa.Index(None, "purge_at"),
)

tokens = sa.Table(
    "tokens",
    metadata,
    _tenant(),
    _text("key_id"),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    _at("expires_at"),
    _count("version"),
    _text("refresh_holder", ""),
    _at("refresh_until", nullable=True),
)

oauth_states = sa.Table(
    "oauth_states",
    metadata,
    _key("state_hash"),
    _text("crm"),
    _text("session_hash"),
    sa.Column("sealed_verifier", sa.LargeBinary, nullable=False),
    _at("expires_at"),
    sa.Index(None, "expires_at"),
)

web_sessions = sa.Table(
    "web_sessions",
    metadata,
    _key("session_hash"),
    _tenant_field(nullable=True),
    _words("user_id"),
    _words("role"),
    _text("data", "{}"),
    _at("expires_at"),
    sa.Index(None, "install_id", "user_id"),
    sa.Index(None, "expires_at"),
)

login_links = sa.Table(
    "login_links",
    metadata,
    _key("link_hash"),
    _tenant_field(),
    _text("user_id"),
    _at("expires_at"),
    sa.Index(None, "install_id", "user_id"),
    sa.Index(None, "expires_at"),
)

owners = sa.Table(
    "owners",
    metadata,
    _tenant(),
    _key("owner_id"),
    _words("user_id"),
    _words("email"),
    _text("name"),
    _words("team"),
    _flag("is_archived"),
)

users = sa.Table(
    "users",
    metadata,
    _tenant(),
    _key("user_id"),
    _text("email"),
    _text("email_key"),
    _text("name"),
    _text("role"),
    _words("owner_id"),
    _text("language", ""),
    _flag("gets_digest"),
    _flag("gets_alerts"),
    _at("disabled_at", nullable=True),
    sa.UniqueConstraint("install_id", "email_key"),
    sa.Index(None, "email_key"),
)

#: Keys of the API. `secret_hash`: hex SHA-256 of the secret, which is kept nowhere. `last_used_at`: to the hour.
api_keys = sa.Table(
    "api_keys",
    metadata,
    _tenant(),
    _key("key_id"),
    _text("name"),
    _text("secret_hash"),
    _at("created_at"),
    _text("created_by"),
    _at("last_used_at", nullable=True),
    _at("revoked_at", nullable=True),
    sa.UniqueConstraint("key_id"),
)

# --- the timeline ----------------------------------------------------------------------------------------------

leads = sa.Table(
    "leads",
    metadata,
    _tenant(),
    _key("lead_id"),
    _at("received_at"),
    _at("recorded_at"),
    _words("first_name"),
    _words("last_name"),
    _words("email"),
    _words("phone"),
    _words("mobile"),
    _words("company"),
    _words("country"),
    _words("source"),
    _words("source_detail"),
    _words("owner_id"),
    _words("status"),
    _words("raw_status"),
    _words("lead_type"),
    _words("message"),
    _flag("is_imported"),
    _words("record_url"),
    _at("modified_at", nullable=True),
    _at("submitted_at", nullable=True),
    _at("preferred_at", nullable=True),
    _on("recontact_on"),
    _maybe("has_call_consent"),
    _words("priority"),
    _words("pipeline"),
    _words("stage"),
    _at("stage_since", nullable=True),
    _at("closed_at", nullable=True),
    _words("language"),
    _words("ip"),
    _words("user_agent"),
    sa.Column("time_on_form_s", sa.Float, nullable=True),
    _words("honeypot"),
    _words("consent_proof"),
    _text("facts", "{}"),
    _text("search_text", ""),
    _text("keys_region", ""),
    _text("our_fields", "{}"),
    _text("unseen", "[]"),
    _words("companion_id"),
    _words("organization_id"),
    _flag("is_locked"),
    _at("read_at"),
    _at("gone_at", nullable=True),
    sa.Index(None, "install_id", "owner_id", "received_at"),
    sa.Index(None, "install_id", "gone_at"),
    sa.Index(None, "install_id", "keys_region"),
    sa.Index(None, "install_id", "companion_id"),
    sa.Index(None, "install_id", "organization_id"),
)

activities = sa.Table(
    "activities",
    metadata,
    _tenant(),
    _key("lead_id"),
    _key("kind"),
    _key("activity_id"),
    _at("occurred_at"),
    _at("recorded_at"),
    _words("direction"),
    _words("state"),
    _words("disposition"),
    _maybe("is_automated"),
    _number("duration_s"),
    _words("owner_id"),
    _text("raw", "[]"),
    _words("subject"),
    _words("text"),
    _flag("is_text_wiped"),
    _words("from_lead_id"),
    _at("missing_since", nullable=True),
    sa.Index(None, "install_id", "activity_id"),
    sa.Index(None, "install_id", "owner_id", "kind", "recorded_at"),
    sqlite_with_rowid=False,
)

tasks = sa.Table(
    "tasks",
    metadata,
    _tenant(),
    _key("lead_id"),
    _key("task_id"),
    _at("recorded_at"),
    _at("due_at", nullable=True),
    _flag("is_done"),
    _at("completed_at", nullable=True),
    _words("owner_id"),
    _text("raw", "[]"),
    _words("from_lead_id"),
    _at("missing_since", nullable=True),
    sa.Index(None, "install_id", "task_id"),
    sa.Index(None, "install_id", "owner_id", "completed_at"),
    sqlite_with_rowid=False,
)

#: owner_id "" = taken away from everybody: a key column cannot be NULL.
owner_changes = sa.Table(
    "owner_changes",
    metadata,
    _tenant(),
    _key("lead_id"),
    sa.Column("occurred_at", UtcMicros, primary_key=True),
    _key("owner_id"),
    _text("source", ""),
    sa.Index(None, "install_id", "owner_id", "occurred_at"),
    sqlite_with_rowid=False,
)

stage_changes = sa.Table(
    "stage_changes",
    metadata,
    _tenant(),
    _key("lead_id"),
    sa.Column("occurred_at", UtcMicros, primary_key=True),
    _key("field"),
    _key("raw_status"),
    _text("source", ""),
    sqlite_with_rowid=False,
)

deals = sa.Table(
    "deals",
    metadata,
    _tenant(),
    _key("deal_id"),
    _text("pipeline"),
    _text("stage"),
    _words("status"),
    _at("created_at"),
    _number("amount_minor"),
    _words("currency"),
    _words("owner_id"),
    _at("closed_at", nullable=True),
    _at("stage_since", nullable=True),
    _words("record_url"),
    _at("read_at"),
)

#: Who stands on the other side of a deal, leads of ours or not.
deal_contacts = sa.Table(
    "deal_contacts",
    metadata,
    _tenant(),
    _key("deal_id"),
    _key("contact_id"),
    _words("role"),
    _maybe("is_decider"),
    _at("missing_since", nullable=True),
    sa.Index(None, "install_id", "contact_id"),
    sqlite_with_rowid=False,
)

contact_keys = sa.Table(
    "contact_keys",
    metadata,
    _tenant(),
    _key("key_kind"),
    _key("key_hash"),
    _key("lead_id"),
    _at("received_at"),
    sa.Index(None, "install_id", "lead_id"),
    sa.Index(None, "install_id", "key_kind", "key_hash", "received_at"),
    sqlite_with_rowid=False,
)

#: What leads that may be one person have in common, in salted hashes; read in the order of the key.
duplicate_keys = sa.Table(
    "duplicate_keys",
    metadata,
    _tenant(),
    sa.Column("key_hash", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("received_at", UtcMicros, primary_key=True),
    _key("lead_id"),
    sa.Index(None, "install_id", "lead_id"),
    sqlite_with_rowid=False,
)

#: Two leads that share much: `lead_id` came later than `other_id`. `percent`: how likely they are one person;
#: `apart`: why they are two all the same, "" = nothing says so; `agrees`: [field, level, natural log-odds], the
#: heaviest first.
duplicate_pairs = sa.Table(
    "duplicate_pairs",
    metadata,
    _tenant(),
    _key("lead_id"),
    _key("other_id"),
    _whole("percent"),
    _text("apart", ""),
    _text("agrees", "[]"),
    sa.Index(None, "install_id", "other_id"),
    sqlite_with_rowid=False,
)

#: Two leads of which somebody said that they are two persons, until somebody took it back. The lesser id first.
duplicate_splits = sa.Table(
    "duplicate_splits",
    metadata,
    _tenant(),
    _key("lead_id"),
    _key("other_id"),
    sa.Column("split_at", UtcMicros, primary_key=True),
    _text("split_by"),
    _at("joined_at", nullable=True),
    _words("joined_by"),
    sa.Index(None, "install_id", "other_id"),
    sqlite_with_rowid=False,
)

#: What one lead has in common with others, in salted hashes: part of the net, message, names, and the three templates
#: (source with part of the net, with browser, with hour). `known_at`: received and recorded; `*_at`: since when an
#: audit says that he was reached, had asked for nothing, is a buyer; `news_at`: the latest of all these.
lead_traits = sa.Table(
    "lead_traits",
    metadata,
    _tenant(),
    _key("lead_id"),
    _at("received_at"),
    _at("known_at"),
    _number("subnet"),
    _number("payload"),
    _number("name"),
    _number("family_name"),
    _number("by_net"),
    _number("by_browser"),
    _number("by_hour"),
    _at("reached_at", nullable=True),
    _at("denied_at", nullable=True),
    _at("buyer_at", nullable=True),
    _at("news_at"),
    sa.Index(None, "install_id", "subnet", "received_at", "known_at"),
    sa.Index(None, "install_id", "payload", "received_at", "known_at"),
    sa.Index(None, "install_id", "by_net", "received_at"),
    sa.Index(None, "install_id", "by_browser", "received_at"),
    sa.Index(None, "install_id", "by_hour", "received_at"),
    sa.Index(
        "ix_lead_traits_buyers_by_subnet",
        "install_id",
        "subnet",
        "received_at",
        sqlite_where=sa.text("buyer_at IS NOT NULL"),
        postgresql_where=sa.text("buyer_at IS NOT NULL"),
    ),
    sa.Index(
        "ix_lead_traits_buyers_by_payload",
        "install_id",
        "payload",
        "received_at",
        sqlite_where=sa.text("buyer_at IS NOT NULL"),
        postgresql_where=sa.text("buyer_at IS NOT NULL"),
    ),
    sa.Index(None, "install_id", "news_at"),
)

#: Of each template how many leads have it, and of how many an audit says that they were reached, and had denied.
lead_templates = sa.Table(
    "lead_templates",
    metadata,
    _tenant(),
    sa.Column("template", sa.BigInteger, primary_key=True, autoincrement=False),
    _whole("leads"),
    _whole("reached"),
    _whole("denied"),
    sqlite_with_rowid=False,
)

#: What tells whether two outbound texts are alike: of each text the words that are compared, and a hash of them …
text_prints = sa.Table(
    "text_prints",
    metadata,
    _tenant(),
    _key("lead_id"),
    _key("kind"),
    _key("activity_id"),
    _whole("digest"),
    _text("words"),
    _at("occurred_at"),
    _at("recorded_at"),
    _at("missing_since", nullable=True),
    sa.Index(None, "install_id", "digest", "occurred_at"),
    sqlite_with_rowid=False,
)

#: … and for each such hash the bands of its simhash: texts that share a band may be alike.
text_bands = sa.Table(
    "text_bands",
    metadata,
    _tenant(),
    sa.Column("band", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.BigInteger, primary_key=True, autoincrement=False),
    _whole("simhash"),
    sa.Index(None, "install_id", "digest"),
    sqlite_with_rowid=False,
)

#: Ids that are no live lead any more: deleted in the CRM (kind gone), merged into `winner_id` (merged), or
#: gone on as it in another form (converted).
tombstones = sa.Table(
    "tombstones",
    metadata,
    _tenant(),
    _key("lead_id"),
    _text("kind"),
    _words("winner_id"),
    _at("at"),
    sa.Index(None, "install_id", "winner_id"),
)

#: People who must not come back: nothing but a salted hash of the record's id.
forgotten = sa.Table("forgotten", metadata, _tenant(), _key("lead_hash"), _at("at"), sqlite_with_rowid=False)

# --- what was found ----------------------------------------------------------------------------------------------

findings = sa.Table(
    "findings",
    metadata,
    _tenant(),
    _key("fingerprint"),
    _text("lead_id"),
    _text("rule_id"),
    sa.Column("rule_version", sa.BigInteger, nullable=False),
    _text("outcome"),
    _text("reason"),
    _text("sentence"),
    _words("said"),
    _text("policy_version"),
    _at("as_of"),
    _text("measures", "[]"),
    _text("evidence", "[]"),
    _words("owner_id"),
    _at("next_change_at", nullable=True),
    _at("found_at"),
    _at("confirmed_at"),
    sa.Index(None, "install_id", "lead_id"),
)

current_findings = sa.Table(
    "current_findings",
    metadata,
    _tenant(),
    _key("lead_id"),
    _key("rule_id"),
    _text("fingerprint"),
    _text("outcome"),
    _text("reason"),
    _at("since_at"),
    sa.Index(None, "install_id", "rule_id", "outcome", "lead_id"),
    sqlite_with_rowid=False,
)

#: Other leads that a finding's evidence points at: what must be wiped when one of those is forgotten.
finding_mentions = sa.Table(
    "finding_mentions",
    metadata,
    _tenant(),
    _key("mentioned_id"),
    _key("fingerprint"),
    sa.Index(None, "install_id", "fingerprint"),
    sqlite_with_rowid=False,
)

#: What the rules on persons said of one owner's period [period_from, as_of).
owner_findings = sa.Table(
    "owner_findings",
    metadata,
    _tenant(),
    _key("owner_id"),
    _key("rule_id"),
    sa.Column("as_of", UtcMicros, primary_key=True),
    _at("period_from"),
    sa.Column("rule_version", sa.BigInteger, nullable=False),
    _text("outcome"),
    _text("reason"),
    _text("sentence"),
    _words("said"),
    _text("policy_version"),
    _text("measures", "[]"),
    _text("evidence", "[]"),
    _text("fingerprint"),
    _at("found_at"),
    sa.Index(None, "install_id", "as_of"),
    sa.Index(None, "install_id", "fingerprint"),
)

lead_audits = sa.Table(
    "lead_audits",
    metadata,
    _tenant(),
    _key("lead_id"),
    _words("owner_id"),
    _words("source"),
    _at("received_at"),
    _at("audited_at"),
    _text("policy_version"),
    _at("first_attempt_at", nullable=True),
    _number("first_attempt_s"),
    _number("first_attempt_wall_s"),
    _at("first_connection_at", nullable=True),
    _text("charged_to", ""),
    _text("answer", "unknown"),
    _text("cause", "none"),
    _text("target", ""),
    _words("lead_type"),
    _number("waited_s"),
    _number("needed_s"),
    _maybe("is_goal_kept"),
    _flag("is_never_called"),
    _flag("is_sure"),
    _flag("is_response_sure"),
    _number("first_connection_s"),
    _number("first_connection_wall_s"),
    _number("vendor_leg_wall_s"),
    _number("system_leg_s"),
    _number("human_leg_s"),
    _words("load_holder_id"),
    _number("load_waiting"),
    _number("load_fits_milli"),
    _at("won_at", nullable=True),
    _at("closed_at", nullable=True),
    _count("attempts_calls"),
    _count("attempts_emails"),
    _at("last_attempt_at", nullable=True),
    _number("quality"),
    _number("handling"),
    _text("quality_parts", "[]"),
    _text("handling_parts", "[]"),
    _text("verdict"),
    _text("follow_up_status"),
    _text("note", ""),
    _words("truth"),
    _number("fit"),
    _at("next_change_at", nullable=True),
    _at("due_at", nullable=True),
    _at("gone_at", nullable=True),
    _flag("is_forgotten"),
    sa.Index(None, "install_id", "received_at"),
    sa.Index(None, "install_id", "owner_id", "received_at"),
    sa.Index(None, "install_id", "follow_up_status", "due_at"),
    sa.Index(None, "install_id", "next_change_at"),
    sa.Index(None, "next_change_at"),
)

# --- work and its state -------------------------------------------------------------------------------------------

outbox = sa.Table(
    "outbox",
    metadata,
    _tenant(),
    _key("lead_id"),
    _text("values"),
    _text("status"),
    _count("attempts"),
    _text("complaint", ""),
    _at("planned_at"),
    _at("retry_at", nullable=True),
    sa.Index(None, "install_id", "status", "planned_at"),
)

written_values = sa.Table(
    "written_values",
    metadata,
    _tenant(),
    _key("lead_id"),
    _key("field"),
    _text("value"),
    _at("written_at"),
    sqlite_with_rowid=False,
)

cursors = sa.Table(
    "cursors",
    metadata,
    _tenant(),
    _key("name"),
    _words("cursor"),
    _count("done"),
    _number("total"),
    _at("started_at"),
    _at("updated_at"),
    _at("finished_at", nullable=True),
    _at("next_at", nullable=True),
)

policies = sa.Table(
    "policies",
    metadata,
    _tenant(),
    _key("version"),
    sa.Column("position", sa.BigInteger, nullable=False),
    _at("valid_from"),
    _text("policy"),
    sa.UniqueConstraint("install_id", "position"),
)

counters = sa.Table("counters", metadata, _tenant(), _key("name"), _count("value"), _at("last_at"))

unmapped_values = sa.Table(
    "unmapped_values",
    metadata,
    _tenant(),
    _key("field"),
    _key("value"),
    _count("seen"),
)

#: Values that the account itself defines for the fields that an admin can map.
known_values = sa.Table("known_values", metadata, _tenant(), _key("field"), _key("value"), _text("label"))

#: What an admin said that a value of the CRM means.
value_mappings = sa.Table(
    "value_mappings",
    metadata,
    _tenant(),
    _key("field"),
    _key("value"),
    _text("meaning"),
    _at("chosen_at"),
)

#: Fields of the CRM's lead record that an admin can give a role.
known_fields = sa.Table("known_fields", metadata, _tenant(), _key("field"), _text("label"), _text("kind"))

#: Which field of the CRM holds what of a lead, as an admin said.
field_roles = sa.Table("field_roles", metadata, _tenant(), _key("role"), _text("field"), _at("chosen_at"))

#: What was learned of the account's own past, as it held from `learned_at` on. Kept for good: past audits name it.
norms = sa.Table(
    "norms",
    metadata,
    _tenant(),
    sa.Column("learned_at", UtcMicros, primary_key=True),
    _text("norms_id"),
    _text("figures"),
    sa.Index(None, "install_id", "norms_id"),
)

#: What an account wants to be asked of somebody outside. `limit_minor`: most that a month may cost; `price_milli`:
#: what a question costs, in thousandths of the minor unit; `sealed`: the account's own key there.
lookup_choices = sa.Table(
    "lookup_choices",
    metadata,
    _tenant(),
    _key("kind"),
    _flag("is_on"),
    _count("limit_minor"),
    _count("price_milli"),
    _text("currency", ""),
    sa.Column("sealed", sa.LargeBinary),
    _at("chosen_at"),
    _text("chosen_by"),
)

#: Leads about which somebody outside is to be asked, not before `ask_at`.
lookup_wants = sa.Table(
    "lookup_wants",
    metadata,
    _tenant(),
    _key("lead_id"),
    _key("kind"),
    _at("received_at"),
    _at("ask_at"),
    sa.Index(None, "install_id", "kind", "ask_at"),
    sqlite_with_rowid=False,
)

#: What was answered when, and what it cost. `key_hash`: a salted hash of what was asked about; `answer` null =
#: unknown; `price_milli`: thousandths of the minor unit of `currency`.
lookups = sa.Table(
    "lookups",
    metadata,
    _tenant(),
    _key("kind"),
    _key("key_hash"),
    sa.Column("asked_at", UtcMicros, primary_key=True),
    _at("expires_at"),
    _words("answer"),
    _count("price_milli"),
    _text("currency", ""),
    sa.Index(None, "install_id", "kind", "asked_at"),
    sqlite_with_rowid=False,
)

#: Spans in which many leads were to be expected, as people entered them. `source` NULL = leads of any source. What
#: was taken back counts for what was judged before `removed_at`; set again, it counts from another row on.
campaigns = sa.Table(
    "campaigns",
    metadata,
    _tenant(),
    _key("campaign_id"),
    sa.Column("entered_at", UtcMicros, primary_key=True),
    _text("label"),
    _at("from_at"),
    _at("until_at"),
    _words("source"),
    _text("entered_by"),
    _words("removed_by"),
    _at("removed_at", nullable=True),
)

#: Contracts with lead vendors by version. `body`: the contract as it was saved; what `digest` is of. `ends_on`: the
#: last day on which it holds where that is earlier than the body says: what was judged by a version keeps its terms,
#: and its end stands beside. `used_at` set = it never changes again; `withdrawn_at` set = it never held.
contracts = sa.Table(
    "contracts",
    metadata,
    _tenant(),
    _key("contract"),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    _text("vendor"),
    sa.Column("valid_from", sa.Date, nullable=False),
    _on("valid_to"),
    _on("ends_on"),
    _text("body"),
    _text("digest"),
    _at("saved_at"),
    _text("saved_by"),
    _at("used_at", nullable=True),
    _at("withdrawn_at", nullable=True),
)

#: What people and vendors did about contracts, each entry chained to the one before it by its hash; what each column
#: may hold, and what `hash` is of, stands in storage/ledger.py. Triggers of m0001 refuse every change and deletion.
ledger = sa.Table(
    "ledger",
    metadata,
    _tenant(),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    _at("at"),
    _text("actor_kind"),
    _text("actor_id"),
    _text("act"),
    _text("vendor"),
    _text("subject"),
    _text("body"),
    _text("prev_hash"),
    _text("hash"),
)

#: What an account's own outcomes taught of lead truth, as it held from `learned_at` on. Kept for good, as norms are.
#: `figures` are what leads are judged by; `grounds` what they were learned from, for people.
learned_truths = sa.Table(
    "learned_truths",
    metadata,
    _tenant(),
    sa.Column("learned_at", UtcMicros, primary_key=True),
    _text("version"),
    _text("model_version"),
    _text("figures"),
    _text("grounds"),
)

#: What was said of each lead when it came, without what was found out since, and what that is. `said`: of ten
#: thousand. `spoke` and `codes`: ids and codes between spaces. `found` "" = nobody found out.
lead_outcomes = sa.Table(
    "lead_outcomes",
    metadata,
    _tenant(),
    _key("lead_id"),
    _whole("said"),
    _text("spoke"),
    _text("codes"),
    _text("found"),
    _text("found_as"),
    _at("found_at", nullable=True),
    _text("model_version"),
    _at("noted_at"),
    sa.Index(None, "install_id", "noted_at"),
    sqlite_with_rowid=False,
)

notices = sa.Table(
    "notices",
    metadata,
    _tenant(),
    _key("notice_key"),
    _text("kind"),
    _text("sentence"),
    _words("lead_id"),
    _at("created_at"),
    _at("taken_at", nullable=True),
    sa.Index(None, "install_id", "taken_at"),
    sa.Index(None, "install_id", "lead_id"),
)

#: What somebody said against a finding, and what was decided. `fingerprint`: the finding as it stood. It is about the
#: lead `lead_id`, or, where that is "", about the person `owner_id`.
contests = sa.Table(
    "contests",
    metadata,
    _tenant(),
    _key("contest_id"),
    _text("lead_id"),
    _words("owner_id"),
    _text("rule_id"),
    _text("fingerprint"),
    _text("why"),
    _text("opened_by"),
    _at("opened_at"),
    _words("decision"),
    _words("decided_by"),
    _text("decision_note", ""),
    _at("decided_at", nullable=True),
    sa.Index(None, "install_id", "lead_id"),
    sa.Index(None, "install_id", "owner_id"),
    sa.Index(None, "install_id", "decided_at", "opened_at"),
)

#: What was probably meant in a field of a lead, and what was decided on it. `proposals`: the likeliest first, each
#: with its reason; `chosen` "" = none was accepted.
repairs = sa.Table(
    "repairs",
    metadata,
    _tenant(),
    _key("lead_id"),
    _key("field"),
    _text("given"),
    _text("proposals"),
    _text("state"),
    _text("chosen", ""),
    _at("found_at"),
    _words("decided_by"),
    _at("decided_at", nullable=True),
    _at("mended_at", nullable=True),
    sa.Index(None, "install_id", "state", "found_at"),
)

#: Reports as they were made: figures, and what they were made from. A row never changes.
reports = sa.Table(
    "reports",
    metadata,
    _tenant(),
    _key("report_id"),
    _text("kind"),
    _at("period_from"),
    _at("period_to"),
    _at("as_of"),
    _at("made_at"),
    _text("inputs"),
    _text("figures"),
    _text("digest"),
    sa.Index(None, "install_id", "period_to"),
)

#: Reports that are being made, and how the last one of each kind ended. `as_of` null = not begun yet.
report_runs = sa.Table(
    "report_runs",
    metadata,
    _tenant(),
    _key("kind"),
    _at("asked_at"),
    _at("period_from"),
    _at("period_to"),
    _at("as_of", nullable=True),
    _text("plan", "{}"),
    _count("done"),
    _count("total"),
    _at("ended_at", nullable=True),
    _text("report_id", ""),
    _text("failure", ""),
)

#: What was judged so far for a report that is being made, lead by lead. Packed JSON.
report_parts = sa.Table(
    "report_parts",
    metadata,
    _tenant(),
    _key("kind"),
    _key("lead_id"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: The facts of a lead as they were known from `seen_at` on, until the next row of that lead. Packed JSON.
case_snapshots = sa.Table(
    "case_snapshots",
    metadata,
    _tenant(),
    _key("lead_id"),
    sa.Column("seen_at", UtcMicros, primary_key=True),
    _text("digest"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

#: Mails about one lead, each to be sent once: `kind` is warning, breach or escalation. `due_at`: of which promise.
alerts = sa.Table(
    "alerts",
    metadata,
    _tenant(),
    _key("lead_id"),
    _key("rule_id"),
    _key("kind"),
    sa.Column("due_at", UtcMicros, primary_key=True),
    _key("user_id"),
    _at("send_after"),
    _at("sent_at", nullable=True),
    _text("outcome", ""),
    sa.Index(None, "install_id", "sent_at", "send_after"),
    sqlite_with_rowid=False,
)

#: Deliveries for accounts that no install knows: no tenant, hence no install_id.
unknown_accounts = sa.Table("unknown_accounts", metadata, _key("sender"), _count("events"), _at("last_at"))

# --- the work list: what is due, and who works ------------------------------------------------------------------

#: One row per event of a delivery: the unique key is the effect, the row is the wish to look again.
events = sa.Table(
    "events",
    metadata,
    _tenant(),
    _key("event_hash"),
    _text("kind"),
    _text("object_type"),
    _text("object_id"),
    _at("occurred_at"),
    _flag("is_creation"),
    _flag("is_import"),
    _at("arrived_at"),
    _at("done_at", nullable=True),
    sa.Index(None, "install_id", "done_at", "occurred_at"),
    sa.Index(None, "install_id", "object_id"),
)

#: Leads whose facts changed since their last audit.
dirty_leads = sa.Table("dirty_leads", metadata, _tenant(), _key("lead_id"), _at("marked_at"))

#: One row per install: which wake the job engine is asked for, and when to try again after a failure.
wakes = sa.Table(
    "wakes",
    metadata,
    _tenant(),
    _count("wake_no"),
    _count("failures"),
    _at("not_before", nullable=True),
    _text("last_error", ""),
)

#: Worker processes: a slot is held by whoever renewed it last.
worker_slots = sa.Table(
    "worker_slots",
    metadata,
    _key("slot"),
    _text("holder"),
    _text("host"),
    sa.Column("pid", sa.BigInteger, nullable=False),
    _at("seen_at"),
)

# --- the inbox: a schema of its own, on SQLite a file of its own ----------------------------------------------------

inbox = sa.Table(
    "inbox",
    inbox_metadata,
    sa.Column("inbox_id", RowId, primary_key=True, autoincrement=True),
    _text("sender"),
    _text("delivery_key"),
    _text("install_id", ""),
    _at("received_at"),
    _text("headers", "{}"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    _text("status", "new"),
    _count("attempts"),
    _text("error", ""),
    _at("done_at", nullable=True),
    sa.UniqueConstraint("sender", "delivery_key"),
    sa.Index(None, "status", "inbox_id"),
    sqlite_autoincrement=True,
)
