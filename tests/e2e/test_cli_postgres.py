"""The command line on a PostgreSQL store, as on a file."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.host import FixedClock
from tests.e2e.conftest import DISPUTE, Cli


@pytest.fixture
def server(bare: None, postgres_url: str, clock: FixedClock, capsys: pytest.CaptureFixture[str]) -> Cli:
    """A database with no store in it yet."""
    address: Any = postgres_url
    return Cli(address, clock, capsys)


def test_a_case_from_open_to_an_audit(server: Cli) -> None:
    server("show", "D", code=69)
    assert server("org", "load", "hospital", "--dry-run").code == 0
    assert server("show", "D", code=69).code == 69, "a dry run makes no store"
    server("org", "load", "hospital")
    server(*DISPUTE, "-f", "handling=complex", "-f", "matter=medical_fault", "-f", "trigger=dispute")
    server.at("09-24 10:05")("fire", "D", "report_head", "--person", "h06")
    server.at("09-24 10:20")("fire", "D", "accept", "--person", "h02")
    rows = server("due", "--json", code=None).json
    assert rows
    assert server.at("10-09 09:00")("tick", "--json").json
    assert server("audit", "seal").code == 0
    assert server("audit", "verify").code == 0
    assert server("replay").code == 0
    assert server("leads").code == 0
    assert server("calendar", "show", "2026").code == 0


def test_the_outcomes_are_those_of_a_file(server: Cli, dispute: Cli) -> None:
    """The same commands at the same times on both: equal to the digest of a replay, and to the last word of what is shown."""
    dispute.at("10-09 09:00")("tick")
    for name in ("hospital", "town"):
        server.at("01-01 00:00")("org", "load", name)
    server.at("09-24 10:00")(*DISPUTE, "-f", "handling=complex", "-f", "matter=medical_fault", "-f", "trigger=dispute")
    server.at("09-24 10:05")("fire", "D", "report_head", "--person", "h06")
    server.at("09-24 10:20")("fire", "D", "accept", "--person", "h02")
    server.at("10-09 09:00")("tick")
    for words in (("show", "D"), ("due",), ("leads",)):
        shown = server(*words, code=None).out
        assert shown and shown == dispute(*words, code=None).out, words
    assert server("replay", "--json", code=None).json["digest"] == (dispute("replay", "--json", code=None).json["digest"])


def test_a_store_is_made_once(server: Cli) -> None:
    server("init", "--algorithm", "sm3")
    server("init", code=5)
    checks = {c["check"]: c for c in server("doctor", "--json", code=None).json}
    assert checks["database"]["ok"] and "sm3" in checks["database"]["value"]
    assert "disk space" not in checks, "the disk of the server is not ours to see"


def test_a_database_that_cannot_be_reached(server: Cli) -> None:
    away: Any = "postgresql://clerk@127.0.0.1:1/duban?timeout=1"
    server.db = away
    for words in (("show", "D"), DISPUTE, ("org", "load", "hospital"), ("init",)):
        said = server(*words, code=69)
        assert "127.0.0.1" in said.err
    assert server("doctor", "--json", code=1).json


def test_a_password_in_the_address_is_refused_and_not_repeated(server: Cli) -> None:
    written: Any = "postgresql://clerk:S3cret@127.0.0.1:1/duban"
    server.db = written
    said = server("show", "D", code=78)
    assert "S3cret" not in said.err + said.out
