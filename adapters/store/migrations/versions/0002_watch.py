"""What a daemon keeps: claims, the outbox, parked cases, marks and leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def word() -> sa.String:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, word(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "duban_claim",
        sa.Column("case", word(), primary_key=True),
        sa.Column("row", word(), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("tier", word(), primary_key=True),
        sa.Column("n", sa.Integer, nullable=False),
        *words("due", "said"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "duban_outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        *words("case", "row"),
        sa.Column("revision", sa.Integer, nullable=False),
        *words("tier", "recipient", "channel", "post"),
        sa.Column("n", sa.Integer, nullable=False),
        *words("created"),
        sa.Column("urgent", sa.Boolean, nullable=False),
        *words("state"),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", word()),
        *words("holder"),
        sa.Column("token", sa.Integer, nullable=False),
        sa.Column("doubtful", sa.Boolean, nullable=False),
        *words("provider", "said"),
        sa.Column("instead_of", sa.Integer, nullable=False),
        sa.UniqueConstraint("case", "row", "revision", "tier", "recipient", "channel", name="uq_duban_outbox"),
    )
    op.create_index("ix_duban_outbox_next", "duban_outbox", ["channel", "next_at"])
    op.create_table(
        "duban_parked",
        sa.Column("case", word(), primary_key=True),
        sa.Column("tries", sa.Integer, nullable=False),
        *words("since", "until", "code", "reason"),
    )
    op.create_table("duban_mark", sa.Column("name", word(), primary_key=True), *words("value"))
    op.create_table(
        "duban_lease",
        sa.Column("name", word(), primary_key=True),
        *words("holder"),
        sa.Column("token", sa.Integer, nullable=False),
        *words("until"),
    )


def downgrade() -> None:
    for table in ("lease", "mark", "parked", "outbox", "claim"):
        op.drop_table(f"duban_{table}")
