"""What a daemon keeps: claims, the outbox, parked cases, marks and leases.

Claims to what was said before are made from the journal, as they would have been made then: an audit holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from workflow.act import FLAGGED, UNFLAGGED, Act
from workflow.case.fold import fold
from workflow.case.standing import Standing
from workflow.journal.entry import Entry
from workflow.moment import stamp
from workflow.outbox import Claim
from workflow.written import claims_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def word() -> sa.String:
    return sa.String().with_variant(sa.String(collation="C"), "postgresql")


def words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, word(), nullable=False) for name in names]


def upgrade() -> None:
    claim = op.create_table(
        "duban_claim",
        sa.Column("case", word(), primary_key=True),
        sa.Column("row", word(), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("tier", word(), primary_key=True),
        sa.Column("n", sa.Integer, nullable=False),
        *words("due", "said"),
        sqlite_with_rowid=False,
    )
    for c in claims(op.get_bind()):
        row = {"case": c.case, "row": c.row, "revision": c.revision, "tier": c.tier, "n": c.n, "due": stamp(c.due), "said": stamp(c.said)}
        op.execute(claim.insert().values(row))
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


def claims(connection: sa.Connection) -> Iterator[Claim]:
    """Of every case that can be read; of another one the audit says why it cannot."""
    entry = sa.table("duban_entry", *(sa.column(name) for name in ("case", "n", "kind", "data", "hash")))
    flagged = sa.select(entry.c.case).where(entry.c.kind.in_((FLAGGED, UNFLAGGED))).distinct()
    chain = sa.select(entry.c.data, entry.c.hash).where(entry.c.case == sa.bindparam("of")).order_by(entry.c.n)
    for case in connection.scalars(flagged).all():
        try:
            acts = [Act.decode(Entry.parse(data, digest)) for data, digest in connection.execute(chain, {"of": case})]
            found = claims_of(fold(Standing.fresh(case, acts[0]).case, acts), acts)
        except Exception:  # whatever was done to it: the other cases are upgraded all the same
            continue
        yield from found


def downgrade() -> None:
    for table in ("lease", "mark", "parked", "outbox", "claim"):
        op.drop_table(f"duban_{table}")
