"""``duban due`` and ``duban leads`` say how far the last notice of each duty came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Cli

ROW = "telephone_report/government#1"


@pytest.fixture
def incident(cli: Cli) -> Cli:
    """An incident at 23:50 whose telephone report is due at 00:20; what is said goes into a file."""
    Path("duban.toml").write_text('[notify]\nchannels = ["f"]\n[channels.f]\nkind = "file"\npath = "f.jsonl"\n', encoding="utf-8")
    cli.at("10-01 23:50")("open", "social-security-incident", "事", "地", "人", "--person", "t12", "--unit", "zhongzhuang", "--id", "I")
    return cli


def row(cli: Cli, command: str) -> Any:
    found = cli(command, "--json", code=None).json
    (one,) = [r for r in found["rows" if command == "due" else "leads"] if (r["case"], r["row"]) == ("I", ROW)]
    return one["notice"]


def test_what_nobody_was_told_yet_has_no_notice(incident: Cli) -> None:
    assert row(incident, "due") is None


def test_the_last_notice_of_a_duty_and_how_far_it_came(incident: Cli) -> None:
    incident.at("10-02 00:10")("tick")
    first = row(incident, "due")
    assert (first["said"], first["stage"], first["received"]) == ("tier", "notified", None)
    incident.at("10-02 00:21")("tick")
    for command in ("due", "leads"):
        last = row(incident, command)
        assert (last["said"], last["stage"]) == ("missing", "notified") and last["flag"] > first["flag"]
        assert "已发出 2026-10-02 00:21" in incident(command, code=None).out
    incident.at("10-02 00:22")("receipt", "I", str(last["flag"]), "--person", "t10")
    for command in ("due", "leads"):
        found = row(incident, command)
        assert found["stage"] == "received" and found["received"]["by"]["person"] == "t10"
        assert "已签收 2026-10-02 00:22" in incident(command, code=None).out
