"""The schema over time.

A new store is made from the tables at once and stamped with :data:`HEAD`; an older one is taken there by Alembic, in one transaction. That
the two ways end in the same schema is a test. Alembic is imported only when there is something to upgrade: it is slow to import.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, inspect, select

from adapters.store.tables import VERSION_TABLE, MetaTable, metadata

HEAD = "0003"
"""The revision that this version of duban writes. A test holds it equal to the last script in ``versions/``."""

FORMAT = "1"
"""The format of what the tables hold: the canonical bytes of entries and seals."""

VERSIONS = (Path(__file__).parent / "versions",)

_VERSION = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)
"""As Alembic makes it, so that it finds its place later."""


def revision(connection: Connection) -> str | None:
    """The revision that a database is at; ``None`` when it has no table of ours."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.scalar(select(_VERSION.c.version_num))
    return None if found is None else str(found)


def create(connection: Connection, algorithm: str) -> None:
    """Make the tables of :data:`HEAD` and the facts that stay: the hash algorithm of the journal and the format."""
    metadata.create_all(connection)
    _VERSION.create(connection)
    connection.execute(_VERSION.insert(), {"version_num": HEAD})
    rows = [{"key": "algorithm", "value": algorithm}, {"key": "format", "value": FORMAT}]
    connection.execute(MetaTable.__table__.insert(), rows)


def upgrade(connection: Connection, to: str = "head") -> bool:
    """Run the migrations that a database lacks, in the transaction of ``connection``. ``False`` when its revision is not known here."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", "\n".join(str(place) for place in VERSIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    at = revision(connection)
    try:
        if at is not None:
            ScriptDirectory.from_config(config).get_revision(at)
    except CommandError:
        return False
    command.upgrade(config, to)
    return True
