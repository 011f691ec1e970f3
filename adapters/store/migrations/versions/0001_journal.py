"""The journal, its derived rows and its seals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def word() -> sa.String:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "duban_seal",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("hash", word(), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "duban_entry",
        sa.Column("case", word(), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("recorded", word(), nullable=False),
        sa.Column("kind", word(), nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("hash", word(), nullable=False),
        sa.Column("seal", sa.Integer, sa.ForeignKey("duban_seal.number")),
    )
    op.create_index("ix_duban_entry_seal", "duban_entry", ["seal"])
    op.create_table(
        "duban_private",
        sa.Column("case", word(), primary_key=True),
        sa.Column("n", sa.Integer, primary_key=True),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["case", "n"], ["duban_entry.case", "duban_entry.n"]),
    )
    op.create_table(
        "duban_case",
        sa.Column("id", word(), primary_key=True),
        *(sa.Column(name, word(), nullable=False) for name in ("procedure", "version", "definition", "unit", "state")),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("head", word(), nullable=False),
        sa.Column("opened", word(), nullable=False),
        sa.Column("ended", sa.Boolean, nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False),
        sa.Column("next_at", word()),
    )
    op.create_index("ix_duban_case_next_at", "duban_case", ["next_at"])
    op.create_table(
        "duban_due",
        sa.Column("case", word(), primary_key=True),
        sa.Column("row", word(), primary_key=True),
        sa.Column("obligation", word(), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("due", word()),
        sa.Column("open", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_duban_due_due", "duban_due", ["due"])
    op.create_table(
        "duban_answer",
        sa.Column("key", word(), primary_key=True),
        sa.Column("request", word(), nullable=False),
        sa.Column("case", word(), nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
    )
    op.create_table(
        "duban_blob",
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("kind", word(), nullable=False),
        sa.Column("name", word(), nullable=False),
        sa.Column("digest", word(), nullable=False, unique=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_duban_blob_kind", "duban_blob", ["kind"])
    op.create_table(
        "duban_meta",
        sa.Column("key", word(), primary_key=True),
        sa.Column("value", word(), nullable=False),
    )


def downgrade() -> None:
    for table in ("private", "entry", "seal", "case", "due", "answer", "blob", "meta"):
        op.drop_table(f"duban_{table}")
