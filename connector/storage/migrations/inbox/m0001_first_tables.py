"""The first table: one row per delivery."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.storage.column_types import RowId, Words

revision = "inbox_0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "inbox",
        sa.Column("inbox_id", RowId, autoincrement=True, nullable=False),
        sa.Column("sender", Words, nullable=False),
        sa.Column("delivery_key", Words, nullable=False),
        sa.Column("install_id", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("headers", Words, server_default=sa.text("'{}'"), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("status", Words, server_default=sa.text("'new'"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", Words, server_default=sa.text("''"), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("sender", "delivery_key", name=op.f("uq_inbox_sender_delivery_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_inbox_status_inbox_id"), "inbox", ["status", "inbox_id"], unique=False)
