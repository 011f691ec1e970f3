"""What is due at one instant is taken in the order of an index: without the id in it, each part of a sweep sorted all that was left."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_duban_case_next_at", "duban_case")
    op.create_index("ix_duban_case_wake", "duban_case", ["next_at", "id"])
    op.drop_index("ix_duban_outbox_next", "duban_outbox")
    op.create_index("ix_duban_outbox_take", "duban_outbox", ["channel", "next_at", "id"])
